package mailgun

import "github.com/seed-07ce53fa/diagnose/parsers/esp"

// flat reads the members of the older webhooks, which are flat, and of exports
// that join the names on the path to a value by underscores.
func (f *fields) flat(r *esp.Reading) {
	switch string(r.Key()) {
	case "X-Mailgun-Sid", "message-headers":
		f.legacy = true
	case "domain", "token":
	case "message_id", "message_headers_message_id":
		f.messageID = r.Text()
	case "Message-Id":
		f.messageID, f.legacy = r.Text(), true
	default:
		if r.Kind() == '{' || r.Kind() == '[' {
			return
		}
		if n, weak := column(r.Key()); n != nNone {
			if marked(n, r.Key()) {
				f.marks++
			}
			if v := r.Text(); !weak || len(*f.slot(n)) == 0 {
				f.set(n, v)
			}
		}
	}
}

// name is a column of a CSV export or a member of a flat object.
type name int

const (
	nNone name = iota
	nEvent
	nSeverity
	nReason
	nID
	nTime
	nRecipient
	nSender
	nSendingIP
	nTransport
	nMessageID
	nCode
	nMessage
	nDescription
	nEnhanced
	nMX
	nSession
	nRetry
	nAddress
	nMark
)

// column returns what a name means, nNone if nothing. Case and the marks between
// words do not count: there is no public word on the columns of the control
// panel's CSV, so any name that says what it is will do. weak says that the name
// might mean something else, and gives way to a better one.
func column(key []byte) (n name, weak bool) {
	var b [48]byte
	l := 0
	for _, c := range key {
		switch {
		case c == '-' || c == '_' || c == '.' || c == ' ' || c == '@' || c == '/':
			continue
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		}
		if l == len(b) {
			return nNone, false
		}
		b[l] = c
		l++
	}
	switch string(b[:l]) {
	case "event", "hap", "eventtype":
		return nEvent, false
	case "status", "type":
		return nEvent, true
	case "severity":
		return nSeverity, false
	case "reason":
		return nReason, false
	case "id", "eventid":
		return nID, false
	case "timestamp":
		return nTime, false
	case "time", "date", "datetime", "createdat", "eventtime", "processed":
		return nTime, true
	case "recipient", "recipientaddress":
		return nRecipient, false
	case "address":
		return nAddress, false
	case "to", "email", "messageheadersto", "headersto", "targets", "envelopetargets":
		return nRecipient, true
	case "sender", "envelopesender":
		return nSender, false
	case "from", "mailfrom", "envelopemailfrom", "messageheadersfrom", "headersfrom":
		return nSender, true
	case "sendingip", "envelopesendingip":
		return nSendingIP, false
	case "transport", "envelopetransport":
		return nTransport, false
	case "messageid", "messageheadersmessageid", "headersmessageid":
		return nMessageID, false
	case "code", "deliverystatuscode":
		return nCode, false
	case "statuscode", "smtpcode":
		return nCode, true
	case "message", "deliverystatusmessage":
		return nMessage, false
	case "error", "reasontext", "response":
		return nMessage, true
	case "description", "deliverystatusdescription":
		return nDescription, false
	case "enhancedcode", "deliverystatusenhancedcode":
		return nEnhanced, false
	case "deliverystatusenhanced", "bouncecode", "deliverystatusbouncecode":
		return nEnhanced, true
	case "mxhost", "deliverystatusmxhost":
		return nMX, false
	case "mx":
		return nMX, true
	case "sessionseconds", "deliverystatussessionseconds":
		return nSession, false
	case "retryseconds", "deliverystatusretryseconds":
		return nRetry, false
	case "loglevel", "recipientdomain", "recipientprovider", "attemptno", "deliverystatusattemptno":
		return nMark, false
	}
	return nNone, false
}

// marked says that a name is Mailgun's own.
func marked(n name, key []byte) bool {
	switch n {
	case nSeverity, nMX, nSession, nRetry, nMark:
		return true
	default:
		return len(key) > 15 && (string(key[:15]) == "delivery-status" || string(key[:15]) == "delivery_status")
	}
}

// set stores a value unless it is empty.
func (f *fields) set(n name, v []byte) {
	if len(v) > 0 {
		*f.slot(n) = v
	}
}

// slot returns where a value belongs.
func (f *fields) slot(n name) *[]byte {
	switch n {
	case nEvent:
		return &f.event
	case nSeverity:
		return &f.severity
	case nReason:
		return &f.reason
	case nID:
		return &f.id
	case nTime:
		return &f.time
	case nRecipient:
		return &f.recipient
	case nSender:
		return &f.sender
	case nSendingIP:
		return &f.sendingIP
	case nTransport:
		return &f.transport
	case nMessageID:
		return &f.messageID
	case nCode:
		return &f.code
	case nMessage:
		return &f.message
	case nDescription:
		return &f.description
	case nEnhanced:
		return &f.enhanced
	case nMX:
		return &f.mx
	case nSession:
		return &f.session
	case nRetry:
		return &f.retry
	case nAddress:
		return &f.address
	default:
		return &f.ignored
	}
}
