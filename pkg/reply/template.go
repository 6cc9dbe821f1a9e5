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
	m := masker{dst: dst, start: len(dst), host: host}
	if m.template(raw); m.stable() {
		return m.dst
	}
	// Words that were left may read as another reply than the one they are from,
	// in hostile input mostly. The last round leaves no number to be mistaken.
	for round := range 4 {
		last := m.dst[m.start:]
		again := masker{strict: round == 3}
		if again.template(last); bytes.Equal(again.dst, last) {
			break
		}
		m.dst = append(m.dst[:m.start], again.dst...)
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
	if m.codes || len(t) > maxTemplate-64 || bytes.Contains(t, inReplyTo) || bytes.Contains(t, doubleColon) {
		return false
	}
	if codeAt(t) != 0 {
		return true
	}
	return len(t) == 0 || t[0] != '"' && t[0] != '\'' && !hasFoldPrefix(t, "smtp;") && bytes.IndexByte(t, '4') < 0 && bytes.IndexByte(t, '5') < 0
}

func (m *masker) template(raw []byte) {
	b := unwrap(raw)
	var s segments
	s.start(b.text)
	first := s.next()
	if s.code != 0 {
		m.dst = append(m.dst, b.text[:3]...)
	}
	// A later line may be the one that has the enhanced code (smtp_chat.c).
	status := s
	for status.enhanced.IsZero() && !status.done {
		status.next()
	}
	if !status.enhanced.IsZero() {
		if s.code != 0 {
			m.dst = append(m.dst, ' ')
		}
		m.dst = status.enhanced.append(m.dst)
	}
	for seg := first; seg != nil; seg = s.next() {
		m.text(seg)
		if len(m.dst)-m.start > maxTemplate {
			break
		}
	}
	m.finish()
}

// masker writes a template.
type masker struct {
	dst   []byte
	start int
	// word is the last word written, to know what a number counts.
	word []byte
	host func([]byte)
	// codes is set when a number like a reply code was written; strict writes none.
	codes, strict bool
}

// Byte classes.
const (
	isSpace = 1 << iota
	isWord  // may be inside a token
	isAlpha
	isUpper
	isNum
	isMark // . - _ : / @ % + ~ $
	isHigh
	isEnd // ends a URL
	isDot
	isAt
	isSlash
	isColon
)

var classOf = classes()

func classes() (t [256]uint16) {
	for c := range t {
		switch {
		case c <= ' ' || c == 0x7f:
			t[c] = isSpace | isEnd
		case c >= 0x80:
			t[c] = isWord | isHigh
		case isDigit(byte(c)):
			t[c] = isWord | isNum
		case c >= 'A' && c <= 'Z':
			t[c] = isWord | isAlpha | isUpper
		case isLetter(byte(c)):
			t[c] = isWord | isAlpha
		case bytes.IndexByte([]byte(".-_:/@%+~$"), byte(c)) >= 0:
			t[c] = isWord | isMark
			switch c {
			case '.':
				t[c] |= isDot
			case '@':
				t[c] |= isAt
			case '/':
				t[c] |= isSlash
			case ':':
				t[c] |= isColon
			}
		case bytes.IndexByte([]byte("<>\"'()[]{}\\|"), byte(c)) >= 0:
			t[c] = isEnd
		}
	}
	return t
}

func (m *masker) space() {
	if n := len(m.dst); n > m.start && m.dst[n-1] != ' ' {
		m.dst = append(m.dst, ' ')
	}
}

