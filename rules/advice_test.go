package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// everySituation calls f for all causes, states, readers and pools, each with facts
// of several kinds, and returns how many there were.
func everySituation(f func(name string, s Situation)) (n int) {
	pools := map[string]map[string]float64{
		"unknown": {}, "shared": {"pool_shared": 1, "pool_dedicated": 0}, "dedicated": {"pool_shared": 0, "pool_dedicated": 1},
	}
	kinds := map[string]map[string]float64{
		"nothing known": {},
		"calm": {"attempts": 900, "trouble_refusals": 60, "trouble_share": 0.07, "trouble_messages": 40, "trouble_expired": 0, "trouble_delivered_share": 1,
			"retry_wait": 600, "retry_gap": 900, "clean_windows": 6, "peak_sessions": 2, "limit_refusals": 60, "unknown_user_share": 0.004, "healthy_destinations": 0},
		"lost": {"attempts": 9000, "trouble_refusals": 6000, "trouble_share": 0.7, "trouble_messages": 5000, "trouble_expired": 12, "trouble_delivered_share": 0.2,
			"retry_wait": 7200, "retry_gap": 5, "clean_windows": 0, "peak_sessions": 40, "limit_refusals": 6000, "unknown_user_share": 0.2, "healthy_destinations": 58,
			"transactional_refusals": 900, "transactional_expired": 12, "attempts_per_session": 3, "batch": 4870, "batch_time": 2460, "messages_per_day": 800},
	}
	for _, cause := range append(CauseNames(), "unclear") {
		for _, state := range append(States(), "") {
			for pool, declared := range pools {
				for kind, measured := range kinds {
					for _, esp := range []bool{false, true} {
						known := facts(declared)
						for name, m := range facts(measured) {
							known[name] = m
						}
						f(fmt.Sprintf("%s, %s, pool %s, %s, esp %v", cause, state, pool, kind, esp), Situation{Cause: cause, State: state, ESP: esp, Facts: known})
						n++
					}
				}
			}
		}
	}
	return n
}

// brace is a name that no number took the place of.
var brace = regexp.MustCompile(`[{}]|\?`)

// Whatever the cause, the state, the reader and the pool: phases come in their order;
// sessions go down before anything else changes and before reputation is looked at;
// neither more IPs nor content nor DNS are among the first four steps; the cap stays
// (H06, H20-H26, H34, H70, H89, H92, H97, C104, C109, X02).
func TestStepsInEverySituation(t *testing.T) {
	a := builtin(t).Advice
	capacity := regexp.MustCompile(`(?i)more ips|second ip|ip of your own|dedicated|more capacity|content|dns|dkim|subject`)
	n := everySituation(func(name string, s Situation) {
		steps := a.StepsFor(s)
		at, phase := map[string]int{}, 0
		for i, step := range steps {
			if at[step.ID] > 0 {
				t.Errorf("%s: step %s is there twice", name, step.ID)
			}
			at[step.ID] = i + 1
			p := slices.Index(Phases(), step.Phase)
			if p < phase {
				t.Errorf("%s: %s after %s", name, step.Phase, Phases()[phase])
			}
			phase = p
			if i < 4 && capacity.MatchString(step.Text) {
				t.Errorf("%s: step %d is %q", name, i+1, step.Text)
			}
			if len(s.Facts) > 9 && brace.MatchString(step.Text) {
				t.Errorf("%s: %s lacks a number: %q", name, step.ID, step.Text)
			}
			if !slices.Contains(Owners(), step.Owner) || step.Source == "" {
				t.Errorf("%s: step %+v has no owner or no source", name, step)
			}
		}
		if phase != len(Phases())-1 {
			t.Errorf("%s: the repair ends with %s", name, Phases()[phase])
		}
		order := []string{"keep-queued", "pause-bursts", "lower-sessions", "slow-retries", "inspect-reputation", "keep-cap"}
		for i, id := range order {
			if at[id] == 0 || i > 0 && at[order[i-1]] > at[id] {
				t.Errorf("%s: %s is step %d: %v", name, id, at[id], at)
			}
		}
		if at["lower-sessions"] > 4 || s.Cause == "listing" && at["delist"] != 2 {
			t.Errorf("%s: lower-sessions is step %d, delist step %d", name, at["lower-sessions"], at["delist"])
		}
		for _, later := range []string{"check-pool", "move-stream", "raise-slowly", "review-capacity", "test-message", "separate-stream"} {
			if at[later] > 0 && at[later] < at["slow-retries"] {
				t.Errorf("%s: %s is step %d, before retries slow down", name, later, at[later])
			}
		}
		if at["review-capacity"] > 0 && at["review-capacity"] != len(steps) {
			t.Errorf("%s: capacity is reviewed in step %d of %d", name, at["review-capacity"], len(steps))
		}
	})
	if n < 500 {
		t.Errorf("%d situations", n)
	}
}

