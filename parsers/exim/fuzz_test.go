package exim

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

func FuzzDecode(f *testing.F) {
	for _, line := range mix {
		f.Add(line)
		f.Add(append([]byte("Mar  3 10:18:24 mx1 exim[123]: "), line...))
	}
	for _, s := range []string{
		"Mar  3 10:18:24 mx1 exim[123]: [1/3] " + newID + " H=a [1.2.3.4]: SMTP error\nMar  3 10:18:24 mx1 exim[123]: [2\\3] x\nMar  3 10:18:24 mx1 exim[123]: [3/3] y",
		at + newID + ` == "a\" b"@c <d> (e, f) R=g T=h defer (110): i H=j DS [::1]:k* DT=1w2d3h4m5.6s: l`,
		at + newID + ` ** |a <b@c> F=<> X=1 DN="d \" e" C="f \\n g" : h DT=0.1s`,
		at + newID + ` <= <> R=` + oldID + ` S=99999999999999999999 id= T="`,
		at + newID + ` SMTP timeout while connected to a [1.2.3.4] after RCPT TO:<b`,
		at + newID + ` <=  `,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := bytes.Split(text, []byte("\n"))
		run := func() (out []string) {
			d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
			n := 0
			emit := func(e *mail.Event) {
				n++
				out = append(out, fmt.Sprint(e.Time, e.Precise, show(e)))
				if e.Outcome == mail.Refused != (e.Kind == mail.KindRefusal) || e.Twin && e.Kind != mail.KindRefusal {
					t.Errorf("inconsistent: %s", show(e))
				}
				if e.Delay < 0 || e.Delays[3] < 0 {
					t.Errorf("negative time: %s", show(e))
				}
				if e.Kind != mail.KindNone && e.Kind != mail.KindOwnSide && len(e.QueueID) != 16 && len(e.QueueID) != 23 {
					t.Errorf("no message id: %s", show(e))
				}
			}
			for _, line := range lines {
				keep := bytes.Clone(line)
				n = 0
				v := d.Decode(line, emit)
				out = append(out, v.String())
				if !bytes.Equal(line, keep) {
					t.Error("the line was written to")
				}
				if v > mail.Understood || n > 3 {
					t.Errorf("%v, %d events", v, n)
				}
			}
			d.Close(emit)
			return out
		}
		a, b := run(), run()
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("first %q, then %q", a, b)
		}
		if n := Format.Score(lines); n < 0 || n > len(lines) {
			t.Errorf("score %d of %d lines", n, len(lines))
		}
	})
}
