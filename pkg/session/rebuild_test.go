package session

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// line is a line about one recipient.
func line(at int64, pid uint32, queueID string) *mail.Event {
	return &mail.Event{Kind: mail.KindAttempt, Outcome: mail.Delivered, Time: at, PID: pid, QueueID: []byte(queueID),
		MX: []byte("mx.example.net"), MXIP: []byte("203.0.113.7"), HasDelays: true, Delays: [4]int64{0, 0, 100_000, 200_000}}
}

// A further recipient finds its delivery wherever it stands among the last lines of the
// second, whichever processes are between.
func TestRecipientsFindTheirDelivery(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var attempts []uint16
		s := NewStream("mx", func(_ Slot, span Span) { attempts = append(attempts, span.Attempts) })
		want := map[string]uint16{}
		processes := uint32(1 + r.IntN(30))
		for range 300 {
			pid := 1 + r.Uint32N(processes)*64 // all in one row
			id := fmt.Sprint("Q", pid)         // each has one message
			s.Lines(1000*second, false, 1)
			s.Delivery(line(1000*second, pid, id), 0, false)
			want[id]++
		}
		s.Finish()
		slices.Sort(attempts)
		var all []uint16
		for _, n := range want {
			all = append(all, n)
		}
		slices.Sort(all)
		if !slices.Equal(attempts, all) {
			t.Fatalf("%d processes: spans of %v recipients, want %v", processes, attempts, all)
		}
	}
}

// However many processes there are, a bounded number is kept, every delivery comes out
// once, and what came out before its time is counted.
func TestProcessesAreBounded(t *testing.T) {
	f := func(name string, step int64, precise, early bool) {
		t.Helper()
		const n = 3 * maxProcesses
		spans := 0
		s := NewStream("mx", func(Slot, Span) { spans++ })
		for i := range int64(n) {
			at := 1000*second + i*step
			ev := line(at, uint32(i+1), fmt.Sprint("Q", i))
			ev.Precise = precise
			s.Lines(at, precise, 1)
			s.Delivery(ev, 0, false)
			if len(s.procs.list) > maxProcesses || len(s.items) > maxItems {
				t.Fatalf("%s: %d processes, %d deliveries of a second", name, len(s.procs.list), len(s.items))
			}
		}
		s.Finish()
		if spans != n || early != (s.Early > 0) {
			t.Errorf("%s: %d spans of %d deliveries, %d early", name, spans, n, s.Early)
		}
	}
	f("spread over hours", 50_000, true, false)
	f("at once", 1, true, true)
	f("in one second", 1, false, true)
}

// Rebuilding costs no allocation once the memory is there.
func TestStreamDoesNotAllocate(t *testing.T) {
	spans := 0
	s := NewStream("mx", func(Slot, Span) { spans++ })
	at := int64(1000 * second)
	ev := line(at, 7, "A1B2C3")
	round := func() {
		for i := range 100 {
			at += 50_000
			ev.Time, ev.PID = at, uint32(i+1)
			s.Lines(at, false, 1)
			s.Delivery(ev, 0, false)
		}
	}
	round()
	if n := testing.AllocsPerRun(20, round); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if spans == 0 {
		t.Error("no spans")
	}
}

// BenchmarkStream is a busy log host: 50 processes, 20 deliveries a second.
func BenchmarkStream(b *testing.B) {
	spans, deliveries := 0, 0
	s := NewStream("mx", func(_ Slot, span Span) { spans += int(span.Attempts) })
	ev := line(1000*second, 7, "A1B2C3")
	b.ReportAllocs()
	for b.Loop() {
		ev.Time += 50_000
		ev.PID = uint32(ev.Time / 50_000 % 50)
		s.Lines(ev.Time, false, 1)
		s.Delivery(ev, 0, false)
		deliveries++
	}
	s.Finish()
	if spans != deliveries {
		b.Fatalf("%d of %d deliveries", spans, deliveries)
	}
}
