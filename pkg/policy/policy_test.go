package policy

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

var update = flag.Bool("update", false, "write the golden files")

func options(t testing.TB) Options {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Thresholds: set.Thresholds, Providers: set.Providers}
}

func ptr(n int64) *int64 { return &n }

func facts(offered, peak float64) report.Facts {
	o, _ := rules.FactNamed("offered_sessions")
	p, _ := rules.FactNamed("peak_sessions")
	return report.Facts{{ID: o, Value: offered}, {ID: p, Value: peak}}
}

// microsoft is a group that met Microsoft's limit: a burst to four domains.
func microsoft() report.Group {
	day := time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)
	g := report.Group{
		Destination: "Microsoft consumer", Platform: "microsoft-consumer", Kind: "consumer-mailbox", Via: "own-mta",
		MX:         []string{"hotmail-com.olc.protection.outlook.com", "outlook-com.olc.protection.outlook.com"},
		Domains:    []string{"outlook.com", "hotmail.com", "live.com", "msn.com", "club.example.org"},
		SendingIPs: []string{"192.0.2.10"}, Severity: "escalate", Cause: "burst", State: "active", Band: &report.Band{Name: "stop", Low: 6},
		Limit:     report.Limit{Type: "unknown"},
		Counts:    report.Counts{Attempts: 10_000, Delivered: 6_000},
		Refusals:  map[string]int64{"connection-limit": 2_318},
		RetryGaps: report.RetryGaps{MedianS: ptr(300), Constant: true},
		Trouble:   report.Trouble{Refusals: 2_318},
		Windows:   []report.Window{{Start: day}, {Start: day.Add(48 * time.Hour)}},
		Facts:     facts(28.5, 12),
		Replies: []report.Reply{
			{Sample: "451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115)", Class: "connection-limit", Count: 2_000},
			{Sample: "421 4.7.0 [192.0.2.10] Too many concurrent SMTP connections; try later", Class: "connection-limit", Count: 318},
			{Sample: "550 5.1.1 no such user", Class: "mailbox-unknown", Count: 4},
		},
		Steps: []report.Step{
			{ID: "pause-bursts", Phase: "pause", Text: "pause new batches"},
			{ID: "inspect-reputation", Phase: "check-reputation", Text: "then check complaint rate and block lists"},
		},
	}
	for _, d := range g.Domains[:4] {
		g.ByDomain = append(g.ByDomain, report.ByDomain{Domain: d, Counts: report.Counts{Attempts: 2_500}})
	}
	return g
}

// gateway is one custom MX with little mail to one domain.
func gateway() report.Group {
	return report.Group{
		Destination: "example-mx.net", Platform: "example-mx.net", Kind: "custom-mx", Via: "own-mta",
		MX: []string{"mx1.example-mx.net"}, Domains: []string{"example.net"}, Severity: "watch", Cause: "trust", State: "active",
		Limit: report.Limit{Type: "unknown"}, Counts: report.Counts{Attempts: 80, Delivered: 20}, Refusals: map[string]int64{"connection-limit": 60},
		Trouble:  report.Trouble{Refusals: 60},
		Facts:    facts(0.4, 3),
		ByDomain: []report.ByDomain{{Domain: "example.net", Counts: report.Counts{Attempts: 80}}},
		Replies:  []report.Reply{{Sample: "421 too many connections", Class: "connection-limit", Count: 60}},
		Steps:    []report.Step{{ID: "inspect-reputation", Phase: "check-reputation", Text: "the cap only stops the pressure; fix the failing source"}},
	}
}

func write(t testing.TB, p *Policy) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteText(&b, 0); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s changed; read it and run go test -update\n--- got\n%s", name, got)
	}
}

// Every MTA for two destinations (H40), neutral words first; and the request to an ESP,
// which names no MTA and none of its files (C39, X03).
func TestGolden(t *testing.T) {
	o := options(t)
	if Names()[0] != "generic" {
		t.Errorf("the first is %s", Names()[0])
	}
	for _, mta := range Names() {
		p := Build([]report.Group{microsoft(), gateway()}, mta, o)
		if p.MTA != mta {
			t.Errorf("%s: policy for %s", mta, p.MTA)
		}
		golden(t, mta+".txt", write(t, &p))
	}
	g := microsoft()
	g.Via = ESP
	p := Build([]report.Group{g}, "postfix", o)
	out := write(t, &p)
	golden(t, "esp.txt", out)
	// Little mail: an ESP is asked for what the report and the ticket ask for.
	g.Facts = facts(0.2, 2)
	asked := Build([]report.Group{g}, "postfix", o)
	g.Via = "own-mta"
	own := Build([]report.Group{g}, "generic", o)
	if asked.Plans[0].Sessions != 2 || own.Plans[0].Sessions != 1 {
		t.Errorf("sessions: %d of an ESP, %d of one's own; want 2 and 1", asked.Plans[0].Sessions, own.Plans[0].Sessions)
	}
	for _, word := range []string{"main.cf", "postfix", "postconf", "Postfix", "transport"} {
		if strings.Contains(out, word) {
			t.Errorf("the request to an ESP says %s", word)
		}
	}
	var b bytes.Buffer
	if err := p.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "null") {
		t.Errorf("null for an empty list:\n%s", b.String())
	}
}

