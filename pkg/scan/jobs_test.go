package scan_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// yearless writes a log of two and a half years without years in its stamps.
func yearless() []byte {
	var b bytes.Buffer
	day := time.Date(2023, 9, 1, 0, 0, 0, 0, time.UTC)
	for n := range 900 {
		at := day.AddDate(0, 0, n)
		for i := range 30 {
			stamp := at.Add(time.Duration(i) * time.Minute).Format(time.Stamp)
			fmt.Fprintf(&b, "%s mail postfix/smtp[%d]: %05X%04X: to=<u%d@hotmail.com>, relay=mx.example.net[203.0.113.21]:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=4.7.0, status=deferred (host mx.example.net[203.0.113.21] refused to talk to me: 421 4.7.0 Too many concurrent connections)\n",
				stamp, 100+i, n, i, i)
			fmt.Fprintf(&b, "%s mail postfix/anvil[50]: statistics: max cache size 1 at %s\n", stamp, stamp)
		}
	}
	return b.Bytes()
}

// packings are the ways in which a text may lie in a file.
func packings(t *testing.T, text []byte) map[string][]byte {
	t.Helper()
	var members bytes.Buffer
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var frames []byte
	for part := range 4 {
		piece := text[len(text)*part/4 : len(text)*(part+1)/4] // cut inside lines
		w := gzip.NewWriter(&members)
		if _, err := w.Write(piece); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		frames = z.EncodeAll(piece, frames)
	}
	return map[string][]byte{"plain": text, "gzip": members.Bytes(), "zstd": frames}
}

// The report of a log is the same, to the last byte and place, however it is packed and
// whatever the number of jobs.
func TestAnyPackingAnyJobs(t *testing.T) {
	busy := bytes.Join([][]byte{traffic(1), traffic(2), traffic(3)}, nil)
	numbers := []int{1, 3, 0, 2, 8}
	if !parsertest.Full() {
		numbers = numbers[:2]
	}
	for name, text := range map[string][]byte{"busy": busy, "yearless": yearless()} {
		want := ""
		for packing, file := range packings(t, text) {
			path := filepath.Join(t.TempDir(), "mail.log")
			write(t, path, file)
			other := filepath.Join(filepath.Dir(path), "other.log")
			write(t, other, traffic(9))
			for _, jobs := range numbers {
				rep := run(t, scan.Config{Jobs: jobs, Year: 2026, Streams: declared()}, path, other)
				out, err := json.MarshalIndent(rep, "", " ")
				if err != nil {
					t.Fatal(err)
				}
				got := strings.ReplaceAll(string(out), filepath.Dir(path), "")
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%s, %s, %d jobs:\n%s", name, packing, jobs, firstDifference(want, got))
				}
			}
		}
		if !strings.Contains(want, "Too many concurrent connections") {
			t.Errorf("%s: the log shows nothing", name)
		}
		if name == "yearless" && !strings.Contains(want, "spans more than a year") {
			t.Error("no year was settled")
		}
	}
}

// Of a file that breaks off all readable lines count, whatever the number of jobs.
func TestBrokenFileAnyJobs(t *testing.T) {
	packed := packings(t, bytes.Join([][]byte{traffic(1), traffic(2)}, nil))
	for _, packing := range []string{"gzip", "zstd"} {
		path := filepath.Join(t.TempDir(), "mail.log")
		file := packed[packing]
		write(t, path, file[:len(file)*2/3])
		var want string
		for _, jobs := range []int{1, 2, 4} {
			rep := run(t, scan.Config{Jobs: jobs}, path)
			if len(rep.Input.Errors) != 1 || rep.Input.Errors[0].Line == 0 || rep.Input.Lines != rep.Input.Errors[0].Line {
				t.Errorf("%s, %d jobs: %d lines, errors %+v", packing, jobs, rep.Input.Lines, rep.Input.Errors)
			}
			out, err := json.Marshal(rep)
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = string(out)
			}
			if string(out) != want {
				t.Errorf("%s: the report of %d jobs differs", packing, jobs)
			}
		}
	}
}