// Nobody is told to do what only somebody else can do: the customer of an ESP has no
// queue to set, whoever runs an MTA has no ESP to ask (X03, C35, C38, C39, C107).
func TestAdviceIsForItsReader(t *testing.T) {
	a := builtin(t).Advice
	own := regexp.MustCompile(`(?i)main\.cf|^cap this|^pause new|^retry after|HELO name of|close idle`)
	asks := regexp.MustCompile(`(?i)\b(the|your|an) ESP\b|escalate`)
	everySituation(func(name string, s Situation) {
		check := func(id, text, owner string) {
			t.Helper()
			switch {
			case s.ESP && own.MatchString(text):
				t.Errorf("%s: %s asks a customer to run the queue: %q", name, id, text)
			case !s.ESP && asks.MatchString(text):
				t.Errorf("%s: %s asks for an ESP: %q", name, id, text)
			case s.ESP && owner == "mta-operator", !s.ESP && strings.HasPrefix(owner, "esp"):
				t.Errorf("%s: %s is the business of %s", name, id, owner)
			case owner == "esp" && !strings.Contains(text, "ask") && id != "keep-cap":
				t.Errorf("%s: %s is the ESP's, and nobody asks it: %q", name, id, text)
			}
		}
		for _, step := range a.StepsFor(s) {
			check(step.ID, step.Text, step.Owner)
		}
		for _, n := range a.NotesFor(s) {
			check(n.ID, n.Text, "")
		}
	})
}

// situation is one with measured facts.
func situation(cause, state string, esp bool, pairs map[string]float64) Situation {
	return Situation{Cause: cause, State: state, ESP: esp, Facts: facts(pairs)}
}

func stepIDs(s Situation, a *Advice) (ids []string) {
	for _, step := range a.StepsFor(s) {
		ids = append(ids, step.ID)
	}
	return ids
}

// Looking at messages, the domain and block lists waits until the queue clears (H07);
// raising the cap waits for clean windows (H26, H39, H63, H88), and the way back is
// named (H64). What more IPs are for comes last (H95).
func TestStatesGateSteps(t *testing.T) {
	a := builtin(t).Advice
	f := func(state string, clean float64, id string, want bool) {
		t.Helper()
		for _, cause := range CauseNames() {
			for _, esp := range []bool{false, true} {
				ids := stepIDs(situation(cause, state, esp, map[string]float64{"clean_windows": clean}), a)
				if slices.Contains(ids, id) != want {
					t.Errorf("%s, %s, %v clean windows (esp %v): step %s, want %v: %v", cause, state, clean, esp, id, want, ids)
				}
			}
		}
	}
	f("active", 0, "test-message", false)
	f("active", 9, "test-message", false)
	f("recovering", 0, "test-message", true)
	f("recovered", 0, "test-message", true)
	f("stable", 0, "test-message", true)
	f("active", 9, "raise-slowly", false)
	f("recovering", 3, "raise-slowly", false)
	f("recovering", 4, "raise-slowly", true)
	f("recovered", 4, "raise-slowly", true)
	f("active", 0, "review-capacity", false)
	f("recovering", 4, "review-capacity", false)
	f("recovered", 4, "review-capacity", true)
}

// text is the text of a step or note, "" if it is not there.
func text(a *Advice, s Situation, id string) string {
	for _, step := range a.StepsFor(s) {
		if step.ID == id {
			return step.Text
		}
	}
	return ""
}

func note(a *Advice, s Situation, id string) string {
	for _, n := range a.NotesFor(s) {
		if n.ID == id {
			return n.Text
		}
	}
	return ""
}

