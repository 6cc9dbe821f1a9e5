package scan

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// What Exim logs twice is counted once, as the recipient's deferral; a refusal that
// another host made good is counted as refused, at its own place.
func TestTwinsInTheChain(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	c := newChain(&Config{Rules: set})
	const limit = "421 4.7.0 Too many concurrent SMTP connections from this IP address"
	now, line := int64(1_772_533_103_000_000), int64(0)
	apply := func(file string, ev mail.Event, id, ip, text string) {
		now += 1000
		line++
		ev.Time, ev.Line, ev.Precise, ev.QueueID = now, line, true, []byte(id)
		if ip != "" {
			ev.MX, ev.MXIP = []byte("mx.example.net"), []byte(ip)
		}
		ev.Text = []byte(text)
		if text == limit {
			ev.Reply = ev.Text
		}
		c.file = file
		c.apply(&ev)
	}
	refusal := mail.Event{Kind: mail.KindRefusal, Outcome: mail.Refused, Twin: true}
	attempt := func(o mail.Outcome) mail.Event {
		return mail.Event{Kind: mail.KindAttempt, Outcome: o, Recipient: []byte("a@example.net")}
	}
	const first, second = "1wvYIb-00000005S1o-3buz", "1wvYIc-00000005S1p-0abc"
	apply("mainlog.1", mail.Event{Kind: mail.KindArrival}, first, "", "")
	apply("mainlog.1", refusal, first, "192.0.2.1", limit)
	apply("mainlog", attempt(mail.Deferred), first, "192.0.2.1", limit)
	apply("mainlog", refusal, second, "192.0.2.1", limit)
	apply("mainlog.other", attempt(mail.Delivered), second, "192.0.2.2", "250 OK")
	apply("mainlog.other", mail.Event{Kind: mail.KindRemoved}, second, "", "")
	c.finish()

	var counts group.Counts
	var refused int64
	for _, acc := range c.accs {
		counts.Attempts += acc.Counts.Attempts
		counts.Deferred += acc.Counts.Deferred
		counts.Refused += acc.Counts.Refused
		counts.Delivered += acc.Counts.Delivered
		counts.Messages += acc.Counts.Messages
		refused += acc.Refusals[mail.ConnectionLimit]
		if at := acc.FirstTrouble; at.File != "mainlog" || at.Line != 3 {
			t.Errorf("first refusal at %+v, want mainlog:3", at)
		}
		if at := acc.LastTrouble; at.File != "mainlog" || at.Line != 4 {
			t.Errorf("last refusal at %+v, want mainlog:4", at)
		}
	}
	want := group.Counts{Attempts: 3, Deferred: 1, Refused: 1, Delivered: 1, Messages: 2}
	if counts != want || refused != 2 {
		t.Errorf("got %+v and %d refusals, want %+v and 2", counts, refused, want)
	}
}

// A suspension of our own MTA is no refusal by our own side; an ESP's is.
func TestOwnSuspensionIsNoRow(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f := func(esp bool, want int) {
		t.Helper()
		c := newChain(&Config{Rules: set})
		c.apply(&mail.Event{Kind: mail.KindAttempt, Outcome: mail.Suspended, ESP: esp, Time: 1e15,
			Recipient: []byte("a@example.net"), Text: []byte("retry time not reached for any host for 'example.net'")})
		if got := len(c.ownSideRows()); got != want {
			t.Errorf("ESP %v: %d rows, want %d", esp, got, want)
		}
	}
	f(false, 0)
	f(true, 1)
}
