package scan

import (
	"bytes"
	"maps"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// chain applies events in log order: it classifies replies, finds destinations,
// follows messages and sessions per host, and fills the accumulators.
type chain struct {
	cfg        *Config
	classifier *rules.Classifier
	redact     mail.Redactor
	streams    streams
	messages   *messages // if rows of messages are wanted instead of groups
	hosts      map[string]*host
	accs       map[group.Key]*group.Acc
	names      map[string]rules.Destination // by platform
	mxCache    map[string]rules.Destination
	domains    map[string]rules.Destination // of failures without an MX, by recipient domain
	served     map[string]rules.Destination // by recipient domain: who took its mail before
	readings   map[readingKey]*group.Reading
	ownSide    map[ownSideKey]*ownSideCount
	unknown    map[string]*unknownReply
	unlisted   int64 // unknown replies beyond the bound
	refusals   report.Refusals
	first      int64
	last       int64
	file       string
	sessions   bool // the format at hand tells of sessions
	esp        bool
}

// host is the state of one log host.
type host struct {
	name    string
	tracker *join.Tracker
	twins   *join.Twins
	stream  *session.Stream
	reuse   reuse
	cells   []*group.Acc // by join.Cell
	index   map[group.Key]join.Cell
	first   map[string]join.Cell // by platform
	places  []join.Cell          // of each cell the first one of its platform
	slots   []slot               // by session.Slot
	bySlot  map[slotKey]session.Slot
	trails  trails // if rows of messages are wanted
}

type slot struct {
	acc *group.Acc
	mx  string
}

type slotKey struct {
	cell join.Cell
	mx   string
}

func newChain(cfg *Config) *chain {
	return &chain{
		cfg: cfg, classifier: cfg.Rules.Replies.NewClassifier(),
		redact:   mail.Redactor{Keep: cfg.ShowAddresses, Salt: cfg.Salt},
		streams:  streams{list: cfg.Streams, only: cfg.OnlyStreams, known: map[string]group.Stream{}},
		hosts:    map[string]*host{},
		accs:     map[group.Key]*group.Acc{},
		names:    map[string]rules.Destination{},
		mxCache:  map[string]rules.Destination{},
		domains:  map[string]rules.Destination{},
		served:   map[string]rules.Destination{},
		readings: map[readingKey]*group.Reading{},
		ownSide:  map[ownSideKey]*ownSideCount{},
		unknown:  map[string]*unknownReply{},
	}
}

// unknownPlatform is where an end is counted whose recipients are not known.
const unknownPlatform = "unknown"

func (c *chain) host(name []byte) *host {
	if h, ok := c.hosts[string(name)]; ok {
		return h
	}
	h := &host{name: string(name), reuse: newReuse(), index: map[group.Key]join.Cell{}, first: map[string]join.Cell{}, bySlot: map[slotKey]session.Slot{}}
	id := h.name
	h.tracker = join.New(func(f join.Fate) {
		if c.messages != nil {
			c.messages.end(h, &f)
			return
		}
		stream := c.streams.of(f.Sender)
		if !c.streams.wants(stream) {
			return
		}
		if f.Cell == join.NoCell {
			if c.cfg.Class != mail.ClassNone {
				return // nobody knows which class it failed with
			}
			f.Cell = c.cell(h, group.Key{Platform: unknownPlatform, Host: id})
		}
		domain := domainOf([]byte(f.Sender))
		if f.Met { // it may be shown as an example
			f.Sender, f.Recipient = c.redact.Sender(f.Sender), c.redact.Address(f.Recipient)
		}
		h.cells[f.Cell].AddFate(f, domain, stream)
	})
	h.tracker.Destination = func(cell join.Cell) join.Cell { return h.places[cell] }
	h.twins = join.NewTwins(func(ev *mail.Event, origin string) {
		now := c.file
		c.file = origin
		c.attempt(h, ev)
		c.file = now
	})
	h.stream = session.NewStream(id, func(s session.Slot, span session.Span) {
		h.slots[s].acc.AddSpan(h.slots[s].mx, span)
	})
	c.hosts[id] = h
	return h
}

// cell returns the accumulator of a key as the tracker knows it.
func (c *chain) cell(h *host, k group.Key) join.Cell {
	if i, ok := h.index[k]; ok {
		return i
	}
	acc := group.NewAcc()
	c.accs[k] = acc
	h.cells = append(h.cells, acc)
	i := join.Cell(len(h.cells) - 1)
	h.index[k] = i
	if _, ok := h.first[k.Platform]; !ok {
		h.first[k.Platform] = i
	}
	h.places = append(h.places, h.first[k.Platform])
	return i
}

func (h *host) slot(cell join.Cell, mx []byte) session.Slot {
	k := slotKey{cell, string(mx)}
	if s, ok := h.bySlot[k]; ok {
		return s
	}
	h.slots = append(h.slots, slot{h.cells[cell], k.mx})
	s := session.Slot(len(h.slots) - 1)
	h.bySlot[k] = s
	return s
}

// apply takes one event.
func (c *chain) apply(ev *mail.Event) {
	h := c.host(ev.Host)
	h.stream.Line(ev.Time, ev.Precise)
	switch ev.Kind {
	case mail.KindNone:
		return
	case mail.KindOwnSide:
		c.refusals.Seen++
		if !c.counts(ev.Time) {
			c.refusals.LeftOut++
			return
		}
		c.refusals.OwnSide++
		c.addOwnSide(ev)
	case mail.KindConnectFailure:
		// It names no message, so that nobody knows which stream it is of.
		if c.counts(ev.Time) && c.wants(mail.TimeoutNetwork) && len(c.streams.only) == 0 {
			k := group.Key{Platform: c.destination(ev).Platform, Host: string(ev.Host), Instance: string(ev.Instance), SendingIP: string(ev.SendingIP)}
			h.cells[c.cell(h, k)].ConnectFailures++
		}
	case mail.KindAttempt, mail.KindRefusal:
		if ev.Local {
			return
		}
		if !c.counts(ev.Time) {
			c.leaveOut(ev)
			return
		}
		if ev.Twin && ev.Kind == mail.KindRefusal {
			h.twins.Hold(ev, c.file)
			return
		}
		h.twins.Attempt(ev)
		c.attempt(h, ev)
	case mail.KindExpiry:
		if c.counts(ev.Time) {
			c.seen(ev.Time)
			h.tracker.Note(ev)
		}
	case mail.KindRemoved:
		h.twins.End(ev)
		h.tracker.Note(ev)
	default:
		h.tracker.Note(ev)
	}
}

// counts says that a time is inside --since and --until. A line without a time
// counts only if no window was asked for.
func (c *chain) counts(t int64) bool {
	since, until := c.cfg.Since, c.cfg.Until
	if t == 0 {
		return since.IsZero() && until.IsZero()
	}
	return (since.IsZero() || t >= since.UnixMicro()) && (until.IsZero() || t < until.UnixMicro())
}

// failed says that an event is an attempt on the wire that failed.
func failed(ev *mail.Event) bool {
	return ev.Outcome == mail.Deferred || ev.Outcome == mail.Bounced || ev.Outcome == mail.Refused
}

// leaveOut accounts for an attempt that does not count.
func (c *chain) leaveOut(ev *mail.Event) {
	if failed(ev) {
		c.refusals.Seen++
		c.refusals.LeftOut++
	}
}

// wants says that failures of a class count (--class).
func (c *chain) wants(class mail.Class) bool {
	return c.cfg.Class == mail.ClassNone || c.cfg.Class == class
}

func (c *chain) seen(t int64) {
	if t == 0 {
		return
	}
	if c.first == 0 || t < c.first {
		c.first = t
	}
	c.last = max(c.last, t)
}

// attempt takes one try, suspension or refusal at a remote MX.
func (c *chain) attempt(h *host, ev *mail.Event) {
	var stream group.Stream
	if len(c.streams.list) > 0 {
		stream = c.streams.of(h.tracker.Sender(ev))
		if !c.streams.wants(stream) {
			h.tracker.Pass(ev)
			c.leaveOut(ev)
			return
		}
	}
	c.seen(ev.Time)
	c.esp = c.esp || ev.ESP
	d := c.destination(ev)
	r := c.read(ev, d.Provider)
	// What our own MTA puts off is a suspension; an ESP's is its refusal of us.
	if r.Scope == mail.OwnSide && (ev.ESP || ev.Outcome != mail.Suspended) {
		c.addOwnReply(ev, r)
		if ev.Outcome == mail.Suspended {
			c.refusals.Seen++
			c.refusals.OwnSide++
		}
	}
	if ev.Outcome != mail.Delivered && !c.wants(r.Class) {
		h.tracker.Pass(ev)
		c.leaveOut(ev)
		return
	}
	k := group.Key{Platform: d.Platform, Host: string(ev.Host), Instance: string(ev.Instance), SendingIP: string(ev.SendingIP)}
	cell := c.cell(h, k)
	at := h.tracker.Attempt(ev, cell, r.Trouble())
	if c.messages != nil {
		c.messages.attempt(h, ev, &at, r, d.Platform)
		return
	}
	o := group.Observation{
		Event: ev, Attempt: at, Reading: r, Domain: domainOf(ev.Recipient),
		Where: group.Where{Time: ev.Time, File: c.file, Line: ev.Line}, Stream: stream,
	}
	if o.SenderDomain = domainOf(ev.Sender); at.Sender != "" {
		o.SenderDomain = domainOf([]byte(at.Sender))
	}
	h.cells[cell].Add(&o)
	switch {
	case at.Repeated:
		c.leaveOut(ev)
	case failed(ev):
		c.refusals.Seen++
		c.refusals.Destinations++
	}
	if ev.Outcome != mail.Suspended {
		h.reuse.see(h.cells[cell], &o)
	}
	if c.sessions && !at.Repeated && len(ev.MX)+len(ev.MXIP) > 0 {
		h.stream.Delivery(ev, h.slot(cell, ev.MX), r.Limited())
	}
}

// domainOf returns the lower-case domain of an address, empty if it has none.
func domainOf(address []byte) string {
	i := bytes.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return string(bytes.ToLower(address[i+1:]))
}

// finish ends all hosts, in the order of their names: the first place of an
// unknown reply is the first that is told.
func (c *chain) finish() {
	for _, name := range slices.Sorted(maps.Keys(c.hosts)) {
		h := c.hosts[name]
		h.twins.Finish()
		h.stream.Finish()
		h.tracker.Finish()
	}
}
