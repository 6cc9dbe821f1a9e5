package dsn

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// failure is what the text of a notification says about one recipient.
type failure struct {
	address []byte
	reason  []byte
	own     bool // the words are the mailer's own, not the receiver's
}

// tellText reads a notification that has no report for machines.
func (r *report) tellText(emit func(*mail.Event)) {
	if !isBounce(r.head) {
		return
	}
	body, returned := beforeCopy(r.text)
	if r.original == nil {
		r.original, _ = readHeader(skipEmpty(returned))
	}
	delayed := isDelay(r.head, body)
	for _, f := range r.failures(body) {
		ev := r.begin()
		ev.Outcome = mail.Bounced
		if delayed {
			ev.Outcome = mail.Deferred
		}
		ev.Recipient, ev.Text = f.address, f.reason
		ev.Stage = stageOf(f.reason)
		if !f.own {
			ev.Reply = said(f.reason)
		}
		ev.MX, ev.MXIP = hostIn(f.reason)
		if ev.Outcome == mail.Bounced && isExpiry(r.head.get("subject")) {
			ev.Outcome = mail.Expired
		}
		finish(ev)
		emit(ev)
	}
}

// isBounce says that a mail is one from a mail system about another mail.
func isBounce(h header) bool {
	if h.get("x-failed-recipients") != nil || bytes.HasPrefix(bytes.TrimSpace(h.get("return-path")), []byte("<>")) {
		return true
	}
	return isFromMailer(h)
}

// isFromMailer says that the author of a mail is a mail system.
func isFromMailer(h header) bool {
	from := bytes.ToLower(h.get("from"))
	for _, name := range [...]string{"mailer-daemon", "mailer_daemon", "postmaster", "mail delivery", "mail administrator", "mailer daemon"} {
		if bytes.Contains(from, []byte(name)) {
			return true
		}
	}
	return false
}

// isDelay says that a notification warns of a message that is still in the queue.
func isDelay(h header, body [][]byte) bool {
	text := bytes.ToLower(bytes.Join(body[:min(len(body), 40)], []byte(" ")))
	for _, mark := range [...]string{
		"has not yet been delivered", "this is a warning message only", "is delayed for more than", "transient non-fatal errors", "will be retried",
		"will keep trying", "will continue to try", "this is only a warning", "delivery is delayed",
	} {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return bytes.HasPrefix(bytes.ToLower(h.get("subject")), []byte("warning: message"))
}

// beforeCopy cuts the text where the copy of the returned message begins.
func beforeCopy(lines [][]byte) (body, returned [][]byte) {
	for i, line := range lines {
		t := bytes.TrimSpace(line)
		for _, mark := range [...]string{
			"--- Below this line is", "------ This is a copy of", "------ This is the copy of", "----- Unsent message follows", "----- Original message",
			"----- Message header follows", "Message headers follow", "Original message follows", "Below is a copy of the original", "----- Original Message",
			"------ Message header follows", "--- The header of the original message", "--- Undelivered message follows",
		} {
			if bytes.HasPrefix(t, []byte(mark)) {
				return lines[:i], lines[i+1:]
			}
		}
	}
	return lines, nil
}

// failures finds the recipients that a text is about, each with what is said of it.
// The dialects are told by their fixed words:
//
//	Exim        "address(es) failed:", "not yet been delivered is:" and indented addresses (deliver.c)
//	qmail       "<a@example.com>:" before a paragraph (QSBMF); Postfix without MIME has the text on the same line
//	sendmail    "----- The following addresses had ... errors -----", "----- Transcript of session follows -----" (savemail.c)
//	OpenSMTPD   "the following list of recipients:" and "a@example.com: text" (bounce.c)
//	DragonFly   "There was an error delivering your mail to <a@example.com>." (mail.c)
func (r *report) failures(body [][]byte) []failure {
	for _, dialect := range [...]func([][]byte) []failure{sendmail, paragraphs, listed, dragonfly, opensmtpd} {
		if f := dialect(body); len(f) > 0 {
			for i := range f {
				if f[i].address == nil { // a session that failed before it came to a recipient
					f[i].address = mailbox(r.original.get("to"))
				}
			}
			return f
		}
	}
	var fs []failure
	for _, p := range r.head {
		if !is(p.name, "x-failed-recipients") {
			continue
		}
		for _, a := range bytes.Split(p.value, []byte(",")) {
			if a = address(a); bytes.IndexByte(a, '@') > 0 && len(fs) < maxRecipients {
				fs = append(fs, failure{address: a, reason: r.about(a)})
			}
		}
	}
	return fs
}

const (
	// aboutLines is how many lines after a recipient's name may be about it.
	aboutLines = 12
	// maxAbout and maxAsked bound the search.
	maxAbout = 500 // lines of the text
	maxAsked = 100 // recipients
)

// about returns what the text for people says after it names a recipient, if there
// is a reply in it.
func (r *report) about(address []byte) []byte {
	if r.asked++; len(address) == 0 || r.asked > maxAsked {
		return nil
	}
	body, _ := beforeCopy(r.text)
	body = body[:min(len(body), maxAbout)]
	name := string(bytes.ToLower(address))
	for i, line := range body {
		if !bytes.Contains(bytes.ToLower(line), []byte(name)) {
			continue
		}
		text := bytes.Join(bytes.Fields(bytes.Join(body[i:min(len(body), i+aboutLines)], []byte(" "))), []byte(" "))
		if said(text) != nil {
			return text
		}
	}
	return nil
}
