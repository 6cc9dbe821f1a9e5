package scan

import (
	"bytes"
	"context"
	"math"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// batch is a stretch of one file's events, so that decoding may go on while they are
// applied. It is used again once that is done: nothing is allocated per line.
type batch struct {
	events []mail.Event
	quiet  []quiet
	// The texts of the events lie in the lines that they were read from, in block if
	// these were the last lines of it, or in arena.
	block, arena []byte
	pause        mail.Event // quiet lines as an event
	lines        [3]int64   // by mail.Verdict
	err          error      // on the last batch: the file broke off
	over         bool       // on the last batch: yearless stamps ran past the file's date
}

// quiet are lines that tell only their time, between two events.
type quiet struct {
	before  int // the event that follows
	time    int64
	host    []byte
	lines   uint32
	precise bool
}

// more counts a line that is one more of them. It returns false for any other.
func (q *quiet) more(ev *mail.Event) bool {
	if q.time != ev.Time || q.precise != ev.Precise || q.lines == math.MaxUint32 || !bytes.Equal(q.host, ev.Host) {
		return false
	}
	q.lines++
	return true
}

// event fills in the event that stands for the lines. ev is for nothing else: to clear
// all of it would cost more than the rest.
func (q *quiet) event(ev *mail.Event) *mail.Event {
	ev.Time, ev.Precise, ev.Host, ev.Repeats = q.time, q.precise, q.host, q.lines-1
	return ev
}

const (
	// batchEvents is so many that to hand over a batch, which wakes a goroutine, costs
	// little against what is in it.
	batchEvents = 1024
	batchBytes  = 256 << 10
	// batchesAhead is how many batches of one file may wait.
	batchesAhead = 3
	// blockBytes is the size of a block of lines; a larger one that a long line made
	// is not used again.
	blockBytes = 256 << 10
)

// keep takes an event of a line whose memory stays as it is until the batch is used.
func (b *batch) keep(ev *mail.Event, line []byte) {
	if ev.Kind == mail.KindNone {
		b.keepQuiet(ev, line)
		return
	}
	b.events = append(b.events, *ev)
	e := &b.events[len(b.events)-1]
	b.own(&e.Host, line)
	b.own(&e.Instance, line)
	b.own(&e.Process, line)
	b.own(&e.QueueID, line)
	b.own(&e.Child, line)
	b.own(&e.MessageID, line)
	b.own(&e.Sender, line)
	b.own(&e.Recipient, line)
	b.own(&e.MX, line)
	b.own(&e.MXIP, line)
	b.own(&e.Relay, line)
	b.own(&e.SendingIP, line)
	b.own(&e.Client, line)
	b.own(&e.Reply, line)
	b.own(&e.Text, line)
	b.own(&e.DSN, line)
}

// keepQuiet counts a line that tells only its time.
func (b *batch) keepQuiet(ev *mail.Event, line []byte) {
	if n := len(b.quiet); n > 0 {
		if q := &b.quiet[n-1]; q.before == len(b.events) && q.more(ev) {
			return
		}
	}
	q := quiet{before: len(b.events), time: ev.Time, precise: ev.Precise, host: ev.Host, lines: 1}
	b.own(&q.host, line)
	b.quiet = append(b.quiet, q)
}

// own copies a text into the batch unless it lies in the line.
func (b *batch) own(text *[]byte, line []byte) {
	n := len(*text)
	if n == 0 || within(*text, line) {
		return
	}
	b.arena = append(b.arena, *text...)
	*text = b.arena[len(b.arena)-n : len(b.arena) : len(b.arena)]
}

// within says that a part was cut from a line: their memory ends at the same byte. It
// is false for a part whose capacity was cut too.
func within(part, line []byte) bool {
	n, m := cap(part), cap(line)
	return n > 0 && m > 0 && &part[:n][n-1] == &line[:m][m-1]
}

func (b *batch) full() bool {
	return len(b.events) >= batchEvents || len(b.quiet) >= batchEvents || len(b.arena) >= batchBytes
}

// each hands over the events in the order of their lines.
func (b *batch) each(do func(*mail.Event) error) error {
	at := 0
	for i := 0; i <= len(b.events); i++ {
		for ; at < len(b.quiet) && b.quiet[at].before == i; at++ {
			if err := do(b.quiet[at].event(&b.pause)); err != nil {
				return err
			}
		}
		if i == len(b.events) {
			break
		}
		if err := do(&b.events[i]); err != nil {
			return err
		}
	}
	return nil
}

// again empties a batch for further use. What has become large is let go.
func (b *batch) again() *batch {
	n := batch{events: b.events[:0], quiet: b.quiet[:0], arena: b.arena[:0], block: b.block}
	if cap(n.events) > 2*batchEvents {
		n.events = nil
	}
	if cap(n.arena) > 2*batchBytes {
		n.arena = nil
	}
	if cap(n.block) > 2*blockBytes {
		n.block = nil
	}
	*b = n
	return b
}

// send hands a batch over, unless the run ends before.
func send(ctx context.Context, out chan<- *batch, b *batch) bool {
	select {
	case out <- b:
		return true
	case <-ctx.Done():
		return false
	}
}
