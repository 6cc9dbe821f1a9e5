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

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// indexErrors are files whose row in the index is wrong, with the fact that shows it.
var indexErrors = map[string]string{
	"postfix/postal--postfix-bounce.eml":               "the one line counted stands in the text of a bounce mail, which is no Postfix log",
	"wrappers/derived--journal-export.json":            "the index does not count its second line, whose MESSAGE is an array of bytes (systemd's form for text that is not UTF-8)",
	"exim/defer-bounce/exim--3419.mainlog":             "its three lines `. [ip] -> [ip]:PORT` are written by an ACL, they are no deliveries",
	"exim/defer-bounce/exim--5705.mainlog":             "its three lines `. [ip] -> [ip]:PORT` are written by an ACL, they are no deliveries",
	"dsn/sisimai--maildir--bsd--lhost-sendmail-38.eml": "the index counts the report inside the returned mail as well: a bounce of a bounce is one event",
	"dsn/sisimai--maildir--bsd--lhost-sendmail-41.eml": "the index counts the report inside the returned mail as well: a bounce of a bounce is one event",
	"dsn/sisimai--maildir--bsd--rhost-yahooinc-03.eml": "the index counts the report inside the returned mail as well: a bounce of a bounce is one event",
	"kumomta/kumomta--doc-samples.jsonl":               "a record of type Delayed is a suspension; the index counts it apart",
	"mailgun/anymail--webhook-tests.jsonl":             "the index does not count the legacy events bounced and dropped",
	"postmark/anymail--webhook-tests.jsonl":            "the index counts a request to unsubscribe as a bounce",
	"ses/anymail--webhook-tests.jsonl":                 "one bounce is of two recipients, each is an attempt",
	"ses/awsdocs--notification-examples.jsonl":         "one bounce is of two recipients, each is an attempt",
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
func outcomes(t *testing.T, set *rules.Set, path string) map[string]int {
	t.Helper()
	got := map[string]int{}
	c := scan.Config{Inputs: []source.Input{{Path: path}}, Rules: set, Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	_, err := scan.Parse(context.Background(), c, "", "", func(r *scan.Row) error {
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

// indexed turns the words of the index into outcomes. Connect failures without a
// queue id, address probes and other events are no delivery lines.
var indexed = map[string]string{
	"delivered": "delivered", "deferred": "deferred", "bounced": "bounced", "expired": "expired", "nonfinal-mx-failure": "refused",
}

// Every file of the corpora is recognised and gives the counts of the index, which
// counts the expired among the bounces and Exim's host failure lines apart.
func TestCorpora(t *testing.T) {
	dir := parsertest.Corpora(t)
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	files, wrong := 0, 0
	for _, row := range index(t, dir) {
		want := map[string]int{}
		for name, n := range row.counts {
			if o := indexed[name]; o != "" {
				want[o] += n
			}
		}
		if len(want) == 0 && row.format != "postfix" {
			continue // nothing was counted
		}
		files++
		if why := indexErrors[row.path]; why != "" {
			t.Logf("%s is not compared: %s", row.path, why)
			continue
		}
		got := outcomes(t, set, filepath.Join(dir, "corpora", row.path))
		if row.format != "postfix" {
			for _, c := range []map[string]int{got, want} {
				c["bounced"] += c["expired"]
				delete(c, "expired")
				delete(c, "refused")
			}
		}
		maps.DeleteFunc(got, func(_ string, n int) bool { return n == 0 })
		maps.DeleteFunc(want, func(_ string, n int) bool { return n == 0 })
		if !maps.Equal(got, want) {
			wrong++
			t.Errorf("%s: got %v, want %v", row.path, got, want)
		}
	}
	t.Logf("%d files, %d differ, %d have a wrong row in the index", files, wrong, len(indexErrors))
	if files < 10 {
		t.Errorf("only %d files in the index", files)
	}
}
