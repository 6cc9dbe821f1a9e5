package haraka

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// message reads one message of Haraka.
func (d *Decoder) message(e *entry, emit func(*mail.Event)) found {
	if e.json || e.fields != nil {
		return d.delivered(e, emit)
	}
	m := e.message
	switch {
	case len(m) < 3:
	case m[0] == 'r' && bytes.HasPrefix(m, []byte("recipient ")):
		return d.recipient(e, m[len("recipient "):], emit)
	case bytes.HasPrefix(m, []byte("Temp failing ")):
		return d.tempFailing(e, m, emit)
	case bytes.HasPrefix(m, []byte("Temp fail for: ")):
		d.wait(e, m[len("Temp fail for: "):], emit)
		return chained
	case bytes.HasPrefix(m, []byte("bouncing mail: ")), bytes.HasPrefix(m, []byte("Bouncing mail: ")):
		return d.bouncing(e, m[len("bouncing mail: "):], emit)
	case bytes.HasPrefix(m, []byte("hook=")), bytes.HasPrefix(m, []byte("deny ")), bytes.Contains(m[:min(len(m), 64)], []byte("retval=DENY")):
		return d.ownSide(m, emit)
	case string(e.origin) == "outbound":
		return d.outbound(e, m, emit)
	}
	return aside
}

// outbound reads what is said on the way of a try.
func (d *Decoder) outbound(e *entry, m []byte, emit func(*mail.Event)) found {
	for _, p := range [...]string{"Failed to get pool entry: ", "Failed to get socket: "} {
		if rest, ok := bytes.CutPrefix(m, []byte(p)); ok {
			return d.connectFailure(e, m, rest, emit)
		}
	}
	if rest, ok := bytes.CutPrefix(m, []byte("Ongoing connection failed to ")); ok {
		return d.lost(e, m, rest, emit)
	}
	if rest, ok := bytes.CutPrefix(m, []byte("Remote end ")); ok && bytes.Contains(rest, []byte(" closed connection")) {
		return d.lost(e, m, rest, emit)
	}
	if e.uuid == nil {
		return aside
	}
	if rest, ok := bytes.CutPrefix(m, []byte("Looking up ")); ok {
		if i := bytes.Index(rest, []byte(" records for: ")); i >= 0 {
			*d.tries.Put(e.uuid) = try{mx: bytes.Clone(peer.Name(rest[i+len(" records for: "):]))}
			return chained
		}
		return aside
	}
	for _, p := range [...]string{"Attempting to deliver to: ", "Attempting delivery for mx: "} {
		if rest, ok := bytes.CutPrefix(m, []byte(p)); ok {
			d.attempting(e, rest)
			return chained
		}
	}
	if len(m) > 3 && (m[0] == 'C' || m[0] == 'S') && m[1] == ':' && m[2] == ' ' {
		d.dialogue(e, m[0] == 'C', m[3:])
	}
	return aside
}

// attempting reads "203.0.113.2:25 using LMTP (0) (5)", or just a host.
func (d *Decoder) attempting(e *entry, b []byte) {
	word, rest, _ := bytes.Cut(b, []byte(" "))
	t := d.tries.Put(e.uuid)
	t.stage, t.seen = mail.StageBanner, false
	t.local = bytes.HasPrefix(rest, []byte("using LMTP")) || bytes.HasPrefix(word, []byte("/"))
	if ip := endpoint(word); ip != nil {
		t.ip = bytes.Clone(ip)
		t.local = t.local || peer.IsLoopback(ip)
	} else {
		host, _, _ := bytes.Cut(word, []byte(":"))
		t.mx, t.ip = bytes.Clone(peer.Name(host)), nil
	}
}

// dialogue reads "C: MAIL FROM:<...>" and "S: 421 ..." at level PROTOCOL: only they
// tell which command a reply answered.
func (d *Decoder) dialogue(e *entry, client bool, b []byte) {
	t := d.tries.Get(e.uuid)
	if t == nil {
		return
	}
	t.seen = true
	if !client {
		return
	}
	for _, s := range [...]struct {
		word  string
		stage mail.Stage
	}{
		{"EHLO", mail.StageEHLO}, {"HELO", mail.StageEHLO}, {"LHLO", mail.StageEHLO}, {"STARTTLS", mail.StageTLS}, {"AUTH", mail.StageAuth},
		{"MAIL", mail.StageMail}, {"RCPT", mail.StageRcpt}, {"DATA", mail.StageData}, {".", mail.StageEndOfData},
	} {
		if bytes.HasPrefix(b, []byte(s.word)) {
			t.stage = s.stage
			return
		}
	}
}

// endpoint reads "203.0.113.2:25", "[2001:db8::2]:25", "2001:db8::2:25", or an address.
func endpoint(b []byte) []byte {
	if i := bytes.LastIndexByte(b, ':'); i > 0 && b[0] != '[' {
		if ip := peer.Address(b[:i]); ip != nil {
			return ip
		}
	}
	return peer.Address(b)
}

// failed begins the event of a try that failed.
func (d *Decoder) failed(e *entry, outcome mail.Outcome, text []byte) *mail.Event {
	ev := d.begin()
	ev.Kind, ev.Outcome = mail.KindAttempt, outcome
	ev.QueueID, ev.PID, ev.Text = e.uuid, session(e, d.head.PID), text
	if t := d.tries.Get(e.uuid); t != nil && e.uuid != nil {
		ev.MX, ev.MXIP, ev.Local = t.mx, t.ip, t.local
		if t.seen {
			ev.Stage = t.stage
		}
	}
	return ev
}

