package wrap

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/postfix"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

func FuzzDecode(f *testing.F) {
	for _, w := range wrapped {
		f.Add([]byte(w.file + "\n" + w.file))
	}
	for _, s := range []string{
		`{"MESSAGE":[65,300,"x",null,{}],"__REALTIME_TIMESTAMP":"1772533103504367","_PID":["1"]}` + "\n{\n\"message\":\"a\\nb\"\n}",
		`{"log":"a","stream":"stdout","time":"2026-03-03T10:18:23Z"}` + "\n" + `{"log":"b\n","stream":"x","time":1772533103.5}`,
		"2026-03-03T10:18:23.504367123Z stdout P Mar  3\n2026-03-03T10:18:23.504367123Z stderr F x\n2026-03-03T10:18:23.504367123Z stdout F  10:18:23 m x[1]: y",
		"__CURSOR=1\nMESSAGE\n\x0a\x01\x00\x00\x00\x00\x00\x00abc\nx\n\nMESSAGE\n\n\x01\x00\x00\x00\x00\x00\x00abc\n",
		`{"event":{"original":"x"},"result":{"_raw":"y"},"_source":{"log":{"syslog":{"appname":"postfix/smtp","procid":1}}}}`,
		"a\tb\t" + text + "\nplain",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		keep := bytes.Clone(file)
		lines := bytes.Split(file, []byte("\n"))
		for k := objects; k < numKinds; k++ {
			once := trace(t, k, lines)
			if again := trace(t, k, lines); again != once {
				t.Errorf("kind %d: first %s\nthen %s", k, once, again)
			}
		}
		if s, ok := Open(lines); ok {
			for _, f := range []parsers.Format{s.Format(postfix.Format), Lazy(postfix.Format)} {
				d := f.New(utc)
				for _, l := range lines {
					d.Decode(l, func(*mail.Event) {})
				}
				d.Close(func(*mail.Event) {})
				f.Yearless(lines)
			}
		}
		if !bytes.Equal(file, keep) {
			t.Error("a line was written to")
		}
	})
}

// trace decodes lines and returns all that came out as text.
func trace(t *testing.T, k kind, lines [][]byte) (out string) {
	d := &Decoder{kind: k, format: postfix.Format, tagged: len(lines)%2 == 0}
	d.begin(parsers.Options{Year: 2026, Location: time.UTC})
	told := 0
	emit := func(e *mail.Event) {
		if e.Kind != mail.KindNone {
			told++
		}
		out += fmt.Sprintf("%+v\n", *e)
	}
	for _, l := range lines {
		told = 0
		v := d.Decode(l, emit)
		out += v.String() + "\n"
		if told > 0 && v != mail.Understood {
			t.Errorf("%v, but %d events: %q", v, told, l)
		}
	}
	d.Close(emit)
	return out
}
