package reply

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// body is a reply without what an MTA wrote around it.
type body struct {
	text   []byte
	stage  mail.Stage
	nested bool
}

// unwrap takes the MTA's words off a reply.
//
//	host H[IP] said: 451 4.7.0 text (in reply to MAIL FROM command)      Postfix smtp_proto.c
//	host H[IP] refused to talk to me: 421 text                           Postfix smtp_proto.c
//	SMTP error from remote mail server after RCPT TO:<a>: host H [IP]: 451 text    Exim < 4.8
//	SMTP error from remote mail server after initial connection: 421 text          Exim
//	smtp; 421 text                                                       RFC 3464 Diagnostic-Code
//	554 4.4.7 Message expired.<451 4.7.651 text>                         Amazon SES
//	550 5.4.300 Message expired -> 451 4.7.500 text                      Exchange
func unwrap(raw []byte) body {
	b := body{text: trim(raw)}
	b.text, b.stage = cutInReplyTo(b.text)
	for hasFoldPrefix(b.text, "smtp;") {
		b.text = trim(b.text[len("smtp;"):])
	}
	if code := codeAt(b.text); code/100 == 2 || code/100 == 3 {
		// A greeting that was under way when the refusal came: "220-mx 421 4.2.1 text".
		if i := laterRefusal(b.text); i > 0 {
			b.text = b.text[i:]
		}
	} else if code == 0 {
		if i := wrappedCode(b.text); i > 0 {
			if b.stage == mail.StageUnknown {
				b.stage = stageOf(b.text[:i])
			}
			b.text = closeQuote(b.text[:i], b.text[i:])
		}
	}
	if codeAt(b.text) != 0 {
		if i := nestedCode(b.text); i > 0 {
			b.text, b.nested = closeQuote(b.text[:i], b.text[i:]), true
		}
	}
	return b
}

// trim removes white space and a pair of quotes around the whole.
func trim(b []byte) []byte {
	b = trimSpace(b)
	for len(b) >= 2 && (b[0] == '"' || b[0] == '\'') && b[len(b)-1] == b[0] {
		b = trimSpace(b[1 : len(b)-1])
	}
	return b
}

// trimSpace also takes control characters for white space.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && classOf[b[0]]&isSpace != 0 {
		b = b[1:]
	}
	for len(b) > 0 && classOf[b[len(b)-1]]&isSpace != 0 {
		b = b[:len(b)-1]
	}
	return b
}

// maxWrap bounds how far into a line a wrapped reply may begin.
const maxWrap = 1024

// wrappedCode returns where the reply begins inside MTA words, -1 if nowhere.
func wrappedCode(b []byte) int {
	for i := 1; i+3 <= len(b) && i < maxWrap; i++ {
		if (b[i] == '4' || b[i] == '5') && quoted(b, i, true) && spoken(b[i:]) {
			return i
		}
	}
	return -1
}

// laterRefusal returns where a 4xx or 5xx with an enhanced status code begins
// behind a continued 2xx line, -1 if nowhere.
func laterRefusal(b []byte) int {
	if len(b) < 4 || b[3] != '-' {
		return -1
	}
	for i := 4; i+9 < len(b) && i < maxWrap; i++ {
		if (b[i] == '4' || b[i] == '5') && (b[i-1] == ' ' || b[i-1] == '\n') && codeAt(b[i:]) != 0 {
			if n, _ := enhancedAt(b[i+4:]); n > 0 {
				return i
			}
		}
	}
	return -1
}

// nestedCode returns where the last reply quoted inside a reply begins, -1 if
// there is none. The words before it must say that it is a quotation: a code in
// running text is not one (requirement H81).
func nestedCode(b []byte) int {
	last := -1
	at := func(i int) {
		if i > last && i+5 <= len(b) && (b[i] == '4' || b[i] == '5') && quoted(b, i, false) && spoken(b[i:]) {
			last = i
		}
	}
	for _, open := range [...]byte{'<', '(', '\'', '"', '{', '=', '>', ':'} {
		for i := 4; i < len(b); {
			k := bytes.IndexByte(b[i:], open)
			if k < 0 {
				break
			}
			i += k + 1
			at(i)
			if i < len(b) && b[i] == ' ' {
				at(i + 1)
			}
		}
	}
	return last
}

