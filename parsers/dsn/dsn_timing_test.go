package dsn

import (
	"bytes"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// An mbox of notifications, each of two recipients.
func BenchmarkDecode(b *testing.B) {
	text := "From MAILER-DAEMON Fri Mar  6 10:00:00 2026\n" + notification(message+
		"Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 550 5.1.1 no\n\n"+
		"Final-Recipient: rfc822; eve@example.org\nAction: delayed\nStatus: 4.7.0\nRemote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; 421 4.7.0 busy\n") + "\n\n"
	lines := bytes.Split([]byte(text), []byte("\n"))
	d := NewDecoder(parsers.Options{Location: time.UTC})
	events := 0
	emit := func(*mail.Event) { events++ }
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}
	d.Close(emit)
	if events != 2*b.N {
		b.Fatalf("%d events in %d notifications", events, b.N)
	}
}

// A message is kept up to a bound, whatever its size.
func TestBounded(t *testing.T) {
	d := NewDecoder(parsers.Options{Location: time.UTC})
	events := 0
	emit := func(*mail.Event) { events++ }
	for _, l := range bytes.Split([]byte(notification(message+"Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n")), []byte("\n")) {
		d.Decode(l, emit)
	}
	long := bytes.Repeat([]byte("x"), 1000)
	for range 5 * maxMessage / len(long) {
		d.Decode(long, emit)
	}
	if cap(d.text) > 2*maxMessage {
		t.Errorf("%d bytes are kept", cap(d.text))
	}
	for range 100000 {
		d.Decode([]byte("y"), emit)
	}
	d.Close(emit)
	if events != 1 {
		t.Errorf("%d events", events)
	}
}