// Texts have the numbers that were measured, and choose their words by them.
func TestStepTexts(t *testing.T) {
	a := builtin(t).Advice
	f := func(cause, state string, esp bool, pairs map[string]float64, id string, want ...string) {
		t.Helper()
		got := text(a, situation(cause, state, esp, pairs), id)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s, %s, %v (esp %v): step %s lacks %q: %q", cause, state, pairs, esp, id, w, got)
			}
		}
	}
	own, esp := false, true
	f("burst", "active", own, map[string]float64{"peak_sessions": 12}, "lower-sessions", "1-2 sessions per sending IP, down from up to 12", "operating target, not a limit the receiver published", "leave other destinations alone")
	f("burst", "active", own, map[string]float64{"peak_sessions": 3}, "lower-sessions", "1-2 sessions per sending IP (an operating target")
	f("burst", "active", esp, nil, "lower-sessions", "concurrent sessions to this receiver's MX hosts", "operating target")
	f("burst", "active", own, map[string]float64{"attempts_per_session": 2}, "pause-bursts", "15m", "close idle sessions")
	f("burst", "recovered", own, nil, "pause-bursts", "whenever the reply returns")
	f("burst", "active", own, map[string]float64{"retry_gap": 300}, "slow-retries", "15m, doubling, at most 4h", "here the median gap is 5m")
	f("burst", "active", own, map[string]float64{"batch": 4870, "batch_time": 2460}, "spread-queue", "over at least 41m")
	f("trust", "active", own, map[string]float64{"unknown_user_share": 0.25}, "inspect-reputation", "only stops the pressure", "why this receiver keeps limiting", "25%", "while the cap stays", "list quality")
	f("trust", "active", esp, nil, "separate-stream", "ask the ESP", "critical mail apart", "stable infrastructure", "the list is yours to clean")
	f("burst", "active", esp, map[string]float64{"pool_shared": 1, "pool_dedicated": 0}, "check-pool", "stricter limit for this MX", "healthier pool", "dedicated IP with a warm-up plan")
	f("burst", "active", esp, nil, "check-pool", "whether this mail shares a pool", "being throttled")
	f("burst", "active", esp, map[string]float64{"trouble_expired": 7}, "move-stream", "7 recipients", "dedicated IP or a separate pool", "controlled ramp")
	f("burst", "recovered", own, map[string]float64{"clean_windows": 5}, "raise-slowly", "after 5 clean windows of 15m", "to 3-5 sessions", "complaints are steady, too (no log tells)", "back to 1-2 if the reply returns")
	f("burst", "recovered", own, map[string]float64{"clean_windows": 5}, "keep-cap", "do not remove the cap", "old schedule", "watch the deferral rate")
	f("burst", "active", own, map[string]float64{"clean_windows": 1}, "keep-cap", "until 4 clean windows of 15m (so far 1)", "More IPs: not yet")
	f("burst", "recovering", own, nil, "test-message", "test message", "health of the domain", "DMARC", "block lists")
	f("burst", "active", esp, map[string]float64{"pool_shared": 0, "pool_dedicated": 1}, "check-pool", "IP of your own", "limit sessions per destination")
	f("burst", "active", esp, map[string]float64{"trouble_expired": 7, "pool_dedicated": 1}, "move-stream", "route this stream apart")
	if got := text(a, situation("burst", "active", own, map[string]float64{"trouble_expired": 7}), "move-stream"); got != "" {
		t.Errorf("whoever runs an MTA has no ESP's pools: %q", got)
	}
}

// The owners of fixes are one table (C50-C54), and each step has its row.
func TestOwnersOfFixes(t *testing.T) {
	a := builtin(t).Advice
	f := func(fix, own, esp, why string) {
		t.Helper()
		row := first(a.Fixes, func(x *Fix) bool { return x.Fix == fix })
		if row == nil || row.Own != own || row.ESP != esp || !strings.Contains(row.Why, why) {
			t.Errorf("%s: %+v", fix, row)
		}
	}
	f("concurrency", "mta-operator", "esp", "fewer open sessions")
	f("retry-timing", "mta-operator", "esp", "less repeated pressure")
	f("dedicated-ip", "sender", "esp-and-sender", "separate connection budget")
	f("authentication", "sender", "sender", "better trust signals")
	f("list-hygiene", "sender", "sender", "fewer bad attempts")
	f("reputation", "sender", "esp-and-sender", "")
	if a.OwnerOf("trust") != "esp-and-sender" || a.OwnerOf("burst") != "" || a.Owner("no such fix", true) != "" {
		t.Errorf("owner of trust %q, of burst %q", a.OwnerOf("trust"), a.OwnerOf("burst"))
	}
}

