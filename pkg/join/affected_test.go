package join

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// refuse is a refusal by an MX that names no recipient.
func (s *story) refuse(id string, cell Cell, twin bool) {
	ev := s.event(mail.KindRefusal, "postfix", id)
	ev.MXIP, ev.Reply, ev.Outcome, ev.Twin = []byte("203.0.113.1"), []byte("421 4.7.0 too many"), mail.Refused, twin
	s.tr.Attempt(ev, cell, true)
}

// affected are the fates of those that met a refusal, as text.
func (s *story) affected() (list []string) {
	for _, f := range s.fates {
		if f.Met {
			one := f.Recipient + " " + f.Outcome.String()
			if f.AtOnce {
				one += " at once"
			}
			list = append(list, one)
		}
	}
	return list
}

// Whoever met a refusal is told, once: those that were put off with their outcome, and
// at the end of the queue entry those that were not.
func TestAffected(t *testing.T) {
	const id, a, b = "A1B2C3", "a@example.net", "b@example.net"
	f := func(name string, tell func(s *story), want ...string) {
		t.Helper()
		s := newStory(t)
		s.note(mail.KindActive, "postfix", id)
		tell(s)
		s.tr.Finish()
		got := s.affected()
		if len(got) != len(want) {
			t.Fatalf("%s: %q, want %q", name, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %q, want %q", name, got[i], want[i])
			}
		}
	}
	f("clean", func(s *story) { s.try("postfix", id, a, mail.Delivered, 0, false) })
	f("failed otherwise", func(s *story) {
		s.try("postfix", id, a, mail.Deferred, 0, false)
		s.at(9).try("postfix", id, a, mail.Bounced, 0, false)
	})
	f("put off, then delivered", func(s *story) {
		s.try("postfix", id, a, mail.Deferred, 0, true)
		s.at(9).try("postfix", id, a, mail.Delivered, 0, false)
		s.note(mail.KindRemoved, "postfix", id)
	}, a+" delivered")
	f("bounced at the first try", func(s *story) {
		s.try("postfix", id, a, mail.Bounced, 0, true)
		s.note(mail.KindRemoved, "postfix", id)
	}, a+" bounced at once")
	f("still queued", func(s *story) { s.try("postfix", id, a, mail.Deferred, 0, true) }, a+" deferred")
	f("an earlier MX refused, the next took it", func(s *story) {
		s.refuse(id, 0, false)
		s.try("postfix", id, a, mail.Delivered, 0, false)
	}, a+" delivered at once")
	f("refused after the one, before the other", func(s *story) {
		s.try("postfix", id, a, mail.Delivered, 0, false)
		s.at(5).refuse(id, 0, false)
		s.try("postfix", id, b, mail.Delivered, 0, false)
	}, b+" delivered at once")
	f("the log ends before a recipient is named", func(s *story) { s.refuse(id, 0, false) }, " deferred at once")
	f("a platform refused, another took it", func(s *story) {
		s.refuse(id, 0, false)
		s.try("postfix", id, a, mail.Delivered, 1, false)
	}, a+" delivered at once")
	f("refused at both, with one recipient", func(s *story) {
		s.refuse(id, 0, false)
		s.try("postfix", id, a, mail.Deferred, 1, true)
	}, a+" deferred", a+" deferred at once")
	f("the refusal is told after the end (Exim)", func(s *story) {
		s.try("postfix", id, a, mail.Deferred, 0, false)
		s.at(9)
		s.try("postfix", id, a, mail.Delivered, 0, false)
		s.refuse(id, 0, true)
	}, a+" delivered at once")
	f("expired, then the log ends", func(s *story) {
		s.try("postfix", id, a, mail.Deferred, 0, true)
		s.at(9).note(mail.KindExpiry, "postfix", id)
		s.note(mail.KindRemoved, "postfix", id)
	}, a+" expired")
}

// A suspension repeats a refusal of other mail: who met nothing else was held back. A
// refusal of its own outweighs it.
func TestHeldBack(t *testing.T) {
	f := func(name string, held bool, refused int64, outcomes ...mail.Outcome) {
		t.Helper()
		s := newStory(t)
		for i, o := range outcomes {
			a := s.at(int64(60*i)).try("postfix", "A1B2C3", "a@example.net", o, 0, true)
			if first := o == mail.Deferred && refused == 1000+int64(60*i); a.FirstTroubleOfMessage != first {
				t.Errorf("%s: attempt %d: %+v", name, i, a)
			}
		}
		s.tr.Finish()
		if g := s.fates[0]; len(s.fates) != 1 || !g.Met || !g.Trouble || g.HeldBack != held || g.Refused != refused*sec {
			t.Errorf("%s: %+v", name, s.fates)
		}
	}
	f("suspended", true, 0, mail.Suspended, mail.Suspended)
	f("refused, then suspended", false, 1000, mail.Deferred, mail.Suspended)
	f("suspended, then refused", false, 1060, mail.Suspended, mail.Deferred, mail.Deferred)
}

