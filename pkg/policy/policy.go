// Package policy turns destinations of a report into queue policies: a cap on sessions
// for one receiver and nobody else, slower retries, a pause (requirements H37 to H48),
// first in neutral words, then in those of an MTA (H40). All numbers come from the
// report and the thresholds; nothing is measured here.
//
// No policy sets a global option of an MTA (H21, H32). What an MTA cannot express for
// one destination is said in its comments and not set.
package policy

import (
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// Schema is the version of the JSON form: keys are added, never renamed.
const Schema = 1

// Policy is a policy for one MTA, or the request to an ESP, for some destinations.
type Policy struct {
	Schema int `json:"schema"`
	// MTA is one of Names, or "esp" where an ESP sends the mail: its customers cannot
	// configure a queue, they can ask (C39, X03).
	MTA   string `json:"mta"`
	Plans []Plan `json:"plans"`
	Sheet
}

// Sheet is what an operator does with the plans, in the words of one MTA. Lines of a
// shell are commands, all others text.
type Sheet struct {
	// Pause and Resume stop and restart this mail by hand (H20, H48).
	Pause  []string `json:"pause"`
	Resume []string `json:"resume"`
	// PauseNote says what Pause needs before it does anything, or does beside it.
	PauseNote string `json:"pause_note,omitempty"`
	// Files are to be changed, then the commands of Apply run.
	Files []File   `json:"files"`
	Apply []string `json:"apply"`
	// Cannot names what this MTA cannot express for one destination, and what the
	// settings above mean exactly where that is not plain.
	Cannot []string `json:"cannot"`
	Undo   []string `json:"undo"`
	Watch  []string `json:"watch"`
	// Request is the text for an ESP.
	Request string `json:"request,omitempty"`
}

// File is a part of a configuration file. How says where in it Text belongs.
type File struct {
	Path string `json:"path"`
	How  string `json:"how"`
	Text string `json:"text"`
}

// dialect is one MTA: how it counts decides the numbers, sheet writes them.
type dialect struct {
	name, title string
	// exact: the receiver never sees more sessions than the cap, however little mail
	// there is. perDomain: sessions are counted for each recipient domain, not for
	// all domains of a platform together.
	exact, perDomain bool
	sheet            func([]Plan) Sheet
}

func dialects() []dialect {
	return []dialect{
		{name: "generic", title: "any MTA", sheet: generic},
		{name: "postfix", title: "Postfix", exact: true, sheet: postfix},
		{name: "exim", title: "Exim", sheet: exim},
		{name: "sendmail", title: "sendmail", sheet: sendmail},
		{name: "opensmtpd", title: "OpenSMTPD", perDomain: true, sheet: opensmtpd},
		{name: "powermta", title: "PowerMTA", perDomain: true, sheet: powermta},
		{name: "kumomta", title: "KumoMTA", sheet: kumomta},
		{name: "haraka", title: "Haraka", perDomain: true, sheet: haraka},
		{name: "halon", title: "Halon", sheet: halon},
	}
}

// ESP is the name of the policy that is a request to an ESP.
const ESP = "esp"

// Names are the MTAs that Build knows, generic first.
func Names() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.name)
	}
	return names
}

// For returns the MTA that wrote logs of these formats: generic where there is none,
// or more than one.
func For(formats []string) string {
	found := ""
	for _, f := range formats {
		if !slices.Contains(Names(), f) || found != "" && found != f {
			return "generic"
		}
		found = f
	}
	if found == "" {
		return "generic"
	}
	return found
}

// Needed says that something limits mail to g, so that a policy helps. One policy for many
// receivers would hold back mail to all of them.
func Needed(g *report.Group) bool { return g.Trouble.Refusals > 0 && !g.Mixed }

// Build makes the policy of an MTA (one of Names) for destinations. Where an ESP sends
// their mail it is a request to that ESP, whatever mta says.
func Build(groups []report.Group, mta string, o Options) Policy {
	d := dialects()[0]
	if i := slices.IndexFunc(dialects(), func(d dialect) bool { return d.name == mta }); i >= 0 {
		d = dialects()[i]
	}
	p := Policy{Schema: Schema, MTA: d.name}
	esp := slices.ContainsFunc(groups, func(g report.Group) bool { return g.Via == ESP })
	if esp {
		d = dialect{name: ESP, title: "the ESP", sheet: request}
		p.MTA = ESP
	}
	for i := range groups {
		p.Plans = append(p.Plans, newPlan(&groups[i], d, o))
	}
	distinct(p.Plans)
	p.Sheet = d.sheet(p.Plans)
	return p
}

// Title is the MTA's own name.
func (p *Policy) Title() string {
	for _, d := range dialects() {
		if d.name == p.MTA {
			return d.title
		}
	}
	return "your ESP"
}
