package reply

import "bytes"

// codeAt returns the reply code that b begins with, 0 if it begins with none.
// Years, ports, sizes and addresses are no codes: a code is exactly three digits
// from 200 to 699, then a separator or nothing.
func codeAt(b []byte) int {
	if len(b) < 3 || b[0] < '2' || b[0] > '6' || !isDigit(b[1]) || !isDigit(b[2]) {
		return 0
	}
	code := int(b[0]-'0')*100 + int(b[1]-'0')*10 + int(b[2]-'0')
	if len(b) == 3 {
		return code
	}
	switch c := b[3]; c {
	case ' ', '-', '\t', '\r', '\n', ':', ',', ';', '\\', '"', '\'', '_', '#', '(', '[', '<':
		return code
	case '.', ')', ']':
		if len(b) == 4 || b[4] == ' ' {
			return code
		}
	case 0xe2: // U+2010 to U+2015, the dashes
		if isDash(b[3:]) {
			return code
		}
	case 0xc2:
		if len(b) > 4 && b[4] == 0xa0 { // no-break space
			return code
		}
	}
	return 0
}

func isDash(b []byte) bool {
	return len(b) >= 3 && b[0] == 0xe2 && b[1] == 0x80 && b[2] >= 0x90 && b[2] <= 0x95
}

// enhancedAt reads an enhanced status code at the start of b and returns its
// length, 0 if there is none. "4.16.55.1" has four parts and is none.
func enhancedAt(b []byte) (int, Enhanced) {
	if len(b) < 5 || b[1] != '.' || b[0] != '2' && b[0] != '4' && b[0] != '5' {
		return 0, Enhanced{}
	}
	subject, i := number(b, 2)
	if i == 2 || i >= len(b) || b[i] != '.' {
		return 0, Enhanced{}
	}
	detail, j := number(b, i+1)
	if j == i+1 {
		return 0, Enhanced{}
	}
	if j < len(b) && (isDigit(b[j]) || isLetter(b[j]) || b[j] == '_' || b[j] == '.' && j+1 < len(b) && (isDigit(b[j+1]) || isLetter(b[j+1]))) {
		return 0, Enhanced{}
	}
	return j, Enhanced{uint16(b[0] - '0'), subject, detail}
}

// number reads up to three digits at b[i].
func number(b []byte, i int) (uint16, int) {
	var n uint16
	for end := min(i+3, len(b)); i < end && isDigit(b[i]); i++ {
		n = n*10 + uint16(b[i]-'0')
	}
	return n, i
}

// findEnhanced looks for an enhanced status code in running text, as in
// "(#4.3.0)" or "not allowed - 5.7.1 [BL23]". There the subject must be one of
// RFC 3463 (0 to 7), else version numbers would pass.
func findEnhanced(b []byte) Enhanced {
	for i := 0; ; {
		j := bytes.IndexByte(b[i:], '.')
		if j < 0 {
			return Enhanced{}
		}
		j += i
		i = j + 1
		if j < 1 || j > 1 && !boundary(b[j-2]) {
			continue
		}
		if n, e := enhancedAt(b[j-1:]); n > 0 && e.Subject <= 7 {
			return e
		}
	}
}

func boundary(c byte) bool {
	return c == ' ' || c == '#' || c == '(' || c == '[' || c == '<' || c == ':' || c == '\n' || c == '\t' || c == '"' || c == '-'
}

// segments walks over the lines of a reply, without codes and markers. Lines may
// be joined by line feeds, by a literal \n (Exim), or by one blank (Postfix).
type segments struct {
	rest     []byte
	code     int
	enhanced Enhanced
	digits   [3]byte
	multi    bool
	done     bool
}

// start reads the code and leaves the walk before the first line's text.
func (s *segments) start(b []byte) {
	s.code = codeAt(b)
	if s.code == 0 {
		s.rest = b
		s.status()
		return
	}
	copy(s.digits[:], b)
	s.multi = len(b) > 3 && b[3] == '-'
	s.rest = b[3:]
	s.status()
}

// status skips separators and an enhanced status code.
func (s *segments) status() {
	b := skipSeparators(s.rest)
	if s.code == 0 {
		b = trimSpace(s.rest)
	}
	open := b
	if len(b) > 0 && (b[0] == '#' || b[0] == '(' || b[0] == '[' || b[0] == '\'' || b[0] == '"') {
		open = bytes.TrimLeft(b, "#([\"'")
	}
	n, e := enhancedAt(open)
	if n == 0 {
		s.rest = b
		return
	}
	if s.enhanced.IsZero() {
		s.enhanced = e
	}
	after := open[n:]
	if len(open) < len(b) {
		if i := len(after); i > 0 && (after[0] == ')' || after[0] == ']') {
			after = after[1:]
		}
	}
	s.rest = skipSeparators(bytes.TrimLeft(after, ":"))
}

// skipSeparators skips what may stand between a code and the text.
func skipSeparators(b []byte) []byte {
	for len(b) > 0 {
		switch {
		case classOf[b[0]]&isSpace != 0 || b[0] == '-' || b[0] == ':' || b[0] == '_' || b[0] == ',' || b[0] == ';':
			b = b[1:]
		case b[0] == '.' || b[0] == ')' || b[0] == ']':
			b = b[1:]
		case isDash(b):
			b = b[3:]
		case len(b) > 1 && b[0] == 0xc2 && b[1] == 0xa0:
			b = b[2:]
		case len(b) > 1 && b[0] == '\\' && (b[1] == 'n' || b[1] == 'r'):
			b = b[2:]
		default:
			return b
		}
	}
	return b
}

// next returns the text of the next line, nil at the end. It may be empty.
func (s *segments) next() []byte {
	if s.done {
		return nil
	}
	b := s.rest
	if s.code != 0 {
		for i := 1; i+4 <= len(b); {
			j := bytes.Index(b[i:], s.digits[:])
			if j < 0 {
				break
			}
			i += j
			cut, ok := s.marker(b, i)
			if !ok {
				i += 3
				continue
			}
			s.rest = b[i+3:]
			s.status()
			return trimEnd(b[:cut])
		}
	}
	s.done = true
	return trimEnd(b)
}

// marker says whether the code at b[i] begins a line, and where the line before
// it ends.
func (s *segments) marker(b []byte, i int) (int, bool) {
	var cut int
	switch {
	case b[i-1] == ' ' || b[i-1] == '\n':
		cut = i - 1
	case i >= 2 && b[i-2] == '\\' && (b[i-1] == 'n' || b[i-1] == 'r'):
		cut = i - 2
	default:
		return 0, false
	}
	if i+3 >= len(b) {
		return 0, false
	}
	hard := b[i-1] != ' '
	switch b[i+3] {
	case '-':
		return cut, true
	case ' ':
		if hard || s.multi {
			return cut, true
		}
		n, _ := enhancedAt(b[i+4:])
		return cut, n > 0
	}
	return 0, false
}

func trimEnd(b []byte) []byte {
	for {
		n := len(b)
		b = trimSpace(b)
		for bytes.HasSuffix(b, []byte(`\n`)) || bytes.HasSuffix(b, []byte(`\r`)) {
			b = b[:len(b)-2]
		}
		if len(b) == n {
			if b == nil {
				return []byte{}
			}
			return b
		}
	}
}
