package scan

import (
	"context"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// lane is how the events of one unit come to be applied, which happens in log order, in
// one goroutine. What comes before has further goroutines as far as there are jobs:
//
//	1 job             read, decompress, decode, apply
//	2 jobs, packed    read, decompress | decode, apply
//	2 jobs, plain                 read, decode | apply
//	3 jobs            read, decompress | decode | apply
//
// Between decoding and applying events are copied, between the others only text is.
type lane struct {
	unit    *unit
	batches chan *batch   // what is decoded elsewhere
	opened  chan *reading // what is decompressed elsewhere; closed if that was not begun
}

func (c *Config) lanes(units []*unit) []lane {
	list := make([]lane, len(units))
	for i, u := range units {
		list[i].unit = u
		switch {
		case c.Jobs == 2 && u.packed && !u.backwards:
			list[i].opened = make(chan *reading)
		case c.Jobs > 1 || u.backwards || u.stored != nil:
			list[i].batches = make(chan *batch, batchesAhead)
		}
	}
	return list
}

// start has as many units under way as there are jobs.
func (c *Config) start(ctx context.Context, lanes []lane) {
	running := make(chan struct{}, max(c.Jobs, 1))
	for _, l := range lanes {
		if l.batches == nil && l.opened == nil {
			continue
		}
		running <- struct{}{} // what is under way ends with ctx
		go func() {
			switch {
			case l.opened != nil:
				c.decompress(ctx, l.unit, l.opened)
			case ctx.Err() == nil:
				c.events(ctx, l.unit, l.batches)
			default:
				close(l.batches)
			}
			<-running
		}()
	}
}

// pass reads all units once, or only those whose year may be another one. It returns the
// first unit whose stamps ran past its date, if it can be read again.
func (c *Config) pass(ctx context.Context, all []*unit, in *report.Input, apply func(*unit) func(*mail.Event) error, again bool) (over *unit, err error) {
	units := slices.Clone(all)
	if again {
		units = slices.DeleteFunc(units, func(u *unit) bool { return !u.settles() })
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.memory = c.newReused()
	lanes := c.lanes(units)
	go c.start(ctx, lanes)
	for _, l := range lanes {
		u := l.unit
		u.file.Lines, u.file.Understood, u.file.Irrelevant, u.file.NotUnderstood, u.broken = 0, 0, 0, 0, nil
		err := c.drain(ctx, &l, apply(u), func(b *batch) { over = u.count(b, in, over) })
		if err != nil {
			return nil, err
		}
		in.Files = append(in.Files, u.file)
	}
	return over, nil
}

// drain applies the events of one unit; count is given every stretch of it that was
// applied.
func (c *Config) drain(ctx context.Context, l *lane, apply func(*mail.Event) error, count func(*batch)) error {
	if l.batches != nil {
		for b := range l.batches {
			if err := b.each(apply); err != nil {
				return err
			}
			count(b)
			c.memory.done(b)
		}
		return ctx.Err()
	}
	x := (*reading)(nil)
	if l.opened != nil {
		x = <-l.opened
	} else if ctx.Err() == nil {
		x = c.read(l.unit, &batch{})
	}
	if x == nil {
		return ctx.Err()
	}
	if err := x.straight(ctx, c.Progress, apply); err != nil {
		return err
	}
	count(x.now)
	return nil
}
