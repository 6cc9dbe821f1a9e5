package smtp

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// line tells of a line with a reply in it.
func (d *Decoder) line(b []byte, r found) {
	ev := &d.event
	*ev = mail.Event{
		Kind: mail.KindAttempt, Outcome: mail.Deferred, Time: d.head.Time, Precise: d.head.Precise, Host: d.head.Host, Text: bytes.TrimSpace(b),
	}
	before := b[:r.at]
	switch {
	case r.code < 300:
		ev.Outcome = mail.Delivered
	case r.code >= 500 && !hasFold(before, "deferred"):
		ev.Outcome = mail.Bounced
	}
	ev.Reply = b[r.at:r.end]
	if sep := b[r.at+3]; sep != ' ' && sep != '-' { // as a programming language writes it
		d.text = append(append(append(d.text[:0], b[r.at:r.at+3]...), ' '), b[r.words:r.end]...)
		ev.Reply = d.text
	}
	ev.Recipient = recipientIn(before)
	ev.MX, ev.MXIP = receiverIn(before)
	d.tell(ev)
}

// recipientIn returns the recipient that a text names: the address after "to", else
// the only one.
func recipientIn(b []byte) (only []byte) {
	count := 0
	for i := 0; i < len(b); i++ {
		if b[i] != '@' {
			continue
		}
		from, end := i, i+1
		for from > 0 && isAddressByte(b[from-1]) {
			from--
		}
		for end < len(b) && (isWord(b[end]) || b[end] == '.' || b[end] == '-') {
			end++
		}
		a := bytes.TrimRight(b[from:end], ".")
		if from == i || len(a) < i-from+3 {
			continue
		}
		if isTo(b[:from]) {
			return a
		}
		only = a
		count++
		i = end
	}
	if count != 1 {
		return nil
	}
	return only
}

func isAddressByte(c byte) bool {
	return isWord(c) || bytes.IndexByte([]byte(".+-!#$%&*/?^{}~"), c) >= 0
}

// isTo says that what stands before an address says that it is a recipient's.
func isTo(b []byte) bool {
	b = bytes.TrimRight(b, " =:<\"'[({")
	for _, w := range [...]string{"to", "rcpt", "recipient", "for", "email"} {
		if n := len(b) - len(w); n >= 0 && hasFold(b[n:], w) && (n == 0 || !isWord(b[n-1]) || b[n-1] == '_') {
			return true
		}
	}
	return false
}

// receiverIn returns the host that a text says the reply is from.
func receiverIn(b []byte) (host, ip []byte) {
	if i := bytes.LastIndexByte(b, '\t'); i >= 0 { // a table: receiver, reply
		for _, column := range bytes.Split(b[:i], []byte("\t")) {
			if h, a := peer(column); isHost(h) && len(h) == len(bytes.TrimSpace(column)) || a != nil {
				return h, a
			}
		}
	}
	for _, key := range [...]string{"mx", "host", "relay", "server", "remote", "via", "from", "by"} {
		for i := 0; i+len(key) < len(b); i++ {
			if (i > 0 && isWord(b[i-1])) || !hasFold(b[i:i+len(key)], key) || isWord(b[i+len(key)]) {
				continue
			}
			rest := bytes.TrimLeft(b[i+len(key):], " =:\"'")
			if h, a := peer(rest); isHost(h) || a != nil {
				return h, a
			}
		}
	}
	return nil, nil
}

// isHost says that a name is one of a host: with a dot, a letter behind the last
// one, and no mailbox.
func isHost(b []byte) bool {
	i := bytes.LastIndexByte(b, '.')
	return i > 0 && i+2 < len(b) && b[i+1]|0x20-'a' < 26
}
