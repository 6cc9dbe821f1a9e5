// Package kumomta reads the log of KumoMTA: JSON records, one a line as its log
// files have them, or in arrays as its webhooks send them
// (docs/reference/log_record.md, crates/kumo-log-types/src/lib.rs). The files are
// zstd segments; the text in them is what is read here.
//
// Attempts are the records Delivery, TransientFailure and Bounce. Delayed tells why a
// message waits without a try: a suspension. Expiration is a message given up.
// A content that begins with "KumoMTA internal:" was made up by KumoMTA, code and
// all. What a receiver said at the greeting or to EHLO stands inside of such a text
// and nowhere else (smtp_dispatcher.rs: a connection that fails before the first
// message is a transport error), so that it is taken out of it.
package kumomta

import (
	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/parsers/recent"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the log format of KumoMTA.
var Format = parsers.Format{
	Name:     "kumomta",
	Title:    "KumoMTA log records (JSON; log segments, webhooks)",
	Score:    score,
	New:      func(parsers.Options) parsers.Decoder { return NewDecoder() },
	Yearless: func([][]byte) bool { return false },
	Zoneless: func([][]byte) bool { return false },
}

// Decoder reads the lines of one file.
type Decoder struct {
	split    *jsonlog.Splitter
	cursor   jsonlog.Cursor
	record   record
	event    mail.Event
	reply    []byte
	sessions *recent.Table[uint32]   // messages so far, by session id
	several  *recent.Table[struct{}] // messages with several recipients
}

const (
	// maxSessions bounds the sessions that are remembered.
	maxSessions = 1 << 14
	// maxSeveral bounds the messages with several recipients that are remembered.
	maxSeveral = 1 << 16
)

// NewDecoder returns a decoder for one file.
func NewDecoder() *Decoder {
	return &Decoder{
		split:    jsonlog.NewSplitter(0),
		sessions: recent.New[uint32](maxSessions, nil),
		several:  recent.New[struct{}](maxSeveral, nil),
	}
}

// Close implements parsers.Decoder. A record without its end is dropped.
func (d *Decoder) Close(func(*mail.Event)) {}

// Unfinished implements parsers.DocumentDecoder.
func (d *Decoder) Unfinished() (understood, irrelevant int64) { return d.split.Unfinished(), 0 }

// Decode implements parsers.Decoder. A line that goes on with a record is Understood;
// one that ends a record is what that record is. Irrelevant are JSON that is no
// record of KumoMTA, empty lines, and comments: a segment can have a header, a text
// that the operator wrote (files.rs).
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	v := d.split.Line(line, func(doc []byte) mail.Verdict {
		v := d.record.read(&d.cursor, doc)
		if v == mail.Understood {
			d.emit(&d.record, emit)
		}
		return v
	})
	if v == mail.NotUnderstood && d.split.Idle() && len(line) > 0 && line[0] == '#' {
		return mail.Irrelevant
	}
	return v
}

// emit emits the events of one record.
func (d *Decoder) emit(r *record, emit func(*mail.Event)) {
	switch string(r.kind) {
	case "Delivery", "TransientFailure", "Bounce", "Delayed", "Delay", "Expiration":
		d.attempt(r, emit)
	case "Reception":
		d.arrival(r, emit)
	case "AdminBounce", "XferOut":
		ev := d.begin(r)
		ev.Kind, ev.QueueID = mail.KindRemoved, r.id
		d.known(ev, emit)
	case "Rejection":
		d.ownSide(r, emit)
	default: // OOB, Feedback, AdminRebind, DeferredInjectionRebind, XferIn and what is new
		d.known(d.begin(r), emit)
	}
}

// known emits an event that has a queue id, and the bare time of one that has none.
func (d *Decoder) known(ev *mail.Event, emit func(*mail.Event)) {
	if ev.Kind != mail.KindNone && ev.Kind != mail.KindOwnSide && len(ev.QueueID) == 0 {
		*ev = mail.Event{Time: ev.Time, Precise: ev.Precise, Host: ev.Host}
	}
	if ev.Kind != mail.KindNone || ev.Time != 0 {
		emit(ev)
	}
}

