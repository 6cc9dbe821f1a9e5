package scan

import (
	"context"
	"fmt"
	"slices"
	"time"

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
	apply := func(u *unit) func(*mail.Event) error {
		ch := ch // start makes another one for another pass
		ch.file, ch.sessions = u.file.Path, u.sessions()
		return func(ev *mail.Event) error {
			ch.apply(ev)
			return nil
		}
	}
	_, err := cfg.feed(ctx, &rep.Input, func() { ch = newChain(&cfg) }, apply, false)
	if err != nil {
		return nil, err
	}
	ch.finish()
	rep.Input.Refusals = ch.refusals
	rep.Input.First, rep.Input.Last = timeOf(ch.first), timeOf(ch.last)
	rep.OwnSide, rep.Unknown = ch.ownSideRows(), ch.unknownRows()
	rep.Input.Notes = append(rep.Input.Notes, ch.notes()...)
	rep.Input.Notes = append(rep.Input.Notes, ch.absent()...)
	accs, names, mixed := ch.accs, ch.names, ch.mixed()
	ch = nil // the rest of it may go while the report grows
	sums := group.Summaries(accs, group.Context{
		NewIPs: cfg.NewIPs, IPs: cfg.IPs, Pool: cfg.Pool, Thresholds: cfg.Rules.Thresholds, Workers: cfg.Jobs,
		Kind:  func(platform string) mail.Kind { return named(names, platform).Kind },
		Mixed: mixed,
	})
	rep.Groups = diagnosis.Groups(sums, cfg.Rules, func(platform string) diagnosis.Destination {
		d := named(names, platform)
		return diagnosis.Destination{Name: d.Name, Kind: d.Kind}
	})
	var refusals int64
	for i := range rep.Groups {
		rep.Input.Attempts += rep.Groups[i].Counts.Attempts
		rep.Input.Suspensions += rep.Groups[i].Counts.Suspensions
		for _, n := range rep.Groups[i].Refusals {
			refusals += n
		}
	}
	if len(cfg.IPs) > 0 { // the attempts of others went to the groups, but not into the report
		rep.Input.Refusals.LeftOut += rep.Input.Refusals.Destinations - refusals
		rep.Input.Refusals.Destinations = refusals
	}
	if cfg.Class != mail.ClassNone {
		class := cfg.Class.String()
		rep.Input.Class = &class
	}
	rep.Input.Notes = append(rep.Input.Notes, mixedNotes(rep.Groups)...)
	return rep, nil
}

// named returns what is known of a platform.
func named(names map[string]*rules.Destination, platform string) rules.Destination {
	if d := names[platform]; d != nil {
		return *d
	}
	return rules.Destination{Name: platform}
}

// timeOf is a time as JSON has it, null if no log has it.
func timeOf(micros int64) *time.Time {
	if micros <= 0 || micros >= maxTime {
		return nil
	}
	t := time.UnixMicro(micros).UTC()
	return &t
}

// maxRestarts bounds how often a run starts again because a file spans one more
// year than its date allows.
const maxRestarts = 50

// feed prepares the inputs and applies their events in log order, whatever the
// number of jobs: apply returns what takes those of a unit. start is called before the
// first event, and again if the run must begin anew because the year of a file was wrong.
// once says that what was applied cannot be taken back: the years are settled by a pass of
// their own. It returns all inputs, in the order in which they were named.
func (c *Config) feed(ctx context.Context, in *report.Input, start func(), apply func(*unit) func(*mail.Event) error, once bool) ([]*unit, error) {
	in.Files, in.Notes, in.Errors = []report.File{}, []string{}, []report.Error{}
	units, all, err := c.prepare(ctx, in)
	if err != nil {
		return nil, err
	}
	prepared := len(in.Errors)
	years := map[*unit]bool{} // those whose year was found to be another
	settling := once && slices.ContainsFunc(units, func(u *unit) bool { return u.settles() })
	for n := 0; ; n++ {
		in.Files, in.Errors = []report.File{}, in.Errors[:prepared]
		start()
		do := apply
		if settling {
			do = func(*unit) func(*mail.Event) error { return func(*mail.Event) error { return nil } }
		}
		over, err := c.pass(ctx, units, in, do, settling)
		if err != nil {
			return nil, err
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
			u.span = fmt.Sprintf("%s spans more than a year; its first line is taken to be of %d", u.input, u.opts.Year)
		}
		if u.span != "" {
			in.Notes = append(in.Notes, u.span)
		}
	}
	for i := range in.Files {
		f := &in.Files[i]
		in.Lines += f.Lines
		in.Understood += f.Understood
		in.Irrelevant += f.Irrelevant
		in.NotUnderstood += f.NotUnderstood
	}
	return all, nil
}

// settles says that the year of a unit may turn out to be another one, and that it can
// be read again.
func (u *unit) settles() bool { return u.reader == nil && !u.anchor.IsZero() }

// shiftYear moves a time one year back.
func shiftYear(micros int64) int64 {
	return time.UnixMicro(micros).UTC().AddDate(-1, 0, 0).UnixMicro()
}

// count adds a batch to the account of its file. It returns the first unit whose stamps
// ran past its date.
func (u *unit) count(b *batch, in *report.Input, over *unit) *unit {
	u.file.NotUnderstood += b.lines[mail.NotUnderstood]
	u.file.Irrelevant += b.lines[mail.Irrelevant]
	u.file.Understood += b.lines[mail.Understood]
	u.file.Lines = u.file.NotUnderstood + u.file.Irrelevant + u.file.Understood
	if b.err != nil {
		u.broken = append(u.broken, inputError(u.input, b.err))
		in.Errors = append(in.Errors, u.broken...)
	}
	if b.over && u.reader == nil && over == nil {
		return u
	}
	return over
}
