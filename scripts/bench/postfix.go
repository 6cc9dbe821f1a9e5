package main

import "strconv"

// postfixLog writes the syslog of Postfix 3.7: log_adhoc.c, smtp_trouble.c, qmgr_active.c.
type postfixLog struct {
	*simulation
	stampOf int64
	stamp   []byte
}

func newPostfix(s *simulation) scribe { return &postfixLog{simulation: s, stampOf: -1} }

// tag begins a line: time, host, process.
func (p *postfixLog) tag(process string, pid int) []byte {
	b := p.buffer
	if p.ISO {
		b = p.date(b, 'T')
		b = append(b, '.')
		b = pad(b, uint64(p.now%second), 6)
		b = append(b, "+00:00"...)
	} else {
		if sec := p.now / second; sec != p.stampOf {
			p.stampOf = sec
			p.stamp = p.clock().UTC().AppendFormat(p.stamp[:0], "Jan _2 15:04:05")
		}
		b = append(b, p.stamp...)
	}
	b = append(b, " mail "...)
	b = append(b, process...)
	b = append(b, '[')
	b = strconv.AppendInt(b, int64(pid), 10)
	return append(b, "]: "...)
}

// about begins a line that tells of a message.
func (p *postfixLog) about(process string, pid int, m *message) []byte {
	return append(append(p.tag(process, pid), m.id...), ": "...)
}

const (
	base52 = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
	qmgr   = 1201
)

// name gives the message its queue id (mail_queue.h): microseconds and inode, or in the long
// form seconds, microseconds and inode.
func (p *postfixLog) name(m *message) {
	inode, micro := uint64(m.slot)+400_000, uint64(p.now%second)
	if !p.LongIDs {
		const digits = "0123456789ABCDEF"
		for shift := 16; shift >= 0; shift -= 4 {
			m.id = append(m.id, digits[micro>>shift&15])
		}
		m.id = inBase(m.id, digits, inode, 1)
		return
	}
	m.id = inBase(m.id, base52, uint64(p.now/second), 6)
	m.id = inBase(m.id, base52, micro, 4)
	m.id = append(m.id, 'z')
	m.id = inBase(m.id, base52[:51], inode, 1)
}

// inBase appends n in the digits, at least so many.
func inBase(b []byte, digits string, n uint64, least int) []byte {
	var text [16]byte
	i, base := len(text), uint64(len(digits))
	for n > 0 || len(text)-i < least {
		i--
		text[i] = digits[n%base]
		n /= base
	}
	return append(b, text[i:]...)
}

// appendMessageID appends the Message-ID without its brackets.
func (m *message) appendMessageID(b []byte) []byte {
	b = strconv.AppendInt(b, m.born, 10)
	b = append(b, '.')
	b = strconv.AppendUint(b, m.number, 10)
	if m.bounce {
		return append(b, "@"+ownHost...)
	}
	b = append(b, '@')
	return append(b, m.sender[len(m.sender)-len("shop0.example.com"):]...)
}

func (p *postfixLog) arrive(m *message) {
	p.name(m)
	if m.client < 0 {
		b := p.about("postfix/pickup", 1200, m)
		b = append(b, "uid=33 from=<"...)
		b = append(b, m.sender...)
		p.line(append(b, '>'))
		return
	}
	client, pid := p.world.clients[m.client], 2000+int(m.client)
	b := append(p.tag("postfix/smtpd", pid), "connect from "...)
	p.line(append(b, client...))
	b = append(p.about("postfix/smtpd", pid, m), "client="...)
	b = append(b, client...)
	if m.client%3 == 0 {
		b = append(b, ", sasl_method=PLAIN, sasl_username=app"...)
	}
	p.line(b)
}

func (p *postfixLog) queued(m *message) {
	b := append(p.about("postfix/cleanup", 2100+int(m.slot%20), m), "message-id=<"...)
	p.line(append(m.appendMessageID(b), '>'))
	p.activate(m)
	if m.client < 0 {
		return
	}
	b = append(p.tag("postfix/smtpd", 2000+int(m.client)), "disconnect from "...)
	b = append(b, p.world.clients[m.client]...)
	b = append(b, " ehlo=2 starttls=1 mail=1 rcpt="...)
	b = strconv.AppendInt(b, int64(len(m.rcpts)), 10)
	b = append(b, " data=1 quit=1 commands="...)
	p.line(strconv.AppendInt(b, int64(len(m.rcpts))+6, 10))
}

