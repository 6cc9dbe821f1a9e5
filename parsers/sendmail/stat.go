package sendmail

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// outcome reads stat= (giveresponse in deliver.c, sm_sysexmsg in sysexits.c):
//
//	Sent (REPLY)
//	Deferred: REPLY or CAUSE
//	queued, quarantined                    no attempt
//	User unknown, Service unavailable ...  bounced; dsn=4.x makes it a deferral
//	Cannot send message for 5 days         given up
//
// It returns false if the line claims no attempt.
func outcome(ev *mail.Event, f *fields) bool {
	ev.Kind = mail.KindAttempt
	stat := f.stat
	switch {
	case has(stat, "Sent") && (len(stat) == 4 || stat[4] == ' ' || stat[4] == ';'):
		ev.Outcome = mail.Delivered
		sent(ev, stat[4:])
	case len(stat) == 0, has(stat, "queued"), has(stat, "quarantined"):
		return false
	case isExpired(stat), isExpiredCode(f.dsn):
		ev.Kind, ev.Outcome = mail.KindExpiry, mail.Expired
		ev.Reply = f.reply
	case has(stat, "Deferred"):
		ev.Outcome = mail.Deferred
		deferred(ev, f, bytes.TrimLeft(stat[len("Deferred"):], ": "))
	case has(f.dsn, "4"):
		ev.Outcome = mail.Deferred // "I/O error", "Operating system error"
		said(ev, f, stat)
	default:
		ev.Outcome = mail.Bounced
		said(ev, f, stat)
	}
	return true
}

// said takes the reply from reply=, or from the text if it is one.
func said(ev *mail.Event, f *fields, text []byte) {
	if peer.Speaks(f.reply) {
		ev.Reply = f.reply
	} else if peer.Speaks(text) {
		ev.Reply = text
	}
}

// sent takes the reply from " (REPLY)"; it may be cut. Its code is not logged. The
// daemon of the next hop tells its own queue id.
func sent(ev *mail.Event, b []byte) {
	b = bytes.TrimLeft(b, " ;")
	if len(b) == 0 || b[0] != '(' {
		return
	}
	b = bytes.TrimSuffix(b[1:], []byte(")"))
	ev.Reply, ev.Stage = b, mail.StageEndOfData
	if i := bytes.Index(b, []byte(" Message accepted for delivery")); i > 0 {
		if n, ok := idLength(b); ok && n == i {
			ev.Child = b[:i]
		}
	}
}

// deferred reads the cause of a deferral.
func deferred(ev *mail.Event, f *fields, cause []byte) {
	said(ev, f, cause)
	connected := bytes.Contains(f.relay, []byte(" ["))
	lookup := has(cause, "Name server:")
	if len(f.relay) > 0 && !connected && f.xdelay == 0 && !lookup {
		// The host's failure of a moment ago, or another process holds the host
		// (SingleThreadDelivery): no connection was made.
		ev.Outcome = mail.Suspended
		return
	}
	if ev.Reply == nil && !lookup {
		ev.Stage = causeStage(cause)
	}
}

// causeStage reads where a connection broke off: "Connection reset by mx. during
// client greeting" (errstring.c; the phases are those of usersmtp.c). What names no
// phase happened before the first one.
func causeStage(cause []byte) mail.Stage {
	if i := bytes.LastIndex(cause, []byte(" during ")); i >= 0 {
		return phase(cause[i+len(" during "):])
	}
	for _, s := range [...]string{"Connection ", "Operation timed out", "No route to host", "Network is ", "Host ", "Network "} {
		if has(cause, s) {
			return mail.StageConnect
		}
	}
	return mail.StageUnknown
}

func phase(b []byte) mail.Stage {
	if has(b, "user open") {
		return mail.StageConnect
	}
	if !has(b, "client ") {
		return mail.StageUnknown
	}
	b = b[len("client "):]
	switch {
	case has(b, "greeting"):
		return mail.StageBanner
	case has(b, "TLS"):
		return mail.StageTLS
	case has(b, "DATA status"):
		return mail.StageEndOfData
	}
	return mail.CommandStage(b)
}

// isExpired knows the texts of a message that is given up (envelope.c dropenvelope;
// the second is that of the bounce).
func isExpired(text []byte) bool {
	return containsFold(text, "cannot send message for ") || containsFold(text, "could not be delivered for ")
}

// isExpiredCode knows "delivery time expired" (RFC 3463 X.4.7).
func isExpiredCode(dsn []byte) bool { return string(dsn) == "4.4.7" || string(dsn) == "5.4.7" }

// containsFold looks for words in a short text; words are in lower case.
func containsFold(b []byte, words string) bool {
	for i := 0; i+len(words) <= len(b); i++ {
		if b[i]|0x20 == words[0] && bytes.EqualFold(b[i:i+len(words)], []byte(words)) {
			return true
		}
	}
	return false
}
