package exchange

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// direction says which way the mail of a protocol log goes.
type direction uint8

const (
	unknown direction = iota
	sends
	receives
)

// directionOf reads a "#Log-type:".
func directionOf(b []byte) direction {
	switch {
	case bytes.EqualFold(b, []byte("SMTP Send Protocol Log")):
		return sends
	case bytes.EqualFold(b, []byte("SMTP Receive Protocol Log")):
		return receives
	}
	return unknown
}

// speaker tells the direction by who says what: a server begins with three digits.
func speaker(event byte, data []byte) direction {
	digits := len(data) >= 3 && isDigits(data[:3]) && (len(data) == 3 || data[3] == ' ' || data[3] == '-')
	command := verbOf(data) != notVerb && verbOf(data) != otherVerb
	switch {
	case event == '<' && digits, event == '>' && command:
		return sends
	case event == '>' && digits, event == '<' && command:
		return receives
	}
	return unknown
}

// row is a row of the protocol log.
type row struct {
	time          int64
	sequence      int64
	event         byte
	data, context []byte
}

const (
	maxSessions = 4096    // that are followed
	maxNames    = 4096    // of hosts
	maxHeld     = 8       // rows of a session that wait for one before them
	maxAllHeld  = 8192    // in all sessions
	maxOpen     = 1 << 17 // recipients without a result, in all sessions
	maxKept     = 2048    // bytes of a cell that is kept
)

// protocol reads a row of the protocol log. The rows of a session come in the order of
// their sequence numbers, from 0; where some are missing, those after them wait a while.
func (d *Decoder) protocol(c *columns, cells [][]byte) mail.Verdict {
	id, what := c.get(cells, sessionID), c.get(cells, event)
	if len(id) == 0 || !isEvent(what) {
		return mail.NotUnderstood
	}
	r := row{time: d.event.Time, event: what[0], data: c.get(cells, data), context: c.get(cells, context)}
	s := d.sessions.Get(id)
	direction := d.direction
	if direction == unknown {
		direction = speaker(r.event, r.data)
	}
	if direction == unknown && s != nil {
		direction = s.direction
	}
	if direction == receives {
		if s != nil {
			d.forget(s)
			d.sessions.Delete(id)
		}
		return d.inbound(&r, c.get(cells, remoteEndpoint))
	}
	if s == nil {
		s = d.sessions.Put(id)
	}
	d.address(s, c, cells)
	s.id, s.direction = peer.Session(id), direction
	n, err := strconv.ParseInt(string(c.get(cells, sequence)), 10, 62)
	switch {
	case err != nil || n == s.next:
		s.next++
		d.apply(s, &r)
		d.release(s, false)
	case n > s.next:
		r.sequence = n
		d.hold(s, &r)
	default:
		return mail.Understood // a second time, or too late
	}
	if s.closed {
		d.forget(s)
		d.sessions.Delete(id)
		s = nil
	}
	if s == nil || d.told == 0 {
		d.none(r.time)
	}
	return mail.Understood
}

// inbound reads a row of a session with a client: what our own server says when it has
// too many of them is all that counts.
func (d *Decoder) inbound(r *row, remote []byte) mail.Verdict {
	ev := &d.event
	if r.event != '>' || len(r.data) == 0 || r.data[0] != '4' && r.data[0] != '5' || !peer.TooMany(r.data) {
		d.emit(ev)
		return mail.Irrelevant
	}
	ev.Kind, ev.Client, ev.Text = mail.KindOwnSide, peer.Address(remote), r.data
	d.emit(ev)
	return mail.Understood
}

// hold keeps a row until those before it have come.
func (d *Decoder) hold(s *session, r *row) {
	r.data, r.context = keep(r.data, maxKept), keep(r.context, maxKept)
	i, found := slices.BinarySearchFunc(s.held, r.sequence, func(h row, n int64) int { return int(min(max(h.sequence-n, -1), 1)) })
	if found {
		return // a second time
	}
	s.held = slices.Insert(s.held, i, *r)
	d.held++
	// What was before the beginning of the file never comes.
	complete := s.next == 0 && s.held[len(s.held)-1].event == '-' && s.held[len(s.held)-1].sequence-s.held[0].sequence == int64(len(s.held)-1)
	d.release(s, complete || len(s.held) > maxHeld || d.held > maxAllHeld)
}

// release reads the rows that wait for no other, or all.
func (d *Decoder) release(s *session, all bool) {
	n := 0
	for n < len(s.held) && (all || s.held[n].sequence == s.next) {
		r := &s.held[n]
		if r.sequence != s.next && s.next > 0 { // rows are lost: what waits for a reply may have had it
			d.open -= s.abandon()
			s.commands, s.partial, s.setback = s.commands[:0], false, setback{}
		}
		s.next = r.sequence + 1
		d.apply(s, r)
		n++
	}
	if n > 0 {
		d.held -= n
		s.held = slices.Delete(s.held, 0, n)
	}
}

// address keeps what the columns tell of the connection.
func (d *Decoder) address(s *session, c *columns, cells [][]byte) {
	if s.sendingIP == nil {
		s.sendingIP = keep(peer.Address(c.get(cells, localEndpoint)), 64)
	}
	if s.mxIP == nil {
		s.mxIP = keep(peer.Address(c.get(cells, remoteEndpoint)), 64)
	}
	if s.connector == nil {
		s.connector = keep(c.get(cells, connectorID), 256)
		s.internal = isInternal(s.connector)
	}
}

// keep returns a copy of at most limit bytes, nil of none.
func keep(b []byte, limit int) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b[:min(len(b), limit)])
}