// The seed's own policy, field by field (H33, H37, H41-H48).
func TestGenericFields(t *testing.T) {
	g := microsoft()
	g.Domains = g.Domains[:4]
	p := Build([]report.Group{g}, "generic", options(t))
	for _, line := range []string{
		"destination_group: microsoft_consumer\n", // H33
		"  match_domains: [hotmail.com, outlook.com, live.com, msn.com]\n",
		"  max_connections_per_ip: 2  # operating targets, not limits published by Microsoft\n",
		"  max_recipients_per_connection: 20\n",
		"  retry_4xx_initial_delay: 15m\n",
		"  retry_4xx_multiplier: 2\n",
		"  retry_4xx_max_delay: 4h\n",
		"  pause_new_batches_after_451_4_7_652: 15m\n",
	} {
		if !strings.Contains(p.Files[0].Text, line) {
			t.Errorf("no line %q in\n%s", line, p.Files[0].Text)
		}
	}
}

// Delays that an MTA has for all mail only are named, not set (H47).
func TestGlobalDelaysAreNamed(t *testing.T) {
	o := options(t)
	for mta, want := range map[string]string{
		"postfix": "Delays between retries are global in Postfix", "sendmail": "Growing delays are global", "haraka": "Delays between retries are global",
	} {
		p := Build(both(), mta, o)
		if !strings.Contains(strings.Join(p.Cannot, "\n"), want) {
			t.Errorf("%s does not say %q: %q", mta, want, p.Cannot)
		}
	}
}

// Without any recipient domain the policy says that they are to be filled in.
func TestNoDomains(t *testing.T) {
	g := gateway()
	g.Domains = []string{"a b", "x\ny"}
	p := Build([]report.Group{g}, "postfix", options(t))
	if text := write(t, &p); !strings.Contains(text, "# - matched: nothing yet, no recipient domain") || !strings.Contains(text, "left out: 2 names") {
		t.Errorf("got\n%s", text)
	}
}

// State, clean windows and peak decide the band (H62-H64, H88).
func TestBand(t *testing.T) {
	o := options(t)
	f := func(band *report.Band, name string, sessions int64) {
		t.Helper()
		g := microsoft()
		g.Band, g.CleanWindows = band, 4
		p := newPlan(&g, dialects()[0], o)
		if p.Band != name || p.Sessions != sessions || len(p.Why) == 0 {
			t.Errorf("%+v: %s %d %v, want %s %d", band, p.Band, p.Sessions, p.Why, name, sessions)
		}
	}
	f(nil, "start", 2)
	f(&report.Band{Name: "start", Low: 1}, "start", 2)
	f(&report.Band{Name: "stop", Low: 6}, "stop", 2) // back down
	f(&report.Band{Name: "test", Low: 3}, "test", 3)
}

