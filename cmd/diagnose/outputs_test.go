package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/policy"
	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

// hostileLog is a Mailgun export, where JSON carries any text at all, or a Postfix log,
// which carries all but line ends, of a receiver that limits. s is in every field that
// someone else has a hand in.
func hostileLog(s string, postfix bool) string {
	var b strings.Builder
	if postfix {
		s = strings.NewReplacer("\n", " ", "\r", " ").Replace(s)
		for i := range 12 {
			at := fmt.Sprintf("2026-05-20T09:%02d:", i)
			fmt.Fprintf(&b, "%s00+00:00 mx1%s postfix/cleanup[101]: 4A%02d0B: message-id=<%s%d@example.com>\n", at, s, i, s, i)
			fmt.Fprintf(&b, "%s01+00:00 mx1 postfix/qmgr[102]: 4A%02d0B: from=<news@%s.example>, size=1200, nrcpt=1 (queue active)\n", at, i, s)
			fmt.Fprintf(&b, "%s02+00:00 mx1 postfix/smtp[201]: 4A%02d0B: to=<u%d@%s.example>, relay=mx%s.example.net[203.0.113.11]:25, delay=1.2, delays=0.1/0.1/0.5/0.5, dsn=4.7.0, "+
				"status=deferred (host mx%s.example.net[203.0.113.11] said: 421 4.7.0 Too many concurrent connections %s (in reply to MAIL FROM command))\n", at, i, i, s, s, s, s)
			fmt.Fprintf(&b, "%s03+00:00 mx1 postfix/smtp[201]: 5B%02d0B: to=<v@example.net>, relay=mx.example.net[203.0.113.12]:25, delay=1, delays=0/0/0/1, dsn=4.0.0, status=deferred (%s)\n", at, i, s)
		}
		return b.String()
	}
	for i := range 12 {
		event := map[string]any{
			"event": "failed", "id": s, "timestamp": 1779267600 + 60*i, "log-level": "warn", "severity": "temporary", "reason": "generic",
			"recipient": fmt.Sprintf("u%d@%s.example", i, s), "recipient-domain": s + ".example",
			"envelope":        map[string]any{"sender": "news@" + s + ".example", "sending-ip": "192.0.2.10", "transport": "smtp"},
			"message":         map[string]any{"headers": map[string]any{"message-id": s + fmt.Sprint(i) + "@example.com", "from": s, "to": s, "subject": s}, "size": 1000},
			"delivery-status": map[string]any{"code": 421, "message": "421 4.7.0 Too many concurrent connections " + s, "description": s, "mx-host": "mx" + s + ".example.net", "attempt-no": 1},
			"tags":            []string{s}, "storage": map[string]any{"key": s},
		}
		line, _ := json.Marshal(event)
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// readers read a form as its readers do; what has none is plain text.
var readers = map[string]func(t *testing.T, out string){
	"json": readJSON, "ndjson": readJSON, "sarif": readJSON, "gitlab": readJSON, "csv": readCSV, "html": readHTML, "markdown": readMarkdown,
	"junit": readXML, "github": readGitHub, "prometheus": readMetrics, "eml": readMail,
}

// spoken is a command line, where LOG is the log and TEXT a text of an attacker, with
// the form of its standard output and those it writes to files in the same run.
type spoken struct {
	args, form string
	files      []string
}

func allSpoken() []spoken {
	list := []spoken{
		{"LOG", "text", outputFormats()}, {"--detail all --all --verbose LOG", "text", outputFormats()}, {"--by mx --width 50 LOG", "text", nil},
		{"check --all LOG", "text", checkFormats()}, {"ticket LOG", "text", []string{"markdown", "eml", "json"}},
		{"parse LOG", "text", nil}, {"parse --messages LOG", "text", nil}, {"parse --json LOG", "json", nil}, {"parse --messages --json LOG", "json", nil},
		{"classify LOG", "text", nil}, {"classify --csv LOG", "csv", nil}, {"classify --json LOG", "json", nil},
		{"explain --trace example.net LOG", "text", nil}, {"explain --line LOG:3", "text", nil}, {"explain --line LOG:3 --json", "json", nil}, {"explain TEXT", "text", nil},
		{"formats TEXT", "text", nil}, {"--for TEXT LOG", "text", nil}, {"TEXT", "text", nil}, {"--stream TEXT LOG", "text", nil}, {"rules lint TEXT", "text", nil},
		{"--rules TEXT LOG", "text", nil}, {"help TEXT", "text", nil},
	}
	for _, mta := range policy.Names() {
		list = append(list, spoken{"policy --mta " + mta + " LOG", "text", []string{"json"}})
	}
	return list
}

// said is what a command wrote, by what it is.
type said struct{ form, out string }

// runOn runs a command on a log and returns all that it wrote.
func runOn(t *testing.T, c spoken, s, log string) (code int, all []said) {
	t.Helper()
	tr := newTrial(t)
	tr.chain = realChain()
	var args []string
	for _, arg := range strings.Fields(c.args) {
		arg = strings.ReplaceAll(arg, "LOG", log)
		args = append(args, strings.ReplaceAll(arg, "TEXT", s))
	}
	for _, form := range c.files {
		args = append(args, "-o", form+"="+filepath.Join(tr.Dir, form))
	}
	code = run(context.Background(), args, tr.world, tr.chain)
	all = []said{{c.form, tr.out.String()}, {"messages", tr.err.String()}}
	for _, form := range c.files {
		if data, err := os.ReadFile(filepath.Join(tr.Dir, form)); err == nil { // else there was nothing to write
			all = append(all, said{form, string(data)})
		}
	}
	return code, all
}

// speak runs a command on a log full of s and holds what it writes against its readers.
func speak(t *testing.T, c spoken, s string, postfix bool) {
	t.Helper()
	name := strings.NewReplacer("/", "", "\x00", "").Replace(s)
	log := filepath.Join(t.TempDir(), "m"+name[:min(len(name), 100)]+".log")
	if err := os.WriteFile(log, []byte(hostileLog(s, postfix)), 0o600); err != nil {
		parsertest.Lacks(t, "cannot name a file with any bytes: "+err.Error(), "set TMPDIR to a folder on a disk that allows it, as those of Linux do")
	}
	code, all := runOn(t, c, s, log)
	if code == exitBug {
		t.Fatalf("%s: exit code %d: %s", c.args, code, all[1].out)
	}
	verb, _, _ := strings.Cut(c.args, " ")
	for _, a := range all {
		what := c.args + ": " + a.form
		checkPlain(t, what, verb, a)
		if a.form != "github" {
			reporttest.NoCommand(t, a.out)
		}
		if read := readers[a.form]; read != nil && a.out != "" {
			read(t, a.out)
		}
	}
}

// checkPlain holds the characters and the lines of an output.
func checkPlain(t *testing.T, what, verb string, a said) {
	t.Helper()
	for _, r := range a.out {
		switch {
		case r == '\n', r >= 0x20 && r <= 0x7e:
		case r == '\r' && (a.form == "csv" || a.form == "eml"), r == '\t' && verb == "policy":
		case unicode.IsPrint(r) && verb == "ticket": // the reply is quoted with its letters
		default:
			t.Fatalf("%s has %q:\n%s", what, r, a.out)
		}
	}
	quotes := verb == "ticket" && a.form == "markdown" // the reply in a block of code, line by line
	for line := range strings.Lines(a.out) {
		if strings.HasPrefix(line, "FORGED") && !quotes {
			t.Fatalf("%s has a forged line:\n%s", what, a.out)
		}
		if a.form == "messages" && !strings.HasPrefix(line, "diagnose: ") && !strings.HasPrefix(line, "  ") {
			t.Fatalf("%s: of nobody: %q", what, line)
		}
	}
}

func readJSON(t *testing.T, out string) {
	d := json.NewDecoder(strings.NewReader(out))
	for {
		var v any
		if err := d.Decode(&v); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
	}
}

func readCSV(t *testing.T, out string) {
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll() // each as long as the first
	if err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, cell := range slices.Concat(rows...) {
		if cell = strings.TrimLeft(cell, " "); cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
			t.Fatalf("a formula: %q", cell)
		}
	}
}

func readXML(t *testing.T, out string) {
	d := xml.NewDecoder(strings.NewReader(out))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if e, ok := tok.(xml.StartElement); ok && !slices.Contains([]string{"testsuites", "testsuite", "properties", "property", "testcase", "failure", "system-out"}, e.Name.Local) {
			t.Fatalf("element %s in %s", e.Name.Local, out)
		}
	}
}

