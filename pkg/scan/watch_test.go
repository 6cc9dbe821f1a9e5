package scan_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// comes gives a text piece by piece. Between two pieces nothing comes for a while.
type comes struct {
	live *source.Live
	text []byte
	next func() (bytes int, quiet time.Duration)
}

func (c *comes) Read(p []byte) (int, error) {
	n, quiet := c.next()
	c.live.Idle(quiet)
	n = copy(p[:min(n, len(p))], c.text)
	if c.text = c.text[n:]; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func ruleSet(t *testing.T) *rules.Set {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// watched is what a log shows as it comes.
func watched(t *testing.T, text []byte, length time.Duration, next func() (int, time.Duration)) (list []scan.LiveWindow, _ *report.Input) {
	t.Helper()
	live := &source.Live{Path: "mail.log"}
	live.Reader = &comes{live: live, text: text, next: next}
	cfg := scan.Config{Rules: ruleSet(t), Inputs: []source.Input{{Path: "mail.log"}}, Source: source.Options{Live: live}, Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	in, err := scan.Watch(context.Background(), cfg, scan.Watching{
		Length:  length,
		Begun:   func(*report.Input) {},
		Each:    func(w *scan.LiveWindow) error { list = append(list, *w); return nil },
		Waiting: func() error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return list, in
}

func atOnce() (int, time.Duration) { return 1 << 20, 0 }

// unpacked is the sample log of the README.
func unpacked(t *testing.T) []byte {
	t.Helper()
	var all []byte
	for _, name := range []string{"mail.log.3.gz", "mail.log.2.gz", "mail.log.1.gz"} {
		f, err := os.Open(filepath.Join("..", "..", "testdata", "logs", name))
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
		_ = f.Close()
	}
	return all
}

// The windows of a log count what its delivery lines say, and no window has more sessions
// than the report's peak, which one of them has.
func TestWatch(t *testing.T) {
	text := unpacked(t)
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, text)
	for _, length := range []time.Duration{time.Minute, 15 * time.Minute, time.Hour} {
		got, in := watched(t, text, length, atOnce)
		type count struct{ deferred, accepted int32 }
		want := map[string]count{}
		if _, err := scan.Parse(context.Background(), scan.Config{Rules: ruleSet(t), Inputs: []source.Input{{Path: path}}}, "", "", func(r *scan.Row) error {
			if r.Platform == nil {
				return nil
			}
			key := fmt.Sprint(r.Time.Truncate(length).Format(time.TimeOnly), " ", *r.Platform)
			c := want[key]
			switch r.Outcome {
			case "deferred":
				c.deferred++
			case "delivered":
				c.accepted++
			}
			want[key] = c
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		peaks := map[string]int64{}
		for _, w := range got {
			for _, r := range w.Rows {
				key := fmt.Sprint(w.Start.Format(time.TimeOnly), " ", r.Platform)
				if c := want[key]; c != (count{r.DeferredRecipients, r.AcceptedRecipients}) {
					t.Errorf("%v %s: %d deferred, %d accepted, want %+v", length, key, r.DeferredRecipients, r.AcceptedRecipients, c)
				}
				delete(want, key)
				if r.Sessions != nil {
					peaks[r.Platform] = max(peaks[r.Platform], int64(*r.Sessions))
				}
			}
		}
		if len(want) > 0 {
			t.Errorf("%v: no row for %v", length, want)
		}
		rep := run(t, scan.Config{}, path)
		if in.Files[0].Lines != rep.Input.Lines || len(got) == 0 {
			t.Errorf("%v: %d lines, want %d", length, in.Files[0].Lines, rep.Input.Lines)
		}
		for i := range rep.Groups {
			g := &rep.Groups[i]
			if p := g.PeakSessions.Estimate; p != nil && *p != peaks[g.Platform] {
				t.Errorf("%v: %s: %d sessions, the report has %d", length, g.Platform, peaks[g.Platform], *p)
			}
		}
	}
}

// However the lines come, the windows are the same: also if they are told of while nothing
// comes, for no longer than the log itself shows.
func TestWatch_AnySplit(t *testing.T) {
	text := unpacked(t)
	want, _ := watched(t, text, time.Minute, atOnce)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		got, _ := watched(t, text, time.Minute, func() (int, time.Duration) { return 1 + r.IntN(9000), time.Duration(r.IntN(2)) * time.Millisecond })
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %d windows, want %d, or they differ", seed, len(got), len(want))
		}
	}
}

// delivery is a line of Postfix at a time of a day.
func delivery(at, status, reply string, n int) string {
	return fmt.Sprintf("2026-05-20T%s+00:00 mx1 postfix/smtp[%d]: 4A%04X: to=<u%d@hotmail.com>, relay=hotmail-com.olc.protection.outlook.com[203.0.113.11]:25, delay=1, delays=0.1/0.1/0.3/0.5, dsn=%s, status=%s (host said: %s)\n",
		at, 200+n%3, n, n, strings.Fields(reply)[1], status, reply)
}

const tooMany = "451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115)"

// A window is told of as soon as it is over by the lines that come, or by the clock while
// none do, and one without mail stands for all in a row that are told of at once.
func TestWatch_Trends(t *testing.T) {
	var b bytes.Buffer
	n := 0
	add := func(minute string, deferred, accepted int) {
		for i := range deferred + accepted {
			at := fmt.Sprintf("%s:%02d.%03d", minute, 1+i/20, i%20*50)
			if n++; i < deferred {
				b.WriteString(delivery(at, "deferred", tooMany, n))
			} else {
				b.WriteString(delivery(at, "sent", "250 2.0.0 OK", n))
			}
		}
	}
	add("09:00", 10, 5)
	add("09:01", 30, 5)
	add("09:02", 25, 5)
	add("09:03", 5, 40)
	add("09:04", 0, 40)
	add("09:05", 0, 40)
	add("09:30", 1, 1)
	var got []string
	windows, _ := watched(t, b.Bytes(), time.Minute, atOnce)
	for _, w := range windows {
		line := w.Start.Format("15:04")
		for _, r := range w.Rows {
			line += fmt.Sprintf(" %s %d %d %s", r.Platform, r.DeferredRecipients, r.AcceptedRecipients, r.Trend)
		}
		got = append(got, line)
	}
	want := []string{
		"09:00 microsoft-consumer 10 5 first", "09:01 microsoft-consumer 30 5 rising", "09:02 microsoft-consumer 25 5 steady",
		"09:03 microsoft-consumer 5 40 falling", "09:04 microsoft-consumer 0 40 over", "09:05 microsoft-consumer 0 40 none",
		"09:06", "09:30 microsoft-consumer 1 1 new",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	// Three minutes pass, and no line comes.
	first := strings.SplitAfter(b.String(), "\n")
	calls := 0
	windows, _ = watched(t, []byte(strings.Join(first[:15], "")), time.Minute, func() (int, time.Duration) {
		calls++
		return 1 << 20, time.Duration(calls-1) * 3 * time.Minute
	})
	if len(windows) < 2 || len(windows[0].Rows) != 1 || len(windows[1].Rows) != 1 || windows[1].Rows[0].Trend != scan.TrendOver {
		t.Errorf("while nothing comes: %+v", windows)
	}
}

// A clock that is set back, or a line from far ahead, does not silence what follows.
func TestWatch_ClockSetBack(t *testing.T) {
	var b strings.Builder
	b.WriteString(delivery("23:59:01.0", "sent", "250 2.0.0 OK", 1))
	for i := range 300 {
		b.WriteString(delivery(fmt.Sprintf("08:%02d:%02d.0", i/60, i%60), "deferred", tooMany, i))
	}
	windows, _ := watched(t, []byte(b.String()), time.Minute, atOnce)
	var told int32
	for _, w := range windows {
		for _, r := range w.Rows {
			told += r.DeferredRecipients
		}
	}
	if told < 150 {
		t.Errorf("%d of 300 deferred recipients told of", told)
	}
}

func TestWatch_Ends(t *testing.T) {
	live := &source.Live{Path: "-", Reader: strings.NewReader("nothing that a mail server writes\n")}
	cfg := scan.Config{Rules: ruleSet(t), Inputs: []source.Input{{Path: "-"}}, Source: source.Options{Live: live}}
	how := scan.Watching{Length: time.Minute, Begun: func(*report.Input) {}, Each: func(*scan.LiveWindow) error { return nil }, Waiting: func() error { return nil }}
	in, err := scan.Watch(context.Background(), cfg, how)
	if err != nil || len(in.Errors) != 1 {
		t.Errorf("no format: %v, errors %v", err, in.Errors)
	}
	full := errors.New("disk full")
	how.Each = func(*scan.LiveWindow) error { return full }
	live.Reader = bytes.NewReader(unpacked(t))
	if _, err := scan.Watch(context.Background(), cfg, how); !errors.Is(err, full) {
		t.Errorf("%v, want the error of Each", err)
	}
}
