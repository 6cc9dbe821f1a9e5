package kumomta

import (
	"bytes"
	"strconv"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// record is what of a log record matters here. Its texts are valid until the next
// one is read.
type record struct {
	kind, id, sender, node, session       []byte
	egressSource, sourceAddress, protocol []byte
	peerName, peerAddr                    []byte
	messageID                             []byte
	timestamp, created                    []byte // seconds since 1970
	eventTime, createdTime                []byte // RFC 3339, since 2025.10.06
	size                                  []byte
	recipients                            [][]byte // a string, or an array since 2025.12.02
	answered                              bool     // there is a response
	code, class, subject, detail          []byte
	content, command                      []byte // content has no code and no enhanced code

	site, queue, attempts, classified, report bool // the record has the field
}

// read decodes a document. It returns NotUnderstood if that is no valid JSON,
// Irrelevant if it is no record of KumoMTA: a record has a type, and two of the
// fields that every record has; a feedback record has no others than the report.
func (r *record) read(c *jsonlog.Cursor, doc []byte) mail.Verdict {
	*r = record{recipients: r.recipients[:0]}
	c.Reset(doc)
	for c.Object(); c.Next(); {
		r.field(c, c.Key())
	}
	if !c.Done() {
		return mail.NotUnderstood
	}
	if len(r.kind) == 0 {
		return mail.Irrelevant
	}
	marks := 0
	for _, has := range [...]bool{r.site && r.queue, r.attempts, r.classified, len(r.node) > 0} {
		if has {
			marks++
		}
	}
	if marks >= 2 || r.report && string(r.kind) == "Feedback" {
		return mail.Understood
	}
	return mail.Irrelevant
}

func (r *record) field(c *jsonlog.Cursor, key []byte) {
	switch string(key) {
	case "type":
		r.kind = c.Text()
	case "id":
		r.id = c.Text()
	case "sender":
		r.sender = c.Text()
	case "recipient":
		r.recipient(c)
	case "queue":
		r.queue = true
	case "site":
		r.site = true
	case "num_attempts":
		r.attempts = true
	case "bounce_classification":
		r.classified = true
	case "size":
		r.size = c.Text()
	case "response":
		r.response(c)
	case "peer_address":
		for c.Object(); c.Next(); {
			switch string(c.Key()) {
			case "name":
				r.peerName = c.Text()
			case "addr":
				r.peerAddr = c.Text()
			}
		}
	case "timestamp":
		r.timestamp = c.Text()
	case "created":
		r.created = c.Text()
	case "event_time":
		r.eventTime = c.Text()
	case "created_time":
		r.createdTime = c.Text()
	case "egress_source":
		r.egressSource = c.Text()
	case "source_address":
		for c.Object(); c.Next(); {
			if string(c.Key()) == "address" {
				r.sourceAddress = c.Text()
			}
		}
	case "headers": // those the log is configured to have; one that occurs twice is an array
		for c.Object(); c.Next(); {
			if bytes.EqualFold(c.Key(), []byte("Message-ID")) && r.messageID == nil {
				r.messageID = c.First()
			}
		}
	case "delivery_protocol":
		r.protocol = c.Text()
	case "nodeid":
		r.node = c.Text()
	case "session_id":
		r.session = c.Text()
	case "feedback_report":
		for c.Object(); c.Next(); {
			r.report = r.report || string(c.Key()) == "feedback_type"
		}
	}
}

func (r *record) recipient(c *jsonlog.Cursor) {
	r.recipients = r.recipients[:0]
	if c.Kind() != '[' {
		if to := c.Text(); len(to) > 0 {
			r.recipients = append(r.recipients, to)
		}
		return
	}
	for c.Array(); c.Next(); {
		if to := c.Text(); len(to) > 0 {
			r.recipients = append(r.recipients, to)
		}
	}
}

func (r *record) response(c *jsonlog.Cursor) {
	for r.answered = c.Object(); c.Next(); {
		switch string(c.Key()) {
		case "code":
			r.code = c.Text()
		case "content":
			r.content = c.Text()
		case "command":
			r.command = c.Text()
		case "enhanced_code":
			for c.Object(); c.Next(); {
				switch string(c.Key()) {
				case "class":
					r.class = c.Text()
				case "subject":
					r.subject = c.Text()
				case "detail":
					r.detail = c.Text()
				}
			}
		}
	}
}

// when returns microseconds since 1970 of the exact stamp, or of the one in seconds.
func when(exact, seconds []byte) (micro int64, precise bool) {
	if len(exact) > 0 && len(exact) < 64 {
		if t, err := time.Parse(time.RFC3339Nano, string(exact)); err == nil && t.Year() >= 1970 && t.Year() < 10000 {
			return t.UnixMicro(), true
		}
	}
	if len(seconds) > 64 {
		return 0, false
	}
	s, err := strconv.ParseFloat(string(seconds), 64)
	if err != nil || !(s > 0 && s < 2.5e11) {
		return 0, false
	}
	micro = int64(s * 1e6)
	return micro, micro%1e6 != 0
}

// bytes returns the size of the message, 0 if unknown.
func (r *record) bytes() uint64 {
	if len(r.size) > 20 {
		return 0
	}
	n, _ := strconv.ParseUint(string(r.size), 10, 63) // what is no number is not known
	return n
}

// isLocal says that a message did not go out by SMTP: to a maildir, by LMTP, to a Lua
// script.
func (r *record) isLocal() bool {
	switch string(r.protocol) {
	case "", "ESMTP", "SMTP":
		return false
	}
	return true
}

// appendReply appends the reply as a line: "421 4.7.0 text".
func (r *record) appendReply(b []byte) []byte {
	if isCode(r.code) {
		b = append(append(b, r.code...), ' ')
	}
	if len(r.class) == 1 && len(r.subject) > 0 && len(r.detail) > 0 {
		for _, part := range [...][]byte{r.class, r.subject, r.detail} {
			b = append(append(b, part...), '.')
		}
		b[len(b)-1] = ' '
	}
	return bytes.TrimRight(append(b, r.content...), " \r\n")
}

func isCode(b []byte) bool {
	return len(b) == 3 && b[0] >= '2' && b[0] <= '5' && b[1]-'0' <= 9 && b[2]-'0' <= 9
}

// stage reads the command that was answered, as the log has it: "MAIL FROM",
// "RCPT TO:<a@example.net>\r\n", ".".
func (r *record) stage() mail.Stage {
	c := bytes.TrimSpace(r.command)
	for _, s := range [...]struct {
		word  string
		stage mail.Stage
	}{
		{"MAIL", mail.StageMail}, {"RCPT", mail.StageRcpt}, {"DATA", mail.StageData}, {"BDAT", mail.StageEndOfData},
		{".", mail.StageEndOfData}, {"EHLO", mail.StageEHLO}, {"HELO", mail.StageEHLO}, {"LHLO", mail.StageEHLO},
		{"STARTTLS", mail.StageTLS}, {"AUTH", mail.StageAuth}, {"RSET", mail.StageQuit}, {"QUIT", mail.StageQuit},
	} {
		if len(c) >= len(s.word) && bytes.EqualFold(c[:len(s.word)], []byte(s.word)) {
			return s.stage
		}
	}
	return mail.StageUnknown
}
