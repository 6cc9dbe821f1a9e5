package smtp

import (
	"bytes"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// appLog is the log of a program that sends mail, with one failure in ten lines.
var appLog = bytes.Split([]byte(`2026-03-03T10:18:20.100Z INFO  queue: 421 messages waiting, 4 workers
2026-03-03T10:18:20.200Z DEBUG dial tcp 203.0.113.9:25 (mx.example.net) timeout=4.5s
2026-03-03T10:18:20.300Z INFO  connected to mx.example.net, sending 24550 bytes for anna@example.net
2026-03-03T10:18:20.400Z INFO  job 5501 done in 0.451 s
2026-03-03T10:18:20.500Z ERROR job 5502: cannot send to bob@example.net: mx.example.net said: 421 4.7.0 Too many connections from 192.0.2.10
2026-03-03T10:18:20.600Z INFO  retry of job 5502 in 500 s
2026-03-03T10:18:20.700Z INFO  http: GET /status 200 450 bytes
2026-03-03T10:18:20.800Z DEBUG message-id=<20260303101820.55042@example.com> size=45012
2026-03-03T10:18:20.900Z INFO  heartbeat
2026-03-03T10:18:21.000Z INFO  queue: 420 messages waiting, 4 workers`), []byte("\n"))

func BenchmarkDecode(b *testing.B) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	size, told := 0, 0
	for _, l := range appLog {
		size += len(l) + 1
	}
	emit := func(e *mail.Event) {
		if e.Kind == mail.KindAttempt {
			told++
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range appLog {
			d.Decode(l, emit)
		}
	}
	if told != b.N {
		b.Fatalf("%d attempts in %d runs", told, b.N)
	}
}

// A line of a log costs no allocation.
func TestNoAllocation(t *testing.T) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	told := 0
	emit := func(e *mail.Event) {
		if e.Kind == mail.KindAttempt {
			told++
		}
	}
	if n := testing.AllocsPerRun(20, func() {
		for _, l := range appLog {
			d.Decode(l, emit)
		}
	}); n != 0 || told == 0 {
		t.Errorf("%v allocations and %d attempts in %d lines", n, told, len(appLog))
	}
}
