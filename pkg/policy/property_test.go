package policy

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/pelletier/go-toml/v2"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// global are settings that act on all mail of an MTA: no policy may set one (H21, H32).
// A rate delay starves a backlog.
var global = []string{
	"default_destination", "smtp_destination_", "minimal_backoff_time =", "maximal_backoff_time =", "queue_run_delay =", "rate_delay",
	"queue_run_max =", "remote_max_parallel =", "smtp_connection_cache_on_demand = ", "relayhost", "<domain *>", "total-max-smtp-out",
	"[\"default\"]", "[queue.default]", "concurrency_max", "temp_fail_intervals", "confMIN_QUEUE_AGE", "confMAX_QUEUE_CHILDREN", "confTO_",
}

// settings are the lines of a policy that take effect.
func settings(p *Policy) string {
	var b strings.Builder
	for _, f := range p.Files {
		for line := range strings.Lines(f.Text) {
			if s := strings.TrimSpace(line); !strings.HasPrefix(s, "#") && !strings.HasPrefix(s, ";") && !strings.HasPrefix(s, "dnl ") {
				b.WriteString(line)
			}
		}
	}
	return b.String() + strings.Join(p.Apply, "\n")
}

// hold checks what holds for every policy.
func hold(t *testing.T, p *Policy, groups []report.Group, o Options) {
	t.Helper()
	out := settings(p)
	for _, word := range global {
		if strings.Contains(out, word) {
			t.Errorf("%s sets %s:\n%s", p.MTA, word, out)
		}
	}
	for i := range p.Plans {
		plan := &p.Plans[i]
		most := int64(o.Thresholds["sessions.start"].Value)
		if plan.Band == bandTest {
			most = int64(o.Thresholds["sessions.test-most"].Value)
		}
		if plan.Sessions < 1 || plan.Sessions > most || plan.PerDomain < 1 || plan.PerDomain > plan.Sessions {
			t.Errorf("%s: %d sessions, %d for a domain, in band %s", p.MTA, plan.Sessions, plan.PerDomain, plan.Band)
		}
		if groups[i].State == "active" && plan.Band == bandTest {
			t.Errorf("%s: band test while active", p.MTA)
		}
	}
	text := write(t, p)
	at := 0
	for _, mark := range []string{"# 1. Pause", "# 2. Cap and retries", "# 3. Then", "# Watch"} {
		i := strings.Index(text[at:], mark)
		if i < 0 && p.MTA != ESP {
			t.Fatalf("%s: %q is missing or too early", p.MTA, mark)
		}
		at += max(i, 0)
	}
	if !strings.Contains(strings.ReplaceAll(text, "\n# ", " "), "operating targets, not limits published by") {
		t.Errorf("%s: no label", p.MTA)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r <= 0x9f }); i >= 0 {
		t.Errorf("%s: control character at %d", p.MTA, i)
	}
	var b bytes.Buffer
	if err := p.WriteJSON(&b); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("%s: bad JSON: %v", p.MTA, err)
	}
	for _, f := range p.Files {
		var v any
		var err error
		switch {
		case strings.HasSuffix(f.Path, ".toml"):
			err = toml.Unmarshal([]byte(f.Text), &v)
		case strings.HasSuffix(f.Path, ".yaml"):
			err = yaml.Unmarshal([]byte(f.Text), &v)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", f.Path, err, f.Text)
		}
	}
}

func TestPropertiesOfAllPolicies(t *testing.T) {
	o := options(t)
	for _, mta := range Names() {
		for _, state := range []string{"active", "recovering", "recovered"} {
			for _, clean := range []int64{0, 4} {
				for _, offered := range []float64{0, 1, 2, 3, 100} {
					g := microsoft()
					g.State, g.CleanWindows, g.Facts[0].Value = state, clean, offered
					groups := []report.Group{g, gateway()}
					p := Build(groups, mta, o)
					hold(t, &p, groups, o)
				}
			}
		}
	}
}

// Names and replies of the log are hostile: whatever they are, they neither leave their
// line nor add one.
func FuzzBuild(f *testing.F) {
	f.Add("hotmail.com", "microsoft-consumer", "Microsoft consumer", "451 4.7.652 The mail server has exceeded", "mx.example.net")
	f.Add("a.com\nrelayhost = evil.example", "x\ny", "z\n# \x1b[31m", "421 4.7.0 '/ mode=x\" too many connections\n", "\"]\nq")
	f.Add("$(id).example", "`id`", "</domain>", "421 ${run{id}} aaa bbb ccc", "'; id #")
	o := options(f)
	f.Fuzz(func(t *testing.T, domain, platform, name, reply, mx string) {
		plain := gateway()
		g := gateway()
		g.Domains, g.Platform, g.Destination, g.MX = []string{domain}, platform, name, []string{mx}
		g.ByDomain[0].Domain, g.Replies[0].Sample = domain, reply
		if len(domain) > 200 || len(name) > 200 {
			return // longer than any name of a domain
		}
		for _, mta := range Names() {
			p := Build([]report.Group{g}, mta, o)
			if len(p.Plans[0].Domains) == 0 {
				continue // left out
			}
			hold(t, &p, []report.Group{g}, o)
			want := Build([]report.Group{plain}, mta, o)
			if isDomain(domain) && isDomain(mx) && len(p.Plans[0].Domains) == 1 && len(p.Plans[0].Replies) == 1 {
				if a, b := strings.Count(settings(&p), "\n"), strings.Count(settings(&want), "\n"); a != b {
					t.Errorf("%s: %d lines, want %d", mta, a, b)
				}
			}
		}
	})
}
