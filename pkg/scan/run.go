package scan

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/diagnosis"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Run reads all inputs and returns the report. What is wrong with single inputs is
// in Report.Input.Errors; the error is for a run that cannot be done at all, or
// that ctx ended.
func Run(ctx context.Context, cfg Config) (*report.Report, error) {
	rep := &report.Report{Schema: report.Schema, Rules: cfg.Rules.Version}
	var ch *chain
	apply := func(u *unit, ev *mail.Event) error {
		ch.file, ch.sessions = u.file.Path, u.format.Carries.Sessions.Level != parsers.No
		ch.apply(ev)
		return nil
	}
	err := cfg.feed(ctx, &rep.Input, func() { ch = newChain(&cfg) }, apply, false)
	if err != nil {
		return nil, err
	}
	ch.finish()
	sums := group.Freeze(ch.accs, group.Context{
		NewIPs: cfg.NewIPs, IPs: cfg.IPs, Pool: cfg.Pool, Thresholds: cfg.Rules.Thresholds,
		Kind: func(platform string) mail.Kind { return ch.names[platform].Kind },
	})
	rep.Groups = diagnosis.Groups(sums, cfg.Rules, func(platform string) diagnosis.Destination {
		d, ok := ch.names[platform]
		if !ok {
			return diagnosis.Destination{Name: platform}
		}
		return diagnosis.Destination{Name: d.Name, Kind: d.Kind}
	})
	rep.Input.Refusals = ch.refusals
	var refusals int64
	for i := range rep.Groups {
		rep.Input.Attempts += rep.Groups[i].Counts.Attempts
		rep.Input.Suspensions += rep.Groups[i].Counts.Suspensions
		for _, n := range rep.Groups[i].Refusals {
			refusals += n
		}
	}
	if len(cfg.IPs) > 0 { // the attempts of others went to the groups, but not into the report
		rep.Input.Refusals.LeftOut += ch.refusals.Destinations - refusals
		rep.Input.Refusals.Destinations = refusals
	}
	if cfg.Class != mail.ClassNone {
		class := cfg.Class.String()
		rep.Input.Class = &class
	}
	rep.Input.First, rep.Input.Last = timeOf(ch.first), timeOf(ch.last)
	rep.OwnSide, rep.Unknown = ch.ownSideRows(), ch.unknownRows()
	if ch.unlisted > 0 {
		rep.Input.Notes = append(rep.Input.Notes, fmt.Sprintf("%s more replies that no rule knows are not listed: there are over %d kinds", rules.Thousands(ch.unlisted), maxSide))
	}
	return rep, nil
}

func timeOf(micros int64) *time.Time {
	if micros == 0 {
		return nil
	}
	t := time.UnixMicro(micros).UTC()
	return &t
}

// maxRestarts bounds how often a run starts again because a file spans one more
// year than its date allows.
const maxRestarts = 50

// feed prepares the inputs and applies their events in log order, whatever the
// number of jobs. start is called before the first event, and again if the run
// must begin anew because the year of a file was wrong. once says that what was
// applied cannot be taken back: the years are settled by a pass of their own.
func (c *Config) feed(ctx context.Context, in *report.Input, start func(), apply func(*unit, *mail.Event) error, once bool) error {
	in.Files, in.Notes, in.Errors = []report.File{}, []string{}, []report.Error{}
	units, err := c.prepare(ctx, in)
	if err != nil {
		return err
	}
	prepared := len(in.Errors)
	years := map[*unit]bool{} // those whose year was found to be another
	settling := once && slices.ContainsFunc(units, func(u *unit) bool { return u.reader == nil && !u.anchor.IsZero() })
	for n := 0; ; n++ {
		in.Files, in.Errors = []report.File{}, in.Errors[:prepared]
		start()
		do := apply
		if settling {
			do = func(*unit, *mail.Event) error { return nil }
		}
		over, err := c.pass(ctx, units, in, do, settling)
		if err != nil {
			return err
		}
		if over != nil && n < maxRestarts && (settling || !once) {
			over.opts.Year--
			years[over] = true
			over.first = shiftYear(over.first)
			c.sort(units)
			continue
		}
		if !settling {
			break
		}
		settling = false
	}
	for _, u := range units {
		if years[u] {
			in.Notes = append(in.Notes, fmt.Sprintf("%s spans more than a year; its first line is taken to be of %d", u.input, u.opts.Year))
		}
	}
	for i := range in.Files {
		f := &in.Files[i]
		in.Lines += f.Lines
		in.Understood += f.Understood
		in.Irrelevant += f.Irrelevant
		in.NotUnderstood += f.NotUnderstood
	}
	return nil
}

// shiftYear moves a time one year back.
func shiftYear(micros int64) int64 {
	return time.UnixMicro(micros).UTC().AddDate(-1, 0, 0).UnixMicro()
}

// pass reads all units once, or only those that can be read again. It returns the
// first unit whose stamps ran past its date, if it can be read again.
func (c *Config) pass(ctx context.Context, all []*unit, in *report.Input, apply func(*unit, *mail.Event) error, again bool) (over *unit, err error) {
	units := slices.Clone(all)
	if again {
		units = slices.DeleteFunc(units, func(u *unit) bool { return u.reader != nil })
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outs := make([]chan *batch, len(units))
	for i := range outs {
		outs[i] = make(chan *batch, batchesAhead)
	}
	go func() {
		running := make(chan struct{}, max(c.Jobs, 1))
		for i, u := range units {
			select {
			case running <- struct{}{}:
			case <-ctx.Done():
				close(outs[i])
				continue
			}
			go func() {
				c.decode(ctx, u, outs[i])
				<-running
			}()
		}
	}()
	for i, u := range units {
		u.file.Lines, u.file.Understood, u.file.Irrelevant, u.file.NotUnderstood = 0, 0, 0, 0
		for b := range outs[i] {
			for j := range b.events {
				if err := apply(u, &b.events[j]); err != nil {
					return nil, err
				}
			}
			u.count(b, in)
			if b.over && u.reader == nil && over == nil {
				over = u
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in.Files = append(in.Files, u.file)
	}
	return over, nil
}

// count adds a batch to the account of its file.
func (u *unit) count(b *batch, in *report.Input) {
	u.file.NotUnderstood += b.lines[mail.NotUnderstood]
	u.file.Irrelevant += b.lines[mail.Irrelevant]
	u.file.Understood += b.lines[mail.Understood]
	u.file.Lines = u.file.NotUnderstood + u.file.Irrelevant + u.file.Understood
	if b.err != nil {
		in.Errors = append(in.Errors, inputError(u.input, b.err))
	}
}
