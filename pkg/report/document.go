package report

import "strings"

// DocumentOptions are the choices of the forms that are documents: Markdown and HTML.
type DocumentOptions struct {
	// Ticket writes the text of a ticket about a destination, "" for none; nil writes
	// no tickets.
	Ticket func(*Group) string
}

// document is a report prepared for the forms that are documents. Every string in it
// has been through Visible.
type document struct {
	In      Input
	Own     []OwnSide
	Unknown []Unknown
	Rules   string
	// Found are the destinations with a finding, worst first; Healthy
	// the others, as outlines.
	Found, Healthy []*Group
	// Mixed are no destinations: they have counts and a sentence.
	Mixed []*Group
	// tickets are the tickets about them, not yet written.
	tickets map[*Group]func() string

	refusals map[string]int64
	oneDay   bool
}

func newDocument(r *Report, o DocumentOptions) *document {
	d := &document{
		In: visible(r.Input), Own: visible(r.OwnSide), Unknown: visible(r.Unknown), Rules: Visible(r.Rules),
		refusals: refusalsOf(r.Groups), oneDay: oneDay(&r.Input), tickets: map[*Group]func() string{},
	}
	for _, g := range byWeight(r.Groups) {
		if g.Mixed {
			d.Mixed = append(d.Mixed, outline(g))
			continue
		}
		if !hasFinding(g) {
			d.Healthy = append(d.Healthy, outline(g))
			continue
		}
		clean := visible(*g)
		d.Found = append(d.Found, &clean)
		if o.Ticket != nil && SeverityRank(g.Severity) > 1 {
			d.tickets[&clean] = func() string { return visibleLines(o.Ticket(g)) }
		}
	}
	return d
}

// ticket is the ticket about g, "" if there is none.
func (d *document) ticket(g *Group) string {
	if write := d.tickets[g]; write != nil {
		return write()
	}
	return ""
}

// outline is g without what takes space, for a row of a table: there are logs with
// thousands of destinations.
func outline(g *Group) *Group {
	c := visible(Group{
		Destination: g.Destination, Platform: g.Platform, Kind: g.Kind, Via: g.Via, Mixed: g.Mixed, MX: g.MX, Domains: g.Domains, SendingIPs: g.SendingIPs,
		Severity: g.Severity, Cause: g.Cause, Confidence: g.Confidence, State: g.State, Owner: g.Owner,
		Limit:  Limit{Type: g.Limit.Type, Sessions: g.Limit.Sessions, Low: g.Limit.Low, High: g.Limit.High, Safe: g.Limit.Safe},
		Counts: g.Counts, Refusals: g.Refusals, PeakSessions: g.PeakSessions, Trouble: g.Trouble,
		Outcome: g.Outcome, RetryGaps: RetryGaps{MedianS: g.RetryGaps.MedianS},
	})
	return &c
}

// visibleLines is text with each of its lines through Visible.
func visibleLines(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := range lines {
		lines[i] = Visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

// verdict is the report in a sentence.
func (d *document) verdict() string {
	if s := cleanPhrase(&d.In, d.refusals); s != "" && len(d.Found) == 0 {
		return strings.TrimSuffix(s, ".")
	}
	if len(d.Found) == 0 {
		return "No finding"
	}
	worst := d.Found[0]
	title := worst.Destination + ": " + worst.Cause + " (" + severityWord(worst.Severity) + ")"
	var parts []string
	for _, level := range []string{"escalate", "watch"} {
		var n int64
		for _, g := range d.Found[1:] {
			if g.Severity == level {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, count(n, "other destination")+" at "+severityWord(level))
		}
	}
	return strings.Join(append([]string{title}, parts...), "; ")
}

// fact is a labelled line about a destination.
type fact struct{ Label, Text string }

// facts are what is known about g in lines, those with nothing to say left out.
func (d *document) facts(g *Group) []fact {
	var list []fact
	add := func(label, text string) {
		if text != "" {
			list = append(list, fact{label, text})
		}
	}
	add("Why this level", g.Why)
	add("Problem", problemPhrase(g))
	add("State", statePhrase(g))
	add("Alert", alertPhrase(g.Trouble))
	add("Why act", actionPhrase(g))
	add("Who can fix it", ownerPhrase(g))
	if g.Trouble.Refusals > 0 {
		add("Refused", refusedPhrase(g, d.oneDay))
	}
	add("By class", byClassPhrase(g))
	add("Counted", countedPhrase(g.Counts))
	add("Own sessions", peakPhrase(g.PeakSessions))
	add("Limit", limitPhrase(g))
	add("Band", bandPhrase(g.Band))
	add("Retries", gapsPhrase(g.RetryGaps))
	add("Own pace", pacePhrase(g.Pace))
	return list
}

// sumCounts adds the counters of several destinations up.
func sumCounts(groups []*Group) (sum Counts) {
	for _, g := range groups {
		c := g.Counts
		sum.Attempts += c.Attempts
		sum.Delivered += c.Delivered
		sum.Deferred += c.Deferred
		sum.Bounced += c.Bounced
		sum.Expired += c.Expired
	}
	return sum
}

// Throttling tells a throttling deferral from a rejection (C02), with a blank before
// it; other replies have nothing to tell.
func (r Reply) Throttling() string {
	if r.Temporary && (r.Class == "connection-limit" || r.Class == "rate-limit") {
		return " (a throttling deferral, not a rejection)"
	}
	return ""
}
