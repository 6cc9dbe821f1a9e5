package declared

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const fuzzCSV = `
name: acme-csv
csv: {columns: {time: at, sender: from, recipient: rcpt, reply: diag, code: code, delay: d, outcome: state}}
samples:
- line: "at,from,rcpt,diag,code,d,state\n2026-03-03 10:18:23,a,b,busy,421,1,deferred"
  want: {outcome: deferred}
`

const fuzzJSON = `
name: acme-json
json: {pages: [items], fields: {time: t.0, recipient: to, reply: r.text, code: r.code, enhanced: r.e, stage: s}}
samples:
- line: '{"t":["2026-03-03T10:18:23Z"],"to":["a@b","c@d"],"r":{"text":"busy","code":421}}'
  want: {outcome: deferred}
`

// Any file: no panic, and every mistake has its place.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{acme, fuzzCSV, fuzzJSON, "name: a\nregexp: '(?P<reply>.*)'\nsamples:\n- line: 421 x\n  want: {outcome: deferred}", "samples: [{line: x}]\ncsv: {}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		format, errs := Load("a.yaml", src)
		for _, err := range errs {
			if !strings.HasPrefix(err.Error(), "a.yaml:") {
				t.Errorf("%v has no place", err)
			}
		}
		if (len(errs) == 0) != (format.New != nil) {
			t.Errorf("errors %v, but format %q", errs, format.Name)
		}
	})
}

// Any lines: no panic, one verdict each, the same ones again.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"2026-03-03T10:18:23.5Z 7F001 from=<> to=<bob@example.net> via 192.0.2.10 mx=mx.example.net[203.0.113.9] mail after=1.5 DEFER: 421 4.7.0 x",
		"at,from,rcpt,diag,code,d,state\n2026-03-03 10:18:23,a,\"b@c,d@e\nx\",busy,421,1e300,deferred",
		`{"items":[{"t":["2026-03-03T10:18:23Z"],"to":["a@b","c@d"],"r":{"text":"5","code":421,"e":"4.7.0"},"s":"mail"}]}`,
	} {
		f.Add([]byte(s))
	}
	var formats []parsers.Format
	for _, src := range []string{acme, fuzzCSV, fuzzJSON} {
		format, errs := Load("a.yaml", []byte(src))
		if len(errs) > 0 {
			f.Fatal(errs)
		}
		formats = append(formats, format)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		keep := bytes.Clone(file)
		lines := bytes.Split(file, []byte("\n"))
		for _, format := range formats {
			once := trace(t, format, lines)
			if again := trace(t, format, lines); again != once {
				t.Errorf("%s: first %s\nthen %s", format.Name, once, again)
			}
			if n := format.Score(lines); n > len(lines) {
				t.Errorf("%s: score %d of %d lines", format.Name, n, len(lines))
			}
		}
		if !bytes.Equal(file, keep) {
			t.Error("a line was written to")
		}
	})
}

func trace(t *testing.T, f parsers.Format, lines [][]byte) (out string) {
	d := f.New(parsers.Options{Year: 2026, Location: time.UTC})
	told := 0
	emit := func(e *mail.Event) {
		if e.Kind != mail.KindNone {
			told++
		}
		if (e.Kind == mail.KindNone) != (e.Outcome == mail.OutcomeUnknown) || e.Delay < 0 {
			t.Errorf("%+v", *e)
		}
		out += fmt.Sprintf("%+v\n", *e)
	}
	for _, l := range lines {
		told = 0
		v := d.Decode(l, emit)
		if told > 0 && v != mail.Understood {
			t.Errorf("%v with %d events: %q", v, told, l)
		}
		out += v.String() + "\n"
	}
	d.Close(emit)
	return out
}
