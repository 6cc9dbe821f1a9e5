package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// Hostile logs take time in proportion to their length: four times as much of one costs
// far less than the sixteen times of anything that goes back over what it has read. It
// is the time on the processor that counts, which other programs do not change.
func TestBroken_Linear(t *testing.T) {
	parsertest.Long(t, "it reads up to 200 MB")
	t.Chdir(t.TempDir())
	size := 4 << 20
	if !parsertest.Full() {
		size = 1 << 20
	}
	head := string(brokenLog(20))
	again := func(text string) func(int) string {
		return func(n int) string { return strings.Repeat(text, n/len(text)) }
	}
	f := func(what, format string, text func(int) string) {
		t.Helper()
		cost := func(n int) time.Duration {
			p := newProduct(t, "-i", format, put(t, "hostile.log", []byte(text(n))))
			code := p.code(p.cmd.Run())
			if code != exitFine && code != exitInput && code != exitNothing || bytes.Contains(p.err.Bytes(), []byte("goroutine")) {
				t.Errorf("%s: exit code %d: %.300s", what, code, p.err.String())
			}
			return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
		}
		one, four := cost(size), cost(4*size)
		if four > 8*one+200*time.Millisecond {
			t.Errorf("%s: %v for %d bytes, %v for 4 times as many", what, one, size, four)
		}
	}
	const line = "2026-05-20T09:00:00.000000+00:00 mx1 postfix/smtp[201]: 4A01: "
	f("deep JSON lists", "sendgrid", again("["))
	f("deep JSON objects", "ses", again(`{"a":`))
	f("JSON that is opened on each line", "mailgun", again("{\n"))
	f("JSON texts that do not end", "sparkpost", again("{\"event\":\"delivered\",\"a\":\"x\n"))
	f("quotes in JSON", "sendgrid", again(`[{"event":"deferred","response":"`+strings.Repeat(`\"`, 2000)+"\"}]\n"))
	f("CSV texts that do not end", "mailgun", func(n int) string {
		return "\"date\",\"event\",\"recipient\"\n\"" + strings.Repeat("a,\n", n/3)
	})
	f("100,000 fields", "powermta", again(strings.Repeat("a,", 100_000)+"\n"))
	f("fields of Postfix", "postfix", again(line+"to=<a@example.com>, "+strings.Repeat("x=y, ", 8000)+"\n"))
	f("brackets", "postfix", again(line+"to=<a@example.com>, relay=mx.example.net[203.0.113.1]:25, status=deferred (host mx.example.net[203.0.113.1] said: 421 "+strings.Repeat("(", 20_000)+"\n"))
	f("times that are none", "postfix", func(n int) string { return head + strings.Repeat("2026-99-99T99:99:99 mx1 postfix/smtp[1]: x\n", n/43) })
	f("New Year over and over", "postfix", again("Dec 31 23:59:59 mx1 postfix/qmgr[1]: 4A01: removed\nJan  1 00:00:00 mx1 postfix/qmgr[1]: 4A01: removed\n"))
	f("nested MIME", "dsn", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "Content-Type: multipart/report; boundary=\"b%d\"\n\n--b%d\n", i, i)
		}
		return b.String()
	})
	f("folded headers", "dsn", func(n int) string {
		return "From: MAILER-DAEMON@example.com\nSubject: x\n" + strings.Repeat(" folded\n", n/8)
	})
	f("pieces of one line", "postfix", again("2026-03-03T10:18:23.504367123Z stdout P "+strings.Repeat("x", 1000)+"\n"))
	f("holes", "postfix", func(n int) string { return head + strings.Repeat("x"+strings.Repeat("\x00", 33), n/34) })
	f("NULs", "postfix", func(n int) string { return head + strings.Repeat("x\x00", n/2) })
	f("CR only", "postfix", again("x\r"))
}