// The audit has all nine items (H71), and finds the replies that name them (H72).
func TestAuditItems(t *testing.T) {
	a := builtin(t).Advice
	var ids []string
	for i := range a.Audit {
		ids = append(ids, a.Audit[i].ID)
		if a.Audit[i].Logged() != (a.Audit[i].ID != "complaints") {
			t.Errorf("%s: logged %v", a.Audit[i].ID, a.Audit[i].Logged())
		}
	}
	if want := "spf dkim dmarc reverse-dns helo tls complaints unknown-users blocklists"; strings.Join(ids, " ") != want {
		t.Errorf("items %v, want %s", ids, want)
	}
	f := func(class mail.Class, template string, want string) {
		t.Helper()
		var got []string
		for i := range a.Audit {
			if a.Audit[i].Names(class, template) {
				got = append(got, a.Audit[i].ID)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s %q: %v, want %s", class, template, got, want)
		}
	}
	f(mail.Auth, "550 5.7.23 check failed for *", "spf")
	f(mail.Auth, "550 5.7.1 SPF and DKIM failed, DMARC policy is reject", "spf dkim dmarc")
	f(mail.Auth, "550 5.7.20 no passing signature", "dkim")
	f(mail.Auth, "550 5.7.26 unauthenticated", "dmarc")
	f(mail.Auth, "530 5.7.0 authentication required", "")
	f(mail.PtrHelo, "450 4.7.25 cannot find your hostname, [*]", "reverse-dns")
	f(mail.PtrHelo, "450 4.7.1 Helo command rejected", "helo")
	f(mail.TLS, "530 5.7.0 Must issue a STARTTLS command first", "tls")
	f(mail.ConnectionLimit, "421 too many connections, see spf.example.net", "")
	f(mail.Auth, "550 5.7.1 spfx dkim2 15.7.23 5.7.231", "")
	f(mail.Auth, "", "")
}

// Notes hold only where their condition does, most relevant first, and say what was
// measured.
func TestNotes(t *testing.T) {
	a := builtin(t).Advice
	has := func(s Situation, id string, want ...string) {
		t.Helper()
		got := note(a, s, id)
		if got == "" {
			t.Errorf("%s, %s (esp %v): no note %s", s.Cause, s.State, s.ESP, id)
		}
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("note %s lacks %q: %q", id, w, got)
			}
		}
	}
	lacks := func(s Situation, id string) {
		t.Helper()
		if got := note(a, s, id); got != "" {
			t.Errorf("%s, %s (esp %v): note %s: %q", s.Cause, s.State, s.ESP, id, got)
		}
	}
	own := func(pairs map[string]float64) Situation { return situation("burst", "active", false, pairs) }
	esp := func(pairs map[string]float64) Situation { return situation("burst", "active", true, pairs) }
	recovering := func(isESP bool, pairs map[string]float64) Situation {
		return situation("burst", "recovering", isESP, pairs)
	}

	// Lost mail is an incident (C61, C97).
	has(own(map[string]float64{"trouble_expired": 3}), "incident", "3 recipients", "time-sensitive", "production incident")
	has(esp(map[string]float64{"trouble_expired": 3, "transactional_expired": 2}), "incident", "2 transactional recipients", "escalate now, with examples")
	lacks(own(map[string]float64{"trouble_expired": 0, "transactional_expired": 0}), "incident")
	// Whose it is (C04-C06, C109-C111).
	has(esp(nil), "not-the-domain", "content, a DNS record, or asking recipients", "connection limits, retries, queues and pools")
	lacks(own(nil), "not-the-domain")
	has(esp(nil), "sender-part", "prove the pattern", "SPF, DKIM and DMARC clean", "monitor block lists", "separate critical mail", "complete evidence")
	has(esp(nil), "three-remedies", "fewer sessions", "slower delivery", "noisy senders")
	// One limit for all is wrong both ways (H32), and it says who would suffer.
	has(own(map[string]float64{"healthy_destinations": 58}), "not-global", "other destinations here (58)", "for nothing")
	has(own(map[string]float64{"healthy_destinations": 0}), "not-global", "a low one slows", "a high one leaves this receiver under pressure")
	lacks(esp(nil), "not-global")
	// A poor reputation changes nothing about the first repair (H97).
	has(situation("trust", "active", false, map[string]float64{"connection_limit_refusals": 60}), "direct-text", "sessions go down first")
	lacks(own(nil), "direct-text")
	// Test messages prove little (H29, H30, C64).
	for _, s := range []Situation{recovering(false, nil), recovering(true, nil), esp(nil)} {
		has(s, "test-message", "broken SPF", "DKIM gaps", "weak HELO name", "missing reverse DNS", "content unlike your usual streams")
	}
	has(recovering(false, nil), "test-message", "does not prove that this receiver accepts every recipient")
	has(esp(nil), "test-message", "does not reproduce a cap", "before you escalate")
	lacks(own(nil), "test-message")
	// Clean authentication removes no cap (C63), a clean domain clears no pool (C102).
	has(own(nil), "clean-auth", "remove no cap", "makes throttling by reputation worse")
	has(esp(nil), "clean-auth", "does not rule out pressure in a shared pool")
	// Where it should go, and what to watch (H87, C96).
	has(recovering(false, nil), "target", "predictable delivery", "not the highest speed")
	has(recovering(false, map[string]float64{"trouble_expired": 0, "trouble_delivered_share": 0.98, "trouble_queued": 0}), "keep-watching", "98%", "keep watching")
	// Whoever is still queued has no end yet, and is said beside the share.
	has(recovering(false, map[string]float64{"trouble_expired": 0, "trouble_delivered_share": 1, "trouble_queued": 5}), "keep-watching", "with a known end", "5 are still queued")
	lacks(recovering(false, map[string]float64{"trouble_expired": 1, "trouble_delivered_share": 0.98}), "keep-watching")
	lacks(recovering(false, map[string]float64{"trouble_expired": 0, "trouble_delivered_share": 0.5}), "keep-watching")
	// More addresses (H65, H67, H68), with what is known and what is not.
	has(own(map[string]float64{"trouble_share": 0.2}), "second-ip", "no: 20% of the attempts refused", "(no log tells)", "warm-up, segmentation, complaints and monitoring")
	has(own(map[string]float64{"trouble_share": 0.001}), "second-ip", "here 0.1% of the attempts")
	has(own(map[string]float64{"messages_per_day": 800}), "small-sender", "800 messages a day", "thinner reputation", "more places for mistakes")
	lacks(own(map[string]float64{"messages_per_day": 5000}), "small-sender")
	lacks(own(nil), "small-sender")
	// The tool changes no queue (C80).
	has(own(nil), "no-control", "diagnose changes no queue")
	has(esp(nil), "no-control", "the ESP does")
}

