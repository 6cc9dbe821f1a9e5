package sink

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Rule is one thing that a receiver goes by, as a scenario writes it down. Exactly one of
// the fields from Cap on to MaxMessages says which; Day, Penalty, Share and For belong to
// them. All limits count for one client IP over all hosts of the group.
type Rule struct {
	// As is the name under which the truth counts its refusals, Reply the name of the
	// reply text, At the stage.
	As    string `yaml:"as"`
	Reply string `yaml:"reply"`
	At    Stage  `yaml:"at"`
	// Client narrows the rule to one client IP.
	Client string `yaml:"client"`

	// Cap admits so many sessions at once. A session takes a slot when it connects if
	// one is free. One without a slot is refused at the banner; or, with At later, it stays
	// open and asks again with each message. After an excess the door stays shut for
	// Penalty.
	Cap     int           `yaml:"cap"`
	Penalty time.Duration `yaml:"penalty"`
	// Connections and Messages admit so many new sessions or messages in each stretch of
	// Per.
	Connections int           `yaml:"connections"`
	Messages    int           `yaml:"messages"`
	Per         time.Duration `yaml:"per"`
	// Quota is how many messages are taken on each day since the client was first seen;
	// the last number holds for ever. A day is Day long.
	Quota []int         `yaml:"quota"`
	Day   time.Duration `yaml:"day"`
	// Chance refuses with this probability whatever the load; 1 is a listing.
	Chance float64 `yaml:"chance"`
	// Greylist turns a triplet of client, sender and recipient away until it comes again
	// after this time; Share is the part of the triplets that are asked to.
	Greylist time.Duration `yaml:"greylist"`
	Share    float64       `yaml:"share"`
	// Silence is the part of the sessions that get no banner for the time For.
	Silence float64       `yaml:"silence"`
	For     time.Duration `yaml:"for"`
	// MaxMessages ends a session with 421 after so many messages.
	MaxMessages int `yaml:"max_messages"`
}

// event is what a rule is asked about.
type event struct {
	now      time.Time
	stage    Stage
	session  *session
	from, to string
}

// rule decides. Its methods are called under the lock of the group.
type rule interface {
	// refuses says whether the event is turned away.
	refuses(event) bool
	// closed tells that a session ended.
	closed(*session)
}

// stateless is the part of rules that do not care when sessions end.
type stateless struct{}

func (stateless) closed(*session) {}

// newRule makes a rule ready to be asked; a silence is none, the server asks for it.
func newRule(r Rule) (rule, error) {
	var list []rule
	add := func(used bool, made rule) {
		if used {
			list = append(list, made)
		}
	}
	add(r.Cap > 0, &sessionCap{limit: r.Cap, stage: r.At, penalty: r.Penalty, held: map[string]int{}, shut: map[string]time.Time{}})
	add(r.Connections > 0, &rate{n: r.Connections, stage: AtBanner, per: r.Per, used: map[string]int{}})
	add(r.Messages > 0, &rate{n: r.Messages, stage: AtMail, per: r.Per, used: map[string]int{}})
	add(len(r.Quota) > 0, &quota{days: r.Quota, day: r.Day, first: map[string]time.Time{}, used: map[spent]int{}})
	add(r.Chance > 0, &chance{p: r.Chance, stage: r.At})
	add(r.Greylist > 0, &greylist{delay: r.Greylist, share: r.Share, seen: map[string]time.Time{}})
	add(r.MaxMessages > 0, &maxMessages{n: r.MaxMessages})
	switch {
	case len(list) != 1:
		return nil, fmt.Errorf("cannot use rule %q: it says %d things to go by, not 1", r.As, len(list))
	case r.As == "":
		return nil, errors.New("cannot use a rule without a name (as)")
	case (r.Connections > 0 || r.Messages > 0) && r.Per <= 0:
		return nil, fmt.Errorf("cannot use rule %q: a rate needs per", r.As)
	case len(r.Quota) > 0 && r.Day <= 0:
		return nil, fmt.Errorf("cannot use rule %q: a quota needs day", r.As)
	case replyText(r.Reply) == "":
		return nil, fmt.Errorf("cannot use rule %q: there is no reply %q", r.As, r.Reply)
	}
	if r.Client != "" {
		return &only{list[0], r.Client}, nil
	}
	return list[0], nil
}

type sessionCap struct {
	limit   int
	stage   Stage
	penalty time.Duration
	held    map[string]int
	shut    map[string]time.Time
}

func (c *sessionCap) refuses(e event) bool {
	s := e.session
	if e.stage > c.stage || s.slot == c {
		return false
	}
	switch full := c.held[s.client] >= c.limit; {
	case full:
		c.shut[s.client] = e.now.Add(c.penalty)
	case !e.now.Before(c.shut[s.client]):
		s.slot = c
		c.held[s.client]++
		return false
	}
	return e.stage == c.stage
}

func (c *sessionCap) closed(s *session) {
	if s.slot == c {
		s.slot = nil
		c.held[s.client]--
	}
}

type rate struct {
	stateless
	n     int
	stage Stage
	per   time.Duration
	start time.Time
	used  map[string]int
}

func (r *rate) refuses(e event) bool {
	if e.stage != r.stage {
		return false
	}
	if e.now.Sub(r.start) >= r.per {
		r.start = e.now
		clear(r.used)
	}
	if r.used[e.session.client] >= r.n {
		return true
	}
	r.used[e.session.client]++
	return false
}

type spent struct {
	client string
	day    int
}

type quota struct {
	stateless
	days  []int
	day   time.Duration
	first map[string]time.Time
	used  map[spent]int
}

func (q *quota) refuses(e event) bool {
	if e.stage != AtMail {
		return false
	}
	first, ok := q.first[e.session.client]
	if !ok {
		first = e.now
		q.first[e.session.client] = first
	}
	key := spent{e.session.client, int(e.now.Sub(first) / q.day)}
	if q.used[key] >= q.days[min(key.day, len(q.days)-1)] {
		return true
	}
	q.used[key]++
	return false
}

type chance struct {
	stateless
	p     float64
	stage Stage
}

func (c *chance) refuses(e event) bool { return e.stage == c.stage && rand.Float64() < c.p }

type greylist struct {
	stateless
	delay time.Duration
	share float64
	// seen is when a triplet first came; the zero time: it need not wait.
	seen map[string]time.Time
}

func (g *greylist) refuses(e event) bool {
	if e.stage != AtRcpt {
		return false
	}
	key := e.session.client + " " + e.from + " " + e.to
	first, ok := g.seen[key]
	if !ok {
		if rand.Float64() < g.share {
			first = e.now
		}
		g.seen[key] = first
	}
	return e.now.Sub(first) < g.delay
}

type maxMessages struct {
	stateless
	n int
}

func (m *maxMessages) refuses(e event) bool { return e.stage == AtMail && e.session.accepted >= m.n }

// only narrows a rule to one client.
type only struct {
	rule
	client string
}

func (o *only) refuses(e event) bool { return e.session.client == o.client && o.rule.refuses(e) }
