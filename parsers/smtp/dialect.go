package smtp

import "bytes"

// side is who speaks on a line of a session record.
type side uint8

const (
	nobody side = iota
	client
	server
	program // a remark of the program that keeps the record
)

// dialect tells who speaks on a line. It remembers what the lines before said about
// the lines to come, and whether the last line was marked beyond doubt.
type dialect struct {
	marked bool
	// raw is who speaks between the marks of libetpan, which surround a block of
	// lines (mailstream_low.c).
	raw side
}

// side returns who speaks and what is said. line is the whole line, body what
// follows a time stamp. Bare lines, as telnet shows them, count as replies only
// inside a session.
func (d *dialect) side(line, body []byte, inSession bool) (side, []byte) {
	d.marked = true
	if s, ok := d.etpan(line); ok {
		return s, nil
	}
	if s, text := swaks(line); s != nobody {
		return s, text
	}
	if s, text := smtplib(body); s != nobody {
		return s, text
	}
	if s, text := arrows(body); s != nobody {
		return s, text
	}
	d.marked = d.raw != nobody
	if d.raw != nobody {
		return d.raw, body
	}
	if isCommand(body) {
		d.marked = true
		return client, body
	}
	if isReply(body) && (inSession || isFirst(body)) {
		return server, body
	}
	if isRemark(body) {
		return program, body
	}
	return nobody, nil
}

func (d *dialect) etpan(line []byte) (side, bool) {
	switch string(bytes.TrimRight(line, " ")) {
	case "<<<<<<< read <<<<<<":
		d.raw = server
	case ">>>>>>> send >>>>>>":
		d.raw = client
	case "<<<<<<< end read <<<<<<", ">>>>>>> end send >>>>>>":
		d.raw = nobody
	default:
		return nobody, false
	}
	return program, true
}

// swaks reads the three-character marks of swaks(1), "TRANSACTION HINTS".
func swaks(line []byte) (side, []byte) {
	if len(line) == 3 {
		line = append(line[:3:3], ' ')
	}
	if len(line) < 4 || line[3] != ' ' {
		return nobody, nil
	}
	text := line[4:]
	switch string(line[:3]) {
	case "<- ", "<~ ":
		if text = bytes.TrimLeft(text, " "); isReply(text) {
			return server, text
		}
	case "<**", "<~*":
		if text = bytes.TrimLeft(text, " "); isReply(text) {
			return server, text
		}
	case " ->", " ~>":
		return client, text
	case "===", "***":
		if isRemark(text) || line[0] == '*' {
			return program, text
		}
	}
	return nobody, nil
}

// smtplib reads the debug output of Python's smtplib: "send: 'ehlo x\r\n'" and
// "reply: b'250-mx\r\n'". What "retcode" and "data" tell was told before.
func smtplib(body []byte) (side, []byte) {
	i := bytes.IndexByte(body, ':')
	if i < 4 || i > 7 || i+2 >= len(body) || body[i+1] != ' ' {
		return nobody, nil
	}
	text := body[i+2:]
	switch string(body[:i]) {
	case "send":
		if t, ok := literal(text); ok {
			return client, t
		}
	case "reply":
		if t, ok := literal(text); ok && isReply(t) {
			return server, t
		}
		if bytes.HasPrefix(text, []byte("retcode (")) {
			return program, nil
		}
	case "data":
		if text[0] == '(' {
			return program, nil
		}
	case "connect":
		if text[0] == '(' || bytes.HasPrefix(text, []byte("to (")) {
			return program, body
		}
	}
	return nobody, nil
}

// literal reads a Python string, "b'421 text\r\n'", without its quotes and the line
// end. Of several lines all but the first stay escaped.
func literal(b []byte) ([]byte, bool) {
	b = bytes.TrimPrefix(b, []byte("b"))
	n := len(b)
	if n < 2 || b[0] != '\'' && b[0] != '"' || b[n-1] != b[0] {
		return nil, false
	}
	b = b[1 : n-1]
	for {
		t := bytes.TrimSuffix(bytes.TrimSuffix(b, []byte(`\n`)), []byte(`\r`))
		if len(t) == len(b) {
			return b, true
		}
		b = t
	}
}

