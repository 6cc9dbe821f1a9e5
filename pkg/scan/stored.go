package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/snapshot"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// stored is a file whose events are in a snapshot.
type stored struct {
	*snapshot.File
	in source.Input // the snapshot
	// whole are the bytes of a snapshot that can be read only once.
	whole []byte
}

// lookStored reads the index of a snapshot: each of its files is a unit.
func (c *Config) lookStored(in source.Input, r *source.Reader) ([]*unit, []report.Error, error) {
	content := r.Bytes()
	var whole bytes.Buffer
	if r.Once() {
		content = io.TeeReader(content, &whole)
	}
	index, err := snapshot.Scan(content)
	if err != nil {
		return nil, nil, snapshotError(in, err)
	}
	var units []*unit
	for i := range index.Files {
		f := &index.Files[i]
		u := &unit{
			input: source.Input{Path: f.Path}, stored: &stored{File: f, in: in, whole: whole.Bytes()},
			first: f.First, last: f.Last, known: f.Known, left: f.Left,
			notes: f.Notes, repeats: f.Repeats, span: f.Span, problems: errorsOf(f.Problems),
		}
		u.print, u.head = f.Print, f.Head
		u.file = report.File{Path: u.input.String(), Format: f.Format}
		u.format.Name = f.Format
		if f.Sessions {
			u.format.Carries.Sessions.Level = parsers.Yes
		}
		units = append(units, u)
	}
	c.Source.LeftOut.Told(index.LeftOut)
	return units, errorsOf(index.Arguments), nil
}

// problem is an error in the form that it has in a report.
type problem struct{ as report.Error }

func (p *problem) Error() string { return p.as.File + ": " + p.as.Error }

// snapshotError says that a snapshot cannot be read, and what to do.
func snapshotError(in source.Input, err error) error {
	var newer *snapshot.NewerError
	if errors.As(err, &newer) {
		return fmt.Errorf("cannot read snapshot %s: %w", in, err)
	}
	return fmt.Errorf("cannot read snapshot %s: %w; make it again with diagnose snapshot", in, err)
}

func errorsOf(list []snapshot.Problem) []report.Error {
	var out []report.Error
	for _, p := range list {
		out = append(out, report.Error{File: p.File, Line: p.Line, Error: p.Text})
	}
	return out
}

// open returns the snapshot from the first event of the file on.
func (s *stored) open(o source.Options) (io.ReadCloser, error) {
	if s.whole != nil {
		return io.NopCloser(bytes.NewReader(s.whole[s.Place.Offset:])), nil
	}
	return source.OpenAt(s.in, s.Place.Offset, o)
}

// events reads one unit, a log or what a snapshot has of one, and sends its events in
// batches; it closes out at the end.
func (c *Config) events(ctx context.Context, u *unit, out chan<- *batch) {
	if u.stored != nil {
		c.unpack(ctx, u, out)
	} else {
		c.decode(ctx, u, out)
	}
}

// unpack reads one file of a snapshot and sends its events in batches; it closes out
// at the end.
func (c *Config) unpack(ctx context.Context, u *unit, out chan<- *batch) {
	defer close(out) // after the last batch
	s := u.stored
	last := &batch{lines: s.Lines}
	for _, e := range errorsOf(s.Broken) {
		last.err = &problem{e}
	}
	fail := func(err error) {
		e := inputError(s.in, snapshotError(s.in, err))
		last.err = &problem{e}
	}
	defer func() { send(ctx, out, last) }()
	if s.Place.Blocks == 0 {
		return
	}
	in, err := s.open(c.Source)
	if err != nil {
		fail(err)
		return
	}
	defer in.Close()
	r := snapshot.NewReader(in, s.File)
	defer r.Close()
	memory := c.memory
	if memory == nil { // no pass is under way
		memory = c.newReused()
	}
	at := r.Offset()
	for {
		b := memory.fresh()
		b.events = slices.Grow(b.events, batchEvents)[:batchEvents]
		n, err := r.Read(b.events)
		if err != nil {
			if !isEnd(err) {
				fail(err)
			}
			return
		}
		b.events = b.events[:n]
		if !send(ctx, out, b) {
			return
		}
		if c.Progress != nil {
			c.Progress.Read.Add(r.Offset() - at)
			at = r.Offset()
		}
	}
}
