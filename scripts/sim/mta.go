package sim

import (
	"slices"
	"time"
)

// settings are the parameters of main.cf that matter here, by their Postfix names.
type settings struct {
	queueRunDelay       time.Duration
	minimalBackoff      time.Duration
	maximalBackoff      time.Duration
	maximalQueueLife    time.Duration
	activeLimit         int // qmgr_message_active_limit
	mxSessionLimit      int // smtp_mx_session_limit
	cacheTime           time.Duration
	reuseTime           time.Duration
	processLimit        int // of each transport
	initialConcurrency  int
	destinationSessions int // default_destination_concurrency_limit
}

// defaults are those of Postfix 3.7 (postconf -d).
var defaults = settings{
	queueRunDelay: 300 * time.Second, minimalBackoff: 300 * time.Second, maximalBackoff: 4000 * time.Second, maximalQueueLife: 5 * 24 * time.Hour,
	activeLimit: 20_000, mxSessionLimit: 2, cacheTime: 2 * time.Second, reuseTime: 300 * time.Second, processLimit: 100,
	initialConcurrency: 5, destinationSessions: 20,
}

// message is a message in the queue. All its recipients are of one domain.
type message struct {
	id      string
	inode   uint64
	header  string // Message-ID without brackets
	from    string
	size    int
	to      []string // not yet delivered or bounced
	domain  *domain
	via     *transport
	created time.Duration
	// activated is when it entered the active queue, due when it may leave the
	// deferred queue.
	activated, due time.Duration
	// notice says that it is a notification by our own side, bounced that at least
	// one recipient bounced in this round.
	notice, bounced bool
}

// mta is the queue manager with what belongs to it.
type mta struct {
	*engine
	settings
	log        *logWriter
	ids        *ids
	pids       *pids
	transports []*transport
	cache      cache

	incoming []*message // waiting for room in the active queue
	active   int
	deferred []*message
	scanning bool // a queue run is not through yet

	// noticeDomain is where senders are.
	noticeDomain *domain

	// What the truth counts.
	messages, recipients, notices int
	attempts                      Attempts
	fate                          Fate

	// Process ids of services with one process, pools of the others.
	qmgr, master, bounce int
	errors, cleanups     *pool
}

func newMTA(e *engine, l *logWriter, longIDs bool) *mta {
	p := &pids{engine: e, next: 10881}
	m := &mta{engine: e, settings: defaults, log: l, ids: newIDs(longIDs), pids: p, cache: cache{engine: e, idle: map[cacheKey][]*session{}}}
	return m
}

// boot starts Postfix.
func (m *mta) boot() {
	m.log.begin("postfix/postfix-script", m.pids.take()).text("starting the Postfix mail system").end()
	m.master = m.pids.take()
	m.log.begin("postfix/master", m.master).text("daemon started -- version 3.7.11, configuration /etc/postfix").end()
	m.qmgr = m.pids.take()
	m.bounce = m.pids.take()
	m.errors, m.cleanups = &pool{pids: m.pids}, &pool{pids: m.pids}
	m.after(0, m.nextRun)
}

// nextRun makes a queue run each queue_run_delay.
func (m *mta) nextRun() {
	m.after(m.queueRunDelay, func() {
		m.queueRun()
		m.nextRun()
	})
}

// reload is "postfix reload" with new settings; queues follow at once.
func (m *mta) reload(change func(*mta)) {
	change(m)
	m.log.begin("postfix/postfix-script", m.pids.take()).text("refreshing the Postfix mail system").end()
	m.log.begin("postfix/master", m.master).text("reload -- version 3.7.11, configuration /etc/postfix").end()
	for _, t := range m.transports {
		for _, q := range t.queues {
			q.window = min(q.window, t.limit(m))
		}
	}
}

// accept writes the cleanup line of a new message and sends it to the active queue.
// The caller has written the client line.
func (m *mta) accept(msg *message) {
	m.messages++
	m.recipients += len(msg.to)
	m.after(m.between(time.Millisecond, 12*time.Millisecond), func() {
		pid := m.cleanups.take(m.now, m.now+20*time.Millisecond)
		m.log.begin("postfix/cleanup", pid).text(msg.id, ": message-id=<", msg.header, ">").end()
		m.after(m.between(time.Millisecond, 25*time.Millisecond), func() {
			m.incoming = append(m.incoming, msg)
			m.feed()
		})
	})
}

