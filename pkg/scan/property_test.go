package scan_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// traffic writes a handmade Postfix log: messages to a capped receiver and to a
// healthy one, on two hosts, with deferrals, retries, refusals by an earlier MX,
// suspensions and an expiry. Stamps are whole seconds.
func traffic(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 7))
	var b bytes.Buffer
	line := func(sec int, host, tag string, pid int, format string, args ...any) {
		fmt.Fprintf(&b, "2026-05-20T09:%02d:%02d+00:00 %s %s[%d]: ", sec/60%60, sec%60, host, tag, pid)
		fmt.Fprintf(&b, format+"\n", args...)
	}
	const mx = "hotmail-com.olc.protection.outlook.com[203.0.113.11]"
	for sec := range 400 {
		for range r.IntN(6) {
			id := fmt.Sprintf("%05X%04X", r.IntN(1<<20), sec)
			host := []string{"mail01", "mail02"}[r.IntN(2)]
			from := []string{"news", "orders"}[r.IntN(2)]
			pid := 100 + r.IntN(8)
			line(sec, host, "postfix/smtpd", 50, "%s: client=localhost[127.0.0.1]", id)
			line(sec, host, "postfix/cleanup", 51, "%s: message-id=<%s@example.com>", id, id)
			line(sec, host, "postfix/qmgr", 52, "%s: from=<%s@example.com>, size=1000, nrcpt=1 (queue active)", id, from)
			switch n := r.IntN(10); {
			case n < 4:
				line(sec, host, "postfix/smtp", pid, "%s: to=<u%d@hotmail.com>, relay=%s:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=4.7.652, status=deferred (host %s said: 451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115) (in reply to MAIL FROM command))", id, r.IntN(1000), mx, mx)
			case n < 5:
				line(sec, host, "postfix/smtp", pid, "%s: host mx1.example.net[203.0.113.21] refused to talk to me: 421 4.7.0 Too many concurrent connections", id)
				line(sec, host, "postfix/smtp", pid, "%s: to=<v@example.net>, relay=mx2.example.net[203.0.113.22]:25, delay=1, delays=0.1/%d.%d/0.4/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 12345)", id, r.IntN(3), r.IntN(10))
				line(sec, host, "postfix/qmgr", 52, "%s: removed", id)
			case n < 6:
				line(sec, host, "postfix/error", 60, "%s: to=<w@hotmail.com>, relay=none, delay=9, delays=9/0/0/0, dsn=4.7.0, status=deferred (delivery temporarily suspended: host %s refused to talk to me: 421 4.7.0 Too many concurrent connections)", id, mx)
			case n < 7:
				line(sec, host, "postfix/qmgr", 52, "%s: from=<%s@example.com>, status=expired, returned to sender", id, from)
				line(sec, host, "postfix/qmgr", 52, "%s: removed", id)
			default:
				line(sec, host, "postfix/smtp", pid, "%s: to=<x%d@hotmail.com>, relay=%s:25, delay=0.4, delays=0.1/0/0.1/0.2, dsn=2.0.0, status=sent (250 2.0.0 OK)", id, r.IntN(1000), mx)
				if n == 9 { // a further recipient, which the queue manager took up later
					line(sec, host, "postfix/smtp", pid, "%s: to=<y%d@hotmail.com>, relay=%s:25, delay=0.5, delays=0.1/0.1/0.1/0.2, dsn=2.0.0, status=sent (250 2.0.0 OK)", id, r.IntN(1000), mx)
				}
				line(sec, host, "postfix/qmgr", 52, "%s: removed", id)
			}
		}
	}
	return b.Bytes()
}

// place is a file:line of the report.
var place = regexp.MustCompile(`"where": "[^"]*"`)

