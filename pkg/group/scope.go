package group

import (
	"net/netip"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Scope is whom a limit counts together (C13).
type Scope string

// The scopes.
const (
	ScopeUnknown Scope = "unknown"
	// ScopeIP counts each sending IP by itself.
	ScopeIP Scope = "per-ip"
	// ScopeRange counts the sending IPs of one network together: a /24 or a /64.
	ScopeRange Scope = "per-range"
	// ScopeDomain counts a sender, domain or service, whatever its IPs.
	ScopeDomain Scope = "per-domain"
	// ScopeReceiver counts everybody.
	ScopeReceiver Scope = "receiver-wide"
)

// scope finds out whom the limit counts. Where several sending IPs are refused, the
// number of sessions that leaves fewer refusals without an explanation tells: that of
// each, or their sum.
func (s *Summary) scope(th rules.Thresholds) {
	var refusing []*Cell
	for i := range s.ByIP {
		c := &s.ByIP[i]
		c.Limit.Scope = c.Acc.told()
		if c.IP != "" && c.Acc.Refusals[mail.ConnectionLimit] >= th.Int(rules.CurveFewest) && len(c.Acc.Spans) > 0 {
			refusing = append(refusing, c)
		}
	}
	if len(refusing) < 2 {
		return
	}
	sum := together(refusing, th)
	worst, known := 0.0, true
	for _, c := range refusing {
		worst, known = max(worst, c.Limit.odd), known && c.Limit.Known()
	}
	clearly := th.Value(rules.LimitLevel)
	switch {
	case sum.Known() && sum.odd+clearly <= worst:
		sum.Scope, sum.Shown = ScopeDomain, true
		if oneRange(refusing) {
			sum.Scope = ScopeRange
		}
		for _, c := range refusing {
			c.Limit = sum
			c.limitFacts()
		}
	case known && worst+clearly <= sum.odd:
		for _, c := range refusing {
			c.Limit.Scope, c.Limit.Shown = ScopeIP, true
		}
		differ(refusing, th)
	case known && sum.Known(): // both explain the refusals: the replies tell, or the bounds hold either
		for _, c := range refusing {
			if c.Limit.Scope != ScopeIP {
				c.Limit.High = max(c.Limit.High, sum.High)
				c.limitFacts()
			}
		}
	}
}

// together reads the limit off the sessions of several sending IPs.
func together(cells []*Cell, th rules.Thresholds) Limit {
	var spans []session.Span
	var connections []session.Connection
	var length, last int64
	for _, c := range cells {
		for _, mx := range c.hosts() {
			spans = append(spans, c.Acc.spansOf(mx)...)
		}
		length, last = max(length, c.stretchLength()), max(last, c.last())
	}
	tools := cells[0].tools()
	whole := tools.sweepOf(spans, nil, th)
	for _, c := range cells {
		connections = append(connections, c.connections(whole.precise(), wasServed, c.hosts()...)...)
	}
	course := tools.serve(&whole, connections, last).course(length)
	l := course.limit()
	l.Safe = course.safe(&l)
	return l
}

// differ marks limits that differ from one sending IP to another (C36).
func differ(cells []*Cell, th rules.Thresholds) {
	for i, a := range cells {
		for _, b := range cells[:i] {
			if a.Limit.apart(&b.Limit, th) {
				for _, c := range cells {
					c.Limit.Type, c.Limit.Moves = "dynamic", []string{MovesIP}
				}
				return
			}
		}
	}
}

// oneRange says that all cells are of one network.
func oneRange(cells []*Cell) bool {
	var first netip.Prefix
	for i, c := range cells {
		ip, err := netip.ParseAddr(c.IP)
		if err != nil {
			return false
		}
		bits := 24
		if ip.Is6() && !ip.Is4In6() {
			bits = 64
		}
		p, err := ip.Unmap().Prefix(bits)
		if err != nil || i > 0 && p != first {
			return false
		}
		first = p
	}
	return true
}

// told is the scope that most replies speak of.
func (a *Acc) told() Scope {
	best, most := ScopeUnknown, int64(0)
	for i, n := range a.Scopes {
		if n <= most {
			continue
		}
		most = n
		switch mail.Scope(i) {
		case mail.PerIP:
			best = ScopeIP
		case mail.PerDomain:
			best = ScopeDomain
		case mail.ReceiverWide:
			best = ScopeReceiver
		default:
			best = ScopeUnknown
		}
	}
	return best
}
