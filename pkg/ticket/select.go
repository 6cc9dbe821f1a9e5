package ticket

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// shares keeps those that were refused, and where none was, all of them without a
// number: a refusal that names no host is still one to these hosts.
func shares(all []Share) []Share {
	list := []Share{}
	for _, s := range all {
		if *s.Refusals > 0 {
			list = append(list, s)
		}
	}
	if len(list) > 0 {
		return list
	}
	for _, s := range all {
		list = append(list, Share{Name: s.Name})
	}
	return list
}

func share(name string, byClass map[string]int64) Share {
	n := refusals(byClass)
	return Share{name, &n}
}

func sendingIPs(g *report.Group) []Share {
	var all []Share
	for _, row := range g.ByIP {
		if row.SendingIP != nil {
			all = append(all, share(*row.SendingIP, row.Refusals))
		}
	}
	return shares(all)
}

func sendingDomains(g *report.Group) []Share {
	var all []Share
	for _, row := range g.BySender {
		if row.Sender != nil && *row.Sender != "" {
			all = append(all, share(*row.Sender, row.Refusals))
		}
	}
	return shares(all)
}

func mxHosts(g *report.Group) []Share {
	var all []Share
	for _, row := range g.ByMX {
		if row.MX != "" {
			all = append(all, share(row.MX, row.Refusals))
		}
	}
	return shares(all)
}

// streams are those that were refused.
func streams(g *report.Group) []Share {
	var all []Share
	for _, row := range g.ByStream {
		if row.Stream != "" && refusals(row.Refusals) > 0 {
			all = append(all, share(row.Stream, row.Refusals))
		}
	}
	return shares(all)
}

// volume selects the counters. What was accepted in the same period is that of the
// windows which the refusals fall into.
func volume(g *report.Group) Volume {
	o := g.Outcome
	v := Volume{
		Refusals: g.Trouble.Refusals, Messages: g.Trouble.Messages, Recipients: g.Trouble.Recipients, Attempts: g.Counts.Attempts,
		Expired: o.Expired, PutOff: o.DeliveredOnRetry + o.StillQueued + o.Expired + o.Bounced + o.Unknown,
	}
	step := windowStep(g.Windows)
	if g.Trouble.First == nil || g.Trouble.Last == nil || step == 0 {
		return v
	}
	for i := range g.Windows {
		w := &g.Windows[i]
		end := w.Start.Add(step)
		if !end.After(*g.Trouble.First) || w.Start.After(*g.Trouble.Last) {
			continue
		}
		if v.From == nil {
			v.From = &w.Start
		}
		v.To = &end
		v.Accepted += int64(w.AcceptedRecipients)
	}
	return v
}

// windowStep is the length of the windows, or a multiple of it: they have no end of
// their own, and those without mail are not there. 0 if there are fewer than two.
func windowStep(windows []report.Window) (step time.Duration) {
	for i := 1; i < len(windows); i++ {
		for d := windows[i].Start.Sub(windows[i-1].Start); d > 0; {
			step, d = d, step%d
		}
	}
	return step
}
