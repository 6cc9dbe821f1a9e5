package exchange

import (
	"bytes"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// tracking emits the events of a row of message tracking: one for each recipient
// where it tells of a delivery.
//
//	SEND, SENDEXTERNAL   delivered by SMTP; to another server of the organisation: Local
//	DELIVER              delivered to a mailbox: Local
//	DEFER                deferred
//	FAIL                 bounced, or given up
//	RECEIVE              arrived
//
// An agent "defers" a message to have its recipients resolved anew, without delay
// (Microsoft Learn, "A Note on Defer and Fail Event IDs"): that is no attempt. What
// agents, the categorizer and the mailbox store say is not from a receiver.
func (d *Decoder) tracking(c *columns, cells [][]byte) {
	ev := &d.event
	what, by := c.get(cells, eventID), c.get(cells, source)
	ev.Host = d.ownHost(c, cells)
	outcome := mail.OutcomeUnknown
	switch string(what) {
	case "RECEIVE":
		d.message(c, cells)
		if len(ev.QueueID) > 0 {
			ev.Kind = mail.KindArrival
		}
	case "SEND", "SENDEXTERNAL":
		outcome = mail.Delivered
	case "DELIVER":
		outcome, ev.Local = mail.Delivered, true
	case "DEFER":
		if !bytes.EqualFold(by, []byte("AGENT")) {
			outcome = mail.Deferred
		}
	case "FAIL":
		outcome = mail.Bounced
	}
	if outcome == mail.OutcomeUnknown {
		if ev.Kind == mail.KindNone {
			*ev = mail.Event{Time: ev.Time, Precise: ev.Precise, Host: ev.Host}
		}
		d.emit(ev)
		return
	}
	d.message(c, cells)
	d.attempts(c, cells, outcome, by)
}

// ownHost returns the name of the server that wrote the row. For a message on its way
// out client is this server and server the receiver; else it is the other way round.
func (d *Decoder) ownHost(c *columns, cells [][]byte) []byte {
	client, server := c.get(cells, clientHost), c.get(cells, serverHost)
	if outgoing(c, cells) || len(server) == 0 {
		return client
	}
	return server
}

// outgoing says that the row is of a message that an SMTP connection took away, or
// should have. Without a client the server's name stands for this server.
func outgoing(c *columns, cells [][]byte) bool {
	what := c.get(cells, eventID)
	return bytes.EqualFold(c.get(cells, source), []byte("SMTP")) && !bytes.EqualFold(what, []byte("RECEIVE")) &&
		!bytes.HasPrefix(what, []byte("HA")) && (len(c.get(cells, clientHost)) > 0 || len(c.get(cells, serverIP)) > 0)
}

// message fills in what is told of the message.
func (d *Decoder) message(c *columns, cells [][]byte) {
	ev := &d.event
	ev.MessageID = c.get(cells, messageID)
	for _, k := range [...]column{networkID, internalID, messageID} {
		if ev.QueueID = c.get(cells, k); len(ev.QueueID) > 0 {
			break
		}
	}
	sender := c.get(cells, returnPath)
	if len(sender) == 0 {
		sender = c.get(cells, senderAddress)
	}
	if ev.Sender = address(sender); len(ev.Sender) == 0 {
		ev.Sender, ev.NullSender = nil, len(sender) > 0
	}
	ev.Size = number(c.get(cells, totalBytes), 62)
	ev.Recipients = uint32(number(c.get(cells, recipientCount), 31))
	// When the message was sent to or received by the organisation (DELIVER, SEND).
	since, _, _ := bytes.Cut(c.get(cells, messageInfo), []byte(";"))
	if ev.Kind != mail.KindArrival && len(since) >= 19 {
		if t, _, _, ok := d.clock.Time(since); ok && t > 0 && t <= ev.Time {
			ev.Delay = ev.Time - t
		}
	}
}

// attempts emits what became of each recipient.
func (d *Decoder) attempts(c *columns, cells [][]byte, outcome mail.Outcome, by []byte) {
	ev := &d.event
	smtp := bytes.EqualFold(by, []byte("SMTP"))
	if outgoing(c, cells) {
		ev.SendingIP = peer.Address(c.get(cells, clientIP))
		ev.MX, ev.MXIP = peer.Name(c.get(cells, serverHost)), peer.Address(c.get(cells, serverIP))
	}
	ev.Local = ev.Local || isInternal(c.get(cells, connectorID)) || isOwnPart(by) || peer.IsLoopback(ev.MXIP)
	context, session := reasonOf(c.get(cells, sourceContext))
	ev.PID = peer.Session(session)
	base := *ev
	d.parts = splitRecipients(d.parts[:0], c.get(cells, recipients))
	var whole bool
	d.status, whole = splitStatus(d.status[:0], c.get(cells, statuses), len(d.parts))
	var s status
	for i, recipient := range d.parts {
		if i == 0 || !whole {
			s = readStatus(d.status[i], smtp)
			if len(s.text) == 0 {
				s.text = context
				if smtp {
					s.reply = quoted(context)
				}
			}
		}
		*ev = base
		ev.Recipient = address(recipient)
		ev.Text, ev.Reply = s.text, s.reply
		if s.mx != nil || s.ip != nil {
			ev.MX, ev.MXIP = s.mx, s.ip
		}
		result(ev, outcome, s.text)
		if ev.Outcome == mail.Delivered && peer.Speaks(context) {
			ev.Text, ev.Reply = context, context // the reply to the message itself
		}
		d.emit(ev)
	}
}

// splitRecipients cuts recipient-address; a row without one tells of one that is not
// known.
func splitRecipients(to [][]byte, b []byte) [][]byte {
	for {
		i := bytes.IndexByte(b, ';')
		if i < 0 || i == len(b)-1 {
			return append(to, bytes.TrimSuffix(b, []byte(";")))
		}
		to, b = append(to, b[:i]), b[i+1:]
	}
}

// result sets kind and outcome. A SEND row may hold recipients that were refused.
func result(ev *mail.Event, outcome mail.Outcome, text []byte) {
	ev.Kind, ev.Outcome = mail.KindAttempt, outcome
	switch {
	case outcome == mail.Delivered && peer.Speaks(text) && text[0] == '4':
		ev.Outcome = mail.Deferred
	case outcome == mail.Delivered && peer.Speaks(text) && text[0] == '5':
		ev.Outcome = mail.Bounced
	case outcome == mail.Delivered:
		ev.Stage = mail.StageEndOfData
	case outcome == mail.Bounced && isExpiry(text):
		ev.Kind, ev.Outcome = mail.KindExpiry, mail.Expired
	}
}

// isInternal says that a send connector leads to a server of the organisation.
func isInternal(connector []byte) bool {
	for _, name := range [...]string{"Intra-Organization", "Inbound Proxy", "Client Proxy"} {
		if bytes.Contains(connector, []byte(name)) {
			return true
		}
	}
	return false
}

// isOwnPart says that a source is a part of the server that talks to no other host.
func isOwnPart(source []byte) bool {
	for _, name := range [...]string{"SMTP", "DNS", "QUEUE", "DSN", "ADMIN", "SAFETYNET", "REDUNDANCY", ""} {
		if bytes.EqualFold(source, []byte(name)) {
			return false
		}
	}
	return true
}

// address takes the angle brackets off an address.
func address(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if len(b) >= 2 && b[0] == '<' && b[len(b)-1] == '>' {
		b = b[1 : len(b)-1]
	}
	return b
}

// number reads digits; what is no number is not known.
func number(b []byte, bits int) uint64 {
	n, err := strconv.ParseUint(string(b[:min(len(b), 24)]), 10, bits)
	if err != nil {
		return 0
	}
	return n
}
