package scan

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

const (
	// maxDocument is the longest line of a file of JSON documents, which may stand
	// on one line whole.
	maxDocument = 64 << 20
	// textAhead is how many bytes of text of one file may be decompressed before they
	// are wanted: while an earlier file is applied, and the core is free.
	textAhead = 4 << 20
	// lookUp is after how many lines a run looks whether it was ended.
	lookUp = 1024
)

// reused is memory that a pass uses again and again.
type reused struct {
	spares
	text *source.Blocks
}

// newReused returns the memory of a pass.
func (c *Config) newReused() *reused {
	return &reused{spares: spares{most: max(c.Jobs, 1) * (batchesAhead + 2)}, text: source.NewBlocks(c.textAhead())}
}

// reading is one unit under way from its bytes to its events.
type reading struct {
	unit *unit
	in   *source.Reader
	dec  parsers.Decoder
	now  *batch // what the lines are counted in
	line []byte // the line at hand
	no   int64  // its number
	raw  int64  // bytes and lines that Progress knows of
	told int64

	closed chan struct{}
}

// unknownFormat is the decoder of a file that no format recognises: its lines are
// accounted for.
type unknownFormat struct{}

func (unknownFormat) Decode([]byte, func(*mail.Event)) mail.Verdict { return mail.NotUnderstood }
func (unknownFormat) Close(func(*mail.Event))                       {}

// read opens a unit. If that fails, nothing is to be read and the batch says why.
func (c *Config) read(u *unit, b *batch) *reading {
	x := &reading{unit: u, dec: unknownFormat{}, now: b, closed: make(chan struct{})}
	if x.in, b.err = u.open(c.Source); b.err != nil {
		x.in = nil
		return x
	}
	if u.known {
		x.dec = u.format.New(u.opts)
	}
	if u.document {
		x.in.SetMaxLine(maxDocument)
	}
	return x
}

func (x *reading) close() {
	if x.in != nil {
		_ = x.in.Close() // only read from
	}
	close(x.closed)
}

// next decodes a line. The error says why there is none, io.EOF at the end.
func (x *reading) next(emit func(*mail.Event)) (err error) {
	if x.line, x.no, err = x.in.Next(); err != nil {
		return err
	}
	x.now.lines[x.dec.Decode(x.line, emit)]++
	return nil
}

// end tells how the unit ended, and what the decoder has held back.
func (x *reading) end(err error, emit func(*mail.Event)) {
	x.line = nil
	x.dec.Close(emit)
	understood, irrelevant := parsers.Unfinished(x.dec)
	x.now.lines[mail.Understood] -= understood // of earlier batches, too: this one may go below zero
	x.now.lines[mail.Irrelevant] -= irrelevant
	x.now.lines[mail.NotUnderstood] += understood + irrelevant
	if !isEnd(err) {
		x.now.err = err
	}
	if w, ok := x.dec.(syslog.Rewinder); ok && !x.unit.anchor.IsZero() {
		x.now.over = w.Overran(x.unit.anchor)
	}
}

// tell updates the progress of the run.
func (x *reading) tell(p *Progress) {
	if p == nil {
		return
	}
	raw := x.in.RawOffset()
	p.Read.Add(raw - x.raw)
	p.Lines.Add(x.no - x.told)
	x.raw, x.told = raw, x.no
}