// arrows reads the marks that mail libraries and servers put before what is said.
// Each of them means something elsewhere, so what follows must be SMTP.
func arrows(body []byte) (side, []byte) {
	if !mayHaveMark(body) {
		return nobody, nil
	}
	for _, m := range marks {
		var text []byte
		if m.inside {
			i := bytes.Index(body[:min(len(body), 160)], m.mark)
			if i < 0 || i > 0 && body[i-1] != ' ' && body[i-1] != ']' && body[i-1] != '\t' {
				continue
			}
			text = body[i+len(m.mark):]
		} else {
			rest, ok := bytes.CutPrefix(bytes.TrimLeft(body, " "), m.mark)
			if !ok {
				continue
			}
			text = rest
		}
		text = bytes.TrimLeft(text, " ")
		if m.side == server && isReply(text) || m.side == client && (isCommand(text) || m.inside && len(text) == 1 && text[0] == '.') {
			return m.side, text
		}
	}
	return nobody, nil
}

// mayHaveMark looks for the end of one of the marks.
func mayHaveMark(b []byte) bool {
	b = b[:min(len(b), 160)]
	for i := 1; i < len(b); i++ {
		if b[i] != ' ' {
			continue
		}
		switch b[i-1] {
		case '<', '>', '-':
			return true
		case ':':
			if i > 1 && (b[i-2] == 'S' || b[i-2] == 'C' || b[i-2] == 'R' || b[i-2] == 'T') {
				return true
			}
		}
	}
	return false
}

var marks = [...]struct {
	mark   []byte
	side   side
	inside bool // other text may stand before it
}{
	{[]byte("SERVER -> CLIENT: "), server, true}, // PHPMailer
	{[]byte("CLIENT -> SERVER: "), client, true},
	{[]byte("SMTP<< "), server, true}, // exim -v
	{[]byte("SMTP>> "), client, true},
	{[]byte("<<< "), server, true}, // sendmail -v
	{[]byte(">>> "), client, true},
	{[]byte("S: "), server, true}, // JavaMail, Nodemailer, RFC 5321 appendix D
	{[]byte("C: "), client, true},
	{[]byte("<-- "), server, true},
	{[]byte("--> "), client, true},
	{[]byte("< "), server, false}, // curl -v
	{[]byte("> "), client, false},
	{[]byte("-> "), client, false}, // swaks, its first blank lost
	{[]byte("~> "), client, false},
	{[]byte("<- "), server, false},
	{[]byte("4< "), server, false}, // mutt -d
	{[]byte("4> "), client, false},
}

// isReply says that a text begins with a reply code.
func isReply(b []byte) bool {
	return len(b) >= 3 && b[0]-'2' < 4 && b[1]-'0' < 10 && b[2]-'0' < 10 && (len(b) == 3 || b[3] == ' ' || b[3] == '-')
}

// isFirst says that a reply can begin a session: a greeting.
func isFirst(b []byte) bool {
	return isReply(b) && string(b[:3]) == "220" && (hasFold(b, "smtp") || hasFold(b, "mail") || hasFold(b, "ready"))
}

// isCommand says that a text is an SMTP command (RFC 5321 4.1.1). Words that occur
// elsewhere count in upper case only.
func isCommand(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	if len(b) > 9 && foldPrefix(b, "mail from:") || foldPrefix(b, "rcpt to:") {
		return true
	}
	if foldPrefix(b, "ehlo ") || foldPrefix(b, "helo ") || foldPrefix(b, "lhlo ") {
		return bytes.IndexByte(b[5:], ' ') < 0
	}
	switch string(bytes.TrimRight(b, " ")) {
	case "DATA", "QUIT", "RSET", "STARTTLS", "NOOP", "data", "quit", "rset", "starttls":
		return true
	}
	return bytes.HasPrefix(b, []byte("AUTH ")) || bytes.HasPrefix(b, []byte("BDAT ")) || bytes.HasPrefix(b, []byte("XCLIENT "))
}

// isRemark says that a program tells of a connection.
func isRemark(b []byte) bool {
	_, _, kind := remark(b)
	return kind != other
}

func foldPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && hasFold(b[:len(prefix)], prefix)
}