func readHTML(t *testing.T, out string) {
	root, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	scripts := 0
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" {
			scripts++
		}
		for _, a := range n.Attr {
			link := slices.Contains([]string{"href", "src", "action", "formaction", "data"}, a.Key)
			if strings.HasPrefix(a.Key, "on") || link && !strings.HasPrefix(a.Val, "#d") {
				t.Fatalf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if slices.Contains([]string{"img", "iframe", "object", "embed", "form", "base", "link"}, n.Data) {
			t.Fatalf("<%s>", n.Data)
		}
	}
	if scripts != 1 {
		t.Fatalf("%d scripts", scripts)
	}
}

func readMarkdown(t *testing.T, out string) {
	root := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader([]byte(out)))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.RawHTML, *ast.HTMLBlock:
			t.Fatalf("%s in\n%s", n.Kind(), out)
		}
		return ast.WalkContinue, nil
	})
}

var annotationLine = regexp.MustCompile(`^::(error|warning) (file=[^,:]*,)?(line=\d+,)?title=[^,:]*::`)

func readGitHub(t *testing.T, out string) {
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, line := range lines {
		if !annotationLine.MatchString(line) {
			t.Fatalf("no annotation: %q", line)
		}
	}
	if len(lines) > 10 {
		t.Fatalf("%d annotations", len(lines))
	}
}

