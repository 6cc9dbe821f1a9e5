package check

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// WritePrometheus writes a report in the text format of Prometheus, for the textfile
// collector of node_exporter; c adds what a check found, nil for none. byIP breaks
// attempts and refusals down by sending IP. Every value is a gauge: of this input, not
// since some start.
func WritePrometheus(w io.Writer, r *report.Report, c *Check, byIP bool) error {
	var p metrics
	p.add("diagnose_info", "Version of the rules that made these numbers.", 1, "rules", r.Rules)
	for _, l := range []struct {
		state string
		n     int64
	}{{"understood", r.Input.Understood}, {"irrelevant", r.Input.Irrelevant}, {"not_understood", r.Input.NotUnderstood}} {
		p.add("diagnose_lines", "Lines of the input.", float64(l.n), "state", l.state)
	}
	p.add("diagnose_input_errors", "Parts of the input that could not be read.", float64(len(r.Input.Errors)))
	if r.Input.Last != nil {
		p.add("diagnose_last_attempt_timestamp_seconds", "Time of the last delivery attempt in the input.", float64(r.Input.Last.UnixMilli())/1000)
	}
	groups := slices.Clone(r.Groups)
	slices.SortStableFunc(groups, func(a, b report.Group) int { return cmp.Compare(a.Platform, b.Platform) })
	groups = slices.CompactFunc(groups, func(a, b report.Group) bool { return a.Platform == b.Platform })
	for i := range groups {
		p.group(&groups[i], byIP)
	}
	if c != nil {
		p.add("diagnose_check_failed", "Guards and findings that made the check fail.", float64(c.Failed))
		for i := range c.Results {
			res := &c.Results[i]
			p.add("diagnose_guard_failed", "1 where a guard failed.", float64(boolInt(res.Status == Fail)), "destination", res.target(), "guard", res.Guard)
		}
	}
	_, err := w.Write(p.bytes())
	return err
}

// group adds the metrics of one destination.
func (p *metrics) group(g *report.Group, byIP bool) {
	dest := func(name, help string, v float64, labels ...string) {
		p.add(name, help, v, append([]string{"destination", g.Platform}, labels...)...)
	}
	type part struct {
		labels   []string
		attempts int64
		refusals map[string]int64
	}
	parts := []part{{nil, g.Counts.Attempts, g.Refusals}}
	if byIP {
		parts = nil
		for _, ip := range g.ByIP {
			name := ""
			if ip.SendingIP != nil {
				name = *ip.SendingIP
			}
			parts = append(parts, part{[]string{"sending_ip", name}, ip.Counts.Attempts, ip.Refusals})
		}
	}
	for _, s := range parts {
		dest("diagnose_attempts", "Delivery attempts on the wire.", float64(s.attempts), s.labels...)
		for _, class := range slices.Sorted(maps.Keys(s.refusals)) {
			dest("diagnose_refusals", "Refusals by receivers.", float64(s.refusals[class]), append([]string{"class", class}, s.labels...)...)
		}
	}
	for _, o := range []struct {
		outcome string
		n       int64
	}{{"delivered", g.Counts.Delivered}, {"deferred", g.Counts.Deferred}, {"bounced", g.Counts.Bounced}, {"expired", g.Counts.Expired}} {
		dest("diagnose_recipients", "Recipients by outcome of their attempts.", float64(o.n), "outcome", o.outcome)
	}
	if g.PeakSessions.Estimate != nil {
		dest("diagnose_sessions_peak", "Own sessions open at once, highest (an estimate).", float64(*g.PeakSessions.Estimate))
	}
	dest("diagnose_deferrals_lasting_seconds", "Longest stretch of refusals without a long pause.", g.Trouble.LastingMinutes*60)
	if g.Cause != "none" && !g.Mixed {
		dest("diagnose_severity", "Level of a finding: 1 normal, 2 watch, 3 escalate.", float64(report.SeverityRank(g.Severity)), "cause", g.Cause)
	}
}

// metrics gathers samples by metric: all of one must stand together.
type metrics struct {
	names []string
	text  map[string]*bytes.Buffer
	// seen are the samples written: two hostile names can look alike once they are
	// made safe, and a sample that is there twice spoils the whole file.
	seen map[string]bool
}

// add adds one sample; labels are names and values in turn.
func (p *metrics) add(name, help string, v float64, labels ...string) {
	b := p.text[name]
	if b == nil {
		b = &bytes.Buffer{}
		if p.text == nil {
			p.text, p.seen = map[string]*bytes.Buffer{}, map[string]bool{}
		}
		p.text[name] = b
		p.names = append(p.names, name)
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
	}
	var pairs []string
	for i := 0; i+1 < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+`="`+report.PrometheusLabel(labels[i+1])+`"`)
	}
	sample := name
	if len(pairs) > 0 {
		sample += "{" + strings.Join(pairs, ",") + "}"
	}
	if p.seen[sample] {
		return
	}
	p.seen[sample] = true
	b.WriteString(sample + " " + strconv.FormatFloat(v, 'f', -1, 64) + "\n")
}

func (p *metrics) bytes() []byte {
	var out bytes.Buffer
	for _, name := range p.names {
		out.Write(p.text[name].Bytes())
	}
	return out.Bytes()
}
