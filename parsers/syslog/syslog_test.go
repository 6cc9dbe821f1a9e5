package syslog

import (
	"fmt"
	"testing"
	"time"
)

// show renders what a test wants to see of a line.
func show(line string, year int, loc *time.Location) string {
	var h Header
	c := NewClock(year, loc)
	ok := Parse([]byte(line), c, &h)
	stamp := "-"
	if h.Stamped && h.Time != 0 {
		stamp = time.UnixMicro(h.Time).UTC().Format("2006-01-02T15:04:05.999999")
	}
	if h.Precise {
		stamp += " precise"
	}
	if h.Yearless {
		stamp += " yearless"
	}
	if h.Zoneless {
		stamp += " zoneless"
	}
	return fmt.Sprintf("%v|%s|%s|%s|%s|%d|%s", ok, stamp, h.Host, h.Instance, h.Process, h.PID, h.Body)
}

func TestParse(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		if got := show(line, 2026, time.UTC); got != want {
			t.Errorf("%q\n got %s\nwant %s", line, got, want)
		}
	}
	const bsd = "true|2026-03-03T10:18:23 yearless zoneless|mx1|postfix|smtp|123|"

	// RFC 3164 and its dialects.
	f("Mar  3 10:18:23 mx1 postfix/smtp[123]: body", bsd+"body")
	f("Mar 03 10:18:23 mx1 postfix/smtp[123]: body", bsd+"body")
	f("Mar 3 10:18:23 mx1 postfix/smtp[123]: body", bsd+"body")
	f("<22>Mar  3 10:18:23 mx1 postfix/smtp[123]: body", bsd+"body")
	f("2026-03-03T11:18:23+01:00 relay Mar  3 10:18:23 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23|mx1|postfix|smtp|123|body") // forwarded
	f("<22> Mar  3 10:18:23 mx1 postfix/smtp[123]: body", bsd+"body")
	f("\xEF\xBB\xBFMar  3 10:18:23 mx1 postfix/smtp[123]: body\r", bsd+"body")
	f("\x00\x00\x00Mar  3 10:18:23 mx1 postfix/smtp[123]: body\x00\x00", bsd+"body")
	f("Mar  3 10:18:23 mx1 postfix/smtp[123]: [ID 197553 mail.info] body", bsd+"body")
	f("Mar  3 10:18:23 mx1 postfix/smtp[123]: [ID x] body", bsd+"[ID x] body")
	f("Mar  3 10:18:23 mx1 postfix/smtp[123]: [ID 5", bsd+"[ID 5")
	f("Mar  3 10:18:23 <mail.info> mx1 postfix/smtp[123]: body", bsd+"body")
	f("Mar  3 10:18:23 <2.6> mx1 postfix/smtp[123]: body", bsd+"body")
	f("Mar  3 10:18:23 mx1 <mail.info> postfix/smtp[123]: body", bsd+"body")
	f("Mar  3 10:18:23 mx1 mail.info postfix/smtp[123]: body", bsd+"body")
	f("Mar  3 10:18:23 mx1 mail:info postfix/smtp[123]: body", bsd+"body")
	f("Mar  3 2026 10:18:23 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23 zoneless|mx1|postfix|smtp|123|body")
	f("Mar 13 2024 10:18:23 mx1 postfix/smtp[123]: body", "true|2024-03-13T10:18:23 zoneless|mx1|postfix|smtp|123|body")
	f("Mar 03 10:18:23.504367 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23.504367 precise yearless zoneless|mx1|postfix|smtp|123|body")
	f("Mar 03 10:18:23.5 mx1 x: b", "true|2026-03-03T10:18:23.5 precise yearless zoneless|mx1||x|0|b")
	f("Mar 31 23:59:60 mx1 x: b", "true|2026-04-01T00:00:00 yearless zoneless|mx1||x|0|b")
	f("Mar  3 10:18:23 mail.info postfix/smtp[123]: body", "true|2026-03-03T10:18:23 yearless zoneless|mail.info|postfix|smtp|123|body")

	// Host and tag.
	const day3 = "true|2026-03-03T10:18:23 yearless zoneless|"
	f("Mar  3 10:18:23 mx1 postfix/outlook5/smtp[123]: body", day3+"mx1|postfix/outlook5|smtp|123|body")
	f("Mar  3 10:18:23 mx1 outlook5/smtp[123]: body", day3+"mx1|outlook5|smtp|123|body")
	f("Mar  3 10:18:23 mx1 postfix-192.0.2.10/smtp[123]: body", day3+"mx1|postfix-192.0.2.10|smtp|123|body")
	f("Mar  3 10:18:23 mx1 smtp[123]: body", day3+"mx1||smtp|123|body")
	f("Mar  3 10:18:23 mx1 smtp: body", day3+"mx1||smtp|0|body")
	f("Mar  3 10:18:23 mx1 smtp[123] body", day3+"mx1||smtp|123|body")
	f("Mar  3 10:18:23 mx1 smtp[99999999999999]: body", day3+"mx1||smtp|0|body")
	f("Mar  3 10:18:23 mx1 smtp[4294967295]: body", day3+"mx1||smtp|4294967295|body")
	f("Mar  3 10:18:23 postfix/smtp[123]: body", day3+"|postfix|smtp|123|body")
	f("Mar  3 10:18:23 2001:db8::25 smtp[1]: body", day3+"2001:db8::25||smtp|1|body")
	f("Mar  3 10:18:23 mx1 last message repeated 3 times", day3+"mx1|||0|last message repeated 3 times")
	f("Mar  3 10:18:23 mx1 syslogd 1.4.1#18: restart.", day3+"mx1|||0|syslogd 1.4.1#18: restart.")
	f("Mar  3 10:18:23 mx1 -- MARK --", day3+"mx1|||0|-- MARK --")
	f("Mar  3 10:18:23 mx1 smtp[12", day3+"mx1|||0|smtp[12")
	f("Mar  3 10:18:23 mx1 smtp[x]: body", day3+"mx1|||0|smtp[x]: body")
	f("Mar  3 10:18:23 mx1", day3+"mx1|||0|")
	f("Mar  3 10:18:23", day3+"|||0|")
	f("Mar  3 10:18:23 ", day3+"|||0|")
	f("Mar  3 10:18:23 mx1 x:", day3+"mx1||x|0|")
	f("Mar  3 10:18:23 mx1 x[1]:   two  spaces", day3+"mx1||x|1|two  spaces")
	f("Mar  3 10:18:23 mx1 x[1]: a#011b#033[0m", day3+"mx1||x|1|a#011b#033[0m")

	// RFC 3339.
	const iso = "mx1|postfix|smtp|123|body"
	f("2026-03-03T10:18:23.504367+00:00 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23.504367 precise|"+iso)
	f("2026-03-03T10:18:23+0000 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23|"+iso)
	f("2026-03-03T10:18:23Z mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23|"+iso)
	f("2026-03-03T10:18:23.1234567891Z mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23.123456 precise|"+iso)
	f("2026-03-03T10:18:23,504+01:30 mx1 postfix/smtp[123]: body", "true|2026-03-03T08:48:23.504 precise|"+iso)
	f("2026-03-03T10:18:23-0800 mx1 postfix/smtp[123]: body", "true|2026-03-03T18:18:23|"+iso)
	f("2026-03-03T10:18:23+05 mx1 postfix/smtp[123]: body", "true|2026-03-03T05:18:23|"+iso)
	f("2026-03-03T10:18:23 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23 zoneless|"+iso)
	f("2026-03-03 10:18:23 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23 zoneless|"+iso)
	f("<22>2026-03-03T10:18:23Z mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23|"+iso)

	f("2026-03-03T10:18:23.504367891Z Mar 03 11:18:23 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23.504367 precise|"+iso)
	f("2026-03-03T10:18:23Z Mar 03 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23|Mar|||0|03 mx1 postfix/smtp[123]: body")

	// journalctl.
	f("Tue 2026-03-03 10:18:23 UTC mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23|"+iso)
	f("Tue 2026-03-03 10:18:23.5 UTC mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23.5 precise|"+iso)
	f("Tue 2026-03-03 10:18:23 CET mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23 zoneless|"+iso)
	f("Tue 2026-03-03 10:18:23 -03 mx1 postfix/smtp[123]: body", "true|2026-03-03T13:18:23|"+iso)
	f("1772533103.504367 mx1 postfix/smtp[123]: body", "true|2026-03-03T10:18:23.504367 precise|"+iso)

	// RFC 5424.
	f("<22>1 2026-03-03T10:18:23.504367Z mx1 postfix/smtp 123 - - body", "true|2026-03-03T10:18:23.504367 precise|"+iso)
	f("<22>1 2026-03-03T10:18:23Z mx1 postfix/smtp 123 ID7 [meta sequenceId=\"7\"][x y=\"a\\]b\\\"]\"] \xEF\xBB\xBFbody", "true|2026-03-03T10:18:23|"+iso)
	f("<22>1 2026-03-03T10:18:23Z mx1 postfix/smtp 123 - -  body", "true|2026-03-03T10:18:23|"+iso)
	f("1 2026-03-03T10:18:23+00:00 mx1 postfix/smtp 123 - - body", "true|2026-03-03T10:18:23|"+iso)
	f("<22>1 - - - - - - body", "true|-||||0|body")
	f("<22>1 - mx1 smtp - - -", "true|-|mx1||smtp|0|")
	f("<22>1 2026-03-03T10:18:23Z mx1 smtp 1 - [cut x=\"", "true|2026-03-03T10:18:23|mx1||smtp|1|")
	f("<22>1 2026-03-03T10:18:23Z mx1", "true|2026-03-03T10:18:23|mx1|||0|")

	// The time was cut off.
	f("postfix/smtp[123]: body", "true|-||postfix|smtp|123|body")

	// No prefix at all.
	none := func(line string) {
		t.Helper()
		f(line, "false|-||||0|"+line)
	}
	none("")
	none("A89EB7629C3: removed")
	none("warning: numeric hostname")
	none("to=<a@example.com>, relay=none")
	none("connect to mx.example.com[192.0.2.1]:25: Connection timed out")
	none("# Mar  3 10:18:23 mx1 postfix/smtp[123]: a comment")
	none("-- Reboot --")
	none("Mar 32 10:18:23 mx1 smtp[1]: x")
	none("Mar  0 10:18:23 mx1 smtp[1]: x")
	none("Mar  3 24:18:23 mx1 smtp[1]: x")
	none("Mar  3 10:60:23 mx1 smtp[1]: x")
	none("Mar  3 10:18:61 mx1 smtp[1]: x")
	none("Mar  3 10:18:23x mx1 smtp[1]: x")
	none("Xxx  3 10:18:23 mx1 smtp[1]: x")
	none("Feb 30 10:18:23 mx1 smtp[1]: x")
	none("Feb 29 2023 10:18:23 mx1 smtp[1]: x")
	none("2026-02-29T10:18:23Z mx1 smtp[1]: x")
	none("2026-13-01T10:18:23Z mx1 smtp[1]: x")
	none("2026-03-03T10:18:23.504,conn,192.0.2.1")
	none("2026-03-03T10:18:23+1:00 mx1 smtp[1]: x")
	none("1772533103 mx1 smtp[1]: x")
	none("<22")
	none("<abc>Mar  3")
	none(`{"log":"x","time":"2026-03-03T10:18:23Z"}`)
}

