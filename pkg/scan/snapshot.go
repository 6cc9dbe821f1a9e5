package scan

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/snapshot"
)

// Snapshot reads all inputs and writes what it read to w, so that a later run makes of
// it what it would make of the inputs. Addresses are sealed unless cfg keeps them; the
// filters in cfg play no part. arguments are problems with arguments that gave no input:
// they are kept, too. It returns what was read; the error is that of w, or of a run that
// ctx ended.
func Snapshot(ctx context.Context, cfg Config, arguments []report.Error, w io.Writer) (*report.Input, error) {
	in := &report.Input{}
	out := snapshot.NewWriter(w)
	redact := mail.Redactor{Keep: cfg.ShowAddresses, Salt: cfg.Salt}
	var current *unit
	streams := map[*unit]int{}
	apply := func(u *unit, ev *mail.Event) error {
		if u != current && current != nil {
			streams[current] = out.EndFile()
		}
		current = u
		if ev.Time > 0 {
			u.final = ev.Time
		}
		stored := *ev // the event is the decoder's
		seal(&redact, &stored)
		return out.Write(&stored)
	}
	all, err := cfg.feed(ctx, in, func() {}, func(u *unit) func(*mail.Event) error {
		return func(ev *mail.Event) error { return apply(u, ev) }
	}, true)
	if err != nil {
		return in, err
	}
	if current != nil {
		streams[current] = out.EndFile()
	}
	index := snapshot.Index{LeftOut: cfg.Source.LeftOut.Notes(cfg.Inputs)}
	others := 0
	for _, u := range all {
		others += len(u.problems) + len(u.broken)
		f := u.describe(&redact)
		if stream, ok := streams[u]; ok {
			f.Stream = stream
		} else if !u.left {
			f.Stream = out.EndFile() // without events
		}
		index.Files = append(index.Files, f)
	}
	// Problems with the arguments of earlier snapshots come first.
	index.Arguments = append(problemsOf(arguments), problemsOf(in.Errors[:len(in.Errors)-others])...)
	return in, out.Close(index)
}

// seal seals the addresses of an event.
func seal(redact *mail.Redactor, ev *mail.Event) {
	if redact.Keep {
		return
	}
	if len(ev.Recipient) > 0 {
		ev.Recipient = []byte(redact.Seal(string(ev.Recipient)))
	}
	if bytes.IndexByte(ev.Sender, '=') >= 0 {
		ev.Sender = []byte(redact.SealSender(string(ev.Sender)))
	}
	for _, text := range []*[]byte{&ev.Text, &ev.Reply} {
		if bytes.IndexByte(*text, '@') >= 0 {
			*text = []byte(redact.SealText(string(*text)))
		}
	}
}

// describe is a unit as the index of a snapshot has it.
func (u *unit) describe(redact *mail.Redactor) snapshot.File {
	f := snapshot.File{
		Path: u.input.Path, Format: u.file.Format, Sessions: u.sessions(), Left: u.left, Known: u.known,
		First: u.first, Last: u.last, Print: u.print, Head: u.head, Redacted: !redact.Keep, Salt: redact.Check(),
		Notes: u.notes, Repeats: u.repeats, Span: u.span, Problems: problemsOf(u.problems), Broken: problemsOf(u.broken),
	}
	f.Lines[mail.Understood], f.Lines[mail.Irrelevant], f.Lines[mail.NotUnderstood] = u.file.Understood, u.file.Irrelevant, u.file.NotUnderstood
	switch s := u.stored; {
	case s != nil && s.Redacted:
		f.Redacted, f.Salt = true, s.Salt
	case s == nil && u.first > 0 && u.reader == nil:
		f.Last = u.final
	}
	return f
}

func problemsOf(list []report.Error) []snapshot.Problem {
	var out []snapshot.Problem
	for _, e := range list {
		out = append(out, snapshot.Problem{File: e.File, Line: e.Line, Text: e.Error})
	}
	return out
}

// sealed says what the tags in snapshots mean for this run.
func (c *Config) sealed(units []*unit) []string {
	var salts []uint16
	logs := false
	for _, u := range units {
		switch {
		case u.stored != nil && u.stored.Redacted:
			salts = append(salts, u.stored.Salt)
		default:
			logs = true
		}
	}
	if len(salts) == 0 {
		return nil
	}
	if c.ShowAddresses {
		return []string{"snapshots made without --show-addresses hold short tags only, no recipients"}
	}
	if logs {
		salts = append(salts, mail.Redactor{Salt: c.Salt}.Check())
	}
	if slices.Sort(salts); salts[0] != salts[len(salts)-1] {
		return []string{"inputs were redacted with different salts: a recipient has another tag in each. Use the same --salt for all"}
	}
	return nil
}
