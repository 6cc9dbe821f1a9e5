package policy

import (
	"fmt"
	"strings"
)

// kumoProvider is the name that KumoMTA's own shaping.toml gives to a receiver: a
// block of the same name is merged with it, another one would apply beside it
// (KumoCorp/kumomta: assets/policy-extras/shaping.toml).
func kumoProvider(p *Plan) string {
	switch p.Platform {
	case "microsoft-consumer":
		return "outlook"
	case "microsoft-365":
		return "office365"
	}
	return p.Transport
}

// kumomta writes a provider block of shaping.toml, which counts all sites of a receiver
// together, and the delays of queues.toml (KumoMTA documentation: MX Rollups and
// Provider Blocks, Traffic Shaping Automation, Configuring Queue Management).
func kumomta(plans []Plan) Sheet {
	const shaping = "/opt/kumomta/etc/policy/shaping_custom.toml"
	return Sheet{
		Files: []File{
			{Path: shaping, How: "add; the file must be in extra_files of the shaping helper, in init.lua and tsa_init.lua", Text: each(plans, kumoShaping)},
			{Path: "/opt/kumomta/etc/queues.toml", How: "add; read by the queue helper", Text: each(plans, kumoQueues)},
		},
		Apply: []string{"/opt/kumomta/sbin/validate-shaping " + shaping, "systemctl reload kumomta || systemctl restart kumomta", "systemctl restart kumo-tsa-daemon"},
		Pause: all(plans, func(p *Plan) []string {
			return kumoEach(p, "suspend --reason 'connection limit' --duration "+clock(p.Pause)+" --domain ")
		}),
		Resume: []string{"kcli suspend-list, then kcli suspend-cancel --id ID; it also ends by itself"},
		Undo:   []string{"take the blocks out again; they are read anew within 5 minutes"},
		Cannot: []string{
			"The cap counts for each egress source. provider_connection_limit needs KumoMTA 2024.11.08 or later.",
			"max_deliveries_per_connection counts messages, not recipients.",
			fmt.Sprintf("The delay doubles with each retry, which is built in (wanted: x%s).", decimal(plans[0].RetryFactor)),
			"The pause after a reply needs the automation daemon (kumo-tsa-daemon). After it the old settings are back at once; the cap above stays.",
		},
		Watch: append([]string{"kcli queue-summary   (connections and queued messages by site)"}, watch(plans, "/var/log/kumomta/*")...),
	}
}

func kumoEach(p *Plan, command string) []string {
	var list []string
	for _, d := range p.Domains {
		list = append(list, "kcli "+command+d)
	}
	return list
}

func kumoShaping(p *Plan) string {
	name := kumoProvider(p)
	var match []string
	for _, h := range p.MX {
		if strings.HasPrefix(h, ".") {
			match = append(match, fmt.Sprintf("{MXSuffix=%q}", h))
		} else {
			match = append(match, fmt.Sprintf("{HostName=%q}", h))
		}
	}
	if len(match) == 0 {
		for _, d := range p.Domains {
			match = append(match, fmt.Sprintf("{DomainSuffix=%q}", d))
		}
	}
	list := []string{
		fmt.Sprintf("# %s: %s", p.Destination, Label(p.Destination)),
		fmt.Sprintf("[provider.%q]", name),
		"match = [" + join(match, ", ") + "]",
		fmt.Sprintf("provider_connection_limit = %d", p.Sessions),
		fmt.Sprintf("max_deliveries_per_connection = %d", p.Recipients),
	}
	if len(p.Replies) > 0 {
		var patterns []string
		for _, r := range p.Replies {
			patterns = append(patterns, "'"+r.pattern()+"'")
		}
		list = append(list, fmt.Sprintf("[[provider.%q.automation]]", name), "regex = ["+join(patterns, ", ")+"]",
			`action = "Suspend"`, fmt.Sprintf("duration = %q", clock(p.Pause)))
	}
	return lines(list...)
}

func kumoQueues(p *Plan) string {
	return perDomain(p, func(d string) string {
		return fmt.Sprintf("[queue.%q]\nretry_interval = %q\nmax_retry_interval = %q", d, clock(p.RetryFirst), clock(p.RetryMost))
	})
}
