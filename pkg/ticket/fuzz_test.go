package ticket

import (
	"encoding/json"
	"io"
	"maps"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// FuzzWriters puts any text into every place that a log fills, and reads what comes
// out with the parsers that its readers use.
func FuzzWriters(f *testing.F) {
	for _, s := range []string{"", "a", "x\r\nBcc: v@example.net", "</code><b>", "`", "``` ~~~", "=?utf-8?q?=0d=0aX:?=", "| a | b |\n|--|--|", "\u202e\u2028\x85\x1b[0m",
		"[x](y)", "![x](y)", "http://a.example www.b.example c@d.example", "\\`*_{}<!-- -->", "&lt;&#64;", strings.Repeat("long ", 500), strings.Repeat("word", 500), "\n\n# h\n- l\n1. x\n\n    code", " ", "$x$"} {
		f.Add(s, int64(1))
	}
	f.Fuzz(func(t *testing.T, s string, n int64) {
		g := gateway()
		g.Destination, g.Platform, g.Kind, g.Domains = s, s, s, []string{s, s}
		g.ByStream[0].Stream, g.ByIP[0].SendingIP, g.ByMX[0].MX, g.BySender[0].Sender = s, ptr(s), s, ptr(s)
		g.Replies[1].Sample, g.Messages[0].MessageID, g.Messages[0].Outcome, g.Messages[3].QueueID = s, ptr(s), s, ptr(s)
		g.Trouble.Refusals, g.Trouble.Messages, g.Outcome.MedianS, g.MessagesMore = n, n/2, &n, n
		tk := build(t, g, "esp", "shared")
		checkText(t, &tk)
		checkMarkdown(t, &tk)
		checkJSON(t, &tk)
		checkEML(t, &tk)
	})
}

// checkText: no control or bidi characters, and no line of a log's own.
func checkText(t *testing.T, tk *Ticket) {
	got := render(t, tk, "txt")
	own := []string{"Subject: "}
	for _, f := range tk.fields() {
		own = append(own, f.label+": ")
	}
	sentences := strings.Join([]string{tk.Opening, tk.Caution, tk.Request.Lead, tk.Request.SharedLead, tk.Request.Discards}, "\n")
	for i, line := range strings.Split(got, "\n") {
		for _, r := range line {
			if !unicode.IsPrint(r) || r == unicode.ReplacementChar && !strings.Contains(tk.Reply.Text, "\ufffd") {
				t.Fatalf("%q in line %q", r, line)
			}
		}
		begins := func(p string) bool { return strings.HasPrefix(line+" ", p) }
		switch {
		case line == "", line[0] == ' ', strings.Contains(sentences, line):
		case begins("Subject: ") && i > 0, !slices.ContainsFunc(own, begins):
			t.Fatalf("line %d is none of ours: %q", i+1, line)
		}
	}
}

// checkMarkdown: one heading, one code block with the reply, and no markup but ours.
func checkMarkdown(t *testing.T, tk *Ticket) {
	src := []byte(render(t, tk, "md"))
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	count := map[string]int{}
	err := ast.Walk(md.Parser().Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			var b strings.Builder
			for i := range n.Lines().Len() {
				l := n.Lines().At(i)
				b.Write(l.Value(src))
			}
			if want := strings.Join(replyLines(tk.Reply.Text), "\n") + "\n"; b.String() != want {
				t.Fatalf("reply %q, want %q", b.String(), want)
			}
		case *ast.Text:
			if _, inCode := n.Parent().(*ast.CodeSpan); !inCode && strings.Contains(string(n.Segment.Value(src)), "@") {
				t.Fatalf("a mention in %q", n.Segment.Value(src))
			}
		case *ast.RawHTML, *ast.HTMLBlock, *ast.Link, *ast.AutoLink, *ast.Image, *ast.CodeBlock, *ast.ThematicBreak, *ast.Blockquote,
			*east.Table, *east.Strikethrough, *east.TaskCheckBox:
			t.Fatalf("%s in\n%s", n.Kind(), src)
		}
		count[n.Kind().String()]++
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	edits, rows := 0, 0
	for _, f := range tk.fields() {
		if f.edit != "" {
			edits++
		}
		if f.rows && len(f.values) > 0 {
			rows++
		}
	}
	strong := len(tk.fields())
	if tk.Caution != "" {
		strong++
	}
	for kind, want := range map[string]int{"Heading": 1, "FencedCodeBlock": 1, "Emphasis": strong + edits, "List": 3 + rows} {
		if count[kind] != want {
			t.Fatalf("%d x %s, want %d, in\n%s", count[kind], kind, want, src)
		}
	}
}

func checkJSON(t *testing.T, tk *Ticket) {
	var back Ticket
	if err := json.Unmarshal([]byte(render(t, tk, "json")), &back); err != nil {
		t.Fatal(err)
	}
	if want := strings.ToValidUTF8(tk.Reply.Text, "\ufffd"); len(back.fields()) != len(tk.fields()) || !strings.Contains(want, "\ufffd") && back.Reply.Text != want {
		t.Fatalf("reply %q, want %q", back.Reply.Text, want)
	}
}

// checkEML: exactly our headers, and the text as body.
func checkEML(t *testing.T, tk *Ticket) {
	raw := render(t, tk, "eml")
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	names := slices.Sorted(maps.Keys(m.Header))
	if want := []string{"Content-Transfer-Encoding", "Content-Type", "Mime-Version", "Subject", "To", "X-Unsent"}; !slices.Equal(names, want) {
		t.Fatalf("headers %v, want %v", names, want)
	}
	if to, err := m.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != "support@esp.example" {
		t.Fatalf("To %v: %v", to, err)
	}
	for name, values := range m.Header {
		if len(values) != 1 {
			t.Fatalf("%d x %s", len(values), name)
		}
	}
	if s := m.Header.Get("Subject"); strings.Contains(s, "=?") || len(s) > 2000 {
		t.Fatalf("subject %q", s)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(string(body), "\n"); strings.TrimSpace(first) != tk.Opening {
		t.Fatalf("body begins with %q", first)
	}
	for _, line := range strings.Split(raw, "\n") {
		if line != "" && !strings.HasSuffix(line, "\r") {
			t.Fatalf("line %q without CR", line)
		}
	}
}

// Without --to there is no To, and line ends in it are no header.
func TestEMLHeaders(t *testing.T) {
	tk := build(t, gateway(), "esp", "")
	f := func(to, want string) {
		t.Helper()
		var b strings.Builder
		if err := tk.WriteEML(&b, to); err != nil {
			t.Fatal(err)
		}
		m, err := mail.ReadMessage(strings.NewReader(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Header.Get("To"); got != want || m.Header.Get("Bcc") != "" || m.Header.Get("X-Unsent") != "1" || m.Header.Get("Subject") != tk.Subject {
			t.Errorf("headers %v, want To %q", m.Header, want)
		}
	}
	f("", "")
	f("<a@example.com>", "<a@example.com>")
	f("<a@example.com>\r\nBcc: <v@example.net>", "<a@example.com>Bcc: <v@example.net>")
}