func (m *masker) found(host []byte) {
	if m.host != nil {
		m.host(host)
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

// text masks one line.
func (m *masker) text(b []byte) {
	m.space()
	for i := 0; i < len(b); {
		k := classOf[b[i]]
		if k&^isEnd == 0 {
			switch {
			case b[i] == '*':
				m.mask()
			case b[i] == '\\' && i+1 < len(b) && (b[i+1] == 'n' || b[i+1] == 'r') && (i+2 == len(b) || classOf[b[i+2]]&isAlpha == 0 || classOf[b[i+2]]&isUpper != 0):
				m.space()
				i++
			default:
				m.dst = append(m.dst, b[i])
			}
			i++
			continue
		}
		if k&isSpace != 0 {
			m.space()
			i++
			continue
		}
		seen, j := k, i+1
		for ; j < len(b); j++ {
			k := classOf[b[j]]
			if k&isWord == 0 {
				break
			}
			seen |= k
		}
		if seen&(isNum|isMark|isHigh) == 0 {
			m.word = b[i:j]
			m.dst = append(m.dst, m.word...)
		} else {
			j = m.token(b, i, j, seen)
		}
		i = j
		if len(m.dst)-m.start > maxTemplate {
			return
		}
	}
}

// token masks or keeps b[i:j], which is more than letters, and returns where to
// go on.
func (m *masker) token(b []byte, i, j int, seen uint16) int {
	from := i
	if seen&isMark != 0 {
		if seen&isColon != 0 && seen&isSlash != 0 {
			if u := bytes.Index(b[i:j], []byte("://")); u > 0 {
				return m.url(b, i+u+3)
			}
		}
		for i < j && classOf[b[i]]&isMark != 0 {
			m.dst = append(m.dst, b[i])
			i++
		}
	}
	end := j
	for end > i && classOf[b[end-1]]&isMark != 0 {
		end--
	}
	t := b[i:end]
	if end < j || i > from {
		seen = classesIn(t)
	}
	switch {
	case len(t) == 0:
	case seen&(isNum|isHigh|isAt|isSlash|isColon) == 0 && bytes.IndexByte(t, '.') < 0:
		m.word = t
		m.dst = append(m.dst, t...)
	case seen&isHigh != 0:
		m.foreign(t)
	case seen&isAlpha == 0 && digitsOnly(t):
		m.number(b, i, end)
	case seen&isColon != 0 && bytes.IndexByte(t, ':') > 0:
		m.colons(b, i, end)
	case seen&isAt != 0:
		m.found(t[bytes.IndexByte(t, '@')+1:])
		m.mask()
	case seen&isSlash != 0 && bytes.IndexByte(t, '/') >= 0:
		if h := t[:bytes.IndexByte(t, '/')]; isHost(h) && !isListHost(h) {
			return m.url(b, i)
		}
		m.path(t)
	case seen&isDot != 0 && isHost(t):
		m.found(t)
		if isListHost(t) {
			m.dst = append(m.dst, t...)
		} else {
			m.mask()
		}
	case keepToken(t):
		m.word = t
		m.dst = append(m.dst, t...)
	default:
		m.mask()
	}
	if end > i || len(t) == 0 {
		m.dst = append(m.dst, b[end:j]...)
	}
	return j
}

func classesIn(t []byte) (seen uint16) {
	for _, c := range t {
		seen |= classOf[c]
	}
	return seen
}

func digitsOnly(t []byte) bool {
	for _, c := range t {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// colons writes a token with colons: an IPv6 address or a time is one thing,
// else each part is by itself ("user@example.com:blocked", "HL:IFC").
func (m *masker) colons(b []byte, i, end int) {
	t := b[i:end]
	number := true
	for _, c := range t {
		number = number && (c == ':' || c == '.' || c == '-' || c == '+' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' || c == 'T' || c == 'Z')
	}
	if number && (bytes.Count(t, []byte(":")) > 1 || isDigit(t[0])) {
		m.mask()
		return
	}
	k := i + bytes.IndexByte(t, ':')
	for _, p := range [...][2]int{{i, k}, {k + 1, end}} {
		if p[0] < p[1] {
			m.token(b, p[0], p[1], classesIn(b[p[0]:p[1]]))
		}
		if p[1] == k {
			m.dst = append(m.dst, ':')
		}
	}
}

// path writes words joined by slashes ("load/queue"), each by itself.
func (m *masker) path(t []byte) {
	var before []byte
	for len(t) > 0 {
		p := t
		if i := bytes.IndexByte(t, '/'); i >= 0 {
			p, t = t[:i], t[i+1:]
		} else {
			t = nil
		}
		switch {
		case len(p) == 0:
		case len(p) == 1 && string(before) == "err":
			m.dst = append(m.dst, p...)
		case isHost(p) && !isListHost(p), !keepToken(p):
			m.mask()
		default:
			m.dst = append(m.dst, p...)
		}
		if t != nil {
			m.dst = append(m.dst, '/')
		}
		before = p
	}
}

// foreign writes a token with bytes beyond ASCII: words of other languages pass.
func (m *masker) foreign(t []byte) {
	if !utf8.Valid(t) || bytes.IndexByte(t, '@') >= 0 || bytes.ContainsAny(t, "0123456789") {
		m.mask()
		return
	}
	m.word = t
	m.dst = append(m.dst, t...)
}

// number masks a number unless it is a code: 4xx or 5xx, in brackets by itself,
// after # or = or after the word code.
func (m *masker) number(b []byte, i, j int) {
	t := b[i:j]
	if len(t) > 3 {
		m.mask()
		return
	}
	keep := len(t) == 3 && (t[0] == '4' || t[0] == '5')
	m.codes = m.codes || len(t) == 3
	if i > 0 && (b[i-1] == '[' && j < len(b) && b[j] == ']' || b[i-1] == '#') {
		keep = true
	}
	if !keep && endsFold(m.word, "code") {
		keep = true
	}
	if keep && !(m.strict && len(t) == 3) {
		m.dst = append(m.dst, t...)
	} else {
		m.mask()
	}
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
