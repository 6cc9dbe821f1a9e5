package exim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const done = newID + " Completed"

// The stamp, the zone and the pid of a line, wherever they stand.
func TestTimes(t *testing.T) {
	zone := time.FixedZone("", 3600)
	f := func(line, wantTime string, precise bool, wantPrefix string) {
		t.Helper()
		d := NewDecoder(parsers.Options{Year: 2026, Location: zone})
		n := 0
		v := d.Decode([]byte(line), func(e *mail.Event) {
			n++
			if got := time.UnixMicro(e.Time).UTC().Format("2006-01-02T15:04:05.999999"); got != wantTime || e.Precise != precise {
				t.Errorf("%s: %s precise %v, want %s %v", line, got, e.Precise, wantTime, precise)
			}
			if got := fmt.Sprintf("%s %s %s %d", e.Host, e.Instance, e.Process, e.PID); got != wantPrefix {
				t.Errorf("%s: prefix %q, want %q", line, got, wantPrefix)
			}
			if e.Kind != mail.KindRemoved || string(e.QueueID) != newID {
				t.Errorf("%s: %s", line, show(e))
			}
		})
		if n != 1 || v != mail.Understood {
			t.Errorf("%s: %d events, %v", line, n, v)
		}
	}
	// A file: local time, unless log_timezone says more.
	f("2026-03-03 10:18:23 "+done, "2026-03-03T09:18:23", false, "  exim 0")
	f("2026-03-03 10:18:23.504 "+done, "2026-03-03T09:18:23.504", true, "  exim 0")
	f("2026-03-03 10:18:23 -0530 "+done, "2026-03-03T15:48:23", false, "  exim 0")
	f("2026-03-03 10:18:23.504 +0000 [4711] "+done, "2026-03-03T10:18:23.504", true, "  exim 4711")
	f("2026-03-03 10:18:23 [4711] "+done, "2026-03-03T09:18:23", false, "  exim 4711")
	f("2026-03-03 10:18:23 [99999999999] "+done, "2026-03-03T09:18:23", false, "  exim 0")
	f("\xEF\xBB\xBF2026-03-03 10:18:23 "+done+"\r", "2026-03-03T09:18:23", false, "  exim 0")
	// Through syslog: its own stamp has a year at least.
	f("Mar  3 10:18:24 mx1 exim[123]: 2026-03-03 10:18:23 "+done, "2026-03-03T09:18:23", false, "mx1  exim 123")
	f("Mar  3 10:18:24 mx1 exim4[123]: 2025-03-03 10:18:23.504 +0000 [124] "+done, "2025-03-03T10:18:23.504", true, "mx1  exim4 124")
	f("<22>Mar  3 10:18:24 mx1 exim[123]: "+done, "2026-03-03T09:18:24", false, "mx1  exim 123")
	f("Mar  3 10:18:24 mx1 exim: [77] "+done, "2026-03-03T09:18:24", false, "mx1  exim 77")
	f("2026-03-03T10:18:24.504367+05:00 mx1 exim[123]: 2026-03-03 10:18:23 "+done, "2026-03-03T05:18:24.504367", true, "mx1  exim 123")
	f("2026-03-03T10:18:24+05:00 mx1 exim[123]: 2026-03-03 10:18:23.250 "+done, "2026-03-03T09:18:23.25", true, "mx1  exim 123")
	f("2026-03-03T10:18:24.504367+05:00 mx1 exim[123]: "+done, "2026-03-03T05:18:24.504367", true, "mx1  exim 123")
	f("<22>1 2026-03-03T10:18:24.504367Z mx1 exim 123 - - "+done, "2026-03-03T10:18:24.504367", true, "mx1  exim 123")
	f("2026-03-03 10:18:24 mx1 exim[123]: [124] "+done, "2026-03-03T09:18:24", false, "mx1  exim 124")
	f("Mar  3 10:18:24 mx1 exim[123]: message repeated 2 times: [ "+done+"]", "2026-03-03T09:18:24", false, "mx1  exim 123")
	// Another name (syslog_processname).
	f("Mar  3 10:18:24 mx1 outbound[123]: 2026-03-03 10:18:23 "+done, "2026-03-03T09:18:23", false, "mx1  outbound 123")
	f("Mar  3 10:18:24 mx1 mail/out[123]: "+done, "2026-03-03T09:18:24", false, "mx1 mail out 123")
}

// A prefix that somebody else has read.
func TestDecodeHeader(t *testing.T) {
	var d parsers.HeaderDecoder = NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	h := syslog.Header{Time: 42e6, Stamped: true, Precise: true, Host: []byte("mx1"), Process: []byte("exim4"), PID: 7, Body: []byte(done)}
	n := 0
	v := d.DecodeHeader(&h, func(e *mail.Event) {
		n++
		if e.Time != 42e6 || string(e.Host) != "mx1" || e.PID != 7 || e.Kind != mail.KindRemoved {
			t.Errorf("%+v", e)
		}
	})
	if n != 1 || v != mail.Understood {
		t.Errorf("%d events, %v", n, v)
	}
}

