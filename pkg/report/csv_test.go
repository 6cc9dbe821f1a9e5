package report

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

// rowsOf reads CSV as a spreadsheet does: the columns by name, then the rows.
func rowsOf(t *testing.T, doc string) []map[string]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(doc)) // every row as long as the header
	head, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		row := map[string]string{}
		for i, f := range fields {
			row[head[i]] = f
		}
		rows = append(rows, row)
	}
}

func TestCSV(t *testing.T) {
	doc := written(t, "csv", capped())
	if strings.Count(doc, "\r\n") != strings.Count(doc, "\n") || strings.Count(doc, "\r\n") != 7 {
		t.Errorf("lines do not end as RFC 4180 says:\n%q", doc)
	}
	rows := rowsOf(t, doc)
	f := func(row int, want ...string) {
		t.Helper()
		for i := 0; i < len(want); i += 2 {
			if got, ok := rows[row][want[i]]; !ok || got != want[i+1] {
				t.Errorf("row %d, %s: %q, want %q", row, want[i], got, want[i+1])
			}
		}
	}
	f(0, "destination", "Microsoft consumer", "severity", "escalate", "cause", "burst", "confidence", "0.93", "limit_type", "dynamic", "limit_low", "2",
		"peak_sessions", "12", "peak_sessions_low", "10", "peak_sessions_high", "14", "attempts", "9331", "deferred", "2318", "delivered", "6120",
		"connection_limit_refusals", "2318", "reputation_refusals", "31", "first_refusal", "2026-05-20T09:02:00Z", "still_queued", "21",
		"median_wait_s", "1020", "median_retry_gap_s", "300", "sending_ips", "192.0.2.10 192.0.2.11")
	f(1, "destination", "mx1.gw.example-b2b.net", "via", "esp", "limit_sessions", "3", "peak_sessions", "", "median_retry_gap_s", "")
	f(2, "destination", "Orange", "limit_sessions", "")
}

// checkCSV is the oracle: each field is the text itself, and no field is a formula,
// not even where ";" separates fields and quotes are read as everywhere.
func checkCSV(t *testing.T, s, doc string) {
	t.Helper()
	reporttest.Printable(t, "the CSV", strings.ReplaceAll(doc, "\r\n", "\n"))
	rows := rowsOf(t, doc)
	if len(rows) != len(hostile(s).Groups) {
		t.Fatalf("%d rows, want %d", len(rows), len(hostile(s).Groups))
	}
	for _, row := range rows {
		// But for the apostrophes that make text of a formula.
		if got, want := strings.ReplaceAll(row["destination"], "'", ""), strings.ReplaceAll(Visible(s), "'", ""); got != want {
			t.Fatalf("the field is %q, want %q", got, want)
		}
	}
	semicolons := csv.NewReader(strings.NewReader(doc))
	semicolons.Comma, semicolons.FieldsPerRecord, semicolons.LazyQuotes = ';', -1, true
	for _, fields := range append(all(t, semicolons), all(t, csv.NewReader(strings.NewReader(doc)))...) {
		for _, f := range fields {
			if f = strings.TrimLeft(f, " \t"); f != "" && strings.ContainsAny(f[:1], "=+-@") {
				t.Fatalf("a formula: %q", f)
			}
		}
	}
}

func all(t *testing.T, r *csv.Reader) [][]string {
	t.Helper()
	list, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func FuzzWriteCSV(f *testing.F) {
	for _, s := range reporttest.Attacks() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkCSV(t, s, written(t, "csv", hostile(s))) })
}

// The lines of NDJSON together are the JSON report.
func TestNDJSON(t *testing.T) {
	doc := written(t, "ndjson", capped())
	reporttest.Printable(t, "the NDJSON", doc)
	lines := strings.Split(strings.TrimSuffix(doc, "\n"), "\n")
	var whole Report
	if err := json.Unmarshal([]byte(lines[0]), &whole); err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		var g Group
		if err := json.Unmarshal([]byte(line), &g); err != nil {
			t.Fatal(err)
		}
		whole.Groups = append(whole.Groups, g)
	}
	if got, want := marshal(t, &whole, true), marshal(t, capped(), true); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if strings.Contains(lines[0], `"destination"`) || !strings.HasPrefix(lines[0], `{"schema":1,"rules":"4f2c1d","input":{`) {
		t.Errorf("the first line is %.200s", lines[0])
	}
}
