package group

import (
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Limit is what the log says of the number of sessions that the receiver serves at
// once. Zero is unknown throughout.
type Limit struct {
	// Type is "fixed", "dynamic" or "unknown".
	Type string
	// Sessions is the highest number of own sessions still not refused. Low and High
	// are the bounds of the limit at the end of the log: it lies between them. Safe is a
	// level known to be clean: enough was taken at it and nothing refused, and no later
	// refusal contradicts it.
	Sessions, Low, High, Safe int
	// Agree is how many stretches of time with enough refusals fit these bounds, of
	// Stretches. Where the limit moved, From and To are what it was before and after.
	Agree, Stretches, From, To int
	// Moves are what the limit moved with: time, mx or sending-ip.
	Moves []string
	// MX is the one host that the limit is of, empty for the platform.
	MX string
	// Scope is whom it counts, Shown whether the numbers show it; else it is what
	// the replies say.
	Scope Scope
	Shown bool

	odd float64 // see course
}

// Known says that there are bounds.
func (l *Limit) Known() bool { return l.Low > 0 }

// What a limit may move with.
const (
	MovesTime = "time"
	MovesMX   = "mx"
	MovesIP   = "sending-ip"
)

// limit measures the limit of a sending IP: of the platform, or of the one host that
// refuses while the others take mail.
func (c *Cell) limit(whole *swept) {
	a := c.Acc
	c.Limit = Limit{Type: "unknown"}
	messages := a.Refusals[mail.ConnectionLimit] < a.Refusals[mail.RateLimit]
	if whole.refused() < whole.fewest() || messages && c.Facts["shut_phases"].Value == 0 {
		return // a limit on messages is not counted in sessions, but may look like a quota
	}
	length := c.stretchLength()
	served := c.tools().serve(whole, c.connections(whole.precise(), wasServed, c.hosts()...), c.last())
	c.Facts["refused_unserved"] = rules.Measure{Value: served.unserved(), Basis: rules.Measured}
	if messages {
		return
	}
	all := served.course(length)
	c.Limit = all.limit()
	c.Limit.Safe = all.safe(&c.Limit)
	if len(c.hosts()) > 1 {
		c.byHost(whole, length)
	}
	c.limitFacts()
	if c.Limit.Type == "fixed" && c.Facts["reputation_share"].Value >= c.th.Value(rules.ReputationShare) {
		c.Limit.Type = "unknown" // C33: fixed is where reputation is normal
	}
}

// limitFacts makes facts of the limit.
func (c *Cell) limitFacts() {
	count := func(name string, n int) {
		if n > 0 {
			c.Facts[name] = rules.Measure{Value: float64(n), Basis: rules.Measured}
		}
	}
	count("limit_low", c.Limit.Low)
	count("limit_high", c.Limit.High)
	count("limit_agree", c.Limit.Agree)
}

// stretchLength is the piece of time over which the limit is taken for constant: a
// retry window, or a part of a log that is shorter than several.
func (c *Cell) stretchLength() int64 {
	pieces := max(c.th.Int(rules.LimitStretches), 1)
	return max(min(c.th.Micros(rules.Window), (c.Acc.Last-c.Acc.First)/pieces), BucketSeconds*second)
}

// byHost looks whether the limit is that of single hosts.
func (c *Cell) byHost(whole *swept, length int64) {
	var hosts []Limit
	refused := whole.refused()
	for _, mx := range c.hosts() {
		one := c.byMX[mx]
		if mx == "" || one.refused() < whole.fewest() {
			continue
		}
		course := c.tools().serve(one, c.connections(one.precise(), wasServed, mx), c.last()).course(length)
		l := course.limit()
		l.MX, l.Safe = mx, course.safe(&l)
		if one.refused() >= int64(c.th.Value(rules.CurveFull)*float64(refused)) && c.othersTake(mx) {
			if l.Known() {
				c.Limit = l
			}
			return
		}
		if l.Known() && l.Type != "dynamic" {
			hosts = append(hosts, l)
		}
	}
	if c.Limit.Known() && c.Limit.Type != "dynamic" {
		return // one limit over all hosts holds
	}
	for i := range hosts {
		for j := range hosts[:i] {
			if hosts[i].apart(&hosts[j], c.th) {
				c.Limit = Limit{Type: "dynamic", Moves: []string{MovesMX}, Stretches: c.Limit.Stretches}
				return
			}
		}
	}
}

// apart says that two limits cannot be one.
func (l *Limit) apart(o *Limit, th rules.Thresholds) bool {
	far := th.Value(rules.LimitMoved)
	return l.Known() && o.Known() && (o.High > 0 && float64(l.Low) >= far*float64(o.High) || l.High > 0 && float64(o.Low) >= far*float64(l.High))
}

// othersTake says that in the seconds in which one host refused, enough attempts were
// made at others, and (almost) none of them refused.
func (c *Cell) othersTake(mx string) bool {
	seconds := map[int64]bool{}
	for _, s := range c.Acc.spansOf(mx) {
		if s.Refused > 0 {
			seconds[s.Close/second] = true
		}
	}
	var others side
	for _, h := range c.Acc.Spans {
		for i := range h.List {
			if s := &h.List[i]; h.MX != mx && seconds[s.Close/second] {
				others.take(s)
			}
		}
	}
	return others.attempts >= c.th.Int(rules.CurveFewest) && others.share() <= c.th.Value(rules.CurveClean)
}
