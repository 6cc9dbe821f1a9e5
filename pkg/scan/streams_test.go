package scan

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
)

func TestStreamTakes(t *testing.T) {
	f := func(pattern, sender string, want bool) {
		t.Helper()
		s := Stream{Name: "s", Senders: []string{pattern}}
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		streams := streams{list: []Stream{s}, known: map[string]group.Stream{}}
		for range 2 { // the second answer is remembered
			if got := streams.of([]byte(sender)).Name == "s"; got != want {
				t.Errorf("%s takes %s: %v, want %v", pattern, sender, got, want)
			}
		}
	}
	f("orders@example.com", "orders@example.com", true)
	f("Orders@Example.com", "oRDERS@eXAMPLE.com", true)
	f("orders@example.com", "news@example.com", false)
	f("orders@*", "orders@example.net", true)
	f("orders@*", "reorders@example.net", false)
	f("*orders@*", "reorders@example.net", true)
	f("bounce-*@example.com", "bounce-17=a=example.net@example.com", true)
	f("example.com", "orders@example.com", true)
	f("@example.com", "orders@example.com", true)
	f("example.com", "orders@mail.example.com", false)
	f("*.example.com", "orders@mail.example.com", true)
	f("*.example.com", "orders@example.com", false)
	f("*", "orders@example.com", true)
	f("*", "", false) // the null sender is nobody's
	f("*@*", "", false)
	f("e*e.com", "a@example.com", true)
}

func TestStreamCheck(t *testing.T) {
	f := func(want string, s Stream) {
		t.Helper()
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
	f("needs a name", Stream{Senders: []string{"a@example.com"}})
	f("needs a sender", Stream{Name: "s"})
	f("choose another name", Stream{Name: OtherStream, Senders: []string{"a@example.com"}})
	for _, p := range []string{"", "@", "a@b@c", "<a@example.com>", "a@example.com b@example.com", "a@example.com,b@example.com"} {
		f("want a sender", Stream{Name: "s", Senders: []string{p}})
	}
}

// The first stream that takes a sender has it.
func TestStreamsInOrder(t *testing.T) {
	s := streams{list: []Stream{
		{Name: "receipts", Senders: []string{"orders@*", "billing@*"}, Transactional: true},
		{Name: "bulk", Senders: []string{"example.com"}},
	}, only: []string{"bulk"}, known: map[string]group.Stream{}}
	for sender, want := range map[string]group.Stream{
		"billing@example.com": {Name: "receipts", Transactional: true}, "news@example.com": {Name: "bulk"},
		"news@example.net": {Name: OtherStream}, "": {Name: OtherStream},
	} {
		if got := s.of([]byte(sender)); got != want || s.wants(got) != (want.Name == "bulk") {
			t.Errorf("%q: %+v, want %+v", sender, got, want)
		}
	}
}

func FuzzGlob(f *testing.F) {
	for _, s := range [][2]string{{"orders@*", "orders@example.com"}, {"*.*", "a.b"}, {"a*a*a*b", "aaaaaaaaaa"}, {"", ""}, {"**", "x"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern)+len(text) > 200 || !utf8.ValidString(pattern) || !utf8.ValidString(text) {
			return // regexp takes a byte that is no UTF-8 for U+FFFD
		}
		want := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `(?s:.*)`)
		re, err := regexp.Compile(`\A(?:` + want + `)\z`)
		if err != nil {
			t.Fatal(err)
		}
		if got := glob(pattern, text); got != re.MatchString(text) {
			t.Errorf("glob(%q, %q) = %v", pattern, text, got)
		}
	})
}
