package declared

import (
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct{ name, src, line string }{
		{"regexp", acme, "2026-03-03T10:18:23.5Z 7F001 from=<> to=<bob@example.net> via 192.0.2.10 mx=mx.example.net[203.0.113.9] mail after=1.5 DEFER: 421 4.7.0 Too many connections"},
		{"csv", fuzzCSV, "2026-03-03 10:18:23,a@example.com,b@example.net,4.7.0 Too many connections,421,1,deferred"},
		{"json", fuzzJSON, `{"t":["2026-03-03T10:18:23Z"],"to":["b@example.net"],"r":{"text":"Too many connections","code":421,"e":"4.7.0"},"s":"mail"}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			f, errs := Load("a.yaml", []byte(c.src))
			if len(errs) > 0 {
				b.Fatal(errs)
			}
			d := f.New(parsers.Options{Year: 2026, Location: time.UTC})
			d.Decode([]byte("at,from,rcpt,diag,code,d,state"), func(*mail.Event) {})
			line, events := []byte(c.line), 0
			emit := func(*mail.Event) { events++ }
			b.SetBytes(int64(len(line) + 1))
			b.ReportAllocs()
			for b.Loop() {
				d.Decode(line, emit)
			}
			if events != b.N {
				b.Fatalf("%d events in %d runs", events, b.N)
			}
		})
	}
}
