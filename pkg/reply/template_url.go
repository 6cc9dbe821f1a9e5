package reply

import "bytes"

// url masks the URL that begins at line[i] with its host at line[at] and reaches
// line[end] at least, keeps a code inside it and returns its end.
func (m *masker) url(i, at, end int) int {
	m.flush(i)
	b := m.line
	host := end
	if k := bytes.IndexByte(b[at:host], '/'); k >= 0 {
		host = at + k
	}
	if k := bytes.IndexByte(b[at:host], ':'); k >= 0 {
		host = at + k
	}
	for end < len(b) && classOf[b[end]]&isEnd == 0 {
		end++
	}
	j := end
	for j > at && (b[j-1] == '.' || b[j-1] == ',' || b[j-1] == ';' || b[j-1] == ':' || b[j-1] == '!') {
		j--
	}
	host = min(host, j)
	if bytes.Contains(b[at:j], []byte("LED=")) {
		m.quotes = true // as Exchange introduces a reply
	}
	h := b[at:host]
	m.hosts.found(h)
	if isListHost(h) && isHost(h) {
		m.dst = append(m.dst, h...)
	} else {
		m.mask()
	}
	m.from = j
	rest := b[host:j]
	if k := bytes.Index(rest, []byte("/err/")); k >= 0 && k+5 < len(rest) && isDigit(rest[k+5]) {
		m.dst = append(m.dst, rest[k:k+6]...) // mail.i.ua/err/5/
		return end
	}
	if k := bytes.IndexByte(rest, '#'); k >= 0 && codeWord(rest[k+1:]) {
		m.dst = append(m.dst, rest[k:]...)
	} else if k := bytes.IndexByte(rest, '?'); k >= 0 {
		m.query(rest[k+1:])
	}
	return end
}

// query keeps the first parameter that names the reason: c= (GMX), p= (Google),
// code=, err=, e=, error=.
func (m *masker) query(q []byte) {
	for len(q) > 0 {
		n := bytes.IndexByte(q, '&')
		if n < 0 {
			n = len(q)
		}
		p := q[:n]
		q = q[min(n+1, len(q)):]
		k := bytes.IndexByte(p, '=')
		if k < 1 {
			continue
		}
		switch string(p[:k]) {
		case "c", "p", "code", "err", "e", "error":
			if codeWord(p[k+1:]) {
				m.dst = append(m.dst, '?')
				m.dst = append(m.dst, p...)
				return
			}
		}
	}
}

// codeWord says that w is one word or code, no id and no number.
func codeWord(w []byte) bool {
	if len(w) == 0 || len(w) > 40 || !isLetter(w[0]) {
		return false
	}
	for _, c := range w {
		if classOf[c]&(isAlpha|isNum) == 0 && c != '-' && c != '_' {
			return false
		}
	}
	return keepToken(w)
}
