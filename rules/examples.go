package rules

import "github.com/seed-07ce53fa/diagnose/pkg/reply"

// Test runs the examples of all rules and returns what is wrong: an example that
// does not match its own rule or is taken by another, or a no_match that matches.
func (s *Set) Test() (errs []error) {
	for _, rule := range s.Replies.rules {
		errs = append(errs, s.Replies.test(rule)...)
	}
	return errs
}

// Rules returns the reply rules in order of precedence.
func (s *Set) Rules() []*ReplyRule { return s.Replies.rules }

func (r *Replies) test(rule *ReplyRule) (errs []error) {
	provider := ""
	if len(rule.Providers) > 0 {
		provider = rule.Providers[0]
	}
	for i, text := range rule.Examples.Match {
		at := rule.Examples.At.Key("match", i)
		t := string(reply.Template(nil, []byte(text)))
		s := r.subject(t)
		if !rule.matches(&s) {
			errs = append(errs, at.Errorf("reply %q: example %d %q does not match its own rule", rule.ID, i+1, text))
			continue
		}
		if m := r.classify(provider, "", t); m.By != rule {
			errs = append(errs, at.Errorf("reply %q: example %d %q is taken by rule %q, which comes first", rule.ID, i+1, text, m.Rule))
		}
	}
	for i, text := range rule.Examples.NoMatch {
		s := r.subject(string(reply.Template(nil, []byte(text))))
		if rule.matches(&s) {
			errs = append(errs, rule.Examples.At.Key("no_match", i).Errorf("reply %q: no_match %d %q matches", rule.ID, i+1, text))
		}
	}
	return errs
}
