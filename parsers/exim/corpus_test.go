package exim

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

// count decodes lines and counts in the words of INDEX.tsv, which takes
// suspensions for deferrals, and what the sender gave up for bounced.
func count(lines [][]byte) map[string]int {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	n := map[string]int{}
	for _, line := range lines {
		v := d.Decode(line, func(e *mail.Event) {
			switch {
			case e.Kind == mail.KindRefusal:
				n["host-failure-line"]++
			case e.Kind == mail.KindExpiry:
				n["bounced"]++
			case e.Kind == mail.KindRemoved:
				n["completed-lines"]++
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
		// The TLS library remarks "H=h [ip] TLS error on connection"; the failure itself
		// is told by the "==" after it, in other words.
		"exim/defer-bounce/exim--2090.mainlog": "completed-lines=4;deferred=2;delivered=4",
		// ". [127.0.0.1] -> [127.0.0.1]:PORT_S" is a log line of an access control list,
		// not a further recipient.
		"exim/defer-bounce/exim--3419.mainlog": "bounced=1;completed-lines=1;deferred=1",
		"exim/defer-bounce/exim--5705.mainlog": "bounced=1;completed-lines=1;delivered=1",
		// "H=(xxx) [127.0.0.1] Warning: ARC-FAIL" is about a client.
		"exim/deliver-only/exim--4560.mainlog": "completed-lines=22;delivered=22",
	}
	tested := 0
	for _, row := range strings.Split(string(index), "\n") {
		f := strings.Split(row, "\t")
		if len(f) < 5 || !strings.HasPrefix(f[0], "exim/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f[0]))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
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
	if tested < 100 {
		t.Errorf("only %d files were tested", tested)
	}
}
