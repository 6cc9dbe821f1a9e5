package jsonlog

// keyed is what the key before a value says about it.
type keyed uint8

const (
	plain   keyed = iota
	page          // if the value is an array, its members are elements
	payload       // the value is a document of its own
)

// want is what may come next.
type want uint8

const (
	wantDocument   want = iota // at the top: a document or nothing
	wantValue                  // after a colon, or a comma in an array
	wantValueOrEnd             // after [
	wantKey                    // after a comma in an object
	wantKeyOrEnd               // after {
	wantColon
	wantCommaOrEnd
)

// token takes the token at line[i] and returns the index after it, -1 if it cannot
// stand here.
func (s *Splitter) token(line []byte, i int) int {
	c := line[i]
	switch s.want {
	case wantDocument:
		if c == ',' || c == 0x1e { // lines cut from an array; RFC 7464
			return i + 1
		}
		if c != '{' && c != '[' {
			return -1
		}
		return s.value(line, i)
	case wantValueOrEnd:
		if c == ']' {
			return s.close(i)
		}
		return s.value(line, i)
	case wantValue:
		return s.value(line, i)
	case wantKeyOrEnd:
		if c == '}' {
			return s.close(i)
		}
		return s.name(line, i)
	case wantKey:
		return s.name(line, i)
	case wantColon:
		if c != ':' {
			return -1
		}
		s.want = wantValue
		return i + 1
	default:
		top := s.open[len(s.open)-1]
		switch {
		case c == top.end:
			return s.close(i)
		case c != ',':
			return -1
		case top.end == '}':
			s.want = wantKey
		default:
			s.want = wantValue
		}
		return i + 1
	}
}

// name takes a key.
func (s *Splitter) name(line []byte, i int) int {
	if line[i] != '"' {
		return -1
	}
	end, _ := stringEnd(line, i)
	if end < 0 {
		return -1
	}
	s.want = wantColon
	top := &s.open[len(s.open)-1]
	if len(s.open) != s.elem && !top.through {
		return end
	}
	key := line[i+1 : end-1]
	if !top.keys {
		top.keys, top.test = true, string(key) == "_test"
	}
	switch {
	case top.test && string(key) == "payload":
		s.key = payload
	case s.pages[string(key)]:
		s.key = page
	default:
		s.key = plain
	}
	return end
}

// value takes a scalar, or the beginning of an array or object.
func (s *Splitter) value(line []byte, i int) int {
	c := line[i]
	if c != '{' && c != '[' {
		s.want = wantCommaOrEnd
		if c == '"' {
			end, _ := stringEnd(line, i)
			return end
		}
		return scalarEnd(line, i)
	}
	if len(s.open) >= maxDepth {
		return -1
	}
	through := s.enters(c)
	if through && len(s.open) > 0 && s.open[len(s.open)-1].end == '}' {
		// What looked like an element is a page: it is not collected.
		s.open[len(s.open)-1].through, s.elem = true, 0
		s.page, s.part = s.page+s.part, 0
		s.drop()
	}
	if c == '[' {
		s.open, s.want = append(s.open, frame{end: ']', through: through}), wantValueOrEnd
		return i + 1
	}
	s.open, s.want = append(s.open, frame{end: '}'}), wantKeyOrEnd
	if through {
		s.elem, s.from = len(s.open), i
	}
	return i + 1
}

// enters says that the container that begins here is looked at: that an array
// holds elements, that an object is one.
func (s *Splitter) enters(c byte) bool {
	if len(s.open) == 0 {
		return true
	}
	top := s.open[len(s.open)-1]
	if top.end == ']' {
		return top.through
	}
	if len(s.open) != s.elem && !top.through {
		return false
	}
	return s.key == payload || s.key == page && c == '['
}

// close ends the innermost container.
func (s *Splitter) close(i int) int {
	s.open = s.open[:len(s.open)-1]
	if s.want = wantCommaOrEnd; len(s.open) == 0 {
		s.want, s.page = wantDocument, 0
	}
	return i + 1
}
