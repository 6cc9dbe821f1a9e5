package group

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// A reply shows the sample of the earliest line of its template, and of no other.
func TestShows(t *testing.T) {
	a := NewAcc()
	see := func(template string, at int64, want bool) {
		t.Helper()
		where := Where{Time: at, File: "mail.log", Line: at}
		if got := a.Shows(a.Replies[template], where); got != want {
			t.Errorf("%s at %d is shown: %v", template, at, got)
		}
		a.reply(template, a.Replies[template], &ReplyCount{Count: 1, Sample: fmt.Sprint(at), First: where})
	}
	see("421 a", 20, true)
	see("421 a", 30, false)
	see("421 a", 10, true)
	if got := a.Replies["421 a"]; got.Sample != "10" || got.Count != 3 {
		t.Errorf("%+v", got)
	}
	for i := range maxReplies - 1 {
		see(fmt.Sprint("450 ", i), 40, true)
	}
	see("451 one more", 1, false)
	if a.RepliesDropped != 1 {
		t.Errorf("%d replies dropped", a.RepliesDropped)
	}
}

// What Keeps says no to is not among the first, whatever its texts are.
func TestKeeps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	outcomes := []mail.Outcome{mail.Expired, mail.Bounced, mail.Delivered, mail.Deferred}
	var m Messages
	no := 0
	for range 2000 {
		f := fate(outcomes[r.IntN(len(outcomes))], 1+r.Int64N(500), fmt.Sprint("Q", r.IntN(100)))
		f.HeldBack = r.IntN(5) == 0
		keeps := m.Keeps(&f)
		all := Messages{First: append([]Message(nil), m.First...)}
		all.keep(Message{QueueID: f.QueueID, Refused: f.Refused, HeldBack: f.HeldBack, Outcome: f.Outcome})
		kept := len(all.First) != len(m.First)
		for i := range m.First {
			kept = kept || all.First[i] != m.First[i]
		}
		if kept && !keeps {
			t.Fatalf("%+v would be kept", f)
		}
		if !keeps {
			no++
		}
		m.add(&f)
	}
	if no < 1000 || m.Total != 2000 || m.WithoutID != 0 {
		t.Errorf("%d of %d are not kept, %d without an id", no, m.Total, m.WithoutID)
	}
	nameless := fate(mail.Delivered, 1000, "Q")
	nameless.MessageID = ""
	m.add(&nameless)
	nameless.HasID = true
	m.add(&nameless)
	if m.WithoutID != 1 {
		t.Errorf("%d without an id, want 1", m.WithoutID)
	}
}
