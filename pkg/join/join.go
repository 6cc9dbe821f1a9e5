// Package join follows messages through their life on one host: from the line
// that puts them into the queue, over every attempt and suspension, to their end.
//
// Queue ids mean something on one host only, so there is one Tracker per log host,
// fed in time order. It tells for every attempt whether it is the message's first
// or a retry and after which gap, and for every recipient that was deferred or met a
// refusal what became of it.
package join

import (
	"bytes"
	"slices"
	"sort"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Cell names the accumulator that an attempt belongs to. The tracker only keeps it.
type Cell int32

// NoCell is the cell of a recipient whose destination is not known.
const NoCell Cell = -1

// Attempt is what the tracker knows about one attempt besides its own line.
type Attempt struct {
	// FirstOfMessage says that the message was not seen at this destination before,
	// FirstOfRecipient that the recipient was not.
	FirstOfMessage, FirstOfRecipient bool
	// Retry is the number of earlier attempts for this recipient (0: the first).
	Retry int
	// Gap is the time since the previous attempt in microseconds, 0 if unknown.
	Gap int64
	// AfterTrouble says that an earlier attempt met a refusal that severity counts,
	// FirstTroubleOfMessage that this is the first one for the message at this
	// destination. A suspension that repeats the text of a refusal is none.
	AfterTrouble, FirstTroubleOfMessage bool
	// Arrival is when the message entered the queue, 0 if the log does not show it.
	Arrival int64
	// Notice marks a message that is itself a delivery status notification.
	Notice bool
	// MessageID and Sender are what the log has of them so far, or empty.
	MessageID, Sender string
	// Message and Recipient number what the tracker follows, from 1. They are 0 on a
	// line without a queue id, Recipient also for a refusal that names none.
	Message, Recipient int
	// Repeated marks a line that tells of the same try as an earlier one: the
	// connection lost right after the refusal that ended it.
	Repeated bool
}

// Fate is what became of one recipient that was deferred or suspended at least once,
// or whose message met a refusal that severity counts.
type Fate struct {
	Cell    Cell
	Outcome mail.Outcome // Delivered, Bounced, Expired, OutcomeUnknown; Deferred = still queued
	// Trouble says that a refusal which severity counts was among the failures, or a
	// suspension because of one.
	Trouble bool
	// Met says that such a refusal was met at this destination: one of its own, or one by
	// an earlier MX in the same delivery. Refused is the time of the first. Of all fates
	// of a recipient at a destination one at most has it. HeldBack says that there was a
	// suspension only: the refusal was of other mail, and Refused is 0.
	Met, HeldBack bool
	Refused       int64
	// AtOnce marks a recipient that ended without being put off, or whose end was told
	// before its refusal was known: it is told because of the refusal only.
	AtOnce bool
	// Attempts is the number of tries on the wire, the last one included.
	Attempts int
	// Wait is the time from the first failure to the end, in microseconds, 0 if unknown.
	Wait int64
	// End is the time of the end, 0 if unknown.
	End    int64
	Notice bool
	// Number is Attempt.Recipient, 0 for a recipient that no attempt named.
	Number    int
	QueueID   string
	MessageID string
	Sender    string
	Recipient string // empty where the log names none
}

// recipient is the state of one recipient of one message.
type recipient struct {
	address      string
	cell         Cell
	attempts     int32
	number       int
	trouble      bool // refused, or suspended because of a refusal
	failed       bool // deferred or suspended at least once
	open         bool // the last outcome was a deferral or suspension
	outcome      mail.Outcome
	firstFailure int64
	last         int64     // time of the last attempt
	ended        int64     // time of the end, if outcome is one
	refused      []refusal // the first refusals that severity counts, by destination
}

// message is one queue entry.
type message struct {
	id         string
	number     int
	root       string // instance root whose queue it lives in, "" if not known
	arrival    int64
	messageID  string
	sender     string
	nullSender bool
	notice     bool
	recipients []recipient
	cells      []Cell    // destinations it was seen at
	troubled   []Cell    // destinations where it met a refusal that severity counts
	refused    []refusal // those of them that named no recipient
	// lastRefusal remembers the MX of a refusal that ended the session, to know the
	// "lost connection" line that follows it (Postfix, 421 to a pipelined MAIL).
	lastRefusal string
	lastPID     uint32
}

// Tracker follows the messages of one host.
type Tracker struct {
	// Destination, if set, says which cell stands for the destination of another one: a
	// destination has a cell for each sending IP.
	Destination func(Cell) Cell

	open map[string][]*message // by queue id; more than one only if two queues share it
	// managed are the instance roots that have a queue manager of their own.
	managed map[string]bool
	fate    func(Fate)
	// messages and recipients count what was numbered.
	messages, recipients int
}

// New returns a tracker that reports each recipient's end to fate. The Fate of a
// recipient that was delivered at once and met no refusal is not reported.
func New(fate func(Fate)) *Tracker {
	return &Tracker{open: map[string][]*message{}, managed: map[string]bool{}, fate: fate}
}

// Open returns how many queue entries are open.
func (t *Tracker) Open() int { return len(t.open) }

// root is the part of an instance that names a queue: "postfix/relay" and
// "postfix" share the queue of "postfix", "postfix-out" has its own
// (Postfix MULTI_INSTANCE_README; master.cf -o syslog_name=postfix/relay).
func root(instance []byte) []byte {
	if i := bytes.IndexByte(instance, '/'); i >= 0 {
		return instance[:i]
	}
	return instance
}

// find returns the open entry for the event, or nil. A delivery agent with a
// syslog_name of its own (outlook5/smtp) belongs to whichever queue has the id.
func (t *Tracker) find(ev *mail.Event) *message {
	list := t.open[string(ev.QueueID)]
	r := root(ev.Instance)
	for _, m := range list {
		if m.root == string(r) {
			return m
		}
	}
	if len(list) == 1 && (list[0].root == "" || !t.managed[string(r)]) {
		return list[0]
	}
	return nil
}

// entry returns the open entry for the event and makes one if there is none.
func (t *Tracker) entry(ev *mail.Event, managing bool) *message {
	m := t.find(ev)
	r := root(ev.Instance)
	if managing && !t.managed[string(r)] {
		t.managed[string(r)] = true
	}
	if m == nil {
		t.messages++
		m = &message{id: string(ev.QueueID), number: t.messages}
		t.open[m.id] = append(t.open[m.id], m)
	}
	if managing && m.root == "" {
		m.root = string(r)
	}
	return m
}

// Sender returns the envelope sender of an attempt's message: what its own line
// says, else what the log told before; empty if unknown or null.
func (t *Tracker) Sender(ev *mail.Event) string {
	if m := t.find(ev); m != nil && m.sender != "" {
		return m.sender
	}
	return string(ev.Sender)
}

// learn keeps sender and Message-ID where an attempt is the first line to tell them,
// as the events of a provider do.
func (m *message) learn(ev *mail.Event) {
	if m.messageID == "" && len(ev.MessageID) > 0 {
		m.messageID = string(ev.MessageID)
	}
	if m.sender == "" && !m.nullSender {
		m.sender, m.nullSender = string(ev.Sender), ev.NullSender
	}
}

// Note takes an event that is no attempt: arrival, message-id, activation, notice,
// expiry, removal.
func (t *Tracker) Note(ev *mail.Event) {
	if len(ev.QueueID) == 0 {
		return
	}
	switch ev.Kind {
	case mail.KindArrival:
		// A new birth under an id that is still open: the end of the old one is not
		// in this log (short ids are reused, mail_queue.h).
		if m := t.find(ev); m != nil && (m.arrival != 0 || len(m.recipients) > 0) {
			t.close(ev, mail.OutcomeUnknown)
		}
		m := t.entry(ev, true)
		m.arrival = ev.Time
		// Exim tells sender and Message-ID on the line of the arrival.
		if len(ev.Sender) > 0 || ev.NullSender {
			m.sender, m.nullSender = string(ev.Sender), ev.NullSender
		}
		if len(ev.MessageID) > 0 {
			m.messageID = string(ev.MessageID)
		}
	case mail.KindMessageID:
		t.entry(ev, true).messageID = string(ev.MessageID)
	case mail.KindActive:
		m := t.entry(ev, true)
		m.sender, m.nullSender = string(ev.Sender), ev.NullSender
	case mail.KindNotice:
		if len(ev.Child) > 0 {
			child := *ev
			child.QueueID = ev.Child
			t.entry(&child, true).notice = true
		}
	case mail.KindExpiry:
		t.expire(ev)
	case mail.KindRemoved:
		t.close(ev, mail.OutcomeUnknown)
	default: // attempts have their own method; the rest is no life of a message
	}
}

// Attempt takes an attempt, a suspension or a refusal and returns what the
// message's history adds to it. trouble says that it met a refusal that severity
// counts.
func (t *Tracker) Attempt(ev *mail.Event, cell Cell, trouble bool) Attempt {
	held := trouble && ev.Outcome == mail.Suspended
	trouble = trouble && !held
	if len(ev.QueueID) == 0 {
		return t.anonymous(ev, cell, trouble)
	}
	m := t.entry(ev, false)
	m.learn(ev)
	place := t.destination(cell)
	a := Attempt{
		Arrival: m.arrival, Notice: m.isNotice(), MessageID: m.messageID, Sender: m.sender, Message: m.number,
	}
	if trouble && add(&m.troubled, place) {
		a.FirstTroubleOfMessage = true
	}
	if ev.Kind == mail.KindRefusal {
		same := !ev.Twin && m.lastPID == ev.PID && m.lastRefusal == string(ev.MXIP)
		a.Repeated = same && len(ev.Reply) == 0 && len(ev.MXIP) > 0
		if len(ev.Reply) > 0 {
			m.lastPID, m.lastRefusal = ev.PID, string(ev.MXIP)
		}
		if trouble {
			t.refuse(&m.refused, refusal{cell: cell, at: ev.Time})
		}
		return a
	}
	m.lastRefusal = ""
	a.FirstOfMessage = add(&m.cells, place)
	r, isNew := m.recipient(ev.Recipient, cell)
	if isNew {
		t.recipients++
		r.number = t.recipients
	}
	a.Recipient = r.number
	a.FirstOfRecipient, a.Retry, a.AfterTrouble = isNew, int(r.attempts), r.wasRefused()
	if r.last > 0 && ev.Time > r.last {
		a.Gap = ev.Time - r.last
	}
	if trouble || held {
		r.trouble = true
		t.refuse(&r.refused, refusal{cell: cell, at: ev.Time, held: held})
	}
	r.outcome = ev.Outcome
	if ev.Outcome != mail.Suspended {
		r.attempts++
		if ev.Time > 0 {
			r.last = ev.Time
		}
	}
	switch ev.Outcome {
	case mail.Deferred, mail.Suspended:
		if !r.failed {
			r.failed, r.firstFailure = true, ev.Time
		}
		r.open, r.cell = true, cell
	case mail.Delivered, mail.Bounced:
		r.ended = ev.Time
		if r.failed {
			t.end(m, r, ev.Outcome, ev.Time)
		}
	default: // no attempt ends so
	}
	return a
}

// Pass takes an attempt that is not to count. It tells nothing of its own; it is
// remembered only where its recipient is followed already, so that the gap before
// the next attempt and the recipient's end stay true.
func (t *Tracker) Pass(ev *mail.Event) {
	m := t.find(ev)
	if m == nil || ev.Kind != mail.KindAttempt {
		return
	}
	for i := range m.recipients {
		r := &m.recipients[i]
		if r.address != string(ev.Recipient) {
			continue
		}
		if ev.Outcome != mail.Suspended {
			r.attempts++
			if ev.Time > 0 {
				r.last = ev.Time
			}
		}
		if ev.Outcome == mail.Bounced && r.open {
			t.end(m, r, mail.Bounced, ev.Time)
		}
	}
}

// isNotice says that the message is itself a delivery status notification.
func (m *message) isNotice() bool { return m.notice || m.nullSender }

// add appends a cell that is not yet in the list and says whether it did.
func add(list *[]Cell, c Cell) bool {
	if slices.Contains(*list, c) {
		return false
	}
	*list = append(*list, c)
	return true
}

// recipient returns the state of that recipient and whether it is new.
func (m *message) recipient(address []byte, cell Cell) (*recipient, bool) {
	for i := range m.recipients {
		if m.recipients[i].address == string(address) {
			return &m.recipients[i], false
		}
	}
	m.recipients = append(m.recipients, recipient{address: string(address), cell: cell})
	return &m.recipients[len(m.recipients)-1], true
}

// expire ends every recipient whose last outcome was a deferral (Postfix
// qmgr_active.c logs no recipient), or the one the line names.
func (t *Tracker) expire(ev *mail.Event) {
	m := t.find(ev)
	n := 0
	f := Fate{Cell: NoCell, Outcome: mail.Expired, End: ev.Time, Notice: ev.NullSender,
		QueueID: string(ev.QueueID), MessageID: string(ev.MessageID), Sender: string(ev.Sender), Recipient: string(ev.Recipient)}
	if m != nil {
		m.learn(ev)
		f.Notice, f.MessageID, f.Sender = m.isNotice(), m.messageID, m.sender
		for i := range m.recipients {
			r := &m.recipients[i]
			named := len(ev.Recipient) == 0 || string(ev.Recipient) == r.address
			if r.open && named {
				t.end(m, r, mail.Expired, ev.Time)
				n++
			}
		}
	}
	if n == 0 {
		t.fate(f)
	}
}

// close ends a queue entry: recipients without an end get outcome.
func (t *Tracker) close(ev *mail.Event, outcome mail.Outcome) {
	m := t.find(ev)
	if m == nil {
		return
	}
	t.endAll(m, outcome, ev.Time)
	id := string(ev.QueueID)
	list := t.open[id]
	if len(list) == 1 {
		delete(t.open, id)
		return
	}
	for i := range list {
		if list[i] == m {
			t.open[id] = append(list[:i:i], list[i+1:]...)
		}
	}
}

// endAll tells the ends that are not told: of recipients that are open, and of those
// that met a refusal without being put off.
func (t *Tracker) endAll(m *message, outcome mail.Outcome, at int64) {
	for i := range m.recipients {
		r := &m.recipients[i]
		if r.open {
			t.end(m, r, outcome, at)
			continue
		}
		t.gather(m, r)
		t.tell(m.fateOf(r), r)
	}
	for _, one := range m.refused {
		if !one.told {
			t.fate(m.elsewhere(one, outcome, at))
		}
	}
}

// end tells the end of a recipient that was put off.
func (t *Tracker) end(m *message, r *recipient, outcome mail.Outcome, at int64) {
	r.outcome, r.ended = outcome, at
	t.gather(m, r)
	f := m.fateOf(r)
	for i := range r.refused {
		if one := &r.refused[i]; !one.told && t.destination(one.cell) == t.destination(r.cell) {
			one.tell(&f)
		}
	}
	if at > 0 && r.firstFailure > 0 && at >= r.firstFailure {
		f.Wait = at - r.firstFailure
	}
	r.open, r.failed = false, false
	t.fate(f)
	f.Wait = 0
	t.tell(f, r)
}

// fateOf is what is known of a recipient's end.
func (m *message) fateOf(r *recipient) Fate {
	return Fate{
		Cell: r.cell, Outcome: r.outcome, Trouble: r.trouble, Attempts: int(r.attempts), End: r.ended, Notice: m.isNotice(),
		Number: r.number, QueueID: m.id, MessageID: m.messageID, Sender: m.sender, Recipient: r.address,
	}
}

// Finish ends the log: recipients that are still deferred are still queued
// (mail.Deferred) where the log has the queue manager's lines, which would have
// told of their end, and unknown elsewhere (requirement C100). Order is by queue
// id, so that the same log gives the same calls.
func (t *Tracker) Finish() {
	outcome := mail.OutcomeUnknown
	if len(t.managed) > 0 {
		outcome = mail.Deferred
	}
	ids := make([]string, 0, len(t.open))
	for id := range t.open {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		for _, m := range t.open[id] {
			t.endAll(m, outcome, 0)
		}
	}
	clear(t.open)
}
