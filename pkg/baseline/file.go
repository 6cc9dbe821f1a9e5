package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// maxBytes bounds a file; one destination takes some 300 bytes.
const maxBytes = 256 << 20

// Marshal writes b as JSON for git: one destination a line, sorted, ASCII. The same
// report always gives the same bytes.
func (b *Baseline) Marshal() ([]byte, error) {
	var out bytes.Buffer
	head := *b
	head.Destinations = nil
	data, err := report.MarshalASCII(&head, false)
	if err != nil {
		return nil, fmt.Errorf("cannot write the baseline as JSON: %w", err)
	}
	rest := []byte("[]\n}")
	if !bytes.HasSuffix(data, rest) {
		return nil, errors.New("cannot write the baseline as JSON: its destinations do not come last")
	}
	out.Write(bytes.TrimSuffix(data, rest))
	out.WriteByte('[')
	for i := range b.Destinations {
		line, err := report.MarshalASCII(&b.Destinations[i], true)
		if err != nil {
			return nil, fmt.Errorf("cannot write the baseline as JSON: %w", err)
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n    ")
		out.Write(line)
	}
	if len(b.Destinations) > 0 {
		out.WriteString("\n  ")
	}
	out.WriteString("]\n}\n")
	return out.Bytes(), nil
}

// Parse reads a baseline. What is damaged, not a baseline, or of a newer schema is
// refused; the error says what to do next.
func Parse(data []byte) (*Baseline, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("not a baseline: it has %d bytes", len(data))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("the file is empty; remove it and write a new one with --update-baseline")
	}
	var version struct {
		Schema *int `json:"schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, damaged(data, err)
	}
	switch {
	case version.Schema == nil:
		return nil, errors.New("not a baseline: it has no schema; write one with --update-baseline")
	case *version.Schema > Schema:
		return nil, fmt.Errorf("it has schema %d, this version reads up to %d; use a newer diagnose, or remove the file and write a new one", *version.Schema, Schema)
	case *version.Schema < 1:
		return nil, fmt.Errorf("not a baseline: schema %d", *version.Schema)
	}
	if err := unique(data); err != nil {
		return nil, damaged(data, err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var b Baseline
	if err := d.Decode(&b); err != nil {
		return nil, damaged(data, err)
	}
	if err := b.check(); err != nil {
		return nil, damaged(data, err)
	}
	return &b, nil
}

// damaged says where a file is damaged, if that is known, and what to do about it.
func damaged(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := int64(-1)
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	where := ""
	if at >= 0 && at <= int64(len(data)) {
		where = fmt.Sprintf(" in line %d", 1+bytes.Count(data[:max(at-1, 0)], []byte("\n")))
	}
	return fmt.Errorf("damaged%s: %s; take it from version control, or remove it and write a new one with --update-baseline", where, strings.TrimPrefix(err.Error(), "json: "))
}

// unique refuses a key that an object has twice, which is what a merge leaves behind:
// encoding/json would take the last one, whichever that is. Keys are compared as it
// compares them, whatever their case.
func unique(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	var open []map[string]bool // the keys of the objects around, nil for a list
	isKey := false
	for {
		tok, err := d.Token()
		if err != nil {
			return nil // the end; that it is JSON is known
		}
		switch t := tok.(type) {
		case json.Delim:
			switch t {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
		case string:
			if !isKey {
				break
			}
			keys, key := open[len(open)-1], strings.ToLower(t)
			if keys[key] {
				return fmt.Errorf("line %d has the key %q again", 1+bytes.Count(data[:d.InputOffset()], []byte("\n")), t)
			}
			keys[key], isKey = true, false
			continue
		}
		isKey = len(open) > 0 && open[len(open)-1] != nil
	}
}

// check returns the first thing that no baseline written by this program has.
func (b *Baseline) check() error {
	for i := range b.Destinations {
		d := &b.Destinations[i]
		switch {
		case d.Name == "":
			return errors.New("a destination has no name")
		case i > 0 && b.Destinations[i-1].Name >= d.Name:
			return fmt.Errorf("destination %q is there twice or not in order", d.Name)
		case report.SeverityRank(d.Severity) == 0:
			return fmt.Errorf("destination %q: unknown severity %q", d.Name, d.Severity)
		case math.IsNaN(d.LastingMinutes) || d.LastingMinutes < 0:
			return fmt.Errorf("destination %q: a number below 0", d.Name)
		}
		counts := []int64{d.Attempts, d.Delivered, d.Expired, d.Trouble, d.Peak, d.PeakLow, d.PeakHigh, d.LimitedAt, d.RetryFirstS, d.Retries}
		for class, n := range d.Refusals {
			if _, ok := mail.ParseClass(class); !ok {
				return fmt.Errorf("destination %q: unknown class %q", d.Name, class)
			}
			counts = append(counts, n)
		}
		for _, r := range d.Replies {
			if _, ok := mail.ParseClass(r.Class); !ok {
				return fmt.Errorf("destination %q: unknown class %q", d.Name, r.Class)
			}
			counts = append(counts, r.Count)
		}
		if err := counters(counts...); err != nil {
			return fmt.Errorf("destination %q: %w", d.Name, err)
		}
	}
	in := &b.Input
	return counters(in.Lines, in.Understood, in.Attempts, in.Refusals, in.UnknownReplies, in.UnknownKinds)
}

// counters refuses what counts nothing: numbers below 0 or beyond any log.
func counters(list ...int64) error {
	for _, n := range list {
		if n < 0 || n > 1<<53 {
			return fmt.Errorf("%d is no count", n)
		}
	}
	return nil
}

// Day is the day the baseline is of, "" if unknown.
func (b *Baseline) Day() string {
	if b.Last == nil {
		return ""
	}
	return b.Last.UTC().Format(time.DateOnly)
}
