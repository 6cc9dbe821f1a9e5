package sim

import (
	"strings"
	"time"
)

// rule is one thing that a receiver goes by. Rules of a platform are asked one after
// the other, at every stage of every session.
type rule interface {
	// name is the key under which the truth counts its refusals.
	name() string
	// answer returns the reply that refuses, or nothing.
	answer(*asking) string
	// closed tells that a session ended.
	closed(*session)
}

// stateless is the part of rules that do not care when sessions end.
type stateless struct{}

func (stateless) closed(*session) {}

// limit is a number that may change while the log goes on.
type limit []level

type level struct {
	from time.Duration
	n    int
}

// always is a limit that does not change.
func always(n int) limit { return limit{{0, n}} }

func (l limit) at(t time.Duration) (n int) {
	for _, v := range l {
		if v.from <= t {
			n = v.n
		}
	}
	return n
}

// scope is whom a limit counts together.
type scope uint8

const (
	// perIP counts one sending IP over all hosts of the platform.
	perIP scope = iota
	// perHost counts one sending IP at each host.
	perHost
	// perRange counts the /24 of sending IPs together.
	perRange
)

// key names what a session is counted with.
func (sc scope) key(s *session) string {
	switch sc {
	case perHost:
		return s.ip + " " + s.host.name
	case perRange:
		return s.ip[:strings.LastIndexByte(s.ip, '.')]
	case perIP:
	}
	return s.ip
}

// sessionCap admits so many sessions at once, counted by scope. A session takes a slot when it connects if one is free. One without
// is turned away at the banner; or, where the stage is MAIL, it stays open and asks
// again with each message (what Microsoft does with 451 4.7.652). After an excess
// the door may stay shut for a while.
type sessionCap struct {
	limit   limit
	scope   scope
	stage   stage
	penalty time.Duration
	reply   reply

	held map[string]int           // slots by scope
	shut map[string]time.Duration // until when
	most map[string]int           // most slots ever held
}

func (*sessionCap) name() string { return "cap" }

func (c *sessionCap) answer(a *asking) string {
	s := a.session
	if a.stage > c.stage || s.slot == c {
		return ""
	}
	if c.held == nil {
		c.held, c.shut, c.most = map[string]int{}, map[string]time.Duration{}, map[string]int{}
	}
	k := c.scope.key(s)
	switch full := c.held[k] >= c.limit.at(a.now); {
	case full && c.penalty > 0:
		c.shut[k] = a.now + c.penalty
	case !full && a.now >= c.shut[k]:
		s.slot = c
		c.held[k]++
		c.most[k] = max(c.most[k], c.held[k])
		return ""
	}
	if a.stage < c.stage {
		return "" // it may stay and ask again
	}
	return c.reply(a)
}

func (c *sessionCap) closed(s *session) {
	if s.slot == c {
		s.slot = nil
		c.held[c.scope.key(s)]--
	}
}

// perMinute admits so many new sessions ("connections", at the banner) or messages
// (at MAIL) of one sending IP in each clock minute.
type perMinute struct {
	stateless
	stage stage
	n     int
	reply reply

	minute time.Duration
	used   map[string]int
}

func (r *perMinute) name() string {
	if r.stage == atBanner {
		return "connection-rate"
	}
	return "message-rate"
}

func (r *perMinute) answer(a *asking) string {
	if a.stage != r.stage {
		return ""
	}
	if m := a.now / time.Minute; m != r.minute || r.used == nil {
		r.minute, r.used = m, map[string]int{}
	}
	if r.used[a.session.ip] >= r.n {
		return r.reply(a)
	}
	r.used[a.session.ip]++
	return ""
}

// quota accepts so many messages of one sending IP a day, the n-th number on the
// n-th day since the IP was first seen; the last number holds for ever.
type quota struct {
	stateless
	days  []int
	reply reply

	first map[string]int
	today int
	used  map[string]int
}

func (*quota) name() string { return "quota" }

func (q *quota) answer(a *asking) string {
	if a.stage != atMail {
		return ""
	}
	ip, day := a.session.ip, int(a.now/(24*time.Hour))
	if q.first == nil {
		q.first = map[string]int{}
	}
	if _, ok := q.first[ip]; !ok {
		q.first[ip] = day
	}
	if day != q.today || q.used == nil {
		q.today, q.used = day, map[string]int{}
	}
	if q.used[ip] >= q.days[min(day-q.first[ip], len(q.days)-1)] {
		return q.reply(a)
	}
	q.used[ip]++
	return ""
}

// chance refuses with probability p whatever the load: a receiver that does not
// trust the sender, or a busy one.
type chance struct {
	stateless
	key   string // for the truth
	p     float64
	stage stage
	reply reply
}

func (c *chance) name() string { return c.key }

func (c *chance) answer(a *asking) string {
	if a.stage != c.stage || !a.chance(c.p) {
		return ""
	}
	return c.reply(a)
}

// once refuses the first message that comes to a host after a moment, and no other.
type once struct {
	stateless
	at    *host
	from  time.Duration
	reply reply
	spent bool
}

func (*once) name() string { return "once" }

func (o *once) answer(a *asking) string {
	if a.stage != atMail || a.session.host != o.at || a.now < o.from || o.spent {
		return ""
	}
	o.spent = true
	return o.reply(a)
}

// greylist turns a triplet of IP, sender and recipient away until it comes again
// after delay.
type greylist struct {
	stateless
	delay time.Duration
	reply reply

	seen map[string]time.Duration
}

func (*greylist) name() string { return "greylist" }

func (g *greylist) answer(a *asking) string {
	if a.stage != atRcpt {
		return ""
	}
	key := strings.Join([]string{a.session.ip, a.sender, a.recipient}, " ")
	first, ok := g.seen[key]
	if !ok {
		if g.seen == nil {
			g.seen = map[string]time.Duration{}
		}
		first = a.now
		g.seen[key] = first
	}
	if a.now-first >= g.delay && ok {
		return ""
	}
	return g.reply(a)
}

// when narrows a rule to a stretch of time and, if they are set, to one sending IP and
// one host.
type when struct {
	rule
	from, to time.Duration // to 0 means the end of the log
	ip       string
	host     *host
}

func (w *when) answer(a *asking) string {
	if a.now < w.from || w.to > 0 && a.now >= w.to || w.ip != "" && w.ip != a.session.ip || w.host != nil && w.host != a.session.host {
		return ""
	}
	return w.rule.answer(a)
}
