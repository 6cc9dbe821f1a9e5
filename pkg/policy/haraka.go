package policy

import (
	"fmt"
)

// haraka writes the outbound limits of haraka-plugin-limit (README.md of
// haraka-plugin-limit 1.3): Haraka itself knows only one limit for all mail.
func haraka(plans []Plan) Sheet {
	p := &plans[0]
	return Sheet{
		Files: []File{{Path: "config/limit.ini", How: "section [outbound]: merge", Text: "[outbound]\nenabled=true\n; seconds until a message over the limit is tried again\ndelay=30\n" +
			each(plans, func(p *Plan) string {
				return fmt.Sprintf("; %s: %s\n", p.Destination, Label(p.Destination)) + perDomain(p, func(d string) string { return fmt.Sprintf("%s=%d", d, p.PerDomain) })
			})}},
		Apply:  []string{"npm install haraka-plugin-limit", "grep -qx redis config/plugins || echo redis >>config/plugins", "grep -qx limit config/plugins || echo limit >>config/plugins", "systemctl restart haraka"},
		Pause:  []string{"hold the mail where it is injected: Haraka can stop all outbound mail (disabled=true in outbound.ini), not that to one receiver"},
		Resume: []string{"inject again, slowly"},
		Undo:   []string{"take the lines out of limit.ini", "systemctl restart haraka"},
		Cannot: append(countedByDomain(plans, "haraka-plugin-limit"),
			"The limit counts messages being sent in all processes together, in Redis, which must run. One connection carries one message; recipients for each connection cannot be limited here.",
			"Delays between retries are global (temp_fail_intervals in outbound.ini), so they are not set: they would slow mail to everybody. Wanted: temp_fail_intervals="+clocks(p.delays(), ", ")+".",
			"No reaction to a reply without a plugin of your own (hook deferred).",
		),
		Watch: watch(plans, "/var/log/haraka.log"),
	}
}