// What the receiver is known to take, and mail too sparse to keep sessions busy, lower
// the cap: 2 is where it starts, not the answer.
func TestCap(t *testing.T) {
	o := options(t)
	f := func(mta string, limit report.Limit, offered float64, want int64, cached bool) {
		t.Helper()
		g := microsoft()
		g.Limit, g.Facts[0].Value, g.Domains = limit, offered, g.Domains[:1]
		p := Build([]report.Group{g}, mta, o).Plans[0]
		if p.Sessions != want || p.Cached != cached {
			t.Errorf("%s, limit %+v, %v sessions needed: %d, cached %v; want %d, %v", mta, limit, offered, p.Sessions, p.Cached, want, cached)
		}
		if len(p.Why) < 2 {
			t.Errorf("%s: only %d reasons", mta, len(p.Why))
		}
	}
	unknown := report.Limit{Type: "unknown"}
	f("generic", unknown, 28, 2, false)
	f("generic", unknown, 2.1, 2, false)
	f("generic", unknown, 2, 1, false)
	f("exim", unknown, 1.4, 1, false)
	f("postfix", unknown, 1.4, 2, true)
	f("postfix", unknown, 28, 2, true)
	f("generic", report.Limit{Type: "fixed", Sessions: ptr(1)}, 28, 1, false)
	f("generic", report.Limit{Type: "fixed", Sessions: ptr(10)}, 28, 2, false)
	f("generic", report.Limit{Type: "fixed", Sessions: ptr(0)}, 28, 1, false)
	f("generic", report.Limit{Type: "dynamic", Sessions: ptr(1), Low: ptr(1), High: ptr(9)}, 28, 2, false)
	f("generic", report.Limit{Type: "dynamic", Low: ptr(1), High: ptr(1)}, 28, 1, false)

	g := microsoft() // several domains: no idle connections beside the cap
	if p := Build([]report.Group{g}, "postfix", o).Plans[0]; p.Cached || p.Sessions != 2 {
		t.Errorf("several domains: %+v", p)
	}
	// Four busy domains, counted one by one.
	if p := Build([]report.Group{g}, "opensmtpd", o).Plans[0]; p.PerDomain != 1 {
		t.Errorf("%d for each domain", p.PerDomain)
	}
	one := gateway()
	one.Facts[0].Value = 28
	if p := Build([]report.Group{one}, "opensmtpd", o).Plans[0]; p.PerDomain != 2 {
		t.Errorf("%d for the only domain", p.PerDomain)
	}
}

// The cause says what else: a cap alone mends neither trust nor a listing, a young IP
// gets a ramp, a rate is no number of sessions.
func TestBeyond(t *testing.T) {
	o := options(t)
	f := func(cause string, rate int64, want string) {
		t.Helper()
		g := microsoft()
		g.Cause, g.Refusals["rate-limit"] = cause, rate
		p := newPlan(&g, dialects()[0], o)
		if text := strings.Join(p.Beyond, "\n"); !strings.Contains(text, want) {
			t.Errorf("%s: no %q in\n%s", cause, want, text)
		}
		if last := p.Beyond[len(p.Beyond)-1]; !strings.Contains(last, "complaints are steady, which no log tells; then 3-5 sessions in small steps") {
			t.Errorf("%s: the end is %q", cause, last)
		}
	}
	f("trust", 0, "A cap alone does not mend this: the cause is trust.")
	f("listing", 0, "A cap alone does not mend this: the cause is listing.")
	f("warm-up", 0, "Recipients a day from the young IP, as long as the day before stayed clean: 3,000, 4,500, 6,750, 10,125, 15,187.")
	f("burst", 0, "Then check complaint rate and block lists.")
	f("burst", 9_999, "Most refusals speak of a rate")
}

func TestReplies(t *testing.T) {
	f := func(sample, pattern string) {
		t.Helper()
		g := report.Group{Replies: []report.Reply{{Sample: sample, Class: "connection-limit", Count: 1}}}
		got := ""
		if list := replies(&g); len(list) > 0 {
			got = list[0].pattern()
		}
		if got != pattern {
			t.Errorf("%s: %s, want %s", sample, got, pattern)
		}
	}
	f("451 4.7.652 The mail server [192.0.2.10] has exceeded", `451[ -]4\.7\.652`)
	f("421 4.7.0 Too many concurrent connections", `421.*Too many concurrent connections`)
	f("421-4.7.28 Gmail has detected an unusual rate", `421.*Gmail has detected an unusual`)
	f("421 too many connections", `421.*too many connections`)
	f("421 4.7.0 [TSS04] x/y'\"/", "")
	f("550 5.7.1 blocked for good and all", "")
	f("no code at all in here", "")
	f("421 4.7.0 a/ mode=bounce'\n too many connections", `421.*too many connections`)
}

