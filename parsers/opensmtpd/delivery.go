package opensmtpd

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// delivery reads a line of the second and third generation, after "delivery ". An
// envelope has one recipient, so that its end is the end of the queue entry.
func (d *Decoder) delivery(id, b []byte, mda bool, emit func(*mail.Event)) found {
	f := readFields(b)
	if f.evpid == nil || f.to == nil || !f.hasEnd {
		return chained // cut
	}
	ev := d.begin()
	ev.PID = peer.Session(id)
	d.fill(ev, &f, mda)
	if !outcome(ev, f.result) {
		return chained
	}
	if s := d.sessions.Get(id); s != nil && !mda {
		s.used = true
		if len(f.evpid) >= 8 && string(s.message[:]) != string(f.evpid[:8]) {
			s.messages++
			copy(s.message[:], f.evpid)
		}
		ev.ConnUse = s.messages
	}
	d.end(ev, emit)
	return told
}

// old reads a line of the first generation, after "relay:" or "delivery:".
//
//	Ok for EVPID: session=S, from=<s>, to=<r>, rcpt=<->, source=ip, relay=ip (name), delay=1s, stat=250 ...
//	Expire for EVPID: from=<s>, to=<r>, rcpt=<->, delay=4d, stat=Envelope expired
func (d *Decoder) old(agent, b []byte, emit func(*mail.Event)) found {
	result, b := word(bytes.TrimLeft(b, " "))
	how, b := word(b)
	evpid, b := hexID(b)
	if evpid == nil || string(how) != "for" || len(b) < 2 || b[0] != ':' {
		return foreign
	}
	f := readFields(b[1:])
	f.evpid = evpid
	if f.to == nil || !f.hasEnd {
		return chained
	}
	ev := d.begin()
	d.fill(ev, &f, string(agent) == "delivery")
	switch string(result) {
	case "Expire":
		ev.Kind, ev.Outcome, ev.Local = mail.KindExpiry, mail.Expired, false
		ev.Reply, ev.Stage = nil, mail.StageUnknown
		d.end(ev, emit)
		return told
	case "Remove":
		ev = d.begin()
		ev.Kind, ev.QueueID = mail.KindRemoved, evpid
		emit(ev)
		return told
	}
	if !outcome(ev, result) {
		return chained
	}
	if f.session != nil {
		ev.PID = peer.Session(f.session)
	}
	d.end(ev, emit)
	return told
}

// end emits an event and, if it is the last of its envelope, the envelope's end.
func (d *Decoder) end(ev *mail.Event, emit func(*mail.Event)) {
	id := ev.QueueID
	final := ev.Outcome == mail.Delivered || ev.Outcome == mail.Bounced || ev.Outcome == mail.Expired
	emit(ev)
	if !final {
		return
	}
	ev = d.begin()
	ev.Kind, ev.QueueID = mail.KindRemoved, id
	emit(ev)
}

// fill takes the fields of a line. A text without a code was made by OpenSMTPD.
func (d *Decoder) fill(ev *mail.Event, f *fields, mda bool) {
	ev.QueueID, ev.Recipient, ev.Text, ev.Relay = f.evpid, f.to, f.stat, f.relay
	ev.Sender, ev.NullSender = f.from, f.hasFrom && len(f.from) == 0
	ev.Delay = f.delay
	ev.Local = mda
	if peer.Speaks(f.stat) {
		ev.Reply = f.stat
	}
	ev.SendingIP = peer.Address(f.source)
	name, ip := peer.Split(f.relay)
	if ip == nil {
		return // the domain: no session was there (mta_flush)
	}
	ev.MX, ev.MXIP = name, ip
	ev.Local = mda || peer.IsLoopback(ip)
}

// outcome reads the result of a delivery; false if it is cut or unknown.
func outcome(ev *mail.Event, result []byte) bool {
	ev.Kind = mail.KindAttempt
	switch string(result) {
	case "Ok":
		ev.Outcome = mail.Delivered
	case "TempFail":
		ev.Outcome = mail.Deferred
		if len(ev.MXIP) == 0 && string(ev.Text) == "All routes to destination blocked" {
			ev.Outcome = mail.Suspended // smtpctl pause: no connection was made
		}
	case "PermFail":
		ev.Outcome = mail.Bounced
	default:
		return false
	}
	return true
}

