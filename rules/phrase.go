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
	parts []string
	start bool // begins with ^
	whole bool // ends with |
}

func parsePhrase(s string) (phrase, error) {
	var p phrase
	s = strings.ToLower(s)
	s, p.start = strings.CutPrefix(s, "^")
	s, p.whole = strings.CutSuffix(s, "|")
	for part := range strings.SplitSeq(s, " .. ") {
		if len(strings.TrimSpace(part)) < 3 {
			return p, errors.New("each part of a phrase needs three characters or more")
		}
		p.parts = append(p.parts, part)
	}
	if len(s) > maxPhrase {
		return p, errors.New("phrase is too long")
	}
	return p, nil
}

// key is the part that the index looks for.
func (p phrase) key() string {
	best := p.parts[0]
	for _, s := range p.parts {
		if len(s) > len(best) {
			best = s
		}
	}
	return best
}

// in says whether text has the phrase. text is in lower case.
func (p phrase) in(text string) bool {
	at := 0
	for i, part := range p.parts {
		if i == 0 && p.start {
			if !strings.HasPrefix(text, part) {
				return false
			}
			at = len(part)
			continue
		}
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
	last := p.parts[len(p.parts)-1]
	for at < len(text) && wordByte(text[at]) {
		n := find(text[at:], last, text, at)
		if n < 0 || p.start && len(p.parts) == 1 {
			return false
		}
		at += n + len(last)
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
	// first maps the first three bytes of a phrase's key to the phrases.
	first map[[3]byte][]int
}

func newPhrases() *phrases {
	return &phrases{number: map[string]int{}, first: map[[3]byte][]int{}}
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
	k := [3]byte([]byte(p.key()[:3]))
	ps.first[k] = append(ps.first[k], n)
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
		for _, n := range ps.first[[3]byte{text[i], text[i+1], text[i+2]}] {
			if !set.has(n) && strings.HasPrefix(text[i:], ps.list[n].key()) && ps.list[n].in(text) {
				set.set(n)
			}
		}
	}
	return set
}
