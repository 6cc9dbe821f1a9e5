package scan_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// logbook writes a handmade Postfix log.
type logbook struct{ bytes.Buffer }

func (l *logbook) line(sec int, tag, format string, args ...any) {
	at := time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC).Add(time.Duration(sec) * time.Second)
	fmt.Fprintf(l, "%s mail01 %s[77]: ", at.Format("2006-01-02T15:04:05.000000-07:00"), tag)
	fmt.Fprintf(l, format+"\n", args...)
}

// try writes a delivery line of an instance ("postfix", "postfix/out2").
func (l *logbook) try(sec int, instance, id, rcpt, mx, status, reason string) {
	l.line(sec, instance+"/smtp", "%s: to=<%s>, relay=%s:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=0.0.0, status=%s (%s)", id, rcpt, mx, status, reason)
}

const (
	hotmail = "hotmail-com.olc.protection.outlook.com[203.0.113.11]"
	outlook = "outlook-com.olc.protection.outlook.com[203.0.113.12]"
	gateway = "mx1.example.net[203.0.113.21]"
)

func s3115(mx, ip string) string {
	return "host " + mx + " said: 451 4.7.652 The mail server [" + ip + "] has exceeded the maximum number of connections. (S3115) (in reply to MAIL FROM command)"
}

func (l *logbook) report(t *testing.T) *report.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, l.Bytes())
	rep := run(t, scan.Config{}, path)
	return rep
}

func group(t *testing.T, rep *report.Report, platform string) *report.Group {
	t.Helper()
	for i := range rep.Groups {
		if rep.Groups[i].Platform == platform {
			return &rep.Groups[i]
		}
	}
	t.Fatalf("no group %s in %+v", platform, rep.Groups)
	return nil
}

// Requirement H03: four recipient domains, two MX hosts, one destination.
func TestMicrosoftConsumerIsOneDestination(t *testing.T) {
	var l logbook
	for i, domain := range []string{"hotmail.com", "outlook.com", "live.com", "msn.com"} {
		l.try(i, "postfix", fmt.Sprintf("A1B2C%d", i), "u@"+domain, []string{hotmail, outlook}[i%2], "sent", "250 2.0.0 OK")
	}
	// No MX on the line: the recipient's domain tells the destination.
	l.line(9, "postfix/smtp", "A1B2C9: to=<u@hotmail.com>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1, status=deferred (connect to hotmail-com.olc.protection.outlook.com[203.0.113.11]:25: Connection timed out)")
	rep := l.report(t)
	if len(rep.Groups) != 1 {
		t.Fatalf("%d groups, want 1", len(rep.Groups))
	}
	g := group(t, rep, "microsoft-consumer")
	if g.Destination != "Microsoft consumer" || g.Kind != "consumer-mailbox" || len(g.Domains) != 4 || len(g.MX) != 2 || g.Counts.Attempts != 5 {
		t.Errorf("%s %s domains %v mx %v attempts %d", g.Destination, g.Kind, g.Domains, g.MX, g.Counts.Attempts)
	}
}

// twoStreams is a clean instance and one that is refused, to the same receiver.
func twoStreams(t *testing.T) *report.Report {
	t.Helper()
	var l logbook
	for i := range 60 {
		clean, broken := fmt.Sprintf("C1EA%02X", i), fmt.Sprintf("B20C%02X", i)
		l.line(i*20, "postfix/qmgr", "%s: from=<news@clean.example>, size=900, nrcpt=1 (queue active)", clean)
		l.line(i*20, "postfix/qmgr", "%s: from=<news@broken.example>, size=900, nrcpt=1 (queue active)", broken)
		l.try(i*20, "postfix", clean, "a@hotmail.com", hotmail, "sent", "250 2.0.0 OK")
		l.try(i*20+5, "postfix/out2", broken, "b@outlook.com", outlook, "deferred", s3115(outlook, "198.51.100.32"))
	}
	return l.report(t)
}

