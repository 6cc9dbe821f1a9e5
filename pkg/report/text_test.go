package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func render(t *testing.T, r *Report, o TextOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteText(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteTextGolden(t *testing.T) {
	f := func(name string, r *Report, o TextOptions) {
		t.Helper()
		got := render(t, r, o)
		golden(t, name, got)
	}
	args := []string{"logs/*.gz"}
	f("capped", capped(), TextOptions{Args: args})
	f("capped-wide", capped(), TextOptions{Args: args, Width: 200, All: true, Detail: DetailAll})
	f("capped-60", capped(), TextOptions{Args: args, Width: 60})
	f("capped-color", capped(), TextOptions{Args: args, Color: true})
	f("capped-mx", capped(), TextOptions{Detail: DetailNone, By: RowsMX})
	f("capped-ip", capped(), TextOptions{Detail: DetailNone, By: RowsIP, Width: 70})
	f("capped-domain", capped(), TextOptions{Detail: DetailNone, By: RowsDomain, All: true})
	f("capped-columns", capped(), TextOptions{Detail: DetailNone, Columns: []string{"destination", "refusals", "confidence", "state", "owner", "bounced"}})
	f("capped-table", capped(), TextOptions{Args: args, Detail: DetailNone, Top: 1})
	f("clean", clean(), TextOptions{})
	f("broken", broken(), TextOptions{})
	f("empty", empty(), TextOptions{})
}

// No line passes the width asked for, nor 110, whatever the width.
func TestWriteTextWidth(t *testing.T) {
	for width := 0; width < 240; width += 7 {
		most := DefaultWidth
		if width > 0 {
			most = min(max(width, MinWidth), MaxWidth)
		}
		for _, r := range []*Report{capped(), clean(), broken(), empty(), hostile(strings.Repeat("x", 400)), hostile("a\x1b]0;b\x07 c"), {}} {
			for _, d := range []Detail{DetailNone, DetailWorst, DetailAll} {
				text := render(t, r, TextOptions{Width: width, Detail: d, Args: []string{"logs/*.gz"}})
				for line := range strings.Lines(text) {
					if n := len(strings.TrimSuffix(line, "\n")); n > most {
						t.Fatalf("width %d: a line of %d characters: %q", width, n, line)
					}
				}
			}
		}
	}
}

func TestWriteTextSays(t *testing.T) {
	f := func(r *Report, o TextOptions, want ...string) {
		t.Helper()
		got := strings.Join(strings.Fields(render(t, r, o)), " ")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("the text lacks %q:\n%s", w, got)
			}
		}
	}
	f(clean(), TextOptions{}, "No connection-limit replies. 1,284,117 lines read.", "Other refusals: greylist 3.")
	f(broken(), TextOptions{}, "incomplete: 2 input problems", "no all-clear")
	f(empty(), TextOptions{}, "no mail log lines were recognised")
	f(&Report{}, TextOptions{}, "no lines were read")
	f(capped(), TextOptions{Width: 110}, "peak <=2")
	f(capped(), TextOptions{},
		"not enough evidence: 1 refusal, delivered on retry after 6m. One reply proves nothing.",
		"sending IP not in this log",
		"3 other destinations none",
		"You cannot change this queue; ask your ESP",
		"ask for fewer concurrent sessions to this MX [esp]")
}

// A destination is listed with the worst first, and never dropped silently.
func TestWriteTextOrderAndTop(t *testing.T) {
	r := capped()
	r.Groups[0], r.Groups[5] = r.Groups[5], r.Groups[0]
	text := render(t, r, TextOptions{Detail: DetailNone})
	if a, b := strings.Index(text, "ESCALATE"), strings.Index(text, "WATCH"); a < 0 || b < a {
		t.Errorf("ESCALATE at %d is not before WATCH at %d:\n%s", a, b, text)
	}
	text = render(t, r, TextOptions{Detail: DetailNone, Top: 1})
	if !strings.Contains(text, "5 other destinations") || !strings.Contains(text, "various") {
		t.Errorf("the five other destinations are not summed up:\n%s", text)
	}
	text = render(t, r, TextOptions{Detail: DetailNone, All: true, Top: 1})
	if strings.Contains(text, "other destination") || !strings.Contains(text, "GMX") {
		t.Errorf("--all does not list every destination:\n%s", text)
	}
}

