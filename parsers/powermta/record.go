package powermta

import (
	"bytes"
	"encoding/hex"
	"hash/fnv"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// record emits the events of one record.
func (d *Decoder) record(kind recordKind, c *columns, cells [][]byte, emit func(*mail.Event)) {
	ev := &d.event
	*ev = mail.Event{}
	ev.Time, ev.Precise = d.time(c.get(cells, timeLogged))
	switch kind {
	case received:
		d.arrival(c, cells)
	case delivered, bounced, transient:
		d.attempt(kind, c, cells)
	case transientQueue:
		d.attempt(transient, c, cells)
		if len(ev.Recipient) == 0 {
			d.queueEvent()
		}
	default: // no record of a delivery
	}
	if ev.Kind == mail.KindNone && ev.Time == 0 {
		return
	}
	final := ev.Kind == mail.KindExpiry || ev.Kind == mail.KindAttempt && kind != transient && kind != transientQueue
	end := mail.Event{Kind: mail.KindRemoved, Time: ev.Time, Precise: ev.Precise, QueueID: ev.QueueID}
	own := len(ev.QueueID) > 0 && len(ev.MessageID) == 0 // an id of this one recipient
	emit(ev)
	if final && own {
		*ev = end
		emit(ev)
	}
}

// attempt reads a try, or a message that was given up.
func (d *Decoder) attempt(kind recordKind, c *columns, cells [][]byte) {
	ev := &d.event
	ev.Kind = mail.KindAttempt
	ev.Instance = c.get(cells, vmta)
	ev.MessageID = c.get(cells, messageID)
	ev.Sender = address(c.get(cells, orig))
	ev.NullSender = c.has(orig) && len(ev.Sender) == 0
	ev.Recipient = address(c.get(cells, rcpt))
	ev.SendingIP = peer.Address(c.get(cells, dlvSourceIP))
	ev.Relay = c.get(cells, dsnMta)
	ev.MX, ev.MXIP = peer.Split(ev.Relay)
	if ip := peer.Address(c.get(cells, dlvDestinationIP)); ip != nil {
		ev.MXIP = ip
	}
	by := c.get(cells, dlvType)
	ev.Local = len(by) > 0 && !bytes.EqualFold(by, []byte("smtp")) || peer.IsLoopback(ev.MXIP)
	ev.Size, _ = strconv.ParseUint(string(c.get(cells, dlvSize)), 10, 62) // what is no number is not known
	if queued, _ := d.time(c.get(cells, timeQueued)); queued > 0 && ev.Time > queued {
		ev.Delay = ev.Time - queued
	}
	ev.DSN = status(c.get(cells, dsnStatus))
	d.said(c.get(cells, dsnDiag), c.get(cells, dsnStatus))
	d.identify(c, cells)
	switch kind {
	case delivered:
		ev.Outcome = mail.Delivered
	case bounced:
		ev.Outcome = mail.Bounced
		if isExpired(ev, c.get(cells, bounceCat)) {
			ev.Kind, ev.Outcome = mail.KindExpiry, mail.Expired
		}
	default:
		ev.Outcome = mail.Deferred
		if len(ev.Reply) == 0 && string(ev.DSN) == "4.4.1" { // no answer from host
			ev.Stage = mail.StageConnect
		}
	}
}

// isExpired says that a bounced message was given up by the sending side: no receiver
// has rejected it, the last word was a temporary one (bounce-after).
func isExpired(ev *mail.Event, category []byte) bool {
	if bytes.EqualFold(category, []byte("message-expired")) || string(ev.DSN) == "5.4.7" {
		return true
	}
	if len(ev.Reply) > 0 {
		return ev.Reply[0] == '4'
	}
	return len(ev.DSN) > 0 && ev.DSN[0] == '4'
}

// queueEvent makes of a record without a recipient what befell a connection.
func (d *Decoder) queueEvent() {
	ev := &d.event
	ev.QueueID, ev.MessageID, ev.Sender, ev.NullSender, ev.Delay = nil, nil, nil, false, 0
	if len(ev.Reply) > 0 {
		ev.Kind, ev.Outcome = mail.KindRefusal, mail.Refused
		return
	}
	ev.Kind, ev.Outcome, ev.Stage = mail.KindConnectFailure, mail.OutcomeUnknown, mail.StageConnect
}

// arrival reads a received message. Only a Message-ID ties it to its tries.
func (d *Decoder) arrival(c *columns, cells [][]byte) {
	ev := &d.event
	id := c.get(cells, messageID)
	if len(id) == 0 {
		return
	}
	ev.Kind, ev.QueueID, ev.MessageID = mail.KindArrival, id, id
	ev.Sender = address(c.get(cells, orig))
	ev.NullSender = c.has(orig) && len(ev.Sender) == 0
}

// said takes the reply from "smtp;421 4.7.0 ..." or a bare "452 ...". Other types of
// diagnostics ("x-pmta;...") are PowerMTA's own.
func (d *Decoder) said(diag, status []byte) {
	ev := &d.event
	ev.Text = diag
	text := diag
	if len(text) > 5 && bytes.EqualFold(text[:5], []byte("smtp;")) {
		text = bytes.TrimLeft(text[5:], " ")
	}
	if peer.Speaks(text) {
		ev.Reply = text
	}
	if len(ev.Text) == 0 {
		ev.Text = status // "4.4.2 (bad connection)"
	}
}

// status reads the number of "4.4.2 (bad connection)".
func status(b []byte) []byte {
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		b = b[:i]
	}
	if len(b) == 0 || b[0]-'2' > 3 {
		return nil
	}
	return b
}

// address removes angle brackets.
func address(b []byte) []byte {
	if len(b) >= 2 && b[0] == '<' && b[len(b)-1] == '>' {
		return b[1 : len(b)-1]
	}
	return b
}

// identify finds what the records of a message and recipient share.
func (d *Decoder) identify(c *columns, cells [][]byte) {
	ev := &d.event
	if len(ev.MessageID) > 0 {
		ev.QueueID = ev.MessageID
		return
	}
	queued, envelope := c.get(cells, timeQueued), c.get(cells, envID)
	if len(ev.Recipient) == 0 || len(queued) == 0 && len(envelope) == 0 {
		return
	}
	h := fnv.New64a()
	for _, part := range [...][]byte{queued, ev.Sender, ev.Recipient, c.get(cells, jobID), envelope} {
		_, _ = h.Write(part) // a hash never fails
		_, _ = h.Write(separator)
	}
	var sum [8]byte
	d.id = hex.AppendEncode(d.id[:0], h.Sum(sum[:0]))
	ev.QueueID = d.id
}

var separator = []byte{0}

// time reads "2014-08-24 16:00:14+0530", the same without a zone, or seconds since
// 1970 (version 3).
func (d *Decoder) time(b []byte) (micro int64, precise bool) {
	if len(b) >= 9 && len(b) <= 11 {
		if s, err := strconv.ParseInt(string(b), 10, 64); err == nil && s > 0 {
			return s * 1e6, false
		}
	}
	var h syslog.Header
	if n := d.clock.Stamp(b, &h); n == 0 || n != len(b) || h.Yearless {
		return 0, false
	}
	d.zone = d.zone || h.Zoneless
	return h.Time, h.Precise
}
