package ticket

import (
	"bytes"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

const (
	// mostSubject bounds the subject of a mail in characters.
	mostSubject = 200
	// mailWidth leaves room for the soft line ends of quoted-printable (RFC 2045 6.7).
	mailWidth = 74
)

// WriteEML writes the ticket as a draft that a mail program opens for editing: RFC 5322
// with X-Unsent, UTF-8 in quoted-printable, no From and Date, which the mail program
// adds, and To only if there is an address. to is a list as RFC 5322 writes it; the
// caller parses it, and line ends in it are dropped.
func (t *Ticket) WriteEML(w io.Writer, to string) error {
	b := &bytes.Buffer{}
	header := func(name, value string) {
		b.WriteString(fold(name + ": " + mime.QEncoding.Encode("utf-8", report.Visible(value))))
	}
	header("X-Unsent", "1")
	if to != "" {
		b.WriteString(fold("To: " + report.Visible(strings.NewReplacer("\r", "", "\n", "").Replace(to))))
	}
	subject := t.Subject
	if len(subject) > mostSubject {
		subject = strings.ToValidUTF8(subject[:mostSubject], "") + "..."
	}
	// What looks like an encoded word (RFC 2047) must not become one.
	header("Subject", strings.ReplaceAll(subject, "=?", "= ?"))
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")

	body := &bytes.Buffer{}
	t.body(body, mailWidth)
	q := quotedprintable.NewWriter(b)
	if _, err := q.Write(body.Bytes()); err != nil {
		return err
	}
	if err := q.Close(); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// fold breaks a header field at its spaces into lines of 78 characters (RFC 5322
// 2.2.3); a longer word stays whole.
func fold(s string) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.Split(s, " ") {
		switch {
		case i > 1 && word != "" && length+1+len(word) > defaultWidth:
			b.WriteString("\r\n ")
			length = 1
		case i > 0:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += len(word)
	}
	return b.String() + "\r\n"
}