func TestWriteTextReturnsWriteErrors(t *testing.T) {
	want := errors.New("full")
	if err := WriteText(failing{want}, capped(), TextOptions{}); !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
	if err := WriteJSON(failing{want}, capped(), true); !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// hostile is a report with s in every string that could come from a log.
func hostile(s string) *Report {
	r := capped()
	in, own, unknown := r.Input, r.OwnSide, r.Unknown
	in.Files = []File{{Path: s, Format: s, Lines: 1, Understood: 1}}
	in.Errors = []Error{{File: s, Line: 1, Error: s}}
	own[0] = OwnSide{What: s, Class: s, Count: 1, Text: s}
	unknown[0] = Unknown{Template: s, Sample: s, Count: 1, Where: s}
	r.Input = in
	for i := range r.Groups {
		g := &r.Groups[i]
		g.Destination, g.Platform, g.Kind, g.Why, g.State, g.Cause = s, s, s, s, s, s
		g.MX, g.Domains, g.SendingIPs, g.Qualifiers, g.Missing = []string{s, s + s}, []string{s}, []string{s}, []string{s}, []string{s}
		g.Limit.Type = s
		g.PeakSessions.Why = s
		g.Refusals = map[string]int64{s: 3}
		g.PeakSessions.PerIP = map[string]int64{s: 4}
		e := []Evidence{{Sign: "+", Text: s, Where: s}, {Sign: s, Text: s}, {Sign: "?", Text: s}}
		g.Causes = []Cause{{Cause: s, Role: s, Evidence: e}, {Cause: s, Evidence: e}}
		g.Limit.Hypotheses = []Hypothesis{{Type: s, Evidence: e}}
		g.Replies = []Reply{{Template: s, Sample: s + s, Class: s, Count: 1, Where: s}, {Template: s, Class: s}}
		g.ByMX = []ByMX{{MX: s, Refusals: g.Refusals}, {MX: s}}
		g.BySender = []BySender{{Sender: &s, Cause: s, Severity: s}, {}}
		g.ByIP = []ByIP{{SendingIP: &s, Cause: s, Severity: s, Refusals: g.Refusals}, {}}
		g.Steps = []Step{{Text: s, Owner: s}}
		g.Owner, g.Pool, g.Actionable = s, s, []string{s}
		g.Band = &Band{Name: s, Text: s}
		g.Notes = []Qualifier{{ID: s, Text: s, Evidence: e}}
		g.Messages = []Message{{MessageID: &s, QueueID: &s, Sender: &s, Recipient: &s, Outcome: s}}
		g.ByDomain = []ByDomain{{Domain: s, Refusals: g.Refusals}, {}}
		g.ByStream = []ByStream{{Stream: s, Cause: s, Severity: s, Refusals: g.Refusals}, {Transactional: true}}
		g.Audit = []AuditItem{{ID: s, Status: s, Text: s}}
		g.Advice = []Note{{ID: s, Text: s, Brief: true}, {Text: s}}
		g.Drain = &Drain{Text: s}
		g.Facts = Facts{{Where: s}}
		g.Immediate, g.Underlying = &s, &s
	}
	return r
}

func TestNoCommandsInText(t *testing.T) {
	for _, s := range []string{"::error file=a::b", "a ::warning::b", "##[error]b", "::::error::", "Foo::error::" + strings.Repeat("Foo::error::", 40), strings.Repeat(":", 70) + "error::x"} {
		for width := MinWidth; width < MaxWidth; width += 3 {
			reporttest.NoCommand(t, render(t, hostile(s), TextOptions{Width: width, Detail: DetailAll, All: true}))
		}
		reporttest.NoCommand(t, marshal(t, hostile(s), false))
		for form := range forms() {
			reporttest.NoCommand(t, written(t, form, hostile(s)))
		}
	}
}

// Log text cannot begin a line of its own and pass for a verdict.
func TestWriteTextForgedLines(t *testing.T) {
	for _, s := range []string{"x\nFORGED  a: burst", "\rFORGED", strings.Repeat("FORGED  ", 60)} {
		text := render(t, hostile(s), TextOptions{Detail: DetailAll})
		if strings.HasPrefix(text, "FORGED") || strings.Contains(text, "\nFORGED") {
			t.Errorf("%q forged a line:\n%s", s, text)
		}
	}
}

func FuzzWriteText(f *testing.F) {
	for _, s := range []string{"", "x", "\x1b[2J\x1b]0;t\x07", "a\nESCALATE  forged", "\u202egnp", "\u200b\ufeff", "\x9b31m", "\xff\xfe", "\u0085\u2028", "| a | b |", "\t\r\v\f", strings.Repeat("w", 300), "%s%d", "\U0001f600 \u00e9"} {
		f.Add(s, 60, true)
		f.Add(s, 0, false)
	}
	f.Fuzz(func(t *testing.T, s string, width int, all bool) {
		r := hostile(s)
		o := TextOptions{Width: width, All: all, Args: []string{s}}
		if all {
			o.Detail = DetailAll
		}
		text := render(t, r, o)
		reporttest.Printable(t, "the text", text)
		reporttest.NoCommand(t, text)
		if r.Groups[0].Destination != s {
			t.Fatal("rendering changed the report")
		}
	})
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1f\x7f\x80\xff", "\u202e\u2066\u200d", "\n", `\x1b`, strings.Repeat("\u00e9", 3000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Visible(s)
		reporttest.Printable(t, "Visible", got)
		if strings.Contains(got, "\n") {
			t.Fatalf("%q has a line end", got)
		}
		if len(got) > maxVisible {
			t.Fatalf("%d bytes, more than %d", len(got), maxVisible)
		}
		if Visible(got) != got {
			t.Fatalf("not stable: %q -> %q", got, Visible(got))
		}
	})
}

