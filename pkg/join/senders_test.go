package join

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// A number stands for one sender, also after all texts have moved; beyond the bound
// senders have none.
func TestSenderNumbers(t *testing.T) {
	s := newStory(t)
	numbers, names := map[int]string{}, map[string]int{}
	try := func(i int) {
		t.Helper()
		name := fmt.Sprintf("sender%d@example.com", i)
		id := fmt.Sprintf("%08X", i)
		ev := s.event(mail.KindActive, "postfix", id)
		ev.Sender = []byte(name)
		s.tr.Note(ev)
		a := s.try("postfix", id, "ann@example.net", mail.Delivered, 0, false)
		if string(a.Sender) != name {
			t.Fatalf("sender %q, want %q", a.Sender, name)
		}
		if n := a.SenderNumber; n > 0 {
			if old, ok := numbers[n]; ok && old != name || names[name] != 0 && names[name] != n {
				t.Fatalf("%d is %q and %q, who was %d", n, old, name, names[name])
			}
			numbers[n], names[name] = name, n
		}
		s.note(mail.KindRemoved, "postfix", id)
	}
	for i := range maxSenders + 10 {
		try(i)
		try(i / 2)
	}
	s.tr.memory.gather()
	for i := range 100 {
		try(i)
	}
	if len(numbers) != maxSenders {
		t.Errorf("%d senders have a number, want %d", len(numbers), maxSenders)
	}
	ev := s.event(mail.KindActive, "postfix", "NULL")
	ev.NullSender = true
	s.tr.Note(ev)
	if a := s.try("postfix", "NULL", "ann@example.net", mail.Delivered, 0, false); a.SenderNumber != 0 || len(a.Sender) > 0 || !a.Notice {
		t.Errorf("null sender: %+v", a)
	}
}

// Senders that are kept once have a part of the memory; the others go with their messages.
func TestSendersBound(t *testing.T) {
	s := NewMemory(1 << 20)
	tr := s.Tracker(func(*Fate, *Names) {})
	for i := range 20_000 {
		id := fmt.Appendf(nil, "%08X", i)
		ev := mail.Event{Kind: mail.KindActive, Time: 1000 * sec, QueueID: id, Sender: fmt.Appendf(nil, "bounce-%d-%s@example.com", i, strings.Repeat("x", 100))}
		tr.Note(&ev)
		if got := string(tr.Sender(&mail.Event{QueueID: id})); got != string(ev.Sender) {
			t.Fatalf("message %d has the sender %q", i, got)
		}
		tr.Note(&mail.Event{Kind: mail.KindRemoved, Time: 1000 * sec, QueueID: id})
	}
	if s.Forgotten > 0 || s.sharedSize == 0 || s.sharedSize > s.Most/sharedPart {
		t.Errorf("%d messages were forgotten, though one was open at a time; senders take %d bytes", s.Forgotten, s.sharedSize)
	}
}