func readMetrics(t *testing.T, out string) {
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(strings.NewReader(out))
	if err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	for name := range families {
		if !strings.HasPrefix(name, "diagnose_") {
			t.Fatalf("metric %s", name)
		}
	}
}

func readMail(t *testing.T, out string) {
	m, err := mail.ReadMessage(strings.NewReader(out))
	if err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	names := slices.Sorted(maps.Keys(m.Header))
	if want := []string{"Content-Transfer-Encoding", "Content-Type", "Mime-Version", "Subject", "X-Unsent"}; !slices.Equal(names, want) {
		t.Fatalf("headers %v, want %v", names, want)
	}
}

// The oracles see something: of a harmless log every command says much.
func TestOutputsSpeak(t *testing.T) {
	for i, c := range allSpoken() {
		if strings.Contains(c.args, "TEXT") {
			continue
		}
		log := filepath.Join(t.TempDir(), "m.log")
		if err := os.WriteFile(log, []byte(hostileLog("", i%2 == 0)), 0o600); err != nil {
			t.Fatal(err)
		}
		code, all := runOn(t, c, "", log)
		if code != exitFine && code != exitFindings || len(all) != 2+len(c.files) {
			t.Errorf("%s: exit code %d, %d outputs: %s", c.args, code, len(all), all[1].out)
		}
		for _, a := range all {
			if a.form != "messages" && len(strings.TrimSpace(a.out)) < 10 {
				t.Errorf("%s says nothing as %s", c.args, a.form)
			}
		}
	}
}

// Whatever is in a log, in the name of its file or in an argument: what is written is
// read as what it is.
func FuzzOutputs(f *testing.F) {
	commands, attacks := allSpoken(), reporttest.Attacks()
	for i, s := range attacks {
		f.Add(s, i, i%3 == 0)
	}
	f.Add("\nFORGED x\n\nFORGED", 0, false)
	f.Add("\nFORGED x\n\nFORGED", 3, false)
	f.Add("\nFORGED x\n\nFORGED", 4, false)
	f.Fuzz(func(t *testing.T, s string, which int, postfix bool) {
		if len(s) > 500 {
			s = s[:500]
		}
		speak(t, commands[uint(which)%uint(len(commands))], s, postfix)
	})
}