// Requirement H04: the limit counts per sending IP; only the one that is over is flagged.
func TestOnlyTheIPThatIsOverIsFlagged(t *testing.T) {
	g := group(t, twoStreams(t), "microsoft-consumer")
	if !slices.Equal(g.SendingIPs, []string{"198.51.100.32"}) || len(g.ByIP) != 2 {
		t.Fatalf("sending IPs %v, rows %+v", g.SendingIPs, g.ByIP)
	}
	over, clean := g.ByIP[0], g.ByIP[1]
	if over.SendingIP == nil || *over.SendingIP != "198.51.100.32" || over.Severity != "watch" || over.Refusals["connection-limit"] != 60 {
		t.Errorf("the IP that is over: %+v", over)
	}
	if clean.SendingIP != nil || clean.Cause != "none" || clean.Severity != "normal" || clean.Counts.Delivered != 60 {
		t.Errorf("the clean one: %+v", clean)
	}
}

// Requirement H78: one receiver, a clean stream and a broken one, two verdicts.
func TestTwoStreamsTwoVerdicts(t *testing.T) {
	g := group(t, twoStreams(t), "microsoft-consumer")
	got := map[string]string{}
	for _, row := range g.BySender {
		got[*row.Sender] = row.Cause + " " + row.Severity
	}
	if got["clean.example"] != "none normal" || got["broken.example"] != g.Cause+" watch" || g.Cause == "none" {
		t.Errorf("verdicts by sender %v, group %s", got, g.Cause)
	}
}

// Requirement C99: the evidence is there by MX host.
func TestEvidenceByMX(t *testing.T) {
	g := group(t, twoStreams(t), "microsoft-consumer")
	got := map[string]int64{}
	for _, row := range g.ByMX {
		got[row.MX] = row.Refusals["connection-limit"]
	}
	if len(got) != 2 || got["outlook-com.olc.protection.outlook.com"] != 60 || got["hotmail-com.olc.protection.outlook.com"] != 0 {
		t.Errorf("refusals by MX %v", got)
	}
}

// Requirement X05: one message, three recipients, two attempts each, one session
// per try: four counters that are never mixed.
func TestFourCounters(t *testing.T) {
	var l logbook
	for try := range 2 {
		for _, rcpt := range []string{"a@example.net", "b@example.net", "c@example.net"} {
			if try == 0 {
				l.try(try*900, "postfix", "A1B2C3", rcpt, gateway, "deferred", "host "+gateway+" said: 421 4.7.0 Too many concurrent connections (in reply to MAIL FROM command)")
			} else {
				l.try(try*900, "postfix", "A1B2C3", rcpt, gateway, "sent", "250 2.0.0 OK")
			}
		}
	}
	c := group(t, l.report(t), "example.net").Counts
	if c.Messages != 1 || c.Recipients != 3 || c.Attempts != 6 || c.Delivered != 3 || c.Deferred != 3 || c.Sessions != 2 {
		t.Errorf("counts %+v", c)
	}
}

