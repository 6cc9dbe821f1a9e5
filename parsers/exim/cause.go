package exim

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// cause is what the message of a failure says.
type cause struct {
	stage mail.Stage
	reply []byte // what the receiver said
	mx    host   // named in the text, before Exim 4.83
	lmtp  bool
}

// readCause reads the texts of smtp.c check_response and its like:
//
//	SMTP error from remote mail server after [pipelined ]COMMAND: REPLY
//	Malformed SMTP reply [(an empty line) ]in response to [pipelined ]COMMAND[: REPLY]
//	Remote host closed connection in response to [pipelined ]COMMAND
//	SMTP timeout after [pipelined ]COMMAND[ (N bytes written)]
//
// and their forms before 4.83, which name the host: "after COMMAND: host H [IP]:
// REPLY", "Remote host H [IP] closed connection in response to COMMAND", "SMTP
// timeout while connected to H [IP] after COMMAND", "Malformed SMTP reply from H
// [IP] in response to COMMAND: REPLY". A system error without any of these is a
// connection that was not made.
func readCause(b []byte) (c cause) {
	if rest, ok := after(b, "LMTP "); ok {
		c.lmtp = true
		if s, ok := after(rest, "error after "); ok {
			c.answer(s)
		} else if s, ok := after(rest, "timeout after "); ok {
			c.stage = commandStage(s)
		}
		return c
	}
	switch {
	case has(b, "SMTP error from remote mail"): // "mail server after", "mailer after" until 4.6x
		if i := bytes.Index(b, []byte(" after ")); i > 0 && i < 64 {
			c.answer(b[i+len(" after "):])
		}
	case has(b, "Malformed SMTP reply "):
		if rest, ok := after(b, "Malformed SMTP reply from "); ok {
			c.mx, _ = readHost(rest)
		}
		if i := bytes.Index(b, inResponse); i > 0 {
			c.answer(b[i+len(inResponse):])
		}
	case has(b, "Remote host "):
		if rest, ok := after(b, "Remote host "); ok && !has(rest, "closed ") {
			c.mx, _ = readHost(rest)
		}
		if i := bytes.Index(b, inResponse); i > 0 {
			c.stage = commandStage(b[i+len(inResponse):])
		}
	case has(b, "SMTP timeout "):
		if rest, ok := after(b, "SMTP timeout while connected to "); ok {
			c.mx, b = readHost(rest)
		}
		if i := bytes.Index(b, []byte("after ")); i >= 0 {
			c.stage = commandStage(b[i+len("after "):])
		}
	case has(b, "TLS "), has(b, "a TLS session is required"), has(b, "DANE "), has(b, "bad first read from TLS"),
		has(b, "failure while setting up TLS"), has(b, "A TLS "):
		c.stage = mail.StageTLS
	case has(b, "authentication required"):
		c.stage = mail.StageAuth
	case isNetwork(b):
		c.stage = mail.StageConnect
	}
	return c
}

var inResponse = []byte(" in response to ")

// answer reads "[pipelined ]COMMAND: [host H [IP]: ]REPLY". An address in the
// command may hold ": ".
func (c *cause) answer(b []byte) {
	c.stage = commandStage(b)
	rest := b
	if i := bytes.Index(b, []byte(":<")); i > 0 && i < 24 {
		_, rest = angle(b[i+1:])
	}
	i := bytes.Index(rest, []byte(": "))
	if i < 0 {
		return
	}
	rest = rest[i+2:]
	if s, ok := after(rest, "host "); ok {
		if h, s := readHost(s); h.ok && has(s, ": ") {
			c.mx, rest = h, s[2:]
		}
	}
	c.reply = rest
}

// commandStage reads the command an answer was for. "initial connection" and "end
// of data" stand for what is no command (smtp.c). With early pipelining the banner
// may be read after later commands, and is told as such.
func commandStage(b []byte) mail.Stage {
	b, _ = after(b, "pipelined ")
	switch {
	case has(b, "initial connection"):
		return mail.StageBanner
	case has(b, "XCLIENT"):
		return mail.StageEHLO
	case has(b, "TLS-on-connect"):
		return mail.StageTLS
	case has(b, "end of data"), has(b, "sending data block"), has(b, "writing message"):
		return mail.StageEndOfData
	}
	return mail.CommandStage(b)
}

// isNetwork says that a text is that of a system error about a connection.
func isNetwork(b []byte) bool {
	for _, words := range [...]string{"Connection ", "Network ", "No route to host", "Operation timed out", "Operation now in progress",
		"Host is ", "Host unreachable", "Protocol not available", "Broken pipe", "Cannot assign requested address",
		"Can't assign requested address", "Address family not supported", "Software caused connection abort"} {
		if has(b, words) {
			return true
		}
	}
	return false
}

// isLookup says that a text is about a name that did not resolve, or that has no
// host to send mail to: what a router finds out without talking to a receiver.
func isLookup(b []byte) bool {
	for _, words := range [...]string{"host lookup", "address lookups", "MX record", "MX records", "all MXs", "SRV record",
		"DNS lookup", "lookup of host", "no SMTP service", "DNSSEC"} {
		if bytes.Contains(b, []byte(words)) {
			return true
		}
	}
	return false
}

// The errors of macros.h that are no failure of a delivery but a reason not to
// try: from ERRNO_RRETRY down (routing, local or host retry time not reached,
// local deliveries only, queue_domains, concurrency limit of the transport), and
// hold_domains.
const (
	errnoHeld       = -23
	errnoRetryFirst = -52
	errnoLocalRetry = -53
	errnoRetryLast  = -58
)

func isRetryError(errno int) bool {
	return errno <= errnoRetryFirst && errno >= errnoRetryLast || errno == errnoHeld
}

// suspends says that no connection was made, by our own decision, where the number
// does not tell. The phrase "connection limit reached" is such a one: it is about
// serialize_hosts, and not a word of the receiver's.
func suspends(text []byte) bool {
	for _, words := range [...]string{"retry time not reached", "connection limit reached for all hosts", "concurrency limit reached for transport",
		"some host address lookups failed and retry time not reached", "no host found for existing SMTP connection",
		"SMTP delivery explicitly queued", "first-pass only routing", "domain is in queue_domains", "domain is held",
		"remote delivery not attempted", "all hosts have been failing for a long time", "all hosts for "} {
		if has(text, words) {
			return true
		}
	}
	return false
}

// expires says that the sending side has given up: the retry rules have run out
// (retry.c), or the hosts have failed for so long that they were not tried again
// (smtp.c).
func expires(text []byte) bool {
	return bytes.HasSuffix(text, []byte("retry timeout exceeded")) ||
		bytes.Contains(text, []byte("have been failing for a long time")) ||
		has(text, "retry time not reached for any host after a long failure period")
}