// Whether to stay on a shared pool or to move follows from what was measured, each
// with its benefit and its risk (C62, C70, C72-C76, C103).
func TestSharedOrDedicated(t *testing.T) {
	a := builtin(t).Advice
	base := map[string]float64{
		"pool_shared": 1, "pool_dedicated": 0, "trouble_expired": 0, "trouble_delivered_share": 0.99, "retry_wait": 600, "trouble_messages": 40,
		"transactional_refusals": 0, "transactional_expired": 0, "limit_refusals": 60,
	}
	f := func(change map[string]float64, want string) {
		t.Helper()
		for _, esp := range []bool{false, true} {
			s := situation("burst", "active", esp, base)
			for name, m := range facts(change) {
				s.Facts[name] = m
			}
			for _, id := range []string{"stay-shared", "move-dedicated"} {
				if got := note(a, s, id); (got != "") != (id == want) {
					t.Errorf("%v (esp %v): %s says %q, want %q", change, esp, id, got, want)
				}
			}
		}
	}
	f(nil, "stay-shared")
	f(map[string]float64{"trouble_expired": 1}, "")
	f(map[string]float64{"trouble_delivered_share": 0.8}, "")
	f(map[string]float64{"retry_wait": 3600}, "")
	f(map[string]float64{"trouble_messages": 4000}, "")
	f(map[string]float64{"trouble_messages": 4000, "transactional_refusals": 900, "retry_wait": 3600}, "move-dedicated")
	f(map[string]float64{"trouble_messages": 4000, "transactional_refusals": 900, "trouble_expired": 2, "transactional_expired": 2}, "move-dedicated")
	f(map[string]float64{"trouble_messages": 4000, "transactional_refusals": 900}, "") // hit often, and not late
	f(map[string]float64{"transactional_refusals": 3, "retry_wait": 3600}, "")         // too few
	f(map[string]float64{"trouble_messages": 4000, "transactional_refusals": 900, "retry_wait": 3600, "pool_shared": 0, "pool_dedicated": 1}, "")

	stay := note(a, situation("burst", "active", true, base), "stay-shared")
	base["transactional_refusals"], base["retry_wait"] = 900, 3600
	move := note(a, situation("burst", "active", true, base), "move-dedicated")
	dedicated := note(a, situation("burst", "active", false, map[string]float64{"pool_dedicated": 1, "limit_refusals": 60}), "dedicated-strict")
	for text, want := range map[string][]string{
		stay:      {"(40)", "after 10m", "spares warm-up", "noise of the pool remains"},
		move:      {"median 1h", "separates reputation and budget", "needs warm-up and steady volume", "without a cap per destination it meets the same limit"},
		dedicated: {"does not lift a cap"},
	} {
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("no %q in %q", w, text)
			}
		}
	}
}

