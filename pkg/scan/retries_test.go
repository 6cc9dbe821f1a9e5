package scan_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// fact is a measured number of a group, -1 if there is none.
func fact(g *report.Group, name string) float64 {
	f, ok := g.Facts.Find(name)
	if !ok {
		return -1
	}
	return f.Value
}

// A suspension is no attempt, so that the first try after it is no retry: not in the
// facts, not in what became of the mail, not in the waits.
func TestSuspensionIsNoAttempt(t *testing.T) {
	var log bytes.Buffer
	line := func(sec, n int, format string, args ...any) {
		at := time.Date(2026, 5, 20, 9, 0, sec, 0, time.UTC).Format(time.DateTime)
		fmt.Fprintf(&log, "%s 1xUx%02d-0000%02d-00 "+format+"\n", append([]any{at, n, n}, args...)...)
	}
	const mx = "H=hotmail-com.olc.protection.outlook.com [203.0.113.11]"
	for n := range 40 {
		line(2*n, n, "<= news@example.com H=(x) [192.0.2.1] P=esmtp S=1000 id=%d@example.com", n)
		line(2*n, n, "== u%d@hotmail.com R=dnslookup T=remote_smtp defer (-56): concurrency limit reached for transport", n)
	}
	for n := range 40 {
		at := 600 + 2*n
		if n%10 == 0 { // refused at the first try, taken at the second
			line(at, n, "== u%d@hotmail.com R=dnslookup T=remote_smtp defer (-45) "+mx+": SMTP error from remote mail server after MAIL FROM:<news@example.com>: "+
				"451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115)", n)
			at += 1200
		}
		line(at, n, "=> u%d@hotmail.com R=dnslookup T=remote_smtp "+mx+` C="250 2.6.0 ok" QT=10m DT=1s`, n)
	}
	path := filepath.Join(t.TempDir(), "mainlog")
	write(t, path, log.Bytes())
	g := group(t, run(t, scan.Config{}, path), "microsoft-consumer")
	if g.Counts.Attempts != 44 || g.Counts.Suspensions != 40 || g.Counts.Recipients != 40 {
		t.Fatalf("counts %+v", g.Counts)
	}
	for name, want := range map[string]float64{"retries_per_first": 0.1, "retry_sessions_per_first": 0.1, "retry_gap": 1200, "retry_wait": 1800, "retry_clump": 1} {
		if got := fact(g, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	o := g.Outcome
	if o.DeliveredOnRetry != 4 || o.DeliveredAtFirst != 36 || o.MedianS == nil || *o.MedianS != 1800 {
		t.Errorf("outcome %+v", o)
	}
	if want := []report.Retry{{Retry: 0, Delivered: 36}, {Retry: 1, Delivered: 4}}; !slices.Equal(o.ByRetry, want) {
		t.Errorf("by retry %+v, want %+v", o.ByRetry, want)
	}
}

// Where the log begins with a later try, as the time in the queue says, it is a retry;
// what a suspension in the log says of an earlier time is that there was no try.
func TestFirstTryOfTheLog(t *testing.T) {
	f := func(name string, want float64, tell func(l *logbook)) {
		t.Helper()
		var l logbook
		for i := range 10 {
			l.try(i, "postfix", fmt.Sprintf("A1B2%02X", i), "a@hotmail.com", hotmail, "sent", "250 2.0.0 OK")
		}
		l.try(30, "postfix", "B1B2C3", "a@hotmail.com", hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
		tell(&l)
		if got := fact(group(t, l.report(t), "microsoft-consumer"), "retries_per_first"); got != want {
			t.Errorf("%s: %v retries for each first try, want %v", name, got, want)
		}
	}
	late := func(l *logbook) {
		l.line(700, "postfix/smtp", "C1B2C3: to=<b@hotmail.com>, relay=%s:25, delay=600, delays=600/0/0.1/0.1, dsn=2.0.0, status=sent (250 2.0.0 OK)", hotmail)
	}
	f("no retry", 0, func(*logbook) {})
	f("in the queue for ten minutes", 0.0909, late)
	f("suspended before", 0, func(l *logbook) {
		l.line(101, "postfix/error", "C1B2C3: to=<b@hotmail.com>, relay=none, delay=1, delays=1/0/0/0, dsn=4.7.652, status=deferred (delivery temporarily suspended: %s)", s3115(hotmail, "192.0.2.10"))
		late(l)
	})
}
