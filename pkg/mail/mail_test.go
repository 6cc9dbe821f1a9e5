package mail

import (
	"strings"
	"testing"
)

func TestNamesParseBack(t *testing.T) {
	for _, n := range ClassNames() {
		if c, ok := ParseClass(n); !ok || c.String() != n {
			t.Errorf("class %q parses to %v, %v", n, c, ok)
		}
	}
	for _, n := range ScopeNames() {
		if c, ok := ParseScope(n); !ok || c.String() != n {
			t.Errorf("scope %q parses to %v, %v", n, c, ok)
		}
	}
	for _, n := range KindNames() {
		if c, ok := ParseKind(n); !ok || c.String() != n {
			t.Errorf("kind %q parses to %v, %v", n, c, ok)
		}
	}
	if _, ok := ParseClass(""); ok {
		t.Error("the empty name is no class")
	}
	if got := Class(200).String(); got != "invalid" {
		t.Errorf("unknown class is called %q", got)
	}
	if len(ClassNames()) != NumClasses-1 {
		t.Errorf("%d class names for %d classes", len(ClassNames()), NumClasses)
	}
}

// There is no class that says a recipient is bad because of a limit (H11): the
// only mailbox classes are those that speak of the mailbox.
func TestNoClassBlamesTheMailboxForALimit(t *testing.T) {
	for _, n := range ClassNames() {
		if strings.Contains(n, "invalid") || strings.Contains(n, "bad-") {
			t.Errorf("class %q", n)
		}
	}
}

func TestRedact(t *testing.T) {
	r := Redactor{Salt: "s"}
	f := func(in, wantDomain string) {
		t.Helper()
		got := r.Address(in)
		local, _, _ := strings.Cut(in, "@")
		if got == in || !strings.HasSuffix(got, wantDomain) || !strings.HasPrefix(got, "u-") || local != "" && strings.Contains(got, local) {
			t.Errorf("%q became %q", in, got)
		}
		if r.Address(strings.ToUpper(in[:1])+in[1:]) != got {
			t.Errorf("%q: the tag depends on letter case", in)
		}
		if other := (Redactor{Salt: "other"}).Address(in); other == got {
			t.Errorf("%q: the tag does not depend on the salt", in)
		}
	}
	f("bob@example.net", "@example.net")
	f(`"a@b"@example.net`, "@example.net")
	f("postmaster", "")
	if got := (Redactor{Keep: true}).Address("bob@example.net"); got != "bob@example.net" {
		t.Errorf("kept address became %q", got)
	}
	if got := r.Sender("news@example.com"); got != "news@example.com" {
		t.Errorf("sender became %q", got)
	}
	if got := r.Sender("list-bob=example.net@example.com"); strings.Contains(got, "bob") {
		t.Errorf("VERP sender became %q", got)
	}
}

func TestRedactText(t *testing.T) {
	r := Redactor{}
	f := func(in string, secrets ...string) {
		t.Helper()
		got := r.Text(in)
		for _, s := range secrets {
			if strings.Contains(got, s) {
				t.Errorf("%q became %q, which shows %q", in, got, s)
			}
		}
		if again := r.Text(in); again != got {
			t.Errorf("%q is not stable", in)
		}
	}
	f("450 4.7.1 <bob.smith@example.net>: Recipient address rejected: Greylisted", "bob", "smith")
	f("550 no such user bob@example.net, nor ann+x@example.net.", "bob@", "ann")
	if got := r.Text("421 4.7.0 @home try again a@ b"); got != "421 4.7.0 @home try again a@ b" {
		t.Errorf("text without an address became %q", got)
	}
	if got := r.Text("user bob@example.net."); !strings.HasSuffix(got, "@example.net.") {
		t.Errorf("the sentence's full stop is gone: %q", got)
	}
}

func FuzzRedactText(f *testing.F) {
	f.Add("a@b c@d.")
	f.Fuzz(func(t *testing.T, s string) {
		r := Redactor{Salt: "x"}
		out := r.Text(s)
		if strings.Count(out, "@") != strings.Count(s, "@") {
			t.Errorf("%q became %q: an @ came or went", s, out)
		}
	})
}
