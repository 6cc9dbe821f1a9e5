package check

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/joshdk/go-junit"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// bad is a check in which much fails, with a finding and a baseline.
func bad(t testing.TB) (*report.Report, *Check) {
	r := limiting()
	g := &r.Groups[0]
	g.Refusals["connection-limit"], g.Trouble.Refusals, g.Counts.Expired = 2_747, 2_747, 12
	g.RetryGaps.ByRetry[0].MedianS, g.Trouble.LastingMinutes = 300, 100
	g.Severity, g.Cause, g.Confidence, g.Why = "escalate", "burst", 0.93, "retries ran out for 12 recipients after these refusals"
	setPeak(r, 12)
	unknown(r, 6)
	r.Groups[1].Platform = "fresh.example"
	was := limiting()
	was.Groups = append(was.Groups, report.Group{Platform: "third.example", Severity: "normal", Cause: "none"})
	was.Groups[1].Platform = "gone.example"
	r.Groups = append(r.Groups, report.Group{Platform: "third.example", Severity: "normal", Cause: "none", Counts: report.Counts{Attempts: 10}})
	return r, Evaluate(r, options(t, kept(t, was, nil)))
}

func render(t testing.TB, write func(io.Writer, *Check) error, c *Check) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, c); err != nil {
		t.Fatal(err)
	}
	for _, ch := range b.Bytes() {
		if ch != '\n' && (ch < 0x20 || ch > 0x7e) {
			t.Fatalf("byte %#02x in %q", ch, b.Bytes())
		}
	}
	return b.Bytes()
}

// The text form, word by word.
func TestText(t *testing.T) {
	_, c := bad(t)
	got := string(render(t, func(w io.Writer, c *Check) error { return WriteText(w, c, TextOptions{Args: []string{"a.log"}}) }, c))
	want, err := os.ReadFile("testdata/bad.golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		err = os.WriteFile("testdata/bad.golden", []byte(got), 0o644)
		want = []byte(got)
	}
	if err != nil || got != string(want) {
		t.Errorf("%v: got\n%s\nwant\n%s", err, got, want)
	}
	for line := range strings.SplitSeq(got, "\n") {
		if len(line) > report.MaxWidth {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	failures := string(render(t, WriteFailures, c))
	if strings.Count(failures, "\nFAIL")+1 != c.Failed || strings.Contains(failures, "\nok ") || !strings.HasSuffix(failures, c.Summary()+"\n") {
		t.Errorf("failures:\n%s", failures)
	}
}

func TestJSON(t *testing.T) {
	_, c := bad(t)
	var back Check
	if err := json.Unmarshal(render(t, WriteJSON, c), &back); err != nil {
		t.Fatal(err)
	}
	if back.Schema != 1 || back.Failed != c.Failed || len(back.Results) != len(c.Results) || back.Results[0].Guard != "limit-rate" || *back.Results[0].Was != 0.005 {
		t.Errorf("%+v", back)
	}
	// Of an empty check every list is one.
	if s := string(render(t, WriteJSON, &Check{})); strings.Contains(s, "\"results\": null") || !strings.Contains(s, `"baseline": null`) {
		t.Error(s)
	}
	var guards, causes int
	lines := strings.Split(strings.TrimSpace(string(render(t, WriteNDJSON, c))), "\n")
	for _, line := range lines {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if one["guard"] != nil {
			guards++
		}
		if one["cause"] != nil {
			causes++
		}
	}
	if guards != len(c.Results) || causes != 1 || len(lines) != 1+guards+causes {
		t.Errorf("%d lines, %d guards, %d causes", len(lines), guards, causes)
	}
}

var schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	out := map[string]*jsonschema.Schema{}
	for _, name := range []string{"sarif-2.1.0-parts", "gitlab-code-quality"} {
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		s, err := c.Compile("testdata/" + name + ".schema.json")
		if err != nil {
			return nil, err
		}
		out[name] = s
	}
	return out, nil
})

func validate(t testing.TB, name string, data []byte) {
	t.Helper()
	all, err := schemas()
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		err = all[name].Validate(v)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
}

// sarifRead is what a reader of SARIF takes from it.
type sarifRead struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct{ ID, HelpURI string }
			}
		}
		Results []struct {
			RuleID              string
			RuleIndex           int
			Level               string
			BaselineState       string
			Message             struct{ Text string }
			PartialFingerprints map[string]string
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine int }
				}
			}
		}
	}
}

