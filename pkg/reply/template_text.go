package reply

import (
	"bytes"
	"unicode/utf8"
)

// text masks one line of a reply and goes on to the next. Most of a line is plain
// words: they are skipped, and copied many at a time.
func (m *masker) text(s *segments) {
	m.space()
	b := s.rest
	m.line, m.from = b, 0
	stop := uint16(special | blank)
	for i := 0; i < len(b); {
		run := runOf[b[i]]
		if run&stop == 0 {
			i++
			if run&blank != 0 {
				if n := letters(b[i:]); n > 0 {
					i += n
					run = runOf[b[i-1]]
				}
			}
			stop = run >> follows
			continue
		}
		stop = special
		switch k := classOf[b[i]]; {
		case b[i] == s.digits[0] && s.begins(b, i):
			m.quotes = m.quotes || introduced(b, i)
			m.flush(i)
			s.rest = b[i+3:]
			s.status()
			return
		case k&isWord != 0:
			if (b[i] == '4' || b[i] == '5') && introduced(b, i) {
				m.quotes = true
			}
			i = m.token(m.tokenAt(i))
		case k&isSpace != 0:
			m.separate(i, i+1)
			i++
			stop |= blank
		case lineFeed(b[i:]):
			m.separate(i, i+2)
			i += 2
			stop |= blank
		case b[i] == '*':
			m.replace(i, i+1)
			i++
		default:
			i++
		}
		if len(m.dst)-m.start+i-m.from > maxTemplate {
			b, m.quotes = b[:i], true // for all that is known about the rest
		}
	}
	m.flush(len(b))
	s.done = true
}

// begins says that the next line of the reply begins at b[i].
func (s *segments) begins(b []byte, i int) bool {
	if s.code == 0 || i == 0 || len(b)-i < 4 || string(b[i:i+3]) != string(s.digits[:]) {
		return false
	}
	_, ok := s.marker(b, i)
	return ok
}

// introduced says that what stands before b[i] may introduce the quotation of a
// reply (see nestedCode).
func introduced(b []byte, i int) bool {
	head := bytes.TrimRight(b[:i], " ")
	return len(head) > 0 && classOf[head[len(head)-1]]&isOpen != 0
}

// lineFeed says that b begins with a literal \n or \r, if no word does.
func lineFeed(b []byte) bool {
	return len(b) > 1 && b[0] == '\\' && (b[1] == 'n' || b[1] == 'r') && (len(b) == 2 || classOf[b[2]]&isAlpha == 0 || classOf[b[2]]&isUpper != 0)
}

// tokenAt returns where the token around line[i] begins and ends, and the classes
// in it.
func (m *masker) tokenAt(i int) (start, end int, seen uint16) {
	b := m.line
	for i > m.from && classOf[b[i-1]]&isWord != 0 {
		i--
	}
	for end = i; end < len(b); end++ {
		k := classOf[b[end]]
		if k&isWord == 0 {
			break
		}
		seen |= k
	}
	return i, end, seen
}

// marked are the classes of which a token has one that is more than words and
// hyphens.
const marked = isNum | isHigh | isDot | isAt | isSlash | isColon

// token masks line[i:j] or not, and returns where to go on.
func (m *masker) token(i, j int, seen uint16) int {
	if seen&marked == 0 {
		return j
	}
	b, end := m.line, j
	if seen&isMark != 0 {
		if seen&isColon != 0 {
			m.colons = true
			if u := bytes.Index(b[i:j], []byte("://")); u > 0 {
				return m.url(i, i+u+3, j)
			}
		}
		size := end - i
		for i < end && classOf[b[i]]&isMark != 0 {
			i++
		}
		for end > i && classOf[b[end-1]]&isMark != 0 {
			end--
		}
		if end-i < size {
			seen = classesIn(b[i:end])
		}
	}
	t := b[i:end]
	switch {
	case seen&marked == 0:
	case seen&isHigh != 0:
		if !isForeign(t) {
			m.replace(i, end)
		}
	case seen&(isAlpha|isMark) == 0:
		m.number(i, end)
	case seen&isColon != 0:
		return max(j, m.parts(i, end, seen))
	case seen&isAt != 0:
		m.hosts.found(t[bytes.IndexByte(t, '@')+1:])
		m.replace(i, end)
	case seen&isSlash != 0:
		if h := t[:bytes.IndexByte(t, '/')]; isHost(h) && !isListHost(h) {
			return m.url(i, i, j)
		}
		m.path(i, end)
	case seen&isAlpha == 0:
		if n, _ := enhancedAt(t); n < len(t) { // an address, a date
			m.replace(i, end)
		}
	case seen&isDot != 0 && isHostOf(t, seen):
		m.hosts.found(t)
		if isListHost(t) {
			m.leave(i, end)
		} else {
			m.replace(i, end)
		}
	case seen&isNum != 0 && len(t) > maxCode || !keepToken(t):
		m.replace(i, end)
	}
	return j
}

func classesIn(t []byte) (seen uint16) {
	for _, c := range t {
		seen |= classOf[c]
	}
	return seen
}

// parts masks a token with colons: an IPv6 address or a time is one thing, else
// each part is by itself ("user@example.com:blocked", "HL:IFC").
func (m *masker) parts(i, end int, seen uint16) int {
	t := m.line[i:end]
	if seen&notTime == 0 && (isDigit(t[0]) || bytes.Count(t, []byte(":")) > 1) || len(t) > maxTemplate {
		m.replace(i, end)
		return end
	}
	k := i + bytes.IndexByte(t, ':')
	line := m.line
	m.line = line[:k] // where a URL ends
	m.token(i, k, classesIn(line[i:k]))
	m.line = line
	return m.token(k+1, end, classesIn(line[k+1:end]))
}

// path masks words joined by slashes ("load/queue"), each by itself.
func (m *masker) path(i, end int) {
	m.flush(i)
	m.from = end
	var before []byte
	for t := m.line[i:end]; len(t) > 0; {
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

// isForeign says that a token with bytes beyond ASCII is a word of another language.
func isForeign(t []byte) bool {
	return utf8.Valid(t) && bytes.IndexByte(t, '@') < 0 && !bytes.ContainsAny(t, "0123456789")
}

// number masks a number unless it is a code: 4xx or 5xx, in brackets by itself,
// after # or after the word code.
func (m *masker) number(i, j int) {
	b, t := m.line, m.line[i:j]
	if len(t) > 3 {
		m.replace(i, j)
		return
	}
	m.flush(i)
	keep := len(t) == 3 && (t[0] == '4' || t[0] == '5') || endsFold(m.word, "code")
	if i > 0 && (b[i-1] == '[' && j < len(b) && b[j] == ']' || b[i-1] == '#') {
		keep = true
	}
	code := codeAt(t) != 0
	if keep && !(m.strict && code) {
		m.leave(i, j)
		m.codes = m.codes || code
	} else {
		m.replace(i, j)
	}
}
