package wrap

import (
	"bytes"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/postfix"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// wrapped is one delivery line in every wrapper, and how many lines of the file it takes.
var wrapped = []struct{ name, file string }{
	{"journal", `{"__CURSOR":"s=e991dd57;i=372a","__REALTIME_TIMESTAMP":"1772533103504367","__MONOTONIC_TIMESTAMP":"38708007","_BOOT_ID":"0dc874d3fbd44bdbb6fbcfaa27481492","PRIORITY":"6","_HOSTNAME":"mx1","SYSLOG_FACILITY":"2","_UID":"100","_SYSTEMD_UNIT":"postfix@-.service","SYSLOG_IDENTIFIER":"postfix/out/smtp","SYSLOG_PID":"812","_PID":"812","MESSAGE":"` + message + `"}`},
	{"export", "__CURSOR=s=e991dd57;i=372a\n__REALTIME_TIMESTAMP=1772533103504367\n_HOSTNAME=mx1\nPRIORITY=6\nSYSLOG_IDENTIFIER=postfix/out/smtp\n_PID=812\nMESSAGE=" + message + "\n"},
	{"docker", `{"log":"` + text + `\n","stream":"stdout","time":"2026-03-03T10:18:23.504367123Z"}`},
	{"cri", "2026-03-03T10:18:23.504367123Z stdout F " + text},
	{"shipper", `{"@timestamp":"2026-03-03T10:18:23.504Z","ecs":{"version":"8.0.0"},"log":{"offset":1,"file":{"path":"/var/log/mail.log"}},"message":"` + text + `","host":{"name":"mx1"}}`},
	{"table", "2026-03-03T10:18:23.504Z\tmail.log\t" + message},
}

// A line costs no allocation.
func TestNoAllocation(t *testing.T) {
	for _, w := range wrapped {
		lines := split(w.file)
		s, ok := Open(lines)
		if !ok {
			t.Fatalf("%s: no wrapper", w.name)
		}
		d := s.Format(postfix.Format).New(utc)
		events := 0
		emit := func(*mail.Event) { events++ }
		run := func() {
			for _, l := range lines {
				d.Decode(l, emit)
			}
		}
		run()
		if n := testing.AllocsPerRun(20, run); n != 0 || events == 0 {
			t.Errorf("%s: %v allocations for %d lines and %d events, want none", w.name, n, len(lines), events)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, w := range wrapped {
		b.Run(w.name, func(b *testing.B) {
			lines := bytes.Split([]byte(w.file), []byte("\n"))
			s, _ := Open(lines)
			d := s.Format(postfix.Format).New(utc)
			events := 0
			emit := func(*mail.Event) { events++ }
			b.SetBytes(int64(len(w.file) + 1))
			b.ReportAllocs()
			for b.Loop() {
				for _, l := range lines {
					d.Decode(l, emit)
				}
			}
			if events != b.N {
				b.Fatalf("%d events in %d runs", events, b.N)
			}
		})
	}
}
