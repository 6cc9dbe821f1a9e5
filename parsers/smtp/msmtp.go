package smtp

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// record is a line of msmtp's log (msmtp.c, msmtp_get_log_info):
//
//	host=h tls=on auth=on user=u from=f recipients=a,b mailsize=n smtpstatus=421 smtpmsg='421 text' errormsg='text' exitcode=EX_TEMPFAIL
type record struct {
	host, from, recipients, status, reply, text, exit []byte
}

// msmtpRecord reads such a line. Quotes inside a message are not escaped, so a
// message ends where the next field begins.
func msmtpRecord(b []byte) (r record, ok bool) {
	i := bytes.Index(b, []byte("exitcode=EX_"))
	if i < 0 {
		return r, false
	}
	host := bytes.Index(b[:i], []byte("host="))
	if host < 0 || !bytes.Contains(b[host:i], []byte(" tls=")) {
		return r, false
	}
	r.recipients, r.status = value(b[host:i], " recipients="), value(b[host:i], " smtpstatus=")
	r.recipients = bytes.Trim(r.recipients, ",")
	if len(r.recipients) == 0 {
		return r, false
	}
	r.exit = word(b[i+len("exitcode="):])
	fields := b[host:i]
	if k := bytes.Index(fields, []byte(" errormsg='")); k >= 0 {
		r.text = bytes.TrimRight(fields[k+len(" errormsg='"):], "' ")
		fields = fields[:k+1]
	}
	if k := bytes.Index(fields, []byte(" smtpmsg='")); k >= 0 {
		r.reply = bytes.TrimRight(fields[k+len(" smtpmsg='"):], "' ")
		fields = fields[:k+1]
	}
	r.host, r.from = value(fields, "host="), value(fields, " from=")
	return r, true
}

func value(b []byte, key string) []byte {
	i := bytes.Index(b, []byte(key))
	if i < 0 {
		return nil
	}
	return word(b[i+len(key):])
}

func word(b []byte) []byte {
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i]
	}
	return b
}

// msmtp tells of each recipient of a record. msmtp keeps no queue: what is no
// temporary failure is final.
func (d *Decoder) msmtp(r record) {
	outcome := mail.Bounced
	switch {
	case string(r.exit) == "EX_OK":
		outcome = mail.Delivered
	case len(r.status) > 0 && r.status[0] == '4', len(r.status) == 0 && isTransient(r.exit):
		outcome = mail.Deferred
	}
	for rcpts := r.recipients; ; {
		one, rest, more := bytes.Cut(rcpts, []byte(","))
		if rcpts = rest; len(one) == 0 {
			continue
		}
		ev := &d.event
		*ev = mail.Event{
			Kind: mail.KindAttempt, Outcome: outcome, Time: d.head.Time, Precise: d.head.Precise, Host: d.head.Host,
			MX: r.host, Sender: r.from, Recipient: one, Reply: r.reply, Text: r.text,
		}
		if address(r.host) {
			ev.MX, ev.MXIP = nil, r.host
		}
		if ev.Text == nil {
			ev.Text = r.reply
		}
		d.tell(ev)
		if !more {
			return
		}
	}
}

// isTransient says that an exit code (sysexits.h) is of a failure that may pass.
func isTransient(exit []byte) bool {
	switch string(exit) {
	case "EX_TEMPFAIL", "EX_IOERR", "EX_NOHOST", "EX_OSERR", "EX_PROTOCOL":
		return true
	}
	return false
}
