package group

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// fate is the end of a recipient that met a refusal at a second.
func fate(o mail.Outcome, refused int64, id string) join.Fate {
	return join.Fate{Outcome: o, Met: true, Trouble: true, Refused: refused * second, QueueID: id, MessageID: "<" + id + "@example.com>", Recipient: "a@example.net", Attempts: 2}
}

// Lost messages come first, expired before bounced, then the earliest; ties are
// broken by queue id and recipient (C92).
func TestMessagesInOrder(t *testing.T) {
	fates := []join.Fate{
		fate(mail.Expired, 9, "E9"), fate(mail.Expired, 9, "E9b"), fate(mail.Bounced, 1, "B1"), fate(mail.Bounced, 5, "B5"),
		fate(mail.Deferred, 1, "Q1"), fate(mail.Delivered, 2, "D2"), fate(mail.OutcomeUnknown, 3, "U3"),
	}
	second := fate(mail.Delivered, 2, "D2")
	second.Recipient = "b@example.net"
	fates = append(fates, second)
	a := NewAcc()
	r := rand.New(rand.NewPCG(1, 2))
	for _, i := range r.Perm(len(fates)) {
		a.AddFate(fates[i], "", Stream{})
	}
	got := ""
	for _, m := range a.Messages.First {
		got += m.QueueID + m.Recipient[:1] + " "
	}
	if want := "E9a E9ba B1a B5a Q1a D2a D2b U3a "; got != want {
		t.Errorf("order %q, want %q", got, want)
	}
}

// Counts are exact, whatever the bound; notifications and those that met nothing are
// no messages of it.
func TestMessagesAreCounted(t *testing.T) {
	a := NewAcc()
	for i := range 70 {
		f := fate(mail.Delivered, int64(i), fmt.Sprintf("Q%02d", i))
		if i%7 == 0 {
			f.MessageID = ""
		}
		a.AddFate(f, "", Stream{})
	}
	late := fate(mail.Expired, 1000, "LATE")
	late.HeldBack = true
	a.AddFate(late, "", Stream{})
	notice := fate(mail.Expired, 1, "NOTE")
	notice.Notice = true
	a.AddFate(notice, "", Stream{})
	clean := fate(mail.Delivered, 1, "CLEAN")
	clean.Met = false
	a.AddFate(clean, "", Stream{})
	m := a.Messages
	if m.Total != 71 || m.WithoutID != 10 || m.Held != 1 || len(m.First) != maxMessages {
		t.Errorf("%d messages, %d without id, %d held back, %d kept", m.Total, m.WithoutID, m.Held, len(m.First))
	}
	if m.First[0].QueueID != "LATE" || m.First[maxMessages-1].QueueID != "Q48" {
		t.Errorf("kept %s to %s, want LATE to Q48", m.First[0].QueueID, m.First[maxMessages-1].QueueID)
	}
}

// What ends at once was never put off: it is a message that met a refusal, and no
// outcome of a deferral.
func TestAtOnceIsNoFate(t *testing.T) {
	a := NewAcc()
	f := fate(mail.Bounced, 1, "B1")
	f.AtOnce = true
	a.AddFate(f, "", streamOf(1))
	if a.Fates != (Fates{}) || a.TroubleFates != (Fates{}) || a.Messages.Total != 1 {
		t.Errorf("fates %+v, trouble %+v, messages %d", a.Fates, a.TroubleFates, a.Messages.Total)
	}
	if s := a.Streams["receipts"]; s.Lost != 1 || !s.Transactional {
		t.Errorf("stream %+v: a bounce by a refusal is a loss", s)
	}
}

// Most ends are not among the first: they cost nothing.
func BenchmarkMessages(b *testing.B) {
	var m Messages
	for i := range maxMessages {
		f := fate(mail.Expired, int64(i), fmt.Sprint("Q", i))
		m.add(&f)
	}
	f := fate(mail.Delivered, 99, "D99")
	if n := testing.AllocsPerRun(100, func() { m.add(&f) }); n != 0 {
		b.Fatalf("%v allocations", n)
	}
	for b.Loop() {
		m.add(&f)
	}
	if m.First[maxMessages-1].Outcome != mail.Expired {
		b.Fatal("a delivered message took the place of a lost one")
	}
}
