package join

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// open puts a message into the queue and defers it.
func (s *story) open(id string) {
	s.note(mail.KindArrival, "postfix", id)
	ev := s.event(mail.KindMessageID, "postfix", id)
	ev.MessageID = []byte("<20260520.100000." + id + "@mail.example.com>")
	s.tr.Note(ev)
	ev = s.event(mail.KindActive, "postfix", id)
	ev.Sender = []byte("orders@shop.example.com")
	s.tr.Note(ev)
	s.try("postfix", id, "user."+id+"@example.net", mail.Deferred, 0, true)
}

// An open message with one recipient, a Message-ID and a sender takes no more than 250
// bytes, whether counted or measured.
func TestOpenMessageIsSmall(t *testing.T) {
	const n, most = 100_000, 250
	s := newStory(t)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	before := heap()
	for i := range n {
		s.open(fmt.Sprintf("4F%08X", i))
	}
	counted, measured := s.tr.memory.Size()/n, int64(heap()-before)/n
	t.Logf("%d bytes are counted, %d are in use", counted, measured)
	if counted > most || measured > most || counted < most/4 {
		t.Errorf("%d bytes are counted, %d are in use, want %d at most", counted, measured, most)
	}
	s.tr.Finish()
	if len(s.fates) != n || s.tr.memory.Open() != 0 || s.tr.memory.Size() > 4<<20 {
		t.Errorf("%d fates, %d open, %d bytes after the end", len(s.fates), s.tr.memory.Open(), s.tr.memory.Size())
	}
}

// What does not fit is forgotten: those that were not seen for the longest time, their
// ends unknown.
func TestForgotten(t *testing.T) {
	s := newStory(t)
	s.tr.memory.Most = 1 << 20
	const n = 20_000
	for i := range n {
		s.open(fmt.Sprintf("4F%08X", i))
		s.try("postfix", "KEPT", "a@example.net", mail.Deferred, 0, true)
	}
	m := s.tr.memory
	if m.Forgotten < n/2 || int(m.Forgotten)+m.Open() != n+1 || m.Size() > m.Most {
		t.Fatalf("%d forgotten, %d open, %d bytes", m.Forgotten, m.Open(), m.Size())
	}
	if len(s.fates) != int(m.Forgotten) {
		t.Errorf("%d fates of %d forgotten messages", len(s.fates), m.Forgotten)
	}
	if f := s.fates[0]; f.Outcome != mail.OutcomeUnknown || f.End != 0 || f.QueueID == "" {
		t.Errorf("fate %+v", f)
	}
	if a := s.try("postfix", "KEPT", "a@example.net", mail.Delivered, 0, false); a.Retry != n {
		t.Errorf("a message that is seen all the time was forgotten: %+v", a)
	}
	if a := s.try("postfix", fmt.Sprintf("4F%08X", n-1), "user.4F00004E1F@example.net", mail.Delivered, 0, false); a.Retry != 1 {
		t.Errorf("the latest message was forgotten: %+v", a)
	}
	if a := s.try("postfix", "4F00000000", "user.4F00000000@example.net", mail.Delivered, 0, false); a.Retry != 0 || !a.FirstOfMessage {
		t.Errorf("the first message was not forgotten: %+v", a)
	}
}

// A message whose end is not in the log is given up after ten days without a line, by the
// clock of its own host; with the outcome that the end of the log gives.
func TestSilentMessages(t *testing.T) {
	const day = 86_400
	f := func(name string, days int64, seen bool, own bool, want int) {
		t.Helper()
		s := newStory(t)
		other := s.tr.memory.Tracker(func(*Fate, *Names) {})
		s.open("A1B2C3")
		if seen {
			s.at(days/2*day).try("postfix", "A1B2C3", "user.A1B2C3@example.net", mail.Deferred, 0, true)
		}
		s.at(days * day)
		for i := range 10 {
			ev := s.event(mail.KindArrival, "postfix", fmt.Sprint("B", i))
			if own {
				s.tr.Note(ev)
			} else {
				other.Note(ev)
			}
		}
		if len(s.fates) != want || want > 0 && (s.fates[0].Outcome != mail.Deferred || s.fates[0].QueueID != "A1B2C3") {
			t.Errorf("%s: fates %+v", name, s.fates)
		}
	}
	f("nine days", 9, false, true, 0)
	f("twelve days", 12, false, true, 1)
	f("twelve days, but seen", 12, true, true, 0)
	f("twelve days of another host", 12, false, false, 0)
}

// Every recipient of a message with very many is found, in a time that does not depend on
// how many there are; an expiry ends those that are open.
func TestManyRecipients(t *testing.T) {
	s := newStory(t)
	const n = 50_000
	for round := range 2 {
		s.at(int64(round) * 600)
		for i := range n {
			a := s.try("postfix", "A1B2C3", fmt.Sprintf("user%d@example.net", i), mail.Deferred, 0, false)
			if a.FirstOfRecipient != (round == 0) || a.Recipient != i+1 || a.Retry != round {
				t.Fatalf("round %d: %+v", round, a)
			}
			if round == 1 && i%2 == 0 {
				s.note(mail.KindExpiry, "postfix", "A1B2C3")
			}
		}
	}
	ended := map[int]bool{}
	for _, f := range s.fates {
		if f.Outcome != mail.Expired {
			t.Fatalf("fate %+v", f)
		}
		ended[f.Number] = true
	}
	if len(ended) != n {
		t.Errorf("%d of %d recipients expired", len(ended), n)
	}
}

