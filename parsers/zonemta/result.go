package zonemta

import (
	"bytes"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// action reads what happened to a delivery, after its id.
func (d *Decoder) action(id, action, b, zone, slot []byte, emit func(*mail.Event)) found {
	word := action
	if i := bytes.IndexByte(word, '['); i > 0 { // the category
		word = word[:i]
	}
	switch string(word) {
	case "ACCEPTED":
		return d.result(mail.Delivered, id, b, zone, slot, emit)
	case "DEFERRED":
		return d.result(mail.Deferred, id, b, zone, slot, emit)
	case "REJECTED":
		return d.result(mail.Bounced, id, b, zone, slot, emit)
	case "CONNECTING", "CONNECTED", "CONNREUSE", "CONNFAIL", "SMTPERR":
		d.connects = true
		return d.connection(string(word), id, b, zone, slot, emit)
	case "ERRCONNECT", "SMTPCLOSE", "FETCHED", "SENDING", "INITIALIZING", "INITIALIZED":
		return chained
	}
	return aside
}

// connection reads the lines about the connection of a delivery.
func (d *Decoder) connection(what string, id, b, zone, slot []byte, emit func(*mail.Event)) found {
	switch what {
	case "CONNECTING": // "domain=example.net port=25"
		t := d.tries.Put(id)
		f := chained
		if t.failure != nil { // the host before this one, whose failure is told nowhere else
			d.refused(t, id, zone, slot, emit)
			f = told
		}
		*t = try{tried: true}
		return f
	case "CONNECTED": // "domain=example.net mx=mx.example.net[ip] src=name[ip]"
		t := d.tries.Put(id)
		t.tried = true
		name, ip := peer.Split(value(b, "mx="))
		_, src := peer.Split(value(b, "src="))
		t.mx, t.ip, t.src = bytes.Clone(name), bytes.Clone(ip), bytes.Clone(src)
	case "CONNREUSE": // "[id] count=2 mx=mx.example.net mta=ip"
		t := d.tries.Put(id)
		t.tried = true
		t.mx, t.src = bytes.Clone(peer.Name(value(b, "mx="))), bytes.Clone(peer.Address(value(b, "mta=")))
		n, err := strconv.ParseUint(string(value(b, "count=")), 10, 31)
		if err != nil {
			n = 0
		}
		t.reused = max(uint32(n), 1)
	case "CONNFAIL": // "domain=example.net local=name[ip] remote=ip:25 error=connect ECONNREFUSED ip:25"
		ev := d.at(id, zone, slot)
		ev.Kind, ev.Stage = mail.KindConnectFailure, mail.StageConnect
		_, ev.SendingIP = peer.Split(value(b, "local="))
		remote := value(b, "remote=")
		if i := bytes.LastIndexByte(remote, ':'); i > 0 {
			remote = remote[:i]
		}
		ev.MX, ev.MXIP = peer.Split(remote)
		ev.Local = peer.IsLoopback(ev.MXIP)
		if i := bytes.Index(b, []byte("error=")); i >= 0 {
			ev.Text = b[i+len("error="):]
		}
		emit(ev)
		return told
	case "SMTPERR": // "[id] src=ip error="Invalid greeting. response=554 x: 554 x""
		t := d.tries.Put(id)
		t.tried = true
		if i := bytes.Index(b, []byte(`error="`)); i >= 0 {
			t.failure = bytes.Clone(bytes.TrimSuffix(b[i+len(`error="`):], []byte(`"`)))
			t.stage = stageOf(t.failure)
		}
	}
	return chained
}

// refused emits that a host turned a delivery away that goes on to another one.
func (d *Decoder) refused(t *try, id, zone, slot []byte, emit func(*mail.Event)) {
	ev := d.at(id, zone, slot)
	ev.Kind, ev.Outcome = mail.KindRefusal, mail.Refused
	ev.MX, ev.MXIP, ev.SendingIP = t.mx, t.ip, t.src
	ev.Local = peer.IsLoopback(t.ip)
	ev.Text, ev.Stage = t.failure, t.stage
	if i := bytes.Index(t.failure, []byte("response=")); i >= 0 {
		reply := t.failure[i+len("response="):]
		if half := len(reply)/2 - 1; half > 0 && bytes.Equal(reply[:half], reply[half+2:]) && string(reply[half:half+2]) == ": " {
			reply = reply[:half] // the text is there twice
		}
		if peer.Speaks(reply) {
			ev.Reply = reply
		}
	}
	emit(ev)
}

// stageOf reads what an error of nodemailer's smtp-connection was about.
func stageOf(b []byte) mail.Stage {
	for _, s := range [...]struct {
		text  string
		stage mail.Stage
	}{
		{"Invalid greeting", mail.StageBanner}, {"Greeting never received", mail.StageBanner}, {"Invalid HELO", mail.StageEHLO},
		{"Invalid EHLO", mail.StageEHLO}, {"Invalid LHLO", mail.StageEHLO}, {"Error upgrading connection with STARTTLS", mail.StageTLS},
		{"Error initiating TLS", mail.StageTLS}, {"Invalid login", mail.StageAuth}, {"Mail command failed", mail.StageMail},
		{"Can't send mail - all recipients were rejected", mail.StageRcpt}, {"Data command failed", mail.StageData}, {"Message failed", mail.StageEndOfData},
	} {
		if bytes.HasPrefix(b, []byte(s.text)) {
			return s.stage
		}
	}
	return mail.StageUnknown
}

// value returns the word after key, nil if there is none.
func value(b []byte, key string) []byte {
	for i := 0; ; {
		n := bytes.Index(b[i:], []byte(key))
		if n < 0 {
			return nil
		}
		i += n
		if i == 0 || b[i-1] == ' ' {
			w, _, _ := bytes.Cut(b[i+len(key):], []byte(" "))
			return w
		}
		i += len(key)
	}
}

// result reads "from=s[envelope] to=r src=ip mx=host[ip] id=<msgid> (response)".
func (d *Decoder) result(outcome mail.Outcome, id, b, zone, slot []byte, emit func(*mail.Event)) found {
	r := outcomeOf{outcome: outcome}
	var from, to, src, mx []byte
	var ok bool
	if b, ok = bytes.CutPrefix(b, []byte("from=")); !ok {
		return chained
	}
	from, b, ok = bytes.Cut(b, []byte(" to="))
	if !ok {
		return chained // cut
	}
	to, b, _ = bytes.Cut(b, []byte(" src="))
	src, b, ok = bytes.Cut(b, []byte(" mx="))
	if !ok {
		return chained
	}
	mx, b, _ = bytes.Cut(b, []byte(" "))
	b = bytes.TrimPrefix(bytes.TrimPrefix(b, []byte("message-")), []byte("id="))
	msgid, text, ok := bytes.Cut(b, []byte(" ("))
	if ok {
		r.text = bytes.TrimSuffix(bytes.TrimRight(text, " "), []byte(")"))
	}
	r.sender, r.recipient, r.src = envelopeSender(from), to, src
	r.mx, r.ip = peer.Split(mx)
	if bytes.HasPrefix(msgid, []byte("<")) {
		r.messageID = msgid
	}
	d.emitResult(&r, id, zone, slot, emit)
	return told
}

// envelopeSender returns the envelope sender of "header[envelope]" or "sender"; "<>" is empty.
func envelopeSender(b []byte) []byte {
	if i := bytes.LastIndexByte(b, '['); i >= 0 && bytes.HasSuffix(b, []byte("]")) && bytes.IndexByte(b[i:], ':') < 0 {
		inner := b[i+1 : len(b)-1]
		if bytes.IndexByte(inner, '@') >= 0 || len(inner) == 0 {
			return inner
		}
	}
	if string(b) == "<>" {
		return nil
	}
	return b
}

// outcomeOf is the result of a delivery, from a line or from JSON.
type outcomeOf struct {
	outcome                                         mail.Outcome
	sender, recipient, src, mx, ip, messageID, text []byte
	busy                                            int64 // microseconds, 0 if unknown
}

// emitResult emits the events of a result.
func (d *Decoder) emitResult(r *outcomeOf, id, zone, slot []byte, emit func(*mail.Event)) {
	ev := d.at(id, zone, slot)
	ev.Kind, ev.Outcome = mail.KindAttempt, r.outcome
	ev.MessageID, ev.Sender, ev.NullSender, ev.Recipient = r.messageID, r.sender, len(r.sender) == 0, r.recipient
	ev.SendingIP, ev.MX, ev.MXIP, ev.Text = peer.Address(r.src), r.mx, r.ip, r.text
	if r.busy > 0 {
		ev.HasDelays, ev.Delays[3] = true, r.busy
	}
	t := d.tries.Get(id)
	if r.ip == nil {
		ev.MX = nil // the domain
		if t != nil {
			ev.MX, ev.MXIP, ev.Stage = t.mx, t.ip, t.stage
		}
	}
	if t != nil {
		if ev.SendingIP == nil {
			ev.SendingIP = t.src
		}
		if t.reused > 0 {
			ev.ConnUse = t.reused + 1
		}
	}
	ev.Local = peer.IsLoopback(ev.MXIP)
	own := madeUp(r.text)
	if peer.Speaks(r.text) && !own {
		ev.Reply = r.text
	}
	switch {
	case r.outcome == mail.Delivered:
		ev.Stage = mail.StageEndOfData
	case r.outcome == mail.Deferred && r.ip == nil && d.connects && (t == nil || !t.tried):
		ev.Outcome, ev.Stage = mail.Suspended, mail.StageUnknown // the failure of a moment ago
	case r.outcome == mail.Bounced && len(r.text) > 0 && r.text[0] == '4':
		ev.Kind, ev.Outcome = mail.KindExpiry, mail.Expired // deferred too often
	case own && ev.MXIP == nil:
		ev.Stage = mail.StageConnect
	}
	final := ev.Outcome != mail.Deferred && ev.Outcome != mail.Suspended
	emit(ev)
	d.tries.Delete(id)
	if final {
		ev = d.at(id, zone, slot)
		ev.Kind = mail.KindRemoved
		emit(ev)
	}
}

// ours are the texts of ZoneMTA and of mx-connect, with a code in front or without.
var ours = [...]string{
	"network error", "nework error", "dns error", "policy error", "error connecting to", "can't connect to", "can't find an mx server",
	"connection to ", "could not ", "failed to connect", "blocked ", "unexpected socket close",
}

// madeUp says that a text is not the receiver's.
func madeUp(b []byte) bool {
	if peer.Speaks(b) {
		b = bytes.TrimLeft(b[3:], " -")
	}
	for _, o := range ours {
		if len(b) >= len(o) && bytes.EqualFold(b[:len(o)], []byte(o)) {
			return true
		}
	}
	return false
}