// essence is the report without what names files: their list and every file:line.
func essence(t *testing.T, rep *report.Report) string {
	t.Helper()
	rep.Input.Files, rep.Input.Notes = nil, nil
	out, err := json.MarshalIndent(rep, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return place.ReplaceAllString(string(out), `"where": ""`)
}

// declared are the streams of traffic.
func declared() []scan.Stream {
	return []scan.Stream{{Name: "receipts", Senders: []string{"orders@*"}, Transactional: true}}
}

// Any split of a log into files, given in any order to any number of workers, makes
// the same report and the same rows of messages.
func TestAnySplitAnyOrderAnyWorkers(t *testing.T) {
	logs := [][]byte{traffic(1), traffic(2)}
	for i, log := range logs {
		dir := t.TempDir()
		whole := filepath.Join(dir, "whole.log")
		write(t, whole, log)
		rep := run(t, scan.Config{Jobs: 1, Streams: declared()}, whole)
		if len(rep.Groups) < 2 || rep.Groups[0].Counts.Deferred == 0 {
			t.Fatalf("the log shows nothing: %+v", rep.Groups)
		}
		if g := rep.Groups[0]; len(g.Messages) != 50 || g.MessagesMore == 0 || len(g.ByStream) != 2 || g.Trouble.Recipients+g.Counts.Suspensions != 50+g.MessagesMore {
			t.Fatalf("%d messages and %d more of %d recipients, streams %+v", len(g.Messages), g.MessagesMore, g.Trouble.Recipients, g.ByStream)
		}
		wantRows := messageText(t, messageRows(t, scan.Config{Jobs: 1}, "", "", whole))
		want := essence(t, rep)
		r := rand.New(rand.NewPCG(uint64(i), 99))
		for n := range 12 {
			paths := split(t, r, log, t.TempDir(), 1+r.IntN(9))
			got := essence(t, run(t, scan.Config{Jobs: 1 + n%4, Streams: declared()}, paths...))
			if got != want {
				t.Fatalf("split %d of log %d into %d files differs:\n%s", n, i, len(paths), firstDifference(want, got))
			}
			if got := messageText(t, messageRows(t, scan.Config{Jobs: 1 + n%4}, "", "", paths...)); got != wantRows {
				t.Fatalf("rows of split %d of log %d into %d files differ:\n%s", n, i, len(paths), firstDifference(wantRows, got))
			}
		}
	}
}

// The same over real logs, where there are some.
func TestAnySplitOfRealLogs(t *testing.T) {
	for _, name := range []string{"burst-mail", "expiry"} {
		path := filepath.Join(parsertest.Corpora(t), "lab-logs", name, "postfix.log.gz")
		want := essence(t, run(t, scan.Config{Jobs: 1}, path))
		r := rand.New(rand.NewPCG(3, 99))
		log := gunzip(t, path)
		for n := range 3 {
			paths := split(t, r, log, t.TempDir(), 2+3*n)
			// The stamps have no year; the parts are younger than the whole.
			if got := essence(t, run(t, scan.Config{Jobs: 1 + n, Year: 2025}, paths...)); got != want {
				t.Fatalf("%s in %d files differs:\n%s", name, len(paths), firstDifference(want, got))
			}
		}
	}
}

func gunzip(t *testing.T, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// split cuts a log at line ends into n files with names in random order.
func split(t *testing.T, r *rand.Rand, log []byte, dir string, n int) []string {
	t.Helper()
	lines := bytes.SplitAfter(log, []byte("\n"))
	cuts := map[int]bool{}
	for len(cuts) < n-1 {
		cuts[1+r.IntN(len(lines)-1)] = true
	}
	var paths []string
	var part []byte
	flush := func() {
		if len(part) > 0 {
			p := filepath.Join(dir, fmt.Sprintf("%08x.log", r.Uint32()))
			write(t, p, part)
			paths, part = append(paths, p), nil
		}
	}
	for i, l := range lines {
		if cuts[i] {
			flush()
		}
		part = append(part, l...)
	}
	flush()
	r.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	return paths
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func firstDifference(a, b string) string {
	x, y := bytes.Split([]byte(a), []byte("\n")), bytes.Split([]byte(b), []byte("\n"))
	for i := range min(len(x), len(y)) {
		if !bytes.Equal(x[i], y[i]) {
			return fmt.Sprintf("line %d\n want %s\n got  %s", i, x[i], y[i])
		}
	}
	return fmt.Sprintf("lengths %d and %d", len(x), len(y))
}
