package report

import (
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

// tags are all start tags of a page with their attributes, in order, and its words.
// Scripts and styles are returned apart.
func tags(t *testing.T, page string) (list []string, words string, raw map[string][]string) {
	t.Helper()
	raw = map[string][]string{}
	var all strings.Builder
	z, inside := html.NewTokenizer(strings.NewReader(page)), ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			return list, all.String(), raw
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			inside = tok.Data
			for _, a := range tok.Attr {
				list = append(list, fmt.Sprintf("%s %s=%s", tok.Data, a.Key, a.Val))
			}
			list = append(list, tok.Data)
		case html.TextToken:
			if text := string(z.Text()); inside == "script" || inside == "style" {
				raw[inside] = append(raw[inside], text)
			} else {
				all.WriteString(html.UnescapeString(text))
			}
		case html.EndTagToken:
			inside = ""
		case html.CommentToken:
			t.Fatalf("a comment: %s", z.Raw())
		case html.DoctypeToken:
		}
	}
}

// drawn are attributes whose value is a length.
var drawn = regexp.MustCompile(`^(svg viewBox|svg viewbox|(rect|line|text) (x|y|x1|y1|x2|y2|width|height))=[0-9. ]+$`)

var anchored = regexp.MustCompile(`^(a href=#d[0-9]+|(section id|pre id|button data-of)=d[0-9]+(-ticket)?)$`)

// honest is what the pages of handmade reports without hostile text are made of.
func honest(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	x := hostile("x")
	x.Groups[0].Windows[0].Listed, x.Groups[0].Windows[0].Limited, x.Groups[0].Windows[0].UnknownUsers = 1, 1, 1
	for _, r := range []*Report{capped(), clean(), broken(), empty(), x} {
		list, _, _ := tags(t, written(t, "html", r))
		for _, tag := range list {
			known[tag] = true
		}
	}
	return known
}

// checkHTML is the oracle: every tag and attribute of the page is one that the
// template writes for harmless text, too.
func checkHTML(t *testing.T, known map[string]bool, page string) {
	t.Helper()
	reporttest.Printable(t, "the page", page)
	list, _, raw := tags(t, page)
	for _, tag := range list {
		if !known[tag] && !drawn.MatchString(tag) && !anchored.MatchString(tag) {
			t.Fatalf("the page has %q, which no honest page has", tag)
		}
	}
	for kind, file := range map[string]string{"script": "html/copy.js", "style": "html/style.css"} {
		want, err := fs.ReadFile(htmlFiles, file)
		if err != nil {
			t.Fatal(err)
		}
		if len(raw[kind]) != 1 || raw[kind][0] != string(want) {
			t.Fatalf("%d elements %s, want %s alone", len(raw[kind]), kind, file)
		}
	}
}

func TestHTMLHoldsNoMarkupOfALog(t *testing.T) {
	known := honest(t)
	for _, s := range reporttest.Attacks() {
		checkHTML(t, known, written(t, "html", hostile(s)))
	}
}

// The oracle can fail.
func TestHTMLOracle(t *testing.T) {
	known := honest(t)
	for _, s := range []string{"<script>", "<p onclick=x>", "<img>", `<a href="http://example.com">`, "<rect x=javascript:1>"} {
		list, _, _ := tags(t, s)
		bad := false
		for _, tag := range list {
			bad = bad || !known[tag] && !drawn.MatchString(tag) && !anchored.MatchString(tag)
		}
		if !bad && s != "<script>" { // a second script is told by their number
			t.Errorf("%s passes", s)
		}
	}
}

func FuzzWriteHTML(f *testing.F) {
	for _, s := range reporttest.Attacks() {
		f.Add(s)
	}
	var known map[string]bool
	f.Fuzz(func(t *testing.T, s string) {
		if known == nil {
			known = honest(t)
		}
		checkHTML(t, known, written(t, "html", hostile(s)))
	})
}

