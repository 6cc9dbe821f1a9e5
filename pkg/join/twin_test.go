package join

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// pair feeds Exim's lines and notes what is counted, in order.
type pair struct {
	t     *testing.T
	twins *Twins
	now   int64
	got   []string
}

func newPair(t *testing.T) *pair {
	p := &pair{t: t, now: 1000 * sec}
	p.twins = NewTwins(func(ev *mail.Event, origin string) {
		p.got = append(p.got, fmt.Sprintf("refused %s %s %s %s%s", ev.QueueID, ev.MXIP, ev.Text, ev.SendingIP, origin))
	})
	return p
}

func (p *pair) later(seconds int64) *pair { p.now += seconds * sec; return p }

// host is a line about a host: "H=[ip]: text". Its memory is gone after it.
func (p *pair) host(id, ip, text string) *pair {
	ev := &mail.Event{Kind: mail.KindRefusal, Outcome: mail.Refused, Twin: true, Time: p.now,
		QueueID: []byte(id), MX: []byte("mx-" + ip), MXIP: []byte(ip), Text: []byte(text)}
	p.twins.Hold(ev, "")
	for _, b := range [][]byte{ev.QueueID, ev.MX, ev.MXIP, ev.Text} {
		clear(b)
	}
	return p
}

// rcpt is a line about a recipient; ip may be empty.
func (p *pair) rcpt(id, ip, text string, o mail.Outcome) *pair {
	ev := &mail.Event{Kind: mail.KindAttempt, Outcome: o, Time: p.now, QueueID: []byte(id), MXIP: []byte(ip), Text: []byte(text)}
	p.twins.Attempt(ev)
	p.got = append(p.got, fmt.Sprintf("%v %s %s %s", o, id, ev.MXIP, text))
	return p
}

func (p *pair) end(id string) *pair {
	p.twins.End(&mail.Event{Kind: mail.KindRemoved, Time: p.now, QueueID: []byte(id)})
	return p
}

func (p *pair) want(want ...string) {
	p.t.Helper()
	if fmt.Sprint(p.got) != fmt.Sprint(want) {
		p.t.Errorf("counted\n%q, want\n%q", p.got, want)
	}
}

// One refusal, two lines.
func TestTwinCountsOnce(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "421 x").rcpt("A", "1", "421 x", mail.Deferred).end("A")
	p.twins.Finish()
	p.want("deferred A 1 421 x")

	p = newPair(t)
	p.host("A", "1", "554 x").rcpt("A", "1", "554 x", mail.Bounced)
	p.twins.Finish()
	p.want("bounced A 1 554 x")
}

// The first host refuses, the second takes the message.
func TestRefusalBeforeSuccess(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "421 x").rcpt("A", "2", "250 ok", mail.Delivered).want("delivered A 2 250 ok")
	p.end("A").want("delivered A 2 250 ok", "refused A 1 421 x ")
	if p.twins.Held() != 0 {
		t.Errorf("%d held at the end of the message", p.twins.Held())
	}
}

// Two hosts refuse: the second has a twin, the first stands alone.
func TestTwoHosts(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "554 x").host("A", "2", "554 x").rcpt("A", "2", "554 x", mail.Bounced).end("A")
	p.want("bounced A 2 554 x", "refused A 1 554 x ")
}

// The next round at the same host: what is held from the round before stands alone.
func TestNextRound(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "421 x").host("A", "2", "421 x").rcpt("A", "2", "421 x", mail.Deferred)
	p.later(3).host("A", "1", "421 x").rcpt("A", "1", "421 x", mail.Deferred)
	p.twins.Finish()
	p.want("deferred A 2 421 x", "refused A 1 421 x ", "deferred A 1 421 x")
}

// Greylisting at two hosts in turn: at the RCPT stage the last host has no line of
// its own, and it says the same as a quarter of an hour ago.
func TestSameAnswerLater(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "451 grey").rcpt("A", "2", "451 grey", mail.Deferred)
	p.later(900).host("A", "2", "451 grey").rcpt("A", "1", "451 grey", mail.Deferred)
	p.twins.Finish()
	p.want("deferred A 2 451 grey", "refused A 1 451 grey ", "deferred A 1 451 grey", "refused A 2 451 grey ")
}

// With another text the recipient's line is one more.
func TestOtherText(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "421 x").rcpt("A", "1", "451 y", mail.Deferred).end("A")
	p.want("deferred A 1 451 y", "refused A 1 421 x ")
}

// One refusal, three recipients: each was tried.
func TestSeveralRecipients(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "421 x").rcpt("A", "1", "421 x", mail.Deferred).rcpt("A", "1", "421 x", mail.Deferred)
	p.twins.Finish()
	p.want("deferred A 1 421 x", "deferred A 1 421 x")
}

