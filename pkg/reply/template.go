package reply

import (
	"bytes"
	"unicode/utf8"
)

// maxTemplate bounds a template; a longer one is cut between words.
const maxTemplate = 480

// Template appends the normalised form of a reply to dst: what stays when
// everything is masked that differs between two replies that mean the same.
//
//	451 4.7.652 The mail server [*] has exceeded the maximum number of connections. (S3115) [*]
//
// Masked to * are IP addresses, mail addresses, host names, URLs, times, ids and
// numbers; neighbouring masks become one. Kept are the reply code, enhanced
// status codes, receivers' own codes (S3115, TSS04, AUP#In-1310, RL000001, [104]),
// also those inside a URL (*#RL000001, *?c=r0204), and names of block lists
// (zen.spamhaus.org). Rules are matched against this form only, which is what
// makes remembering their answers by it sound.
//
// MTA wrapping is gone as in Parse. The result is one line of at most 480 bytes,
// and the template of a reply's template is itself; a hostile text, whose masked
// words read as something else, settles within a few rounds.
func Template(dst, raw []byte) []byte { return TemplateHosts(dst, raw, nil) }

// TemplateHosts is Template and calls host, if it is not nil, with every host
// name of the reply: of its own, in a URL, and behind the @ of a mail address.
// The slice is valid during the call.
func TemplateHosts(dst, raw []byte, host func([]byte)) []byte {
	m := masker{dst: dst, start: len(dst), hosts: hosts{tell: host}}
	if m.template(raw); m.stable() {
		return m.dst
	}
	// Words that were left may read as another reply than the one they are from,
	// in hostile input mostly. The last round leaves no number to be mistaken.
	for round := range 4 {
		last := m.dst[m.start:]
		again := masker{dst: m.dst, start: len(m.dst), strict: round == 3}
		again.template(last)
		settled := bytes.Equal(again.dst[again.start:], last)
		m.dst = again.dst[:m.start+copy(again.dst[m.start:], again.dst[again.start:])]
		if settled {
			break
		}
	}
	return m.dst
}

// doubleColon may be a part of an address whose rest was masked for something else.
var doubleColon = []byte("::")

// stable says that a template cannot be read as another reply than it is: it has
// its code and enhanced code in front and no other behind, nothing around it that
// unwrap takes off, and was not cut.
func (m *masker) stable() bool {
	t := m.dst[m.start:]
	if m.codes || len(t) > maxTemplate-64 || bytes.Contains(t, inReplyTo) || m.colons && bytes.Contains(t, doubleColon) {
		return false
	}
	if codeAt(t) != 0 {
		return true
	}
	return len(t) == 0 || t[0] != '"' && t[0] != '\'' && !hasFoldPrefix(t, "smtp;") && bytes.IndexByte(t, '4') < 0 && bytes.IndexByte(t, '5') < 0
}

// masker writes a template.
type masker struct {
	dst   []byte
	start int
	// line is being masked; line[from:] is not written yet.
	line []byte
	from int
	// word ends in the last word written, to know what a number counts.
	word  []byte
	hosts hosts
	// quotes is set where the text may quote another reply, colons where a token
	// has one, codes where a number like a reply code was written.
	quotes, colons, codes bool
	// strict writes no such number.
	strict bool
}

// template writes the template of a reply that may be wrapped.
func (m *masker) template(raw []byte) {
	// Most replies have nothing around them and quote no other one. They are written
	// at once, for whether one is quoted is seen on the way.
	text, _ := cutInReplyTo(trim(raw))
	if code := codeAt(text); code/100 == 4 || code/100 == 5 {
		m.hosts.hold = true
		m.reply(text)
		if !m.hosts.tooMany() && (!m.quotes || nestedCode(text) < 0) {
			m.hosts.release()
			return
		}
		*m = masker{dst: m.dst[:m.start], start: m.start, hosts: hosts{tell: m.hosts.tell}, strict: m.strict}
	}
	m.reply(unwrap(raw).text)
}

// reply writes a reply without wrapping.
func (m *masker) reply(b []byte) {
	var s segments
	s.start(b)
	enhanced := s.enhanced
	if s.code != 0 {
		m.dst = append(m.dst, b[:3]...)
		// A later line may be the one that has the enhanced code (smtp_chat.c).
		if enhanced.IsZero() {
			later := s
			for later.enhanced.IsZero() && !later.done {
				later.next()
			}
			enhanced = later.enhanced
		}
	}
	if !enhanced.IsZero() {
		m.space()
		m.dst = enhanced.append(m.dst)
	}
	for !s.done && len(m.dst)-m.start <= maxTemplate {
		m.text(&s)
	}
	m.finish()
}

func (m *masker) space() {
	if n := len(m.dst); n > m.start && m.dst[n-1] != ' ' {
		m.dst = append(m.dst, ' ')
	}
}

// mask writes one * for a token, or nothing where one stands already.
func (m *masker) mask() {
	n := len(m.dst)
	if n > m.start && m.dst[n-1] == ' ' {
		n--
	}
	if n > m.start && m.dst[n-1] == '*' {
		m.dst = m.dst[:n]
		return
	}
	m.dst = append(m.dst, '*')
}

// flush writes what comes before line[i] as it is.
func (m *masker) flush(i int) {
	run := m.line[m.from:i]
	m.dst = append(m.dst, run...)
	for n := len(run); n > 0; n-- {
		if classOf[run[n-1]]&(isAlpha|isNum|isHigh) != 0 {
			m.word = run[:n]
			break
		}
	}
	m.from = i
}

// replace writes a mask for line[i:j].
func (m *masker) replace(i, j int) {
	m.flush(i)
	m.mask()
	m.from = j
}

// separate writes a blank for line[i:j].
func (m *masker) separate(i, j int) {
	m.flush(i)
	m.space()
	m.from = j
}

// leave writes line[i:j], which is not the word that a number counts.
func (m *masker) leave(i, j int) {
	m.flush(i)
	m.dst = append(m.dst, m.line[i:j]...)
	m.from = j
}

// finish cuts and trims.
func (m *masker) finish() {
	b := m.dst[m.start:]
	if len(b) > maxTemplate {
		cut := maxTemplate
		if i := bytes.LastIndexByte(b[:cut], ' '); i > maxTemplate/2 {
			cut = i
		}
		for cut > 0 && !utf8.RuneStart(b[cut]) {
			cut--
		}
		b = b[:cut]
	}
	b = bytes.TrimRight(b, " ")
	m.dst = m.dst[:m.start+len(b)]
}

// hosts tells the host names of a reply. It holds the first while it is not known
// whether they are the reply's: a reply may turn out to quote the one that counts.
type hosts struct {
	tell func([]byte)
	hold bool
	held [4][]byte
	n    int
}

func (h *hosts) found(host []byte) {
	switch {
	case h.tell == nil:
	case !h.hold:
		h.tell(host)
	default:
		if h.n < len(h.held) {
			h.held[h.n] = host
		}
		h.n++
	}
}

func (h *hosts) tooMany() bool { return h.n > len(h.held) }

func (h *hosts) release() {
	for _, host := range h.held[:h.n] {
		h.tell(host)
	}
}
