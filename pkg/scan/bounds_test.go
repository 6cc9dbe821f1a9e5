package scan

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// hostile is a log that somebody made to fill the memory: n lines that never repeat.
type hostile struct {
	name string
	line func(l *load, i int)
	// noted is a part of the note that says that the report is not exact.
	noted string
	// from is the number of lines from which on the note is due.
	from int
	// most is how many MiB may be in use after any number of lines.
	most uint64
}

// word is a text without digits, which a reply's template keeps.
func word(i int) string {
	var b strings.Builder
	for range 5 {
		b.WriteByte(byte('a' + i%26))
		i /= 26
	}
	return b.String()
}

// longName is longer than the name of any host.
var longName = strings.Repeat("x", 2000) + ".example"

// fewLines are enough for most bounds; the others take four times as many.
const fewLines = 30_000

const busy = "421 4.7.0 Too many concurrent connections"

var hostiles = []hostile{
	{"MX hosts", func(l *load, i int) {
		l.try("A", "a@example.net", fmt.Sprintf("mx.%s.example", word(i)), mail.Deferred, busy)
	}, "have no row of their own", fewLines, 64},
	{"MX hosts of one receiver", func(l *load, i int) {
		l.try("A", "a@gmail.com", word(i)+".l.google.com", mail.Deferred, busy)
	}, "", fewLines, 48},
	{"long names of MX hosts", func(l *load, i int) {
		l.try("A", "a@example.net", "mx."+word(i)+"."+longName, mail.Deferred, busy)
	}, "a name was cut", fewLines, 128},
	{"long addresses of MX hosts", func(l *load, i int) {
		l.try("A", "", "", mail.Deferred, busy).MXIP = []byte(word(i) + longName)
	}, "a name was cut", fewLines, 96},
	{"long recipient domains", func(l *load, i int) {
		l.try("A", "a@"+word(i)+longName, "", mail.Deferred, "")
	}, "a name was cut", fewLines, 64},
	{"recipient domains", func(l *load, i int) {
		l.try("A", "a@"+word(i)+".example", "mx.example.net", mail.Deferred, busy)
	}, "", fewLines, 48},
	{"recipient domains of many receivers", func(l *load, i int) {
		l.try("A", "a@"+word(i)+".example", fmt.Sprintf("mx.%s.example", word(i%200)), mail.Deferred, busy)
	}, "listed by name until there are 4,096", fewLines, 32},
	{"recipient domains without an MX", func(l *load, i int) {
		l.try("A", "a@"+word(i)+".example", "", mail.Deferred, "")
	}, "recipient domains", 4 * fewLines, 64},
	{"queue ids without an end", func(l *load, i int) {
		l.arrive(fmt.Sprintf("%X", i))
		l.try(fmt.Sprintf("%X", i), "a@example.net", "mx.example.net", mail.Deferred, busy)
	}, "messages were forgotten", fewLines, 48},
	{"queue ids in the queue only", func(l *load, i int) { l.arrive(fmt.Sprintf("%X", i)) }, "messages were forgotten", 4 * fewLines, 32},
	{"recipients of one message", func(l *load, i int) {
		l.try("A", fmt.Sprintf("user%d@example.net", i), "mx.example.net", mail.Deferred, busy)
	}, "messages were forgotten", 4 * fewLines, 48},
	{"expiries of one message", func(l *load, i int) {
		l.try("A", fmt.Sprintf("user%d@example.net", i), "mx.example.net", mail.Deferred, busy)
		l.add(mail.Event{Kind: mail.KindExpiry}, "A")
	}, "messages were forgotten", 4 * fewLines, 48},
	{"senders", func(l *load, i int) {
		id := fmt.Sprintf("%X", i)
		ev := l.add(mail.Event{Kind: mail.KindActive}, id)
		ev.Sender = fmt.Appendf(nil, "bounce-%d@%s.example", i, word(i))
		l.try(id, "a@example.net", "mx.example.net", mail.Delivered, "250 ok")
		l.remove(id)
	}, "", fewLines, 48},
	{"long senders", func(l *load, i int) {
		id := fmt.Sprintf("%X", i)
		l.add(mail.Event{Kind: mail.KindActive}, id).Sender = []byte("a@" + word(i) + longName)
		l.try(id, "a@example.net", "mx.example.net", mail.Delivered, "250 ok")
		l.remove(id)
	}, "a name was cut", fewLines, 48},
	{"replies", func(l *load, i int) {
		l.try("A", "a@example.net", "mx.example.net", mail.Deferred, "499 "+word(i)+" "+word(i*7)+" "+strings.Repeat("x", i%300))
	}, "replies that no rule knows", fewLines, 64},
	{"replies of many receivers", func(l *load, i int) {
		l.try("A", "a@example.net", fmt.Sprintf("mx.%s.example", word(i%300)), mail.Deferred, "499 "+word(i)+" "+word(i*7))
	}, "replies that no rule knows", fewLines, 64},
	{"long replies", func(l *load, i int) {
		l.try("A", "a@example.net", "mx.example.net", mail.Deferred, "499 "+word(i)+strings.Repeat(" "+word(i), 300))
	}, "replies that no rule knows", fewLines, 64},
	{"processes", func(l *load, i int) {
		l.now = int64(i) * 100
		l.try("A", "a@example.net", "mx.example.net", mail.Deferred, busy).PID = uint32(i + 1)
	}, "sessions are measured roughly", 4 * fewLines, 64},
	{"refusals by an earlier MX", func(l *load, i int) {
		ev := l.try("A", "", "mx.example.net", mail.Refused, busy)
		ev.Kind, ev.PID, ev.Stage = mail.KindRefusal, uint32(i+1), mail.StageMail
	}, "sessions are measured roughly", fewLines, 64},
	{"refusals by an earlier MX on many log hosts", func(l *load, i int) {
		ev := l.try("A", "", "mx.example.net", mail.Refused, busy)
		ev.Kind, ev.PID, ev.Stage = mail.KindRefusal, uint32(i/300/20+1), mail.StageMail
		ev.Host = []byte(word(i % 300))
	}, "sessions are measured roughly", fewLines, 24},
	{"refusals of one delivery", func(l *load, i int) {
		ev := l.try("A", "", "mx.example.net", mail.Refused, busy)
		ev.Kind, ev.PID, ev.Stage = mail.KindRefusal, 7, mail.StageMail
	}, "sessions are measured roughly", fewLines, 48},
	{"deliveries in one second", func(l *load, i int) {
		l.now = 0
		l.try(fmt.Sprintf("%X", i), "a@example.net", "mx.example.net", mail.Delivered, "250 ok").PID = uint32(i%100 + 1)
		l.remove(fmt.Sprintf("%X", i))
	}, "sessions are measured roughly", 4 * fewLines, 64},
	{"log hosts", func(l *load, i int) {
		l.try("A", "a@example.net", "mx.example.net", mail.Deferred, busy).Host = []byte(word(i) + ".example.com")
	}, "log host", fewLines, 64},
	{"instances", func(l *load, i int) {
		l.try("A", "a@example.net", "mx.example.net", mail.Deferred, busy).Instance = []byte("postfix-" + word(i))
	}, "have no row of their own", fewLines, 64},
	{"sending IPs", func(l *load, i int) {
		l.try("A", "a@example.net", "mx.example.net", mail.Deferred, busy).SendingIP = fmt.Appendf(nil, "2001:db8::%x:%x", i>>16, i&0xffff)
	}, "have no row of their own", fewLines, 64},
	{"destinations of one recipient", func(l *load, i int) {
		l.try("A", "a@example.net", fmt.Sprintf("mx.%s.example", word(i%900)), mail.Outcome(int(mail.Delivered)+i%2), busy)
	}, "", fewLines, 32},
	{"own refusals", func(l *load, i int) {
		ev := l.add(mail.Event{Kind: mail.KindOwnSide, Process: []byte(word(i)), Text: []byte("too many " + word(i))}, "")
		ev.Client = []byte("192.0.2.7")
	}, "", fewLines, 32},
}

