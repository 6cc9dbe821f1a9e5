// Package esptest renders what the formats make of a text that are read with package
// esp, with all that package parsertest leaves out, and measures them.
package esptest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Events decodes a text and renders its events, one a line: kind, outcome, and the
// fields that are set. Lines that tell nothing but their time are left out. The
// verdicts have a letter a line: U understood, i irrelevant, - not understood.
func Events(f parsers.Format, text string) (events, verdicts string) {
	return decode(f, text, func(e *mail.Event) bool { return e.Kind != mail.KindNone })
}

// All is Events with the lines that tell nothing but their time.
func All(f parsers.Format, text string) (events, verdicts string) {
	return decode(f, text, func(*mail.Event) bool { return true })
}

func decode(f parsers.Format, text string, want func(*mail.Event) bool) (events, verdicts string) {
	d := f.New(parsers.Options{Year: 2026, Location: time.FixedZone("", 3600)})
	var out []string
	emit := func(e *mail.Event) {
		if want(e) {
			out = append(out, render(e))
		}
	}
	for _, line := range strings.Split(text, "\n") {
		// The line's memory is used again, as the reader of a file does.
		buf := []byte(line)
		switch d.Decode(buf, emit) {
		case mail.Understood:
			verdicts += "U"
		case mail.Irrelevant:
			verdicts += "i"
		default:
			verdicts += "-"
		}
		for i := range buf {
			buf[i] = '#'
		}
	}
	d.Close(emit)
	return strings.Join(out, "\n"), verdicts
}

// render renders an event.
func render(e *mail.Event) string {
	out := e.Kind.String()
	if len(e.Process) > 0 {
		out += " by=" + string(e.Process)
	}
	if e.Outcome != mail.OutcomeUnknown {
		out += " " + e.Outcome.String()
	}
	for _, flag := range []struct {
		set  bool
		name string
	}{{e.Local, "local"}, {!e.ESP, "own"}, {e.NullSender, "null-sender"}} {
		if flag.set {
			out += " " + flag.name
		}
	}
	if e.Time != 0 {
		layout := "2006-01-02T15:04:05"
		if e.Precise {
			layout += ".000000"
		}
		out += " at=" + time.UnixMicro(e.Time).UTC().Format(layout)
	}
	for _, f := range []struct {
		name string
		v    []byte
	}{
		{"q", e.QueueID}, {"id", e.MessageID}, {"from", e.Sender}, {"to", e.Recipient}, {"mx", e.MX}, {"mxip", e.MXIP}, {"ip", e.SendingIP},
		{"dsn", e.DSN},
	} {
		if len(f.v) > 0 {
			out += " " + f.name + "=" + string(f.v)
		}
	}
	if e.HasDelays {
		out += fmt.Sprint(" d=", time.Duration(e.Delays[3])*time.Microsecond)
	}
	if e.Delay != 0 {
		out += fmt.Sprint(" age=", time.Duration(e.Delay)*time.Microsecond)
	}
	if len(e.Reply) > 0 {
		out += fmt.Sprintf(" reply=%q", e.Reply)
	}
	if len(e.Text) > 0 && !bytes.Equal(e.Text, e.Reply) {
		out += fmt.Sprintf(" text=%q", e.Text)
	}
	return out
}

// Bench measures a format and checks the number of events, of whatever kind, that
// the lines give.
func Bench(b *testing.B, format parsers.Format, text string, events int) {
	b.Helper()
	lines := bytes.Split([]byte(text), []byte("\n"))
	size := 0
	for _, l := range lines {
		size += len(l) + 1
	}
	d := format.New(parsers.Options{Location: time.UTC})
	n := 0
	emit := func(*mail.Event) { n++ }
	round := func() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}
	if round(); n == 0 {
		b.Fatal("no events")
	}
	n = 0 // from here on the events are repetitions, as in every later round
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		round()
	}
	if n != events*b.N {
		b.Fatalf("%d events in %d runs, want %d each", n, b.N, events)
	}
}

// Allocs checks that the lines are read without an allocation.
func Allocs(t *testing.T, format parsers.Format, text string) {
	t.Helper()
	lines := bytes.Split([]byte(text), []byte("\n"))
	d := format.New(parsers.Options{Location: time.UTC})
	n := 0
	emit := func(*mail.Event) { n++ }
	run := func() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}
	run() // buffers grow once
	if a := testing.AllocsPerRun(20, run); a != 0 {
		t.Errorf("%v allocations for %d lines, want none", a, len(lines))
	}
	if n == 0 {
		t.Error("no events")
	}
}