// fields is what a delivery line holds.
type fields struct {
	evpid, session, from, to, source, relay, result, stat []byte
	delay                                                 int64 // microseconds
	hasFrom, hasEnd                                       bool  // there is a from=, a stat=
}

// readFields reads "key=value" fields, parted by blanks or by a comma and a blank.
// stat= is the last and holds free text, which may hold anything; result= stands
// before it.
func readFields(b []byte) (f fields) {
	for {
		b = bytes.TrimLeft(b, ", ")
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return f
		}
		key := string(b[:eq])
		b = b[eq+1:]
		if key == "stat" {
			f.stat, f.hasEnd = unquote(bytes.TrimRight(b, " ")), true
			return f
		}
		var value []byte
		value, b = cut(b)
		switch key {
		case "evpid":
			f.evpid, _ = hexID(value)
		case "session":
			f.session, _ = hexID(value)
		case "from":
			f.from, f.hasFrom = value, true
		case "to":
			f.to = value
		case "source":
			f.source = value
		case "relay":
			f.relay = value
		case "delay":
			f.delay = duration(value)
		case "result":
			f.result = value
		}
	}
}

// cut cuts a value from the front of b: "quoted", <address>, or bare, up to the next
// field. Brackets and quotes go.
func cut(b []byte) (value, rest []byte) {
	open, closing := byte(0), byte(0)
	if len(b) > 0 {
		switch b[0] {
		case '"':
			open, closing = '"', '"'
		case '<':
			open, closing = '<', '>'
		}
	}
	if open == 0 {
		for i := range b {
			if (b[i] == ' ' || b[i] == ',') && isField(b[i:]) {
				return b[:i], b[i:]
			}
		}
		return bytes.TrimRight(b, ", "), nil
	}
	for i := 1; i < len(b); i++ {
		if b[i] == closing && (i+1 == len(b) || isField(b[i+1:])) {
			return b[1:i:i], b[i+1:]
		}
	}
	return b[1:], nil
}

// isField says that b begins with " key=" or ", key=".
func isField(b []byte) bool {
	i := 0
	if i < len(b) && b[i] == ',' {
		i++
	}
	if i >= len(b) || b[i] != ' ' {
		return false
	}
	i++
	start := i
	for i < len(b) && b[i]-'a' < 26 {
		i++
	}
	return i > start && i < len(b) && b[i] == '='
}

// unquote removes a quote at the front and one at the end.
func unquote(b []byte) []byte {
	if len(b) == 0 || b[0] != '"' {
		return b
	}
	return bytes.TrimSuffix(b[1:], []byte(`"`))
}

// duration reads "1d2h3m4s" as microseconds (to.c duration_to_text); 0 if it is none.
func duration(b []byte) (micro int64) {
	var v int64
	for _, c := range b {
		var unit int64
		switch {
		case c-'0' <= 9:
			if v = v*10 + int64(c-'0'); v > 1e6 {
				return 0
			}
			continue
		case c == 'd':
			unit = 86400
		case c == 'h':
			unit = 3600
		case c == 'm':
			unit = 60
		case c == 's':
			unit = 1
		default:
			return 0
		}
		micro += v * unit * 1e6
		v = 0
	}
	return micro
}

// hexID cuts an id of 16 hexadecimal digits from the front of b, nil if there is none.
func hexID(b []byte) (id, rest []byte) {
	n := 0
	for n < len(b) && (b[n]-'0' <= 9 || b[n]-'a' < 6) {
		n++
	}
	if n != 16 {
		return nil, b
	}
	return b[:n], b[n:]
}

// word cuts a word and the blank after it from the front of b.
func word(b []byte) (w, rest []byte) {
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// field returns the word after key, nil if there is none.
func field(b []byte, key string) []byte {
	w, _ := word(textAfter(b, key))
	return w
}

// textAfter returns what follows key, nil if it is not there.
func textAfter(b []byte, key string) []byte {
	if i := bytes.Index(b, []byte(key)); i >= 0 {
		return b[i+len(key):]
	}
	return nil
}
