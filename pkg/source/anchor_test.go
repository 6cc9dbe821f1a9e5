package source

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

func TestAnchor(t *testing.T) {
	written := time.Date(2026, 3, 7, 8, 9, 10, 0, time.UTC)
	packed := time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC)
	f := func(name string, content []byte, want time.Time, from string) {
		t.Helper()
		in := file(t, name, content)
		if err := os.Chtimes(in.Path, written, written); err != nil {
			t.Fatal(err)
		}
		r, err := Open(in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, by := r.Anchor(); !got.Equal(want) || by != from {
			t.Fatalf("%s: %v from %q, want %v from %q", name, got, by, want, from)
		}
	}
	text := sample(2)
	f("mail.log", text, written, "file date")
	f("mail.log", nil, written, "file date")
	f("mail.log.1.gz", fixture(t, "sample.gz"), packed, "gzip header")
	f("mail.log.1.gz", gz(text), written, "file date")
	f("mail.log.1.zst", fixture(t, "sample.zst"), written, "file date")
	endOf := time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	f("maillog-20260301", text, endOf, "file name")
	f("maillog-20260301.gz", fixture(t, "sample.gz"), endOf, "file name")
	f("maillog-20260301.gz", fixture(t, "sample.gz")[:7], endOf, "file name")
	f("mail.log.1.gz", fixture(t, "sample.gz")[:7], written, "file date")

	// Standard input has no name and no date; a gzip header it may have.
	r := stream(t, bytes.NewReader(text), Options{})
	if at, from := r.Anchor(); !at.IsZero() || from != "" {
		t.Fatalf("standard input: %v from %q", at, from)
	}
	r = stream(t, bytes.NewReader(fixture(t, "sample.gz")), Options{})
	if at, from := r.Anchor(); !at.Equal(packed) || from != "gzip header" {
		t.Fatalf("gzip on standard input: %v from %q", at, from)
	}
	// Another way to write that there is no time; gz above writes the year 2042.
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.ModTime = time.Unix(0, 0)
	f("mail.log", write(&b, z, text), written, "file date")
}

func TestNameDate(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		got := ""
		if day := nameDate(name); !day.IsZero() {
			got = day.Format(time.DateOnly)
		}
		if got != want {
			t.Fatalf("%s: %q, want %q", name, got, want)
		}
	}
	f("mail.log", "")
	f("mail.log.1", "")
	f("mail.log.52.gz", "")
	f("maillog-20260301", "2026-03-01")
	f("maillog-20260301.gz", "2026-03-01")
	f("mail.log-20260301.xz", "2026-03-01")
	f("mail.log.2026-03-01", "2026-03-01")
	f("mail.log.2026-03-01.gz", "2026-03-01")
	f("mail.log-2026-03-01", "2026-03-01")
	f("mail_20260301.log", "2026-03-01")
	f("mail.20260301", "2026-03-01")
	f("mail.2026.03.01.gz", "2026-03-01")
	f("mail_2026_03_01", "2026-03-01")
	f("2026-03-01.log", "2026-03-01")
	f("20260301.log", "2026-03-01")
	f("20260301-120000.123456789.zst", "2026-03-01")
	// logrotate with the hour, or the time
	f("maillog-2026030114", "2026-03-01")
	f("maillog-202603011430.gz", "2026-03-01")
	f("maillog-20260301143059", "2026-03-01")
	f("maillog-20260301T143059Z.json", "2026-03-01")
	f("maillog-20260301-1772323200", "2026-03-01")
	// the newest of several
	f("events-2026-02-28-to-2026-03-01.csv", "2026-03-01")
	f("events_20260301_20260215.csv", "2026-03-01")
	// leap years
	f("mail-20240229", "2024-02-29")
	f("mail-20260229", "")
	// no dates
	f("mail-20261301", "")
	f("mail-20260001", "")
	f("mail-20260100", "")
	f("mail-20260132", "")
	f("mail-2026-0301", "")
	f("mail-2026-03.01", "")
	f("mail-2026-3-1", "")
	f("mail-202603", "")
	f("mail20260301", "")
	f("mail-20260301a", "")
	f("mail-20260301Test", "")
	f("mail-2026030125", "")
	f("mail-202603011", "")
	f("mail-20260301143059001", "")
	f("mail-1772323200", "")
	f("mail-18990101", "")
	f("mail-21000101", "")
	f("mx-192.0.2.10.log", "")
	f("550e8400-e29b-41d4-a716-446655440000", "")
	f("", "")
	f("-", "")
}

// The date is in the name of the file, not of its directory.
func TestAnchor_DirectoryName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs-20200101")
	os.Mkdir(dir, 0o700)
	path := filepath.Join(dir, "mail.log")
	os.WriteFile(path, sample(1), 0o600)
	r, err := Open(Input{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, from := r.Anchor(); from != "file date" {
		t.Fatalf("anchor from %q", from)
	}
}
