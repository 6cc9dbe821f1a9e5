package sink

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// Truth is what the receivers counted. Accepted are recipients; Refusals are replies that
// turned somebody away, by rule: one for a session or a message up to MAIL FROM, one for
// each recipient after it.
type Truth struct {
	Summary Summary          `json:"summary"`
	Sinks   []Count          `json:"sinks"`
	Groups  map[string]Peaks `json:"groups"`
	// Sessions is every connection, in the order of their beginning.
	Sessions []Session `json:"-"`
}

// Summary is the sum over all receivers, and how the run ended.
type Summary struct {
	Scenario string `json:"scenario"`
	MTA      string `json:"mta"`
	// Cause is the plain cause at the receiver that the scenario is about, none for
	// scenarios without a limit of connections.
	Cause string `json:"cause"`
	// Policy says that a policy was applied before the first message.
	Policy bool `json:"policy"`
	// Messages were injected. ElapsedS is from the first of them to the end of the run;
	// DrainedS is when the queue was empty, null if it never was.
	Messages  int      `json:"messages"`
	ElapsedS  float64  `json:"elapsed_s"`
	DrainedS  *float64 `json:"drained_s"`
	QueueLeft int      `json:"queue_left"`
	// LateMS is how long a program waited for a processor, on average, in milliseconds.
	LateMS float64 `json:"late_ms"`
	// UnderWay are messages taken and refused while the MTA was being stopped: its log may
	// not have them.
	UnderWay int `json:"under_way"`

	Accepted       int            `json:"accepted"`
	Connections    int            `json:"connections"`
	Refusals       map[string]int `json:"refusals"`
	UniqueAccepted int            `json:"unique_accepted"`
	PeakOpen       int            `json:"peak_open"`
	PeakAdmitted   int            `json:"peak_admitted"`
}

// Handled is how many messages were taken or refused.
func (s *Summary) Handled() int {
	n := s.Accepted
	for _, k := range s.Refusals {
		n += k
	}
	return n
}

// Count is what one receiver address counted.
type Count struct {
	Sink        string         `json:"sink"`
	Addr        string         `json:"addr"`
	Connections int            `json:"connections"`
	Accepted    int            `json:"accepted"`
	Refusals    map[string]int `json:"refusals"`
	// UniqueAccepted are recipients taken at least once, UniqueDeferred those that were
	// refused and never taken.
	UniqueAccepted int `json:"unique_accepted"`
	UniqueDeferred int `json:"unique_deferred"`
	// PeakOpen is the highest number of sessions open at once, idle ones included;
	// PeakAdmitted that of the sessions that hold a slot, where there is a cap.
	PeakOpen     int            `json:"peak_open"`
	PeakOpenIP   map[string]int `json:"peak_open_ip"`
	PeakAdmitted int            `json:"peak_admitted"`
	// LastS is when the last message was taken, in seconds since the receivers began.
	LastS float64 `json:"last_accepted_s"`
	// Curve is the refusal curve: sessions by how many of the same client were open when
	// they began, and how many of them met a refusal.
	Curve []Bin `json:"curve"`
}

// Peaks are those of one client over all hosts of a group.
type Peaks struct {
	Open     map[string]int `json:"peak_open_ip"`
	Admitted map[string]int `json:"peak_admitted_ip"`
}

// Bin is one step of a refusal curve.
type Bin struct {
	Level    string `json:"sessions"`
	Sessions int    `json:"of"`
	Refused  int    `json:"refused"`
}

// Session is one connection as the receiver saw it.
type Session struct {
	Sink, Addr, Client string
	Opened, Closed     time.Time
	Accepted, Refused  int
}

// Truth sums up; sessions that are open still end now.
func (w *World) Truth() Truth {
	t := Truth{Groups: map[string]Peaks{}, Summary: Summary{Refusals: map[string]int{}}}
	for _, g := range w.groups {
		g.mu.Lock()
		t.Groups[g.name] = Peaks{maps.Clone(g.peaks.open), maps.Clone(g.peaks.admitted)}
		for _, h := range g.hosts {
			var past []Session
			for _, s := range h.sessions {
				past = append(past, s.row(time.Now()))
			}
			c := Count{
				Sink: h.Name, Addr: h.Addr + ":25", Connections: len(h.sessions), Accepted: h.accepted, Refusals: maps.Clone(h.refusals),
				UniqueAccepted: len(h.took), PeakOpen: h.peakOpen, PeakOpenIP: maps.Clone(h.peaks.open), PeakAdmitted: h.peakAdmitted, Curve: curve(past),
			}
			if !h.last.IsZero() {
				c.LastS = h.last.Sub(w.began).Round(time.Millisecond).Seconds()
			}
			for to := range h.turned {
				if !h.took[to] {
					c.UniqueDeferred++
				}
			}
			t.Sinks = append(t.Sinks, c)
			t.Sessions = append(t.Sessions, past...)
			sum := &t.Summary
			sum.Accepted += c.Accepted
			sum.Connections += c.Connections
			sum.UniqueAccepted += c.UniqueAccepted
			sum.PeakOpen, sum.PeakAdmitted = max(sum.PeakOpen, c.PeakOpen), max(sum.PeakAdmitted, c.PeakAdmitted)
			for name, n := range c.Refusals {
				sum.Refusals[name] += n
			}
		}
		g.mu.Unlock()
	}
	slices.SortFunc(t.Sessions, func(a, b Session) int { return a.Opened.Compare(b.Opened) })
	return t
}

// handOver is how much later a session may begin than the one it comes beside.
const handOver = 20 * time.Millisecond

// curve counts the sessions of one host by level: how many of the same client had begun
// up to 20 ms after it and not ended before it, itself included.
func curve(list []Session) []Bin {
	levels := []int{1, 2, 5, 12}
	bins := []Bin{{Level: "1"}, {Level: "2"}, {Level: "3-5"}, {Level: "6-12"}, {Level: ">12"}}
	for i := range list {
		s, level := &list[i], 0
		for j := range list {
			o := &list[j]
			if o.Client == s.Client && !o.Opened.After(s.Opened.Add(handOver)) && !o.Closed.Before(s.Opened) {
				level++
			}
		}
		at, _ := slices.BinarySearch(levels, level)
		bins[at].Sessions++
		if s.Refused > 0 {
			bins[at].Refused++
		}
	}
	return bins
}

// Row is the session as a line of a table: seconds are since start.
func (s *Session) Row(start time.Time) []string {
	sec := func(t time.Time) string { return strconv.FormatFloat(t.Sub(start).Seconds(), 'f', 4, 64) }
	return []string{s.Sink, s.Addr, s.Client, sec(s.Opened), sec(s.Closed), strconv.Itoa(s.Accepted), strconv.Itoa(s.Refused)}
}

// Columns names what Row gives.
func Columns() []string {
	return []string{"sink", "addr", "client", "opened_s", "closed_s", "accepted", "refused"}
}
