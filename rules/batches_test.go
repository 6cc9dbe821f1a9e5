package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBatches holds the batches of testdata/replies: replies collected from
// documentation, public code and public logs, and near misses, labelled by hand.
// With the provider every one must have its class; without it most must.
func TestBatches(t *testing.T) {
	set := builtin(t)
	paths, err := filepath.Glob("testdata/replies/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no batches: %v", err)
	}
	var alone score
	near := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, errs := LoadTests(File{Name: path, Data: data}, set)
		for _, err := range errs {
			t.Error(err)
		}
		for _, r := range file.Run(set, nil) {
			for _, err := range r.Errs {
				t.Error(err)
			}
		}
		for _, c := range file.Replies {
			if strings.Contains(c.Name, "near miss") {
				near++
			}
			alone.add(c.Class, set.Replies.Classify("", []byte(c.Reply)).Class.String(), false)
		}
	}
	t.Logf("%d replies, %d near misses; without provider: %v", alone.n, near, alone)
	if e, p, r := ratio(alone.right, alone.n), ratio(alone.tp, alone.tp+alone.fp), ratio(alone.tp, alone.tp+alone.fn); e < .95 || p < .95 || r < .95 {
		t.Errorf("without provider: exact %.3f, throttling precision %.3f recall %.3f", e, p, r)
	}
}

// TestCounts says what is counted in the ways that servers say it: the noun
// decides the class, not "too many", "exceeded" or "limit".
func TestCounts(t *testing.T) {
	replies := builtin(t).Replies
	frames := []string{
		"421 4.7.0 Too many {n} from 192.0.2.1",
		"421 {N} limit exceeded",
		"451 4.7.1 {N} limit reached, try again later",
		"421 4.7.0 Maximum number of {n} exceeded",
		"550 5.7.1 Maximum {n} reached",
		"450 You have exceeded the maximum number of {n}",
		"421 The limit on {n} has been exceeded",
		"554 Too many {n}",
		"452 4.3.2 exceeded {n} limit",
		"421 4.7.0 Your server exceeds the allowed number of {n}",
		"421 More {n} than allowed",
		"451 no more {n} allowed from your host",
		"450 4.7.0 192.0.2.1 has reached its {n} limit",
		"421 4.7.0 {N} threshold exceeded for 192.0.2.1",
		"421 excessive number of {n}",
		"451 4.7.1 Reduce the number of {n} and try again",
		"450 the number of {n} from 192.0.2.1 is over the limit",
		"554 5.7.0 rejected: {n} limit",
		"421 only 10 {n} permitted",
		"421 You already have 10 {n}",
		"450 4.7.1 {N}: limit exceeded for 192.0.2.1",
		"550 5.7.0 Your host made too many {n}",
		"421 4.3.2 We only allow 5 {n}",
		"454 4.7.0 Limit of {n} has been hit",
	}
	for class, nouns := range map[string][]string{
		"connection-limit": {"connections", "sessions", "simultaneous connections", "concurrent sessions", "SMTP connections",
			"open connections", "parallel sessions", "connections from your IP", "incoming connections", "connections per minute",
			"new connections", "connections at the same time", "connection attempts"},
		"rate-limit": {"messages per hour", "emails per day", "mails per minute", "messages per connection", "messages per session",
			"messages from your IP", "recipients per hour", "messages sent today", "messages in the last hour", "deliveries per hour"},
		"other": {"recipients per message", "recipients in this message", "hops", "errors", "SMTP errors", "bad commands",
			"protocol errors", "invalid recipients", "unknown users"},
		"auth":          {"login attempts", "authentication failures", "failed logins"},
		"receiver-busy": {"processes", "queued messages", "open files"},
		"reputation":    {"complaints", "spam messages from your IP"},
	} {
		for _, noun := range nouns {
			title := strings.ToUpper(noun[:1]) + noun[1:]
			for _, frame := range frames {
				reply := strings.NewReplacer("{n}", noun, "{N}", title).Replace(frame)
				if m := replies.Classify("", []byte(reply)); m.Class.String() != class {
					t.Errorf("%q: %s by %q, want %s", reply, m.Class, m.Rule, class)
				}
			}
		}
	}
}
