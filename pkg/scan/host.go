package scan

import (
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// host is the state of one log host.
type host struct {
	name     string
	tracker  *join.Tracker
	twins    *join.Twins
	stream   *session.Stream
	cells    []*group.Acc // by join.Cell
	index    map[group.Key]join.Cell
	first    map[string]join.Cell // by platform
	same     []join.Cell          // of each cell the first one of its platform
	slots    []*place             // by session.Slot
	bySender [][]*group.Share     // by join.Cell, then by domain.sender; nil where not known
	places   map[placeKey]*place
	trails   trails // if rows of messages are wanted
}

// place is an MX host of one accumulator of a log host.
type place struct {
	cell  join.Cell
	slot  session.Slot
	mx    string
	setup *setupTime   // of the MX host; nil before the first connection
	share *group.Share // of the MX host; nil before the first attempt
	spans group.SpanList
}

type placeKey struct {
	cell join.Cell
	mx   string
}

// unknownPlatform is where an end is counted whose recipients are not known.
const unknownPlatform = "unknown"

// host returns the state of a log host.
func (c *chain) host(name []byte) *host {
	if h := c.latest; h != nil && h.name == string(name) {
		return h
	}
	h, ok := c.hosts[string(name)]
	if !ok && len(c.hosts) >= maxLogHosts {
		c.crowd.hosts++
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
	h := &host{name: name, index: map[group.Key]join.Cell{}, first: map[string]join.Cell{}, places: map[placeKey]*place{}}
	h.tracker = c.memory.Tracker(func(f *join.Fate, n *join.Names) { c.end(h, f, n) })
	h.tracker.Destination = func(cell join.Cell) join.Cell { return h.same[cell] }
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

// senderShare returns the share that a sender domain has of a cell, nil if it is not known.
func (h *host) senderShare(cell join.Cell, from *domain) *group.Share {
	if known := h.bySender[cell]; int(from.sender) < len(known) {
		return known[from.sender]
	}
	return nil
}

// keepSenderShare remembers the share of a sender domain that has a number.
func (h *host) keepSenderShare(cell join.Cell, from *domain, share *group.Share) {
	if n, known := int(from.sender), &h.bySender[cell]; n > 0 {
		if n >= len(*known) {
			*known = append(*known, make([]*group.Share, n+1-len(*known))...)
		}
		(*known)[n] = share
	}
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
	h.cells = append(h.cells, acc)
	h.bySender = append(h.bySender, nil)
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
	if rc != nil && rc.host == h && rc.instance == string(ev.Instance) && rc.sendingIP == string(ev.SendingIP) {
		return rc.place
	}
	cell := c.cell(h, d, ev)
	p, ok := h.places[placeKey{cell, string(ev.MX)}]
	if !ok {
		k := placeKey{cell: cell}
		if k.mx = string(ev.MX); rc != nil {
			k.mx = rc.name
		}
		p = c.newPlace(h, k)
	}
	if rc != nil && p.mx == rc.name && len(c.accs) < c.most {
		rc.host, rc.instance, rc.sendingIP, rc.place = h, string(ev.Instance), string(ev.SendingIP), p
	}
	return p
}

// newPlace returns a new place, one for all MX hosts beyond the bound.
func (c *chain) newPlace(h *host, k placeKey) *place {
	if len(h.slots) >= maxPlaces && k.mx != "" {
		c.crowd.places++
		k.mx = ""
		if p, ok := h.places[k]; ok {
			return p
		}
	}
	p := &place{cell: k.cell, mx: k.mx, slot: session.Slot(len(h.slots)), spans: h.cells[k.cell].SpanList(k.mx)}
	h.slots = append(h.slots, p)
	h.places[k] = p
	return p
}
