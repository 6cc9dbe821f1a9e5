package scan

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// forms of text are lines of one message each; %d is its number.
var forms = []struct {
	name   string
	text   string
	lines  int64
	events map[mail.EventKind]int64 // per message
}{
	{"postfix", `Mar  3 10:18:20 out1 postfix/smtpd[2202]: connect from app.example.com[192.0.2.35]
Mar  3 10:18:20 out1 postfix/smtpd[2202]: A%08X: client=app.example.com[192.0.2.35]
Mar  3 10:18:20 out1 postfix/cleanup[2203]: A%08[1]X: message-id=<%[1]d@example.com>
Mar  3 10:18:20 out1 postfix/qmgr[1150]: A%08[1]X: from=<news@example.com>, size=8200, nrcpt=1 (queue active)
Mar  3 10:18:21 out1 postfix/smtp[2215]: A%08[1]X: to=<u%[1]d@gmail.com>, relay=gmail-smtp-in.l.google.com[203.0.113.21]:25, delay=0.8, delays=0.06/0/0.34/0.4, dsn=2.0.0, status=sent (250 2.0.0 OK 1772533101 a640c23a62f3a - gsmtp)
Mar  3 10:18:21 out1 postfix/qmgr[1150]: A%08[1]X: removed
`, 6, map[mail.EventKind]int64{mail.KindNone: 1, mail.KindArrival: 1, mail.KindMessageID: 1, mail.KindActive: 1, mail.KindAttempt: 1, mail.KindRemoved: 1}},
	{"exim", `2026-03-03 10:18:20 1vwqhn-%011d-0UPZ <= news@example.com U=www-data P=local S=8172 id=%[1]d@example.com
2026-03-03 10:18:21 1vwqhn-%011[1]d-0UPZ => ann@example.net R=dnslookup T=remote_smtp H=mx1.example.net [203.0.113.21] X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes C="250 2.0.0 Ok: queued as 0qN9" QT=0.833s DT=0.738s
2026-03-03 10:18:21 1vwqhn-%011[1]d-0UPZ Completed
`, 3, map[mail.EventKind]int64{mail.KindArrival: 1, mail.KindAttempt: 1, mail.KindRemoved: 1}},
	{"mailgun", `{"id":"a%d","event":"delivered","timestamp":1772532181.207666,"log-level":"info","recipient":"ann@example.net","envelope":{"sender":"news@example.com","transport":"smtp","targets":"ann@example.net","sending-ip":"198.51.100.25"},"message":{"headers":{"to":"ann@example.net","message-id":"%[1]d@example.com","from":"News <news@example.com>","subject":"Caf\u00e9 \"%[1]d\""},"attachments":[],"size":26678},"delivery-status":{"tls":true,"attempt-no":1,"session-seconds":1.049302,"code":250,"mx-host":"mx1.example.net","message":"2.6.0 <%[1]d@example.com> \"queued\""}}
`, 1, map[mail.EventKind]int64{mail.KindAttempt: 1}},
}

// logOf is a log of so many messages.
func logOf(t testing.TB, form string, messages int) (path string) {
	t.Helper()
	var b bytes.Buffer
	for n := range messages {
		fmt.Fprintf(&b, form, n)
	}
	path = filepath.Join(t.TempDir(), "mail.log")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func compress(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".gz", b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path + ".gz"
}

// builtin are the rules, loaded once for all that only read logs.
var builtin = sync.OnceValues(rules.Builtin)

// prepared are the units of some files, ready for any number of passes.
func prepared(t testing.TB, jobs int, paths ...string) (Config, []*unit) {
	t.Helper()
	set, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Rules: set, Now: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Year: 2026, Jobs: jobs}
	for _, p := range paths {
		c.Inputs = append(c.Inputs, source.Input{Path: p})
	}
	units, _, err := c.prepare(context.Background(), &report.Input{})
	if err != nil {
		t.Fatal(err)
	}
	return c, units
}

// forAll takes the events of every unit.
func forAll(do func(*mail.Event) error) func(*unit) func(*mail.Event) error {
	return func(*unit) func(*mail.Event) error { return do }
}

// tally counts the events of a pass.
func tally(t testing.TB, c *Config, units []*unit) (kinds [16]int64, in report.Input) {
	t.Helper()
	_, err := c.pass(context.Background(), units, &in, forAll(func(ev *mail.Event) error {
		kinds[ev.Kind] += 1 + int64(ev.Repeats)
		return nil
	}), false)
	if err != nil {
		t.Fatal(err)
	}
	return kinds, in
}

// From the bytes of a file to its events nothing is allocated per line, at once or in
// batches, compressed or not.
func TestNoAllocationPerLine(t *testing.T) {
	const more = 10_000 // messages
	for _, f := range forms {
		for _, jobs := range []int{1, 2, 3} {
			var allocs [2][2]float64
			for i, n := range []int{more, 2 * more} {
				path := logOf(t, f.text, n)
				for j, p := range []string{path, compress(t, path)} {
					c, units := prepared(t, jobs, p)
					allocs[j][i] = testing.AllocsPerRun(2, func() { tally(t, &c, units) })
				}
			}
			for j, kind := range []string{"plain", "gzip"} {
				if grown := allocs[j][1] - allocs[j][0]; grown > more/100 {
					t.Errorf("%s, %s, %d jobs: %v more allocations for %d more messages", f.name, kind, jobs, grown, more)
				}
			}
		}
	}
}

