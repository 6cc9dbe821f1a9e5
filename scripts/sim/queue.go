package sim

import (
	"slices"
	"time"
)

// transport is one entry of master.cf that delivers by SMTP: a tag in the log, a
// sending IP, a pool of processes.
type transport struct {
	tag string
	ip  string
	// sessions is its <transport>_destination_concurrency_limit; 0 takes the default.
	sessions int
	queues   []*queue // destinations with mail, in order of making
	byDomain map[*domain]*queue
	procs    *pool
	busy     int
	turn     int // whose turn it is where processes are short
}

func (t *transport) limit(m *mta) int {
	if t.sessions > 0 {
		return t.sessions
	}
	return m.destinationSessions
}

// queue holds what waits for one destination: qmgr's QMGR_QUEUE.
type queue struct {
	via    *transport
	domain *domain
	todo   []*message
	busy   int
	// window is how many deliveries may run; success and failure are what has been
	// learnt since it was last changed (qmgr_queue.c).
	window           int
	success, failure float64
	cohorts          float64 // failures, each as a part of the window
	// dead is set while the destination is taken for dead, with the refusal of which
	// it died.
	dead   *suspension
	last   time.Duration // second of the last end of a delivery, negative for none
	stored bool          // sessions go to the cache
	loaded bool          // sessions are looked for there
}

// suspension is the reason that suspended deliveries are given.
type suspension struct{ reason, dsn string }

// schedule puts an active message into the queue of its destination, or aside if
// that is dead.
func (m *mta) schedule(msg *message) {
	t := msg.via
	q := t.byDomain[msg.domain]
	if q == nil {
		q = &queue{via: t, domain: msg.domain, window: min(m.initialConcurrency, t.limit(m)), last: -time.Hour}
		t.byDomain[msg.domain] = q
		t.queues = append(t.queues, q)
	}
	if q.dead != nil {
		m.suspend(q.dead, []*message{msg})
		return
	}
	q.todo = append(q.todo, msg)
	m.pump(t)
}

// pump starts deliveries, one destination after the other, while windows and
// processes allow.
func (m *mta) pump(t *transport) {
	for idle := 0; idle < len(t.queues) && t.busy < m.processLimit; {
		t.turn++
		q := t.queues[t.turn%len(t.queues)]
		if len(q.todo) == 0 || q.busy >= q.window || q.dead != nil {
			idle++
			continue
		}
		idle = 0
		msg := q.todo[0]
		q.todo[0] = nil
		q.todo = q.todo[1:]
		m.start(q, msg)
	}
}

// caching decides about the connection cache: on demand, once deliveries follow
// each other back to back, and until concurrency drops (qmgr_entry_select).
func (q *queue) caching(now time.Duration) {
	backToBack := q.last+time.Second >= now.Truncate(time.Second)
	switch {
	case !q.stored && backToBack:
		q.stored, q.loaded = true, true
	case q.stored && !backToBack && q.busy <= 1:
		q.stored = false
	}
}

// alive is what a delivery without a failure of the site teaches: the window grows
// by one as long as it is not far above what runs (qmgr_queue_unthrottle).
func (q *queue) alive(m *mta) {
	q.cohorts = 0
	if q.dead != nil {
		m.revive(q)
		return
	}
	if q.window < q.via.limit(m) && q.window < q.busy+m.initialConcurrency {
		q.success++
		for q.success+0.5 >= 1 {
			q.window++
			q.success--
			q.failure = 0
		}
		q.window = min(q.window, q.via.limit(m))
	}
}

// failed is what a failure of the site teaches: the window shrinks by one, and
// after a whole window of failures in a row the destination is dead for
// minimal_backoff_time (qmgr_queue_throttle). It says whether it died.
func (q *queue) failed(m *mta, s *suspension) bool {
	if q.dead != nil {
		return false
	}
	q.cohorts += 1 / float64(q.window)
	if q.cohorts >= 1 {
		q.dead, q.stored, q.loaded = s, false, false
		m.after(m.minimalBackoff, func() {
			if q.dead == s {
				m.revive(q)
			}
		})
		return true
	}
	q.failure--
	for q.failure-0.5 < 0 {
		q.window--
		q.success = 0
		q.failure++
	}
	q.window = max(q.window, 1)
	return false
}

// revive ends a suspension: the best concurrency is anyone's guess.
func (m *mta) revive(q *queue) {
	q.dead, q.cohorts, q.success, q.failure = nil, 0, 0, 0
	q.window = min(m.initialConcurrency, q.via.limit(m))
	if q.busy > 0 {
		q.window = q.busy
	}
	m.forget(q)
}

// forget drops the queue of a destination without mail: the next begins anew.
func (m *mta) forget(q *queue) {
	t := q.via
	if len(q.todo) > 0 || q.busy > 0 || q.dead != nil || t.byDomain[q.domain] != q {
		return
	}
	delete(t.byDomain, q.domain)
	t.queues = slices.DeleteFunc(t.queues, func(o *queue) bool { return o == q })
}

// suspend defers messages without trying them: the retry service writes a line for
// each recipient (error.c). There was no connection.
func (m *mta) suspend(s *suspension, list []*message) {
	wait := time.Duration(0)
	for _, msg := range list {
		wait += m.between(300*time.Microsecond, 2*time.Millisecond)
		began := m.now + wait
		m.after(wait, func() {
			pid := m.errors.take(m.now, m.now+2*time.Millisecond)
			for _, to := range msg.to {
				m.attempts.Suspended++
				l := m.log.begin("postfix/error", pid).text(msg.id, ": to=<", to, ">, relay=none")
				l.delays(msg, began, m.now, m.now+m.between(0, 12*time.Millisecond))
				l.text(", dsn=", s.dsn, ", status=deferred (delivery temporarily suspended: ", s.reason, ")").end()
			}
			m.after(m.between(time.Millisecond, 3*time.Millisecond), func() { m.done(msg) })
		})
	}
}

// delays writes "delay=D, delays=a/b/c/d": before the active queue, in it until an
// agent took it, setting up the connection, transmission (log_adhoc.c).
func (l *logWriter) delays(msg *message, began, ready, end time.Duration) {
	l.text(", delay=").delay(end - msg.created).text(", delays=").delay(msg.activated - msg.created).
		text("/").delay(began - msg.activated).text("/").delay(ready - began).text("/").delay(end - ready)
}
