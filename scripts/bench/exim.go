package main

import "strconv"

// eximLog writes the main log of Exim 4.96 (deliver.c, transports/smtp.c).
type eximLog struct{ *simulation }

func newExim(s *simulation) scribe { return eximLog{s} }

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func (x eximLog) about(m *message) []byte {
	b := append(x.date(x.buffer, ' '), ' ')
	return append(append(b, m.id...), ' ')
}

// name gives the message its id of 16 characters: time, process, fraction (local_scan.h).
// Since 4.97 there are 23; the eximstats of older versions does not know those.
func (x eximLog) name(m *message) {
	m.id = append(inBase(m.id, base62, uint64(x.now/second), 6), '-')
	m.id = append(inBase(m.id, base62, 30_000+m.number, 6), '-')
	m.id = inBase(m.id, base62, uint64(x.now%second)/500, 2)
}

func (x eximLog) arrive(m *message) {
	x.name(m)
	b := append(x.about(m), "<= "...)
	b = append(b, m.sender...)
	if m.client < 0 {
		b = append(b, " U=www-data P=local S="...)
	} else {
		client := x.world.clients[m.client]
		for i := range len(client) {
			if client[i] == '[' {
				b = append(append(append(b, " H="...), client[:i]...), ' ')
				b = append(b, client[i:]...)
				break
			}
		}
		b = append(b, " P=esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no A=plain_server:app S="...)
	}
	b = strconv.AppendInt(b, int64(m.size), 10)
	b = append(b, " id="...)
	x.line(m.appendMessageID(b))
}

func (x eximLog) queued(*message) {}

func (x eximLog) activate(*message) {}

// address begins the line of a recipient.
func (x eximLog) address(m *message, flag string, r *recipient) []byte {
	b := append(append(x.about(m), flag...), ' ')
	b = append(b, r.address...)
	return append(b, " R=dnslookup T=remote_smtp"...)
}

// at names the host of an attempt.
func at(b []byte, e *endpoint) []byte {
	b = append(append(b, " H="...), e.name...)
	b = append(append(b, " ["...), e.ip...)
	return append(b, ']')
}

const cipher = " X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes"

func (x eximLog) try(a *attempt) {
	if a.before != nil {
		x.truth.Hidden++
		x.truth.Classes[a.before.class]++
		b := x.about(a.msg)
		if a.before.form == connect {
			b = at(b[:len(b)-1], a.beside)
			x.line(append(b, " Connection timed out"...))
		} else {
			b = append(at(b[:len(b)-1], a.beside), ": "...)
			x.line(x.reason(b, a, a.before, a.beside))
		}
	}
	switch {
	case a.reply == nil:
		b := at(x.address(a.msg, "=>", a.rcpt), a.host)
		if a.reused > 1 {
			b = append(b, '*')
		}
		b = append(b, cipher+` C="`...)
		b = x.render(b, a.rcpt.domain.accept, a, `\\n`)
		b = append(b, `" QT=`...)
		b = x.took(b, x.now-a.msg.born)
		b = append(b, " DT="...)
		x.line(x.took(b, a.setup+a.send))
	case a.outcome == bounced:
		b := append(at(x.address(a.msg, "**", a.rcpt), a.host), cipher+": "...)
		x.line(x.reason(b, a, a.reply, a.host))
	case a.reply.form == suspended:
		b := append(x.address(a.msg, "==", a.rcpt), " defer (-54): retry time not reached for any host for '"...)
		b = append(b, a.rcpt.domain.name...)
		x.line(append(b, '\''))
	default:
		b := append(x.address(a.msg, "==", a.rcpt), " defer ("...)
		switch a.reply.form {
		case connect:
			x.line(at(append(b, "110): Connection timed out"...), a.host))
			return
		case timedOut:
			b = at(append(b, "110): Connection timed out"...), a.host)
		case lost:
			b = at(append(b, "-18)"...), a.host)
		case said:
			b = at(append(append(b, errno(a.reply.command)...), ')'), a.host)
		case refused, suspended:
			b = at(append(b, "0)"...), a.host)
		}
		x.line(x.reason(append(b, ": "...), a, a.reply, a.host))
	}
}

// errno is the number that stands for a command that was answered with 4xx (macros.h).
func errno(command string) string {
	switch command {
	case "RCPT TO":
		return "-44"
	case "MAIL FROM":
		return "-45"
	}
	return "-46"
}

func (x eximLog) reason(b []byte, a *attempt, r *reply, host *endpoint) []byte {
	on := *a
	on.host = host
	switch r.form {
	case timedOut:
		return append(b, "SMTP timeout after end of data (12345 bytes written)"...)
	case lost:
		return append(b, "Remote host closed connection in response to initial connection"...)
	case refused:
		b = append(b, "SMTP error from remote mail server after initial connection"...)
	case said:
		b = append(b, "SMTP error from remote mail server after "...)
		switch r.command {
		case "RCPT TO":
			b = append(append(append(b, "RCPT TO:<"...), a.rcpt.address...), '>')
		case "MAIL FROM":
			b = append(append(append(b, "MAIL FROM:<"...), a.msg.sender...), '>')
		default:
			b = append(b, "end of data"...)
		}
	case connect, suspended:
	}
	return x.render(append(b, ": "...), r.text, &on, `\n`)
}

// took appends a time as QT= and DT= have it.
func (x eximLog) took(b []byte, micro int64) []byte {
	sec := micro / second
	if sec < 60 {
		b = append(strconv.AppendInt(b, sec, 10), '.')
		return append(pad(b, uint64(micro%second/1000), 3), 's')
	}
	if sec >= 3600 {
		b = append(strconv.AppendInt(b, sec/3600, 10), 'h')
	}
	b = append(strconv.AppendInt(b, sec/60%60, 10), 'm')
	return append(strconv.AppendInt(b, sec%60, 10), 's')
}

func (x eximLog) expire(m *message, rcpts []*recipient) {
	for _, r := range rcpts {
		b := append(append(x.about(m), "** "...), r.address...)
		x.line(append(b, ": retry timeout exceeded"...))
	}
}

func (x eximLog) notify(parent, bounce *message) {
	x.name(bounce)
	b := append(append(x.about(bounce), "<= <> R="...), parent.id...)
	b = append(b, " U=Debian-exim P=local S="...)
	x.line(strconv.AppendInt(b, int64(bounce.size), 10))
}

func (x eximLog) local(m *message, to *recipient) {
	b := append(append(x.about(m), "=> bounces <"...), to.address...)
	x.line(append(b, "> R=local_user T=maildir_home"...))
}

func (x eximLog) done(m *message) {
	x.line(append(x.about(m), "Completed"...))
}

func (x eximLog) noise() {
	if x.rng.IntN(3) > 0 {
		return
	}
	b := append(x.date(x.buffer, ' '), ' ')
	ip := strconv.AppendInt([]byte("203.0.113."), x.rng.Int64N(254)+1, 10)
	switch x.rng.IntN(4) {
	case 0:
		b = append(b, "Start queue run: pid="...)
		b = strconv.AppendInt(b, x.rng.Int64N(30_000)+1000, 10)
	case 1:
		b = append(append(b, "no host name found for IP address "...), ip...)
	case 2:
		b = append(append(append(b, "H=(scanner) ["...), ip...), "] F=<eve@example.net> rejected RCPT <eve@example.org>: relay not permitted"...)
	default:
		b = append(append(append(b, "SMTP connection from ["...), ip...), "] lost D=0.5s"...)
	}
	x.line(b)
}