// Recipients of one delivery share its connection, however a format tells of them; other
// deliveries have one each.
func TestSessionsAreConnections(t *testing.T) {
	f := func(name string, want int64, lines ...string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "mail.log")
		write(t, path, []byte(strings.Join(lines, "\n")+"\n"))
		g := group(t, run(t, scan.Config{}, path), "example.net")
		var opened int64
		for _, w := range g.Windows {
			opened += int64(w.NewConnections)
		}
		if g.Counts.Sessions != want || opened != want {
			t.Errorf("%s: %d sessions, %d new connections, want %d", name, g.Counts.Sessions, opened, want)
		}
	}
	postfix := func(at string, pid int, id, to, delays string) string {
		return fmt.Sprintf("2026-03-03T10:18:%s+00:00 mx1 postfix/smtp[%d]: %s: to=<%s@example.net>, relay=mx.example.net[203.0.113.9]:25, delay=1, delays=%s, dsn=2.0.0, status=sent (250 OK)", at, pid, id, to, delays)
	}
	f("two recipients", 1, postfix("23.0", 77, "4A000B", "a", "0.1/0/0.5/0.5"), postfix("23.1", 77, "4A000B", "b", "0.1/0/0.5/0.6"))
	f("two messages", 2, postfix("23.0", 77, "4A000B", "a", "0.1/0/0.5/0.5"), postfix("23.1", 77, "4A000C", "b", "0.1/0/0.5/0.5"))
	f("two processes", 2, postfix("23.0", 77, "4A000B", "a", "0.1/0/0.5/0.5"), postfix("23.1", 78, "4A000B", "b", "0.1/0/0.5/0.5"))
	f("the queue took one up later", 1, postfix("23.0", 77, "4A000B", "a", "0.1/0/0.5/0.5"), postfix("23.1", 77, "4A000B", "b", "0.1/0.7/0.5/0.6"))
	f("the next delivery of a message", 2, postfix("23.0", 77, "4A000B", "a", "0.1/0/0.5/0.5"), postfix("43.1", 77, "4A000B", "b", "20/0/0.5/0.5"))
	exim := func(mark, id, to string) string {
		return "2026-03-03 10:18:23 " + id + " " + mark + " " + to + "@example.net R=dnslookup T=remote_smtp H=mx.example.net [203.0.113.9] C=\"250 OK\""
	}
	f("Exim", 2, exim("=>", "1wvYIb-00000005S1o-3buz", "a"), exim("->", "1wvYIb-00000005S1o-3buz", "b"), exim("->", "1wvYIb-00000005S1o-3buz", "c"), exim("=>", "1wvYIb-00000005S1p-3buz", "d"))
	f("Exim, one recipient a delivery", 3, exim("=>", "1wvYIb-00000005S1o-3buz", "a"), exim("=>", "1wvYIb-00000005S1o-3buz", "b"), exim("=>", "1wvYIb-00000005S1o-3buz", "c"))
	f("sendmail", 1, "Mar  3 10:18:23 mx1 sendmail[78]: 323AINxx012345: to=<a@example.net>,<b@example.net>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=61000, relay=mx.example.net. [203.0.113.9], dsn=2.0.0, stat=Sent (ok)")
}

// A front end that greets with a name of a platform for businesses may be that of a consumer
// platform: then the recipient's domain tells (H03). A customer's MX host is his own.
func TestSharedFrontEnds(t *testing.T) {
	f := func(want, mx, domain string) {
		t.Helper()
		var l logbook
		l.try(0, "postfix", "A1B2C3", "u@"+domain, mx+"[203.0.113.11]", "sent", "250 2.0.0 OK")
		l.try(9, "postfix", "A1B2C4", "u@"+domain, mx+"[203.0.113.11]", "sent", "250 2.0.0 OK")
		if g := l.report(t).Groups; len(g) != 1 || g[0].Platform != want || g[0].Counts.Attempts != 2 {
			t.Errorf("%s at %s: %d groups, %s, want %s", domain, mx, len(g), g[0].Platform, want)
		}
	}
	const front = "AM7EUR06FT038.mail.protection.outlook.com"
	f("microsoft-consumer", front, "hotmail.com")
	f("microsoft-365", front, "example.com")
	f("microsoft-365", "live-example.mail.protection.outlook.com", "live.example")
	f("microsoft-consumer", "hotmail-com.olc.protection.outlook.com", "hotmail.com")
}

// An expiry whose tries are in no log at hand is that of the destination which it names.
func TestExpiryWithoutTries(t *testing.T) {
	f := func(platform, line string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "mail.log")
		write(t, path, []byte(line+"\n"))
		if c := group(t, run(t, scan.Config{}, path), platform).Counts; c.Expired != 1 || c.Attempts != 0 {
			t.Errorf("%s: %+v", platform, c)
		}
	}
	f("example.net", "2026-03-03 10:18:32 1wvYIb-00000005S1p-3buz ** v@example.net: retry timeout exceeded")
	f("unknown", "2026-03-03T10:18:23+00:00 mx1 postfix/qmgr[1]: 4A000B: from=<news@example.com>, status=expired, returned to sender")
}

