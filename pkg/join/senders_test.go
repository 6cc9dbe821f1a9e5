package join

import (
	"fmt"
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
