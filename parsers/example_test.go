package parsers_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Acme is the log format of the Acme relay:
//
//	2026-03-03T10:18:23Z 7F001 to=<bob@example.net> mx=mx.example.net defer: 421 4.7.0 Too many connections
var Acme = parsers.Format{
	Name:     "acme",
	Title:    "Acme relay",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return &decoder{clock: syslog.NewClock(o.Year, o.Location)} },
	Yearless: syslog.Yearless,
	Zoneless: syslog.Zoneless,
}

// decoder reads the lines of one file. What it keeps from line to line belongs to
// the file: here the last time stamp.
type decoder struct {
	clock *syslog.Clock
	head  syslog.Header
	event mail.Event
}

// Decode slices the line into one event. Nothing is copied.
func (d *decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	n := d.clock.Stamp(line, &d.head)
	if n == 0 {
		return mail.NotUnderstood
	}
	id, rest, _ := bytes.Cut(bytes.TrimSpace(line[n:]), []byte(" to=<"))
	to, rest, _ := bytes.Cut(rest, []byte("> mx="))
	mx, rest, _ := bytes.Cut(rest, []byte(" "))
	word, reply, ok := bytes.Cut(rest, []byte(": "))
	ev := &d.event
	*ev = mail.Event{Time: d.head.Time, Precise: d.head.Precise}
	outcome := map[string]mail.Outcome{"sent": mail.Delivered, "defer": mail.Deferred, "bounce": mail.Bounced}[string(word)]
	if !ok || outcome == mail.OutcomeUnknown {
		emit(ev) // a line that tells nothing but its time
		return mail.Irrelevant
	}
	ev.Kind, ev.Outcome, ev.QueueID, ev.Recipient, ev.MX, ev.Reply, ev.Text = mail.KindAttempt, outcome, id, to, mx, reply, reply
	emit(ev)
	return mail.Understood
}

// Close emits what waits for more lines; here nothing does.
func (d *decoder) Close(func(*mail.Event)) {}

// score counts the lines that nobody else writes.
func score(sample [][]byte) (n int) {
	d := &decoder{clock: syslog.NewClock(0, time.UTC)}
	for _, line := range sample {
		if d.Decode(line, func(*mail.Event) {}) == mail.Understood {
			n++
		}
	}
	return n
}

func ExampleFormat() {
	d := Acme.New(parsers.Options{Year: 2026, Location: time.UTC})
	for _, line := range []string{
		"2026-03-03T10:18:23Z 7F001 to=<bob@example.net> mx=mx.example.net defer: 421 4.7.0 Too many connections",
		"2026-03-03T10:18:24Z queue runner started",
		"what is this?",
	} {
		v := d.Decode([]byte(line), func(ev *mail.Event) {
			if ev.Kind == mail.KindAttempt {
				fmt.Printf("%s %s: %v, %s said %q\n", ev.QueueID, ev.Recipient, ev.Outcome, ev.MX, ev.Reply)
			}
		})
		fmt.Println(v)
	}
	// Output:
	// 7F001 bob@example.net: deferred, mx.example.net said "421 4.7.0 Too many connections"
	// understood
	// irrelevant
	// not_understood
}