// The page says what the text says, for each destination with a finding.
func TestHTMLSays(t *testing.T) {
	f := func(r *Report, want ...string) {
		t.Helper()
		_, words, _ := tags(t, written(t, "html", r))
		words = strings.Join(strings.Fields(words), " ")
		for _, w := range want {
			if !strings.Contains(words, w) {
				t.Errorf("the page lacks %q:\n%s", w, words)
			}
		}
	}
	f(capped(),
		"Microsoft consumer: burst (ESCALATE); 1 other destination at WATCH",
		"confidence high (0.93)",
		"451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115)",
		"first at logs/mail.log.2.gz:88120",
		"4,870 first attempts in 60 s at 09:02; the usual minute has 82 logs/mail.log.2.gz:88120",
		"12 at once (estimate, 10 to 14)",    // an estimate with its bounds
		"dynamic (between 2 and 5 sessions)", // another one
		"Own open sessions", "Deferred recipients", "Accepted recipients",
		"Refused by own open sessions", "99.5% of 200",
		"Gaps between retries", "400 gaps",
		"What became of the recipients put off", "1,871 (98.26%)",
		"pause new Microsoft batches 15m so open sessions drain",
		"You cannot change this queue; ask your ESP, in this order",
		"We are seeing <this> & ``` that:",
		"whoever runs this MTA; dedicated pool", "start: 1-2 sessions",
		"<20260520.a1@example.com>", "4,870 messages at 2 sessions need about 40m",
		"3 destinations without a finding", "Refusals by your own server or ESP", "450 4.9.9 come back on <n>")
	f(clean(), "No connection-limit replies. 1,284,117 lines read.")
	f(broken(), "Incomplete: logs/mail.log.2.gz:84117: gzip ends early", "no all-clear")
	f(empty(), "no mail log lines were recognised")
}

// A page holds a bounded number of destinations, and says how many it leaves out.
func TestHTMLOfManyDestinations(t *testing.T) {
	r := &Report{}
	for i := range 300 {
		r.Groups = append(r.Groups, Group{Destination: fmt.Sprintf("mx%d.example.net", i), Severity: "watch", Cause: "burst"},
			Group{Destination: fmt.Sprintf("ok%d.example.net", i), Severity: "normal", Cause: "none"})
	}
	list, words, _ := tags(t, written(t, "html", r))
	sections := 0
	for _, tag := range list {
		if strings.HasPrefix(tag, "section id=") {
			sections++
		}
	}
	if sections != htmlSections {
		t.Errorf("%d sections, want %d", sections, htmlSections)
	}
	for _, want := range []string{"260 further destinations", "and 100 more, all in the JSON form"} {
		if !strings.Contains(words, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// A table stands below every chart, with all its numbers.
func TestFigures(t *testing.T) {
	g := microsoft()
	f := timeFigure(g.Windows)
	if f == nil || len(f.Numbers.Rows) != len(g.Windows) || len(f.Numbers.Head) != 4 {
		t.Fatalf("over time: %+v", f)
	}
	bars := map[string]int{}
	for _, b := range f.Bars {
		bars[b.Class]++
		if b.X < 0 || b.X+b.W > wideWidth || b.Y < 0 || b.H <= 0 || b.Y+b.H > px(f.Height) {
			t.Errorf("a bar outside of the drawing: %+v", b)
		}
	}
	if fmt.Sprint(bars) != "map[accepted:9 deferred:6 sessions:9]" {
		t.Errorf("bars: %v", bars)
	}
	none := func(what string, f *figure) {
		if f != nil {
			t.Errorf("%s of nothing: %+v", what, f)
		}
	}
	none("over time", timeFigure(nil))
	none("over time", timeFigure(make([]Window, 3)))
	none("curve", curveFigure([]CurveBin{{"1-2", 0, 0}}))
	none("gaps", gapFigure(RetryGaps{Counts: []Gap{{UpToS: 60}}}))
	none("outcome", outcomeFigure(Outcome{}))
	// Windows far apart or out of order do no harm.
	for _, far := range []time.Time{at(0, 0).AddDate(-900, 0, 0), at(0, 0).AddDate(900, 0, 0), at(8, 45)} {
		if f := timeFigure([]Window{{Start: at(8, 45), Sessions: 3}, {Start: far, Sessions: -1, DeferredRecipients: math.MaxInt32}}); f != nil && len(f.Texts) > 200 {
			t.Errorf("%d words for two windows", len(f.Texts))
		}
	}
}

// Replies that name a list and connection errors stand on one time line (C83).
func TestListingsOnTheTimeLine(t *testing.T) {
	r := capped()
	w := r.Groups[0].Windows
	w[1].Limited, w[2].Limited, w[2].Listed, w[3].Listed = 40, 10, 20, 70
	text := render(t, r, TextOptions{Width: 110})
	if !strings.Contains(text, "each on its own scale: sessions, deferred, accepted, limited, listed") ||
		!regexp.MustCompile(`09:00 .* limited 50 #+ +listed 20 #`).MatchString(text) {
		t.Errorf("the text lacks the listings:\n%s", text)
	}
	page := written(t, "html", r)
	for _, want := range []string{"Connection- and rate-limit refusals", "Replies that name a list", "2026-05-20 09:30:00: 70 listed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(written(t, "html", capped()), "Replies that name a list") {
		t.Error("a line without anything on it is drawn")
	}
}
