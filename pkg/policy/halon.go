package policy

import (
	"fmt"
	"strings"
)

// halon writes a grouping by MX, its policy, and patterns for the backoff plugin (Halon
// manual, queue policies; halon-extras/backoff README). Its policies count for each
// combination of their fields, here local IP and grouping: exactly sessions for each
// sending IP and receiver.
func halon(plans []Plan) Sheet {
	return Sheet{
		Files: []File{
			{Path: "/etc/halon/smtpd-app.yaml", How: "merge", Text: "queues:\n  grouping:\n    default: recipientdomain\n    groupings:\n" + each(plans, halonGrouping)},
			{Path: "/etc/halon/smtpd-policy.yaml", How: "merge", Text: "policies:\n  - fields:\n      - localip\n      - grouping\n    conditions:\n" + each(plans, halonPolicy)},
			{Path: "/etc/halon/backoff.csv", How: "add", Text: each(plans, halonBackoff)},
		},
		Apply: []string{"halonctl config reload"},
		Pause: all(plans, func(p *Plan) []string {
			return []string{"suspend the grouping &" + p.Transport + " for " + clock(p.Pause) + " (smtpd-suspend.yaml, or the web interface)"}
		}),
		Resume: []string{"take the suspension out again"},
		Undo:   []string{"take the parts out again", "halonctl config reload"},
		Cannot: []string{
			"Delays between retries belong to a transport, not to a grouping; backoff-retry-intervals and the pause after a reply need the plugin halon-extras-backoff, called in the post-delivery script.",
			"Recipients for each connection cannot be limited by a policy.",
		},
		Watch: append([]string{"halonctl queue list   (by grouping)"}, watch(plans, "/var/log/halon/*")...),
	}
}

func halonGrouping(p *Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "      - id: %s\n        remotemx:\n", p.Transport)
	for _, h := range p.MX {
		if strings.HasPrefix(h, ".") {
			h = "*" + h
		}
		fmt.Fprintf(&b, "          - %q\n", h)
	}
	return b.String()
}

func halonPolicy(p *Plan) string {
	return lines(
		fmt.Sprintf("      # %s: %s", p.Destination, Label(p.Destination)),
		"      - if:",
		fmt.Sprintf("          grouping: %q", "&"+p.Transport),
		"        then:",
		fmt.Sprintf("          concurrency: %d", p.Sessions),
		"          properties:",
		"            backoff-concurrency: 1",
		fmt.Sprintf("            backoff-ttl: %d", p.Pause),
		"            backoff-suspendable: true",
		fmt.Sprintf("            backoff-retry-intervals: %q", seconds(p.delays())),
	)
}

func halonBackoff(p *Plan) string {
	var list []string
	for _, r := range p.Replies {
		list = append(list, fmt.Sprintf("\"/%s/\",\"tag=limit,suspend=%d\",&%s", r.pattern(), p.Pause, p.Transport))
	}
	if len(list) == 0 {
		return ""
	}
	return lines(list...)
}

func seconds(list []int64) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = number(s)
	}
	return join(words, ",")
}
