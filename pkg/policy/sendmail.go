package policy

import (
	"fmt"
)

// sendmail writes a mailer and a queue group (Sendmail Installation and Operation Guide
// 2.3.1 and 5.4; cf/README): only runners of that group deliver the mail, and their
// number is the cap.
func sendmail(plans []Plan) Sheet {
	const mc, access, mailers = "/etc/mail/sendmail.mc", "/etc/mail/access", "/etc/mail/mailertable"
	s := Sheet{
		Files: []File{
			{Path: mc, How: "before the lines MAILER(...)", Text: "define(`confCON_EXPENSIVE', `True')dnl\nFEATURE(`queuegroup')dnl\nFEATURE(`mailertable')dnl\n" + each(plans, sendmailQueue)},
			{Path: mc, How: "at the end", Text: "MAILER_DEFINITIONS\n" + each(plans, sendmailMailer)},
			{Path: mailers, How: "add", Text: each(plans, func(p *Plan) string {
				return perDomain(p, func(d string) string { return d + "\t" + p.Transport + ":" + d })
			})},
			{Path: access, How: "add", Text: each(plans, func(p *Plan) string {
				return perDomain(p, func(d string) string { return "QGRP:" + d + "\t" + p.Transport })
			})},
		},
		Cannot: []string{
			"sendmail has no cap on sessions for a destination. Here mail for the receiver is never sent at once (mailer flag e) but only by the runners of its queue group, and R is their number. " +
				"confCON_EXPENSIVE acts on mailers with the flag e only. A runner keeps up to confMCI_CACHE_SIZE idle connections: leave that at 2 or less.",
			fmt.Sprintf("Delays between retries: the group is run every %s (I). Growing delays are global (MinQueueAge, MaxQueueAge), so they are not set: they would slow mail to everybody. Wanted are x%s, at most %s.",
				clock(plans[0].RetryFirst), decimal(plans[0].RetryFactor), clock(plans[0].RetryMost)),
			"m counts messages for each connection, r recipients for each message; there is no limit of recipients for each connection.",
			"sendmail reacts to no reply: the pause is by hand, as above.",
		},
		Undo: []string{"take the parts out again, then run the commands above; mail left in the group's directory moves with: sendmail -qG" + plans[0].Transport},
	}
	for i := range plans {
		p := &plans[i]
		s.Apply = append(s.Apply, "install -d -m 0700 -o root /var/spool/mqueue/"+p.Transport)
		for _, d := range p.Domains {
			s.Pause = append(s.Pause, "sendmail -Qpaused -qR@"+d)
			s.Resume = append(s.Resume, "sendmail -Q -qQ -qR@"+d)
		}
	}
	s.Apply = append(s.Apply, "make -C /etc/mail", "systemctl restart sendmail")
	s.Watch = append([]string{"mailq -qG" + plans[0].Transport + "   (deferred mail: should shrink)"}, watch(plans, "/var/log/mail.log")...)
	return s
}

func sendmailQueue(p *Plan) string {
	return lines(
		fmt.Sprintf("dnl %s: %s", p.Destination, Label(p.Destination)),
		fmt.Sprintf("QUEUE_GROUP(`%s', `P=/var/spool/mqueue/%s, F=f, I=%s, R=%d, r=%d')dnl",
			p.Transport, p.Transport, clock(p.RetryFirst), p.Sessions, p.Recipients),
	)
}

// sendmailMailer is the mailer esmtp of cf/mailer/smtp.m4 with the flag e.
func sendmailMailer(p *Plan) string {
	return fmt.Sprintf("M%s, P=[IPC], F=mDFMuXae, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\\r\\n, L=990,\n"+
		"\tT=DNS/RFC822/SMTP, m=%d, r=%d, Q=%s,\n\tA=TCP $h\n", p.Transport, p.Recipients, p.Recipients, p.Transport)
}

func perDomain(p *Plan, line func(string) string) string {
	var list []string
	for _, d := range p.Domains {
		list = append(list, line(d))
	}
	return lines(list...)
}