func (p *postfixLog) activate(m *message) {
	b := append(p.about("postfix/qmgr", qmgr, m), "from=<"...)
	if !m.bounce {
		b = append(b, m.sender...)
	}
	b = append(b, ">, size="...)
	b = strconv.AppendInt(b, int64(m.size), 10)
	b = append(b, ", nrcpt="...)
	b = strconv.AppendInt(b, int64(len(m.rcpts)), 10)
	p.line(append(b, " (queue active)"...))
}

func (p *postfixLog) try(a *attempt) {
	pid := 3000 + a.slot
	if a.before != nil {
		b := p.about("postfix/smtp", pid, a.msg)
		if a.before.form == connect {
			// smtp_connect.c logs this one without a queue id.
			b = p.tag("postfix/smtp", pid)
			p.truth.Nameless++
		} else {
			p.truth.Hidden++
			p.truth.Classes[a.before.class]++
		}
		p.line(p.reason(b, a, a.before, a.beside))
	}
	process, relay, dsn, status := "postfix/smtp", a.host.relay, "2.0.0", "sent"
	if a.reply != nil {
		dsn, status = a.reply.dsn, "deferred"
		if a.outcome == bounced {
			status = "bounced"
		}
		switch a.reply.form {
		case connect:
			relay = "none"
		case suspended:
			process, relay = "postfix/error", "none"
		case said, refused, timedOut, lost:
		}
	}
	b := append(p.about(process, pid, a.msg), "to=<"...)
	b = append(b, a.rcpt.address...)
	b = append(b, ">, relay="...)
	b = append(b, relay...)
	if a.reused > 1 {
		b = append(b, ", conn_use="...)
		b = strconv.AppendInt(b, int64(a.reused), 10)
	}
	before := p.now - a.msg.born - a.wait - a.setup - a.send
	b = append(b, ", delay="...)
	b = seconds(b, p.now-a.msg.born)
	b = append(b, ", delays="...)
	b = append(seconds(b, before), '/')
	b = append(seconds(b, a.wait), '/')
	b = append(seconds(b, a.setup), '/')
	b = seconds(b, a.send)
	b = append(b, ", dsn="...)
	b = append(b, dsn...)
	b = append(b, ", status="...)
	b = append(b, status...)
	b = append(b, " ("...)
	switch {
	case a.reply == nil:
		b = p.render(b, a.rcpt.domain.accept, a, " ")
	case a.reply.form == suspended:
		as := *a.reply
		as.form = refused
		b = p.reason(append(b, "delivery temporarily suspended: "...), a, &as, a.host)
	default:
		b = p.reason(b, a, a.reply, a.host)
	}
	p.line(append(b, ')'))
}

// reason is what smtp(8) writes in the brackets (smtp_proto.c, smtp_trouble.c, smtp_connect.c).
func (p *postfixLog) reason(b []byte, a *attempt, r *reply, host *endpoint) []byte {
	where := host.relay[:len(host.relay)-len(":25")]
	on := *a
	on.host = host
	switch r.form {
	case connect:
		b = append(b, "connect to "...)
		b = append(b, host.relay...)
		return append(b, ": Connection timed out"...)
	case timedOut:
		b = append(b, "conversation with "...)
		b = append(b, where...)
		b = append(b, " timed out while "...)
		return append(b, r.command...)
	case lost:
		b = append(b, "lost connection with "...)
		b = append(b, where...)
		b = append(b, " while "...)
		return append(b, r.command...)
	case refused:
		b = append(b, "host "...)
		b = append(b, where...)
		b = append(b, " refused to talk to me: "...)
		return p.render(b, r.text, &on, " ")
	case said, suspended:
	}
	b = append(b, "host "...)
	b = append(b, where...)
	b = append(b, " said: "...)
	b = p.render(b, r.text, &on, " ")
	b = append(b, " (in reply to "...)
	b = append(b, r.command...)
	return append(b, " command)"...)
}

