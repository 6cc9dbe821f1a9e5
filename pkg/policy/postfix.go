package policy

import (
	"fmt"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// postfix writes a transport of its own for each destination (TUNING_README,
// transport(5), master(5), postconf(5)).
//
// The process limit of the service is the cap: it counts all domains of the receiver
// together, while _destination_concurrency_limit counts each next-hop domain by itself,
// so that four domains of one receiver would make four times the limit. There is never
// a rate delay: it forces one session and one message at a time, which starves a
// backlog.
func postfix(plans []Plan) Sheet {
	const dir = "/etc/postfix/"
	s := Sheet{
		Files: []File{
			{Path: dir + "main.cf", How: "add at the end", Text: each(plans, postfixMain)},
			{Path: dir + "master.cf", How: "add at the end", Text: each(plans, postfixMaster)},
		},
	}
	var tables, names []string
	for i := range plans {
		p := &plans[i]
		table := dir + "transport_" + p.Transport
		s.Files = append(s.Files, File{Path: table, How: "new file", Text: each(plans[i:i+1], postfixTransport)})
		tables, names = append(tables, table), append(names, p.Transport)
		s.Apply = append(s.Apply, "postmap "+table)
	}
	// transport_maps may hold tables already, whose lines come first.
	maps := "$(postconf -h transport_maps)"
	for _, table := range tables {
		maps += " $(postconf -h default_database_type):" + table
	}
	s.Apply = append(s.Apply, `postconf -e "transport_maps = `+maps+`"`, "postfix check", "postfix reload")
	s.Undo = append(s.Undo, "take the lines above out of main.cf and master.cf",
		`postconf -e "transport_maps = $(postconf -h transport_maps | sed -E 's# *[a-z]+:/etc/postfix/transport_(`+join(names, "|")+`)( |$)#\2#g')"`,
		"postfix reload")
	list := join(names, " ")
	s.Pause = []string{`postconf -e "defer_transports = $(postconf -h defer_transports) ` + list + `"`, "postfix reload"}
	s.PauseNote = "The first time, do step 2 before this: until then this mail goes by the transport of all other mail, and the pause names one that nothing uses."
	s.Resume = []string{
		`postconf -e "defer_transports = $(postconf -h defer_transports | sed -E 's# *\<(` + join(names, "|") + `)\>##g')"`,
		"postfix reload",
	}
	s.Cannot = append(postfixCannot(plans), "postqueue -f and postqueue -s try deferred mail at once: leave both alone while the receiver refuses.")
	s.Watch = append([]string{postfixWaiting(plans)}, watch(plans, "/var/log/mail.log")...)
	return s
}

// postfixWaiting counts recipients in the queue: each has a line of its own, whatever the
// reply said (postqueue(1)).
func postfixWaiting(plans []Plan) string {
	domains := alternatives(plans)
	if domains == "" || len(domains) > maxWatched {
		return "postqueue -p   (recipients of this receiver: should get fewer)"
	}
	return "postqueue -p | grep -cE '@(" + domains + ")$'   (recipients in the queue: should shrink)"
}

// maxWatched is how long a pattern may be that somebody is to paste.
const maxWatched = 4000

func postfixMain(p *Plan) string {
	return lines(
		fmt.Sprintf("# %s: %s", p.Destination, Label(p.Destination)),
		fmt.Sprintf("%s_destination_concurrency_limit = %d", p.Transport, p.Sessions),
		fmt.Sprintf("%s_initial_destination_concurrency = %d", p.Transport, p.Sessions),
		"# recipients for each message that is handed to a session",
		fmt.Sprintf("%s_destination_recipient_limit = %d", p.Transport, p.Recipients),
	)
}

func postfixMaster(p *Plan) string {
	list := []string{
		"# service type private unpriv chroot wakeup maxproc command; maxproc is the cap for all",
		"# domains together. chroot and further -o options: as in your line \"smtp unix\".",
		fmt.Sprintf("%s unix - - n - %d smtp", p.Transport, p.Sessions),
		"  -o syslog_name=postfix/" + p.Transport,
	}
	if p.Cached {
		list = append(list, "  -o smtp_connection_cache_destinations="+join(p.Domains, ","))
	} else {
		list = append(list, "  -o smtp_connection_cache_on_demand=no")
	}
	// The receiver has seen the end of a session before the next one opens.
	return lines(append(list, "  -o smtp_skip_quit_response=no")...)
}

func postfixTransport(p *Plan) string {
	width := 0
	for _, d := range p.Domains {
		width = max(width, len(d))
	}
	var b strings.Builder
	for _, d := range p.Domains {
		fmt.Fprintf(&b, "%-*s  %s:\n", width, d, p.Transport)
	}
	return b.String()
}

func postfixCannot(plans []Plan) []string {
	p := &plans[0]
	return []string{
		fmt.Sprintf("Delays between retries are global in Postfix (minimal_backoff_time, maximal_backoff_time, queue_run_delay), so they are not set here: they would slow mail to everybody. "+
			"Wanted are %s, x%s, at most %s. If all your mail may wait so long: minimal_backoff_time = %s, maximal_backoff_time = %s. Otherwise give this transport an instance of its own (MULTI_INSTANCE_README).",
			clock(p.RetryFirst), decimal(p.RetryFactor), clock(p.RetryMost), clock(p.RetryFirst), clock(p.RetryMost)),
		fmt.Sprintf("Postfix reacts to no reply: the pause of %s is by hand, as above. A rate delay is no substitute: it allows one session and one message at a time.", clock(p.Pause)),
		"The cap counts for one host and one sending IP. If several hosts leave through one IP, share the number among them; if this host has several sending IPs (smtp_bind_address), make one transport for each.",
		"Recipients for each connection: Postfix limits recipients for each message; where connections stay open several messages share one.",
	}
}

// watch is what to look at afterwards, the three numbers of H84: sessions, deferred
// and accepted recipients.
func watch(plans []Plan, log string) []string {
	var list []string
	for i := range plans {
		list = append(list, "diagnose --since 1h --for "+report.ShellWord(plans[i].Platform)+" "+log+"   (sessions, deferred, accepted)")
	}
	return append(list, "Back down, or pause again, if "+rules.Duration(plans[0].Pause)+" later refusals still come.")
}
