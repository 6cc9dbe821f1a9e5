package kumomta

import (
	"bytes"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// internal begins what KumoMTA made up itself.
var internal = []byte("KumoMTA internal: ")

// said fills in what the receiver said, and the text as the log has it.
func (d *Decoder) said(ev *mail.Event, r *record) {
	if !r.answered {
		return
	}
	ev.Text = r.content
	if bytes.HasPrefix(r.content, internal) {
		d.transport(ev, r.content[len(internal):])
		return
	}
	if isCode(r.code) {
		d.reply = r.appendReply(d.reply[:0])
		ev.Reply, ev.Stage = d.reply, r.stage()
	}
}

// transport reads why no connection got ready. Each host that was tried has a text;
// the last one that spoke counts:
//
//	failed to connect to any candidate hosts: connect to 203.0.113.2:25 and read initial banner: Command rejected
//	Response { code: 421, enhanced_code: Some(EnhancedStatusCode { class: 4, subject: 7, detail: 0 }), content: "Too many connections", command: None }
//
// (smtp_dispatcher.rs attempt_connection_impl; client.rs ClientError, printed with
// {:?}). Without a reply the connection itself failed.
func (d *Decoder) transport(ev *mail.Event, b []byte) {
	mark := []byte("Response { code: ")
	if i := bytes.LastIndex(b, mark); i >= 0 && d.readResponse(b[i+len(mark):]) {
		ev.Reply = d.reply
		d.host(ev, b[:i])
		return
	}
	if bytes.HasPrefix(b, []byte("failed to connect")) {
		ev.Stage = mail.StageConnect
		d.host(ev, b)
		ev.Stage = mail.StageConnect
	}
}

// readResponse reads what follows "Response { code: " into d.reply.
func (d *Decoder) readResponse(b []byte) bool {
	code, n := number(b)
	if n != 3 || code < 200 || code > 599 {
		return false
	}
	d.reply = append(append(d.reply[:0], b[:3]...), ' ')
	content := bytes.Index(b, []byte(`content: "`))
	if content < 0 {
		return false
	}
	if i := bytes.Index(b[:content], []byte("class: ")); i >= 0 {
		e := b[i+len("class: ") : content]
		for k, name := range [...]string{"", "subject: ", "detail: "} {
			at := bytes.Index(e, []byte(name))
			if at < 0 {
				break
			}
			v, n := number(e[at+len(name):])
			if n == 0 {
				break
			}
			d.reply = strconv.AppendInt(d.reply, int64(v), 10)
			if k < 2 {
				d.reply = append(d.reply, '.')
			} else {
				d.reply = append(d.reply, ' ')
			}
		}
	}
	d.reply = appendDebug(d.reply, b[content+len(`content: "`):])
	return true
}

// appendDebug appends a string as Rust prints it with {:?}, up to its closing quote.
func appendDebug(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return dst
		case c == '\\' && i+1 < len(b):
			i++
			switch b[i] {
			case 'n', 'r', 't':
				dst = append(dst, ' ')
			default:
				dst = append(dst, b[i])
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// host reads the host and the stage from the text before a reply: "connect to
// 203.0.113.2:25 and read initial banner: ", "203.0.113.2:25: EHLO after banner: ".
// The name may stand before the address: "mx.example.net./203.0.113.2:25".
func (d *Decoder) host(ev *mail.Event, b []byte) {
	var target []byte
	banner := bytes.LastIndex(b, []byte(" and read initial banner"))
	verb := max(bytes.LastIndex(b, []byte(": EHLO ")), bytes.LastIndex(b, []byte(": LHLO ")))
	switch {
	case banner > verb:
		ev.Stage = mail.StageBanner
		target = b[:banner]
	case verb >= 0:
		ev.Stage = mail.StageEHLO
		target = b[:verb]
	default:
		return
	}
	target = target[bytes.LastIndexAny(target, " ,")+1:]
	if i := bytes.IndexByte(target, '/'); i > 0 && peer.Name(target[:i]) != nil {
		ev.MX = peer.Name(target[:i])
		target = target[i+1:]
	}
	if ip := peer.Address(target); ip != nil {
		ev.MXIP = ip
		ev.Local = ev.Local || peer.IsLoopback(ip)
	}
}

// number reads up to nine digits.
func number(b []byte) (v, n int) {
	for n < len(b) && n < 9 && b[n]-'0' <= 9 {
		v = v*10 + int(b[n]-'0')
		n++
	}
	return v, n
}