func TestSARIF(t *testing.T) {
	_, c := bad(t)
	data := render(t, WriteSARIF, c)
	validate(t, "sarif-2.1.0-parts", data)
	// The whole schema of the standard is not part of this repository; where a copy
	// is at hand, it is asked, too.
	if path := os.Getenv("SARIF_SCHEMA"); path != "" {
		s, err := jsonschema.NewCompiler().Compile(path)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err := s.Validate(v); err != nil {
			t.Error(err)
		}
	}
	var back sarifRead
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	run := back.Runs[0]
	for _, r := range run.Results {
		if rule := run.Tool.Driver.Rules[r.RuleIndex]; rule.ID != r.RuleID {
			t.Errorf("%s has the index of %s", r.RuleID, rule.ID)
		}
	}
	if len(run.Results) != c.Failed+c.Warned {
		t.Errorf("%d results, %d bad", len(run.Results), c.Failed+c.Warned)
	}
	first, last := run.Results[0], run.Results[len(run.Results)-1]
	where := first.Locations[0].PhysicalLocation
	if first.RuleID != "limit-rate" || first.Level != "warning" || where.ArtifactLocation.URI != "a.log" || where.Region.StartLine != 7 || first.BaselineState != "new" {
		t.Errorf("%+v", first)
	}
	if last.RuleID != "burst" || last.Level != "error" {
		t.Errorf("%+v", last)
	}
	// Fingerprints stay when lines shift and values change, and differ by rule and place.
	seen := map[string]bool{}
	for _, r := range run.Results {
		seen[r.PartialFingerprints["destinationRule/v1"]] = true
	}
	if len(seen) != len(run.Results) {
		t.Errorf("%d fingerprints for %d results", len(seen), len(run.Results))
	}
	for i := range c.Results {
		c.Results[i].Where, c.Results[i].Change = "b.log:99", "other"
	}
	var shifted sarifRead
	if err := json.Unmarshal(render(t, WriteSARIF, c), &shifted); err != nil {
		t.Fatal(err)
	}
	for i, r := range shifted.Runs[0].Results {
		if r.PartialFingerprints["destinationRule/v1"] != run.Results[i].PartialFingerprints["destinationRule/v1"] {
			t.Errorf("%s has another fingerprint after its line shifted", r.RuleID)
		}
	}
}

