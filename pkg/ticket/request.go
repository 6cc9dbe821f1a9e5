package ticket

import (
	"fmt"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// target is the basis of numbers that are asked for and not measured (X06).
const target = "target"

// request is the exact change asked for, in the words of the style.
func request(g *report.Group, main report.Reply, o Options) Request {
	st := o.Style
	r := Request{Lead: st.Lead, Shared: []string{},
		// "Microsoft consumer" is a part of Microsoft.
		Label: "These numbers are operating targets, not limits published by " + strings.TrimSuffix(g.Destination, " consumer") + "."}
	add := func(id, text, measured string) {
		if text != "" {
			r.Items = append(r.Items, Item{ID: id, Text: o.Targets.fill(text), Basis: target, Measured: measured})
		}
	}
	for _, s := range g.Steps {
		if s.ID == "stop-sending" {
			r.Items = append(r.Items, Item{ID: "stop", Text: sentenceOf(s.Text), Basis: target})
		}
	}
	if main.Class == mail.Listing.String() {
		add("listing", st.Listing, "")
	}
	add("concurrency", st.Concurrency, measuredSessions(g))
	add("retries", st.Retries, measuredRetries(g))
	add("pacing", st.Pacing, "")
	routing := st.Routing
	switch {
	case g.Pool == "dedicated" && st.Dedicated != "":
		routing = st.Dedicated
	case g.Pool == "shared":
		// The three requests say it better.
		routing = ""
		r.SharedLead, r.Shared = st.SharedLead, st.Shared
	}
	add("routing", routing, "")
	if n := g.Outcome.Expired; n > 0 {
		r.Discards = fmt.Sprintf("Some messages are being discarded after repeated soft bounces (%s of %s).",
			number(n), unit(g, volume(g).PutOff))
	}
	return r
}

// sentenceOf is a step of the report as a sentence.
func sentenceOf(step string) string {
	return strings.ToUpper(step[:min(len(step), 1)]) + step[min(len(step), 1):] + "."
}

func measuredSessions(g *report.Group) string {
	p := g.PeakSessions
	if p.Estimate == nil || *p.Estimate == 0 {
		return ""
	}
	if *p.Estimate == 1 {
		return "1 at once"
	}
	return "up to " + number(*p.Estimate) + " at once"
}

func measuredRetries(g *report.Group) string {
	if g.RetryGaps.MedianS == nil {
		return ""
	}
	return "a median of " + spell(*g.RetryGaps.MedianS)
}
