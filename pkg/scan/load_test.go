package scan

import (
	"fmt"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// load makes the events of a Postfix log as a busy sender has it.
type load struct {
	events []mail.Event
	now    int64 // microseconds
	n      int   // messages so far
}

const loadStart = 1_780_000_000_000_000

// add adds an event of a line of its own.
func (l *load) add(ev mail.Event, queueID string) *mail.Event {
	ev.Time, ev.QueueID = loadStart+l.now-l.now%1_000_000, []byte(queueID)
	ev.Host, ev.Instance, ev.Line = []byte("mail.example.com"), []byte("postfix"), int64(len(l.events)+1)
	l.events = append(l.events, ev)
	return &l.events[len(l.events)-1]
}

// arrive puts a message into the queue.
func (l *load) arrive(queueID string) {
	l.add(mail.Event{Kind: mail.KindNone}, "")
	l.add(mail.Event{Kind: mail.KindArrival}, queueID)
	l.add(mail.Event{Kind: mail.KindMessageID, MessageID: fmt.Appendf(nil, "<20260520.%07d.%s@mail.example.com>", l.n, queueID)}, queueID)
	l.active(queueID)
}

func (l *load) active(queueID string) {
	l.add(mail.Event{Kind: mail.KindActive, Sender: fmt.Appendf(nil, "news-%d@shop.example.com", l.n%7), Recipients: 1}, queueID)
}

// try is a delivery attempt.
func (l *load) try(queueID, recipient, mx string, o mail.Outcome, reply string) *mail.Event {
	ev := l.add(mail.Event{
		Kind: mail.KindAttempt, Outcome: o, Stage: mail.StageEndOfData, PID: uint32(900 + l.n%40), HasDelays: true,
		Delays: [4]int64{10_000, 10_000, 120_000, 400_000}, Delay: 540_000,
		Recipient: []byte(recipient), MX: []byte(mx), MXIP: []byte("203.0.113.7"), Reply: []byte(reply),
	}, queueID)
	if o != mail.Delivered {
		ev.Text = ev.Reply
	}
	return ev
}

func (l *load) remove(queueID string) { l.add(mail.Event{Kind: mail.KindRemoved}, queueID) }

// message is one message from its arrival to its end. One of eight is refused first.
func (l *load) message() {
	l.n++
	l.now += 125_000
	id := fmt.Sprintf("4A%08X", l.n)
	domain, mx := fmt.Sprintf("d%d.example.net", l.n%300), fmt.Sprintf("mx%d.d%d.example.net", l.n%2, l.n%300)
	if l.n%2 == 0 {
		domain, mx = "gmail.com", "gmail-smtp-in.l.google.com"
	}
	recipient := fmt.Sprintf("user%d@%s", l.n, domain)
	l.arrive(id)
	switch {
	case l.n%16 == 0:
		l.try(id, recipient, mx, mail.Deferred, "421 4.7.0 Too many concurrent connections from 192.0.2.25")
		l.active(id)
	case l.n%16 == 8:
		l.try(id, recipient, mx, mail.Deferred, fmt.Sprintf("421-4.7.28 Gmail has detected an unusual rate of mail originating from your IP address. %x-%d.7 - gsmtp", l.n*7919, l.n))
		l.active(id)
	}
	l.try(id, recipient, mx, mail.Delivered, "250 2.0.0 OK - gsmtp")
	l.remove(id)
}

// again moves all events to where they end, so that they can be applied once more.
func (l *load) again() {
	for i := range l.events {
		l.events[i].Time += l.now + 1_000_000
	}
}

func loadConfig(t testing.TB) Config {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Rules: set}
}

func newLoad(messages int) *load {
	l := &load{}
	for range messages {
		l.message()
	}
	return l
}

func (l *load) apply(c *chain) {
	for i := range l.events {
		c.apply(&l.events[i])
	}
}

func newTestChain(t testing.TB, cfg *Config) *chain {
	t.Helper()
	c := newChain(cfg)
	c.file, c.sessions = "mail.log", true
	return c
}

// BenchmarkChain is everything between the parser and the report, but for the freezing of
// what was counted.
func BenchmarkChain(b *testing.B) {
	cfg := loadConfig(b)
	l := newLoad(1000)
	c := newTestChain(b, &cfg)
	l.apply(c)
	rounds := int64(1)
	b.ReportAllocs()
	for b.Loop() {
		l.again()
		l.apply(c)
		rounds++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(l.events)), "ns/event")
	c.finish()
	if n := c.refusals.Destinations; n != rounds*125 {
		b.Fatalf("%d refusals, want %d", n, rounds*125)
	}
	if open := c.memory.Open(); open != 0 {
		b.Fatalf("%d messages are open", open)
	}
}

// The chain allocates next to nothing for a line of a busy log: no more than ten times in
// a thousand lines, once what the log names is known.
func TestChainHardlyAllocates(t *testing.T) {
	cfg := loadConfig(t)
	l := newLoad(1000)
	c := newTestChain(t, &cfg)
	for range 3 {
		l.apply(c)
		l.again()
	}
	n := testing.AllocsPerRun(5, func() {
		l.apply(c)
		l.again()
	})
	perThousand := n * 1000 / float64(len(l.events))
	t.Logf("%.1f allocations in 1000 lines", perThousand)
	if perThousand > 10 {
		t.Errorf("%.1f allocations in 1000 lines", perThousand)
	}
}
