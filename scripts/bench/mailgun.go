package main

import "strconv"

// mailgunLog writes events as the Events API gives them, one a line.
type mailgunLog struct {
	*simulation
	scratch []byte
}

func newMailgun(s *simulation) scribe { return &mailgunLog{simulation: s} }

// event writes what every event has and leaves the object open.
func (g *mailgunLog) event(name, level string, m *message, r *recipient) []byte {
	shop := m.sender[len(m.sender)-len("shop0.example.com"):]
	text := func(b []byte, literal, value string) []byte { return append(append(b, literal...), value...) }
	b := g.buffer
	b = append(b, `{"id":"`...)
	b = g.letters(b, base62, 22)
	b = text(b, `","event":"`, name)
	b = append(b, `","timestamp":`...)
	b = append(strconv.AppendInt(b, g.now/second, 10), '.')
	b = pad(b, uint64(g.now%second), 6)
	b = text(b, `,"log-level":"`, level)
	b = text(b, `","recipient":"`, r.address)
	b = text(b, `","recipient-domain":"`, r.domain.name)
	b = text(b, `","primary-dkim":"s1._domainkey.`, shop)
	b = append(b, `","tags":["order"],"campaigns":[],"user-variables":{"order":"`...)
	b = strconv.AppendUint(b, m.number+1_000_000, 10)
	b = append(b, `"},"flags":{"is-routed":false,"is-authenticated":true,"is-system-test":false,"is-test-mode":false},"envelope":{"sender":"`...)
	b = append(b, m.sender...)
	b = text(b, `","transport":"smtp","targets":"`, r.address)
	b = append(b, `","sending-ip":"`+sendingIP+`"},"message":{"headers":{"to":"`...)
	b = append(b, r.address...)
	b = append(b, `","message-id":"`...)
	b = m.appendMessageID(b)
	b = text(b, `","from":"Shop <`, m.sender)
	b = append(b, `>","subject":"Your order `...)
	b = strconv.AppendUint(b, m.number+1_000_000, 10)
	b = append(b, ` is on its way"},"attachments":[],"size":`...)
	b = strconv.AppendInt(b, int64(m.size), 10)
	b = text(b, `},"storage":{"url":"https://storage-us-east4.api.mailgun.net/v3/domains/`, shop)
	b = append(b, `/messages/`...)
	key := len(b)
	b = g.letters(b, base62, 72)
	b = append(b, `","key":"`...)
	b = append(b, b[key:key+72]...)
	b = text(b, `","region":"us-east4","env":"production"},"domain":{"name":"`, shop)
	return append(b, `"},"account":{"id":"5f0c1a2b3c4d5e6f7a8b9c0d"}`...)
}

func (g *mailgunLog) arrive(*message) {}

func (g *mailgunLog) queued(m *message) {
	for i := range m.rcpts {
		b := g.event("accepted", "info", m, &m.rcpts[i])
		g.line(append(b, `,"method":"smtp","delivery-status":{}}`...))
	}
}

func (g *mailgunLog) activate(*message) {}

func (g *mailgunLog) try(a *attempt) {
	if a.reply == nil {
		g.line(g.status(g.event("delivered", "info", a.msg, a.rcpt), a, 250, "", g.rendered(a.rcpt.domain.accept, a), 0))
		if g.rng.IntN(5) == 0 {
			b := g.event("opened", "info", a.msg, a.rcpt)
			g.line(append(b, `,"geolocation":{"country":"FR","region":"Unknown","city":"Unknown"},"client-info":{"client-type":"webmail","client-os":"Windows","device-type":"desktop","client-name":"Chrome"},"ip":"203.0.113.7"}`...))
		}
		return
	}
	if a.reply.form == suspended {
		return
	}
	level, severity, reason, wait := "warn", "temporary", "generic", 600
	if a.outcome == bounced {
		level, severity, reason, wait = "error", "permanent", "bounce", 0
	}
	code, enhanced, text := a.reply.code, a.reply.dsn, g.rendered(a.reply.text, a)
	if code == 0 {
		code, enhanced, text = 680, "", []byte("Turret client: server connection failed")
	}
	b := append(g.event("failed", level, a.msg, a.rcpt), `,"severity":"`...)
	b = append(b, severity...)
	b = append(b, `","reason":"`...)
	b = append(b, reason...)
	g.line(g.status(append(b, '"'), a, code, enhanced, text, wait))
}

// rendered is a reply as Mailgun has it: without its code, lines apart by \n.
func (g *mailgunLog) rendered(t template, a *attempt) []byte {
	text := g.render(g.scratch[:0], t, a, "\n")
	out, lineStart := text[:0], true
	for i := 0; i < len(text); i++ {
		if lineStart {
			i += len("250 ")
		}
		lineStart = text[i] == '\n'
		out = append(out, text[i])
	}
	g.scratch = text
	return out
}

func (g *mailgunLog) status(b []byte, a *attempt, code int, enhanced string, text []byte, wait int) []byte {
	b = append(b, `,"delivery-status":{"tls":true,"utf8":true,"certificate-verified":true,"attempt-no":`...)
	b = strconv.AppendInt(b, int64(a.rcpt.tries), 10)
	b = append(b, `,"session-seconds":`...)
	b = append(strconv.AppendInt(b, (a.setup+a.send)/second, 10), '.')
	b = pad(b, uint64((a.setup+a.send)%second), 6)
	b = append(b, `,"code":`...)
	b = strconv.AppendInt(b, int64(code), 10)
	if enhanced != "" {
		b = append(append(append(b, `,"enhanced-code":"`...), enhanced...), '"')
	}
	if wait > 0 {
		b = strconv.AppendInt(append(b, `,"retry-seconds":`...), int64(wait), 10)
	}
	b = append(append(append(b, `,"mx-host":"`...), a.host.name...), `","description":"","message":"`...)
	for _, c := range text {
		if c == '\n' {
			b = append(b, `\n`...)
			continue
		}
		b = append(b, c)
	}
	return append(b, `"}}`...)
}

func (g *mailgunLog) expire(m *message, rcpts []*recipient) {
	for _, r := range rcpts {
		b := append(g.event("failed", "error", m, r), `,"severity":"permanent","reason":"old"`...)
		g.line(g.status(b, &r.next, 602, "", []byte("Too old"), 0))
	}
}

func (g *mailgunLog) notify(_, _ *message) {}

func (g *mailgunLog) local(*message, *recipient) {}

func (g *mailgunLog) done(*message) {}

func (g *mailgunLog) noise() {}
