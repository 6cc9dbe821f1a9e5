package main

import (
	"encoding/json"
	"maps"
	"os/exec"
	"testing"
)

// counts are those of the report that the truth knows.
type counts struct {
	Attempts    int `json:"attempts"`
	Delivered   int `json:"delivered"`
	Deferred    int `json:"deferred"`
	Bounced     int `json:"bounced"`
	Expired     int `json:"expired"`
	Refused     int `json:"refused"`
	Suspensions int `json:"suspensions"`
}

func (c *counts) add(d counts) {
	c.Attempts += d.Attempts
	c.Delivered += d.Delivered
	c.Deferred += d.Deferred
	c.Bounced += d.Bounced
	c.Expired += d.Expired
	c.Refused += d.Refused
	c.Suspensions += d.Suspensions
}

func (c counts) tally() tally {
	return tally{Delivered: c.Delivered, Deferred: c.Deferred, Bounced: c.Bounced}
}

// summary is the part of the JSON report that is held against the truth.
type summary struct {
	Input struct {
		Lines         int64 `json:"lines"`
		NotUnderstood int   `json:"not_understood"`
	} `json:"input"`
	Groups []struct {
		Platform string         `json:"platform"`
		Counts   counts         `json:"counts"`
		Refusals map[string]int `json:"refusals"`
		ByDomain []struct {
			Domain string `json:"domain"`
			Counts counts `json:"counts"`
		} `json:"by_domain"`
	} `json:"groups"`
}

// TestTruth reads logs of every kind with diagnose and holds what it counts against what
// the generator says it wrote. No line of the log is beyond diagnose. The rates are low, so
// that some messages are given up before the log ends.
func TestTruth(t *testing.T) {
	f := func(name string, rate float64, s settings) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			s.Size, s.Rate, s.Deferrals = 3<<20, rate, 1
			files, truth, err := generate(t.TempDir(), s)
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(diagnose(t), append([]string{"--quiet", "--json"}, files...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			var r summary
			if err := json.Unmarshal(out, &r); err != nil {
				t.Fatal(err)
			}
			compare(t, r, truth)
		})
	}
	f("postfix", 0.05, settings{Kind: "postfix", Seed: 1, Parts: 3})
	f("postfix with long ids", 0.03, settings{Kind: "postfix", Seed: 2, Parts: 1, ISO: true, LongIDs: true})
	f("exim", 0.05, settings{Kind: "exim", Seed: 3, Parts: 2})
	f("mailgun", 0.005, settings{Kind: "mailgun", Seed: 5, Parts: 1})
}

func compare(t *testing.T, r summary, truth *truth) {
	t.Helper()
	if r.Input.Lines != truth.Lines || r.Input.NotUnderstood != 0 {
		t.Errorf("%d lines, %d not understood; want %d and 0", r.Input.Lines, r.Input.NotUnderstood, truth.Lines)
	}
	// Report and truth differ in what they call a platform: all of Google is one to the
	// report, and who runs a server of his own is known by his domain.
	platform := func(name string) string {
		switch name {
		case google, googleWorkspace:
			return google
		case microsoft, microsoft365, yahoo:
			return name
		}
		return own
	}
	var all counts
	platforms, domains, classes := map[string]tally{}, map[string]counts{}, map[string]int{}
	for _, g := range r.Groups {
		all.add(g.Counts)
		sum := platforms[platform(g.Platform)]
		sum.add(g.Counts.tally())
		platforms[platform(g.Platform)] = sum
		for _, d := range g.ByDomain {
			c := domains[d.Domain]
			c.add(d.Counts)
			domains[d.Domain] = c
		}
		for class, n := range g.Refusals {
			classes[class] += n
		}
	}
	want := truth.All
	attempts := want.Delivered + want.Deferred + want.Bounced + truth.Hidden
	if wanted := (counts{attempts, want.Delivered, want.Deferred, want.Bounced, truth.Expired, truth.Hidden, want.Suspended}); all != wanted {
		t.Errorf("all destinations\n got %+v\nwant %+v", all, wanted)
	}
	if truth.Expired == 0 || want.Deferred == 0 || want.Bounced == 0 {
		t.Errorf("the log is too simple to prove anything: %+v", truth.All)
	}
	wantPlatforms := map[string]tally{}
	for name, of := range truth.Platforms {
		of.Suspended = 0 // Exim does not say which host it waits for
		sum := wantPlatforms[platform(name)]
		sum.add(of)
		wantPlatforms[platform(name)] = sum
	}
	if !maps.Equal(platforms, wantPlatforms) {
		t.Errorf("platforms\n got %v\nwant %v", platforms, wantPlatforms)
	}
	if !maps.Equal(classes, truth.Classes) {
		t.Errorf("classes\n got %v\nwant %v", classes, truth.Classes)
	}
	// A large platform lists its first domains only; those have to be right, and the seven
	// large ones have to be there.
	for name, c := range domains {
		of := truth.Domains[name]
		of.Suspended = 0
		if c.Attempts > 0 && c.tally() != of {
			t.Errorf("%s: %+v, want %+v", name, c.tally(), of)
		}
	}
	for _, name := range []string{"gmail.com", "hotmail.com", "outlook.com", "live.com", "yahoo.com", "aol.com", "ymail.com"} {
		if domains[name].Attempts == 0 {
			t.Errorf("%s is not in the report", name)
		}
	}
}
