package policy

import (
	"fmt"
)

// exim writes a router, a transport and retry rules (Exim specification 24, 30, 32 and
// 49.1). max_parallel counts the runs of the transport, whatever the domain; retry rules
// are by domain, so both stay with this receiver.
func exim(plans []Plan) Sheet {
	const file = "/etc/exim4/exim4.conf"
	return Sheet{
		PauseNote: "This freezes messages that are in the queue now, as a whole: their recipients elsewhere wait, too. New mail is not held.",
		Files: []File{
			{Path: file, How: "on Debian elsewhere, see below; section routers: before the router that finds remote hosts (dnslookup)", Text: each(plans, eximRouter)},
			{Path: file, How: "the same; section transports", Text: each(plans, eximTransport)},
			{Path: file, How: "the same; section retry: at its beginning, the first rule that matches wins", Text: each(plans, eximRetry)},
		},
		Apply:  []string{"exim -bV -C " + file, "systemctl reload exim4"},
		Pause:  []string{"exiqgrep -i -r '@(" + alternatives(plans) + ")$' | xargs -r exim -Mf"},
		Resume: []string{"exiqgrep -i -z -r '@(" + alternatives(plans) + ")$' | xargs -r exim -Mt"},
		Undo:   []string{"take the three parts out again", "systemctl reload exim4"},
		Cannot: []string{
			"Debian generates its configuration: do not create " + file + " there, it would take the place of all of it. Put the parts into the sections of /etc/exim4/exim4.conf.template, or where the configuration is split (dc_use_split_config) into files in conf.d/router, conf.d/transport and conf.d/retry; then run update-exim4.conf and, in place of the first command below the files, exim -bV.",
			"A message over the cap waits for the next queue run (\"concurrency limit reached for transport\"): a queue runner every few minutes (-q5m) drains the backlog. Messages share a session only if a delivery noted who else waits for the host; the cap keeps most from noting it, so nearly each has a session of its own, and a backlog drains more slowly than without a cap wherever the receiver could take more. max_parallel counts in a database of hints: remove spool/db/misc* after a crash.",
			"queue_run_max, remote_max_parallel and queue_smtp_domains are global and stay as they are. serialize_hosts would allow one session for each host, not for the receiver.",
			"connection_max_messages counts messages; max_rcpt counts recipients for each message. Exim has no limit of recipients for each connection.",
			"Exim reacts to no reply with a pause of new mail: freeze and thaw by hand, as above. Retry rules hold per host and per message.",
			"The cap counts for one host. If several hosts leave through one IP, share the number among them.",
		},
		Watch: append([]string{"exim -bpc   (mail in the queue: should shrink)"}, watch(plans, "/var/log/exim4/mainlog")...),
	}
}

// alternatives are the domains as a regular expression (ERE).
func alternatives(plans []Plan) string {
	return join(all(plans, func(p *Plan) []string {
		var list []string
		for _, d := range p.Domains {
			list = append(list, quoteDots(d))
		}
		return list
	}), "|")
}

func eximRouter(p *Plan) string {
	return lines(
		p.Transport+":",
		"  driver = dnslookup",
		"  domains = "+join(p.Domains, " : "),
		"  transport = "+p.Transport+"_smtp",
		"  ignore_target_hosts = 0.0.0.0 : 127.0.0.0/8",
		"  no_more",
	)
}

func eximTransport(p *Plan) string {
	return lines(
		fmt.Sprintf("# %s: %s", p.Destination, Label(p.Destination)),
		p.Transport+"_smtp:",
		"  driver = smtp",
		"  # add the options of your remote_smtp (DKIM, interface, helo_data, TLS)",
		fmt.Sprintf("  max_parallel = %d", p.Sessions),
		fmt.Sprintf("  connection_max_messages = %d", p.Recipients),
		fmt.Sprintf("  max_rcpt = %d", p.Recipients),
		"  # a refusal is not tried at all other addresses of the receiver at once",
		"  hosts_max_try = 2",
	)
}

// eximKeep is how long Exim's own default goes on trying.
const eximKeep = "4d"

func eximRetry(p *Plan) string {
	// G grows without end, so a second rule takes over where the longest delay is
	// reached: the sum of the shorter ones.
	var shorter int64
	delays := p.delays()
	for _, d := range delays[:len(delays)-1] {
		shorter += d
	}
	rule := fmt.Sprintf("F,%s,%s", eximKeep, clock(p.RetryMost))
	if shorter > 0 {
		rule = fmt.Sprintf("G,%s,%s,%s; ", clock(shorter), clock(p.RetryFirst), decimal(p.RetryFactor)) + rule
	}
	var list []string
	for _, d := range p.Domains {
		list = append(list, d+"  *  "+rule)
	}
	return lines(list...)
}
