package parsertest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Fuzz runs a format on texts of any content and checks what must hold: no panic,
// one verdict a line, lines that stay as they are, the same result each time, a
// score no higher than the number of lines, no more verdicts taken back than given, and
// events that make sense.
func Fuzz(f *testing.F, format parsers.Format, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	for _, s := range Others {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			t.Skip("longer than what a fuzzer needs")
		}
		keep := bytes.Clone(text)
		once := trace(t, format, text)
		if !bytes.Equal(text, keep) {
			t.Fatal("a line was written to")
		}
		if again := trace(t, format, text); again != once {
			t.Errorf("first %s\nthen %s", once, again)
		}
		lines := bytes.Split(text, []byte("\n"))
		if n := format.Score(lines); n < 0 || n > len(lines) {
			t.Errorf("score %d of %d lines", n, len(lines))
		}
		format.Yearless(lines)
		format.Zoneless(lines)
	})
}

// trace decodes a text, checks every event, and returns all of it as text.
func trace(t *testing.T, format parsers.Format, text []byte) string {
	var b strings.Builder
	d := format.New(Options())
	emit := func(e *mail.Event) {
		if problem := Wrong(e); problem != "" {
			t.Errorf("%s: %+v", problem, *e)
		}
		fmt.Fprintf(&b, "%d %s\n", e.Time, Describe(e))
	}
	var lines [3]int64
	for _, line := range bytes.Split(text, []byte("\n")) {
		v := d.Decode(line, emit)
		if v > mail.Understood {
			t.Fatalf("verdict %d", v)
		}
		lines[v]++
		fmt.Fprintln(&b, v)
	}
	d.Close(emit)
	u, i := parsers.Unfinished(d)
	if u < 0 || u > lines[mail.Understood] || i < 0 || i > lines[mail.Irrelevant] {
		t.Errorf("takes back %d understood and %d irrelevant lines of %v", u, i, lines)
	}
	fmt.Fprintln(&b, u, i)
	return b.String()
}

// Wrong says what about an event cannot be, empty if all can.
func Wrong(e *mail.Event) string {
	ok := false
	switch e.Kind {
	case mail.KindNone:
		ok = e.Outcome == mail.OutcomeUnknown && len(e.QueueID) == 0 && e.Time != 0
	case mail.KindAttempt:
		ok = e.Outcome == mail.Delivered || e.Outcome == mail.Deferred || e.Outcome == mail.Bounced || e.Outcome == mail.Suspended
	case mail.KindRefusal:
		ok = e.Outcome == mail.Refused && len(e.Recipient) == 0
	case mail.KindExpiry:
		ok = e.Outcome == mail.Expired
	case mail.KindArrival, mail.KindMessageID, mail.KindActive, mail.KindRemoved:
		ok = len(e.QueueID) > 0 && e.Outcome == mail.OutcomeUnknown
	case mail.KindNotice:
		ok = len(e.Child) > 0 && e.Outcome == mail.OutcomeUnknown
	case mail.KindConnectFailure:
		ok = len(e.Reply) == 0 && e.Outcome == mail.OutcomeUnknown
	case mail.KindOwnSide:
		ok = len(e.Text) > 0 && e.Outcome == mail.OutcomeUnknown
	}
	switch {
	case !ok:
		return "kind and fields do not fit"
	case e.Delay < 0 || e.Delays[0] < 0 || e.Delays[1] < 0 || e.Delays[2] < 0 || e.Delays[3] < 0:
		return "a negative delay"
	case e.NullSender && len(e.Sender) > 0:
		return "a null sender with an address"
	case e.Outcome == mail.Suspended && e.Stage != mail.StageUnknown:
		return "a suspension with a stage"
	}
	return ""
}
