package sink

import (
	"math/rand/v2"
	"strings"
	"time"
)

// session is one connection. Its fields are changed under the lock of the group.
type session struct {
	host           *host
	client         string
	opened, closed time.Time
	slot           *sessionCap
	admitted       bool
	accepted       int
	refused        int
}

// connect counts a new session.
func (h *host) connect(client string) *session {
	g := h.group
	g.mu.Lock()
	defer g.mu.Unlock()
	s := &session{host: h, client: client, opened: time.Now()}
	h.sessions = append(h.sessions, s)
	h.open++
	h.peakOpen = max(h.peakOpen, h.open)
	for _, t := range []*tally{&g.peaks, &h.peaks} {
		t.openNow[client]++
		t.open[client] = max(t.open[client], t.openNow[client])
	}
	return s
}

// ask asks the rules in order; the first that objects speaks. Without objection it
// returns "".
func (s *session) ask(stage Stage, from, to string) string {
	g := s.host.group
	g.mu.Lock()
	defer g.mu.Unlock()
	e := event{now: time.Now(), stage: stage, session: s, from: from, to: to}
	for i, r := range g.rules {
		if r == nil || !r.refuses(e) {
			continue
		}
		s.refused++
		s.host.refusals[g.Rules[i].As]++
		if to != "" {
			s.host.turned[to] = true
		}
		return fill(replyText(g.Rules[i].Reply), s, to, e.now)
	}
	s.admit()
	return ""
}

// admit counts a session as let in: one that has a slot, or that meets no cap.
func (s *session) admit() {
	if s.admitted || s.slot == nil && s.host.group.capped() {
		return
	}
	s.admitted = true
	h := s.host
	h.admitted++
	h.peakAdmitted = max(h.peakAdmitted, h.admitted)
	for _, t := range []*tally{&h.group.peaks, &h.peaks} {
		t.admittedNow[s.client]++
		t.admitted[s.client] = max(t.admitted[s.client], t.admittedNow[s.client])
	}
}

func (g *group) capped() bool {
	for i := range g.Rules {
		if g.Rules[i].Cap > 0 {
			return true
		}
	}
	return false
}

// take counts a message that was accepted for its recipients.
func (s *session) take(to []string) {
	s.host.group.mu.Lock()
	defer s.host.group.mu.Unlock()
	s.accepted++
	s.host.accepted += len(to)
	s.host.last = time.Now()
	for _, r := range to {
		s.host.took[r] = true
	}
}

// close ends a session; a second time does nothing.
func (s *session) close() {
	h := s.host
	g := h.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if !s.closed.IsZero() {
		return
	}
	s.closed = time.Now()
	h.open--
	for _, t := range []*tally{&g.peaks, &h.peaks} {
		t.openNow[s.client]--
		if s.admitted {
			t.admittedNow[s.client]--
		}
	}
	if s.admitted {
		h.admitted--
	}
	for _, r := range g.rules {
		if r != nil {
			r.closed(s)
		}
	}
}

// silence is how long the session gets no banner, and by which rule.
func (s *session) silence() (rule string, wait time.Duration) {
	for _, r := range s.host.group.Rules {
		if r.Silence > 0 && rand.Float64() < r.Silence {
			return r.As, r.For
		}
	}
	return "", 0
}

// gaveUp counts a client that did not wait for the end of a silence.
func (s *session) gaveUp(rule string) {
	g := s.host.group
	g.mu.Lock()
	defer g.mu.Unlock()
	s.refused++
	s.host.refusals[rule]++
}

func (s *session) row(now time.Time) Session {
	end := s.closed
	if end.IsZero() {
		end = now
	}
	return Session{Sink: s.host.Name, Addr: s.host.Addr, Client: s.client, Opened: s.opened, Closed: end, Accepted: s.accepted, Refused: s.refused}
}

// closes says that a reply ends the session (RFC 5321 3.8).
func closes(reply string) bool { return strings.HasPrefix(reply, "421") }
