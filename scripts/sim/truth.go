package sim

import (
	"maps"
	"slices"
	"time"
)

// Truth is what really happened, counted by the receivers and by the queue, never
// read from the log.
type Truth struct {
	Scenario string `json:"scenario"`
	About    string `json:"about"`
	// Cause is the plain cause; Platform the receiver it is about, empty if all.
	Cause    string  `json:"cause"`
	Platform string  `json:"platform"`
	Seed     uint64  `json:"seed"`
	Scale    float64 `json:"scale"`
	// First is when the log begins, Last when it ends.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`

	// Messages and Recipients were handed to Postfix; notifications are not among
	// them but in Notices, and their deliveries in all that follows.
	Messages   int `json:"messages"`
	Recipients int `json:"recipients"`
	Notices    int `json:"notices"`
	// Attempts are recipients tried on the wire, by what the log says of them.
	Attempts Attempts `json:"attempts"`
	// Fate is what became of the recipients by the end of the log.
	Fate Fate `json:"fate"`
	// Accepted are recipients, Refusals replies that turned somebody away, by rule:
	// one for a whole message up to MAIL FROM, one for each recipient after it.
	Accepted    int            `json:"accepted"`
	Refusals    map[string]int `json:"refusals"`
	Connections int            `json:"connections"`
	// Platforms are the receivers that were asked, by name, MX their hosts.
	Platforms []Receiver `json:"platforms"`
	MX        []Receiver `json:"mx"`
}

// Attempts count delivery lines.
type Attempts struct {
	Sent     int `json:"sent"`
	Deferred int `json:"deferred"`
	Bounced  int `json:"bounced"`
	// Interim are refusals by one MX host before the next was tried: lines without a
	// recipient. Suspended are lines of recipients that were not tried, because the
	// destination was taken for dead.
	Interim   int `json:"interim"`
	Suspended int `json:"suspended"`
}

// Fate counts recipients.
type Fate struct {
	Delivered int `json:"delivered"`
	Bounced   int `json:"bounced"`
	Expired   int `json:"expired"`
	Queued    int `json:"queued"`
}

// Receiver is the count of one platform or host.
type Receiver struct {
	Name        string         `json:"name"`
	Addr        string         `json:"addr,omitempty"`
	Connections int            `json:"connections"`
	Accepted    int            `json:"accepted"`
	Refusals    map[string]int `json:"refusals"`
	// PeakOpen is the highest number of sessions open at once, by sending IP,
	// idle ones included; PeakAdmitted of those that a cap let in.
	PeakOpen     map[string]int `json:"peak_open"`
	PeakAdmitted map[string]int `json:"peak_admitted,omitempty"`
	// Cap is the lowest and the highest limit of sessions that held, if there was one.
	Cap []int `json:"cap,omitempty"`
}

// tally is a Receiver in the making.
type tally struct {
	Connections, Accepted int
	Refusals, peak        map[string]int
}

func newTally() tally { return tally{Refusals: map[string]int{}, peak: map[string]int{}} }

func (t *tally) connected(ip string, open int) {
	t.Connections++
	t.peak[ip] = max(t.peak[ip], open)
}

func (t *tally) receiver(name, addr string) Receiver {
	return Receiver{Name: name, Addr: addr, Connections: t.Connections, Accepted: t.Accepted, Refusals: t.Refusals, PeakOpen: t.peak}
}

// truth counts what the world came to.
func (w *world) truth() Truth {
	m := w.mta
	t := Truth{
		First: w.start, Last: w.start.Add(w.length), Messages: m.messages, Recipients: m.recipients, Notices: m.notices,
		Attempts: m.attempts, Fate: m.fate, Refusals: map[string]int{}, Platforms: []Receiver{}, MX: []Receiver{},
	}
	t.Fate.Queued = m.recipients - t.Fate.Delivered - t.Fate.Bounced - t.Fate.Expired
	for _, p := range w.platforms {
		if p.seen.Connections == 0 {
			continue
		}
		r := p.seen.receiver(p.name, "")
		for _, rule := range p.rules {
			if narrow, ok := rule.(*when); ok {
				rule = narrow.rule
			}
			c, ok := rule.(*sessionCap)
			if !ok {
				continue
			}
			r.PeakAdmitted = maps.Clone(c.most)
			for _, l := range c.limit {
				r.Cap = append(r.Cap, l.n)
			}
			r.Cap = []int{slices.Min(r.Cap), slices.Max(r.Cap)}
		}
		t.Platforms = append(t.Platforms, r)
		t.Accepted += r.Accepted
		t.Connections += r.Connections
		for name, n := range r.Refusals {
			t.Refusals[name] += n
		}
	}
	for _, h := range w.hosts {
		if h.seen.Connections > 0 {
			t.MX = append(t.MX, h.seen.receiver(h.name, h.addr))
		}
	}
	return t
}
