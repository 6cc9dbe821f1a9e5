package policy

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// Reply is a refusal to react to. Words are some plain words of its text.
type Reply struct {
	Code     string `json:"code"`
	Enhanced string `json:"enhanced"`
	Words    string `json:"words"`
	Count    int64  `json:"count"`
}

// mostReplies is how many kinds of reply a policy reacts to.
const mostReplies = 4

// replyCodes are the codes that a reply begins with (RFC 5321 4.2, RFC 3463 2).
var replyCodes = regexp.MustCompile(`^([45]\d\d)(?:[ -]+([45]\.\d{1,3}\.\d{1,3}))?(?:[ -]|$)`)

// plainWords are words that need no quoting anywhere.
var plainWords = regexp.MustCompile(`[A-Za-z]{2,20}(?: [A-Za-z]{2,20}){2,4}`)

// replies are the limits in the words of the receiver, most frequent first, one for
// each pattern. Blocks that a retry cannot mend are none.
func replies(g *report.Group) []Reply {
	list := []Reply{}
	for _, r := range g.Replies {
		m := replyCodes.FindStringSubmatch(r.Sample)
		if m == nil || m[1][0] != '4' || r.Class != "connection-limit" && r.Class != "rate-limit" && r.Class != "reputation" {
			continue
		}
		n := Reply{Code: m[1], Enhanced: m[2], Words: plainWords.FindString(r.Sample[len(m[0]):]), Count: r.Count}
		if i := slices.IndexFunc(list, func(o Reply) bool { return o.pattern() == n.pattern() }); i >= 0 {
			list[i].Count += n.Count
		} else if n.pattern() != "" {
			list = append(list, n)
		}
	}
	slices.SortStableFunc(list, func(a, b Reply) int { return cmp.Compare(b.Count, a.Count) })
	return list[:min(len(list), mostReplies)]
}

// codes is "451 4.7.652", or "421" where there is no enhanced code.
func (r *Reply) codes() string { return strings.TrimSpace(r.Code + " " + r.Enhanced) }

// pattern is a regular expression for the reply: by its codes where a receiver made
// the enhanced one its own (three digits, such as Microsoft's 4.7.652), else by its
// words; "" where there is nothing to tell it by. It has no quote and no slash.
func (r *Reply) pattern() string {
	own := r.Enhanced[strings.LastIndexByte(r.Enhanced, '.')+1:]
	switch {
	case len(own) == 3:
		return r.Code + `[ -]` + regexp.QuoteMeta(r.Enhanced)
	case r.Words != "":
		return r.Code + `.*` + r.Words
	}
	return ""
}
