package dsn

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// linesOf cuts a file as package source does: a file without a line feed is one of
// the classic Mac OS.
func linesOf(text []byte) [][]byte {
	sep := []byte("\n")
	if !bytes.Contains(text, sep) {
		sep = []byte("\r")
	}
	return bytes.Split(bytes.TrimSuffix(text, sep), sep)
}

// count counts what a file tells in the words of the index, whose script counts the
// Action fields: an expiry is a bounce.
func count(lines [][]byte) string {
	d := NewDecoder(parsers.Options{Location: time.UTC})
	n := map[string]int{}
	emit := func(e *mail.Event) {
		name := e.Outcome.String()
		if e.Outcome == mail.Expired {
			name = "bounced"
		}
		n[name]++
	}
	for _, l := range lines {
		d.Decode(l, emit)
	}
	d.Close(emit)
	var parts []string
	for k, v := range n {
		parts = append(parts, fmt.Sprintf("%s=%d", k, v))
	}
	sort.Strings(parts)
	return strings.Join(parts, ";")
}

// Real bounce mails. The index counts the Action fields of a file, so it knows
// nothing of notifications without a report for machines.
func TestCorpus(t *testing.T) {
	dir := parsertest.Corpora(t)
	dir = filepath.Join(dir, "corpora")
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	const twice = "the notification of a failed notification: one event, while the returned one's Action is counted too"
	differs := map[string]struct{ want, why string }{
		"dsn/sisimai--maildir--bsd--lhost-sendmail-38.eml": {"bounced=1", twice},
		"dsn/sisimai--maildir--bsd--lhost-sendmail-41.eml": {"bounced=1", twice},
		"dsn/sisimai--maildir--bsd--rhost-yahooinc-03.eml": {"bounced=1", twice},
		"dsn/sisimai--maildir--bsd--rfc3464-28.eml":        {"", "Action: deliverable answers an address probe, which is no attempt"},
		"dsn/sisimai--maildir--bsd--lhost-sendgrid-03.eml": {"bounced=1", "the index has the expiry under its own name"},
	}
	reports, same, texts, read := 0, 0, 0, 0
	for _, row := range strings.Split(string(index), "\n") {
		f := strings.Split(row, "\t")
		if len(f) < 5 || f[1] != "dsn" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f[0]))
		if err != nil {
			t.Fatal(err)
		}
		lines := linesOf(text)
		got := count(lines)
		if f[4] == "" {
			texts++
			if got != "" {
				read++
			}
			for _, no := range []string{"--arf-", "--not--", "--rfc3834-", "--mailbox--"} {
				if strings.Contains(f[0], no) && got != "" {
					t.Errorf("%s: no bounce, but %q", f[0], got)
				}
			}
			continue
		}
		reports++
		if got == f[4] {
			same++
		} else if d, ok := differs[f[0]]; !ok || got != d.want {
			t.Errorf("%s: counted %q, want %q", f[0], got, f[4])
		}
		if n := score(lines[:min(len(lines), 200)]); n == 0 {
			t.Errorf("%s: not taken for mail", f[0])
		}
	}
	t.Logf("%d of %d reports give the counts of the index; %d of %d mails without a report for machines were read as bounces", same, reports, read, texts)
	if reports == 0 || same*100 < reports*98 {
		t.Errorf("%d of %d reports give the counts of the index, want 98 %%", same, reports)
	}
	if read*100 < texts*55 {
		t.Errorf("%d of %d mails without a report were read", read, texts)
	}
}
