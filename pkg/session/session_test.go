package session

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// rebuild runs lines of one host through a stream. A line is its whole second; an
// event may be nil (another program).
func rebuild(lines []*mail.Event) []Span {
	var spans []Span
	s := NewStream("host", func(_ Slot, sp Span) { spans = append(spans, sp) })
	for _, ev := range lines {
		s.Lines(ev.Time, ev.Precise, 1)
		if ev.Kind != mail.KindNone {
			s.Delivery(ev, 0, ev.Outcome != mail.Delivered)
		}
	}
	s.Finish()
	return spans
}

func delivery(sec int64, pid uint32, id string, busy float64) *mail.Event {
	return &mail.Event{Kind: mail.KindAttempt, Outcome: mail.Delivered, Time: sec * second, PID: pid, QueueID: []byte(id),
		HasDelays: true, Delays: [4]int64{0, 0, 0, int64(busy * second)}}
}

func other(sec int64) *mail.Event { return &mail.Event{Time: sec * second} }

func TestInterpolation(t *testing.T) {
	spans := rebuild([]*mail.Event{other(10), other(10), delivery(10, 1, "A", 0.2), other(10), other(11)})
	if len(spans) != 1 {
		t.Fatalf("%d spans", len(spans))
	}
	// Line 2 of 4 ends at 10 + 2.5/4.
	if want := int64(10_625_000); spans[0].Close != want || spans[0].Open != want-200_000 {
		t.Errorf("span %+v, want end %d", spans[0], want)
	}
}

// Without a process id the message stands in for it, without a duration 0.1 s.
func TestDefaultSelectorOfExim(t *testing.T) {
	bare := func(id string, after int64) *mail.Event {
		return &mail.Event{Kind: mail.KindAttempt, Outcome: mail.Deferred, Time: 10*second + 500_000 + after, Precise: true, QueueID: []byte(id)}
	}
	spans := rebuild([]*mail.Event{bare("A", 0), bare("B", 0), bare("A", 100_000)})
	Sort(spans)
	if len(spans) != 3 || spans[0].PID == spans[1].PID {
		t.Fatalf("spans %+v", spans)
	}
	for i := range spans {
		if got := spans[i].Close - spans[i].Open; got != 100_000 {
			t.Errorf("span %d lasts %d, want 0.1 s", i, got)
		}
	}
	known := bare("C", 0)
	known.HasDelays, known.PID = true, 7
	if spans := rebuild([]*mail.Event{known}); spans[0].Close != spans[0].Open {
		t.Errorf("a known duration of 0 became %+v", spans[0])
	}
}

// A refusal that was held back is told after its second: it lies in the middle of it.
func TestToldLate(t *testing.T) {
	late := &mail.Event{Kind: mail.KindRefusal, Outcome: mail.Refused, Time: 10 * second, QueueID: []byte("A")}
	var spans []Span
	s := NewStream("host", func(_ Slot, sp Span) { spans = append(spans, sp) })
	s.Lines(10*second, false, 1)
	s.Lines(12*second, false, 1)
	s.Delivery(late, 0, true)
	s.Lines(13*second, false, 1)
	s.Finish()
	if len(spans) != 1 || spans[0].Close != 10*second+500_000 || spans[0].Open != spans[0].Close-interim || spans[0].Refused != 1 {
		t.Errorf("spans %+v", spans)
	}

	// What the same message did since takes nothing from it, and does not begin anew.
	spans = nil
	s = NewStream("host", func(_ Slot, sp Span) { spans = append(spans, sp) })
	attempt := &mail.Event{Kind: mail.KindAttempt, Outcome: mail.Deferred, Time: 20*second + 1, Precise: true, QueueID: []byte("A")}
	early := *late
	early.Precise = true
	s.Delivery(attempt, 0, true)
	s.Delivery(&early, 0, true)
	attempt.Time += 50_000
	s.Delivery(attempt, 0, true)
	s.Finish()
	if len(spans) != 2 || spans[0].Close-spans[0].Open != interim || spans[1].Attempts != 2 {
		t.Errorf("spans %+v", spans)
	}
}

func TestSameProcessDoesNotOverlap(t *testing.T) {
	spans := rebuild([]*mail.Event{delivery(10, 1, "A", 0.1), delivery(10, 1, "B", 5), other(12)})
	Sort(spans)
	if spans[1].Open != spans[0].Close {
		t.Errorf("second delivery opens at %d, want the end of the first %d", spans[1].Open, spans[0].Close)
	}
}

