package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// busy is a destination that refuses half of the attempts for connection limits,
// and what else is known of it.
func busy(more map[string]float64) rules.Facts {
	facts := rules.Facts{}
	for _, list := range []map[string]float64{{
		"attempts": 2000, "accepted": 1000, "accepted_share": 0.5, "limit_refusals": 1000, "connection_limit_refusals": 1000,
		"trouble_refusals": 1000, "trouble_messages": 500, "trouble_share": 0.5, "trouble_expired": 0, "trouble_bounced": 0,
		"listing_refusals": 0, "listing_share": 0, "reputation_refusals": 0, "reputation_share": 0,
	}, more} {
		for name, v := range list {
			facts[name] = rules.Measure{Value: v, Basis: rules.Measured}
		}
	}
	return facts
}

// The shapes of traffic of the table of seed H.
var shapes = map[string]map[string]float64{
	"burst":          {"offered_sessions": 40, "arrivals_busiest": 800, "peak_sessions": 25, "curve_odds": 8, "refused_below": 0.05, "refused_above": 0.9, "retries_per_first": 0.5, "retry_gap": 900},
	"trust":          {"offered_sessions": 0.2, "refused_calm": 0.8, "attempts_calm": 120, "attempts_above": 0, "peak_sessions": 2, "connections_busiest": 2, "retries_per_first": 1, "retry_gap": 900},
	"queue-pressure": {"offered_sessions": 1.2, "retries_per_first": 12, "retry_gap": 5, "peak_sessions": 9},
	"warm-up":        {"new_ip": 1, "offered_sessions": 2, "curve_odds": 0.9, "refused_low": 0.5, "retries_per_first": 1, "retry_gap": 900},
	"listing":        {"listing_refusals": 300, "listing_share": 0.3, "retries_per_first": 1, "retry_gap": 900},
}

// advice is the steps for a cause by their ids, in order.
func advice(t *testing.T, name string, esp bool) (ids []string, byID map[string]rules.Step) {
	t.Helper()
	byID = map[string]rules.Step{}
	for _, s := range builtin(t).Advice.StepsFor(rules.Situation{Cause: name, Facts: busy(shapes[name]), ESP: esp}) {
		ids = append(ids, s.ID)
		byID[s.ID] = s
	}
	return ids, byID
}

// What every advice has, whatever the cause, and who is to do it: the mail stays
// queued, pressure goes first, then reputation; the cap is kept (H06, H13, H17, H20,
// H22, H24, H26, H91, H99, H100, C35, C50, C51, C109).
func TestEveryAdvice(t *testing.T) {
	for _, name := range rules.CauseNames() {
		for _, esp := range []bool{false, true} {
			ids, steps := advice(t, name, esp)
			says := func(id string, want ...string) {
				t.Helper()
				text := strings.ToLower(steps[id].Text)
				for _, w := range want {
					if !strings.Contains(text, w) {
						t.Errorf("%s (esp %v): step %q lacks %q: %q", name, esp, id, w, text)
					}
				}
			}
			if ids[0] != "keep-queued" {
				t.Errorf("%s (esp %v): the first step is %s", name, esp, ids[0])
			}
			if esp {
				says("keep-queued", "do not suppress")
			} else {
				says("keep-queued", "keep the deferred mail queued", "not bad addresses")
				says("pause-bursts", "drain")
				says("lower-sessions", "1-2 sessions per sending ip", "not a limit the receiver published", "leave other destinations alone")
			}
			says("slow-retries", "15m, doubling, at most 4h")
			says("inspect-reputation", "complaint rate", "unknown users", "spf", "dkim", "dmarc", "block lists")
			says("keep-cap", "until 4 clean windows of 15m")
			if keep, look := slices.Index(ids, "keep-cap"), slices.Index(ids, "inspect-reputation"); keep < look {
				t.Errorf("%s (esp %v): keep-cap is step %d, inspect-reputation step %d", name, esp, keep+1, look+1)
			}
			owner := "mta-operator"
			if esp {
				owner = "esp"
			}
			for _, id := range []string{"pause-bursts", "lower-sessions", "slow-retries"} {
				if steps[id].Owner != owner {
					t.Errorf("%s (esp %v): %s is the business of %s", name, esp, id, steps[id].Owner)
				}
			}
			if o := steps["inspect-reputation"].Owner; o != "sender" {
				t.Errorf("%s: inspect-reputation is the business of %s", name, o)
			}
			// No rewrite of content, no change of DNS alone among the first steps.
			for _, id := range ids[:4] {
				text := strings.ToLower(steps[id].Text)
				if strings.Contains(text, "content") || strings.Contains(text, "dns") || strings.Contains(text, "subject") {
					t.Errorf("%s (esp %v): %s: %q", name, esp, id, text)
				}
			}
		}
	}
}

