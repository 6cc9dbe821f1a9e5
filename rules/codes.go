package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

// codeSet is a set of reply codes: exact ones and classes. The zero value takes
// every code, and none.
type codeSet struct {
	exact   []int
	classes [10]bool
	none    bool
	any     bool
}

// parseCodes reads "421", "4xx", and "none" for texts without a reply code.
func parseCodes(list []string) (codeSet, error) {
	s := codeSet{any: len(list) == 0}
	for _, c := range list {
		n, err := strconv.Atoi(c)
		switch {
		case c == "none":
			s.none = true
		case len(c) == 3 && c[1:] == "xx" && c[0] >= '2' && c[0] <= '6':
			s.classes[c[0]-'0'] = true
		case err == nil && n >= 200 && n <= 699:
			s.exact = append(s.exact, n)
		default:
			return s, fmt.Errorf("want reply codes such as 421, 4xx or none, have %q", c)
		}
	}
	return s, nil
}

func (s *codeSet) has(code int) bool {
	if s.any {
		return true
	}
	if code == 0 {
		return s.none
	}
	if s.classes[code/100] {
		return true
	}
	for _, c := range s.exact {
		if c == code {
			return true
		}
	}
	return false
}

// enhancedMatch is "4.7.652", a range "4.7.500-699", a prefix "4.7", or with x
// for any class "x.7.28".
type enhancedMatch struct {
	class, subject int // -1 is any
	low, high      int
}

func parseEnhanced(list []string) ([]enhancedMatch, error) {
	var out []enhancedMatch
	for _, s := range list {
		bad := fmt.Errorf("want enhanced codes such as 4.7.652, x.7.28, 4.7 or 4.7.500-699, have %q", s)
		p := strings.Split(s, ".")
		if len(p) < 2 || len(p) > 3 {
			return nil, bad
		}
		m := enhancedMatch{class: -1, low: 0, high: 999}
		var err error
		if p[0] != "x" {
			if m.class, err = strconv.Atoi(p[0]); err != nil || m.class != 2 && m.class != 4 && m.class != 5 {
				return nil, bad
			}
		}
		if m.subject, err = strconv.Atoi(p[1]); err != nil || m.subject < 0 || m.subject > 999 {
			return nil, bad
		}
		if len(p) == 3 {
			low, high, isRange := strings.Cut(p[2], "-")
			if m.low, err = strconv.Atoi(low); err != nil || m.low < 0 || m.low > 999 {
				return nil, bad
			}
			m.high = m.low
			if isRange {
				if m.high, err = strconv.Atoi(high); err != nil || m.high < m.low || m.high > 999 {
					return nil, bad
				}
			}
		}
		out = append(out, m)
	}
	return out, nil
}

func (m enhancedMatch) has(e reply.Enhanced) bool {
	return !e.IsZero() && (m.class < 0 || m.class == int(e.Class)) && m.subject == int(e.Subject) &&
		m.low <= int(e.Detail) && int(e.Detail) <= m.high
}