func TestVisible(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
	f("", "")
	f("421 4.7.0 Too many", "421 4.7.0 Too many")
	f("a\x1b[31mb", `a\x1b[31mb`)
	f("a\nb\rc\td", `a\nb\rc\td`)
	f("\u202eevil\u200b", `\u202eevil\u200b`)
	f("caf\u00e9 \U0001f600", `caf\u00e9 \U0001f600`)
	f("\x9b31m\xff", `\x9b31m\xff`)
	f("\u0085\u2028", `\u0085\u2028`)
	f("del\x7f", `del\x7f`)
	f(string(utf8.RuneError), `\ufffd`)
	// What CI systems take for commands in printed text.
	f("a ##[error]b", `a #\x23[error]b`)
	f("##vso[task.complete]", `#\x23vso[task.complete]`)
	f("#1", "#1")
	f("::error file=a.log,line=1::b", `:\x3aerror file=a.log,line=1::b`)
	f("x ::add-mask::b", `x :\x3aadd-mask::b`)
	f(":::stop-commands::", `:\x3a\x3astop-commands::`)
	f("2001:db8::1 and ::1 and ::ffff:192.0.2.1", "2001:db8::1 and ::1 and ::ffff:192.0.2.1")
	f("Mail::SPF", "Mail::SPF")
	long := Visible(strings.Repeat("x", maxVisible+1))
	if len(long) > maxVisible || !strings.HasSuffix(long, "x...") {
		t.Errorf("a long string gives %d bytes ending in %q", len(long), long[len(long)-5:])
	}
	if got := strings.Repeat("x", maxVisible); Visible(got) != got {
		t.Error("a string of the greatest length is cut")
	}
}