// A destination has a cell for each sending IP: a message that tries several of them is
// one, and was refused once by each destination.
func TestDestinationsOfSeveralCells(t *testing.T) {
	s := newStory(t)
	s.tr.Destination = func(c Cell) Cell { return c / 10 * 10 }
	messages, refused := 0, 0
	for i, cell := range []Cell{0, 1, 10, 11} {
		a := s.at(int64(60*i)).try("postfix", "A1B2C3", "a@example.net", mail.Deferred, cell, true)
		if a.FirstOfMessage {
			messages++
		}
		if a.FirstTroubleOfMessage {
			refused++
		}
	}
	s.tr.Finish()
	if messages != 2 || refused != 2 {
		t.Errorf("seen first %d times, refused first %d times, want 2 and 2", messages, refused)
	}
	if len(s.fates) != 2 || s.fates[0].Cell != 11 || s.fates[0].AtOnce || s.fates[0].Refused != 1120*sec || s.fates[1].Cell != 0 || !s.fates[1].AtOnce || s.fates[1].Refused != 1000*sec {
		t.Errorf("fates %+v", s.fates)
	}
}

// Without a queue id each attempt is a message of its own, and its refusal is told.
func TestRefusedWithoutQueueID(t *testing.T) {
	s := newStory(t)
	a := s.try("", "", "a@example.net", mail.Bounced, 3, true)
	s.try("", "", "b@example.net", mail.Delivered, 3, false)
	if !a.FirstOfMessage || !a.FirstOfRecipient || !a.FirstTroubleOfMessage {
		t.Errorf("%+v", a)
	}
	if len(s.fates) != 1 || s.fates[0].Cell != 3 || !s.fates[0].Met || !s.fates[0].AtOnce || s.fates[0].Outcome != mail.Bounced || s.fates[0].Recipient != "a@example.net" {
		t.Errorf("fates %+v", s.fates)
	}
}

// The time of the refusal is that of the first, its own or by an earlier MX; attempts
// and numbers are those of the recipient.
func TestFateOfTheAffected(t *testing.T) {
	s := newStory(t)
	s.refuse("A1B2C3", 0, false)
	first := s.at(1).try("postfix", "A1B2C3", "a@example.net", mail.Deferred, 0, true)
	other := s.try("postfix", "A1B2C3", "b@example.net", mail.Delivered, 0, false)
	s.at(60).try("postfix", "A1B2C3", "a@example.net", mail.Bounced, 0, false)
	s.note(mail.KindRemoved, "postfix", "A1B2C3")
	if len(s.fates) != 2 {
		t.Fatalf("fates %+v", s.fates)
	}
	put, passed := s.fates[0], s.fates[1]
	if put.Number != first.Recipient || put.Refused != 1000*sec || put.End != 1060*sec || put.Attempts != 2 || put.QueueID != "A1B2C3" || !put.Trouble {
		t.Errorf("put off: %+v", put)
	}
	if passed.Number != other.Recipient || passed.Refused != 1000*sec || passed.End != 1001*sec || passed.Attempts != 1 || passed.Trouble {
		t.Errorf("passed: %+v", passed)
	}
	if first.Recipient == other.Recipient || first.Message != other.Message || first.Message == 0 {
		t.Errorf("numbers: %+v %+v", first, other)
	}
}

// The events of a provider carry Message-ID and sender on every line; some MTAs tell
// a null sender there.
func TestAttemptsTellTheMessage(t *testing.T) {
	s := newStory(t)
	ev := s.event(mail.KindAttempt, "", "m1")
	ev.Recipient, ev.Outcome, ev.MessageID, ev.Sender = []byte("a@example.net"), mail.Deferred, []byte("m1@example.com"), []byte("news@example.com")
	if got := string(s.tr.Sender(ev)); got != "news@example.com" {
		t.Errorf("sender %q before the attempt", got)
	}
	s.tr.Attempt(ev, 0, true)
	later := s.event(mail.KindAttempt, "", "m1")
	if got := string(s.tr.Sender(later)); got != "news@example.com" {
		t.Errorf("sender %q, told by an earlier line", got)
	}
	notice := s.event(mail.KindAttempt, "", "m2")
	notice.Recipient, notice.Outcome, notice.NullSender = []byte("news@example.com"), mail.Deferred, true
	if a := s.tr.Attempt(notice, 0, true); !a.Notice {
		t.Error("a null sender is a notification's")
	}
	s.tr.Finish()
	if f := s.fates[0]; f.MessageID != "m1@example.com" || f.Sender != "news@example.com" || f.Notice {
		t.Errorf("fate %+v", f)
	}
	if !s.fates[1].Notice {
		t.Errorf("fate %+v", s.fates[1])
	}
}
