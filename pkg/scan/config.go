// Package scan runs the chain: inputs -> lines -> events -> messages, sessions and
// groups -> causes -> one report. It is the only library package that knows both
// the parsers and what comes after them.
package scan

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Config is everything a run depends on, read once by the caller.
type Config struct {
	Inputs []source.Input
	// Source bounds the reading of inputs and carries standard input.
	Source source.Options
	// Format forces one input format; empty recognises it from the first lines.
	Format string
	// Formats are formats that the user declares; they are tried before the built-in
	// ones, and taken where those recognise nothing.
	Formats []parsers.Format
	// Location is the zone of time stamps that have none; nil means UTC, and the
	// report says so.
	Location *time.Location
	// Year is the year of the newest time stamps without one; 0 infers it.
	Year int
	// Since and Until bound the attempts that count: Since <= t < Until; zero is open.
	Since, Until time.Time
	// Jobs is how many files are under way at once, into how many stages the reading of
	// each is parted (see lane), and how many goroutines sum up detail and measure
	// destinations; less than 1 means 1. The report does not depend on it.
	Jobs int
	// Now dates inputs that have no other anchor (standard input).
	Now time.Time
	// Rules is the rule set; never nil.
	Rules *rules.Set
	// NewIPs are sending IPs declared young (--new-ip, requirement H55).
	NewIPs []netip.Addr
	// IPs are the sending IPs whose attempts count (--ip); empty counts all,
	// those with no known sending IP included.
	IPs []netip.Addr
	// Class is the class of the failures that count (--class); ClassNone counts all.
	// Attempts that failed with another class are left out, deliveries are not: they
	// are what the failures are measured against.
	Class mail.Class
	// Streams are kinds of mail declared by sender; the first that takes a sender has
	// it, and "other" is what none takes. OnlyStreams, if any, are the names of those
	// whose attempts count (--stream).
	Streams     []Stream
	OnlyStreams []string
	// Pool is the declared kind of the sending IPs' pool: one of group.Pools, empty for
	// unknown (--pool).
	Pool string
	// ShowAddresses keeps recipient local parts; else they become stable short tags
	// made with Salt.
	ShowAddresses bool
	Salt          string
	// MaxMemory is about how many bytes a run may take (--max-memory); 0 bounds what is
	// remembered of messages to join.DefaultMost. Where the log needs more, joins are
	// approximate, and a note says so.
	MaxMemory int64
	// Detail is how many bytes of what happened are kept moment by moment, before older
	// moments are summed up; 0 is a part of what MaxMemory leaves, or group.DetailBytes without it.
	Detail int64
	// Scratch makes a temporary file for rows of messages that memory has no room for; nil
	// keeps all of them in memory.
	Scratch func() (ScratchFile, error)
	// Progress is updated while reading; nil is allowed.
	Progress *Progress

	memory *reused // of the pass under way
}

// Progress can be read from another goroutine while a run is under way.
type Progress struct {
	// Read and Total are bytes of the files as they lie on disk; Total grows while
	// inputs are opened and does not count standard input.
	Read, Total atomic.Int64
	// Lines is how many lines were parsed.
	Lines atomic.Int64
}
