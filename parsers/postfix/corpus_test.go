package postfix

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// count decodes lines and counts in the words of INDEX.tsv.
func count(lines [][]byte) map[string]int {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	n := map[string]int{}
	for _, line := range lines {
		v := d.Decode(line, func(e *mail.Event) {
			switch {
			case e.Kind == mail.KindRefusal:
				n["nonfinal-mx-failure"]++
			case e.Kind == mail.KindConnectFailure:
				n["connect-failure-no-qid"]++
			case e.Kind == mail.KindExpiry:
				n["expired"]++
			case e.Kind == mail.KindAttempt && e.Outcome == mail.Suspended:
				n["deferred"]++
			case e.Kind == mail.KindAttempt:
				n[e.Outcome.String()]++
			}
		})
		n["verdict "+v.String()]++
	}
	return n
}

func render(n map[string]int) string {
	var parts []string
	for k, v := range n {
		if !strings.HasPrefix(k, "verdict ") {
			parts = append(parts, fmt.Sprintf("%s=%d", k, v))
		}
	}
	sort.Strings(parts)
	return strings.Join(parts, ";")
}

// The independent count of the corpus, file by file. Where ours differs the
// reason is given.
func TestCorpusCounts(t *testing.T) {
	dir := filepath.Join(parsertest.Corpora(t), "corpora")
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	differs := map[string]string{
		// The script took a sentence of the bounce text, "<rcpt>: host H said: ...", for
		// a log line. This is a mail, not a log.
		"postfix/postal--postfix-bounce.eml": "",
		// An address probe (verify) is no attempt.
		"postfix/whyscream--grok-message-only.tsv": "bounced=4;connect-failure-no-qid=3;deferred=2;delivered=15;expired=2;nonfinal-mx-failure=9",
	}
	// JSON and CRI wrap a line; they are no prefix of one.
	notPlain := map[string]bool{"derived--cri.log": true, "derived--docker-json.log": true, "derived--journal-export.json": true, "lnav--logfile_journald.json": true}
	tested := 0
	for _, row := range strings.Split(string(index), "\n") {
		f := strings.Split(row, "\t")
		if len(f) < 5 || !strings.HasPrefix(f[0], "postfix/") && !strings.HasPrefix(f[0], "wrappers/") || notPlain[filepath.Base(f[0])] {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f[0]))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		if strings.HasSuffix(f[0], ".tsv") {
			for i, l := range lines {
				lines[i] = l[bytes.LastIndexByte(l, '\t')+1:]
			}
		}
		want, ok := differs[f[0]]
		if !ok {
			want = f[4]
		}
		n := count(lines)
		if got := render(n); got != want {
			t.Errorf("%s: counted %q, want %q", f[0], got, want)
		}
		total := n["verdict understood"] + n["verdict irrelevant"] + n["verdict not_understood"]
		if want, _ := strconv.Atoi(f[3]); total != len(lines) || want != bytes.Count(text, []byte("\n")) && want != total {
			t.Errorf("%s: %d verdicts for %d lines", f[0], total, want)
		}
		if miss := n["verdict not_understood"]; miss > 0 {
			t.Logf("%s: %d of %d lines not understood", f[0], miss, total)
		}
		tested++
	}
	if tested < 10 {
		t.Errorf("only %d files were tested", tested)
	}
}
