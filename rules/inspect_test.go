package rules

import (
	"slices"
	"strings"
	"testing"
)

// Look-alikes are near and mean something else; they come from the rules, so that
// one of a user's own is among them.
func TestLookAlikes(t *testing.T) {
	set := builtin(t)
	f := func(provider, text string, want ...string) {
		t.Helper()
		m := set.Replies.Classify(provider, []byte(text))
		var got []string
		own := 0
		near := set.Replies.LookAlikes(m, 4)
		for i, l := range near {
			got = append(got, l.Rule.Class)
			if l.Rule == m.By || l.Score < nearEnough || l.Score > 1.0001 || i > 0 && l.Score > near[i-1].Score {
				t.Errorf("%q: %s with %v", text, l.Rule.ID, l.Score)
			}
			if l.Rule.class == m.Class {
				own++
			}
			if m.means(l.Rule) {
				t.Errorf("%q: %s means the same", text, l.Rule.ID)
			}
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%q: %v, want %s among them", text, got, w)
			}
		}
		if len(near) > 4 || own > 2 {
			t.Errorf("%q: %d look-alikes, %d of its own class", text, len(near), own)
		}
		again := set.Replies.LookAlikes(m, 4)
		if !slices.Equal(near, again) {
			t.Errorf("%q: another answer the second time", text)
		}
	}
	f("", "421 4.7.0 Too many concurrent connections", "connection-limit", "rate-limit")
	f("", "421 4.3.2 Connection rate limit exceeded", "rate-limit")
	f("microsoft-consumer", "451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115)", "rate-limit")
	f("", "421 RP-001 The mail server IP connecting to Outlook.com server has exceeded the rate limit allowed", "connection-limit")
	f("google", "421-4.7.28 Gmail has detected an unusual rate of mail originating from your IP address. 421 4.7.28 - gsmtp", "rate-limit")
	if got := set.Replies.LookAlikes(set.Replies.Classify("", []byte("Qwertz")), 4); len(got) != 0 {
		t.Errorf("a word that no rule has looks like %v", got)
	}

	with, err := Load(files("own.yaml", strings.NewReplacer("no more of you", "zorkmid budget", "No more of you", "zorkmid budget").Replace(own)))
	if err != nil {
		t.Fatal(err)
	}
	got := with.Replies.LookAlikes(with.Replies.Classify("", []byte("451 zorkmid budget")), 4)
	if len(got) == 0 || got[0].Rule.ID != "own-limit" {
		t.Errorf("a user's rule is not among %v", got)
	}
}

// What comes first and knows an example as well: rules of other receivers.
func TestOverriding(t *testing.T) {
	set := builtin(t)
	rule := set.Rule("too-many-connections")
	var ids []string
	for _, r := range set.Replies.Overriding(rule) {
		ids = append(ids, r.ID)
		if len(r.Providers) == 0 {
			t.Errorf("%s is for everybody and would take an example", r.ID)
		}
		provider := r.Providers[0]
		taken := slices.ContainsFunc(rule.Examples.Match, func(e string) bool {
			return set.Replies.Classify(provider, []byte(e)).By != rule
		})
		if !taken {
			t.Errorf("%s takes no example at %s", r.ID, provider)
		}
	}
	if !slices.Contains(ids, "netease-connections") {
		t.Errorf("overridden by %v", ids)
	}
	if got := set.Replies.Overriding(set.Rules()[0]); len(got) != 0 {
		t.Errorf("the first rule comes after %v", got)
	}
	if set.Rule("no-such-rule") != nil || len(set.RuleIDs()) != len(set.Rules()) {
		t.Error("rules by id")
	}
}

func TestConditionText(t *testing.T) {
	f := func(yaml, want string) {
		t.Helper()
		var c struct {
			When Condition `yaml:"when"`
		}
		if errs := DecodeStrict("x.yaml", []byte("when: "+yaml), &c); len(errs) > 0 {
			t.Fatal(errs)
		}
		if errs := c.When.check(nil); len(errs) > 0 {
			t.Fatal(errs)
		}
		if got := c.When.String(); got != want {
			t.Errorf("%s: got %q, want %q", yaml, got, want)
		}
	}
	f("{fact: attempts, gte: 1200}", "attempts >= 1,200")
	f("{fact: refused_low, gt: 0.25, lt: 0.5}", "refused_low > 25% and refused_low < 50%")
	f("{fact: retry_gap, lte: 900}", "retry_gap <= 15m")
	f("{fact: new_ip, eq: 1}", "new_ip is yes")
	f("{all: [{fact: attempts, gte: 1}, {any: [{fact: accepted, lt: 2}, {fact: curve_odds, gte: 1.7}]}]}", "attempts >= 1 and (accepted < 2 or curve_odds >= 1.7)")
	f("{not: {all: [{fact: attempts, gte: 1}, {fact: accepted, lt: 2}]}}", "not (attempts >= 1 and accepted < 2)")
}

// A fact is told where it is used, wherever that is in a condition.
func TestUses(t *testing.T) {
	c := table(t)
	f := func(fact string, want ...string) {
		t.Helper()
		var got []string
		for _, u := range c.Uses(fact) {
			got = append(got, u.Where)
			if u.When == "" || !strings.Contains(u.When, fact) || u.Source == "" {
				t.Errorf("%s: %+v", fact, u)
			}
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s is used in %q, want %q", fact, got, w)
			}
		}
		if len(want) == 0 && len(got) > 0 {
			t.Errorf("%s is used in %q", fact, got)
		}
	}
	f("offered_sessions", "cause burst, signal burst-offered", "cause trust, signal trust-low-volume")
	f("trouble_refusals", "whether there is anything to explain", "whether there is enough evidence", "level watch")
	f("trouble_expired", "level escalate")
	f("listing_refusals", "cause listing is considered", "cause listing, signal listing-replies")
	f("refused_calm", "cause trust, signal trust-flat") // inside any and all
	f("no_such_fact")
	weight := 0.0
	for _, u := range c.Uses("retry_gap") {
		if u.Where == "cause queue-pressure, signal pressure-calm" {
			weight = u.Weight
		}
	}
	if weight >= 0 {
		t.Errorf("calm retries weigh %v for queue-pressure", weight)
	}
}
