package postfix

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// cause is what a reason says: which host it is about, what that host said, and
// at which stage.
type cause struct {
	host, in  []byte // host name, and what stands in the brackets after it
	named     bool   // the reason names a host
	reply     []byte // nil where the receiver said nothing
	stage     mail.Stage
	suspended bool // no connection was made
}

var (
	inReplyTo = []byte(" (in reply to ")
	while     = []byte(" while ")
)

// readReason reads the texts that smtp(8) writes (smtp_proto.c, smtp_trouble.c,
// smtp_connect.c, smtp_sasl_glue.c; those of Postfix 2.0 included), with the
// "delivery temporarily suspended: " of the queue manager before them
// (qmgr_deliver.c). cut says that the end of the line is missing.
func readReason(b []byte, cut bool) (c cause) {
	for {
		if rest, ok := after(b, "delivery temporarily suspended: "); ok {
			b, c.suspended = rest, true
		} else if rest, ok := after(b, "Protocol error: "); ok {
			b = rest
		} else {
			break
		}
	}
	if len(b) < 5 {
		return c
	}
	switch b[0] {
	case 'h':
		if rest, ok := after(b, "host "); ok {
			c.spoke(rest, cut)
		}
	case 'c':
		if rest, ok := after(b, "connect to "); ok {
			c.connect(rest)
		} else if rest, ok := after(b, "conversation with "); ok {
			c.broke(rest)
		}
	case 'l':
		if rest, ok := after(b, "lost connection with "); ok {
			c.broke(rest)
		} else if rest, ok := after(b, "local data error while talking to "); ok {
			c.name(rest)
		}
	case 'm':
		if has(b, "message size ") {
			c.nameAfter(b, " of server ")
		} else if has(b, "message requires SMTPUTF8") { // 3.11
			c.stage = mail.StageEHLO
			c.nameAfter(b, " attempted server was ")
		}
	case 'S':
		c.secure(b)
	case 'T', 'R', 'C':
		c.tls(b)
	}
	return c
}

// name reads the host at the start of b and returns what follows it.
func (c *cause) name(b []byte) []byte {
	host, in, rest, ok := cutPeer(b)
	if ok {
		c.host, c.in, c.named = host, in, true
		return rest
	}
	return nil
}

// nameAfter reads the host after mark and returns what follows it.
func (c *cause) nameAfter(b []byte, mark string) []byte {
	i := bytes.Index(b, []byte(mark))
	if i < 0 {
		return nil
	}
	return c.name(b[i+len(mark):])
}

// spoke reads "H[IP] said: REPLY (in reply to CMD command)" and
// "H[IP] refused to talk to me: REPLY".
func (c *cause) spoke(b []byte, cut bool) {
	rest := c.name(b)
	if text, ok := after(rest, " refused to talk to me: "); ok {
		c.reply, c.stage = text, mail.StageBanner
		return
	}
	text, ok := after(rest, " said: ")
	if !ok {
		return
	}
	c.reply = text
	if i := lastIndex(text, inReplyTo, 1); i >= 0 {
		c.reply, c.stage = text[:i], commandStage(text[i+len(inReplyTo):])
	} else if cut {
		c.reply = trimPartial(text, inReplyTo)
	}
}

// connect reads "H[IP]:PORT: Connection timed out" and what Postfix before 2.3
// made of a refused greeting: "H[IP]: server refused to talk to me: REPLY",
// "H[IP]: server dropped connection without sending the initial SMTP greeting".
func (c *cause) connect(b []byte) {
	rest := c.name(b)
	c.stage = mail.StageConnect
	if text, ok := after(rest, ": server refused to talk to me: "); ok {
		c.reply, c.stage = text, mail.StageBanner
		if i := lastIndex(text, []byte(" (port "), 1); i > 0 && text[len(text)-1] == ')' {
			c.reply = bytes.TrimRight(text[:i], " ")
		}
	} else if has(rest, ": server dropped connection") {
		c.stage = mail.StageBanner
	}
}

// broke reads "H[IP] timed out while STATE" and "H[IP] while STATE".
func (c *cause) broke(b []byte) {
	rest := c.name(b)
	if i := bytes.Index(rest, while); i >= 0 && i < 16 {
		c.stage = stateStage(rest[i+len(while):])
	}
}

// secure reads the texts of SASL and of certificates.
func (c *cause) secure(b []byte) {
	switch {
	case isSASL(b):
		c.stage = mail.StageAuth
		if text, ok := after(c.nameAfter(b, " server "), " said: "); ok {
			c.reply = text
		}
	case has(b, "Server certificate"):
		c.stage = mail.StageTLS
	case has(b, "SMTPUTF8 is required"):
		c.stage = mail.StageEHLO
		c.nameAfter(b, " by host ")
	}
}

func isSASL(b []byte) bool {
	return has(b, "SASL authentication failed") || has(b, "SASL [CACHED] authentication failed")
}

// tls reads "TLS is required, but host H[IP] refused to start TLS: REPLY", "TLS is
// required, but was not offered by host H[IP]", the same for REQUIRETLS (3.11),
// and "Cannot start TLS: ...".
func (c *cause) tls(b []byte) {
	switch {
	case has(b, "Cannot start TLS"):
		c.stage = mail.StageTLS
	case isTLSRequired(b):
		c.stage = mail.StageTLS
		if text, ok := after(c.nameAfter(b, " host "), " refused to start TLS: "); ok {
			c.reply = text
		} else if !c.named {
			c.nameAfter(b, " attempted server was ")
		}
	}
}

func isTLSRequired(b []byte) bool {
	return has(b, "TLS is required") || has(b, "REQUIRETLS Failure: ")
}

// commandStage reads the command of "(in reply to MAIL FROM command)"
// (smtp_proto.c:238, xfer_request).
func commandStage(b []byte) mail.Stage {
	switch {
	case has(b, "end of"):
		return mail.StageEndOfData
	case has(b, "final RSET"):
		return mail.StageQuit
	}
	return mail.CommandStage(b)
}

// stateStage reads the state of "timed out while STATE" (smtp_proto.c,
// xfer_states and the texts of smtp_helo).
func stateStage(b []byte) mail.Stage {
	if rest, ok := after(b, "receiving the "); ok {
		if has(rest, "initial") {
			return mail.StageBanner
		}
		return commandStage(rest) // "STARTTLS response"
	}
	if rest, ok := after(b, "performing "); ok {
		rest = without(rest, "the ")
		switch {
		case has(rest, "initial"): // "the initial protocol handshake", Postfix 2.2
			return mail.StageEHLO
		case has(rest, "TLS"):
			return mail.StageTLS
		case has(rest, "SASL"):
			return mail.StageAuth
		}
		return commandStage(rest)
	}
	rest, ok := after(b, "sending ")
	if !ok {
		return mail.StageUnknown
	}
	rest = without(rest, "the ")
	if has(rest, "message") {
		return mail.StageEndOfData
	}
	return commandStage(rest)
}
