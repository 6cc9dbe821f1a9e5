// Package parsertest helps to test formats: it renders events, compares a format
// with an independent count of real logs, and says what must hold of every input.
package parsertest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Options are what tests start decoders with.
func Options() parsers.Options { return parsers.Options{Year: 2026, Location: time.UTC} }

// Describe renders kind, outcome and every field of an event that is set.
func Describe(e *mail.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", e.Kind)
	if e.Outcome != mail.OutcomeUnknown {
		fmt.Fprintf(&b, " %v", e.Outcome)
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"local", e.Local}, {"esp", e.ESP}, {"null-sender", e.NullSender}} {
		if flag.set {
			b.WriteString(" " + flag.name)
		}
	}
	add := func(name string, v []byte) {
		if len(v) > 0 {
			fmt.Fprintf(&b, " %s=%s", name, v)
		}
	}
	num := func(name string, v int64) {
		if v != 0 {
			fmt.Fprintf(&b, " %s=%d", name, v)
		}
	}
	add("host", e.Host)
	add("instance", e.Instance)
	add("id", e.QueueID)
	add("child", e.Child)
	add("msgid", e.MessageID)
	add("from", e.Sender)
	num("size", int64(e.Size))
	num("nrcpt", int64(e.Recipients))
	add("to", e.Recipient)
	add("mx", e.MX)
	add("ip", e.MXIP)
	add("our", e.SendingIP)
	add("client", e.Client)
	num("use", int64(e.ConnUse))
	if e.Delay != 0 {
		fmt.Fprintf(&b, " delay=%v", time.Duration(e.Delay)*time.Microsecond)
	}
	if e.HasDelays {
		fmt.Fprintf(&b, " c=%v d=%v", time.Duration(e.Delays[2])*time.Microsecond, time.Duration(e.Delays[3])*time.Microsecond)
	}
	add("dsn", e.DSN)
	if e.Stage != mail.StageUnknown {
		fmt.Fprintf(&b, " stage=%v", e.Stage)
	}
	add("reply", e.Reply)
	if len(e.Reply) == 0 {
		add("text", e.Text)
	}
	return b.String()
}

// letters are the verdicts in Decode.
const letters = "niu"

// Decode decodes the lines of a text and returns a letter for each line's verdict
// (n not understood, i irrelevant, u understood) and the events that tell more
// than their time, rendered.
func Decode(f parsers.Format, text string) (verdicts string, events []string) {
	d := f.New(Options())
	emit := func(e *mail.Event) {
		if e.Kind != mail.KindNone {
			events = append(events, Describe(e))
		}
	}
	for _, line := range strings.Split(text, "\n") {
		verdicts += string(letters[d.Decode([]byte(line), emit)])
	}
	d.Close(emit)
	return verdicts, events
}

// Account decodes the lines of a text and returns how many of them are understood,
// irrelevant and not understood, once the decoder has taken back what it was wrong about.
func Account(f parsers.Format, text string) (understood, irrelevant, not int64) {
	d := f.New(Options())
	emit := func(*mail.Event) {}
	var lines [3]int64
	for _, line := range strings.Split(text, "\n") {
		lines[d.Decode([]byte(line), emit)]++
	}
	d.Close(emit)
	u, i := parsers.Unfinished(d)
	return lines[mail.Understood] - u, lines[mail.Irrelevant] - i, lines[mail.NotUnderstood] + u + i
}

// Check compares verdicts and events of a text with what is wanted.
func Check(t *testing.T, f parsers.Format, text, verdicts string, want ...string) {
	t.Helper()
	gotVerdicts, got := Decode(f, text)
	if gotVerdicts != verdicts {
		t.Errorf("%s\nverdicts %s, want %s", text, gotVerdicts, verdicts)
	}
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s\nevent %d is   %s\n     wanted %s", text, i, g, w)
		}
	}
}

// Times returns the time of every event of a text, in RFC 3339.
func Times(f parsers.Format, text string, o parsers.Options) (times []string) {
	d := f.New(o)
	emit := func(e *mail.Event) {
		times = append(times, time.UnixMicro(e.Time).UTC().Format(time.RFC3339Nano))
	}
	for _, line := range strings.Split(text, "\n") {
		d.Decode([]byte(line), emit)
	}
	d.Close(emit)
	return times
}

// Lines cuts a text into lines.
func Lines(text string) [][]byte { return bytes.Split([]byte(text), []byte("\n")) }

// Own checks that a format claims every line of a text as its own, and no line of
// any other format in Others.
func Own(t *testing.T, f parsers.Format, own string) {
	t.Helper()
	for _, line := range Lines(own) {
		if f.Score([][]byte{line}) != 1 {
			t.Errorf("does not claim %s", line)
		}
	}
	for name, lines := range Others {
		if name == f.Name {
			continue
		}
		for _, line := range Lines(lines) {
			if n := f.Score([][]byte{line}); n != 0 {
				t.Errorf("claims a line of %s: %s", name, line)
			}
		}
		if n := f.Score(Lines(lines)); n != 0 {
			t.Errorf("claims %d lines of %s", n, name)
		}
	}
}
