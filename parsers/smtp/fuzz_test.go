package smtp

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
		"=== Trying mx.example.net:25...\n<-  220 mx ESMTP\n -> EHLO x\n<-  250-x\n<-  250 x\n -> MAIL FROM:<a@b>\n<** 421 4.7.0 busy",
		"220 mx ESMTP\nEHLO x\n250 ok\nMAIL FROM:<>\n250 ok\nRCPT TO:<\"a>\\\"b\"@c>\nRCPT TO:d\n450 no\n250 ok\nDATA\n354 go\nx\n.\n552 5.2.2 full\nRSET\nQUIT",
		"connect: to ('h.x', 25)\nreply: b'421-a\\r\\n'\nreply: '421 b\\n'\nsend: 'x\\r\\n.\\r\\n'\ndata: (",
		"Mar  3 10:18:23 host=h tls=on auth=off recipients=a,b smtpstatus=421 smtpmsg='421 'x' errormsg='y' exitcode=EX_TEMPFAIL",
		"<<<<<<< read <<<<<<\n421\n<<<<<<< end read <<<<<<",
		"[2026-03-03 10:18:23] {'b@example.net': (550, b'5.1.1 no \\' such')}\n10:18:23.5 421 #4.4.5 x\na\tb.c\t554-x",
		"Connected to mx.example.net (::1) port 25\n* Closing connection\nConnection unexpectedly closed",
		"S: 535 5.7.8 no\nC: AUTH LOGIN\nS: 334 x\nC: BDAT 9\nS: 250 2.0.0 ok",
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
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	told := 0
	emit := func(e *mail.Event) {
		switch {
		case e.Kind == mail.KindNone:
			if e.Outcome != mail.OutcomeUnknown {
				t.Errorf("%+v", *e)
			}
		case e.Kind == mail.KindConnectFailure:
			told++
		case e.Kind != mail.KindAttempt || e.Outcome != mail.Delivered && e.Outcome != mail.Deferred && e.Outcome != mail.Bounced:
			t.Errorf("%+v", *e)
		case len(e.Reply) == 0 && len(e.Text) == 0 && len(e.MX)+len(e.MXIP)+len(e.Sender)+len(e.Recipient) == 0 && e.Outcome != mail.Delivered:
			t.Errorf("an attempt of nothing: %+v", *e)
		default:
			told++
		}
		out += fmt.Sprintf("%+v\n", *e)
	}
	for _, l := range lines {
		told = 0
		v := d.Decode(l, emit)
		out += v.String() + "\n"
		if (v == mail.Understood) != (told > 0) {
			t.Errorf("%v with %d events: %q", v, told, l)
		}
	}
	d.Close(emit)
	return out
}
