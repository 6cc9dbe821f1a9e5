package haraka

import (
	"bytes"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// delivery is what delivered() in hmail.js logs:
//
//	delivered file=Q domain=D host=H ip=IP port=P mode=SMTP tls=Y auth=N response="..." delay=0.9 fails=0 rcpts=2/1/0
type delivery struct {
	host, ip, mode, response, delay, rcpts []byte
}

// field returns where a field is kept, nil if nobody needs it.
func (v *delivery) field(key string) *[]byte {
	switch key {
	case "host":
		return &v.host
	case "ip":
		return &v.ip
	case "mode":
		return &v.mode
	case "response":
		return &v.response
	case "delay":
		return &v.delay
	case "rcpts":
		return &v.rcpts
	}
	return nil
}

// read reads the fields from "delivered file=..." on.
func (v *delivery) read(b []byte) {
	b = b[len("delivered "):]
	for len(b) > 0 {
		var key, value []byte
		if key, value, b = pair(bytes.TrimLeft(b, " ")); key == nil {
			return
		}
		if p := v.field(string(key)); p != nil {
			*p = value
		}
	}
}

// maxRecipients bounds how many recipients a line is taken for.
const maxRecipients = 1000

// delivered emits an event for each recipient that was accepted. Those that were
// deferred or rejected have lines of their own. The response lacks its code.
func (d *Decoder) delivered(e *entry, emit func(*mail.Event)) found {
	v := &e.delivery
	if !e.json {
		v.read(e.fields)
	}
	accepted, others := 1, false
	if i := bytes.IndexByte(v.rcpts, '/'); i >= 0 {
		n, err := strconv.Atoi(string(v.rcpts[:min(i, 9)]))
		if err != nil || n < 0 {
			n = 1
		}
		accepted = min(n, maxRecipients)
		others = string(v.rcpts[i:]) != "/0/0"
	}
	ev := d.begin()
	ev.Kind, ev.Outcome = mail.KindAttempt, mail.Delivered
	ev.QueueID, ev.PID = e.uuid, session(e, d.head.PID)
	ev.Reply, ev.Text, ev.Stage = v.response, v.response, mail.StageEndOfData
	ev.MX, ev.MXIP = peer.Name(v.host), peer.Address(v.ip)
	if ev.MXIP == nil {
		ev.MXIP = peer.Address(v.host)
	}
	ev.Local = bytes.EqualFold(v.mode, []byte("LMTP")) || bytes.HasPrefix(v.ip, []byte("/")) || peer.IsLoopback(ev.MXIP)
	if s, err := strconv.ParseFloat(string(v.delay[:min(len(v.delay), 24)]), 64); err == nil && s > 0 && s < 1e9 {
		ev.Delay = int64(s * 1e6)
	}
	for range accepted {
		emit(ev)
	}
	if accepted == 0 {
		return chained
	}
	if !others {
		d.end(e, emit)
	}
	return told
}

// end emits the end of a message and forgets it.
func (d *Decoder) end(e *entry, emit func(*mail.Event)) {
	if e.uuid == nil {
		return
	}
	d.tries.Delete(e.uuid)
	ev := d.begin()
	ev.Kind, ev.QueueID = mail.KindRemoved, e.uuid
	emit(ev)
}

// session makes a number of the UUID: one process holds all sessions.
func session(e *entry, pid uint32) uint32 {
	if e.uuid == nil {
		return pid
	}
	return peer.Session(e.uuid)
}
