package ticket

import (
	"slices"
	"strings"
	"testing"
)

// Every style asks for the levers in order, concurrency before all else (C07, C40,
// C93, C104), with the targets and their label (H61, X06).
func TestLevers(t *testing.T) {
	for _, st := range styles(t) {
		tk := build(t, gateway(), st.Name, "")
		var ids []string
		for _, it := range tk.Request.Items {
			ids = append(ids, it.ID)
			if it.Basis != "target" || strings.ContainsAny(it.Text, "{}") {
				t.Errorf("%s: %+v", st.Name, it)
			}
		}
		if want := []string{"concurrency", "retries", "pacing", "routing"}; !slices.Equal(ids, want) {
			t.Errorf("%s asks for %v, want %v", st.Name, ids, want)
		}
		all := strings.Join(strings.Fields(render(t, &tk, "txt")), " ")
		for _, want := range []string{"at most 2 ", "15 minutes, then doubling, at most 4 hours apart", "for 15 minutes",
			"operating targets, not limits published by Example Gateway", "these MX hosts"} {
			if !strings.Contains(all, want) {
				t.Errorf("%s does not say %q", st.Name, want)
			}
		}
		if strings.Contains(strings.ToLower(all), "content") {
			t.Errorf("%s speaks of content", st.Name)
		}
		if st.Title == "" || st.Source == "" {
			t.Errorf("%s needs a title and a source", st.Name)
		}
	}
}

// C95: on a shared pool, three things; the last is a dedicated IP with its warm-up.
func TestSharedPool(t *testing.T) {
	for _, st := range styles(t) {
		r := build(t, gateway(), st.Name, "shared").Request
		if len(r.Shared) != 3 || r.SharedLead == "" {
			t.Fatalf("%s asks for %q", st.Name, r.Shared)
		}
		for i, want := range []string{"stricter", "healthier", "dedicated"} {
			if !strings.Contains(r.Shared[i], want) {
				t.Errorf("%s: %q does not say %q", st.Name, r.Shared[i], want)
			}
		}
		if low := strings.ToLower(r.Shared[2]); !strings.Contains(low, "warm-up") && !strings.Contains(low, "warmup") {
			t.Errorf("%s: a dedicated IP without a warm-up plan: %q", st.Name, r.Shared[2])
		}
		g := gateway()
		for _, pool := range []string{"unknown", "dedicated"} {
			if r := build(t, g, st.Name, pool).Request; len(r.Shared) > 0 || len(r.Items) != 4 {
				t.Errorf("%s, %s pool: %+v", st.Name, pool, r)
			}
		}
	}
}

// X03: an ESP is never told to configure an MTA, and an MTA team never to ask an ESP.
func TestNoForeignWords(t *testing.T) {
	for _, st := range styles(t) {
		for _, pool := range []string{"unknown", "shared", "dedicated"} {
			tk := build(t, gateway(), st.Name, pool)
			text := strings.ToLower(render(t, &tk, "txt"))
			foreign := []string{"main.cf", "postfix", "exim", "transport"}
			if st.Via == "own-mta" {
				foreign = []string{"esp ", "customer", "support", "mailgun", "sendgrid", "amazon", "tell us"}
			}
			for _, word := range foreign {
				if strings.Contains(text, word) {
					t.Errorf("%s speaks of %q", st.Name, word)
				}
			}
		}
	}
}

func TestStyleFor(t *testing.T) {
	all := styles(t)
	f := func(via, formats, want string) {
		t.Helper()
		if got := all.For(via, strings.Fields(formats)); got.Name != want {
			t.Errorf("%s %s: %s, want %s", via, formats, got.Name, want)
		}
	}
	f("own-mta", "postfix", "mta-team")
	f("own-mta", "postfix mailgun", "mta-team")
	f("esp", "mailgun", "mailgun")
	f("esp", "mailgun mailgun", "mailgun")
	f("esp", "postfix mailgun", "mailgun")
	f("esp", "sendgrid", "sendgrid")
	f("esp", "ses", "ses")
	f("esp", "sparkpost", "sparkpost")
	f("esp", "postmark", "postmark")
	f("esp", "brevo", "esp")
	f("esp", "mailgun sendgrid", "esp")
	f("esp", "mailgun brevo", "esp")
	f("esp", "of-my-own", "esp")
	f("esp", "", "esp")
	if all.Get("nobody") != nil {
		t.Error("a style that does not exist")
	}
}

// The targets are the user's: nothing of them is in the texts.
func TestTargets(t *testing.T) {
	st := styles(t).Get("esp")
	r := Build(gateway(), Options{Style: st, Targets: Targets{Sessions: 1, RetryFirst: 1800, RetryFactor: 1.5, RetryMost: 7200, Pause: 60}}).Request
	f := func(i int, want string) {
		t.Helper()
		if !strings.Contains(r.Items[i].Text, want) {
			t.Errorf("%q does not say %q", r.Items[i].Text, want)
		}
	}
	f(0, "at most 1 concurrent")
	f(1, "after 30 minutes, then growing by 1.5, at most 2 hours apart")
	f(2, "for 1 minute ")
	for _, st := range styles(t) {
		texts := append([]string{st.Lead, st.Listing, st.Concurrency, st.Retries, st.Pacing, st.Routing, st.Dedicated, st.SharedLead}, st.Shared...)
		if s := strings.Join(texts, " "); strings.ContainsAny(s, "0123456789") {
			t.Errorf("%s: a number of its own in %q", st.Name, s)
		}
	}
}