// recipient reads "<a@example.net> deferred: 452 4.2.2 full" and "... rejected: ...".
func (d *Decoder) recipient(e *entry, b []byte, emit func(*mail.Event)) found {
	for _, r := range [...]struct {
		word    string
		outcome mail.Outcome
	}{{"> deferred: ", mail.Deferred}, {"> rejected: ", mail.Bounced}} {
		i := bytes.Index(b, []byte(r.word))
		if i < 1 || b[0] != '<' {
			continue
		}
		text := b[i+len(r.word):]
		ev := d.failed(e, r.outcome, text)
		ev.Recipient = b[1:i]
		if peer.Speaks(text) {
			ev.Reply = text
			if ev.Stage == mail.StageUnknown {
				ev.Stage = mail.StageRcpt
			}
		}
		emit(ev)
		return told
	}
	return aside
}

// cause takes the reply from "Upstream error: 421 4.7.0 text", and from a bare one.
func cause(ev *mail.Event, text []byte) {
	ev.Text = text
	text = bytes.TrimPrefix(text, []byte("Upstream error: "))
	if peer.Speaks(text) {
		ev.Reply = text
	} else {
		ev.Stage = mail.StageUnknown
	}
}

// toldApart says that a text repeats what the recipients' own lines said.
func toldApart(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Some recipients temp failed: ")) || bytes.HasPrefix(text, []byte("Some recipients failed: "))
}

// tempFailing reads "Temp failing FILE for 64 seconds: CAUSE": a message is deferred.
// Whose recipients are many, nobody knows how many.
func (d *Decoder) tempFailing(e *entry, m []byte, emit func(*mail.Event)) found {
	i := bytes.Index(m, []byte(" seconds: "))
	if i < 0 {
		return aside
	}
	text := m[i+len(" seconds: "):]
	d.answered(text)
	if toldApart(text) {
		return chained
	}
	ev := d.failed(e, mail.Deferred, text)
	cause(ev, text)
	emit(ev)
	return told
}

// bouncing reads why a message is given back. "Too many failures (CAUSE)" is a
// temporary failure that came once too often: the message is given up.
func (d *Decoder) bouncing(e *entry, text []byte, emit func(*mail.Event)) found {
	if toldApart(text) {
		return chained
	}
	ev := d.failed(e, mail.Bounced, text)
	if inner, ok := bytes.CutPrefix(text, []byte("Too many failures (")); ok {
		inner = bytes.TrimSuffix(inner, []byte(")"))
		d.answered(inner)
		ev.Kind, ev.Outcome = mail.KindExpiry, mail.Expired
		cause(ev, inner)
	} else {
		cause(ev, text)
	}
	emit(ev)
	d.end(e, emit)
	return told
}

// connectFailure reads "Outbound connection timed out to 203.0.113.2:25" and
// "connect ECONNREFUSED 203.0.113.2:25 - Local (192.0.2.10:0)".
func (d *Decoder) connectFailure(e *entry, m, b []byte, emit func(*mail.Event)) found {
	ev := d.failed(e, mail.OutcomeUnknown, m)
	ev.Kind, ev.Stage = mail.KindConnectFailure, mail.StageConnect
	if i := bytes.Index(b, []byte(" - Local (")); i >= 0 {
		local, _, _ := bytes.Cut(b[i+len(" - Local ("):], []byte(")"))
		ev.SendingIP = endpoint(local)
		b = b[:i]
	}
	for len(b) > 0 {
		var word []byte
		word, b, _ = bytes.Cut(b, []byte(" "))
		if ip := endpoint(word); ip != nil {
			ev.MXIP = ip
			ev.Local = ev.Local || peer.IsLoopback(ip)
		}
	}
	emit(ev)
	return told
}

// lost reads "203.0.113.2:25 : Error: socket hang up" and "203.0.113.2:25 closed
// connection while we were processing mail. Trying next MX.".
func (d *Decoder) lost(e *entry, m, b []byte, emit func(*mail.Event)) found {
	ev := d.failed(e, mail.Refused, m)
	ev.Kind = mail.KindRefusal
	word, _, _ := bytes.Cut(b, []byte(" "))
	if ip := endpoint(word); ip != nil {
		ev.MXIP = ip
		ev.Local = ev.Local || peer.IsLoopback(ip)
	}
	emit(ev)
	return told
}

// ownSide reads what our own server denied, where it is about the number of
// connections: hook=connect plugin=limit ... retval=DENYSOFTDISCONNECT msg="Too many
// concurrent connections".
func (d *Decoder) ownSide(m []byte, emit func(*mail.Event)) found {
	if !bytes.Contains(m, []byte("retval=DENY")) {
		return aside
	}
	i := bytes.Index(m, []byte(`msg="`))
	if i < 0 || !peer.TooMany(m[i:]) {
		return aside
	}
	ev := d.begin()
	ev.Kind, ev.Text = mail.KindOwnSide, m
	ev.Reply = bytes.TrimSuffix(m[i+len(`msg="`):], []byte(`"`))
	emit(ev)
	return told
}