// straight decodes a unit and applies its events one by one.
func (x *reading) straight(ctx context.Context, p *Progress, apply func(*mail.Event) error) (failed error) {
	defer x.close()
	if x.in == nil {
		return nil
	}
	// Lines that tell only their time are applied together.
	var rest quiet
	var pause mail.Event
	tell := func() {
		if failed == nil {
			failed = apply(rest.event(&pause))
		}
		rest.lines = 0
	}
	emit := func(ev *mail.Event) {
		if ev.Kind == mail.KindNone {
			if rest.lines == 0 || !rest.more(ev) {
				if rest.lines > 0 {
					tell()
				}
				rest.time, rest.precise, rest.host, rest.lines = ev.Time, ev.Precise, append(rest.host[:0], ev.Host...), 1
			}
			return
		}
		if rest.lines > 0 {
			tell()
		}
		if failed == nil {
			ev.Line = x.no
			failed = apply(ev)
		}
	}
	var err error
	for failed == nil {
		if err = x.next(emit); err != nil {
			break
		}
		if x.no%lookUp == 0 && failed == nil {
			x.tell(p)
			failed = ctx.Err()
		}
	}
	if failed == nil {
		x.end(err, emit)
		if rest.lines > 0 {
			tell()
		}
		x.tell(p)
	}
	return failed
}

// decompress opens a unit and hands it over; meanwhile its text is read ahead.
func (c *Config) decompress(ctx context.Context, u *unit, out chan<- *reading) {
	defer close(out)
	if ctx.Err() != nil {
		return
	}
	x := c.read(u, &batch{})
	if x.in != nil {
		x.in.Ahead(c.memory.text)
	}
	select {
	case out <- x:
		<-x.closed // until then it takes part of the memory
	case <-ctx.Done():
		x.close()
	}
}

// decode reads one unit and sends its events in batches; it closes out at the end.
func (c *Config) decode(ctx context.Context, u *unit, out chan<- *batch) {
	defer close(out)
	if u.backwards {
		send(ctx, out, c.sorted(ctx, u))
		return
	}
	memory := c.memory
	if memory == nil { // no pass is under way
		memory = c.newReused()
	}
	x := c.read(u, memory.fresh())
	defer x.close()
	if x.in == nil {
		send(ctx, out, x.now)
		return
	}
	x.in.Ahead(memory.text)
	emit := func(ev *mail.Event) {
		ev.Line = x.no
		line := x.line
		if u.document {
			line = nil // it may be as large as a document: it must not wait with the batch
		}
		x.now.keep(ev, line)
	}
	ended := false
	ship := func() {
		x.tell(c.Progress)
		ended = !send(ctx, out, x.now)
		x.now = memory.fresh()
	}
	x.in.Lend(func() []byte {
		block := x.now.block
		if block == nil {
			block = make([]byte, blockBytes)
		}
		return block
	}, func(used []byte) {
		if x.now.block = used; cap(used) > 2*blockBytes {
			x.now.block = nil
		}
		ship()
	})
	var err error
	for !ended {
		if err = x.next(emit); err != nil {
			break
		}
		if x.now.full() {
			ship()
		}
	}
	if !ended {
		x.end(err, emit)
		ship()
	}
}

// sorted reads a unit that has the newest events first, whole.
func (c *Config) sorted(ctx context.Context, u *unit) *batch {
	x := c.read(u, &batch{})
	var events []mail.Event
	if err := x.straight(ctx, c.Progress, func(ev *mail.Event) error {
		events = append(events, mail.Event{})
		ev.CopyTo(&events[len(events)-1], nil)
		return nil
	}); err != nil {
		return x.now // the run has ended
	}
	slices.Reverse(events)
	slices.SortStableFunc(events, func(x, y mail.Event) int { return cmp.Compare(x.Time, y.Time) })
	x.now.events = events
	return x.now
}

// spares are batches that were applied. The last one given back is taken first: it is
// still in the cache.
type spares struct {
	mu   sync.Mutex
	list []*batch
	most int
}

// fresh returns a batch that was applied, or a new one.
func (s *spares) fresh() *batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.list)
	if n == 0 {
		return &batch{events: make([]mail.Event, 0, batchEvents), quiet: make([]quiet, 0, batchEvents)}
	}
	b := s.list[n-1]
	s.list = s.list[:n-1]
	return b
}

// done takes back a batch that was applied.
func (s *spares) done(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) < s.most {
		s.list = append(s.list, b.again()) // what is large is let go now, not when it is wanted
	}
}
