package join

import (
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Queue ids of any length are told apart, the longer ones also after texts were moved.
func TestQueueIDsOfAnyLength(t *testing.T) {
	s := newStory(t)
	id := func(n int) string { return strings.Repeat("4F08", n/4+1)[:n] }
	const most = 300
	for n := 1; n <= most; n++ {
		s.note(mail.KindArrival, "postfix", id(n))
	}
	s.tr.memory.gather()
	for n := 1; n <= most; n++ {
		a := s.try("postfix", id(n), "a@example.net", mail.Deferred, 0, false)
		if a.Message != n {
			t.Fatalf("%d bytes: message %d", n, a.Message)
		}
	}
	for n := 1; n <= most; n++ {
		s.note(mail.KindRemoved, "postfix", id(n))
		if f := s.fates[n-1]; f.QueueID != id(n) {
			t.Fatalf("%d bytes: the fate of %q", n, f.QueueID)
		}
	}
	if m := s.tr.memory; m.Open() != 0 || m.texts.live != 0 {
		t.Errorf("%d messages, %d bytes are left", m.Open(), m.texts.live)
	}
}