// Messages do not mix, nor do deliveries of one message that run side by side.
func TestSideBySide(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "421 x").host("B", "1", "421 x").host("A", "2", "421 y")
	p.rcpt("A", "1", "421 x", mail.Deferred).rcpt("A", "2", "421 y", mail.Deferred)
	p.twins.Finish()
	p.want("deferred A 1 421 x", "deferred A 2 421 y", "refused B 1 421 x ")
}

// A host without a connection is not on the recipient's line; the words of the
// system are.
func TestNoConnection(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "Connection refused").host("A", "2", "Connection refused").rcpt("A", "", "Connection refused", mail.Deferred)
	p.twins.Finish()
	p.want("deferred A 2 Connection refused", "refused A 1 Connection refused ")
}

// The words of the system stand after the text of the one, before the host of the
// other.
func TestSystemText(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "SMTP timeout after DATA: Connection timed out").rcpt("A", "1", "SMTP timeout after DATA", mail.Deferred)
	p.host("B", "1", "SMTP timeout after DATA: Connection timed out").rcpt("B", "1", "SMTP", mail.Deferred)
	p.twins.Finish()
	p.want("deferred A 1 SMTP timeout after DATA", "deferred B 1 SMTP", "refused B 1 SMTP timeout after DATA: Connection timed out ")
}

// A suspension tells nothing about a refusal.
func TestSuspensionIsNoTwin(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "421 x").rcpt("A", "", "421 x", mail.Suspended)
	p.twins.Finish()
	p.want("suspended A  421 x", "refused A 1 421 x ")
}

// The host's line has no sending IP; the message's other lines have.
func TestSendingIPOfRefusal(t *testing.T) {
	p := newPair(t)
	p.host("A", "1", "421 x")
	ip := []byte("198.51.100.25")
	p.twins.Attempt(&mail.Event{Kind: mail.KindAttempt, Outcome: mail.Delivered, Time: p.now, QueueID: []byte("A"), MXIP: []byte("2"), SendingIP: ip})
	clear(ip)
	p.twins.Finish()
	p.want("refused A 1 421 x 198.51.100.25")
}

// Without a queue id there is nothing to join by.
func TestNoQueueID(t *testing.T) {
	p := newPair(t)
	p.host("", "1", "421 x").want("refused  1 421 x ")
}

// The origin comes back with the refusal it belongs to.
func TestOrigin(t *testing.T) {
	p := newPair(t)
	p.twins.Hold(&mail.Event{Time: p.now, QueueID: []byte("A"), MXIP: []byte("1")}, "mainlog.1")
	p.twins.Hold(&mail.Event{Time: p.now, QueueID: []byte("B"), MXIP: []byte("1")}, "mainlog")
	p.twins.Finish()
	p.want("refused A 1  mainlog.1", "refused B 1  mainlog")
}

// What is held is bounded, and the oldest goes first.
func TestTwinsAreBounded(t *testing.T) {
	p := newPair(t)
	for i := range maxTwins + 10 {
		p.host(fmt.Sprint("M", i), "1", "421 x")
	}
	if p.twins.Held() != maxTwins || len(p.got) != 10 || p.got[0] != "refused M0 1 421 x " {
		t.Errorf("%d held, %d released: %.60q", p.twins.Held(), len(p.got), p.got)
	}
	p.twins.Finish()
	if p.twins.Held() != 0 || len(p.got) != maxTwins+10 || len(p.twins.byID) != 0 || p.twins.last != nil {
		t.Errorf("after the end %d held, %d released", p.twins.Held(), len(p.got))
	}
}

// All hosts together hold a bounded number: one that holds none hands on what it gets.
func TestTwinsOfManyHostsAreBounded(t *testing.T) {
	m := NewMemory(0)
	released, held := 0, 0
	const hosts = 2 * maxHeld / maxTwins
	for range hosts {
		twins := m.Twins(func(*mail.Event, string) { released++ })
		for i := range maxTwins {
			twins.Hold(&mail.Event{Time: 1000 * sec, QueueID: fmt.Append(nil, i), MXIP: []byte("1")}, "")
		}
		held += twins.Held()
	}
	if held != maxHeld || m.twins.held != maxHeld || held+released != hosts*maxTwins {
		t.Errorf("%d held, %d counted, %d released", held, m.twins.held, released)
	}
}

