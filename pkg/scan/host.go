package scan

import (
	"math"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// host is the state of one log host.
type host struct {
	name    string
	tracker *join.Tracker
	twins   *join.Twins
	stream  *session.Stream
	cells   []*cell // by join.Cell
	index   map[group.Key]join.Cell
	first   map[string]join.Cell // by platform
	same    []join.Cell          // of each cell the first one of its platform
	slots   []*place             // by session.Slot
	places  map[placeKey]*place
	origins map[origin]*origin
	latest  *origin // of the attempt before
	trails  trails  // if rows of messages are wanted
	tries   tries
}

// origin is whom attempts of a log host come from.
type origin struct{ instance, sendingIP string }

// cell is an accumulator of a log host.
type cell struct {
	*group.Acc
	// bySender are the shares of sender domains, by domain.sender; 0 where not known.
	bySender [maxSending + 1]uint8
}

// place is an MX host of one accumulator of a log host. What every attempt needs stands
// together, for memory that is far away is slow.
type place struct {
	acc   *group.Acc
	of    *cell
	share group.ShareNumber // of the MX host; 0 before the first attempt
	cell  join.Cell
	slot  session.Slot
	setup *setupTime // of the MX host; nil before the first connection
	own   setupTime  // the memory of setup, for the first place of the MX host
	spans group.SpanList
}

// nameOf is the MX of an event, which is that of the place nearly always: then the name is
// kept once.
func (p *place) nameOf(ev *mail.Event) string {
	if mx := p.spans.MX(); mx == string(ev.MX) {
		return mx
	}
	return string(ev.MX)
}

type placeKey struct {
	cell join.Cell
	mx   string
}

// unknownPlatform is where an end is counted whose recipients are not known.
const unknownPlatform = "unknown"

// host returns the state of the log host of an event.
func (c *chain) host(ev *mail.Event) *host {
	name := ev.Host
	if h := c.latest; h != nil && h.name == string(name) {
		return h
	}
	h, ok := c.hosts[string(name)]
	if !ok && len(c.hosts) >= maxLogHosts {
		c.crowd.hosts += 1 + int64(ev.Repeats)
		name = []byte(otherHosts)
		h, ok = c.hosts[otherHosts]
	}
	if !ok {
		h = c.newHost(string(name))
	}
	c.latest = h
	return h
}

func (c *chain) newHost(name string) *host {
	h := &host{name: name, index: map[group.Key]join.Cell{}, first: map[string]join.Cell{}, places: map[placeKey]*place{}, origins: map[origin]*origin{}}
	h.tracker = c.memory.Tracker(func(f *join.Fate, n *join.Names) { c.end(h, f, n) })
	h.tracker.Destination = func(cell join.Cell) join.Cell { return h.same[cell] }
	if c.messages != nil {
		h.trails = newTrails()
		h.tracker.Gone = func(message int, recipients []int) { c.messages.gone(h, message, recipients) }
	}
	h.twins = c.memory.Twins(func(ev *mail.Event, origin string) {
		// The line at hand may be of another file, whose format tells no sessions; one that
		// marks twins does.
		file, sessions := c.file, c.sessions
		c.file, c.sessions = origin, true
		c.attempt(h, ev)
		c.file, c.sessions = file, sessions
	})
	h.stream = session.NewStream(name, func(s session.Slot, span session.Span) {
		h.slots[s].spans.Add(span)
	})
	c.detail.Before(h.stream.Settle)
	c.hosts[name] = h
	return h
}

// sender returns the share that a sender domain has of a cell, 0 if it is not known.
func (c *cell) sender(from *domain) group.ShareNumber {
	return group.ShareNumber(c.bySender[from.sender])
}

// keepSender remembers the share of a sender domain that has a number. Few are beyond
// what a byte tells, if any.
func (c *cell) keepSender(from *domain, share group.ShareNumber) {
	if from.sender > 0 && share <= math.MaxUint8 {
		c.bySender[from.sender] = uint8(share)
	}
}

// origin returns where an attempt comes from. When there are very many, all are forgotten.
func (h *host) origin(ev *mail.Event) *origin {
	if o := h.latest; o != nil && o.instance == string(ev.Instance) && o.sendingIP == string(ev.SendingIP) {
		return o
	}
	o, ok := h.origins[origin{string(ev.Instance), string(ev.SendingIP)}]
	if !ok {
		if len(h.origins) >= maxCached {
			clear(h.origins)
		}
		o = &origin{string(ev.Instance), string(ev.SendingIP)}
		h.origins[*o] = o
	}
	h.latest = o
	return o
}

// cell returns the accumulator of an event as the tracker knows it. Beyond the bound
// receivers of their own share one, and known ones theirs on each host.
func (c *chain) cell(h *host, d *rules.Destination, ev *mail.Event) join.Cell {
	if i, ok := h.index[group.Key{Platform: d.Platform, Host: h.name, Instance: string(ev.Instance), SendingIP: string(ev.SendingIP)}]; ok {
		return i
	}
	k := group.Key{Platform: d.Platform, Host: h.name, Instance: string(ev.Instance), SendingIP: string(ev.SendingIP)}
	if len(c.accs) < c.most {
		return c.newCell(h, k, d)
	}
	c.crowd.attempts++
	k.Instance, k.SendingIP = "", ""
	if d.Provider == "" {
		c.crowd.mixed = true
		d = &others
		k.Platform = d.Platform
	}
	if i, ok := h.index[k]; ok {
		return i
	}
	return c.newCell(h, k, d)
}

// lostCell is where an end is counted whose tries are not in these logs: of an expiry the
// destination that it names, if it names one.
func (c *chain) lostCell(h *host, f *join.Fate) join.Cell {
	ev := c.expiry
	if ev == nil || f.Outcome != mail.Expired || len(ev.Recipient)+len(ev.MX) == 0 {
		return c.unknownCell(h)
	}
	to, _, _ := c.destination(ev)
	i := c.cell(h, to, ev)
	h.cells[i].ESP = h.cells[i].ESP || ev.ESP
	return i
}

// unknownCell is where an end is counted whose recipients are not known.
func (c *chain) unknownCell(h *host) join.Cell {
	k := group.Key{Platform: unknownPlatform, Host: h.name}
	if i, ok := h.index[k]; ok {
		return i
	}
	return c.newCell(h, k, nil)
}

func (c *chain) newCell(h *host, k group.Key, d *rules.Destination) join.Cell {
	acc := c.detail.NewAcc()
	c.accs[k] = acc
	h.cells = append(h.cells, &cell{Acc: acc})
	i := join.Cell(len(h.cells) - 1)
	h.index[k] = i
	if _, ok := h.first[k.Platform]; !ok {
		h.first[k.Platform] = i
	}
	h.same = append(h.same, h.first[k.Platform])
	if d != nil && c.names[d.Platform] == nil {
		c.names[d.Platform] = d
	}
	return i
}

// place returns the place of an event. The one that mail for the same MX went to last is
// remembered with the MX.
func (c *chain) place(h *host, d *rules.Destination, rc *receiver, ev *mail.Event) *place {
	from := h.origin(ev)
	if rc != nil && rc.origin == from {
		return rc.place
	}
	cell := c.cell(h, d, ev)
	p, ok := h.places[placeKey{cell, string(ev.MX)}]
	if !ok {
		k := placeKey{cell: cell}
		if k.mx = string(ev.MX); rc != nil {
			k.mx = rc.name
		}
		p = c.newPlace(h, rc, k)
	}
	if rc != nil && p.spans.MX() == rc.name && len(c.accs) < c.most {
		rc.origin, rc.place = from, p
	}
	return p
}

// newPlace returns a new place, one for all MX hosts beyond the bound.
func (c *chain) newPlace(h *host, rc *receiver, k placeKey) *place {
	if len(h.slots) >= maxPlaces && k.mx != "" {
		c.crowd.places++
		k.mx = ""
		if p, ok := h.places[k]; ok {
			return p
		}
	}
	of := h.cells[k.cell]
	p := &place{}
	if rc != nil && rc.first.of == nil {
		p = &rc.first
	}
	*p = place{acc: of.Acc, of: of, cell: k.cell, slot: session.Slot(len(h.slots)), spans: of.SpanList(k.mx)}
	h.slots = append(h.slots, p)
	h.places[k] = p
	return p
}
