package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gmtext "github.com/yuin/goldmark/text"

	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

// outlineOf is the block structure of a Markdown document, and the inline parts that
// log text must never make.
func outlineOf(t *testing.T, doc string) (blocks []string, danger []string) {
	t.Helper()
	source := []byte(doc)
	root := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(gmtext.NewReader(source))
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.Kind() {
		case ast.KindLink, ast.KindAutoLink, ast.KindImage, ast.KindRawHTML, ast.KindHTMLBlock, extast.KindStrikethrough,
			extast.KindTaskCheckBox, extast.KindFootnote, extast.KindFootnoteLink:
			danger = append(danger, n.Kind().String())
		case ast.KindText, ast.KindString, ast.KindCodeSpan, ast.KindTextBlock:
		default:
			blocks = append(blocks, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return blocks, danger
}

// checkMarkdown is the oracle: with any text in the report the document has the same
// blocks and the same emphasis as with a harmless one, and no link, image or tag.
func checkMarkdown(t *testing.T, want []string, doc string) {
	t.Helper()
	reporttest.Printable(t, "the document", doc)
	got, danger := outlineOf(t, doc)
	if len(danger) > 0 {
		t.Fatalf("log text made %v:\n%s", danger, doc)
	}
	if !slices.Equal(got, want) {
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Fatalf("log text changed the structure at block %d: got %v, want %v\n%s", i, got[i:min(i+5, len(got))], want[i:min(i+5, len(want))], doc)
	}
}

// means says that a text has a meaning of its own in a report, or says nothing, so
// that it changes what is shown.
func means(s string) bool {
	s = strings.TrimSpace(Visible(s))
	return s == "" || s == "+" || s == "-" || s == "?" || strings.ToLower(s) == s && len(s) < 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == "" && len(s) > 3
}

func TestMarkdownSurvivesLogText(t *testing.T) {
	want, _ := outlineOf(t, written(t, "md", hostile("x")))
	if len(want) < 50 {
		t.Fatalf("only %d blocks", len(want))
	}
	for _, s := range reporttest.Attacks() {
		if !means(s) {
			checkMarkdown(t, want, written(t, "md", hostile(s)))
		}
	}
}

func FuzzWriteMarkdown(f *testing.F) {
	for _, s := range reporttest.Attacks() {
		f.Add(s)
	}
	var want []string
	f.Fuzz(func(t *testing.T, s string) {
		if want == nil {
			want, _ = outlineOf(t, written(t, "md", hostile("x")))
		}
		if !means(s) {
			checkMarkdown(t, want, written(t, "md", hostile(s)))
		}
	})
}

// The verdict comes first, and the numbers keep their columns.
func TestMarkdownSays(t *testing.T) {
	doc := written(t, "md", capped())
	if first, _, _ := strings.Cut(doc, "\n"); first != "## Microsoft consumer: burst (ESCALATE); 1 other destination at WATCH" {
		t.Errorf("the first line is %q", first)
	}
	f := func(r *Report, want string) {
		t.Helper()
		if doc := written(t, "md", r); !strings.Contains(doc, want) {
			t.Errorf("the document lacks %q:\n%s", want, doc)
		}
	}
	f(capped(), "| WATCH | mx1.gw.example-b2b.net | queue-pressure, confidence medium (0.62) | fixed 3 | 143 | 143 | 611 | 0 | - |\n")
	f(capped(), "(`logs/mail.log.2.gz:88120`)")
	f(clean(), "## No connection-limit replies. 1,284,117 lines read.")
	f(broken(), "> **incomplete:** `logs/mail.log.2.gz:84117: gzip ends early")
	f(hostile("a | b"), `| ESCALATE | a \| b | a \| b, confidence high (0.93) |`)
}

func TestMarkdownEscapes(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(mdText("4,870 in 60 s at 09:02"), "4,870 in 60 s at 09:02")
	f(mdText("<b> [x](y) *a* `c` a|b"), "\\<b\\> \\[x\\](y) \\*a\\* \\`c\\` a\\|b")
	f(mdText("ask @team"), "`ask @team`")
	f(mdText("#12"), "`#12`")
	f(mdText("see http://example.com"), "`see http://example.com`")
	f(mdText("a :tada: b"), "`a :tada: b`")
	f(mdText("00:00 to 23:59"), "00:00 to 23:59")
	f(mdCode("a`b"), "``a`b``")
	f(mdCode("`a"), "`` `a ``")
	f(mdCode(""), "")
	f(mdCodeCell("a|b"), "`a\\|b`")
	f(mdCodeCell("a\\|b"), "`a\\\\x7cb`")
	f(mdFence("a", "```"), "````text\na\n```\n````\n")
}