// Postfix's lines pass as if Twins were not there: nothing is held, nothing changes.
func TestAttemptsWithoutTwins(t *testing.T) {
	p := newPair(t)
	ev := &mail.Event{Kind: mail.KindAttempt, Outcome: mail.Deferred, Time: p.now, QueueID: []byte("A1B2C3"), Text: []byte("421 x")}
	if n := testing.AllocsPerRun(100, func() { p.twins.Attempt(ev) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	p.want()
}

// Whatever comes in whatever order, each refusal is either released once or told
// by an attempt, and nothing is left behind.
func TestTwinsBalance(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		p := newPair(t)
		held, attempts := 0, 0
		for range 300 {
			id, ip, text := fmt.Sprint("M", rnd.IntN(4)), fmt.Sprint(rnd.IntN(3)), fmt.Sprint("421 ", rnd.IntN(2))
			p.later(rnd.Int64N(60) - 5)
			switch rnd.IntN(8) {
			case 0, 1, 2:
				p.host(id, ip, text)
				held++
			case 3, 4, 5:
				p.rcpt(id, ip, text, mail.Deferred)
				attempts++
			case 6:
				p.rcpt(id, ip, text, mail.Delivered)
				attempts++
			default:
				p.end(id)
			}
			if p.twins.Held() > held {
				t.Fatalf("%d held of %d", p.twins.Held(), held)
			}
		}
		p.twins.Finish()
		released := len(p.got) - attempts
		if dropped := held - released; dropped < 0 || dropped > attempts || released == 0 || dropped == 0 {
			t.Fatalf("%d refusals: %d released, %d dropped by %d attempts", held, released, dropped, attempts)
		}
		if p.twins.Held() != 0 || len(p.twins.byID) != 0 || p.twins.first != nil || p.twins.last != nil {
			t.Fatal("something is left")
		}
	}
}

// Two refusals by one host are never one try told twice: a connection that was lost
// is told by Exim on a line of its own only if it was a session of its own.
func TestTwinIsNotRepeated(t *testing.T) {
	s := newStory(t)
	for i, reply := range []string{"421 x", ""} {
		ev := s.event(mail.KindRefusal, "", "1wvYIb-00000005S1o-3buz")
		ev.Outcome, ev.Twin, ev.MXIP, ev.Reply = mail.Refused, true, []byte("192.0.2.1"), []byte(reply)
		if a := s.tr.Attempt(ev, 0, false); a.Repeated {
			t.Errorf("refusal %d is told again", i)
		}
	}
}

// Exim tells sender and Message-ID with the arrival.
func TestArrivalTellsAll(t *testing.T) {
	s := newStory(t)
	ev := s.event(mail.KindArrival, "", "1wvYIb-00000005S1o-3buz")
	ev.Sender, ev.MessageID = []byte("news@example.com"), []byte("1@example.com")
	s.tr.Note(ev)
	a := s.at(1).try("", "1wvYIb-00000005S1o-3buz", "a@example.net", mail.Deferred, 0, false)
	if string(a.Sender) != "news@example.com" || string(s.tr.MessageID(&a)) != "1@example.com" || a.Notice || a.Arrival != 1000*sec {
		t.Errorf("%+v", a)
	}
	ev = s.event(mail.KindArrival, "", "1wvYIb-00000005S1p-0000")
	ev.NullSender = true
	s.tr.Note(ev)
	if a := s.try("", "1wvYIb-00000005S1p-0000", "b@example.net", mail.Deferred, 0, false); !a.Notice {
		t.Errorf("%+v", a)
	}
}

// Holding a refusal costs no allocation once the memory is there.
func TestTwinsDoNotAllocate(t *testing.T) {
	twins := NewTwins(func(*mail.Event, string) {})
	refusal := &mail.Event{Kind: mail.KindRefusal, Outcome: mail.Refused, Twin: true, Time: 1000 * sec, QueueID: []byte("1wvYIb-00000005S1o-3buz"),
		MX: []byte("mx.example.net"), MXIP: []byte("192.0.2.1"), Text: []byte("SMTP error from remote mail server after initial connection: 421 x")}
	attempt := *refusal
	attempt.Kind, attempt.Outcome, attempt.SendingIP = mail.KindAttempt, mail.Deferred, []byte("198.51.100.25")
	round := func() {
		twins.Hold(refusal, "mainlog")
		twins.Attempt(&attempt)
		twins.Hold(refusal, "mainlog")
		twins.End(refusal)
	}
	round()
	if n := testing.AllocsPerRun(100, round); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkTwins is a burst: many messages, each refused once and told twice.
func BenchmarkTwins(b *testing.B) {
	released := 0
	twins := NewTwins(func(*mail.Event, string) { released++ })
	const messages = 1000
	events := make([]mail.Event, messages)
	for i := range events {
		events[i] = mail.Event{Kind: mail.KindRefusal, Outcome: mail.Refused, Twin: true, Time: 1000 * sec, QueueID: fmt.Appendf(nil, "1wvYIb-%011d-3buz", i),
			MX: []byte("mx.example.net"), MXIP: []byte("192.0.2.1"), Text: []byte("SMTP error from remote mail server after initial connection: 421 x")}
	}
	b.ReportAllocs()
	for b.Loop() {
		for i := range events {
			twins.Hold(&events[i], "")
		}
		for i := range events {
			ev := events[i]
			ev.Kind, ev.Outcome = mail.KindAttempt, mail.Deferred
			if i%2 == 0 {
				twins.Attempt(&ev)
			} else {
				twins.End(&ev)
			}
		}
	}
	if released != b.N*messages/2 || twins.Held() != 0 {
		b.Fatalf("%d released in %d runs, %d held", released, b.N, twins.Held())
	}
}
