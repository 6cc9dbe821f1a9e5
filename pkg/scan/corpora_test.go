package scan_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// indexErrors are files whose row in the index is wrong, with the fact that shows it.
var indexErrors = map[string]string{
	"postfix/postal--postfix-bounce.eml":    "the one line counted stands in the text of a bounce mail, which is no Postfix log",
	"wrappers/derived--journal-export.json": "the index does not count its second line, whose MESSAGE is an array of bytes (systemd's form for text that is not UTF-8)",
}

// indexRow is a row of corpora/INDEX.tsv.
type indexRow struct {
	path, format string
	counts       map[string]int
}

func index(t *testing.T, dir string) []indexRow {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "corpora", "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []indexRow
	for i, line := range strings.Split(string(data), "\n") {
		f := strings.Split(line, "\t")
		if i == 0 || len(f) < 5 {
			continue
		}
		row := indexRow{path: f[0], format: f[1], counts: map[string]int{}}
		for _, part := range strings.Split(f[4], ";") {
			name, n, ok := strings.Cut(part, "=")
			if v, err := strconv.Atoi(n); ok && err == nil {
				row.counts[name] = v
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// outcomes counts the rows that "diagnose parse" prints for a file, as the index
// counts: suspensions are deferrals.
func outcomes(t *testing.T, path string) map[string]int {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	c := scan.Config{Inputs: []source.Input{{Path: path}}, Rules: set, Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	_, err = scan.Parse(context.Background(), c, "", "", func(r *scan.Row) error {
		name := r.Outcome
		if name == "suspended" {
			name = "deferred"
		}
		got[name]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Every Postfix file of the corpora, bare or wrapped, gives the counts of the index.
func TestCorporaPostfix(t *testing.T) {
	dir := corpora(t)
	tested := 0
	for _, row := range index(t, dir) {
		if row.format != "postfix" && row.format != "wrappers" {
			continue
		}
		t.Run(row.path, func(t *testing.T) {
			if why := indexErrors[row.path]; why != "" {
				t.Logf("not compared: %s", why)
				return
			}
			got := outcomes(t, filepath.Join(dir, "corpora", row.path))
			want := map[string]int{}
			for name, n := range row.counts {
				switch name {
				case "nonfinal-mx-failure":
					want["refused"] += n
				case "delivered", "deferred", "bounced", "expired":
					want[name] += n
				case "connect-failure-no-qid", "undeliverable": // no delivery lines: no queue id, an address probe
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
		tested++
	}
	if tested < 10 {
		t.Errorf("only %d files in the index", tested)
	}
}
