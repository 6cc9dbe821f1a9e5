package dsn

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		notification(message + "Final-Recipient: rfc822; b@example.net\nAction: failed\nStatus: 4.4.1\nRemote-MTA: dns; mx.example.net (203.0.113.9)\nDiagnostic-Code: smtp; 421 x\n y\n"),
		"From a Fri Mar  6 10:00:00 2026\nFrom: MAILER-DAEMON\nX-Failed-Recipients: a@b.c, d@e.f\n\n  a@b.c\n    550 5.1.1 x\n\nFrom b Fri Mar  6 10:00:00 2026\nTo: x\n\n<a@b.c>:\nRemote host said: 550 x",
		"From: postmaster\n\n   ----- The following addresses had x -----\n<a@b.c>\n    (reason: 5)\n   ----- Transcript of session follows -----\n>>> RCPT To:<a@b.c>\n<<< 550 x\n550 <d@e.f>... x\n421 x... y",
		"From: postmaster\nContent-Type: multipart/report; boundary=\"a\"\n\n--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nQWN0aW9uOiBmYWlsZWQKRmluYWwtUmVjaXBpZW50OiB4\n--b--\n--a--",
		"From: mailer-daemon\n\nThere was an error delivering your mail to <a@b.c>.\nlist of recipients:\na@b.c: x\nThe following address(es) failed:\n\"a@b.c\"\nReason:\nx",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		keep := bytes.Clone(file)
		lines := bytes.Split(file, []byte("\n"))
		once := trace(t, lines)
		if again := trace(t, lines); again != once {
			t.Errorf("first %s\nthen %s", once, again)
		}
		if n := score(lines); n < 0 || n > len(lines) {
			t.Errorf("score %d of %d lines", n, len(lines))
		}
		if !bytes.Equal(file, keep) {
			t.Error("a line was written to")
		}
	})
}

// trace decodes lines, checks what holds of every event, and returns all that came
// out as text.
func trace(t *testing.T, lines [][]byte) (out string) {
	d := NewDecoder(parsers.Options{Location: time.UTC})
	emit := func(e *mail.Event) {
		ok := e.Kind == mail.KindExpiry && e.Outcome == mail.Expired ||
			e.Kind == mail.KindAttempt && (e.Outcome == mail.Delivered || e.Outcome == mail.Deferred || e.Outcome == mail.Bounced)
		if !ok || e.Time < 0 {
			t.Errorf("%+v", *e)
		}
		out += fmt.Sprintf("%+v\n", *e)
	}
	for _, l := range lines {
		v := d.Decode(l, emit)
		if v > mail.Understood {
			t.Errorf("verdict %d", v)
		}
		out += v.String() + "\n"
	}
	d.Close(emit)
	return out
}