func TestFileURI(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := fileURI(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	f("logs/a.log", "logs/a.log")
	f("./logs/a b.log", "logs/a%20b.log")
	f("/var/log/mail.log", "file:///var/log/mail.log")
	f("a:b.log", "./a:b.log")
	f("100%#1?.log", "100%25%231%3F.log")
	f(`logs\a.log`, "logs/a.log")
	f("a\n\u202eb.log", "a%0A%E2%80%AEb.log")
}

func TestPlace(t *testing.T) {
	f := func(in, file string, line int) {
		t.Helper()
		if f, n := place(in); f != file || n != line {
			t.Errorf("%q: %q line %d, want %q line %d", in, f, n, file, line)
		}
	}
	f("a.log:7", "a.log", 7)
	f("a:b.log:7", "a:b.log", 7)
	f("a.log", "a.log", 0)
	f("./logs//a.log:7", "logs/a.log", 7)
	f("C:x.log", "C:x.log", 0)
	f("a.log:-1", "a.log:-1", 0)
	f("-:3", "", 0)
	f("standard input:3", "", 0)
	f("", "", 0)
}

func TestGitLab(t *testing.T) {
	_, c := bad(t)
	data := render(t, WriteGitLab, c)
	validate(t, "gitlab-code-quality", data)
	var back []gitlabIssue
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if len(back) != c.Failed+c.Warned || back[0].CheckName != "limit-rate" || back[0].Location != (gitlabLocation{"a.log", gitlabLines{7}}) || back[0].Severity != "major" || back[len(back)-1].Severity != "critical" {
		t.Errorf("%+v", back)
	}
	validate(t, "gitlab-code-quality", render(t, WriteGitLab, &Check{}))
}

func TestJUnit(t *testing.T) {
	_, c := bad(t)
	c.Input.Understood, c.Input.Irrelevant = 19_840, 60
	suites, err := junit.Ingest(render(t, WriteJUnit, c))
	if err != nil || len(suites) != 1 {
		t.Fatalf("%v: %+v", err, suites)
	}
	s := suites[0]
	if s.Totals.Tests != len(c.Results)+1 || s.Totals.Failed != c.Failed || s.Name != "a.log" || s.Properties["lines"] != "20000" || s.Properties["rules"] != "aaaaaa" ||
		s.Properties["understood"] != "19840" || s.Properties["irrelevant"] != "60" {
		t.Errorf("%+v", s)
	}
	one := s.Tests[0]
	if one.Name != "example.net/limit-rate" || one.Classname != "example.net" || one.Status != junit.StatusFailed || one.Properties["file"] != "a.log" || one.Properties["line"] != "7" {
		t.Errorf("%+v", one)
	}
	if last := s.Tests[len(s.Tests)-1]; last.Name != "example.net/finding" || last.Error == nil || !strings.Contains(last.Error.Error(), "burst (confidence 93%), escalate") {
		t.Errorf("%+v", last)
	}
}

func TestPrometheus(t *testing.T) {
	r, c := bad(t)
	f := func(byIP bool) map[string]map[string]float64 {
		t.Helper()
		return scrape(t, render(t, func(w io.Writer, c *Check) error { return WritePrometheus(w, r, c, byIP) }, c))
	}
	got := f(false)
	for name, want := range map[string]map[string]float64{
		"diagnose_attempts":                       {`destination="example.net"`: 10_000, `destination="third.example"`: 10, `destination="fresh.example"`: 5_000},
		"diagnose_sessions_peak":                  {`destination="example.net"`: 12},
		"diagnose_severity":                       {`cause="burst" destination="example.net"`: 3},
		"diagnose_check_failed":                   {"": float64(c.Failed)},
		"diagnose_input_errors":                   {"": 0},
		"diagnose_info":                           {`rules="aaaaaa"`: 1},
		"diagnose_lines":                          {`state="understood"`: 19_900, `state="irrelevant"`: 0, `state="not_understood"`: 100},
		"diagnose_refusals":                       {`class="connection-limit" destination="example.net"`: 2_747, `class="greylist" destination="example.net"`: 450},
		"diagnose_last_attempt_timestamp_seconds": {"": 1777636800},
	} {
		if fmt.Sprint(got[name]) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if v := got["diagnose_guard_failed"][`destination="example.net" guard="limit-rate"`]; v != 1 {
		t.Errorf("guards %v", got["diagnose_guard_failed"])
	}
	if s := fmt.Sprint(got); strings.Contains(s, "sending_ip") {
		t.Errorf("sending IPs without being asked for: %s", s)
	}
	r.Groups[0].ByIP = []report.ByIP{{SendingIP: ptr("192.0.2.10"), Counts: report.Counts{Attempts: 7}, Refusals: map[string]int64{"connection-limit": 3}}, {Counts: report.Counts{Attempts: 1}}}
	byIP := f(true)
	if want := map[string]float64{`destination="example.net" sending_ip="192.0.2.10"`: 7, `destination="example.net" sending_ip=""`: 1}; fmt.Sprint(byIP["diagnose_attempts"]) != fmt.Sprint(want) {
		t.Errorf("by IP: %v", byIP["diagnose_attempts"])
	}
}

// scrape reads metrics as Prometheus does.
func scrape(t testing.TB, data []byte) map[string]map[string]float64 {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	out := map[string]map[string]float64{}
	for name, family := range families {
		if !strings.HasPrefix(name, "diagnose_") || family.GetHelp() == "" || family.GetType().String() != "GAUGE" {
			t.Errorf("metric %s: %s %q", name, family.GetType(), family.GetHelp())
		}
		out[name] = map[string]float64{}
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			slices.Sort(labels)
			key := strings.Join(labels, " ")
			if _, twice := out[name][key]; twice {
				t.Errorf("%s{%s} is there twice", name, key)
			}
			out[name][key] = m.GetGauge().GetValue()
		}
	}
	return out
}

// annotation is a workflow command as the runner of GitHub reads it: the properties up
// to the next "::", separated by commas, each unescaped; the rest is the message.
type annotation struct {
	command string
	props   map[string]string
	message string
}

func annotations(t testing.TB, data []byte) (list []annotation) {
	t.Helper()
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%").Replace
	shape := regexp.MustCompile(`^::([a-z]+)(?: (.*?))?::(.*)$`)
	for line := range strings.SplitSeq(strings.TrimSuffix(string(data), "\n"), "\n") {
		if line == "" {
			continue
		}
		m := shape.FindStringSubmatch(line)
		if m == nil || m[1] != "error" && m[1] != "warning" {
			t.Fatalf("no annotation: %q", line)
		}
		a := annotation{m[1], map[string]string{}, unescape(m[3])}
		for p := range strings.SplitSeq(m[2], ",") {
			k, v, ok := strings.Cut(p, "=")
			if !ok || a.props[k] != "" || !slices.Contains([]string{"file", "line", "title"}, k) {
				t.Fatalf("property %q of %q", p, line)
			}
			a.props[k] = unescape(v)
		}
		list = append(list, a)
	}
	return list
}

func TestGitHub(t *testing.T) {
	_, c := bad(t)
	list := annotations(t, render(t, WriteGitHub, c))
	if len(list) != c.Failed+c.Warned {
		t.Fatalf("%d annotations of %d", len(list), c.Failed+c.Warned)
	}
	first, last := list[0], list[len(list)-1]
	if first.command != "error" || first.props["file"] != "a.log" || first.props["line"] != "7" || first.props["title"] != "example.net: refusals per 1,000 attempts" ||
		first.message != "refusals per 1,000 attempts 5.0 -> 274.7, limit +10% [limit-rate]" {
		t.Errorf("%+v", first)
	}
	if last.command != "warning" || !strings.HasPrefix(last.message, "burst (confidence 93%)") {
		t.Errorf("a finding is a warning: %+v", last)
	}
	// At most ten.
	for range 40 {
		c.Results = append(c.Results, c.Results[0])
	}
	if list := annotations(t, render(t, WriteGitHub, c)); len(list) != 10 || !regexp.MustCompile(`^and \d+ more`).MatchString(list[9].message) {
		t.Errorf("%d annotations, the last %+v", len(list), list[len(list)-1])
	}
	if data := render(t, WriteGitHub, &Check{}); len(data) != 0 {
		t.Errorf("nothing to annotate: %q", data)
	}
}

// FromReport has the findings of a report alone.
func TestFromReport(t *testing.T) {
	r, _ := bad(t)
	for failOn, want := range map[string]Status{"never": Warn, "watch": Fail} {
		c := FromReport(r, failOn, builtin(t).Causes)
		if len(c.Results) != 0 || len(c.Findings) != 1 || c.Findings[0].Status != want || c.Findings[0].Help == "" {
			t.Errorf("%s: %+v", failOn, c.Findings)
		}
		validate(t, "sarif-2.1.0-parts", render(t, WriteSARIF, c))
	}
	if c := FromReport(r, "never", nil); c.Findings[0].Help == "" {
		t.Error("no help without the causes")
	}
}

func markdownKinds(data []byte) (kinds map[ast.NodeKind]int, rows []int) {
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	doc := md.Parser().Parse(gmtext.NewReader(data))
	kinds = map[ast.NodeKind]int{}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			kinds[n.Kind()]++
			if k := n.Kind().String(); k == "TableRow" || k == "TableHeader" {
				rows = append(rows, n.ChildCount())
			}
		}
		return ast.WalkContinue, nil
	})
	return kinds, rows
}

