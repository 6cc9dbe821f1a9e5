package parsertest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Corpus compares the number of outcomes with those of the index of the real logs
// below the environment variable DIAGNOSE_CORPORA, for every file in folder. It
// skips the test where there are none. The independent count of the index takes
// suspensions for deferrals and expiries for bounces, and names records that are
// no attempts "other:TYPE"; those are left out.
//
// differs names files for which the index is wrong, with the right count.
func Corpus(t *testing.T, f parsers.Format, folder string, differs map[string]string) {
	t.Helper()
	dir := filepath.Join(Corpora(t), "corpora")
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, row := range strings.Split(string(index), "\n") {
		cells := strings.Split(row, "\t")
		if len(cells) < 5 || !strings.HasPrefix(cells[0], folder+"/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, cells[0]))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		got, verdicts := outcomes(f, lines)
		want, ok := differs[cells[0]]
		if !ok {
			want = attempts(cells[4])
		}
		if got != want {
			t.Errorf("%s: counted %q, want %q", cells[0], got, want)
		}
		if n, _ := strconv.Atoi(cells[3]); n != len(lines) {
			t.Logf("%s: %d lines, the index has %d", cells[0], len(lines), n)
		}
		t.Logf("%s: %d understood, %d irrelevant, %d not understood, score %d", cells[0],
			verdicts[mail.Understood], verdicts[mail.Irrelevant], verdicts[mail.NotUnderstood], f.Score(lines))
		tested++
	}
	if tested == 0 {
		t.Errorf("no file of %s was tested", folder)
	}
}

// attempts leaves out what the index calls "other".
func attempts(index string) string {
	var keep []string
	for _, part := range strings.Split(index, ";") {
		if part != "" && !strings.HasPrefix(part, "other:") {
			keep = append(keep, part)
		}
	}
	sort.Strings(keep)
	return strings.Join(keep, ";")
}

func outcomes(f parsers.Format, lines [][]byte) (text string, verdicts [3]int) {
	count := map[string]int{}
	emit := func(e *mail.Event) {
		switch {
		case e.Kind == mail.KindExpiry:
			count["bounced"]++
		case e.Kind != mail.KindAttempt:
		case e.Outcome == mail.Suspended:
			count["deferred"]++
		default:
			count[e.Outcome.String()]++
		}
	}
	d := f.New(Options())
	for _, line := range lines {
		verdicts[d.Decode(line, emit)]++
	}
	d.Close(emit)
	var parts []string
	for k, n := range count {
		parts = append(parts, fmt.Sprintf("%s=%d", k, n))
	}
	sort.Strings(parts)
	return strings.Join(parts, ";"), verdicts
}
