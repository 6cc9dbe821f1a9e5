package smtp

import "bytes"

// found is a reply in a line.
type found struct {
	at, end int // of the whole reply
	code    int
	words   int  // where the text after the code begins
	first   bool // nothing but a time, or columns, stands before it
}

const (
	// maxTries is how many numbers of a text may be looked at as codes, maxWords
	// how many bytes behind one tell what it is. Text is hostile.
	maxTries = 64
	maxWords = 400
)

// find looks for the first SMTP reply in a text: a reply code, and around it what
// tells it from years, sizes, ports, ids and the codes of other protocols.
//
// An enhanced status code right after it is proof (RFC 2034). Without one, the code
// must be one that mail servers use, and must stand at the start of the text, or
// after a colon, a quote or a word such as "said", with words of mail behind it.
func find(b []byte) (r found, ok bool) {
	tries := 0
	for i := 0; i+3 < len(b) && tries < maxTries; i++ {
		c := b[i]
		if c != '4' && c != '5' && c != '2' || b[i+1]-'0' > 9 || b[i+2]-'0' > 9 {
			continue
		}
		if i > 0 && !mayPrecede[b[i-1]] {
			i += 2
			continue
		}
		tries++
		if r, ok = at(b, i); ok {
			return r, true
		}
		i += 2
	}
	return found{}, false
}

// mayPrecede are the characters before a code.
var mayPrecede = func() (t [256]bool) {
	for _, c := range " \t\"'(<[{;,|>:=`*" {
		t[c] = true
	}
	return t
}()

// at reads the reply whose code begins at i.
func at(b []byte, i int) (r found, ok bool) {
	r = found{at: i, end: len(b), code: int(b[i]-'0')*100 + int(b[i+1]-'0')*10 + int(b[i+2]-'0')}
	words := separator(b[i+3:])
	if words == 0 {
		return r, false
	}
	r.words = i + 3 + words
	r.first = isStart(b[:i])
	text := b[r.words:min(len(b), r.words+maxWords)]
	class, rest := enhanced(text)
	switch {
	case r.code < 300: // a success is an attempt only at its end
		if r.code != 250 || !isFinal(text, class) || !r.first && class == 0 {
			return r, false
		}
	case r.code > 599, class != 0 && (class == '2' || class != b[i] && !r.first):
		return r, false
	case class != 0:
	case !isCode(r.code), len(rest) == 0 || !isWord(rest[0]) && !r.first:
		return r, false
	case r.first:
		if !isPhrase(text) {
			return r, false
		}
	case r.code >= 500 && r.code <= 504, !isIntroduced(b[:i]), !hasMailWord(text), hasFold(b[:i], "http"):
		return r, false
	}
	r.end = closing(b, i)
	return r, r.end > r.words
}

// separator returns the length of what stands between code and text: a blank, the
// hyphen of a continued line, or what a programming language puts there, as in
// (421, b'4.7.0 text').
func separator(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[0] {
	case ' ':
		return 1
	case '-':
		if b[1]-'0' <= 9 {
			if class, _ := enhanced(b[1:]); class == 0 {
				return 0
			}
		}
		return 1
	case ',', ':':
		n := 1
		for n < len(b) && b[n] == ' ' {
			n++
		}
		if n+1 < len(b) && b[n] == 'b' && (b[n+1] == '\'' || b[n+1] == '"') {
			return n + 2
		}
		if n < len(b) && (b[n] == '\'' || b[n] == '"') {
			return n + 1
		}
		if class, _ := enhanced(b[n:]); class != 0 && b[0] == ':' {
			return n
		}
	}
	return 0
}

// enhanced reads an enhanced status code at the start of a text and returns its
// class, 0 if there is none. Some servers write "#5.1.1" or "(5.1.1)".
func enhanced(b []byte) (class byte, rest []byte) {
	t := b
	for len(t) > 0 && (t[0] == '#' || t[0] == '(' || t[0] == '[' || t[0] == ' ') {
		t = t[1:]
	}
	if len(t) < 5 || t[0] != '2' && t[0] != '4' && t[0] != '5' || t[1] != '.' {
		return 0, b
	}
	n := 2
	for part := range 2 {
		digits := 0
		for n < len(t) && t[n]-'0' <= 9 {
			n++
			digits++
		}
		if digits == 0 || digits > 3 || part == 0 && (n == len(t) || t[n] != '.') {
			return 0, b
		}
		if part == 0 {
			n++
		}
	}
	if n < len(t) && (t[n] == '.' && n+1 < len(t) && t[n+1]-'0' <= 9 || isWord(t[n])) {
		return 0, b
	}
	return t[0], bytes.TrimLeft(t[n:], " )]:")
}

// isStart says that only columns separated by tabs, or the marks of a list, stand
// before a reply.
func isStart(b []byte) bool {
	b = bytes.TrimRight(b, "\"'`")
	if i := bytes.LastIndexByte(b, '\t'); i >= 0 {
		return i == len(b)-1 || len(bytes.TrimLeft(b[i:], " \t")) == 0
	}
	return len(bytes.TrimLeft(b, " *>-")) == 0
}

// isCode says that a mail server may say so (RFC 5321 4.2.3, RFC 4954, RFC 7504 and
// what is seen in the wild).
func isCode(code int) bool {
	switch code {
	case 250, 420, 421, 422, 431, 432, 441, 442, 446, 447, 449, 450, 451, 452, 453, 454, 455, 458, 459, 460, 465, 471, 472, 499,
		500, 501, 502, 503, 504, 510, 511, 512, 513, 515, 517, 521, 523, 530, 533, 534, 535, 538, 540, 541, 542, 543, 544, 545, 546, 547,
		550, 551, 552, 553, 554, 555, 556, 557, 559, 563, 570, 571, 572, 573, 577, 579, 580, 582, 590, 591, 592, 598, 599:
		return true
	}
	return false
}

// closing returns where a reply ends: at the quote or bracket that was opened before
// it, else at the end of the text.
func closing(b []byte, i int) int {
	open := byte(0)
	for k := i - 1; k >= 0 && k >= i-3; k-- {
		if c := b[k]; c == '"' || c == '\'' || c == '(' || c == '`' || c == '<' {
			open = c
			break
		} else if c != ' ' && c != 'b' {
			break
		}
	}
	// (421, b'text'): the quote stands between code and text.
	from := i + 3
	if from < len(b) && (b[from] == ',' || b[from] == ':') {
		if k := bytes.IndexAny(b[from:min(len(b), from+6)], "'\""); k >= 0 {
			open, from = b[from+k], from+k+1
		}
	}
	switch open {
	case '"', '`', '\'':
		for k := from; k < len(b); k++ {
			if b[k] == '\\' {
				k++
			} else if b[k] == open && (k+1 == len(b) || !isWord(b[k+1])) {
				return k
			}
		}
	case '(':
		if k := bytes.LastIndexByte(b[from:], ')'); k >= 0 {
			return from + k
		}
	case '<':
		if k := bytes.LastIndexByte(b[from:], '>'); k >= 0 {
			return from + k
		}
	}
	return len(bytes.TrimRight(b, " \t\"'`"))
}

// Find returns the first SMTP reply in a text, from its code to its end. It is for
// texts that quote replies among words, such as those of bounce mails.
func Find(text []byte) (reply []byte, ok bool) {
	r, ok := find(text)
	if !ok {
		return nil, false
	}
	return text[r.at:r.end], true
}
