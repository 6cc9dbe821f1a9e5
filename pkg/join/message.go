package join

import (
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

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