// quoted says that what stands before b[i] opens a quotation. Loosely also any
// colon and blank does, which is how MTAs and bounces introduce a reply.
func quoted(b []byte, i int, loose bool) bool {
	if loose && i+5 < len(b) && b[i+3] == '-' && (b[i+4] == '\'' || b[i+4] == '"') {
		return true // 550-'5.1.1 text' (Cisco ESA)
	}
	switch b[i-1] {
	case '<', '(', '\'', '"', '{':
		return true
	case '=':
		return loose || bytes.HasSuffix(b[:i], []byte("LED="))
	case ';':
		return loose
	case ' ':
	default:
		return false
	}
	head := bytes.TrimRight(b[:i], " ")
	if len(head) == 0 {
		return false
	}
	switch c := head[len(head)-1]; c {
	case ':':
		return loose || bytes.HasSuffix(head, []byte(" said:")) || bytes.HasSuffix(head, []byte(" me:"))
	case '>':
		return bytes.HasSuffix(head, []byte("->"))
	case '<':
		return true
	case ';', '"', '\'':
		return loose
	}
	return loose && endsFold(head, "smtp")
}

// notReplies are units: "550 bytes" is no reply.
var notReplies = [...]string{"bytes", "kb", "mb", "octets", "messages", "seconds", "ms", "minutes", "hours", "recipients", "connections", "sessions"}

// spoken says that b begins with a reply: code, separator, then an enhanced
// status code or words.
func spoken(b []byte) bool {
	if codeAt(b) == 0 {
		return false
	}
	rest := b[3:]
	for len(rest) > 0 && (classOf[rest[0]]&isSpace != 0 || bytes.IndexByte([]byte("-#.:(['\""), rest[0]) >= 0) {
		rest = rest[1:]
	}
	if n, _ := enhancedAt(rest); n > 0 {
		return true
	}
	if len(rest) == 0 {
		return false
	}
	if c := rest[0]; classOf[c]&(isAlpha|isNum|isHigh) == 0 && c != '<' && c != '*' && c != '?' {
		return false
	}
	for _, u := range notReplies {
		if hasFoldPrefix(rest, u) {
			return false
		}
	}
	return true
}

// closeQuote cuts rest where the quotation that head opens is closed.
func closeQuote(head, rest []byte) []byte {
	var end byte
	switch head[len(head)-1] {
	case '<':
		end = '>'
	case '(':
		end = ')'
	case '{', '=':
		end = '}'
	case '\'', '"':
		end = head[len(head)-1]
	default:
		return rest
	}
	if i := bytes.LastIndexByte(rest, end); i > 3 {
		return trimSpace(rest[:i])
	}
	return rest
}

var inReplyTo = []byte("(in reply to ")

// cutInReplyTo removes Postfix's "(in reply to X command)", cut short or not.
func cutInReplyTo(b []byte) ([]byte, mail.Stage) {
	const longest = 60
	for i := max(0, len(b)-longest); ; i++ {
		k := bytes.IndexByte(b[i:], '(')
		if k < 0 {
			return b, mail.StageUnknown
		}
		i += k
		if bytes.HasPrefix(b[i:], inReplyTo) {
			return bytes.TrimRight(b[:i], " "), command(b[i+len(inReplyTo):])
		}
	}
}

// stageOf reads the stage from the words before the reply.
func stageOf(head []byte) mail.Stage {
	if bytes.HasSuffix(bytes.TrimRight(head, " "), []byte("refused to talk to me:")) {
		return mail.StageBanner
	}
	i := bytes.Index(head, []byte(" after "))
	if i < 0 {
		return mail.StageUnknown
	}
	return command(bytes.TrimPrefix(head[i+len(" after "):], []byte("pipelined ")))
}

// command names the stage by the words of Postfix (smtp_proto.c) and Exim
// (transports/smtp.c). A word may be cut short, as syslog cuts lines: "end of DA".
func command(s []byte) mail.Stage {
	for _, c := range [...]struct {
		word  string
		stage mail.Stage
	}{
		{"MAIL FROM", mail.StageMail},
		{"RCPT TO", mail.StageRcpt},
		{"DATA", mail.StageData},
		{"end of data", mail.StageEndOfData},
		{"initial connection", mail.StageBanner},
		{"EHLO", mail.StageEHLO},
		{"HELO", mail.StageEHLO},
		{"LHLO", mail.StageEHLO},
		{"STARTTLS", mail.StageTLS},
		{"AUTH", mail.StageAuth},
		{"final RSET", mail.StageQuit},
		{"QUIT", mail.StageQuit},
	} {
		if hasFoldPrefix(s, c.word) || len(s) >= 4 && hasFoldPrefix([]byte(c.word), string(s)) {
			return c.stage
		}
	}
	return mail.StageUnknown
}

func isDigit(c byte) bool  { return c-'0' < 10 }
func isLetter(c byte) bool { return c|0x20-'a' < 26 }

func hasFoldPrefix(b []byte, s string) bool {
	return len(b) >= len(s) && bytes.EqualFold(b[:len(s)], []byte(s))
}

func endsFold(b []byte, s string) bool {
	return len(b) >= len(s) && bytes.EqualFold(b[len(b)-len(s):], []byte(s))
}