// Requirement X07: what these logs do not have is said, not guessed.
func TestMissingIsSaid(t *testing.T) {
	var l logbook
	l.try(0, "postfix", "A1B2C3", "a@example.net", gateway, "deferred", "host "+gateway+" said: 421 4.7.0 Too many concurrent connections (in reply to MAIL FROM command)")
	g := group(t, l.report(t), "example.net")
	if !slices.Contains(g.Missing, "sending IP not in this log") || len(g.SendingIPs) != 0 || g.ByIP[0].SendingIP != nil {
		t.Errorf("missing %v, IPs %v", g.Missing, g.SendingIPs)
	}
	if g.Outcome.Unknown != 1 || g.Outcome.StillQueued != 0 {
		t.Errorf("no queue manager's lines, so the end is unknown: %+v", g.Outcome)
	}
	// No cleanup line, no Message-ID; no prefix, no time and no host.
	path := filepath.Join(t.TempDir(), "bare.log")
	write(t, path, []byte("A1B2C3: to=<a@example.net>, relay="+gateway+":25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 OK)\n"))
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	_, err = scan.Parse(context.Background(), scan.Config{Inputs: []source.Input{{Path: path}}, Rules: set}, "", "", func(r *scan.Row) error {
		rows++
		if r.MessageID != nil || r.Time != nil || r.Host != nil || r.SendingIP != nil || r.Class != nil {
			t.Errorf("row guesses: %+v", r)
		}
		return nil
	})
	if err != nil || rows != 1 {
		t.Errorf("rows %d, error %v", rows, err)
	}
}

// One refusal proves nothing (C56, C65).
func TestOneRefusalIsUnclear(t *testing.T) {
	var l logbook
	for i := range 50 {
		l.try(i*60, "postfix", fmt.Sprintf("A1B2%02X", i), "a@hotmail.com", hotmail, "sent", "250 2.0.0 OK")
	}
	l.try(3600, "postfix", "B1B2C3", "a@hotmail.com", hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
	l.try(4200, "postfix", "B1B2C3", "a@hotmail.com", hotmail, "sent", "250 2.0.0 OK")
	g := group(t, l.report(t), "microsoft-consumer")
	if g.Cause != "unclear" || g.Severity != "normal" || g.Confidence != 0 || g.Outcome.DeliveredOnRetry != 1 || g.Permanent {
		t.Errorf("cause %s, severity %s, confidence %v, outcome %+v", g.Cause, g.Severity, g.Confidence, g.Outcome)
	}
}

// Our own inbound limit is nobody else's (X12).
func TestOwnInboundLimit(t *testing.T) {
	var l logbook
	for range 3 {
		l.line(1, "postfix/smtpd", "warning: Connection concurrency limit exceeded: 51 from unknown[192.0.2.77] for service smtp")
	}
	l.try(2, "postfix", "A1B2C3", "a@example.net", gateway, "sent", "250 2.0.0 OK")
	rep := l.report(t)
	if len(rep.OwnSide) != 1 || rep.OwnSide[0].Count != 3 || rep.OwnSide[0].What != "postfix/smtpd" || rep.OwnSide[0].Class != "connection-limit" {
		t.Errorf("own side %+v", rep.OwnSide)
	}
	if g := group(t, rep, "example.net"); len(g.Refusals) != 0 || g.Cause != "none" {
		t.Errorf("the receiver is blamed: %+v", g)
	}
}

// Two copies of one log, one compressed or grown, count once, and the report says so.
func TestSameLogTwice(t *testing.T) {
	log := traffic(5)
	dir := t.TempDir()
	whole, copied, old := filepath.Join(dir, "mail.log"), filepath.Join(dir, "mail.log.1"), filepath.Join(dir, "older.log")
	write(t, whole, log)
	write(t, copied, log)
	half := log[:bytes.LastIndexByte(log[:len(log)/2], '\n')+1]
	write(t, old, half)
	want := run(t, scan.Config{}, whole)
	got := run(t, scan.Config{}, copied, old, whole)
	if got.Input.Attempts != want.Input.Attempts || len(got.Input.Files) != 1 {
		t.Errorf("attempts %d, want %d; files %v", got.Input.Attempts, want.Input.Attempts, got.Input.Files)
	}
	if n := strings.Count(strings.Join(got.Input.Notes, "\n"), "counted once"); n != 2 {
		t.Errorf("notes %v", got.Input.Notes)
	}
}

// The window bounds what counts; what is before it is still known of a message.
func TestSinceUntil(t *testing.T) {
	var l logbook
	for i := range 10 {
		l.try(i*60, "postfix", fmt.Sprintf("A1B2%02X", i), "a@example.net", gateway, "sent", "250 2.0.0 OK")
	}
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, l.Bytes())
	at := func(minute int) time.Time { return time.Date(2026, 5, 20, 9, minute, 0, 0, time.UTC) }
	f := func(since, until time.Time, want int64) {
		t.Helper()
		if got := run(t, scan.Config{Since: since, Until: until}, path).Input.Attempts; got != want {
			t.Errorf("%v to %v: %d attempts, want %d", since, until, got, want)
		}
	}
	f(time.Time{}, time.Time{}, 10)
	f(at(3), time.Time{}, 7)
	f(time.Time{}, at(3), 3)
	f(at(3), at(5), 2)
}

