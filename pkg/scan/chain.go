package scan

import (
	"hash/maphash"
	"maps"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
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
	memory     *join.Memory
	reuse      reuse
	hosts      map[string]*host
	latest     *host // of the line before
	accs       map[group.Key]*group.Acc
	most       int // accumulators
	templates  int // of replies, kept in all of them
	detail     *group.Detail
	names      map[string]*rules.Destination // by platform
	receivers  numbered[receiver]
	domains    numbered[domain]
	byMX       map[string]int // numbers of receivers
	byDomain   map[string]int
	noDomain   domain
	senders    []*domain // by join.Attempt.SenderNumber
	numbered   uint8     // domains with a number among sender domains
	near       near
	readings   readings
	ownSide    map[ownSideKey]*ownSideCount
	unknown    map[string]*unknownReply
	unlisted   int64 // unknown replies beyond the bound
	crowd      crowd
	refusals   report.Refusals
	first      int64
	last       int64
	expiry     *mail.Event // the one at hand, if any
	file       string
	sessions   bool // the format at hand tells of sessions
	// seeing is the attempt at hand, sampled its reading with a sample. buf is for one call.
	seeing  group.Observation
	sampled group.Reading
	buf     []byte
}

func newChain(cfg *Config) *chain {
	c := &chain{
		cfg: cfg, classifier: cfg.Rules.Replies.NewClassifier(),
		redact:   mail.Redactor{Keep: cfg.ShowAddresses, Salt: cfg.Salt},
		streams:  streams{list: cfg.Streams, only: cfg.OnlyStreams, known: map[string]group.Stream{}},
		memory:   join.NewMemory(cfg.spare() / joinPart),
		reuse:    newReuse(),
		hosts:    map[string]*host{},
		accs:     map[group.Key]*group.Acc{},
		most:     cfg.accs(),
		detail:   group.NewDetail(cfg.detail(), cfg.Rules.Thresholds),
		names:    map[string]*rules.Destination{},
		byMX:     map[string]int{},
		byDomain: map[string]int{},
		near:     near{seed: maphash.MakeSeed()},
		readings: newReadings(),
		ownSide:  map[ownSideKey]*ownSideCount{},
		unknown:  map[string]*unknownReply{},
	}
	c.detail.Workers, c.detail.Names = cfg.Jobs, namesOf*c.most
	return c
}

// apply takes one event.
func (c *chain) apply(ev *mail.Event) {
	c.bound(ev)
	h := c.host(ev)
	h.stream.Lines(ev.Time, ev.Precise, 1+int(ev.Repeats))
	switch ev.Kind {
	case mail.KindNone:
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
			to, _, _ := c.destination(ev)
			h.cells[c.cell(h, to, ev)].ConnectFailures++
		}
	case mail.KindAttempt, mail.KindRefusal:
		if ev.Local {
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
			c.expiry = ev
			h.tracker.Note(ev)
			c.expiry = nil
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

// attempt takes one try, suspension or refusal at a remote MX. What is told twice has
// become one by now, also where it does not count.
func (c *chain) attempt(h *host, ev *mail.Event) {
	if !c.counts(ev.Time) {
		c.leaveOut(ev)
		return
	}
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
	d, rc, to := c.destination(ev)
	r := c.read(ev, d)
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
	p := c.place(h, d, rc, ev)
	at := &c.seeing.Attempt
	*at = h.tracker.Attempt(ev, p.cell, r.Trouble())
	if c.messages != nil {
		c.messages.attempt(h, ev, at, r, d.Platform)
		return
	}
	c.observe(h, p, ev, r, to, stream)
}

// observe adds an attempt, of which seeing has what the tracker knows, to the accumulator
// of its place.
func (c *chain) observe(h *host, p *place, ev *mail.Event, r *group.Reading, to *domain, stream group.Stream) {
	acc, o := p.acc, &c.seeing
	o.Event, o.Reading, o.Stream = ev, r, stream
	o.Further = h.tries.further(ev, o.Attempt.Message, p.slot)
	o.Where = group.Where{Time: ev.Time, File: c.file, Line: ev.Line}
	o.Domain, o.MX, o.Known = "", "", group.Known{Acc: acc, MX: p.share}
	if p.share == 0 && p.spans.MX() == string(ev.MX) {
		o.MX = p.spans.MX()
	}
	if to != nil && len(to.name) < len(ev.Recipient) { // there is an @
		o.Domain, o.Known.Domain = to.lower, to.shareOf(acc)
	} else {
		to = nil
	}
	from := c.senderOf(&o.Attempt, ev)
	o.SenderDomain = from.lower
	o.Known.Sender = p.of.sender(from)
	if r.Template != "" {
		if o.Known.Reply = acc.Replies[r.Template]; acc.Shows(o.Known.Reply, o.Where) {
			o.Reading = c.sample(o, r)
		}
	}
	acc.Add(o)
	o.Reading = r
	if to != nil {
		to.acc, to.share = acc, o.Known.Domain
	}
	if o.MX != "" {
		p.share = o.Known.MX
	}
	p.of.keepSender(from, o.Known.Sender)
	switch {
	case o.Attempt.Repeated:
		c.leaveOut(ev)
	case failed(ev):
		c.refusals.Seen++
		c.refusals.Destinations++
	}
	if ev.Outcome != mail.Suspended {
		c.reuse.see(h, acc, p, o)
	}
	// Processes of several hosts are not those of one sender.
	if c.sessions && h.name != otherHosts && !o.Attempt.Repeated && len(ev.MX)+len(ev.MXIP) > 0 {
		h.stream.Delivery(ev, p.slot, r.Limited())
	}
}

// end takes what became of a recipient.
func (c *chain) end(h *host, f *join.Fate, n *join.Names) {
	if c.messages != nil {
		n.Fill(f)
		c.messages.end(h, f)
		return
	}
	stream := c.streams.of(n.Sender)
	if !c.streams.wants(stream) {
		return
	}
	if f.Cell == join.NoCell {
		if c.cfg.Class != mail.ClassNone {
			return // nobody knows which class it failed with
		}
		f.Cell = c.lostCell(h, f)
	}
	acc := h.cells[f.Cell].Acc
	example := f.Met && acc.Messages.Keeps(f)
	if example || f.Outcome == mail.Expired {
		n.Fill(f)
	}
	if example {
		f.Sender, f.Recipient = c.redact.Sender(f.Sender), c.redact.Address(f.Recipient)
	}
	acc.AddFate(*f, c.domainOf(n.Sender), stream)
}

// finish ends all hosts, in the order of their names: the first place of an
// unknown reply is the first that is told.
func (c *chain) finish() {
	names := slices.Sorted(maps.Keys(c.hosts))
	for _, name := range names {
		c.hosts[name].twins.Finish()
	}
	for _, name := range names {
		h := c.hosts[name]
		h.stream.Finish()
		h.tracker.Finish()
	}
	for _, acc := range c.accs {
		acc.Detach() // what the chain has besides may go now
	}
}