// begin clears the event and fills in time and node.
func (d *Decoder) begin(r *record) *mail.Event {
	d.event = mail.Event{Host: r.node}
	d.event.Time, d.event.Precise = when(r.eventTime, r.timestamp)
	return &d.event
}

// attempt emits an event for each recipient.
func (d *Decoder) attempt(r *record, emit func(*mail.Event)) {
	ev := d.begin(r)
	ev.QueueID, ev.MessageID = r.id, r.messageID
	ev.Sender, ev.NullSender = r.sender, len(r.sender) == 0
	ev.Size = r.bytes()
	ev.Instance = r.egressSource
	ev.SendingIP = peer.Address(r.sourceAddress)
	ev.MX, ev.MXIP = peer.Name(r.peerName), peer.Address(r.peerAddr)
	ev.Local = r.isLocal() || peer.IsLoopback(ev.MXIP)
	if created, _ := when(r.createdTime, r.created); created > 0 && ev.Time > created {
		ev.Delay = ev.Time - created
	}
	d.said(ev, r)
	ev.Kind = mail.KindAttempt
	final := true
	switch string(r.kind) {
	case "Delivery":
		ev.Outcome = mail.Delivered
	case "Bounce":
		ev.Outcome = mail.Bounced
	case "Expiration":
		ev.Kind, ev.Outcome, ev.Stage = mail.KindExpiry, mail.Expired, mail.StageUnknown
	case "TransientFailure":
		ev.Outcome, final = mail.Deferred, false
	default:
		ev.Outcome, ev.Stage, final = mail.Suspended, mail.StageUnknown, false
	}
	if len(r.session) > 0 && ev.Outcome != mail.Suspended {
		ev.PID = peer.Session(r.session)
		if ev.Kind == mail.KindAttempt && (ev.Stage == mail.StageUnknown || ev.Stage > mail.StageAuth) {
			n := d.sessions.Put(r.session)
			*n = min(*n+1, 1<<31)
			ev.ConnUse = *n
		}
	}
	d.note(r.id, len(r.recipients))
	for _, to := range r.recipients {
		ev.Recipient = to
		emit(ev)
	}
	if len(r.recipients) == 0 {
		emit(ev)
	}
	if final && len(r.id) > 0 && d.several.Get(r.id) == nil {
		end := d.begin(r)
		end.Kind, end.QueueID = mail.KindRemoved, r.id
		emit(end)
	}
}

// note remembers a message with several recipients: the end of one of them is not
// the end of the message.
func (d *Decoder) note(id []byte, recipients int) {
	if recipients > 1 && len(id) > 0 {
		d.several.Put(id)
	}
}

func (d *Decoder) arrival(r *record, emit func(*mail.Event)) {
	ev := d.begin(r)
	ev.Kind, ev.QueueID, ev.MessageID = mail.KindArrival, r.id, r.messageID
	ev.Sender, ev.NullSender = r.sender, len(r.sender) == 0
	ev.Size = r.bytes()
	ev.Recipients = uint32(len(r.recipients))
	d.note(r.id, len(r.recipients))
	d.known(ev, emit)
}

// ownSide reads what KumoMTA's own listener answered, where it is about the number
// of connections.
func (d *Decoder) ownSide(r *record, emit func(*mail.Event)) {
	ev := d.begin(r)
	d.reply = r.appendReply(d.reply[:0])
	if peer.TooMany(d.reply) {
		ev.Kind, ev.Reply, ev.Text = mail.KindOwnSide, d.reply, d.reply
		ev.Client = peer.Address(r.peerAddr)
	}
	d.known(ev, emit)
}

// score counts the lines that hold records of KumoMTA.
func score(sample [][]byte) (n int) {
	d := NewDecoder()
	for _, line := range sample {
		found := 0
		d.split.Line(line, func(doc []byte) mail.Verdict {
			v := d.record.read(&d.cursor, doc)
			if v == mail.Understood {
				found = 1
			}
			return v
		})
		n += found
	}
	return n
}