// seconds appends a delay as format_tv.c does: two significant digits, at most two places.
func seconds(b []byte, micro int64) []byte {
	switch {
	case micro >= 10*second:
		return strconv.AppendInt(b, (micro+second/2)/second, 10)
	case micro >= second:
		tenths := (micro + 50_000) / 100_000
		b = strconv.AppendInt(b, tenths/10, 10)
		if tenths%10 > 0 {
			b = append(b, '.', '0'+byte(tenths%10))
		}
		return b
	}
	hundredths := (micro + 5_000) / 10_000
	if hundredths == 0 {
		return append(b, '0')
	}
	if hundredths == 100 {
		return append(b, '1')
	}
	b = append(b, '0', '.', '0'+byte(hundredths/10))
	if hundredths%10 > 0 {
		b = append(b, '0'+byte(hundredths%10))
	}
	return b
}

func (p *postfixLog) expire(m *message, _ []*recipient) {
	b := append(p.about("postfix/qmgr", qmgr, m), "from=<"...)
	b = append(b, m.sender...)
	p.line(append(b, ">, status=expired, returned to sender"...))
}

func (p *postfixLog) notify(parent, bounce *message) {
	p.name(bounce)
	b := append(p.about("postfix/cleanup", 2100+int(bounce.slot%20), bounce), "message-id=<"...)
	p.line(append(bounce.appendMessageID(b), '>'))
	b = append(p.about("postfix/bounce", 2200, parent), "sender non-delivery notification: "...)
	p.line(append(b, bounce.id...))
	p.activate(bounce)
}

func (p *postfixLog) local(m *message, to *recipient) {
	b := append(p.about("postfix/local", 2201, m), "to=<"...)
	b = append(b, to.address...)
	b = append(b, ">, relay=local, delay="...)
	b = seconds(b, p.now-m.born)
	b = append(b, ", delays=0.01/0/0/"...)
	b = seconds(b, p.now-m.born)
	p.line(append(b, ", dsn=2.0.0, status=sent (delivered to mailbox)"...))
}

func (p *postfixLog) done(m *message) {
	p.line(append(p.about("postfix/qmgr", qmgr, m), "removed"...))
}

// noise is what else a mail host writes.
func (p *postfixLog) noise() {
	ip := func(b []byte) []byte { return strconv.AppendInt(append(b, "203.0.113."...), p.rng.Int64N(254)+1, 10) }
	switch p.rng.IntN(10) {
	case 0:
		b := append(p.tag("postfix/anvil", 2300), "statistics: max connection rate 12/60s for (smtp:"...)
		b = append(ip(b), ") at Mar  2 00:00:00"...)
		p.line(b)
	case 1:
		b := append(p.tag("CRON", 9000+p.rng.IntN(999)), "(root) CMD (   test -x /usr/lib/logcheck && run-parts /etc/logcheck.d)"...)
		p.line(b)
	case 2, 3:
		b := append(p.tag("dovecot", 800), "imap-login: Login: user=<ann@example.com>, method=PLAIN, rip="...)
		p.line(append(ip(b), ", lip=198.51.100.25, mpid=4711, TLS, session=<Vq8w>"...))
	case 4:
		b := append(p.tag("postfix/smtpd", 2040), "warning: hostname static.example.net does not resolve to address "...)
		p.line(append(ip(b), ": Name or service not known"...))
	case 5, 6:
		b := append(p.tag("postfix/postscreen", 2301), "CONNECT from ["...)
		p.line(append(ip(b), "]:40312 to [198.51.100.25]:25"...))
	case 7:
		b := append(p.tag("postfix/smtpd", 2041), "NOQUEUE: reject: RCPT from unknown["...)
		p.line(append(ip(b), "]: 554 5.7.1 <eve@example.net>: Relay access denied; from=<eve@example.org> to=<eve@example.net> proto=ESMTP helo=<mail.example.org>"...))
	case 8:
		b := append(p.tag("opendkim", 700), "DKIM-Signature field added (s=mail, d=example.com)"...)
		p.line(b)
	default:
		b := append(p.tag("postfix/smtp", 3000), "Trusted TLS connection established to gmail-smtp-in.l.google.com["...)
		p.line(append(ip(b), "]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"...))
	}
}
