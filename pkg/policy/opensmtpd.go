package policy

import (
	"fmt"
)

// opensmtpd writes limits by recipient domain (limit.c and parse.y of OpenSMTPD 6.6 to
// 7.x; smtpd.conf(5) does not list them).
func opensmtpd(plans []Plan) Sheet {
	const file = "/etc/smtpd.conf"
	return Sheet{
		Files: []File{{Path: file, How: "before the actions", Text: each(plans, func(p *Plan) string {
			return fmt.Sprintf("# %s: %s\n", p.Destination, Label(p.Destination)) + perDomain(p, func(d string) string {
				return fmt.Sprintf("mta limit for domain %q max-conn-per-domain %d max-conn-per-host %d session-mail-max %d", d, p.PerDomain, p.Sessions, p.Recipients)
			})
		})}},
		Apply:  []string{"smtpd -n -f " + file, "systemctl restart opensmtpd"},
		Pause:  []string{"hold the mail where it is injected: smtpctl pause mta would stop all outgoing mail"},
		Resume: []string{"inject again, slowly"},
		Undo:   []string{"take the lines out again", "systemctl restart opensmtpd"},
		Cannot: append(countedByDomain(plans, "OpenSMTPD"),
			"\"mta limit\" is in the program but not in its manual: check with smtpd -n after an update. Open connections count, idle ones too (they stay 10s).",
			fmt.Sprintf("Delays between retries are built in (they grow with each try) and cannot be set. Wanted are %s, x%s, at most %s.",
				clock(plans[0].RetryFirst), decimal(plans[0].RetryFactor), clock(plans[0].RetryMost)),
			"OpenSMTPD reacts to no reply, and pauses all outgoing mail (smtpctl pause mta) or single messages (smtpctl pause envelope ID), not one receiver.",
			"session-mail-max counts messages, not recipients, for each connection.",
		),
		Watch: append([]string{"smtpctl show routes; smtpctl show queue | grep -c ."}, watch(plans, "/var/log/mail.log")...),
	}
}

// countedByDomain says how a cap for each domain adds up.
func countedByDomain(plans []Plan, mta string) []string {
	var list []string
	for i := range plans {
		p := &plans[i]
		if len(p.Domains) < 2 {
			continue
		}
		busy := int64(max(len(p.Busy), 1))
		list = append(list, fmt.Sprintf("%s counts sessions for each recipient domain, not for %s as a whole: %d for each of %s with much mail makes up to %d together (wanted: %d).",
			mta, p.Destination, p.PerDomain, plural(busy, "domain"), p.PerDomain*busy, p.Sessions))
	}
	return list
}
