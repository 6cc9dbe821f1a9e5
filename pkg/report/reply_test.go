package report

import (
	"strings"
	"testing"
)

// A connection or rate limit with a 4xx is called a throttling deferral, no rejection
// (C02); a 5xx and other classes are not.
func TestThrottlingIsNoRejection(t *testing.T) {
	f := func(r Reply, want bool) {
		t.Helper()
		if got := strings.Contains(r.Throttling(), "throttling deferral, not a rejection"); got != want {
			t.Errorf("%+v: %q", r, r.Throttling())
		}
	}
	f(Reply{Class: "connection-limit", Temporary: true}, true)
	f(Reply{Class: "rate-limit", Temporary: true}, true)
	f(Reply{Class: "rate-limit"}, false)
	f(Reply{Class: "listing", Temporary: true}, false)
	var b strings.Builder
	rep := &Report{Groups: []Group{{Destination: "Example", Severity: "watch", Cause: "burst",
		Replies: []Reply{{Sample: "421 too many connections", Class: "connection-limit", Temporary: true, Count: 7}}}}}
	if err := WriteText(&b, rep, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "7 x connection-limit (a throttling deferral, not a rejection)") {
		t.Errorf("the report does not say so:\n%s", b.String())
	}
}