// What lacks a year or a zone, of all the stamps that a line may have.
func TestYearlessZoneless(t *testing.T) {
	f := func(line string, yearless, zoneless bool) {
		t.Helper()
		sample := [][]byte{[]byte("no stamp"), []byte(line)}
		if y, z := Format.Yearless(sample), Format.Zoneless(sample); y != yearless || z != zoneless {
			t.Errorf("%s: yearless %v, zoneless %v", line, y, z)
		}
	}
	f("2026-03-03 10:18:23 "+done, false, true)
	f("2026-03-03 10:18:23 +0100 "+done, false, false)
	f("Mar  3 10:18:24 mx1 exim[1]: "+done, true, true)
	f("Mar  3 10:18:24 mx1 exim[1]: 2026-03-03 10:18:23 "+done, false, true)
	f("Mar  3 10:18:24 mx1 exim[1]: 2026-03-03 10:18:23 +0100 "+done, false, false)
	f("2026-03-03T10:18:24Z mx1 exim[1]: 2026-03-03 10:18:23 "+done, false, false)
	f("2026-03-03T10:18:24Z mx1 exim[1]: 2026-03-03 10:18:23.504 "+done, false, true) // more exact, but without a zone
	f("nothing", false, false)
}

// A year that is not needed is never wrong.
func TestOverran(t *testing.T) {
	f := func(line string, want bool) {
		t.Helper()
		d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
		d.Decode([]byte(line), func(*mail.Event) {})
		if got := d.Overran(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
	f("Dec  3 10:18:24 mx1 exim[1]: "+done, true)
	f("Dec  3 10:18:24 mx1 exim[1]: 2025-12-03 10:18:23 "+done, false)
	f("2026-12-03 10:18:23 "+done, false)
}

// Lines that Exim has split for syslog, at 870 bytes ("/") and at line breaks ("\").
func TestSplitLines(t *testing.T) {
	const head = "Mar  3 10:18:24 mx1 exim[123]: "
	const refusal = "refusal refused id=" + newID + " mx=mx.example.net ip=192.0.2.1 at=banner twin reply="
	const text = "H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after initial connection: "
	f := func(want []string, lines ...string) {
		t.Helper()
		got, _ := read(lines...)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q\ntell %q\nwant %q", lines, got, want)
		}
	}
	whole := func(reply string) string {
		return refusal + reply + " text=" + strings.TrimPrefix(text, "H=mx.example.net [192.0.2.1]: ") + reply
	}
	f([]string{whole("421 Too many connections")}, head+"[1/3] 2026-03-03 10:18:23 "+newID+" "+text+"421 Too", head+"[2/3]  many conn", head+"[3/3] ections")
	f([]string{whole("421 Too many\nconnections")}, head+`[1\2] 2026-03-03 10:18:23 `+newID+" "+text+"421 Too many", head+"[2/2] connections")
	// Two processes at once, and other lines among the parts.
	f([]string{whole("421 two"), "removed id=" + newID, whole("421 one")},
		head+"[1/2] "+newID+" "+text+"421 o", "Mar  3 10:18:24 mx1 exim[124]: [1/2] "+newID+" "+text+"421 t",
		"Mar  3 10:18:24 mx1 exim[124]: [2/2] wo", head+done, head+"[2/2] ne")
	// The end is missing, at the end of the log and before the next one.
	f([]string{whole("421 To")}, head+"[1/2] "+newID+" "+text+"421 To")
	f([]string{whole("421 To"), whole("421 again")}, head+"[1/3] "+newID+" "+text+"421 To", head+"[1/2] "+newID+" "+text+"421 ag", head+"[2/2] ain")
	f([]string{whole("421 To")}, head+"[1/3] "+newID+" "+text+"421 To", head+"[3/3] never")
	// The beginning is missing.
	f(nil, head+"[2/2] "+newID+" "+text+"421 To")
	// No parts.
	f([]string{"removed id=" + newID}, head+"[12] "+done)
	f(nil, head+"[0/2] "+done, head+"[1/1] "+done, head+"[3/2] "+done, head+"[1/2]"+done, head+"[1/", head+"[1/2", head+"[1/2]")
	// A program of another name.
	other := strings.Replace(head, "exim", "outbound", 1)
	f([]string{whole("421 Too many")}, other+"[1/2] 2026-03-03 10:18:23 "+newID+" "+text+"421 Too", other+"[2/2]  many")
	f(nil, other+"[1/2] step one", other+"[2/2] step two")
}

// The time of a split line is that of its first part.
func TestSplitLineTime(t *testing.T) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	var times []string
	for _, line := range []string{"Mar  3 10:18:24 mx1 exim[123]: [1/2] " + newID + " Compl", "Mar  3 10:18:26 mx1 exim[123]: [2/2] eted"} {
		if v := d.Decode([]byte(line), func(e *mail.Event) {
			times = append(times, e.Kind.String()+" "+time.UnixMicro(e.Time).UTC().Format("15:04:05"))
		}); v != mail.Understood {
			t.Errorf("%s: %v", line, v)
		}
	}
	if got := strings.Join(times, ", "); got != "none 10:18:24, removed 10:18:24" {
		t.Error(got)
	}
}

