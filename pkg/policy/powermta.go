package policy

import (
	"fmt"
)

// powermta writes domain directives (PowerMTA User's Guide, "recipient domain
// directives" and "smtp-pattern-list").
func powermta(plans []Plan) Sheet {
	s := Sheet{
		Files: []File{{Path: "/etc/pmta/config", How: "add before <domain *>", Text: each(plans, powermtaDomain)}},
		Apply: []string{"pmta reload"},
		Undo:  []string{"take the lines out again", "pmta reload"},
		Cannot: append(countedByDomain(plans, "PowerMTA"),
			"max-smtp-out counts for each queue, that is domain and VirtualMTA: one VirtualMTA for each sending IP makes it a cap for the IP. If you use MX rollup for this receiver, put the same directives into the rollup's <domain> and leave the macro out: then all its domains share one queue.",
			"Backoff mode slows retries, not sessions already open; the pause of new mail is by hand, as above.",
			"max-msg-per-connection counts messages; max-rcpt-per-message is 1 by default, so both count the same.",
		),
	}
	for i := range plans {
		for _, d := range plans[i].Domains {
			s.Pause = append(s.Pause, "pmta pause queue "+d+"/*")
			s.Resume = append(s.Resume, "pmta resume queue "+d+"/*")
		}
	}
	s.Watch = append([]string{"pmta show topqueues   (connections and queued recipients)"}, watch(plans, "/var/log/pmta/acct.csv")...)
	return s
}

func powermtaDomain(p *Plan) string {
	list := []string{
		fmt.Sprintf("# %s: %s", p.Destination, Label(p.Destination)),
		"domain-macro " + p.Transport + " " + join(p.Domains, ","),
		"<domain $" + p.Transport + ">",
		fmt.Sprintf("    max-smtp-out %d", p.PerDomain),
		fmt.Sprintf("    max-msg-per-connection %d", p.Recipients),
		"    retry-after " + clocks(p.delays(), ","),
		"    backoff-retry-after " + clocks(p.delays(), ","),
		"    backoff-to-normal-after " + clock(p.Pause),
	}
	if len(p.Replies) == 0 {
		return lines(append(list, "</domain>")...)
	}
	list = append(list, "    smtp-pattern-list "+p.Transport+"-limits", "</domain>", "<smtp-pattern-list "+p.Transport+"-limits>")
	for _, r := range p.Replies {
		list = append(list, "    reply /"+r.pattern()+"/ mode=backoff")
	}
	return lines(append(list, "</smtp-pattern-list>")...)
}
