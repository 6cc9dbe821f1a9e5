package rules

import (
	"fmt"
	"strings"
	"testing"
)

func TestHostFilter(t *testing.T) {
	signs := &builtin(t).Providers.signs
	filter := newHostFilter(signs.hosts)
	if len(signs.hosts) < 50 {
		t.Fatalf("%d domains", len(signs.hosts))
	}
	for d := range signs.hosts {
		for _, host := range []string{d, "mx1." + d, strings.ToUpper("a.b-c." + d)} {
			if signs.host([]byte(host)) == "" || !filter.may([]byte(host)) {
				t.Errorf("%s: looked up %q, may be %v", host, signs.host([]byte(host)), filter.may([]byte(host)))
			}
		}
	}
	passed := 0
	for i := range 1000 {
		if filter.may(fmt.Appendf(nil, "mx%d.example-%x.net", i%10, i*i)) {
			passed++
		}
	}
	if passed > 200 {
		t.Errorf("%d of 1000 hosts that no provider has pass", passed)
	}
}

// The filter loses no host, so that the provider by the hosts is the same with it.
func FuzzHostFilter(f *testing.F) {
	set := builtin(f)
	signs := &set.Providers.signs
	filter := newHostFilter(signs.hosts)
	for _, s := range []string{"mx1.example.com", "SUPPORT.google.com", "x.co", "..me.com", "", ".", "a@b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, host []byte) {
		if p := signs.host(host); p != "" && !filter.may(host) {
			t.Fatalf("%q: is of %s", host, p)
		}
	})
}
