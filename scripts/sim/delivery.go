package sim

import (
	"slices"
	"time"
)

// delivery is one request to an smtp process: one message, its recipients, up to
// smtp_mx_session_limit MX hosts.
type delivery struct {
	*mta
	queue *queue
	msg   *message
	proc  *process
	left  []string // recipients without a result
	hosts []*host  // not tried yet
	tries int
	final bool // no further host will be tried
	began time.Duration
	// ready is when the connection was set up (zero: not yet).
	ready   time.Duration
	session *session
	// broken is set by a failure of the site.
	broken *suspension
}

// start hands a message to an smtp process.
func (m *mta) start(q *queue, msg *message) {
	q.busy++
	q.via.busy++
	q.caching(m.now)
	d := &delivery{mta: m, queue: q, msg: msg, left: slices.Clone(msg.to), began: m.now, proc: q.via.procs.hire(m.now)}
	for _, equal := range q.domain.mx {
		at := len(d.hosts)
		d.hosts = append(d.hosts, equal...)
		m.rng.Shuffle(len(equal), func(i, j int) { d.hosts[at+i], d.hosts[at+j] = d.hosts[at+j], d.hosts[at+i] })
	}
	d.next()
}

// next tries a cached session to a host of the best preference, or a new one to the
// next host (smtp_connect.c).
func (d *delivery) next() {
	d.tries++
	d.ready = 0
	best := d.queue.domain.mx[0]
	if d.queue.loaded {
		for i, h := range d.hosts {
			if !slices.Contains(best, h) {
				break
			}
			if s := d.cache.take(d.queue.via, h); s != nil {
				d.hosts = slices.Delete(d.hosts, i, i+1)
				d.final = d.tries >= d.mxSessionLimit || len(d.hosts) == 0
				d.session = s
				d.after(d.between(0, 8*time.Millisecond), d.mail)
				return
			}
		}
	}
	h := d.hosts[0]
	d.hosts = d.hosts[1:]
	d.final = d.tries >= d.mxSessionLimit || len(d.hosts) == 0
	d.session = &session{host: h, ip: d.queue.via.ip}
	setUp := d.between(h.at.setUp.from, h.at.setUp.to)
	// DNS and the handshake come before the receiver knows of it.
	d.after(setUp*2/5, func() {
		no := h.connect(d.asking())
		rest := setUp - setUp*2/5
		if no != nil {
			d.after(max(rest/2, h.rtt/2), func() { d.refused(no) })
			return
		}
		d.after(rest, d.mail)
	})
}

func (d *delivery) asking() *asking {
	return &asking{engine: d.engine, session: d.session, sender: d.msg.from, recipient: d.left[0], date: d.date()}
}

// mail sends MAIL FROM and RCPT TO in one go (PIPELINING).
func (d *delivery) mail() {
	d.ready = d.now
	d.session.uses++
	h := d.session.host
	d.after(h.rtt/2, func() {
		a := d.asking()
		a.stage = atMail
		if no := h.answer(a); no != nil {
			if no.closes() {
				d.session.close()
			}
			d.after(h.rtt/2+d.between(0, 5*time.Millisecond), func() { d.refused(no) })
			return
		}
		a.stage = atRcpt
		var taken []string
		var turned []*refusal
		for _, to := range d.left {
			a.recipient = to
			no := h.answer(a)
			turned = append(turned, no)
			if no == nil {
				taken = append(taken, to)
			}
		}
		d.after(h.rtt/2+d.between(0, 5*time.Millisecond), func() { d.answered(taken, turned) })
	})
}

// answered goes on after the replies to RCPT TO.
func (d *delivery) answered(taken []string, turned []*refusal) {
	all := d.left
	d.left = nil
	for i, to := range all {
		switch no := turned[i]; {
		case no == nil:
		case no.permanent() || d.final:
			d.result(to, no)
		default:
			d.interim(no)
			d.left = append(d.left, to)
		}
	}
	if len(taken) == 0 {
		d.ended()
		return
	}
	h := d.session.host
	d.after(d.between(h.at.take.from, h.at.take.to), func() {
		h.accepted(len(taken))
		for _, to := range taken {
			d.result(to, nil)
		}
		d.ended()
	})
}

