package registry

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/declared"
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
	f("smtp", 1, "421 4.7.0 Too many connections", "=== Trying mx.example.net:25...", "<** 421 4.7.0 busy")
	f("postfix", 0.25, "421 4.7.0 Too many connections", "421 4.7.0 busy", sent, "450 4.2.0 greylisted")

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
	fails("", 2, "best guess: none; tried: postfix", other, "{}")
	rare := append([]string{sent}, strings.Split(strings.Repeat(other+"\n", 199), "\n")...)
	fails("postfix", 200, "best guess: postfix 0.5 %; tried: postfix", rare...)
}

// The format with most lines wins, whatever its place in the list.
func TestDetectMost(t *testing.T) {
	scores := func(name string, n int) parsers.Format {
		return parsers.Format{Name: name, Score: func([][]byte) int { return n }}
	}
	f := func(want string, share float64, specific, generic []parsers.Format) {
		t.Helper()
		got, s, err := detect(specific, generic, lines("1", "2", "3", "4"))
		if got.Name != want || s != share || err != nil {
			t.Errorf("got %s, %v, %v; want %s, %v", got.Name, s, err, want, share)
		}
	}
	f("b", 0.75, []parsers.Format{scores("a", 1), scores("b", 3), scores("c", 3), scores("d", 2)}, []parsers.Format{scores("e", 4)})
	f("e", 1, []parsers.Format{scores("a", 0)}, []parsers.Format{scores("e", 9)})
}

// Lines of two formats in one file are a mixture, the same lines known to two
// formats are not.
func TestDetectMixed(t *testing.T) {
	starts := func(name, prefix string) parsers.Format {
		return parsers.Format{Name: name, Score: func(sample [][]byte) (n int) {
			for _, l := range sample {
				if strings.HasPrefix(string(l), prefix) {
					n++
				}
			}
			return n
		}}
	}
	formats := []parsers.Format{starts("a", "a"), starts("b", "b"), starts("abc", "abc"), starts("c", "c")}
	f := func(want, message, sample string) {
		t.Helper()
		got, _, err := detect(formats, nil, lines(strings.Fields(sample)...))
		var mixed *AmbiguousError
		if errors.As(err, &mixed) != (message != "") || got.Name != want || message != "" && !strings.Contains(err.Error(), message) {
			t.Errorf("%s: got %q, %v", sample, got.Name, err)
		}
	}
	f("a", "", "a a a b")
	f("a", "", "abc abc")
	f("a", "", "a a a a a b b c c")
	f("", "more than one in the first 4 lines: a 50.0 %, b 50.0 %; best guess: a;", "a a b b")
	f("", "more than one in the first 9 lines: a 44.4 %, c 33.3 %, b 22.2 %; best guess: a;", "a b a c a c a b c")
}

