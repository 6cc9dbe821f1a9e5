package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/registry"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/snapshot"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// unit is one input with what its first lines tell.
type unit struct {
	input  source.Input
	reader *source.Reader // of what can be read only once; files are opened again
	stat   fs.FileInfo    // of the file that was looked at
	packed bool           // it is compressed
	format parsers.Format
	opts   parsers.Options
	anchor time.Time // newest time the file can hold
	first  int64     // time of the first dated line, microseconds; 0 if none
	last   int64     // time of the last dated line, filled in only where first ties
	print  uint64    // fingerprint of the first bytes
	head   uint64    // and of the first 64 KiB
	known  bool      // the format was recognised
	// document says that the file begins like JSON, backwards that it has the newest
	// events first, as the pages of a provider's API do.
	document, backwards bool
	file                report.File
	stored              *stored // if the events come from a snapshot
	final               int64   // time of the last dated line, once it was read

	// left says that there is nothing to read: it cannot be, or repeats another one.
	left bool
	// notes are remarks that are joined with those on other units, repeats say what was
	// left out because of this one, span is the remark on its years.
	notes, repeats []string
	span           string
	// problems were met when it was opened, broken when it broke off.
	problems, broken []report.Error
}

// sampleLines is how many lines detection reads (formats are known by content,
// never by name).
const sampleLines = 200

// printBytes of the text are the fingerprint: two logs that agree so far are
// compared byte by byte.
const printBytes = 1024

// prepare looks into every input: format, year, first time. Inputs that cannot be
// opened or recognised are noted as errors; the others come back in log order, each
// log once. all are those that are left out, too, in the order in which they were named.
func (c *Config) prepare(ctx context.Context, in *report.Input) (units, all []*unit, err error) {
	c.Source.Binary = []string{snapshot.Magic}
	for _, i := range c.Inputs {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		found, arguments, err := c.look(i)
		if err != nil {
			found = []*unit{{input: i, left: true, problems: []report.Error{inputError(i, err)}}}
		}
		all = append(all, found...)
		in.Errors = append(in.Errors, arguments...)
	}
	var shared notes
	for _, u := range all {
		in.Errors = append(in.Errors, u.problems...)
		for _, text := range u.notes {
			shared.add(u.input, text)
		}
	}
	in.Notes = append(in.Notes, shared.lines()...)
	units = c.once(all, in)
	in.Notes = append(in.Notes, c.sealed(units)...)
	c.sort(units)
	return units, all, nil
}

// look opens an input and reads its first lines, or what a snapshot has. arguments are
// problems with arguments of the run that made the snapshot.
func (c *Config) look(in source.Input) (units []*unit, arguments []report.Error, err error) {
	r, err := source.Open(in, c.Source)
	if err != nil {
		return nil, nil, err
	}
	if r.Binary() {
		defer r.Close()
		c.willRead(r)
		return c.lookStored(in, r)
	}
	u := &unit{input: in, file: report.File{Path: in.String(), Format: "unknown"}}
	sample := c.sample(r)
	if !r.Live() { // it would wait for the whole head
		head := r.Head()
		u.print, u.head = fingerprint(head[:min(len(head), printBytes)]), fingerprint(head)
	}
	if r.Size() == 0 {
		u.notes = append(u.notes, "there is nothing in it")
	}
	if r.Once() {
		u.reader = r
	} else {
		defer r.Close()
		u.stat, u.packed = r.Stat(), r.Compression() != ""
		c.willRead(r)
	}
	u.format, err = c.recognise(sample)
	if err != nil && r.Live() {
		_ = r.Close() // only read from
		return nil, nil, err
	}
	if err != nil {
		// The lines are still read and counted; the report says so.
		if !empty(sample) {
			u.problems = append(u.problems, report.Error{File: in.String(), Error: err.Error()})
		}
		return []*unit{u}, nil, nil
	}
	u.known, u.file.Format = true, u.format.Name
	u.opts.Location = c.Location
	if u.opts.Location == nil {
		u.opts.Location = time.UTC
		if u.format.Zoneless != nil && u.format.Zoneless(sample) {
			u.notes = append(u.notes, "timestamps have no zone; read as UTC. Set --tz Europe/Paris to change")
		}
	}
	if dated := u.format.Unwrap; dated != nil {
		c.date(u, r, dated(sample))
	} else {
		c.date(u, r, sample)
	}
	u.document = isDocument(sample)
	u.look(sample)
	return []*unit{u}, nil, nil
}

