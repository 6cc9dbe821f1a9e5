package wrap

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/postfix"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const journalLine = `{"__REALTIME_TIMESTAMP":"1772533103504367","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"postfix/out/smtp","_PID":"812","MESSAGE":"` + message + `"}`

// A format that the user names is unwrapped as well, once a line is wrapped.
func TestLazy(t *testing.T) {
	f := func(want, file string) {
		t.Helper()
		format := Lazy(postfix.Format)
		lines := split(file)
		if got := decode(format.New(utc), lines); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", file, got, want)
		}
	}
	const told = "2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] " + attempt + "understood"
	f(told, journalLine)
	f("irrelevant\nirrelevant\n"+told, "\n-- No entries --\n"+journalLine)
	f("1972-03-03T10:18:23 mx1 postfix/out/smtp[812] "+attempt+"understood", text)
	f("-  postfix/out/smtp[812] "+attempt+"understood", "1\t"+tagText+message)
	f("irrelevant\nirrelevant\nirrelevant\nirrelevant\nirrelevant\nirrelevant\n"+strings.TrimSuffix(told, "understood"),
		"__CURSOR=1\n__REALTIME_TIMESTAMP=1772533103504367\n_HOSTNAME=mx1\nSYSLOG_IDENTIFIER=postfix/out/smtp\n_PID=812\nMESSAGE="+message)
	// A file of plain lines stays plain.
	f("1972-03-03T10:18:23 mx1 postfix/out/smtp[812] "+attempt+"understood\nnot_understood", text+"\n"+journalLine)
}

func TestLazySample(t *testing.T) {
	f := func(yearless bool, score int, sample string) {
		t.Helper()
		format, lines := Lazy(postfix.Format), split(sample)
		if got := format.Yearless(lines); got != yearless {
			t.Errorf("%s: yearless %v", sample, got)
		}
		if got := format.Score(lines); got != score {
			t.Errorf("%s: score %d, want %d", sample, got, score)
		}
		if got := len(format.Unwrap(lines)); score > 0 && got != len(lines) {
			t.Errorf("%s: %d lines", sample, got)
		}
		if s, ok := Open(lines); ok {
			if got := s.Format(postfix.Format).Yearless(lines); got != yearless {
				t.Errorf("%s: yearless %v after detection", sample, got)
			}
		}
	}
	f(false, 1, journalLine)
	f(true, 1, text)
	f(true, 1, `{"message":"`+text+`"}`)
	f(false, 1, `{"message":"`+text+`","@timestamp":"2026-03-03T10:18:23Z"}`)
	f(false, 0, "garbage")
}

// plainDecoder hides that a decoder takes headers.
type plainDecoder struct{ inner parsers.Decoder }

func (p plainDecoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	return p.inner.Decode(line, emit)
}
func (p plainDecoder) Close(emit func(*mail.Event)) { p.inner.Close(emit) }

// A format that takes no headers is given a line of text, one that has no lines of
// text the message alone.
func TestWithoutHeader(t *testing.T) {
	syslogFormat := postfix.Format
	syslogFormat.New = func(o parsers.Options) parsers.Decoder { return plainDecoder{postfix.NewDecoder(o)} }
	lines := split(journalLine)
	s, _ := Open(lines)
	const told = "2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] " + attempt + "understood"
	if got := decode(s.Format(syslogFormat).New(utc), lines); got != told {
		t.Errorf("got %s", got)
	}

	var bodies []string
	documents := parsers.Format{
		Name: "documents",
		Score: func(sample [][]byte) (n int) {
			for _, l := range sample {
				if bytes.HasPrefix(l, []byte(`{"event":`)) {
					n++
				}
			}
			return n
		},
		New: func(parsers.Options) parsers.Decoder {
			return decoderFunc(func(line []byte, emit func(*mail.Event)) mail.Verdict {
				bodies = append(bodies, string(line))
				emit(&mail.Event{Kind: mail.KindAttempt, Time: 5e6})
				return mail.Understood
			})
		},
	}
	lines = split(strings.Replace(journalLine, message, `{\"event\":\"failed\"}`, 1))
	s, _ = Open(lines)
	const want = "1970-01-01T00:00:05 mx1 /[0] attempt  unknown  ; understood"
	if got := decode(s.Format(documents).New(utc), lines); got != want || len(bodies) != 1 || bodies[0] != `{"event":"failed"}` {
		t.Errorf("got %s for %q, want %s", got, bodies, want)
	}
	if n := s.Score(documents); n != 1 {
		t.Errorf("score %d", n)
	}
}

type decoderFunc func([]byte, func(*mail.Event)) mail.Verdict

func (f decoderFunc) Decode(line []byte, emit func(*mail.Event)) mail.Verdict { return f(line, emit) }
func (f decoderFunc) Close(func(*mail.Event))                                 {}

// The year that a file runs past is told through the wrapper.
func TestOverran(t *testing.T) {
	s, _ := Open(split(`{"message":"` + text + `"}`))
	for _, format := range []parsers.Format{s.Format(postfix.Format), Lazy(postfix.Format)} {
		d := format.New(parsers.Options{Year: 2026, Location: time.UTC})
		w := d.(interface{ Overran(time.Time) bool })
		if w.Overran(time.Time{}) {
			t.Error("ran past its date before a line was read")
		}
		d.Decode([]byte(`{"message":"`+text+`"}`), func(*mail.Event) {})
		anchor := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		if !w.Overran(anchor) || w.Overran(anchor.AddDate(0, 0, 5)) {
			t.Error("the end of a file is not compared with its date")
		}
	}
}

// What is no wrapper.
func TestNone(t *testing.T) {
	f := func(sample string) {
		t.Helper()
		if s, ok := Open(split(sample)); ok {
			t.Errorf("%q: a wrapper, with %q", sample, s.Bodies)
		}
	}
	f("")
	f(text)
	f(text + "\n" + text)
	f("{}")
	f("[1234] text")
	f("{broken")
	f(`{"event":{"name":"failed"},"recipient":"a@example.com"}`)
	f("2026-03-03T10:18:23.504367123Z mx1 F " + text)
	f("__init__ = 1")
	f("a,b,c\nd,e\tf,g\nh,i,k")
}