// feed applies n lines and returns how long it took and how much memory is in use then.
func (x *hostile) feed(c *chain, n int) (time.Duration, uint64) {
	var l load
	before := memory()
	start := time.Now()
	for i := range n {
		l.events = l.events[:0]
		l.now += 20_000
		x.line(&l, i)
		l.apply(c)
	}
	took := time.Since(start)
	after := memory()
	return took, max(after, before) - before
}

func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// A log that was made to fill the memory fills a bounded piece of it, in a time that grows
// with its length only; nothing is lost from the counts, and the report says what it is
// not exact about.
func TestHostileLogs(t *testing.T) {
	parsertest.Long(t, "it takes minutes with the race detector, and nothing in it runs side by side")
	sizes := []int{fewLines, 4 * fewLines}
	if !parsertest.Full() { // four times as many take half a minute
		sizes = sizes[:1]
	}
	cfg := loadConfig(t)
	cfg.MaxMemory = 16 << 20
	for _, x := range hostiles {
		t.Run(x.name, func(t *testing.T) {
			var times []time.Duration
			for _, n := range sizes {
				c := newTestChain(t, &cfg)
				took, used := x.feed(c, n)
				times = append(times, took)
				t.Logf("%d lines: %v, %.1f MiB", n, took.Round(time.Millisecond), float64(used)/(1<<20))
				if used > x.most<<20 {
					t.Errorf("%d lines: %d MiB are in use, want %d at most", n, used>>20, x.most)
				}
				c.finish()
				var attempts int64
				for _, acc := range c.accs {
					attempts += acc.Counts.Attempts
				}
				if tried := c.refusals.OwnSide == 0 && x.name != "queue ids in the queue only"; tried && attempts != int64(n) {
					t.Errorf("%d of %d attempts are counted", attempts, n)
				}
				if notes := strings.Join(c.notes(), "\n"); n >= x.from && !strings.Contains(notes, x.noted) {
					t.Errorf("%d lines: no note with %q:\n%s", n, x.noted, notes)
				}
			}
			// The machine may be busy with other work.
			if len(times) == 2 && times[1] > 16*times[0]+5*time.Second {
				t.Errorf("four times the lines took %v instead of %v", times[1], times[0])
			}
		})
	}
}