func TestMarkdown(t *testing.T) {
	_, c := bad(t)
	data := render(t, WriteMarkdown, c)
	checkMarkdown(t, data)
	for _, want := range []string{"## Mail throttling check failed", "| **FAIL** | example.net | refusals per 1,000 attempts | 5.0 -\\> 274.7 | +10% | limit-rate | a.log:7 |", "- fresh.example, 5,000 attempts"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %q in\n%s", want, data)
		}
	}
	if data := render(t, WriteMarkdown, &Check{}); !strings.Contains(string(data), "check passed") {
		t.Errorf("%s", data)
	}
}

// checkMarkdown holds that text of logs made no tag, link, picture or further cell.
func checkMarkdown(t testing.TB, data []byte) {
	t.Helper()
	kinds, rows := markdownKinds(data)
	for _, k := range []ast.NodeKind{ast.KindLink, ast.KindAutoLink, ast.KindImage, ast.KindRawHTML, ast.KindHTMLBlock, ast.KindCodeBlock, ast.KindFencedCodeBlock, ast.KindBlockquote, ast.KindThematicBreak} {
		if kinds[k] > 0 {
			t.Errorf("%d x %s in\n%s", kinds[k], k, data)
		}
	}
	if kinds[ast.KindHeading] != 1 {
		t.Errorf("%d headings in\n%s", kinds[ast.KindHeading], data)
	}
	for _, n := range rows {
		if n != 7 {
			t.Errorf("a row of %d cells in\n%s", n, data)
		}
	}
}

