package rules

import (
	"math"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

// Rule returns the reply rule with that id, nil if there is none.
func (s *Set) Rule(id string) *ReplyRule {
	for _, r := range s.Replies.rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// RuleIDs returns the ids of all reply rules, in order of precedence.
func (s *Set) RuleIDs() []string {
	ids := make([]string, len(s.Replies.rules))
	for i, r := range s.Replies.rules {
		ids[i] = r.ID
	}
	return ids
}

// Meaning returns class and scope as the rule states them; a scope that is not
// stated is mail.ScopeUnknown and is read from the words of each reply.
func (rule *ReplyRule) Meaning() (mail.Class, mail.Scope) { return rule.class, rule.scope }

// Overriding returns the rules that come first and know an example of the rule as
// well: where their provider is the receiver, they decide instead.
func (r *Replies) Overriding(rule *ReplyRule) []*ReplyRule {
	var out []*ReplyRule
	for _, earlier := range r.rules {
		if earlier == rule {
			break
		}
		for _, example := range rule.Examples.Match {
			s := r.subject(string(reply.Template(nil, []byte(example))))
			if earlier.matches(&s) {
				out = append(out, earlier)
				break
			}
		}
	}
	return out
}

// LookAlike is a rule of another meaning with an example that reads like a reply.
type LookAlike struct {
	Rule    *ReplyRule
	Example string
	// Score is how near it is, 0 to 1.
	Score float64
}

// nearEnough is the least score of a look-alike: below it replies share little but
// words that most of them have.
const nearEnough = 0.25

// LookAlikes returns the examples of rules that are nearest to a reply and mean
// something else: another class, kind or scope. Near are replies that share codes,
// rare words and the provider (the cosine of their words, weighted by how few
// examples have them). At most n are returned, nearest first: one for each meaning,
// and no more than half of them of the same class.
func (r *Replies) LookAlikes(m Match, n int) []LookAlike {
	type example struct {
		rule  *ReplyRule
		text  string
		words map[string]bool
	}
	var all []example
	seen := map[string]int{}
	for _, rule := range r.rules {
		if len(rule.All)+len(rule.Any) == 0 && rule.Pattern == "" {
			continue // it knows codes only: what its examples say does not matter
		}
		provider := ""
		if len(rule.Providers) == 1 {
			provider = rule.Providers[0]
		}
		for _, text := range rule.Examples.Match {
			words := marks(string(reply.Template(nil, []byte(text))), provider)
			for w := range words {
				seen[w]++
			}
			all = append(all, example{rule, text, words})
		}
	}
	weight := func(w string) float64 { return math.Log(float64(len(all)+1) / float64(seen[w]+1)) }
	norm := func(words map[string]bool) (sum float64) {
		for _, w := range sorted(words) {
			sum += weight(w) * weight(w)
		}
		return math.Sqrt(sum)
	}
	mine := marks(m.Template, m.Provider)
	length := norm(mine)
	var found []LookAlike
	for _, e := range all {
		if e.rule == m.By || m.means(e.rule) {
			continue
		}
		var shared float64
		for _, w := range sorted(mine) {
			if e.words[w] {
				shared += weight(w) * weight(w)
			}
		}
		if shared == 0 {
			continue
		}
		if score := shared / (length * norm(e.words)); score >= nearEnough {
			found = append(found, LookAlike{e.rule, e.text, score})
		}
	}
	slices.SortStableFunc(found, func(a, b LookAlike) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	var out []LookAlike
	for _, f := range found {
		same, own := false, 0
		for _, o := range out {
			same = same || o.Rule.class == f.Rule.class && o.Rule.Kind == f.Rule.Kind && o.Rule.Scope == f.Rule.Scope
			if o.Rule.class == m.Class && f.Rule.class == m.Class {
				own++
			}
		}
		if !same && own < (n+1)/2 && len(out) < n {
			out = append(out, f)
		}
	}
	return out
}

// means says that a rule tells the same of a reply as the match does.
func (m Match) means(rule *ReplyRule) bool {
	return rule.class == m.Class && rule.Kind == m.Kind && (rule.Scope == "" || rule.scope == m.Scope)
}

// marks are the words and codes of a template and its provider.
func marks(template, provider string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsFuncSeq(strings.ToLower(template), func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c > 0x7f)
	}) {
		if w = strings.Trim(w, ".-"); w != "" {
			out[w] = true
		}
	}
	if provider != "" {
		out["provider "+provider] = true
	}
	return out
}

// sorted lists a set in order, so that sums of it are the same every time.
func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for w := range set {
		list = append(list, w)
	}
	slices.Sort(list)
	return list
}
