package diagnosis

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// pressed is a destination that refused many attempts for connection limits.
func pressed(change func(*group.Acc)) report.Group {
	set, err := rules.Builtin()
	if err != nil {
		panic(err)
	}
	a := group.NewAcc()
	a.Counts = group.Counts{Attempts: 900, Recipients: 500, Messages: 500, Sessions: 800, Delivered: 400, Deferred: 500}
	a.Refusals[mail.ConnectionLimit] = 480
	a.TroubleRefusals, a.TroubleMessages, a.TroubleRecipients = 480, 300, 300
	change(a)
	accs := map[group.Key]*group.Acc{{Platform: "a.example", SendingIP: "192.0.2.1"}: a}
	return Groups(group.Summaries(accs, group.Context{Thresholds: set.Thresholds}), set, func(p string) Destination { return Destination{Name: p} })[0]
}

// The audit has nine items, each with what this log shows of it: the replies that name
// it, a share, or that no log has it (H31, H71-H76).
func TestAudit(t *testing.T) {
	g := pressed(func(a *group.Acc) {
		a.Replies = map[string]*group.ReplyCount{}
		a.Refusals[mail.MailboxUnknown] = 9
		a.Refusals[mail.Listing] = 2
		for template, r := range map[string]group.ReplyCount{
			"550 5.7.23 SPF check failed":                       {Class: mail.Auth, Count: 3},
			"550 5.7.1 rejected by the DMARC policy of *":       {Class: mail.Auth, Count: 1},
			"450 4.7.1 Helo command rejected":                   {Class: mail.PtrHelo, Count: 7},
			"421 4.7.0 too many connections, ask about spf":     {Class: mail.ConnectionLimit, Count: 99},
			"550 5.7.25 client host has no reverse dns":         {Class: mail.PtrHelo, Count: 4},
			"550 5.7.25 client host has no reverse dns (again)": {Class: mail.PtrHelo, Count: 1},
		} {
			a.Replies[template] = &r
		}
	})
	f := func(id, status string, value float64, texts ...string) {
		t.Helper()
		i := slices.IndexFunc(g.Audit, func(x report.AuditItem) bool { return x.ID == id })
		if i < 0 {
			t.Fatalf("no item %s", id)
		}
		x := g.Audit[i]
		if x.Status != status || (x.Value == nil) != (status == notInLogs) || x.Value != nil && *x.Value != value || x.Source == "" {
			t.Errorf("%s: %+v, want %s %v", id, x, status, value)
		}
		for _, want := range texts {
			if !strings.Contains(x.Text, want) {
				t.Errorf("%s lacks %q: %q", id, want, x.Text)
			}
		}
	}
	f("spf", seen, 3, "SPF: 3 refusals naming it; check that the sending IP is authorised", "lookup limits")
	f("dkim", notSeen, 0, "DKIM: 0 refusals naming it", "all production streams are signed", "stable selectors", "no failures now and then")
	f("dmarc", seen, 1, "1 refusal naming it", "aggregate reports", "unauthorised source", "source that fails")
	f("reverse-dns", seen, 5, "5 refusals naming it")
	f("helo", seen, 7, "full name of the sending host")
	f("tls", notSeen, 0)
	f("complaints", notInLogs, 0, "not in delivery logs", "list age", "sudden shifts of traffic")
	f("unknown-users", seen, 0.01, "1% of the attempts")
	f("blocklists", seen, 2, "2 replies naming a list", "recent changes")
	if len(g.Audit) != 9 {
		t.Errorf("%d items", len(g.Audit))
	}
}

// The time that the mail at hand needs, from the advised number of sessions down to a
// single one (H23); every IP has sessions of its own.
func TestDrain(t *testing.T) {
	g := pressed(func(a *group.Acc) {
		a.TroubleFates.Queued, a.Busy, a.BusyCount = 4870, 4870e6, 4870
	})
	want := report.Drain{Messages: 4870, Sessions: 2, Seconds: 2460, LowS: 2460, HighS: 4920, Basis: "measured",
		Text: "4,870 recipients at 2 sessions need about 41m, at 1 up to 1h22m"}
	if g.Drain == nil || *g.Drain != want {
		t.Errorf("got %+v, want %+v", g.Drain, want)
	}
	g = pressed(func(a *group.Acc) { a.TroubleFates.Queued, a.Busy, a.BusyCount = 1, 1e6, 1 })
	if g.Drain == nil || !strings.HasPrefix(g.Drain.Text, "1 recipient at 2 sessions needs about") {
		t.Errorf("of one recipient: %+v", g.Drain)
	}
	if g := pressed(func(*group.Acc) {}); g.Drain != nil {
		t.Errorf("no mail waits, but %+v", g.Drain)
	}
}

// Phases come in their order (H25), a short report has few notes, and whoever reads it
// is told whom to ask (C04, C107).
func TestAdvise(t *testing.T) {
	for _, esp := range []bool{false, true} {
		g := pressed(func(a *group.Acc) { a.ESP = esp; a.TroubleFates.Expired = 5 })
		last, owners := 0, map[string]bool{}
		for _, s := range g.Steps {
			n := slices.Index(rules.Phases(), s.Phase)
			if n < last {
				t.Errorf("esp %v: %s comes after %s", esp, s.Phase, rules.Phases()[last])
			}
			last, owners[s.Owner] = n, true
		}
		if owners["esp"] != esp || owners["mta-operator"] == esp {
			t.Errorf("esp %v: owners %v", esp, owners)
		}
		brief := 0
		for _, n := range g.Advice {
			brief += flag(n.Brief)
			if n.Source == "" || n.Text == "" {
				t.Errorf("note %+v", n)
			}
		}
		if brief == 0 || brief > mostNotes || brief == len(g.Advice) || g.Advice[0].ID != "incident" {
			t.Errorf("esp %v: %d brief notes of %+v", esp, brief, g.Advice)
		}
	}
}

// One refusal asks for nothing (C56, C65).
func TestOneRefusalAsksForNothing(t *testing.T) {
	g := pressed(func(a *group.Acc) {
		a.Refusals[mail.ConnectionLimit], a.TroubleRefusals, a.TroubleMessages = 1, 1, 1
	})
	if g.Cause != "unclear" || len(g.Steps)+len(g.Advice) > 0 || g.Drain != nil {
		t.Errorf("%s: %+v %+v %+v", g.Cause, g.Steps, g.Advice, g.Drain)
	}
}

// What a receiver's replies say decides the first step.
func TestStopSending(t *testing.T) {
	for rule, want := range map[string]string{"yahoo-permanent": "stop-sending", "yahoo-deferred": "keep-queued"} {
		g := pressed(func(a *group.Acc) {
			a.Replies = map[string]*group.ReplyCount{"421 4.7.1 [ts03]": {Class: mail.Reputation, Rule: rule, Count: 190}}
		})
		if len(g.Steps) == 0 || g.Steps[0].ID != want {
			t.Errorf("%s: %+v", rule, g.Steps)
		}
	}
}