// refused goes on after a refusal at the banner or of MAIL FROM: the next host, or
// the end for all recipients (smtp_trouble.c).
func (d *delivery) refused(no *refusal) {
	soft := !no.permanent() || no.stage == atBanner // smtp_skip_5xx_greeting
	if soft && !d.final {
		d.interim(no)
		d.ended()
		return
	}
	if d.ready == 0 {
		d.ready = d.now // all the time was set-up
	}
	for _, to := range d.left {
		d.result(to, no)
	}
	d.left = nil
	if no.stage == atBanner {
		d.broken = &suspension{no.words(d.session.host), no.dsn()}
	}
	d.ended()
}

// interim writes the line of a refusal after which the next host is tried.
func (d *delivery) interim(no *refusal) {
	d.attempts.Interim++
	h := d.session.host
	d.log.begin(d.queue.via.tag, d.proc.pid).text(d.msg.id, ": ", no.words(h)).end()
	if no.stage == atMail && no.closes() {
		d.log.begin(d.queue.via.tag, d.proc.pid).text(d.msg.id, ": lost connection with ", h.String(), " while sending RCPT TO").end()
	}
}

// result writes the line of one recipient and settles it.
func (d *delivery) result(to string, no *refusal) {
	h := d.session.host
	l := d.log.begin(d.queue.via.tag, d.proc.pid).text(d.msg.id, ": to=<", to, ">, relay=", h.String(), ":25")
	if d.session.uses > 1 {
		l.text(", conn_use=").number(d.session.uses)
	}
	l.delays(d.msg, d.began, d.ready, d.now)
	switch {
	case no == nil:
		d.attempts.Sent++
		d.settle(to, &d.fate.Delivered)
		l.text(", dsn=", acceptedDSN(h), ", status=sent (", acceptedText(d, h), ")")
	case no.permanent() && no.stage != atBanner:
		d.attempts.Bounced++
		d.settle(to, &d.fate.Bounced)
		d.msg.bounced = true
		l.text(", dsn=", no.dsn(), ", status=bounced (", no.words(h), ")")
	default:
		d.attempts.Deferred++
		l.text(", dsn=", no.dsn(), ", status=deferred (", no.words(h), ")")
	}
	l.end()
}

// settle takes a recipient off the message.
func (d *delivery) settle(to string, count *int) {
	d.msg.to = slices.DeleteFunc(d.msg.to, func(s string) bool { return s == to })
	if !d.msg.notice {
		*count++
	}
}

// ended gives the session up or into the cache, and goes on to the next host or
// back to the queue manager.
func (d *delivery) ended() {
	s := d.session
	switch {
	case s.gone:
	case s.uses > 0 && d.queue.stored && d.now-s.opened < d.reuseTime:
		d.cache.put(d.queue.via, s, d.cacheTime)
	default:
		d.after(s.host.rtt/2, s.close)
	}
	if len(d.left) > 0 {
		d.next()
		return
	}
	d.finish()
}

// finish reports to the queue manager.
func (d *delivery) finish() {
	q := d.queue
	q.via.procs.release(d.proc, d.now)
	if d.broken == nil {
		q.alive(d.mta)
	} else if q.failed(d.mta, d.broken) {
		todo := q.todo
		q.todo = nil
		d.suspend(q.dead, todo)
	}
	q.busy--
	q.via.busy--
	q.last = d.now.Truncate(time.Second)
	d.forget(q)
	msg := d.msg
	d.after(d.between(time.Millisecond, 4*time.Millisecond), func() { d.done(msg) })
	d.pump(q.via)
}