func TestNames(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := ident(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	f("microsoft-365", "microsoft_365")
	f("example-mx.net", "example_mx_net")
	f("1und1.de", "mx_1und1_de")
	f("192.0.2.1", "mx_192_0_2_1")
	f("", "mx")
	f("x\n`rm`", "x_rm")
	f(strings.Repeat("a.", 60), strings.TrimRight(strings.Repeat("a_", 20), "_"))

	d := func(in string, want bool) {
		t.Helper()
		if isDomain(in) != want {
			t.Errorf("%q: %v", in, !want)
		}
	}
	d("hotmail.com", true)
	d("xn--bcher-kva.example", true)
	d("192.0.2.1", false)
	d("[192.0.2.1]", false)
	d("localhost", false)
	d("a..b", false)
	d("a.com\nrelayhost=evil", false)
	d("-a.com", false)
	d("a_b.com", false)
	d("", false)

	c := func(s int64, want string) {
		t.Helper()
		if got := clock(s); got != want {
			t.Errorf("%d: %s, want %s", s, got, want)
		}
	}
	c(900, "15m")
	c(14_400, "4h")
	c(13_500, "225m")
	c(86_400, "1d")
	c(90, "90s")
	c(0, "0s")
}

// No two destinations share a transport, and none takes a name of the MTA's own.
func TestDistinct(t *testing.T) {
	plans := make([]Plan, 14)
	for i := range plans {
		plans[i].Transport, plans[i].Group = "yahoo", "yahoo_"+string(rune('a'+i))
	}
	plans[0].Transport = "smtp"
	distinct(plans)
	var seen []string
	for _, p := range plans {
		if slices.Contains(seen, p.Transport) || slices.Contains(reserved, p.Transport) {
			t.Errorf("%s is taken", p.Transport)
		}
		seen = append(seen, p.Transport)
	}
}

func TestFor(t *testing.T) {
	f := func(formats, want string) {
		t.Helper()
		if got := For(strings.Fields(formats)); got != want {
			t.Errorf("%s: %s, want %s", formats, got, want)
		}
	}
	f("postfix postfix", "postfix")
	f("exim", "exim")
	f("postfix exim", "generic")
	f("mailgun", "generic")
	f("generic", "generic")
	f("", "generic")
}

// Receivers that were not told apart get no policy: one cap for all of them would hold
// back mail to each.
func TestNoPolicyForMany(t *testing.T) {
	g := microsoft()
	if !Needed(&g) {
		t.Error("no policy for a receiver that limits")
	}
	if g.Mixed = true; Needed(&g) {
		t.Error("a policy for receivers that were not told apart")
	}
}

// Comments keep the width asked for; lines of files do not change.
func TestWidth(t *testing.T) {
	p := Build([]report.Group{microsoft(), gateway()}, "postfix", options(t))
	f := func(width, want int) {
		t.Helper()
		var b bytes.Buffer
		if err := p.WriteText(&b, width); err != nil {
			t.Fatal(err)
		}
		longest, file := 0, false
		for l := range strings.Lines(b.String()) {
			file = strings.HasPrefix(l, "# ---") || file && l != "\n"
			if !file && !strings.HasPrefix(l, "#     ") && !strings.Contains(l, "@(") { // neither a command nor a pattern
				longest = max(longest, len(l)-1)
			}
		}
		if longest > want || longest < want-12 {
			t.Errorf("width %d: the longest comment has %d characters, want %d", width, longest, want)
		}
	}
	f(0, 98)
	f(60, 60)
	f(110, 110)
	f(10, 50)
	f(500, 110)
}

// The pause of Postfix names a transport that step 2 makes, and what is watched does not
// depend on the words of a reply.
func TestPostfixFirstTime(t *testing.T) {
	p := Build([]report.Group{microsoft()}, "postfix", options(t))
	out := write(t, &p)
	note, pause := strings.Index(out, "The first time, do step 2 before this"), strings.Index(out, "defer_transports")
	if note < 0 || pause < note {
		t.Errorf("the pause (at %d) is not introduced (at %d)", pause, note)
	}
	if watch := strings.Join(p.Watch, "\n"); !strings.Contains(watch, `grep -cE '@(hotmail\.com|`) || strings.Contains(watch, "refused") {
		t.Errorf("watch: %s", watch)
	}
	g := microsoft()
	for i := range 1000 {
		g.Domains = append(g.Domains, fmt.Sprintf("d%d.example", i))
	}
	if p = Build([]report.Group{g}, "postfix", options(t)); len(p.Watch[0]) > 200 {
		t.Errorf("a command of %d characters", len(p.Watch[0]))
	}
}

// Exim of Debian has a configuration that is generated: a file of that name would take
// the place of all of it.
func TestEximOfDebian(t *testing.T) {
	p := Build([]report.Group{microsoft()}, "exim", options(t))
	out := strings.Join(strings.Fields(strings.ReplaceAll(write(t, &p), "\n# ", " ")), " ")
	for _, want := range []string{"do not create /etc/exim4/exim4.conf", "exim4.conf.template", "update-exim4.conf", "(on Debian elsewhere", "New mail is not held", "recipients elsewhere wait, too"} {
		if !strings.Contains(out, want) {
			t.Errorf("exim lacks %q", want)
		}
	}
}