// Lines that are split and never end do not grow without bound.
func TestSplitLinesAreBounded(t *testing.T) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	events := 0
	emit := func(e *mail.Event) {
		if e.Kind == mail.KindRemoved {
			events++
		}
	}
	for pid := range 10 * maxParts {
		d.Decode(fmt.Appendf(nil, "Mar  3 10:18:24 mx1 exim[%d]: [1/9] %s", pid+1, done), emit)
		if len(d.parts) > maxParts {
			t.Fatalf("%d parts", len(d.parts))
		}
	}
	d.Close(emit)
	if events != 10*maxParts {
		t.Errorf("%d lines told what they have, of %d", events, 10*maxParts)
	}
	long := strings.Repeat("x", maxPartText/2)
	for n := 1; n < 9; n++ {
		d.Decode(fmt.Appendf(nil, "Mar  3 10:18:24 mx1 exim[1]: [%d/9] %s %s", n, done, long), emit)
	}
	if n := len(d.parts[0].text); n > maxPartText {
		t.Errorf("%d bytes kept", n)
	}
}

// A few lines are enough to know Exim, and lines of others are never taken for it.
func TestScore(t *testing.T) {
	f := func(want int, lines ...string) {
		t.Helper()
		var sample [][]byte
		for _, l := range lines {
			sample = append(sample, []byte(l))
		}
		if got := Format.Score(sample); got != want {
			t.Errorf("%q: %d, want %d", lines, got, want)
		}
	}
	f(10,
		at+newID+" => a@example.net R=r T=t H=mx.example.net [192.0.2.1]",
		at+oldID+" Completed",
		at+"[12] "+oldID+" <= a@example.com U=x P=local S=1",
		at+"exim 4.98 daemon started: pid=1, -q30m, listening for SMTP on port 25",
		at+"Start queue run: pid=7",
		at+"H=(x) [192.0.2.9] F=<a@example.net> rejected RCPT <b@example.com>: relay not permitted",
		at+"login authenticator failed for (x) [192.0.2.9]: 535 Incorrect authentication data",
		"Mar  3 10:18:24 mx1 exim[1]: what an access control list logs",
		"Mar  3 10:18:24 mx1 outbound[1]: "+done,
		done,
	)
	f(0,
		"",
		"2026-03-03 10:18:23 INFO server started",
		"2026-03-03 10:18:23 [12] something else",
		"2026-03-03 10:18:23 1abc-000-xy <= sender@example.com",
		"Mar  3 10:18:23 mx1 postfix/smtp[1]: A89EB7629C3: to=<a@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 2.0.0 OK: queued as 4bXyZ)",
		"2026-03-03T10:18:23.504367+01:00 mx1 postfix/qmgr[1]: A89EB7629C3: removed",
		"Mar  3 10:18:23 mx1 sm-mta[1]: 223AIN1A000001: to=<a@example.net>, delay=00:00:01, mailer=esmtp, relay=mx.example.net. [192.0.2.1], dsn=2.0.0, stat=Sent (OK)",
		`Mar  3 10:18:23 mx1 smtpd[1]: 0123456789abcdef mta delivery evpid=0123456789abcdef from=<a@example.com> to=<b@example.net> rcpt=<-> source="198.51.100.25" relay="192.0.2.1 (mx.example.net)" delay=1s result="Ok" stat="250 OK"`,
		`{"type":"Delivery","id":"d7ef132b","sender":"a@example.com","recipient":"b@example.net","response":{"code":250,"content":"OK"}}`,
		"type,timeLogged,timeQueued,orig,rcpt,dsnAction,dsnStatus,dsnDiag",
		`d,2026-03-03 10:18:23+0000,2026-03-03 10:18:22+0000,a@example.com,b@example.net,relayed,2.0.0 (success),smtp;250 OK`,
		"2026-03-03 10:18:23.504367500 [NOTICE] [A1B2C3D4-0000-0000-0000-000000000000.1.1] [outbound]  delivered file=x domain=example.net host=mx.example.net ip=192.0.2.1 port=25",
		"Mar  3 10:18:23 mx1 zone-mta[1]: id=17a4cf5dbb1000aa77 17a4cf5dbb1000aa77.001 ACCEPTED from=a@example.com to=b@example.net src=198.51.100.25 mx=mx.example.net[192.0.2.1] (250 OK)",
		"#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context",
		"2026-03-03T10:18:23.504Z,out,08DD5A0B4C1D,1,198.51.100.25:4,192.0.2.1:25,<,421 too many connections,",
		"Mar 03 10:18:23 host=mx.example.net tls=on auth=on user=u from=a recipients=b mailsize=1 smtpstatus=421 exitcode=EX_TEMPFAIL",
		"Mar  3 10:18:23 mx1 kernel: eximious words",
	)
}
