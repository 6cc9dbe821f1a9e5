// Package snapshot stores what was read from logs: their events, so that a report can
// be made of them again, with the logs of other hosts, other filters and newer rules.
//
//	w := snapshot.NewWriter(out)
//	for each file { for each event { w.Write(&ev) }; stream := w.EndFile() }
//	w.Close(snapshot.Index{Files: files})
//
//	contents, err := snapshot.Scan(in)         // every byte is checked, no event read
//	r := snapshot.NewReader(in, contents.Files[0].Place)  // in begins at Place.Offset
//	for { n, err := r.Read(events) }
//
// Events are what everything else is computed from, so that putting two snapshots one
// after the other is the same as reading both logs: nothing has to be merged, and a
// message whose lines are in both is followed as if they were one. The form does not
// depend on what reports measure today.
//
// Of an event only what something reads is kept (Trim). Lines that tell nothing but
// their time are kept as far as the order inside a second depends on them (quiet.go).
// Who must not be named is not in it: the caller seals addresses first
// (mail.Redactor.Seal).
//
// docs/snapshots.md describes the bytes. The same events give the same bytes.
package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Magic is how a snapshot begins, as PNG does: a byte that no text has, and line ends
// that a transfer as text would change.
const Magic = "\x89diagnose\r\n\x1a\n"

// Version is the version that is written. Every version from 1 is read.
const Version = 1

// Index is what a snapshot says besides the events.
type Index struct {
	// Files are all inputs, in the order in which they were named.
	Files []File
	// Arguments are problems with arguments that named no input.
	Arguments []Problem
	// LeftOut are remarks on what was left out of directories and inputs.
	LeftOut []string
}

// File is one input of the run that made the snapshot.
type File struct {
	// Path is the input as it was named; "-" is standard input.
	Path string
	// Format is the name of its format, Sessions says that the format tells of sessions.
	Format   string
	Sessions bool
	// Left says that it holds what another input holds and was left out.
	Left bool
	// Known says that the format was recognised.
	Known bool
	// Lines are its lines by mail.Verdict.
	Lines [3]int64
	// First and Last are what inputs are sorted by, in microseconds, 0 if unknown.
	First, Last int64
	// Print and Head are fingerprints of its first 1024 bytes and 64 KiB.
	Print, Head uint64
	// Redacted says that addresses are sealed, Salt is the check of the salt.
	Redacted bool
	Salt     uint16
	// Notes are remarks that are joined with those on other inputs; Repeats say what was
	// left out because of it; Span is the remark on its years. Empty for none.
	Notes, Repeats []string
	Span           string
	// Problems were met when it was opened, Broken when it broke off.
	Problems, Broken []Problem
	// Stream is what Writer.EndFile returned; it means nothing if Left.
	Stream int
	// Place is where the events are. Scan fills it in.
	Place Place
}

// Place is where the events of one file are in a snapshot.
type Place struct {
	Offset int64 // of the first block
	Blocks int
	Events int64

	version int
}

// Problem is a part of the input that could not be read.
type Problem struct {
	File string
	Line int64
	Text string
}

// Bounds of what is read, before anything is allocated.
const (
	// blockEvents and blockBytes are when a block is full.
	blockEvents = 1 << 16
	blockBytes  = 4 << 20
	// maxBlock bounds a section, maxRoom what a block unpacks to, the texts put together
	// from their parts included: one line of a JSON document, 64 MiB at most, fits.
	maxBlock = 96 << 20
	maxRoom  = 2 * maxBlock
	// maxRatio is more than zstd can do: 128 KiB of one byte take 4 (RFC 8878 3.1.1.2.2).
	maxRatio = 1 << 15
	// maxFiles bounds the files of an index.
	maxFiles = 1 << 20
)

// errTruncated is a snapshot that ends before its end.
var errTruncated = errors.New("it ends too early")

// header is the beginning of a snapshot.
func header() []byte { return binary.LittleEndian.AppendUint16([]byte(Magic), Version) }

// checkVersion says whether a version can be read.
func checkVersion(v int) error {
	switch {
	case v > Version:
		return &NewerError{v}
	case v < 1:
		return fmt.Errorf("version %d does not exist", v)
	}
	return nil
}

// NewerError is a snapshot of a version that this program does not know.
type NewerError struct{ Version int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("it has version %d, this diagnose reads versions up to %d; use a newer diagnose", e.Version, Version)
}

// Trim removes from an event what no report, row or ticket depends on, and what is not
// stored therefore. It makes empty texts nil.
func Trim(ev *mail.Event) {
	ev.Relay, ev.Size, ev.Recipients = nil, 0, 0
	ev.Delays[1] = 0 // in the queue manager
	switch ev.Kind {
	case mail.KindAttempt, mail.KindRefusal:
		ev.Child = nil
	case mail.KindExpiry:
		ev.Child, ev.Process = nil, nil
	case mail.KindOwnSide:
		ev.Child, ev.PID = nil, 0
	default:
		ev.Process, ev.Line, ev.PID = nil, 0, 0
	}
	for _, text := range texts(ev) {
		if len(*text) == 0 {
			*text = nil
		}
	}
}

// texts are the texts of an event that are stored.
func texts(ev *mail.Event) [15]*[]byte {
	return [...]*[]byte{
		&ev.Host, &ev.Instance, &ev.Process, &ev.QueueID, &ev.Child, &ev.MessageID, &ev.Sender, &ev.Recipient,
		&ev.MX, &ev.MXIP, &ev.SendingIP, &ev.Client, &ev.Reply, &ev.Text, &ev.DSN,
	}
}
