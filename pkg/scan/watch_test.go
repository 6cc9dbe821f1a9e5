package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
	set, err := builtin()
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
		all = append(all, gunzip(t, filepath.Join("..", "..", "testdata", "logs", name))...)
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
		"09:00 microsoft-consumer 10 5 unknown", "09:01 microsoft-consumer 30 5 rising", "09:02 microsoft-consumer 25 5 steady",
		"09:03 microsoft-consumer 5 40 falling", "09:04 microsoft-consumer 0 40 over", "09:05 microsoft-consumer 0 40 none",
		"09:06", "09:30 microsoft-consumer 1 1 unknown",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	// A log that begins inside a window says nothing of how that differs from the next.
	late, _ := watched(t, []byte(b.String()[strings.Index(b.String(), "T09:00:01.700")-10:]), time.Minute, atOnce)
	late2, _ := watched(t, []byte(strings.ReplaceAll(b.String(), "T09:00:01", "T09:00:50")), time.Minute, atOnce)
	if late[1].Rows[0].Trend != scan.TrendNew || late2[1].Rows[0].Trend != scan.TrendUnknown || late2[2].Rows[0].Trend != scan.TrendSteady {
		t.Errorf("after a part of a window: %s, %s, %s", late[1].Rows[0].Trend, late2[1].Rows[0].Trend, late2[2].Rows[0].Trend)
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

// Windows are measured in pieces of a retry window, whatever its length.
func TestWatch_Pieces(t *testing.T) {
	var b strings.Builder
	for i := range 45 * 60 {
		b.WriteString(delivery(fmt.Sprintf("09:%02d:%02d.0", i/60, i%60), "deferred", tooMany, i))
	}
	for _, window := range []string{"15m", "10m", "7m"} {
		set, err := rules.LoadWith(map[string]string{"window": window})
		if err != nil {
			t.Fatal(err)
		}
		live := &source.Live{Path: "-", Reader: strings.NewReader(b.String())}
		var told []int32
		_, err = scan.Watch(context.Background(), scan.Config{Rules: set, Inputs: []source.Input{{Path: "-"}}, Source: source.Options{Live: live}}, scan.Watching{
			Length: 15 * time.Minute, Begun: func(*report.Input) {}, Waiting: func() error { return nil },
			Each: func(w *scan.LiveWindow) error { told = append(told, w.Rows[0].DeferredRecipients); return nil },
		})
		if err != nil || !slices.Equal(told, []int32{900, 900, 900}) {
			t.Errorf("%s: %v, %v", window, told, err)
		}
	}
}

// A log that anything could have written is not taken for one before its own lines come.
func TestWatch_FormatComesLater(t *testing.T) {
	first := "2026-05-20T09:00:00.5+00:00 mx1 amavis[7]: (7-1) Passed CLEAN, <a@example.com> -> <u@hotmail.com>, queued_as: 250 2.0.0 Ok\n"
	text := []byte(first + strings.Repeat(delivery("09:00:01.0", "deferred", tooMany, 1), 3))
	n := 0
	_, in := watched(t, text, time.Minute, func() (int, time.Duration) {
		if n++; n == 1 {
			return len(first), 0
		}
		return 1 << 20, 0
	})
	if in.Files[0].Format != "postfix" {
		t.Errorf("format %s", in.Files[0].Format)
	}
}

// Stamps with and without fractions come together; a refusal that is held back is told after
// its second was given up.
func TestWatch_MixedStamps(t *testing.T) {
	text := "2026-03-03 10:18:23 1wvYIb-00000005S1o-3buz H=mx.example.net [203.0.113.9]: SMTP error from remote mail server after initial connection: 421 4.7.0 Too many concurrent connections\n" +
		"2026-03-03 10:20:30.123 1wvYIb-00000005S1o-3buz Completed\n" +
		"2026-03-03 10:20:31.123 1wvYIb-00000005S1p-3buz => v@example.net R=dnslookup T=remote_smtp H=mx.example.net [203.0.113.9] C=\"250 OK\"\n" +
		"2026-03-03 10:30:31.123 1wvYIb-00000005S1p-3buz Completed\n"
	if windows, in := watched(t, []byte(text), time.Minute, atOnce); len(windows) == 0 || in.Files[0].Lines != 4 {
		t.Errorf("%d windows of %d lines", len(windows), in.Files[0].Lines)
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
