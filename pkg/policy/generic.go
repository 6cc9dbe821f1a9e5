package policy

import (
	"fmt"
	"slices"
	"strings"
)

// generic writes the policy in the neutral fields of seed H L46, as YAML: a list where
// there are several destinations.
func generic(plans []Plan) Sheet {
	return Sheet{
		Files:  []File{{Path: "policy.yaml", How: "for whoever configures the MTA", Text: each(plans, genericGroup)}},
		Pause:  []string{"hold new batches to this receiver where they are injected; leave deferred mail queued"},
		Resume: []string{"inject again under the cap, slowly"},
		Cannot: []string{
			"max_connections_per_ip counts all domains of the group together. Many MTAs count each domain by itself: share the number among them then.",
			"Where an MTA counts messages instead of recipients for each connection, use the same number for messages.",
			"Where delays can be set for all mail only, leave them: they would slow mail to everybody.",
			"diagnose policy --mta postfix (" + join(Names()[2:], ", ") + ") writes the lines of an MTA.",
		},
		Watch: watch(plans, "LOG"),
	}
}

func genericGroup(p *Plan) string {
	var b strings.Builder
	field := func(key, value string) {
		mark := "  "
		if b.Len() == 0 {
			mark = "- "
		}
		b.WriteString(mark + key + ": " + value + "\n")
	}
	field("destination_group", p.Group)
	field("match_domains", "["+join(p.Domains, ", ")+"]")
	field("max_connections_per_ip", fmt.Sprintf("%d  # %s", p.Sessions, Label(p.Destination)))
	field("max_recipients_per_connection", number(p.Recipients))
	field("retry_4xx_initial_delay", clock(p.RetryFirst))
	field("retry_4xx_multiplier", decimal(p.RetryFactor))
	field("retry_4xx_max_delay", clock(p.RetryMost))
	for _, code := range p.codes() {
		field("pause_new_batches_after_"+strings.NewReplacer(" ", "_", ".", "_").Replace(code), clock(p.Pause))
	}
	return b.String()
}

// codes are those of the replies, each once.
func (p *Plan) codes() []string {
	var list []string
	for i := range p.Replies {
		if c := p.Replies[i].codes(); !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return []string{"4xx"}
	}
	return list
}