// A year that is not on the line comes from the file; a file that spans two years
// begins in the year before.
func TestYears(t *testing.T) {
	f := func(stamps []string, year int, wantFirst string) {
		t.Helper()
		var b bytes.Buffer
		for i, s := range stamps {
			fmt.Fprintf(&b, "%s mail01 postfix/smtp[7]: A1B2C%d: to=<a@example.net>, relay=%s:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 OK)\n", s, i, gateway)
		}
		path := filepath.Join(t.TempDir(), "mail.log")
		write(t, path, b.Bytes())
		rep := run(t, scan.Config{Year: year}, path)
		if got := rep.Input.First.Format(time.RFC3339); got != wantFirst {
			t.Errorf("%v: first %s, want %s", stamps, got, wantFirst)
		}
	}
	f([]string{"May  3 10:00:00", "May  4 10:00:00"}, 2024, "2024-05-03T10:00:00Z")
	f([]string{"Dec 30 10:00:00", "Jan  2 10:00:00"}, 2025, "2024-12-30T10:00:00Z")
	f([]string{"Mar  1 10:00:00", "Dec  1 10:00:00", "Mar  2 10:00:00", "Dec 2 10:00:00"}, 2025, "2024-03-01T10:00:00Z")
}

// A refusal by an earlier MX on a cached connection opens none: the delivery line
// after it, cached too, has next to nothing to set up. At the banner it does.
func TestEarlierMXOnACachedConnection(t *testing.T) {
	f := func(refusal, c string, want int64) {
		t.Helper()
		var l logbook
		for i := range 4 { // what setting up a connection takes
			l.line(i, "postfix/smtp", "B1B2C%d: to=<a@example.net>, relay=mx2.example.net[203.0.113.22]:25, delay=0.9, delays=0.1/0/0.5/0.3, dsn=2.0.0, status=sent (250 OK)", i)
		}
		l.line(9, "postfix/smtp", "A1B2C3: host %s %s", gateway, refusal)
		l.line(9, "postfix/smtp", "A1B2C3: to=<a@example.net>, relay=mx2.example.net[203.0.113.22]:25, conn_use=4, delay=0.9, delays=0.1/0/%s/0.3, dsn=2.0.0, status=sent (250 OK)", c)
		if got := group(t, l.report(t), "example.net").Counts.Sessions; got != want {
			t.Errorf("%s, c=%s: %d sessions, want %d", refusal, c, got, want)
		}
	}
	const atMail = "said: 451 4.7.0 Too many concurrent connections (in reply to MAIL FROM command)"
	f(atMail, "0.03", 4)
	f(atMail, "0.6", 5)
	f("refused to talk to me: 421 4.7.0 Too many concurrent connections", "0.03", 5)
}
