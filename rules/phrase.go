package rules

import (
	"errors"
	"strings"
)

// phrase is what a rule looks for in the words of a reply:
//
//	too many connections     these words; the last one may go on ("connection" finds "connections")
//	too many|                the same, but the last word ends here
//	^try again               at the beginning of the text
//	limit .. exceeded        one after the other with anything between
//	from *                   a mask of the template (an address, host, id or number)
//
// Letters match in either case. A part begins at the beginning of a word.
type phrase struct {
	text  string // its parts, in lower case
	key   string // the longest part, which the index looks for
	last  string // the last part
	start bool   // begins with ^
	whole bool   // ends with |
}

// between separates the parts of a phrase.
const between = " .. "

func parsePhrase(s string) (phrase, error) {
	var p phrase
	s = strings.ToLower(s)
	s, p.start = strings.CutPrefix(s, "^")
	s, p.whole = strings.CutSuffix(s, "|")
	p.text = s
	for part := range strings.SplitSeq(s, between) {
		if len(strings.TrimSpace(part)) < 3 {
			return p, errors.New("each part of a phrase needs three characters or more")
		}
		if len(part) > len(p.key) {
			p.key = part
		}
		p.last = part
	}
	if len(s) > maxPhrase {
		return p, errors.New("phrase is too long")
	}
	return p, nil
}

// in says whether text has the phrase. text is in lower case.
func (p *phrase) in(text string) bool {
	at, rest, more := 0, p.text, true
	if p.start {
		var part string
		if part, rest, more = strings.Cut(rest, between); !strings.HasPrefix(text, part) {
			return false
		}
		at = len(part)
	}
	for more {
		var part string
		part, rest, more = strings.Cut(rest, between)
		n := find(text[at:], part, text, at)
		if n < 0 {
			return false
		}
		at += n + len(part)
	}
	if !p.whole {
		return true
	}
	// The last part must end with its word; look further if this one does not.
	for at < len(text) && wordByte(text[at]) {
		n := find(text[at:], p.last, text, at)
		if n < 0 || p.start && p.last == p.text {
			return false
		}
		at += n + len(p.last)
	}
	return true
}

// find returns the offset of part in text[at:] where a word begins, -1 if nowhere.
func find(rest, part, text string, at int) int {
	for off := 0; ; {
		n := strings.Index(rest[off:], part)
		if n < 0 {
			return -1
		}
		n += off
		if at+n == 0 || !wordByte(part[0]) || !wordByte(text[at+n-1]) {
			return n
		}
		off = n + 1
	}
}

func wordByte(c byte) bool {
	return c-'0' < 10 || c-'a' < 26 || c >= 0x80
}

// phrases is all phrases of all rules, each once, and an index that finds those
// of them that a text has in one pass.
type phrases struct {
	list   []phrase
	number map[string]int
	// first maps the first three bytes of a phrase's key to the last phrase with them,
	// and next each phrase to the one before it with the same, -1 if there is none.
	first map[[3]byte]int32
	next  []int32
}

// newPhrases has room for n phrases.
func newPhrases(n int) *phrases {
	return &phrases{list: make([]phrase, 0, n), number: make(map[string]int, n), first: make(map[[3]byte]int32, n/2), next: make([]int32, 0, n)}
}

// add returns the number of a phrase.
func (ps *phrases) add(s string) (int, error) {
	if n, ok := ps.number[s]; ok {
		return n, nil
	}
	p, err := parsePhrase(s)
	if err != nil {
		return 0, err
	}
	n := len(ps.list)
	ps.list = append(ps.list, p)
	ps.number[s] = n
	k := [3]byte([]byte(p.key[:3]))
	before, ok := ps.first[k]
	if !ok {
		before = -1
	}
	ps.next = append(ps.next, before)
	ps.first[k] = int32(n)
	return n, nil
}

// bits is a set of phrase numbers.
type bits []uint64

func (b bits) set(n int)      { b[n>>6] |= 1 << (n & 63) }
func (b bits) has(n int) bool { return b[n>>6]&(1<<(n&63)) != 0 }

// in returns the phrases that text has, in set.
func (ps *phrases) in(text string, set bits) bits {
	if n := (len(ps.list) + 63) / 64; len(set) < n {
		set = make(bits, n)
	} else {
		clear(set)
	}
	for i := 0; i+3 <= len(text); i++ {
		n, ok := ps.first[[3]byte{text[i], text[i+1], text[i+2]}]
		for ; ok && n >= 0; n = ps.next[n] {
			if p := &ps.list[n]; !set.has(int(n)) && strings.HasPrefix(text[i:], p.key) && p.in(text) {
				set.set(int(n))
			}
		}
	}
	return set
}