// The stamp before decides nothing about this one, whether it comes from the
// memory of the clock or is read anew.
func TestParseSameSecond(t *testing.T) {
	lines := []string{
		"Mar  3 10:18:23 h a: 1", "Mar  3 10:18:23 h a: 2", "Mar  3 10:18:23.25 h a: 3", "Mar  3 10:18:24 h a: 4",
		"Mar  3 10:18:23Z h a: 5", "Mar  3 10:18:23.x h a: 6", "Mar  3 10:18:23,0A", "Mar  3 10:18:23.0",
		"2026-03-03T10:18:23.5+00:00 h a: 1", "2026-03-03T10:18:23+01:00 h a: 2", "2026-03-03T10:18:23 h a: 3",
		"2026-03-03T10:18:23x h a: 4", "2026-03-03T10:18:23.7Z h a: 5", "2026-03-03 10:18:23 h a: 6",
		"Mar 3 10:18:23 h a: 7", "Mar  3 10:18:23 h a: 8",
	}
	c := NewClock(2026, time.FixedZone("", -7200))
	for _, line := range lines {
		var got, want Header
		okGot := Parse([]byte(line), c, &got)
		okWant := Parse([]byte(line), NewClock(2026, time.FixedZone("", -7200)), &want)
		if okGot != okWant || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q\n got %v %v\nwant %v %v", line, okGot, got, okWant, want)
		}
	}
}

