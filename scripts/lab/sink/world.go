package sink

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Host is one receiver address.
type Host struct {
	Name string `yaml:"name"`
	Addr string `yaml:"addr"`
}

// Group is some hosts that share their limits, as a scenario writes it down.
type Group struct {
	Name  string   `yaml:"name"`
	Hosts []string `yaml:"hosts"` // keys of World's hosts
	Rules []Rule   `yaml:"rules"`
	// RTT is waited before each flush of replies, Take for each message taken; both vary
	// by half.
	RTT  time.Duration `yaml:"rtt"`
	Take time.Duration `yaml:"take"`
	TLS  bool          `yaml:"tls"`
}

// Setting is what a world is made of.
type Setting struct {
	Hosts map[string]Host
	// Domains have the keys of their MX hosts in order of preference, those of one
	// preference together.
	Domains map[string][][]string
	Groups  []Group
}

// World is all receivers.
type World struct {
	setting Setting
	groups  []*group
	began   time.Time
}

type group struct {
	Group
	name  string
	hosts []*host

	mu    sync.Mutex
	rules []rule
	peaks tally
}

type host struct {
	Host
	group *group

	sessions               []*session
	accepted               int
	last                   time.Time
	refusals               map[string]int
	took, turned           map[string]bool
	open, admitted         int
	peakOpen, peakAdmitted int
	peaks                  tally
}

// tally keeps numbers of sessions by client and how high they were.
type tally struct {
	openNow, admittedNow map[string]int
	open, admitted       map[string]int
}

func newTally() tally {
	return tally{map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}}
}

// New makes the world of a setting; Serve lets it answer.
func New(s Setting) (*World, error) {
	w := &World{setting: s, began: time.Now()}
	for _, g := range s.Groups {
		made := &group{Group: g, name: g.Name, peaks: newTally()}
		for i, r := range g.Rules {
			if r.Silence > 0 {
				made.rules = append(made.rules, nil) // the server asks for it
				continue
			}
			next, err := newRule(r)
			if err != nil {
				return nil, fmt.Errorf("cannot make group %s: rule %d: %w", g.Name, i+1, err)
			}
			made.rules = append(made.rules, next)
		}
		for _, key := range g.Hosts {
			h, ok := s.Hosts[key]
			if !ok {
				return nil, fmt.Errorf("cannot make group %s: no host %q", g.Name, key)
			}
			made.hosts = append(made.hosts, &host{Host: h, group: made, refusals: map[string]int{}, took: map[string]bool{}, turned: map[string]bool{}, peaks: newTally()})
		}
		w.groups = append(w.groups, made)
	}
	return w, nil
}

// vary is d, give or take half.
func vary(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return d/2 + rand.N(d)
}
