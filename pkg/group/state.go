package group

import "github.com/seed-07ce53fa/diagnose/rules"

// States at the end of the log (H27, H85).
const (
	// StateStable means that there is nothing to recover from: no refusals that severity
	// counts, or so few that they prove nothing (C65), none of them lost or still queued.
	StateStable = "stable"
	// StateActive means that refusals go on.
	StateActive = "active"
	// StateRecovering means that all three numbers are healthy: fewer sessions, fewer
	// deferrals, and mail taken as before.
	StateRecovering = "recovering"
	// StateRecovered means that mail has been taken for a while and nothing refused.
	StateRecovered = "recovered"
)

// part is what happened in one part of the time.
type part struct {
	side                  // attempts and refusals that severity counts
	seconds       float64 // its length
	taken, waited int64   // recipients accepted and deferred
	sessions      int     // own sessions, highest
}

// state tells whether the trouble goes on. The last third of the time since the first
// refusal is held against what was before it.
func (c *Cell) state() string {
	a, th := c.Acc, c.th
	lost := a.TroubleFates.Expired + a.TroubleFates.Bounced + a.TroubleFates.Queued
	if a.TroubleRefusals == 0 || a.TroubleRefusals < th.Int(rules.EnoughRefusals) && lost == 0 {
		return StateStable
	}
	span := a.Last - a.First
	if span <= 0 {
		return StateActive
	}
	enough := 2 * th.Int(rules.CurveFewest)
	since := c.part(a.LastTrouble.Time, a.Last+1)
	if a.Last-a.LastTrouble.Time >= int64(th.Value(rules.RecoveredQuiet)*float64(span)) && since.taken >= enough {
		return StateRecovered
	}
	turn := a.Last - (a.Last-a.FirstTrouble.Time)/3
	before, after := c.part(a.FirstTrouble.Time, turn), c.part(turn, a.Last+1)
	if before.attempts > 0 && after.attempts >= enough && after.healthier(&before, th.Value(rules.RecoveringShare)) {
		return StateRecovering
	}
	return StateActive
}

// healthier says that all three numbers are better than before: sessions fall, deferrals
// shrink in number and share, and mail is taken at no less than a share of the pace.
func (p *part) healthier(before *part, share float64) bool {
	return p.sessions < before.sessions &&
		p.share() < before.share()*share && float64(p.waited)/p.seconds < float64(before.waited)/before.seconds &&
		float64(p.taken)/p.seconds >= share*float64(before.taken)/before.seconds
}

// part sums up the buckets that begin in a stretch of time.
func (c *Cell) part(from, to int64) (p part) {
	p.seconds = max(float64(to-from)/second, 1)
	first := from - from%(BucketSeconds*second)
	opened := int64(0) // where sessions are not known, new connections stand in for them
	for _, b := range c.times {
		if t := b.from * second; t < first || t >= to {
			continue
		}
		p.attempts += int64(b.Attempts)
		p.refused += int64(b.Trouble)
		p.taken += int64(b.Accepted)
		p.waited += int64(b.Deferred)
		opened, p.sessions = max(opened, int64(b.busiest)), max(p.sessions, int(b.Sessions))
	}
	if c.whole == nil {
		p.sessions = int(opened)
		return p
	}
	for i, n := range c.whole.levels {
		if open := c.whole.spans[i].Open; open >= from && open < to {
			p.sessions = max(p.sessions, int(n))
		}
	}
	return p
}