// Hosts that share a row are no one sender: how many sessions they have open together says
// nothing about any of them.
func TestOtherHostsHaveNoSessions(t *testing.T) {
	cfg := loadConfig(t)
	c := newTestChain(t, &cfg)
	var l load
	for i := range maxLogHosts + 20 {
		l.n, l.now = i, int64(i)*1000
		l.try(fmt.Sprintf("4A%06X", i), "a@example.net", "mx.example.net", mail.Delivered, "250 ok").Host = fmt.Appendf(nil, "mx%d.example.com", i)
	}
	l.apply(c)
	c.finish()
	measured := 0
	for k, acc := range c.accs {
		switch n := len(acc.Spans); {
		case k.Host == otherHosts && (n > 0 || acc.Counts.Delivered != 20):
			t.Errorf("%s: sessions with %d hosts, %d delivered", k.Host, n, acc.Counts.Delivered)
		case k.Host != otherHosts:
			measured += n
		}
	}
	if measured != maxLogHosts {
		t.Errorf("sessions of %d hosts are measured", measured)
	}
	if notes := strings.Join(c.notes(), "\n"); !strings.Contains(notes, "sessions are not measured") {
		t.Errorf("no note of it: %s", notes)
	}
}

// Names of hosts and domains are cut where none can be longer; that is counted.
func TestLongNamesAreCut(t *testing.T) {
	f := func(name string, want int64) {
		t.Helper()
		cfg := loadConfig(t)
		c := newTestChain(t, &cfg)
		text := []byte(name)
		c.apply(&mail.Event{
			Kind: mail.KindAttempt, Outcome: mail.Delivered, Time: loadStart, Host: text, Instance: text, Process: text, MX: text, MXIP: text, SendingIP: text,
			Sender: []byte("a@" + name), Recipient: []byte("b@" + name),
		})
		cut := name[:min(len(name), 255)]
		for k, acc := range c.accs {
			if k.Host != cut || k.Instance != cut || k.SendingIP != cut || acc.MX.Of(cut) == nil || acc.Domains.Of(cut) == nil || acc.Senders.Of(cut) == nil {
				t.Errorf("%d bytes: %v with %d bytes", len(name), k, len(cut))
			}
		}
		if c.crowd.names != want {
			t.Errorf("%d bytes: %d names were cut, want %d", len(name), c.crowd.names, want)
		}
	}
	f("2001:0db8:0000:0000:0000:ffff:198.51.100.255", 0)
	f("postfix-"+strings.Repeat("a", 40), 0)
	f(strings.Repeat("a234567.", 31)+"example", 0) // 255 bytes
	f(strings.Repeat("a234567.", 31)+"example.", 3)
}
