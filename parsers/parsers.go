// Package parsers defines what a log format is and which ones there are.
//
// A format turns lines into mail.Events. It is stateless per line as far as the
// format allows (a CSV header or an open JSON document is state of the file, a
// queue entry is not) and knows nothing of rules, groups or other files.
package parsers

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Decoder reads the lines of one file, in order.
type Decoder interface {
	// Decode parses one line (without its line end) and calls emit for each event
	// on it, Time and Host filled in as far as known. The event and its slices are
	// valid until emit returns; they may point into line. A line with a time but
	// nothing to tell is emitted as mail.KindNone, so that the position of a line
	// inside its second stays known.
	Decode(line []byte, emit func(*mail.Event)) mail.Verdict
	// Close is called once after the last line and emits what is still pending.
	Close(emit func(*mail.Event))
}

// Options are the facts about a file that its lines do not hold.
type Options struct {
	// Year is the year of the first line of the file, for formats whose time
	// stamps have none. Decoders step it forward when the month wraps.
	Year int
	// Location is the zone of time stamps without one. Never nil.
	Location *time.Location
}

// Format is one log format.
type Format struct {
	// Name is what --input-format and the reports call it.
	Name string
	// Title is one line for "diagnose formats".
	Title string
	// Carries is what the format tells. registry.All fills it in.
	Carries Carries
	// Score says how many of the sample lines are surely of this format.
	Score func(sample [][]byte) int
	// New starts a decoder for one file.
	New func(Options) Decoder
	// Yearless says that time stamps of the sample lack a year, Zoneless that they
	// lack a zone.
	Yearless, Zoneless func(sample [][]byte) bool
	// Unwrap, where it is set, takes the lines of a sample out of what they are
	// wrapped in (JSON of journald, a container's log): those are the lines whose
	// time stamps lack something.
	Unwrap func(sample [][]byte) [][]byte
}