func TestNumbers(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(count(1, "line"), "1 line")
	f(count(2, "retry"), "2 retries")
	f(count(0, "address"), "0 addresses")
	f(Percent(1283903, 1284117), "99.98%")
	f(Percent(9999999, 10000000), "99.99%")
	f(Percent(5, 5), "100%")
	f(Percent(1, 2), "50%")
	f(Percent(0, 0), "0%")
	f(Percent(1, 8), "12.5%")
	f(confidence(0.8), "high (0.80)")
	f(confidence(0.5), "medium (0.50)")
	f(confidence(0.49), "low (0.49)")
	f(commonHost([]string{"a.b.example.net", "c.b.example.net"}), "*.b.example.net")
	f(commonHost([]string{"mx.example.net", "mx.example.com", "mx.example.org"}), "mx.example.net mx.example.com and 1 more")
	f(commonHost([]string{"mx.example.net"}), "mx.example.net")
	f(commonHost(nil), "")
	f(shorten("mx1.gw.example-b2b.net", 12), "..le-b2b.net")
	f(shorten("Microsoft consumer (4 MX)", 12), "Microsoft ..")
	f(fmt.Sprint(Wrap("aa bb cc", 8, 0)), "[aa bb cc]")
	f(fmt.Sprint(len(Wrap("", 8, 0))), "1")
	f(fmt.Sprintf("%q", Wrap("one two three four", 9, 0)), `["one two" "three" "four"]`)
	f(fmt.Sprintf("%q", Wrap("one two three four", 9, 2)), `["one two" "three ..."]`)
	f(fmt.Sprintf("%q", Wrap("abcdefghijklmnop", 8, 0)), `["abcdefgh" "ijklmnop"]`)
}

// A row of receivers that were not told apart is no destination in any form: it has its
// counts, a sentence, and no verdict.
func TestMixed(t *testing.T) {
	r := capped()
	r.Groups = append(r.Groups, Group{Destination: "others, not told apart", Platform: "other-destinations", Mixed: true, Cause: "unclear", Severity: "normal",
		MX: []string{"mx1.example", "mx2.example"}, Counts: Counts{Attempts: 6260, Deferred: 728, Delivered: 5293},
		Refusals: map[string]int64{"connection-limit": 70, "listing": 53, "greylist": 209}, Trouble: Trouble{Refusals: 123, Messages: 116}})
	sentence := "123 refusals of 116 messages count (all failures: greylist 209, connection-limit 70, listing 53). Sums say nothing of any one of them"
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	text := plain(render(t, r, TextOptions{Width: 110}))
	for _, want := range []string{"- others, not told apart - - ", sentence, "3 other destinations none"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	for form, want := range map[string][]string{
		"md":     {"|  | others, not told apart |  |  | 123 | 728 | 5,293 | 0 |  |", sentence},
		"html":   {`<td class="name">others, not told apart</td><td></td><td>-</td>`, sentence},
		"csv":    {`"others, not told apart","other-destinations"`, ",true\r\n"},
		"ndjson": {`"mixed":true`},
	} {
		got := strings.ReplaceAll(written(t, form, r), `\(`, "(")
		got = strings.ReplaceAll(got, `\)`, ")")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s lacks %q", form, w)
			}
		}
		if form != "csv" && form != "ndjson" && strings.Contains(got, "others, not told apart: unclear") {
			t.Errorf("%s has a section about it", form)
		}
	}
	only := &Report{Input: r.Input, Groups: r.Groups[len(r.Groups)-1:]}
	if got := plain(render(t, only, TextOptions{})); !strings.Contains(got, sentence) || strings.Contains(got, "No connection-limit") || strings.Contains(got, "diagnose ticket") {
		t.Errorf("alone: %s", got)
	}
}
