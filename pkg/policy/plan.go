package policy

import (
	"fmt"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Options are what the report does not hold.
type Options struct {
	// Thresholds have the operating targets, Providers the domains of known receivers.
	Thresholds rules.Thresholds
	Providers  *rules.Providers
}

// Plan is the policy for one destination before any MTA words it. Delays are in
// seconds.
type Plan struct {
	Destination string `json:"destination"`
	Platform    string `json:"platform"`
	// Group is the name of the destination group (H33), Transport the shorter one of
	// what an MTA calls by a name; both are letters, digits and underscores.
	Group     string `json:"destination_group"`
	Transport string `json:"transport"`
	// Domains are matched: known consumer domains of the receiver (H42), then others
	// that these logs show behind its MX. Left is how many domains of the logs are
	// left out because they are no domain names.
	Domains []string `json:"match_domains"`
	Left    int64    `json:"domains_left_out"`
	// MX are host names of the receiver, or suffixes that begin with a dot.
	MX         []string `json:"match_mx"`
	SendingIPs []string `json:"sending_ips"`

	Severity string `json:"severity"`
	Cause    string `json:"cause"`
	State    string `json:"state"`
	// Band is start, test or stop (H62-H64): in stop the sessions are those of start.
	Band string `json:"band"`
	// Sessions is the cap at once per sending IP, all domains together; PerDomain is
	// the share of one domain where an MTA counts by domain.
	Sessions  int64 `json:"max_connections_per_ip"`
	PerDomain int64 `json:"max_connections_per_domain"`
	// Recipients is for each connection (H44).
	Recipients  int64   `json:"max_recipients_per_connection"`
	RetryFirst  int64   `json:"retry_first_s"`
	RetryFactor float64 `json:"retry_factor"`
	RetryMost   int64   `json:"retry_most_s"`
	Pause       int64   `json:"pause_s"`
	// Trickle says that new mail is too sparse to keep connections busy. Busy are the
	// domains that have much of the mail.
	Trickle bool     `json:"trickle"`
	Busy    []string `json:"busy_domains"`
	// Cached asks for connections that stay open however little mail there is, where
	// the MTA can: for mail to a single domain.
	Cached bool `json:"always_cached"`
	// Replies are what to react to, most frequent first.
	Replies []Reply `json:"replies"`
	// Why says of each number where it comes from; Beyond what no cap mends (H24,
	// H97) and when to raise it (H39, H88), in order.
	Why    []Reason `json:"why"`
	Beyond []string `json:"beyond"`
	// Ramp are accepted recipients a day for the days to come, for a young IP.
	Ramp []int64 `json:"ramp"`
}

// Reason is why a number is what it is. Basis is that of the fact: measured, assumed
// or seed.
type Reason struct {
	What  string `json:"what"`
	Text  string `json:"text"`
	Basis string `json:"basis"`
}

// Bands of sessions (H62-H64), as report.Band names them.
const (
	bandStart = "start"
	bandTest  = "test"
	bandStop  = "stop"
)

// newPlan computes the plan for g in an MTA that counts as d does.
func newPlan(g *report.Group, d dialect, o Options) Plan {
	th := o.Thresholds
	p := Plan{
		Destination: oneLine(g.Destination), Platform: oneLine(g.Platform), SendingIPs: g.SendingIPs,
		Severity: g.Severity, Cause: g.Cause, State: g.State,
		Recipients: max(th.Int(rules.Recipients), 1), RetryFirst: th.Int(rules.RetryFirst), RetryFactor: th.Value(rules.RetryFactor),
		RetryMost: th.Int(rules.RetryMost), Pause: th.Int(rules.Pause),
		Replies: replies(g), Why: []Reason{}, Beyond: []string{}, Ramp: []int64{},
	}
	p.Group = ident(g.Platform)
	p.Transport = ident(consumer(g.Platform))
	p.match(g, o.Providers)
	p.sessions(g, d, th)
	p.retries(g)
	p.beyond(g, th)
	return p
}

func (p *Plan) because(what, basis, format string, args ...any) {
	p.Why = append(p.Why, Reason{What: what, Basis: basis, Text: fmt.Sprintf(format, args...)})
}

// sessions finds the cap: the band of the state, never above what the receiver is known
// to take, and one less where connections cannot be kept busy.
func (p *Plan) sessions(g *report.Group, d dialect, th rules.Thresholds) {
	least, start := max(th.Int(rules.SessionsLeast), 1), max(th.Int(rules.SessionsStart), 1)
	p.Band, p.Sessions = bandStart, start
	if g.Band != nil {
		p.Band = g.Band.Name
	}
	switch {
	case p.Band == bandTest:
		// The lower end of the band: small steps (H88).
		p.Sessions = max(g.Band.Low, start)
		p.because("sessions", "measured", "%d clean windows since the last refusal: band test (%d-%d), from its lower end",
			g.CleanWindows, th.Int(rules.SessionsTest), th.Int(rules.SessionsTestMost))
	case p.Band == bandStop:
		peak, _ := g.Facts.Find("peak_sessions")
		p.because("sessions", "measured", "refused with up to %.0f sessions at once: back down from band stop (%d and more) to band start (%d-%d)",
			peak.Value, g.Band.Low, least, start)
	case g.State == "active":
		p.because("sessions", "seed", "refusals go on: band start (%d-%d)", least, start)
	default:
		p.because("sessions", "measured", "%d of %d clean windows so far: band start (%d-%d) until then", g.CleanWindows, th.Int(rules.CleanWindows), least, start)
	}
	// A limit that is fixed is known; one that moves is only known not to be higher
	// than its upper bound was.
	l := &g.Limit
	if most := l.Sessions; l.Type == "fixed" && most != nil && *most < p.Sessions {
		p.Sessions = max(*most, least)
		p.because("sessions", "measured", "refusals always begin above %d: the limit is fixed, so no more than that", *most)
	} else if l.High != nil && *l.High < p.Sessions {
		p.Sessions = max(*l.High, least)
		p.because("sessions", "measured", "the receiver's limit lies between %d and %d sessions", deref(l.Low), *l.High)
	}

	offered, measured := g.Facts.Find("offered_sessions")
	p.Trickle = measured && offered.Value <= float64(p.Sessions)
	p.Cached = d.exact && len(g.Domains) <= 1
	short := "too little to keep " + plural(p.Sessions, "session") + " busy, and one that closes while the next opens counts twice"
	switch {
	case p.Cached:
		p.because("reuse", "measured", "mail to one domain: connections stay open for the next message, so that none closes while the next opens and counts twice")
	case d.exact:
		p.because("reuse", "measured", "mail to %s: a connection is used again for its own domain only, and idle ones would come on top; so each is closed before the next opens",
			plural(int64(len(g.Domains)), "domain"))
	case p.Trickle && p.Sessions > least && g.Via != ESP: // whose queue nobody here knows
		p.because("sessions", offered.Basis.String(), "the busiest 10s of new mail need %s sessions at once: %s; so one less", decimal(offered.Value), short)
		p.Sessions--
	case measured && !p.Trickle:
		p.because("reuse", offered.Basis.String(), "the busiest 10s of new mail need %s sessions at once: a backlog keeps %s busy", decimal(offered.Value), plural(p.Sessions, "session"))
	}
	p.PerDomain = p.Sessions
	if d.perDomain {
		p.PerDomain = max(p.Sessions/int64(max(len(p.Busy), 1)), 1)
	}
}

// retries says how the delays of these logs compare with the advice (H49).
func (p *Plan) retries(g *report.Group) {
	if m := g.RetryGaps.MedianS; m != nil {
		was := ""
		if g.RetryGaps.Constant {
			was = ", the same from retry to retry"
		}
		p.because("retry", "measured", "retries came after %s (median)%s; wanted: the first after %s, then x%s, at most %s apart",
			rules.Duration(*m), was, clock(p.RetryFirst), decimal(p.RetryFactor), clock(p.RetryMost))
	}
}

// beyond lists what no cap mends, then how to go on.
func (p *Plan) beyond(g *report.Group, th rules.Thresholds) {
	switch g.Cause {
	case "trust", "listing":
		p.Beyond = append(p.Beyond, "A cap alone does not mend this: the cause is "+g.Cause+". The cap only stops the pressure and comes first all the same.")
	case "warm-up":
		p.Ramp = ramp(g, th)
		p.Beyond = append(p.Beyond, "A cap alone does not mend this: a young sending IP meets a quota of volume, not of sessions.")
	}
	if g.Refusals["rate-limit"] > g.Refusals["connection-limit"] {
		p.Beyond = append(p.Beyond, "Most refusals speak of a rate (messages or connections over time): fewer sessions lower it only a little. Spread the mail over more time where it is injected.")
	}
	for _, s := range g.Steps {
		if s.Phase == "check-reputation" || s.ID == "stop-sending" || s.ID == "delist" || s.ID == "ramp-slowly" {
			p.Beyond = append(p.Beyond, upper(oneLine(s.Text))+".")
		}
	}
	if len(p.Ramp) > 0 {
		days := make([]string, len(p.Ramp))
		for i, n := range p.Ramp {
			days[i] = rules.Thousands(n)
		}
		p.Beyond = append(p.Beyond, "Recipients a day from the young IP, as long as the day before stayed clean: "+join(days, ", ")+".")
	}
	p.Beyond = append(p.Beyond, fmt.Sprintf("Keep the cap until %d windows of %s in a row are clean and complaints are steady, which no log tells; then %d-%d sessions in small steps; back to %d at the first reply. More IPs: not yet.",
		th.Int(rules.CleanWindows), clock(th.Int(rules.Window)), th.Int(rules.SessionsTest), th.Int(rules.SessionsTestMost), min(p.Sessions, max(th.Int(rules.SessionsStart), 1))))
}

// rampDays is how many days of a ramp are written out.
const rampDays = 5

// ramp grows the volume that was accepted a day; nil where the log has none.
func ramp(g *report.Group, th rules.Thresholds) []int64 {
	if g.Counts.Delivered == 0 || len(g.Windows) == 0 {
		return []int64{}
	}
	span := g.Windows[len(g.Windows)-1].Start.Sub(g.Windows[0].Start).Hours() / 24
	day := float64(g.Counts.Delivered) / max(span, 1)
	growth := th["warm-up.growth"]
	list := make([]int64, rampDays)
	for i := range list {
		list[i] = max(int64(day), 1)
		if growth != nil {
			day *= growth.Value
		}
	}
	return list
}

func deref(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func decimal(v float64) string {
	return strconv.FormatFloat(float64(int64(v*10+0.5))/10, 'f', -1, 64)
}

func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return rules.Thousands(n) + " " + one + "s"
}

// delays are the waits before the retries: the first, growing to the longest.
func (p *Plan) delays() []int64 {
	list := []int64{p.RetryFirst}
	for d := float64(p.RetryFirst); int64(d) < p.RetryMost && p.RetryFactor > 1; {
		d = min(d*p.RetryFactor, float64(p.RetryMost))
		list = append(list, int64(d))
	}
	return list
}