func TestRepeated(t *testing.T) {
	f := func(body, want string, n int, ok bool) {
		t.Helper()
		got, times, is := Repeated([]byte(body))
		if string(got) != want || times != n || is != ok {
			t.Errorf("%q: got %q %d %v, want %q %d %v", body, got, times, is, want, n, ok)
		}
	}
	f("last message repeated 3 times", "", 3, true)
	f("last message repeated 1 time", "", 1, true)
	f("message repeated 2 times: [ A89EB7629C3: removed]", "A89EB7629C3: removed", 2, true)
	f("message repeated 2 times: [A89EB7629C3: removed", "A89EB7629C3: removed", 2, true)
	f("message repeated 2 times", "", 0, false)
	f("message repeated many times: [ x]", "", 0, false)
	f("last message repeated three times", "", 0, false)
	f("last message repeated 3 times ago", "", 3, false)
	f("message-id=<last message repeated 3 times>", "", 0, false)
	f("", "", 0, false)
}

func TestParseNoAllocation(t *testing.T) {
	lines := [][]byte{
		[]byte("Mar  3 10:18:23 mx1 postfix/smtp[123]: body"),
		[]byte("Mar  3 10:18:24 mx1 postfix/smtp[123]: [ID 1 mail.info] body"),
		[]byte("2026-03-03T10:18:23.504367+01:00 mx1 postfix/smtp[123]: body"),
		[]byte("2026-07-03T10:18:25 mx1 postfix/smtp[123]: body"),
		[]byte("<22>1 2026-03-03T10:18:23Z mx1 postfix/smtp 123 - [a b=\"c\"] \xEF\xBB\xBFbody"),
		[]byte("Tue 2026-03-03 10:18:23 UTC mx1 postfix/smtp[123]: body"),
		[]byte("1772533103.504367 mx1 mail.info postfix/smtp[123]: body"),
		[]byte("A89EB7629C3: removed"),
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c := NewClock(2026, berlin)
	var h Header
	n := testing.AllocsPerRun(50, func() {
		for _, line := range lines {
			Parse(line, c, &h)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations for %d lines, want none", n, len(lines))
	}
}