func TestRecipientsOfOneDeliveryAreOneSpan(t *testing.T) {
	f := func(lines []*mail.Event, want ...Span) {
		t.Helper()
		spans := rebuild(lines)
		Sort(spans)
		for i := range spans {
			spans[i] = Span{Open: spans[i].Open, Close: spans[i].Close, Attempts: spans[i].Attempts, Served: spans[i].Served}
		}
		if !slices.Equal(spans, want) {
			t.Errorf("spans %+v, want %+v", spans, want)
		}
	}
	at := func(micros int64, pid uint32, id string, busy float64) *mail.Event {
		ev := delivery(0, pid, id, busy)
		ev.Time, ev.Precise = micros, true
		return ev
	}
	refused := at(2_500_000, 1, "A", 1)
	refused.Outcome = mail.Deferred
	f([]*mail.Event{delivery(10, 1, "A", 1), delivery(10, 1, "A", 1), delivery(10, 2, "A", 1), other(11)},
		Span{Open: 9_166_666, Close: 10_166_666, Attempts: 2, Served: 2}, Span{Open: 9_833_333, Close: 10_833_333, Attempts: 1, Served: 1})
	f([]*mail.Event{at(2_000_000, 1, "A", 1), at(2_003_000, 1, "A", 1)}, Span{Open: 1_000_000, Close: 2_003_000, Attempts: 2, Served: 2})
	f([]*mail.Event{at(2_000_000, 1, "A", 1), refused}, Span{Open: 1_000_000, Close: 2_500_000, Attempts: 2, Served: 1})
	f([]*mail.Event{at(2_000_000, 1, "A", 1), at(3_001_000, 1, "A", 1)}, // the same message again
		Span{Open: 1_000_000, Close: 2_000_000, Attempts: 1, Served: 1}, Span{Open: 2_001_000, Close: 3_001_000, Attempts: 1, Served: 1})
	f([]*mail.Event{at(2_000_000, 1, "A", 1), at(2_500_000, 1, "B", 1)}, // another message of the same process
		Span{Open: 1_000_000, Close: 2_000_000, Attempts: 1, Served: 1}, Span{Open: 2_000_000, Close: 2_500_000, Attempts: 1, Served: 1})
	// The lines of one delivery lie on both sides of a second.
	f([]*mail.Event{delivery(10, 1, "A", 1.5), delivery(11, 1, "A", 1.5), other(12)}, Span{Open: 9_000_000, Close: 11_500_000, Attempts: 2, Served: 2})
}

// However many processes a log has, those that are gone are let go of.
func TestProcessesAreForgotten(t *testing.T) {
	n := 0
	s := NewStream("host", func(Slot, Span) { n++ })
	const lines = 100_000
	for i := range int64(lines) {
		ev := delivery(0, uint32(i+1), "A", 0.1)
		ev.Time, ev.Precise = (i+1)*second, true
		s.Delivery(ev, 0, false)
	}
	if len(s.procs.list) > 2*fewProcesses {
		t.Errorf("%d processes are remembered", len(s.procs.list))
	}
	if s.Finish(); n != lines {
		t.Errorf("%d spans of %d", n, lines)
	}
}

func TestPreciseStampsNeedNoInterpolation(t *testing.T) {
	ev := delivery(10, 1, "A", 1)
	ev.Time += 123_456
	ev.Precise = true
	spans := rebuild([]*mail.Event{ev, other(10), other(10)})
	if spans[0].Close != 10_123_456 {
		t.Errorf("end %d", spans[0].Close)
	}
}

func TestSuspensionOpensNoSession(t *testing.T) {
	ev := delivery(10, 1, "A", 0)
	ev.Outcome = mail.Suspended
	if spans := rebuild([]*mail.Event{ev}); len(spans) != 0 {
		t.Errorf("spans %+v", spans)
	}
}

func TestLevels(t *testing.T) {
	f := func(spans []Span, want ...int32) {
		t.Helper()
		Sort(spans)
		if got := new(Sweep).Levels(spans); !slices.Equal(got, want) {
			t.Errorf("levels of %v: %v, want %v", spans, got, want)
		}
	}
	f(nil)
	f([]Span{{Open: 0, Close: 10}}, 1)
	f([]Span{{Open: 0, Close: 10}, {Open: 10, Close: 20}}, 1, 1) // ends before starts
	f([]Span{{Open: 0, Close: 10}, {Open: 5, Close: 20}, {Open: 6, Close: 7}}, 1, 2, 3)
	f([]Span{{Open: 5, Close: 5}}, 1)
}

// The sweep agrees with counting by hand, whatever the spans.
func TestLevelsAgreeWithCounting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		spans := make([]Span, r.IntN(40)+1)
		for i := range spans {
			open := r.Int64N(100)
			spans[i] = Span{Open: open, Close: open + 1 + r.Int64N(30), PID: uint32(i)}
		}
		Sort(spans)
		levels := new(Sweep).Levels(spans)
		for i := range spans {
			n := 0
			for j := range spans {
				if spans[j].Open < spans[i].Open && spans[j].Close > spans[i].Open || j == i || j < i && spans[j].Open == spans[i].Open {
					n++
				}
			}
			if levels[i] != int32(n) {
				t.Fatalf("level of %+v is %d, counted %d", spans[i], levels[i], n)
			}
		}
	}
}

func TestPeakBounds(t *testing.T) {
	var spans []Span
	for i := range 10 { // ten processes busy for the whole of second 5
		spans = append(spans, Span{Open: 5 * second, Close: 6*second - 1, PID: uint32(i), Attempts: 1})
	}
	Sort(spans)
	got, capped := new(Sweep).FindPeak(spans, new(Sweep).Levels(spans))
	if got.Estimate != 10 || got.High != 10 || got.Low < 9 {
		t.Errorf("peak %+v, want 10", got)
	}
	if int(slices.Max(capped)) != got.Estimate {
		t.Errorf("levels %v, peak %d", capped, got.Estimate)
	}
	if got, _ := new(Sweep).FindPeak(nil, nil); got != (Peak{}) {
		t.Errorf("peak of nothing %+v", got)
	}
}

func TestCurve(t *testing.T) {
	spans := []Span{
		{Open: 0, Close: 100, PID: 1, Attempts: 1},
		{Open: 1, Close: 100, PID: 2, Attempts: 2, Refused: 1},
		{Open: 2, Close: 100, PID: 3, Attempts: 1, Refused: 1},
	}
	got := Curve(spans, new(Sweep).Levels(spans))
	want := []Bin{{1, 2, 3, 1}, {3, 5, 1, 1}, {6, 12, 0, 0}, {13, 0, 0, 0}}
	if !slices.Equal(got, want) {
		t.Errorf("curve %v, want %v", got, want)
	}
}
