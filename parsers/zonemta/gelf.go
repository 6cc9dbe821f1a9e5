package zonemta

import (
	"bytes"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// gelf is a log entry as JSON: what remotelog.js is given, sent as GELF by a plugin
// (names begin with "_"), or as it is. Of GELF's own fields host is the log's host;
// the entry's is the receiver's address.
type gelf struct {
	action, id, seq, zone, from, to, mx, host, ip, response, messageID, short, logHost, stamp, timer []byte
	marks                                                                                            int
}

// read decodes a document. It is an entry if it has an id and a sequence number, an
// action that is known, and a zone or a counter of deferrals.
func (g *gelf) read(c *jsonlog.Cursor, doc []byte) mail.Verdict {
	*g = gelf{}
	isGELF := false
	var plainHost []byte
	c.Reset(doc)
	for c.Object(); c.Next(); {
		key := c.Key()
		inner := bytes.TrimPrefix(key, []byte("_"))
		switch string(inner) {
		case "short_message":
			g.short, isGELF = c.Text(), true
		case "timestamp", "created", "time":
			g.stamp = c.Text()
		case "host":
			if len(inner) < len(key) {
				g.host = c.Text()
			} else {
				plainHost = c.Text()
			}
		default:
			if p := g.field(string(inner)); p != nil {
				*p = c.First()
			}
		}
	}
	if !c.Done() {
		return mail.NotUnderstood
	}
	if isGELF {
		g.logHost = plainHost
	} else if g.host == nil {
		g.host = plainHost
	}
	if g.action == nil {
		g.action = actionOf(g.short)
	}
	if outcomeOfAction(g.action) == mail.OutcomeUnknown || len(g.id) == 0 || len(g.seq) == 0 || g.marks == 0 {
		return mail.Irrelevant
	}
	return mail.Understood
}

// field returns where a field is kept, nil if nobody needs it.
func (g *gelf) field(key string) *[]byte {
	switch key {
	case "action", "mail_action":
		return &g.action
	case "id", "queue_id":
		return &g.id
	case "seq", "queue_id_seq":
		return &g.seq
	case "zone":
		g.marks++
		return &g.zone
	case "defcount", "nextattempt":
		g.marks++
	case "from":
		return &g.from
	case "to":
		return &g.to
	case "mx":
		return &g.mx
	case "ip":
		return &g.ip
	case "response":
		return &g.response
	case "messageId", "message_id":
		return &g.messageID
	case "timer":
		return &g.timer
	}
	return nil
}

// actionOf finds the action in "MTA [DEFERRED] ..." or "DEFERRED[network] ...".
func actionOf(short []byte) []byte {
	for _, a := range [...]string{"ACCEPTED", "DEFERRED", "REJECTED"} {
		if bytes.Contains(short, []byte(a)) {
			return []byte(a)
		}
	}
	return nil
}

func outcomeOfAction(a []byte) mail.Outcome {
	switch {
	case bytes.EqualFold(a, []byte("ACCEPTED")):
		return mail.Delivered
	case bytes.EqualFold(a, []byte("DEFERRED")):
		return mail.Deferred
	case bytes.EqualFold(a, []byte("REJECTED")):
		return mail.Bounced
	}
	return mail.OutcomeUnknown
}

// object reads one document.
func (d *Decoder) object(doc []byte, emit func(*mail.Event)) mail.Verdict {
	g := &d.gelf
	v := g.read(&d.cursor, doc)
	if v != mail.Understood {
		return v
	}
	d.head.Host = g.logHost
	d.head.Time, d.head.Precise = d.when(g.stamp)
	r := outcomeOf{
		outcome: outcomeOfAction(g.action), sender: envelopeSender(g.from), recipient: g.to, src: g.ip,
		mx: peer.Name(g.mx), ip: peer.Address(g.host), text: g.response,
	}
	if bytes.HasPrefix(g.messageID, []byte("<")) {
		r.messageID = g.messageID
	}
	if ms, err := strconv.ParseFloat(string(g.timer[:min(len(g.timer), 24)]), 64); err == nil && ms > 0 && ms < 1e9 {
		r.busy = int64(ms * 1000)
	}
	d.id = append(append(append(d.id[:0], g.id...), '.'), g.seq...)
	d.emitResult(&r, d.id, g.zone, nil, emit)
	return mail.Understood
}

// when reads seconds (GELF) or milliseconds since 1970, or a stamp.
func (d *Decoder) when(b []byte) (micro int64, precise bool) {
	if len(b) == 0 || len(b) > 64 {
		return 0, false
	}
	if s, err := strconv.ParseFloat(string(b), 64); err == nil {
		switch {
		case s > 1e12 && s < 1e14:
			s /= 1000
		case !(s > 0 && s < 1e11):
			return 0, false
		}
		micro = int64(s * 1e6)
		return micro, micro%1e6 != 0
	}
	micro, precise, _, ok := d.clock.Time(b)
	if !ok {
		return 0, false
	}
	return micro, precise
}