// Queues beyond those that are told apart share one, and that is counted.
func TestManyInstances(t *testing.T) {
	s := newStory(t)
	const n = 1000
	for i := range n {
		instance := fmt.Sprintf("postfix-%d", i)
		s.note(mail.KindArrival, instance, fmt.Sprint("OWN", i)) // its queue manager is known from here
		s.note(mail.KindArrival, instance, "SHARED")
	}
	if open := s.tr.memory.Open(); open != n+MaxQueues+1 || s.tr.memory.Crowded < n-MaxQueues {
		t.Errorf("%d messages, %d lines counted", open, s.tr.memory.Crowded)
	}
	for i := range n {
		s.note(mail.KindRemoved, fmt.Sprintf("postfix-%d", i), "SHARED")
	}
	if open := s.tr.memory.Open(); open != n {
		t.Errorf("%d messages after those under the shared id were removed", open)
	}
}

// Texts come back as they were put, whatever comes and goes between.
func TestTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var x texts
	kept := map[text][]byte{}
	for range 20_000 {
		if r.IntN(5) < 3 {
			b := bytes.Repeat([]byte{byte(r.IntN(256))}, r.IntN(40))
			if r.IntN(50) == 0 {
				b = bytes.Repeat(b, 20)
			}
			if at := x.put(b); len(b) > 0 {
				if kept[at] != nil {
					t.Fatalf("%d is given twice", at)
				}
				kept[at] = b
			} else if at != 0 {
				t.Fatalf("the empty text is %d", at)
			}
			continue
		}
		for at, want := range kept {
			if got := x.get(at); !bytes.Equal(got, want) {
				t.Fatalf("got %q, want %q", got, want)
			}
			x.drop(at)
			delete(kept, at)
			break
		}
	}
	for at, want := range kept {
		if got := x.get(at); !bytes.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		x.drop(at)
	}
	if x.live != 0 {
		t.Errorf("%d bytes are in use of nothing", x.live)
	}
}

// Memory that texts of one length left is not held for ever, and the messages that are
// still open keep theirs.
func TestTextsAreGathered(t *testing.T) {
	s := newStory(t)
	s.open("KEPT")
	for i := range 40_000 {
		s.open(fmt.Sprintf("%08X", i))
	}
	for i := range 40_000 {
		s.note(mail.KindRemoved, "postfix", fmt.Sprintf("%08X", i))
	}
	held := s.tr.memory.texts.held
	s.note(mail.KindArrival, "postfix", "NEXT")
	if now := s.tr.memory.texts.held; held < 2<<20 || now > 1<<20 {
		t.Errorf("%d bytes held before, %d after", held, now)
	}
	a := s.try("postfix", "KEPT", "user.KEPT@example.net", mail.Deferred, 0, false)
	if a.Retry != 1 || string(s.tr.MessageID(&a)) != "<20260520.100000.KEPT@mail.example.com>" || string(a.Sender) != "orders@shop.example.com" {
		t.Errorf("%+v", a)
	}
}

// The index finds what is in it, and nothing else.
func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var x index
	hashes := map[uint32]uint32{} // by message
	next := uint32(0)
	for range 50_000 {
		if r.IntN(5) < 3 || len(hashes) == 0 {
			next++
			hashes[next] = uint32(r.IntN(300)) * 0x01000193
			x.add(hashes[next], next)
		} else {
			for m, h := range hashes {
				place, ok := x.at(h, m)
				if !ok {
					t.Fatalf("message %d has no place", m)
				}
				x.remove(place)
				delete(hashes, m)
				break
			}
		}
		if len(hashes) > 2000 {
			break
		}
	}
	for m, h := range hashes {
		if got := x.find(h, func(i uint32) bool { return i == m }); got != m {
			t.Fatalf("message %d is not found", m)
		}
	}
	if _, ok := x.at(0, next+1); ok {
		t.Error("a message that is not there has a place")
	}
	if got := x.find(7, func(uint32) bool { return true }); got != 0 || x.n != len(hashes) {
		t.Errorf("found %d among %d of %d", got, x.n, len(hashes))
	}
}

// BenchmarkTracker is the life of messages, one of eight with a retry, among 1000 that are
// open.
func BenchmarkTracker(b *testing.B) {
	fates := 0
	tr := New(func(*Fate, *Names) { fates++ })
	const open = 1000
	var events [5 * open]mail.Event
	for i := range open {
		for j, kind := range []mail.EventKind{mail.KindArrival, mail.KindMessageID, mail.KindActive, mail.KindAttempt, mail.KindRemoved} {
			events[j*open+i] = mail.Event{Kind: kind, Time: 1000 * sec, Instance: []byte("postfix"), QueueID: fmt.Appendf(nil, "4F%08X", i),
				MessageID: fmt.Appendf(nil, "<20260520.%d@mail.example.com>", i), Sender: []byte("orders@shop.example.com"),
				Recipient: fmt.Appendf(nil, "user%d@example.net", i), Outcome: mail.Delivered}
		}
	}
	round := func() {
		for i := range events {
			ev := &events[i]
			if ev.Kind != mail.KindAttempt {
				tr.Note(ev)
				continue
			}
			if i%8 == 0 {
				ev.Outcome = mail.Deferred
				tr.Attempt(ev, 0, true)
				ev.Outcome = mail.Delivered
			}
			tr.Attempt(ev, 0, false)
		}
	}
	round()
	if n := testing.AllocsPerRun(3, round); n != 0 {
		b.Errorf("%v allocations", n)
	}
	fates = 0
	rounds := 0
	b.ReportAllocs()
	for b.Loop() {
		round()
		rounds++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
	if fates != rounds*open/8 || tr.memory.Open() != 0 {
		b.Fatalf("%d fates in %d rounds, %d open", fates, rounds, tr.memory.Open())
	}
}