// feed moves messages from the incoming to the active queue while there is room.
func (m *mta) feed() {
	for len(m.incoming) > 0 && m.active < m.activeLimit {
		msg := m.incoming[0]
		m.incoming[0] = nil
		m.incoming = m.incoming[1:]
		m.activate(msg)
	}
}

// activate puts a message into the active queue (qmgr_active.c).
func (m *mta) activate(msg *message) {
	m.active++
	msg.activated = m.now
	m.log.begin("postfix/qmgr", m.qmgr).text(msg.id, ": from=<", msg.from, ">, size=").number(msg.size).
		text(", nrcpt=").number(len(msg.to)).text(" (queue active)").end()
	m.schedule(msg)
}

// queueRun moves deferred messages whose time has come to the active queue, in the
// order in which the directory happens to have them.
func (m *mta) queueRun() {
	if m.scanning {
		return
	}
	var due []*message
	m.deferred = slices.DeleteFunc(m.deferred, func(msg *message) bool {
		if msg.due <= m.now {
			due = append(due, msg)
			return true
		}
		return false
	})
	m.rng.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	var next func()
	next = func() {
		if m.scanning = len(due) > 0; !m.scanning {
			return
		}
		if m.active < m.activeLimit {
			m.activate(due[0])
			due = due[1:]
		}
		m.after(m.between(200*time.Microsecond, 800*time.Microsecond), next)
	}
	next()
}

// done ends a round of a message: it is removed, expires or is deferred
// (qmgr_active_done).
func (m *mta) done(msg *message) {
	switch {
	case len(msg.to) == 0:
		if msg.bounced {
			m.notify(msg, func() { m.remove(msg) })
			return
		}
		m.remove(msg)
	case m.now-msg.created >= m.maximalQueueLife:
		m.log.begin("postfix/qmgr", m.qmgr).text(msg.id, ": from=<", msg.from, ">, status=expired, returned to sender").end()
		if !msg.notice {
			m.fate.Expired += len(msg.to)
		}
		msg.to = nil
		m.notify(msg, func() { m.remove(msg) })
	default:
		if msg.bounced {
			msg.bounced = false
			m.notify(msg, func() {})
		}
		age := m.now - msg.created
		msg.due = m.now + min(max(age, m.minimalBackoff), m.maximalBackoff)
		m.deferred = append(m.deferred, msg)
		m.active--
		m.feed()
	}
}

func (m *mta) remove(msg *message) {
	m.log.begin("postfix/qmgr", m.qmgr).text(msg.id, ": removed").end()
	m.ids.put(msg.inode)
	m.active--
	m.feed()
}

// notify returns a message to its sender, then goes on with then. A notification
// that cannot be delivered is dropped (bounce of a bounce).
func (m *mta) notify(msg *message, then func()) {
	if msg.notice {
		then()
		return
	}
	n := m.newMessage(&message{
		to: []string{msg.from}, size: msg.size + 2000 + m.rng.IntN(800), domain: m.noticeDomain, via: msg.via, notice: true,
	})
	n.header = m.date().Format("20060102150405.") + n.id + "@" + myHost
	m.notices++
	m.after(m.between(time.Millisecond, 6*time.Millisecond), func() {
		pid := m.cleanups.take(m.now, m.now+20*time.Millisecond)
		m.log.begin("postfix/cleanup", pid).text(n.id, ": message-id=<", n.header, ">").end()
		m.after(m.between(time.Millisecond, 5*time.Millisecond), func() {
			m.log.begin("postfix/bounce", m.bounce).text(msg.id, ": sender non-delivery notification: ", n.id).end()
			m.incoming = append(m.incoming, n)
			m.feed()
			then()
		})
	})
}

// newMessage gives a message its queue file.
func (m *mta) newMessage(msg *message) *message {
	msg.id, msg.inode = m.ids.take(m.date())
	msg.created = m.now
	return msg
}

func (m *mta) date() time.Time { return m.log.start.Add(m.now) }
