// Package sim plays a sending Postfix against receivers whose rule is known, and
// writes the log which that Postfix would have written, with the truth beside it:
// what the receivers accepted and refused, and why.
//
// It is a discrete-event simulation: no network, no mail, no real clock. One seed
// gives one log, byte for byte. The time scale is that of a Postfix with its
// defaults (queue runs every 300 s, retries after 300 to 4000 s), which a laboratory
// with compressed timers cannot show.
//
//	flow ---> mta (incoming, active, deferred) ---> queue (one per destination) ---> delivery ---> platform
//	            ^                                     ^ concurrency feedback           |            rules
//	            +------------- deferred --------------+--------------------------------+
//
// The sending side follows the sources of Postfix 3.7: qmgr_queue.c (concurrency
// feedback, dead destinations), qmgr_active.c (backoff, expiry), qmgr_entry.c
// (connection cache on demand), smtp_connect.c (choice of the MX host),
// smtp_trouble.c (what is logged and what counts as a failure of the site). The
// receiving side is a list of rules (rules.go).
//
// Names and addresses are made up: example domains (RFC 2606), documentation
// networks (RFC 5737), and the host names of real providers.
package sim

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Options vary a scenario without changing what it is. The zero value is the
// scenario at full size.
type Options struct {
	// Seed chooses one of the possible logs; 0 means 1.
	Seed uint64
	// Scale multiplies the number of messages; 0 means 1. A batch is made shorter by
	// the same factor, so that its pace remains.
	Scale float64
	// Micro writes RFC 3339 stamps with microseconds instead of the whole seconds of
	// RFC 3164, which have no year.
	Micro bool
	// LongIDs writes long queue ids (postconf enable_long_queue_ids).
	LongIDs bool
}

// Scenario is one story: who sends what, by which rule the receivers go, and what
// a reader of the log ought to find.
type Scenario struct {
	// Name is the name for Run.
	Name string
	// About says in a sentence what happens.
	About string
	// Cause is the plain cause: burst, trust, queue-pressure, warm-up, listing, none,
	// or unclear where the log holds too little to tell.
	Cause string
	// Platform is the receiver that it is about, as reports call it; empty if all.
	Platform string

	length time.Duration
	start  time.Time
	play   func(*world)
}

// Scenarios returns all scenarios in a fixed order.
func Scenarios() []Scenario {
	return slices.Concat(bursts(), refusals(), fleets(), limits(), shapes(), scopes())
}

// Run plays a scenario and returns its log and the truth. A name that is not known
// is an error, as is a scale below 0.
func Run(name string, o Options) (log []byte, truth Truth, err error) {
	var b bytes.Buffer
	truth, err = Write(&b, name, o)
	return b.Bytes(), truth, err
}

// Write plays a scenario and writes its log while it is made, so that a log may be
// larger than memory. Errors are those of Run and of w.
func Write(w io.Writer, name string, o Options) (Truth, error) {
	all := Scenarios()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
	if i < 0 {
		names := make([]string, len(all))
		for j, s := range all {
			names[j] = s.Name
		}
		return Truth{}, fmt.Errorf("cannot play scenario %q: there is none of that name, only %s", name, strings.Join(names, ", "))
	}
	if o.Scale < 0 {
		return Truth{}, fmt.Errorf("cannot play scenario %q: scale %v is below 0", name, o.Scale)
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return all[i].write(w, o)
}

// midnight is when most scenarios begin: a Wednesday.
var midnight = time.Date(2026, time.May, 20, 0, 0, 0, 0, time.UTC)

func (s *Scenario) write(w io.Writer, o Options) (Truth, error) {
	start := s.start
	if start.IsZero() {
		start = midnight
	}
	e := &engine{rng: rand.New(rand.NewPCG(o.Seed, 0))}
	l := &logWriter{w: w, engine: e, start: start, micro: o.Micro, second: -1}
	wd := &world{engine: e, scale: o.Scale, length: s.length, start: start}
	wd.mta = newMTA(e, l, o.LongIDs)
	wd.receivers()
	wd.mta.boot()
	s.play(wd)
	e.run(s.length)
	err := l.flush()
	t := wd.truth()
	t.Scenario, t.About, t.Cause, t.Platform, t.Seed, t.Scale = s.Name, s.About, s.Cause, s.Platform, o.Seed, o.Scale
	return t, err
}