// command is a line that the runner of GitHub obeys. Other words between colons, such
// as the beginning of an IPv6 address, it prints.
var command = regexp.MustCompile(`^\s*::(error|warning|notice|debug|group|endgroup|add-mask|add-matcher|remove-matcher|stop-commands|set-output|save-state|set-env|add-path|echo)[ :]`)

// Names and texts come from logs and from files that others wrote. Whatever they hold,
// every form can be read back, has the same shape, and says the same.
func FuzzForms(f *testing.F) {
	for _, s := range []string{"example.net", "::error file=x::y", "a\n::warning::b", "##[error]x", "|a|b|", "<script>x</script>", "]]>&amp;\"'", "a%0Ab,c:d=e",
		"\x00\x1b[31m\u202e", "{0} [x](http://y)", "=1+2", "`code`", "@all #1 :smile:", `\" {x="y"} 1`, strings.Repeat("long ", 999), "-", "a\\", "1. x", "http://x.example/", "::0"} {
		f.Add(s, s, s+":3")
	}
	f.Fuzz(func(t *testing.T, name, text, where string) {
		r, c := bad(t)
		for i := range c.Results {
			if x := &c.Results[i]; x.Destination != nil {
				x.Destination = &name
			}
			c.Results[i].Where, c.Results[i].Note = where, text
		}
		c.Findings[0].Destination, c.Findings[0].Text, c.Findings[0].Where = name, text, where
		c.New, c.Gone, c.Moved = []Change{{name, 1}}, []Change{{name, 2}}, []Move{{name, text, "other", 3}}
		c.Baseline.File, c.Baseline.Rules, c.Rules = where, text, text
		c.Input.Files[0].Path, r.Rules, r.Groups[0].Platform = name, text, name
		c.Input.Errors = []report.Error{{File: name, Line: 1, Error: text}}

		for line := range strings.SplitSeq(string(render(t, func(w io.Writer, c *Check) error { return WriteText(w, c, TextOptions{Args: []string{name}}) }, c)), "\n") {
			if command.MatchString(line) || strings.Contains(line, "##") {
				t.Errorf("a command in the text: %q", line)
			}
		}
		for _, write := range []func(io.Writer, *Check) error{WriteJSON, WriteNDJSON} {
			if data := render(t, write, c); bytes.Contains(data, []byte("##")) {
				t.Errorf("a command in %q", data)
			}
		}
		sarif := render(t, WriteSARIF, c)
		validate(t, "sarif-2.1.0-parts", sarif)
		var back sarifRead
		if err := json.Unmarshal(sarif, &back); err != nil {
			t.Fatal(err)
		}
		if got := back.Runs[0].Results[0].Message.Text; regexp.MustCompile(`(^|[^\\])(\\\\)*\[`).MatchString(got) || strings.Count(got, "{")%2 != 0 {
			t.Errorf("a link or an argument in %q", got)
		}
		validate(t, "gitlab-code-quality", render(t, WriteGitLab, c))
		suites, err := junit.Ingest(render(t, WriteJUnit, c))
		if err != nil || len(suites) != 1 || suites[0].Totals.Tests != len(c.Results)+1 || suites[0].Totals.Failed != c.Failed {
			t.Errorf("%v: %+v", err, suites)
		}
		scrape(t, render(t, func(w io.Writer, c *Check) error { return WritePrometheus(w, r, c, false) }, c))
		for _, a := range annotations(t, render(t, WriteGitHub, c)) {
			if len(a.props) > 3 || a.message == "" {
				t.Errorf("%+v", a)
			}
		}
		checkMarkdown(t, render(t, WriteMarkdown, c))
	})
}