// What waits to be applied is small, however long the lines are that it was read from.
func TestLongDocumentsDoNotWait(t *testing.T) {
	const lines, long = 10, 2 << 20
	var b bytes.Buffer
	for i := range lines {
		fmt.Fprintf(&b, forms[2].text, i)
		b.WriteString(`{"event":"` + strings.Repeat("x", long) + `"}` + "\n")
	}
	path := filepath.Join(t.TempDir(), "events.json")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b = bytes.Buffer{}
	c, units := prepared(t, 2, path)
	before := memory()
	out := make(chan *batch, 2*lines)
	c.decode(context.Background(), units[0], out)
	var events int
	for range len(out) {
		w := <-out
		events += len(w.events)
		defer runtime.KeepAlive(w)
	}
	if used := max(memory(), before) - before; used > 4*long || events != lines {
		t.Errorf("%d MiB are in use for %d events, want %d MiB at most for %d", used>>20, events, 4*long>>20, lines)
	}
}

// Events of one line after the other come out in their order, those that only tell a
// time among them, and their texts stay as they are while the batch is filled.
func TestBatch(t *testing.T) {
	var b batch
	lines := []string{"h1 a", "h1 .", "h1 .", "h2 .", "h2 b", "h2 own", "h2 ."}
	var want []string
	for round := range 3 {
		want = want[:0]
		for i, text := range lines {
			line := []byte(text)
			line = line[:len(line):len(line)]
			ev := mail.Event{Time: int64(round + 1), Line: int64(i), Host: line[:2]}
			switch rest := line[3:]; string(rest) {
			case ".":
			case "own": // of the decoder, which uses its memory again
				memory := []byte("mine")
				ev.Kind, ev.QueueID = mail.KindRemoved, memory
				b.keep(&ev, line)
				copy(memory, "gone")
				want = append(want, "h2 mine")
				continue
			default:
				ev.Kind, ev.QueueID = mail.KindRemoved, rest
			}
			b.keep(&ev, line)
			want = append(want, strings.TrimSuffix(text, "."))
		}
		if len(b.quiet) != 3 { // two lines of h1 in a row are one
			t.Errorf("%d quiet lines, want 3", len(b.quiet))
		}
		var got []string
		if err := b.each(func(ev *mail.Event) error {
			for range 1 + ev.Repeats {
				got = append(got, string(ev.Host)+" "+string(ev.QueueID))
			}
			if ev.Time != int64(round+1) || ev.Kind != mail.KindNone && ev.Repeats > 0 {
				t.Errorf("event %+v", ev)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("round %d: %q, want %q", round, got, want)
		}
		b.again()
	}
	stop := errors.New("stop")
	b.keep(&mail.Event{}, nil)
	if err := b.each(func(*mail.Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("each returned %v", err)
	}
}

func TestWithin(t *testing.T) {
	f := func(part, line []byte, want bool) {
		t.Helper()
		if got := within(part, line); got != want {
			t.Errorf("within(%q, %q) = %v", part, line, got)
		}
	}
	memory := []byte("one two three")
	line := memory[:7:7]
	f(line, line, true)
	f(line[:3], line, true)
	f(line[4:7], line, true)
	f(line[7:], line, false) // empty
	f(line[:3:3], line, false)
	f(memory[4:7], line, false)
	f(nil, line, false)
	f(line, nil, false)
	f([]byte("one"), line, false)
}

// A run that is ended while files are read says so, whatever is under way.
func TestEndedRun(t *testing.T) {
	path := logOf(t, forms[0].text, 20_000)
	zipped := compress(t, path)
	for _, jobs := range []int{1, 2, 4} {
		for _, p := range []string{path, zipped} {
			c, units := prepared(t, jobs, p)
			ctx, cancel := context.WithCancel(context.Background())
			seen := 0
			_, err := c.pass(ctx, units, &report.Input{}, forAll(func(*mail.Event) error {
				if seen++; seen == 1000 {
					cancel()
				}
				return nil
			}), false)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%d jobs: %v", jobs, err)
			}
			failed := errors.New("failed")
			if _, err := c.pass(context.Background(), units, &report.Input{}, forAll(func(*mail.Event) error { return failed }), false); !errors.Is(err, failed) {
				t.Errorf("%d jobs: %v", jobs, err)
			}
		}
	}
}

// BenchmarkDecode reads a log from its bytes to its events, which nobody uses.
func BenchmarkDecode(b *testing.B) {
	for _, f := range forms {
		const messages = 20_000
		path := logOf(b, f.text, messages)
		zipped := compress(b, path)
		for _, jobs := range []int{1, 2} {
			for _, p := range []string{path, zipped} {
				name := fmt.Sprintf("%s%s/%d", f.name, strings.TrimPrefix(filepath.Ext(p), ".log"), jobs)
				b.Run(name, func(b *testing.B) {
					c, units := prepared(b, jobs, p)
					fi, err := os.Stat(path)
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(fi.Size())
					b.ReportAllocs()
					b.ResetTimer()
					for range b.N {
						kinds, in := tally(b, &c, units)
						for kind, n := range f.events {
							if kinds[kind] != n*messages || in.Files[0].Lines != f.lines*messages {
								b.Fatalf("%d events of kind %s on %d lines", kinds[kind], kind, in.Files[0].Lines)
							}
						}
					}
				})
			}
		}
	}
}
