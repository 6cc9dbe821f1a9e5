package registry

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Every format is complete and has a name of its own.
func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range All() {
		if f.Name == "" || f.Title == "" || f.Score == nil || f.New == nil || f.Yearless == nil || f.Zoneless == nil {
			t.Errorf("format %q is not complete", f.Name)
		}
		if seen[f.Name] || f.Name != strings.ToLower(f.Name) {
			t.Errorf("name %q is taken or not lower-case", f.Name)
		}
		seen[f.Name] = true
		d := f.New(parsers.Options{Year: 2026, Location: time.UTC})
		if v := d.Decode([]byte("garbage \x00\xff"), func(*mail.Event) { t.Errorf("%s: an event from garbage", f.Name) }); v != mail.NotUnderstood {
			t.Errorf("%s: garbage is %v", f.Name, v)
		}
		if got, err := ByName(f.Name); err != nil || got.Name != f.Name {
			t.Errorf("%s: not found by its name: %v", f.Name, err)
		}
	}
	if !seen["postfix"] {
		t.Error("no format postfix")
	}
}

func TestByNameUnknown(t *testing.T) {
	f := func(name, hint string) {
		t.Helper()
		_, err := ByName(name)
		if err == nil {
			t.Fatalf("%q: found", name)
		}
		for _, known := range All() {
			if !strings.Contains(err.Error(), known.Name) {
				t.Errorf("%q: %v: does not name %s", name, err, known.Name)
			}
		}
		if got := strings.Contains(err.Error(), "did you mean"); got != (hint != "") || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: %v: want hint %q", name, err, hint)
		}
	}
	const meant = `did you mean "postfix"?`
	f("postfx", meant)
	f("Postfix", meant)
	f("psotfix", meant)
	f("post", meant)
	f("postfix3", meant)
	f("xml", "")
	f("", "")
	f(strings.Repeat("postfix", 100), meant)
	f(strings.Repeat("x", 1000), "")
}

func lines(s ...string) (b [][]byte) {
	for _, l := range s {
		b = append(b, []byte(l))
	}
	return b
}

func TestDetect(t *testing.T) {
	const sent = "Mar  3 10:18:23 mx1 postfix/smtp[1]: A89EB7629C3: to=<b@example.net>, relay=mx[203.0.113.2]:25, delay=1, status=sent (250 ok)"
	const other = "Mar  3 10:18:23 mx1 dovecot: imap-login: Login: user=<c>"
	f := func(want string, share float64, sample ...string) {
		t.Helper()
		got, s, err := Detect(lines(sample...))
		if got.Name != want || s != share || err != nil {
			t.Errorf("%q: got %s, %v, %v; want %s, %v", sample, got.Name, s, err, want, share)
		}
	}
	f("postfix", 1, sent)
	f("postfix", 0.5, other, "", sent, "  ", "")
	f("postfix", 0.25, other, other, other, sent)
	f("postfix", 1, "A89EB7629C3: removed")

	fails := func(best string, count int, message string, sample ...string) {
		t.Helper()
		_, _, err := Detect(lines(sample...))
		var unknown *UnknownError
		if !errors.As(err, &unknown) || unknown.Best != best || unknown.Lines != count || !strings.Contains(err.Error(), message) {
			t.Errorf("%q: got %v, want best guess %q of %d lines", sample, err, best, count)
		}
	}
	fails("", 0, "empty")
	fails("", 0, "empty", "", " ")
	fails("", 2, "no known format", other, "{}")
	rare := append([]string{sent}, strings.Split(strings.Repeat(other+"\n", 199), "\n")...)
	fails("postfix", 200, "postfix, knows 0.5 %", rare...)
}

// The format with most lines wins, whatever its place in the list.
func TestDetectMost(t *testing.T) {
	scores := func(name string, n int) parsers.Format {
		return parsers.Format{Name: name, Score: func([][]byte) int { return n }}
	}
	got, share, err := detect([]parsers.Format{scores("a", 1), scores("b", 3), scores("c", 3), scores("d", 2)}, lines("1", "2", "3", "4"))
	if got.Name != "b" || share != 0.75 || err != nil {
		t.Errorf("got %s, %v, %v", got.Name, share, err)
	}
}