// A format of the user's own is found by its lines and by its name.
func TestDeclared(t *testing.T) {
	own, errs := declared.Load("acme.yaml", []byte(`
name: acme
regexp: '^(?P<time>\S+) acme (?P<recipient>\S+): (?P<reply>.*)$'
samples:
- line: '2026-03-03T10:18:23Z acme b@example.net: 421 4.7.0 busy'
  want: {outcome: deferred}
`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	line := []byte("2026-03-03T10:18:23Z acme c@example.net: 421 4.7.0 busy")
	if f, _, err := Detect([][]byte{line}); err != nil || f.Name != "smtp" {
		t.Errorf("undeclared: %s, %v", f.Name, err)
	}
	f, share, err := Detect([][]byte{line, []byte("else")}, own)
	if err != nil || f.Name != "acme" || share != 0.5 {
		t.Errorf("declared: %s, %v, %v", f.Name, share, err)
	}
	if f, err = ByName("acme", own); err != nil || f.Name != "acme" {
		t.Errorf("by its name: %s, %v", f.Name, err)
	}
	if _, err = ByName("acmee", own); err == nil || !strings.Contains(err.Error(), `did you mean "acme"?`) {
		t.Errorf("by a wrong name: %v", err)
	}
	// Wrapped as any other.
	wrapped := []byte(`{"log":"2026-03-03T10:18:23Z acme c@example.net: 421 4.7.0 busy\n","stream":"stdout","time":"2026-03-03T10:18:23.5Z"}`)
	if f, _, err = Detect([][]byte{wrapped}, own); err != nil || f.Name != "acme" {
		t.Errorf("wrapped: %s, %v", f.Name, err)
	}
}

// Wrapped lines are taken out, and what is read is named as if they had not been.
func TestDetectWrapped(t *testing.T) {
	const body = "A89EB7629C3: to=<b@example.net>, relay=mx[203.0.113.2]:25, delay=1, status=sent (250 ok)"
	const sent = "Mar  3 10:18:23 mx1 postfix/smtp[1]: " + body
	f := func(share float64, sample ...string) {
		t.Helper()
		got, s, err := Detect(lines(sample...))
		if err != nil || got.Name != "postfix" || s != share {
			t.Errorf("%q: got %s, %v, %v", sample, got.Name, s, err)
			return
		}
		named, err := ByName("postfix")
		if err != nil {
			t.Fatal(err)
		}
		formats := []parsers.Format{got, named}
		if strings.Contains(sample[0], `\\n`) { // a file that is wrapped twice must be looked at
			formats = formats[:1]
		}
		for _, format := range formats {
			d := format.New(parsers.Options{Year: 2026, Location: time.UTC})
			attempts := 0
			emit := func(ev *mail.Event) {
				if ev.Kind == mail.KindAttempt && ev.Outcome == mail.Delivered {
					attempts++
				}
			}
			for _, line := range sample {
				d.Decode([]byte(line), emit)
			}
			d.Close(emit)
			if attempts != 1 {
				t.Errorf("%q: %d deliveries", sample, attempts)
			}
		}
	}
	f(1, sent)
	f(0.5, `{"MESSAGE":"`+body+`","SYSLOG_IDENTIFIER":"postfix/smtp","_PID":"1","__REALTIME_TIMESTAMP":"1772533103504367"}`,
		`{"MESSAGE":"x","SYSLOG_IDENTIFIER":"sshd","_PID":"1","__REALTIME_TIMESTAMP":"1772533103504367"}`)
	f(1, `{"log":"`+sent+`\n","stream":"stdout","time":"2026-03-03T10:18:23.504367123Z"}`)
	f(1, "2026-03-03T10:18:23.504367123Z stdout P "+sent[:60], "2026-03-03T10:18:23.504367123Z stdout F "+sent[60:])
	f(1, "__CURSOR=1", "__REALTIME_TIMESTAMP=1772533103504367", "SYSLOG_IDENTIFIER=postfix/smtp", "MESSAGE="+body, "")
	f(1, `{"@timestamp":"2026-03-03T10:18:23Z","message":"`+sent+`"}`)
	f(1, "1\t2\t"+body)
	// A shipper that has read the files of a container engine.
	f(1, `{"@timestamp":"2026-03-03T10:18:24Z","message":"{\"log\":\"`+sent+`\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-03T10:18:23.5Z\"}"}`)
}

// Every format says what it carries, and nothing else is described.
func TestCarries(t *testing.T) {
	names := map[string]bool{}
	for _, f := range All() {
		names[f.Name] = true
		if f.Carries == (parsers.Carries{}) {
			t.Errorf("%s: nothing is said about what it carries", f.Name)
		}
		for _, c := range f.Carries.List() {
			if c.Level == parsers.Partly && c.Note == "" {
				t.Errorf("%s: %s is partly there, but nobody says when", f.Name, c.Name)
			}
			if c.Level > parsers.Yes {
				t.Errorf("%s: %s is %v", f.Name, c.Name, c.Level)
			}
		}
	}
	for name := range carries {
		if !names[name] {
			t.Errorf("%s is described, but is no format", name)
		}
	}
}
