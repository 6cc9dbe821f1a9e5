package syslog

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// What is remembered of the line before changes nothing.
func TestPrefix(t *testing.T) {
	var p prefix
	cuts := 0
	f := func(line string) {
		t.Helper()
		b := []byte(line)
		var got, want Header
		sender(b, &want)
		if p.cut(b, &got) {
			if cuts++; !reflect.DeepEqual(got, want) {
				t.Errorf("%q after %q: %+v; want %+v", line, p.text, got, want)
			}
		} else if !reflect.DeepEqual(got, Header{}) {
			t.Errorf("%q: not cut, but %+v", line, got)
		}
		p.learn(b, &want)
	}
	f("mx1 postfix/smtp[1]: body")
	f("mx1 postfix/qmgr[2]: [ID 197553 mail.info] body")
	f("mx1 postfix/smtp: body")
	f("mx1 postfix/smtp/smtpd[4]: body")
	f("mx1 postfix/[5]")
	f("mx1 /smtp[6]: body")
	f("mx1 /smtp[7]: body")
	f("<xxxx[y.z> hh ss/a[1]: body")
	f("<mail.info> mx1 a/smtp[1]: body")
	f("mx1 mail.info mail.info/smtp[1]: body")
	f("a[b: c/d[1]: body")
	f("a[b: c/d[1]: body")
	if cuts != 4 {
		t.Errorf("%d lines began like the one before, want 4", cuts)
	}

	pieces := []string{"mx1", "mx1 a/", "mx1 a/", "b.example.com", " ", "  ", "postfix/", "smtp", "/", "[", "12", "7", "]", "[7]:", "]:", ":", ": ", "<", "mail.info", ">", " [ID 1 mail.info] x", "\x00"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300_000 {
		line := ""
		for range 2 + r.IntN(7) {
			line += pieces[r.IntN(len(pieces))]
		}
		f(line)
	}
	if cuts < 1000 {
		t.Errorf("only %d lines began like the one before", cuts)
	}
}