// Every mistake in advice is told with its place.
func TestAdviceErrors(t *testing.T) {
	src := `fixes:
  - {fix: queue, own: operator, esp: esp, why: w, source: s, causes: [bursts]}
steps:
  - id: a
    phase: throttle
    states: [activ]
    causes: [bursts]
    when: {fact: atempts, gte: 1}
    text: "{no_such_fact}"
    fix: queu
    source: s
  - id: b
    phase: pause
    esp: "{paus}"
    fix: queue
  - phase: never
    fix: queue
    source: s
notes:
  - id: n
    text: "{"
audit:
  - {id: x, name: n, check: c, fact: atempts, classes: [auth], codes: [spf], words: [SPF], source: s}
  - {id: y, name: n, check: c, words: [spf], source: s}
missing:
  - {text: t}
`
	_, errs := LoadAdvice("advice.yaml", []byte(src), builtin(t).Thresholds)
	var all strings.Builder
	for _, err := range errs {
		all.WriteString(err.Error() + "\n")
	}
	for _, want := range []string{
		`advice.yaml:2:23: unknown own "operator"`, `advice.yaml:2:71: unknown causes "bursts"; did you mean "burst"?`,
		`advice.yaml:6:14: unknown states "activ"; did you mean "active"?`, `advice.yaml:7:14: unknown causes "bursts"`,
		`advice.yaml:8:18: unknown fact "atempts"; did you mean "attempts"?`, `advice.yaml:9:11: text names unknown fact or threshold "no_such_fact"`,
		`advice.yaml:10:10: unknown fix "queu"; did you mean "queue"?`, `advice.yaml:13:12: step "b": phase pause comes before throttle`,
		`advice.yaml:14:10: text names unknown fact or threshold "paus"; did you mean "pause"?`, `advice.yaml:12:5: no source`,
		`advice.yaml:16:12: unknown phase "never"`, `needs id`, `needs text or esp`, `advice.yaml:21:11: text "{" has { without }`,
		`advice.yaml:23:38: unknown fact "atempts"`, `give a fact, or classes`, `needs shows`, `"spf"`, `a word in lower case, have "SPF"`, `advice.yaml:26:6: no source`,
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q among:\n%s", want, all.String())
		}
	}
	if _, errs := LoadAdvice("advice.yaml", []byte("notes: []\n"), nil); len(errs) != 1 || !strings.Contains(errs[0].Error(), "advice.yaml:1:1: needs steps") {
		t.Errorf("no steps: %v", errs)
	}
}

// Where a reply says that retrying will not succeed, stopping comes first, and nothing
// after it asks for a retry as if it could (senders.yahooinc.com: do not resend).
func TestStopSending(t *testing.T) {
	set := builtin(t)
	for _, esp := range []bool{false, true} {
		s := situation("trust", "active", esp, map[string]float64{"retry_gap": 300})
		if got := text(set.Advice, s, "stop-sending"); got != "" {
			t.Errorf("esp %v: without such a reply: %q", esp, got)
		}
		s.Replies = []string{"code-421", "yahoo-permanent"}
		steps := set.Advice.StepsFor(s)
		if steps[0].ID != "stop-sending" || !strings.Contains(steps[0].Text, "retrying will not succeed") {
			t.Errorf("esp %v: first comes %+v", esp, steps[0])
		}
		if got := text(set.Advice, s, "slow-retries"); !strings.Contains(got, "not before") {
			t.Errorf("esp %v: %q", esp, got)
		}
		if got := text(set.Advice, s, "keep-queued"); strings.Contains(got, "queued") || !strings.Contains(got, "expire") {
			t.Errorf("esp %v: %q", esp, got)
		}
	}
	lost := situation("listing", "active", false, map[string]float64{"trouble_bounced": 359})
	if got := text(set.Advice, lost, "keep-queued"); !strings.Contains(got, "359 recipients were turned away for good") || !strings.Contains(got, "not bad addresses") {
		t.Errorf("turned away for good: %q", got)
	}
	for i := range set.Advice.Steps {
		for _, id := range set.Advice.Steps[i].Replies {
			if set.Rule(id) == nil {
				t.Errorf("step %s is for rule %s, which there is not", set.Advice.Steps[i].ID, id)
			}
		}
	}
}
