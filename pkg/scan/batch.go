package scan

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// batch is a stretch of one file's events. The bytes of the events lie in arena,
// so that decoding may go on while the batch is used.
type batch struct {
	events []mail.Event
	arena  []byte
	lines  [3]int64 // by mail.Verdict
	err    error    // on the last batch: the file broke off
	over   bool     // on the last batch: yearless stamps ran past the file's date
}

const (
	batchEvents = 2048
	batchBytes  = 256 << 10
	// batchesAhead is how many batches of one file may wait.
	batchesAhead = 4
	// maxDocument is the longest line of a file of JSON documents, which may stand
	// on one line whole.
	maxDocument = 64 << 20
)

// keep copies an event and its bytes into the batch.
func (b *batch) keep(ev *mail.Event, line int64) {
	b.events = append(b.events, *ev)
	e := &b.events[len(b.events)-1]
	e.Line = line
	for _, f := range []*[]byte{
		&e.Host, &e.Instance, &e.Process, &e.QueueID, &e.Child, &e.MessageID, &e.Sender, &e.Recipient,
		&e.MX, &e.MXIP, &e.Relay, &e.SendingIP, &e.Client, &e.Reply, &e.Text, &e.DSN,
	} {
		if n := len(*f); n > 0 {
			b.arena = append(b.arena, *f...)
			*f = b.arena[len(b.arena)-n : len(b.arena) : len(b.arena)]
		}
	}
}

func (b *batch) full() bool { return len(b.events) >= batchEvents || len(b.arena) >= batchBytes }

// decode reads one unit and sends its events in batches; it closes out at the end.
func (c *Config) decode(ctx context.Context, u *unit, out chan<- *batch) {
	defer close(out)
	r, err := u.open(c.Source)
	if err != nil {
		send(ctx, out, &batch{err: err})
		return
	}
	defer r.Close()
	if !u.known {
		c.count(ctx, r, out)
		return
	}
	if u.document {
		r.SetMaxLine(maxDocument)
	}
	d := u.format.New(u.opts)
	b := &batch{}
	var no, raw int64
	emit := func(ev *mail.Event) { b.keep(ev, no) }
	for {
		var line []byte
		line, no, err = r.Next()
		if err != nil {
			break
		}
		b.lines[d.Decode(line, emit)]++
		if b.full() && !u.backwards {
			c.progress(r, b, &raw)
			if !send(ctx, out, b) {
				return
			}
			b = &batch{}
		}
	}
	d.Close(emit)
	c.progress(r, b, &raw)
	if !isEnd(err) {
		b.err = err
	}
	if u.backwards {
		slices.Reverse(b.events)
		slices.SortStableFunc(b.events, func(x, y mail.Event) int { return cmp.Compare(x.Time, y.Time) })
	}
	if w, ok := d.(syslog.Rewinder); ok && !u.anchor.IsZero() {
		b.over = w.Overran(u.anchor)
	}
	send(ctx, out, b)
}

// count reads a file that no format recognises, so that its lines are accounted for.
func (c *Config) count(ctx context.Context, r *source.Reader, out chan<- *batch) {
	b := &batch{}
	for ctx.Err() == nil {
		if _, _, err := r.Next(); err != nil {
			if !isEnd(err) {
				b.err = err
			}
			break
		}
		b.lines[mail.NotUnderstood]++
	}
	send(ctx, out, b)
}

func send(ctx context.Context, out chan<- *batch, b *batch) bool {
	select {
	case out <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *Config) progress(r *source.Reader, b *batch, raw *int64) {
	if c.Progress == nil {
		return
	}
	now := r.RawOffset()
	c.Progress.Read.Add(now - *raw)
	*raw = now
	c.Progress.Lines.Add(b.lines[0] + b.lines[1] + b.lines[2])
}
