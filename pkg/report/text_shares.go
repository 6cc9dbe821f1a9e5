package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// share is the part of one sending IP, MX host or sender domain.
type share struct {
	who      string
	verdict  []string
	refusals map[string]int64
	counts   Counts
	peak     int64
}

const notInLog = "not in this log"

// shares shows the parts by sending IP (H04) and sender domain (H78), and with all
// details by MX host, where there is more than one.
func (t *text) shares(g *Group) {
	var list []share
	for _, p := range g.ByIP {
		who, key := deref(p.SendingIP), deref(p.SendingIP)
		if who == "" {
			who, key = notInLog, unknownIP
		}
		list = append(list, share{who, nonEmpty(p.Severity, p.Cause), p.Refusals, p.Counts, g.PeakSessions.PerIP[key]})
	}
	t.listShares("by IP", list)
	list = nil
	for _, p := range g.BySender {
		list = append(list, share{cmp.Or(deref(p.Sender), notInLog), nonEmpty(p.Severity, p.Cause), p.Refusals, p.Counts, 0})
	}
	t.listShares("senders", list)
	list = nil
	for _, p := range g.ByStream {
		list = append(list, share{streamName(p), nonEmpty(p.Severity, p.Cause), p.Refusals, p.Counts, 0})
	}
	t.listShares("by use", list)
	if t.Detail != DetailAll {
		return
	}
	list = nil
	for _, p := range g.ByMX {
		list = append(list, share{p.MX, nil, p.Refusals, p.Counts, 0})
	}
	t.listShares("by MX", list)
}

func (t *text) listShares(label string, list []share) {
	if len(list) < 2 {
		return
	}
	const most = 4
	for i, s := range list {
		if i == most && t.Detail != DetailAll {
			t.labelled("", fmt.Sprintf("and %s more (--detail all)", rules.Thousands(int64(len(list)-most))), "", 1)
			return
		}
		parts := nonEmpty(strings.Join(s.verdict, ", "), byCount(s.refusals, 3), "accepted "+rules.Thousands(s.counts.Delivered))
		if s.counts.Attempts == 0 && s.counts.Suspensions > 0 {
			parts[len(parts)-1] = "no attempt, " + count(s.counts.Suspensions, "suspension")
		}
		if s.peak > 0 {
			parts = append(parts, "peak "+rules.Thousands(s.peak))
		}
		t.labelled(label, s.who+": "+strings.Join(parts, "; "), "", 2)
		label = ""
	}
}

// streamName is a stream with what is known of its mail and its delay (C101).
func streamName(p ByStream) string {
	s := p.Stream
	if p.Transactional && p.Stream != "transactional" {
		s += " (transactional)"
	}
	if p.MedianS != nil && p.P90S != nil {
		s += fmt.Sprintf(", late by %s (median) to %s (90%%)", rules.Duration(*p.MedianS), rules.Duration(*p.P90S))
	}
	return s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