// Each signal points to its next step (H52 to H56): spread, audit, back off, ramp,
// fix the source. Where two hold they are ranked, and each has its step (H57).
func TestEachSignalHasItsStep(t *testing.T) {
	table := builtin(t).Causes
	for name, step := range map[string]string{
		"burst": "spread-queue", "trust": "inspect-reputation", "queue-pressure": "slow-retries", "warm-up": "ramp-slowly", "listing": "delist",
	} {
		got := cause.Decide(table, busy(shapes[name]))
		if got.Cause != name {
			t.Errorf("%s: decided as %s", name, got.Cause)
		}
		if ids, _ := advice(t, name, false); !slices.Contains(ids, step) {
			t.Errorf("%s: no step %s in %v", name, step, ids)
		}
	}
	for cause, alone := range map[string]string{"warm-up": "ramp-slowly", "listing": "delist"} {
		for name := range shapes {
			if ids, _ := advice(t, name, false); name != cause && slices.Contains(ids, alone) {
				t.Errorf("%s is advised for %s", alone, name)
			}
		}
	}
	both := busy(shapes["burst"])
	for name, v := range shapes["listing"] {
		both[name] = rules.Measure{Value: v}
	}
	v := cause.Decide(table, both).Verdicts
	if len(v) < 2 || v[0].Cause != "listing" || !v[0].Holds || v[1].Cause != "burst" || !v[1].Holds {
		t.Fatalf("two causes hold: %+v", v)
	}
	// What presses now and what is beneath it are two findings (H18).
	if v[0].Role != "underlying" || v[1].Role != "immediate" {
		t.Errorf("roles %s and %s", v[0].Role, v[1].Role)
	}
	for _, k := range v[:2] {
		if !slices.ContainsFunc(k.Evidence, func(e rules.Evidence) bool { return e.Sign == "+" }) {
			t.Errorf("%s holds without evidence", k.Cause)
		}
	}
}

// Retries every few seconds are named with their gap, beside what is advised (H14,
// H35, H80).
func TestHammeringIsNamed(t *testing.T) {
	said := func(gap float64) string {
		facts := busy(shapes["queue-pressure"])
		facts["retry_gap"] = rules.Measure{Value: gap}
		var s []string
		for _, v := range cause.Decide(builtin(t).Causes, facts).Verdicts {
			for _, e := range v.Evidence {
				if v.Cause == "queue-pressure" && e.Sign == "+" {
					s = append(s, e.Text)
				}
			}
		}
		return strings.Join(s, "\n")
	}
	for _, want := range []string{"12 retries for each first attempt", "the median retry comes after 5s; the advice is 15m", "retries exceed the original send"} {
		if got := said(5); !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if got := said(3600); strings.Contains(got, "the advice is") || strings.Contains(got, "exceed the original send") {
		t.Errorf("an hour's gap is called fast:\n%s", got)
	}
}

// Severity and cause are two axes: each cause at each level (X04).
func TestCauseAndSeverityAreTwoAxes(t *testing.T) {
	got := map[string]bool{}
	for name, shape := range shapes {
		for _, expired := range []float64{0, 3} {
			facts := busy(shape)
			facts["trouble_expired"] = rules.Measure{Value: expired}
			f := cause.Decide(builtin(t).Causes, facts)
			if f.Cause != name {
				t.Errorf("%s with %v expired: %s", name, expired, f.Cause)
			}
			got[f.Cause+" "+f.Severity] = true
		}
	}
	for name := range shapes {
		for _, level := range []string{"watch", "escalate"} {
			if !got[name+" "+level] {
				t.Errorf("%s is never %s: %v", name, level, got)
			}
		}
	}
}

// Receivers of businesses and gateways are expected to cap more strictly: the same
// numbers weigh more for a burst there and less for missing trust (C27).
func TestKindOfReceiverCounts(t *testing.T) {
	score := func(strict float64) (burst, trust float64) {
		facts := busy(map[string]float64{"offered_sessions": 3, "refused_calm": 0.2, "attempts_calm": 40, "peak_sessions": 4, "strict_receiver": strict})
		for _, v := range cause.Decide(builtin(t).Causes, facts).Verdicts {
			switch v.Cause {
			case "burst":
				burst = v.Score
			case "trust":
				trust = v.Score
			}
		}
		return burst, trust
	}
	consumerBurst, consumerTrust := score(0)
	gatewayBurst, gatewayTrust := score(1)
	if gatewayBurst <= consumerBurst || gatewayTrust >= consumerTrust {
		t.Errorf("burst %v and %v, trust %v and %v", consumerBurst, gatewayBurst, consumerTrust, gatewayTrust)
	}
}

// Destinations are consumer providers, business mailboxes, gateways, and what no
// rule knows (C58).
func TestKindsOfDestinations(t *testing.T) {
	ps := builtin(t).Providers
	f := func(mx string, want mail.Kind) {
		t.Helper()
		if d := ps.Destination([]byte(mx), nil); d.Kind != want {
			t.Errorf("%s is %s (%s), want %s", mx, d.Kind, d.Name, want)
		}
	}
	f("hotmail-com.olc.protection.outlook.com", mail.ConsumerMailbox)
	f("mta5.am0.yahoodns.net", mail.ConsumerMailbox)
	f("gmail-smtp-in.l.google.com", mail.ConsumerMailbox)
	f("example-com.mail.protection.outlook.com", mail.BusinessMailbox)
	f("mxa-00000001.gslb.pphosted.com", mail.SecurityGateway)
	f("eu-smtp-inbound-1.mimecast.com", mail.SecurityGateway)
	f("d1.ess.barracudanetworks.com", mail.SecurityGateway)
	f("cluster1.eu.messagelabs.com", mail.SecurityGateway)
	f("mx1.example.net", mail.CustomMX)
}

// Who can fix what: authentication and lists are the sender's, a limit is whose
// queue it is (C53, C54).
func TestOwnersOfClasses(t *testing.T) {
	m := builtin(t).Meanings
	f := func(class mail.Class, want string) {
		t.Helper()
		if got := m.Class(class).Fix; !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", class, got, want)
		}
	}
	f(mail.Auth, "owner of the sending domain")
	f(mail.MailboxUnknown, "sender (list hygiene)")
	f(mail.ConnectionLimit, "whoever runs the sending queue")
	f(mail.Greylist, "nobody")
	f(mail.ReceiverBusy, "the receiver")
	for _, name := range mail.ClassNames() {
		class, _ := mail.ParseClass(name)
		if fmt.Sprint(m.Class(class).First) == "[]" {
			t.Errorf("%s: nothing to do first", name)
		}
	}
}