// sample reads the lines that detection sees. Of a log that goes on they are no more than
// what it takes: the next line may be far. What any mail log says is not enough before
// there are as many as of other logs: the lines that tell the format may yet come.
func (c *Config) sample(r *source.Reader) [][]byte {
	if !r.Live() {
		return r.Peek(sampleLines)
	}
	for n := 1; ; n++ {
		r.Peek(n)
		n = max(n, min(r.Waiting(), sampleLines))
		sample := r.Peek(n)
		f, err := c.recognise(sample)
		if err == nil && (c.Format != "" || !registry.Generic(f.Name)) || len(sample) < n || n == sampleLines {
			return sample
		}
	}
}

// willRead adds a file to what there is to read.
func (c *Config) willRead(r *source.Reader) {
	if c.Progress != nil {
		c.Progress.Total.Add(max(r.Size(), 0))
	}
}

// recognise returns the format of a sample: the one that is forced, or the one,
// declared or built in, that knows its lines best.
func (c *Config) recognise(sample [][]byte) (parsers.Format, error) {
	if c.Format != "" {
		return registry.ByName(c.Format, c.Formats...)
	}
	f, _, err := registry.Detect(sample, c.Formats...)
	return f, err
}

func empty(sample [][]byte) bool {
	for _, l := range sample {
		if len(l) > 0 {
			return false
		}
	}
	return true
}

// date decides the year of time stamps that have none, from the newest anchor
// there is, and says so.
func (c *Config) date(u *unit, r *source.Reader, sample [][]byte) {
	month, day, ok := syslog.FirstStamp(sample)
	if !ok {
		return
	}
	anchor, from := r.Anchor()
	if anchor.IsZero() {
		anchor, from = c.Now, "date of today"
	}
	if c.Year != 0 {
		anchor, from = time.Date(c.Year, 12, 30, 23, 59, 59, 0, time.UTC), ""
	}
	u.anchor = anchor
	u.opts.Year = syslog.FirstYear(month, day, anchor)
	if from != "" {
		u.notes = append(u.notes, fmt.Sprintf("timestamps have no year; using %d from the %s. Set --year to change", u.opts.Year, from))
	}
}

// look decodes the sample for the time of the first dated line, and for the order
// of the events of a provider's export.
func (u *unit) look(sample [][]byte) {
	d := u.format.New(u.opts)
	var last int64
	falling := true
	see := func(ev *mail.Event) {
		if ev.Time == 0 {
			return
		}
		if u.first == 0 {
			u.first = ev.Time
		}
		falling = falling && ev.ESP && (last == 0 || ev.Time <= last)
		last = ev.Time
	}
	for _, line := range sample {
		d.Decode(line, see)
		if u.first != 0 && !u.document {
			return
		}
	}
	u.backwards = falling && last < u.first
}

// isDocument says that a sample begins like JSON.
func isDocument(sample [][]byte) bool {
	for _, line := range sample {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line[0] == '{' || line[0] == '['
		}
	}
	return false
}

func fingerprint(head []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(head) // a hash never fails
	return h.Sum64()
}

// once drops inputs that repeat another one: the same log plain and compressed, or
// an older copy of one that has grown since.
func (c *Config) once(units []*unit, out *report.Input) []*unit {
	var keep []*unit
	for _, u := range units {
		same := -1
		for i, k := range keep {
			if u.left || k.print != u.print || k.reader != nil || u.reader != nil || !u.known {
				continue
			}
			rel, err := c.compare(k, u)
			if err != nil {
				continue // the error shows again, with its place, when the file is read
			}
			switch rel {
			case source.Equal, source.Extension:
				u.repeats = append(u.repeats, fmt.Sprintf("%s repeats %s; counted once", u.input, k.input))
				same, u.left = i, true
			case source.Prefix:
				u.repeats = append(u.repeats, fmt.Sprintf("%s repeats %s; counted once", k.input, u.input))
				k.left = true
				keep[i], same = u, i
			default: // two logs
			}
		}
		out.Notes = append(out.Notes, u.repeats...)
		if same < 0 && !u.left {
			keep = append(keep, u)
		}
	}
	return keep
}

// inputError turns a reading error into its report form.
func inputError(in source.Input, err error) report.Error {
	var told *problem
	if errors.As(err, &told) {
		return told.as
	}
	e := report.Error{File: in.String(), Error: err.Error()}
	var broken *source.Error
	if errors.As(err, &broken) {
		e.Line = broken.Line
	}
	return e
}

// sessions says that the format tells of sessions.
func (u *unit) sessions() bool { return u.format.Carries.Sessions.Level != parsers.No }

// open returns the reader of a unit at its first line.
func (u *unit) open(o source.Options) (*source.Reader, error) {
	if u.reader != nil {
		return u.reader, nil
	}
	return source.Reopen(u.input, u.stat, o)
}

// isEnd says that a reader's error is the normal end of the input.
func isEnd(err error) bool { return errors.Is(err, io.EOF) }
