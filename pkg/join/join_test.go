package join

import (
	"fmt"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const sec = 1_000_000

// story feeds events and returns the attempts' answers and the fates.
type story struct {
	t     *testing.T
	tr    *Tracker
	fates []Fate
	now   int64
}

func newStory(t *testing.T) *story {
	s := &story{t: t, now: 1000 * sec}
	s.tr = New(func(f *Fate, n *Names) {
		n.Fill(f)
		s.fates = append(s.fates, *f)
	})
	return s
}

func (s *story) at(seconds int64) *story { s.now = (1000 + seconds) * sec; return s }

func (s *story) event(kind mail.EventKind, instance, id string) *mail.Event {
	return &mail.Event{Kind: kind, Time: s.now, Instance: []byte(instance), QueueID: []byte(id)}
}

func (s *story) note(kind mail.EventKind, instance, id string) {
	s.tr.Note(s.event(kind, instance, id))
}

func (s *story) try(instance, id, rcpt string, o mail.Outcome, cell Cell, trouble bool) Attempt {
	ev := s.event(mail.KindAttempt, instance, id)
	ev.Recipient, ev.Outcome = []byte(rcpt), o
	return s.tr.Attempt(ev, cell, trouble)
}

func (s *story) wantFates(want ...Fate) {
	s.t.Helper()
	if len(s.fates) != len(want) {
		s.t.Fatalf("got %d fates %+v, want %d", len(s.fates), s.fates, len(want))
	}
	for i, w := range want {
		g := s.fates[i]
		if g.Outcome != w.Outcome || g.Attempts != w.Attempts || g.Wait != w.Wait || g.Trouble != w.Trouble || g.Cell != w.Cell || g.Recipient != w.Recipient {
			s.t.Errorf("fate %d: got %+v, want %+v", i, g, w)
		}
	}
}

func TestDeliveredOnRetry(t *testing.T) {
	s := newStory(t)
	s.note(mail.KindArrival, "postfix", "A1B2C3")
	first := s.at(1).try("postfix", "A1B2C3", "a@example.net", mail.Deferred, 0, true)
	if !first.FirstOfMessage || !first.FirstOfRecipient || first.Retry != 0 || first.Arrival != 1000*sec || !first.FirstTroubleOfMessage {
		t.Errorf("first attempt: %+v", first)
	}
	again := s.at(301).try("postfix", "A1B2C3", "a@example.net", mail.Delivered, 0, false)
	if again.FirstOfMessage || again.FirstOfRecipient || again.Retry != 1 || again.Gap != 300*sec || !again.AfterTrouble {
		t.Errorf("second attempt: %+v", again)
	}
	s.at(302).note(mail.KindRemoved, "postfix", "A1B2C3")
	s.tr.Finish()
	s.wantFates(Fate{Outcome: mail.Delivered, Attempts: 2, Wait: 300 * sec, Trouble: true, Recipient: "a@example.net"})
}

func TestDeliveredAtOnceHasNoFate(t *testing.T) {
	s := newStory(t)
	s.try("postfix", "A1B2C3", "a@example.net", mail.Delivered, 0, false)
	s.note(mail.KindRemoved, "postfix", "A1B2C3")
	s.tr.Finish()
	s.wantFates()
}

// One message, three recipients, two attempts each: recipients are told apart (X05).
func TestRecipientsAreSeparate(t *testing.T) {
	s := newStory(t)
	for i, rcpt := range []string{"a@example.net", "b@example.net", "c@example.net"} {
		got := s.try("postfix", "A1B2C3", rcpt, mail.Deferred, 0, false)
		if got.FirstOfMessage != (i == 0) || !got.FirstOfRecipient {
			t.Errorf("%s: %+v", rcpt, got)
		}
	}
	s.at(60)
	s.try("postfix", "A1B2C3", "a@example.net", mail.Delivered, 0, false)
	s.try("postfix", "A1B2C3", "b@example.net", mail.Bounced, 0, false)
	s.note(mail.KindExpiry, "postfix", "A1B2C3")
	s.wantFates(
		Fate{Outcome: mail.Delivered, Attempts: 2, Wait: 60 * sec, Recipient: "a@example.net"},
		Fate{Outcome: mail.Bounced, Attempts: 2, Wait: 60 * sec, Recipient: "b@example.net"},
		Fate{Outcome: mail.Expired, Attempts: 1, Wait: 60 * sec, Recipient: "c@example.net"},
	)
}

func TestExpiryWithoutRecipients(t *testing.T) {
	s := newStory(t)
	s.note(mail.KindExpiry, "postfix", "A1B2C3")
	s.wantFates(Fate{Cell: NoCell, Outcome: mail.Expired})
}

func TestStillQueuedAndUnknown(t *testing.T) {
	withQueueManager := newStory(t)
	withQueueManager.note(mail.KindActive, "postfix", "A1B2C3")
	withQueueManager.try("postfix", "A1B2C3", "a@example.net", mail.Deferred, 0, true)
	withQueueManager.tr.Finish()
	withQueueManager.wantFates(Fate{Outcome: mail.Deferred, Attempts: 1, Trouble: true, Recipient: "a@example.net"})

	without := newStory(t)
	without.try("postfix", "A1B2C3", "a@example.net", mail.Deferred, 0, true)
	without.tr.Finish()
	without.wantFates(Fate{Outcome: mail.OutcomeUnknown, Attempts: 1, Trouble: true, Recipient: "a@example.net"})
}

// Short queue ids are reused: a removal or a new birth ends the old message.
func TestReusedQueueID(t *testing.T) {
	s := newStory(t)
	s.note(mail.KindArrival, "postfix", "A1B2C3")
	s.try("postfix", "A1B2C3", "a@example.net", mail.Deferred, 0, false)
	s.at(10).note(mail.KindArrival, "postfix", "A1B2C3")
	got := s.try("postfix", "A1B2C3", "a@example.net", mail.Delivered, 0, false)
	if got.Retry != 0 || !got.FirstOfMessage || got.Arrival != 1010*sec {
		t.Errorf("new message under the old id: %+v", got)
	}
	s.wantFates(Fate{Outcome: mail.OutcomeUnknown, Attempts: 1, Wait: 10 * sec, Recipient: "a@example.net"})
}

// A transport with a syslog_name of its own belongs to the queue that has the id;
// a second Postfix instance with its own queue manager does not.
func TestInstances(t *testing.T) {
	s := newStory(t)
	s.note(mail.KindArrival, "postfix", "A1B2C3")
	if got := s.try("outlook5", "A1B2C3", "a@example.net", mail.Deferred, 0, false); got.Arrival == 0 {
		t.Error("outlook5/smtp was not joined with the queue of postfix")
	}
	s.note(mail.KindArrival, "postfix-out", "B1B2C3")
	s.note(mail.KindArrival, "postfix-out", "A1B2C3")
	if got := s.at(5).try("postfix-out", "A1B2C3", "z@example.net", mail.Deferred, 1, false); got.Arrival != 1000*sec || got.Retry != 0 {
		t.Errorf("postfix-out: %+v", got)
	}
	if n := s.tr.memory.Open(); n != 3 {
		t.Errorf("%d messages with two under the shared id, want 3", n)
	}
	s.note(mail.KindRemoved, "postfix-out", "A1B2C3")
	if n := s.tr.memory.Open(); n != 2 {
		t.Errorf("%d messages after one was removed, want 2", n)
	}
}

// "lost connection" right after a 421 is the same try (Postfix, 421 to a pipelined MAIL).
func TestLostConnectionAfterRefusal(t *testing.T) {
	s := newStory(t)
	refusal := func(ip, reply string, pid uint32) Attempt {
		ev := s.event(mail.KindRefusal, "postfix", "A1B2C3")
		ev.MXIP, ev.Reply, ev.PID, ev.Outcome = []byte(ip), []byte(reply), pid, mail.Refused
		return s.tr.Attempt(ev, 0, reply != "")
	}
	if refusal("203.0.113.1", "421 4.7.28 slow down", 7).Repeated {
		t.Error("the refusal itself is no repetition")
	}
	if !refusal("203.0.113.1", "", 7).Repeated {
		t.Error("the lost connection after it is one")
	}
	if refusal("203.0.113.2", "", 7).Repeated {
		t.Error("a lost connection to another host is a try of its own")
	}
}

func TestNoticesAreMarked(t *testing.T) {
	s := newStory(t)
	ev := s.event(mail.KindNotice, "postfix", "A1B2C3")
	ev.Child = []byte("D4E5F6")
	s.tr.Note(ev)
	if got := s.try("postfix", "D4E5F6", "sender@example.com", mail.Deferred, 0, false); !got.Notice {
		t.Error("child of a bounce is not marked as a notification")
	}
	s.tr.Finish()
	if len(s.fates) != 1 || !s.fates[0].Notice {
		t.Errorf("fates %+v", s.fates)
	}
}

func TestSuspensionIsNoAttempt(t *testing.T) {
	s := newStory(t)
	s.note(mail.KindArrival, "postfix", "A1B2C3")
	first := s.try("postfix", "A1B2C3", "a@example.net", mail.Suspended, 0, true)
	if !first.FirstOfRecipient {
		t.Error("a suspension shows the recipient first")
	}
	got := s.at(30).try("postfix", "A1B2C3", "a@example.net", mail.Delivered, 0, false)
	if got.Retry != 0 || got.FirstOfRecipient {
		t.Errorf("first try on the wire: %+v", got)
	}
	s.wantFates(Fate{Outcome: mail.Delivered, Attempts: 1, Wait: 30 * sec, Trouble: true, Recipient: "a@example.net"})
}

// A message is told to be over once, with its recipients, when nothing more comes of it.
func TestGone(t *testing.T) {
	s := newStory(t)
	var gone []string
	s.tr.Gone = func(message int, recipients []int) {
		gone = append(gone, fmt.Sprint(message, recipients, len(s.fates)))
	}
	s.note(mail.KindArrival, "postfix", "A1B2C3")
	s.try("postfix", "A1B2C3", "a@example.net", mail.Delivered, 0, false)
	s.try("postfix", "A1B2C3", "b@example.net", mail.Deferred, 0, true)
	s.note(mail.KindArrival, "postfix", "A1B2C4")
	s.try("postfix", "A1B2C4", "c@example.net", mail.Deferred, 0, true)
	if len(gone) > 0 {
		t.Errorf("%q are gone while they are in the queue", gone)
	}
	s.at(10).note(mail.KindRemoved, "postfix", "A1B2C3")
	s.note(mail.KindRemoved, "postfix", "A1B2C3") // of an unknown one
	s.try("postfix", "A1B2C3", "a@example.net", mail.Delivered, 0, false)
	s.tr.Finish()
	if want := []string{"1 [1 2] 1", "3 [4] 1", "2 [3] 2"}; !slices.Equal(gone, want) {
		t.Errorf("gone %q, want %q", gone, want)
	}
}
