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
