package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// The page is made of these files; nothing of a log is in the style or the script.
//
//go:embed html
var htmlFiles embed.FS

// Limits of a page: what is useful to a reader, and what a browser likes to show.
const (
	htmlSections = 40
	htmlRows     = 200
	htmlShares   = 50
)

// WriteHTML writes r as one self-contained page: nothing is loaded from anywhere, and
// a Content-Security-Policy allows its own style and script only, by their hashes. The
// script makes copy buttons work; everything is there without it. Charts are SVG with
// their numbers in a table below.
//
// Destinations with a finding have a section each, worst first; the others share a
// table that is folded away.
func WriteHTML(w io.Writer, r *Report, o DocumentOptions) error {
	page, err := newPage(r, o)
	if err != nil {
		return fmt.Errorf("cannot write the report as HTML: %w", err)
	}
	t, err := template.New("").Funcs(htmlFuncs()).ParseFS(htmlFiles, "html/page.html")
	if err != nil {
		return fmt.Errorf("cannot write the report as HTML: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "page", page); err != nil {
		return fmt.Errorf("cannot write the report as HTML: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// htmlFuncs format values; none of them returns markup.
func htmlFuncs() template.FuncMap {
	return template.FuncMap{
		"num": rules.Thousands, "mixed": mixedPhrase, "limit": limit, "peak": peak, "sign": sign, "auditSign": auditSign, "errorText": ErrorText,
		"byClass": func(m map[string]int64) string { return byCount(m, 3) },
		"signClass": func(e Evidence) string {
			return map[string]string{"+": "for", "-": "against", "?": "open"}[sign(e)]
		},
	}
}

// page is what the template shows.
type page struct {
	*document
	Title, Read, Clean string
	Policy             string
	Style              template.CSS
	Script             template.JS

	Rows     []htmlRow
	Sections []section
	// More, MoreHealthy and MoreFiles say how many are left out, "" for none.
	More, MoreHealthy, MoreFiles string
	HealthyTitle                 string
	Files                        []File
	Notes                        []string
}

// htmlRow is a row of the table of destinations; Anchor is empty without a section.
type htmlRow struct {
	G                    *Group
	Level, Class, Anchor string
}

func newPage(r *Report, o DocumentOptions) (*page, error) {
	style, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		return nil, err
	}
	script, err := htmlFiles.ReadFile("html/copy.js")
	if err != nil {
		return nil, err
	}
	d := newDocument(r, o)
	p := &page{
		document: d, Title: d.verdict(), Read: readPhrase(&d.In), Clean: cleanPhrase(&d.In, d.refusals),
		Policy: fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", sourceHash(style), sourceHash(script)),
		Style:  template.CSS(style), Script: template.JS(script),
		HealthyTitle: count(int64(len(d.Healthy)), "destination") + " without a finding",
	}
	for i, g := range d.Found {
		row := htmlRow{G: g, Level: severityWord(g.Severity), Class: severityClass(g.Severity)}
		if i < htmlSections {
			row.Anchor = fmt.Sprintf("d%d", i+1)
			p.Sections = append(p.Sections, d.section(g, row))
		}
		if i < htmlRows {
			p.Rows = append(p.Rows, row)
		}
	}
	for _, g := range d.Mixed {
		p.Rows = append(p.Rows, htmlRow{G: g})
	}
	if n := len(d.Found) - htmlSections; n > 0 {
		p.More = count(int64(n), "further destination")
	}
	p.Healthy, p.MoreHealthy = atMost(d.Healthy, htmlRows)
	p.Files, p.MoreFiles = atMost(d.In.Files, htmlRows)
	p.Notes, _ = atMost(d.In.Notes, htmlShares)
	return p, nil
}

// sourceHash is a hash source of a Content-Security-Policy (CSP Level 3, 2.3.1).
func sourceHash(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// severityClass is the style of a severity: a word of ours, never one of a report.
func severityClass(s string) string {
	return [...]string{"normal", "normal", "watch", "escalate"}[SeverityRank(s)]
}

// atMost is the first n of list, and how many are left out, "" for none.
func atMost[T any](list []T, n int) ([]T, string) {
	if len(list) <= n {
		return list, ""
	}
	return list[:n], rules.Thousands(int64(len(list) - n))
}

// section explains one destination.
type section struct {
	htmlRow
	Confidence, Reach    string
	Reply                *Reply
	Facts                []fact
	Causes               []htmlCause
	Unknown              []string
	Limit                []Evidence
	Wide                 *figure
	Charts               []*figure
	StepsTitle, StepsWho string
	Advice, MoreAdvice   []string
	Ticket               string
	Tables               []numbers
}

// htmlCause is one explanation with its heading.
type htmlCause struct {
	Title, Extra string
	Evidence     []Evidence
}

func (d *document) section(g *Group, row htmlRow) section {
	s := section{
		htmlRow: row, Reach: reachPhrase(g), Facts: d.facts(g), Unknown: unknowns(g), Wide: timeFigure(g.Windows),
		Ticket: d.ticket(g), Tables: d.tables(g),
	}
	if causePhrase(g.Cause, g.Confidence) != g.Cause {
		s.Confidence = confidence(g.Confidence)
	}
	if i := mainReply(g); i >= 0 {
		s.Reply = &g.Replies[i]
	}
	for i, c := range g.Causes {
		title, extra := causeTitle(g, i)
		known := slices.DeleteFunc(slices.Clone(c.Evidence), func(e Evidence) bool { return sign(e) == "?" })
		if len(known) > 0 {
			s.Causes = append(s.Causes, htmlCause{title, strings.TrimLeft(extra, ", "), known})
		}
	}
	for _, h := range g.Limit.Hypotheses {
		for _, e := range h.Evidence {
			e.Text = h.Type + ": " + e.Text
			s.Limit = append(s.Limit, e)
		}
	}
	for _, f := range []*figure{curveFigure(g.Curve), gapFigure(g.RetryGaps), outcomeFigure(g.Outcome)} {
		if f != nil {
			s.Charts = append(s.Charts, f)
		}
	}
	s.StepsTitle, s.StepsWho = stepsTitle(g)
	s.Advice, s.MoreAdvice = advice(g)
	return s
}
