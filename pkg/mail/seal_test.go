package mail

import (
	"strings"
	"testing"
)

func TestSeal(t *testing.T) {
	r := Redactor{Salt: "s"}
	f := func(address string) {
		t.Helper()
		s := r.Seal(address)
		local, _, _ := strings.Cut(address, "@")
		if s == address || strings.Contains(s, local) {
			t.Errorf("%q was sealed as %q", address, s)
		}
		if again := r.Seal(s); again != s {
			t.Errorf("%q was sealed twice: %q", s, again)
		}
		if got, want := r.Address(s), r.Address(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
		if got, want := (Redactor{Keep: true}).Address(s), r.Address(address); got != want {
			t.Errorf("%q with addresses kept is shown as %q, want %q", address, got, want)
		}
		if got, want := (Redactor{Salt: "other"}).Sender(s), r.Address(address); got != want {
			t.Errorf("%q with another salt is shown as %q, want %q", address, got, want)
		}
	}
	f("bob@example.net")
	f("Bob@example.net")
	f(`"a@b"@example.net`)
	f("postmaster")
	if r.Seal("bob@example.net") == r.Seal("Bob@example.net") {
		t.Error("addresses that differ in case are sealed alike")
	}
	if r.Seal("") != "" || r.SealSender("news@example.com") != "news@example.com" || r.SealSender("l-bob=x@example.com") == "l-bob=x@example.com" {
		t.Error("what is no recipient was sealed, or a sender that encodes one was not")
	}
	if keep := (Redactor{Keep: true}); keep.Seal("bob@example.net") != "bob@example.net" || keep.SealText("<bob@example.net>") != "<bob@example.net>" {
		t.Error("kept addresses were sealed")
	}
	if r.Check() == (Redactor{}).Check() || r.Check() != (Redactor{Salt: "s", Keep: true}).Check() {
		t.Error("the check does not tell salts apart")
	}
	// What only looks sealed is an address like any other.
	for _, no := range []string{"\x00abc@example.net", "\x00ABCDEFABCDEF@example.net", "\x00abcdefabcdef0@example.net", "abcdefabcdef@example.net"} {
		if sealed(no) > 0 || r.Seal(no) == no {
			t.Errorf("%q is taken for sealed", no)
		}
	}
}

func FuzzSealText(f *testing.F) {
	f.Add("450 4.7.1 <bob.smith@example.net>: Recipient address rejected")
	f.Add("a@b@c d@.+e@f. \x00012345abcdef@x")
	f.Fuzz(func(t *testing.T, text string) {
		r := Redactor{Salt: "x"}
		s := r.SealText(text)
		if again := r.SealText(s); again != s {
			t.Errorf("%q was sealed twice: %q", s, again)
		}
		if got, want := r.Text(s), r.Text(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	})
}
