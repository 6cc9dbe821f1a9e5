package scan_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// Sessions are those of the whole platform: three at one of its hosts and three at
// another at the same time are six (H12).
func TestSessionsOfAllHosts(t *testing.T) {
	var l logbook
	for round := range 5 {
		for i := range 6 {
			mx := []string{hotmail, outlook}[i%2]
			l.line(round*60+i/3, "postfix/smtp", "4A1B%d%d: to=<u@hotmail.com>, relay=%s:25, delay=40, delays=0.1/0/0.2/40, dsn=2.0.0, status=sent (250 2.0.0 OK)", round, i, mx)
		}
	}
	// The same process cannot have two sessions at once, so each line needs its own.
	text := l.String()
	for n := 0; strings.Contains(text, "smtp[77]"); n++ {
		text = strings.Replace(text, "smtp[77]", fmt.Sprintf("smtp[%d]", 100+n%6), 1)
	}
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, []byte(text))
	g := group(t, run(t, scan.Config{}, path), "microsoft-consumer")
	if p := g.PeakSessions.Estimate; p == nil || *p != 6 {
		t.Errorf("peak %v, want 6: three at each of two hosts", deref(p))
	}
}

// The sessions of refusals that are held back at the end of a log are those of its format,
// whatever is read after it: here of an ESP, whose log tells no sessions.
func TestSessionsOfHeldRefusals(t *testing.T) {
	var b bytes.Buffer
	for i := range 40 {
		fmt.Fprintf(&b, "2026-05-20 09:00:01.%03d +0000 [%d] 1wvYIb-%011d-3buz H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after initial connection: 421 4.7.0 Too many concurrent connections\n", i, 900+i, i)
	}
	dir := t.TempDir()
	exim, esp := filepath.Join(dir, "mainlog"), filepath.Join(dir, "mailgun.json")
	write(t, exim, b.Bytes())
	write(t, esp, []byte(`{"id":"a","event":"delivered","timestamp":1779300000.5,"log-level":"info","recipient":"ann@gmail.com","envelope":{"sender":"news@example.com","transport":"smtp","targets":"ann@gmail.com","sending-ip":"198.51.100.25"},"message":{"headers":{"to":"ann@gmail.com","message-id":"1@example.com","from":"news@example.com"},"size":26678},"delivery-status":{"tls":true,"attempt-no":1,"session-seconds":1.04,"code":250,"mx-host":"gmail-smtp-in.l.google.com","message":"OK"}}`+"\n"))
	peak := func(paths ...string) *int64 {
		return group(t, run(t, scan.Config{}, paths...), "example.net").PeakSessions.Estimate
	}
	alone, beside := peak(exim), peak(exim, esp)
	if alone == nil || *alone < 2 || beside == nil || *beside != *alone {
		t.Errorf("peak %v, and %v beside a log of an ESP", deref(alone), deref(beside))
	}
}

func deref(p *int64) any {
	if p == nil {
		return nil
	}
	return *p
}

// Sessions, deferred and accepted recipients stand side by side in each window;
// recipients, not messages (H84).
func TestWindowsCountRecipients(t *testing.T) {
	var l logbook
	for i, rcpt := range []string{"a@example.net", "b@example.net", "c@example.net"} {
		l.try(5, "postfix", "4A1B2C", rcpt, gateway, "deferred", "host "+gateway+" said: 421 4.7.0 Too many concurrent connections (in reply to MAIL FROM command)")
		if i < 2 {
			l.try(1805, "postfix", "4A1B2C", rcpt, gateway, "sent", "250 2.0.0 OK")
		}
	}
	g := group(t, l.report(t), "example.net")
	var deferred, accepted, sessions []int32
	for _, w := range g.Windows {
		if w.DeferredRecipients+w.AcceptedRecipients == 0 {
			continue
		}
		deferred, accepted, sessions = append(deferred, w.DeferredRecipients), append(accepted, w.AcceptedRecipients), append(sessions, w.Sessions)
	}
	if !slices.Equal(deferred, []int32{3, 0}) || !slices.Equal(accepted, []int32{0, 2}) || slices.Contains(sessions, 0) {
		t.Errorf("deferred %v, accepted %v, sessions %v", deferred, accepted, sessions)
	}
	if g.Counts.Messages != 1 {
		t.Errorf("%d messages, want 1", g.Counts.Messages)
	}
}

// Every number says whether it was measured, assumed, or a declaration or target
// (X06).
func TestBasis(t *testing.T) {
	var l logbook
	for i := range 12 { // nothing is accepted, so how long a delivery takes is not known
		l.line(i, "postfix/smtp", "4A1B%02X: to=<a@hotmail.com>, relay=%s:25, delay=0.5, delays=0.1/0/0.2/0.2, dsn=4.7.652, status=deferred (%s)", i, hotmail, s3115(hotmail, "192.0.2.10"))
	}
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, l.Bytes())
	g := group(t, run(t, scan.Config{NewIPs: []netip.Addr{netip.MustParseAddr("192.0.2.10")}}, path), "microsoft-consumer")
	basis := map[string]string{}
	for _, c := range g.Causes {
		for _, e := range c.Evidence {
			if !slices.Contains([]string{"measured", "assumed", "seed"}, e.Basis) {
				t.Errorf("%s: basis %q", e.Fact, e.Basis)
			}
			if e.Value != nil {
				basis[e.Fact] = e.Basis
			}
		}
	}
	for fact, want := range map[string]string{"offered_sessions": "assumed", "new_ip": "seed", "peak_sessions": "measured"} {
		if basis[fact] != want {
			t.Errorf("%s is %q, want %q; all: %v", fact, basis[fact], want, basis)
		}
	}
}

// The kind of the receiver is among the facts: a gateway is expected to be stricter
// than a consumer provider (C27).
func TestStrictReceiver(t *testing.T) {
	f := func(mx, platform string, want bool) {
		t.Helper()
		var l logbook
		for i := range 12 {
			l.try(i, "postfix", fmt.Sprintf("4A1B%02X", i), "a@example.com", mx, "deferred", "host "+mx+" said: 421 4.7.0 Too many concurrent connections (in reply to MAIL FROM command)")
		}
		strict := false
		for _, c := range group(t, l.report(t), platform).Causes {
			for _, e := range c.Evidence {
				strict = strict || e.Fact == "strict_receiver" && e.Value != nil && *e.Value == 1
			}
		}
		if strict != want {
			t.Errorf("%s: strict %v, want %v", mx, strict, want)
		}
	}
	f("mxa-00000001.gslb.pphosted.com[203.0.113.31]", "proofpoint", true)
	f("example-com.mail.protection.outlook.com[203.0.113.32]", "microsoft-365", true)
	f(gateway, "example.net", true)
	f(hotmail, "microsoft-consumer", false)
}

// Refusals by our own server (smtpd, anvil, postscreen), of our own submission, and
// by our ESP before any receiver was asked: each has a row of its own and counts for
// no receiver; so has the limit of the IMAP server beside it (X12).
func TestNothingOfOurOwnCountsForAReceiver(t *testing.T) {
	var l logbook
	l.line(1, "postfix/smtpd", "NOQUEUE: reject: CONNECT from x.example.net[192.0.2.77]: 421 4.7.0 mail01 Error: too many connections from 192.0.2.77; proto=SMTP")
	l.line(2, "postfix/smtpd", "warning: Connection concurrency limit exceeded: 51 from unknown[192.0.2.77] for service smtp")
	l.line(3, "postfix/postscreen", "NOQUEUE: reject: CONNECT from [192.0.2.78]:1337: all screening ports busy")
	l.line(4, "dovecot", "imap-login: Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10): user=<a>, rip=192.0.2.9")
	const relay = "smtp.office365.com[203.0.113.41]"
	l.try(5, "postfix", "4A1B2C", "a@example.com", relay, "deferred", "host "+relay+" said: 432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. (in reply to MAIL FROM command)")
	rep := l.report(t)
	got := map[string]int64{}
	for _, row := range rep.OwnSide {
		got[row.What] += row.Count
	}
	if got["postfix/smtpd"] != 2 || got["postfix/postscreen"] != 1 || got["postfix/smtp"]+got["smtp"] != 1 || got["dovecot"] != 1 {
		t.Errorf("own side: %v in %+v", got, rep.OwnSide)
	}
	blamed(t, rep)

	// The ESP defers by itself, then the receiver takes the mail.
	const event = `{"email":"a@example.net","timestamp":%d,"event":"%s","sg_event_id":"e%d","sg_message_id":"m1.recv","smtp-id":"<1@example.com>","response":"%s","attempt":"1","ip":"192.0.2.30"}` + "\n"
	path := filepath.Join(t.TempDir(), "events.json")
	write(t, path, []byte(fmt.Sprintf(event, 1779267600, "deferred", 1, "IPs reached ISP-suggested max connection limits")+
		fmt.Sprintf(event, 1779268600, "delivered", 2, "250 OK")))
	rep = run(t, scan.Config{}, path)
	if len(rep.OwnSide) != 1 || rep.OwnSide[0].Count != 1 {
		t.Errorf("own side of the ESP: %+v", rep.OwnSide)
	}
	blamed(t, rep)
}

// blamed fails if a receiver is said to limit us.
func blamed(t *testing.T, rep *report.Report) {
	t.Helper()
	for _, g := range rep.Groups {
		if g.Refusals["connection-limit"]+g.Refusals["rate-limit"] > 0 || g.Severity != "normal" || g.Cause != "none" {
			t.Errorf("%s is blamed: %s, %s, %v", g.Destination, g.Cause, g.Severity, g.Refusals)
		}
	}
}

// A Mailgun export in which everything happens, filtered to connection limits: the
// severity that Mailgun writes does not matter, the reply's code does (C49).
func TestMailgunFilteredToLimits(t *testing.T) {
	var b strings.Builder
	n := 0
	event := func(name, severity string, code int, enhanced, message, mx string) {
		n++
		at := float64(time.Date(2026, 5, 20, 9, n, 0, 0, time.UTC).Unix())
		fmt.Fprintf(&b, `{"event":"%s","id":"id-%d","timestamp":%f,"severity":"%s","delivery-status":{"mx-host":"%s","code":%d,"enhanced-code":"%s","message":"%s","attempt-no":1},"recipient-domain":"example.net","envelope":{"transport":"smtp","sender":"news@example.com","sending-ip":"192.0.2.30","targets":"u%d@example.net"},"message":{"headers":{"message-id":"%d@example.com"}},"recipient":"u%d@example.net"}`+"\n",
			name, n, at, severity, mx, code, enhanced, message, n, n, n)
	}
	const mx = "mx1.example.net"
	for range 5 {
		event("delivered", "", 250, "2.0.0", "OK", mx)
	}
	event("failed", "temporary", 421, "4.7.0", "4.7.0 Too many concurrent connections", mx)
	event("failed", "temporary", 451, "4.7.0", "4.7.0 Too many concurrent connections", mx)
	event("failed", "permanent", 451, "4.7.0", "4.7.0 Too many connections, try again later", mx) // mislabelled
	event("failed", "temporary", 450, "4.2.0", "4.2.0 Greylisted, try again in 300 seconds", mx)
	event("failed", "temporary", 452, "4.2.2", "4.2.2 Mailbox full", mx)
	event("failed", "permanent", 550, "5.1.1", "5.1.1 User unknown", mx)
	path := filepath.Join(t.TempDir(), "mailgun.json")
	write(t, path, []byte(b.String()))

	all := group(t, run(t, scan.Config{}, path), "example.net")
	if len(all.Refusals) != 4 || all.Counts.Attempts != 11 {
		t.Fatalf("the export: %+v, %v", all.Counts, all.Refusals)
	}
	g := group(t, run(t, scan.Config{Class: mail.ConnectionLimit}, path), "example.net")
	if len(g.Refusals) != 1 || g.Refusals["connection-limit"] != 3 {
		t.Errorf("refusals %v, want three connection limits and nothing else", g.Refusals)
	}
	if c := g.Counts; c.Attempts != 8 || c.Delivered != 5 || c.Deferred != 3 || c.Bounced != 0 {
		t.Errorf("counts %+v", c)
	}
	listed := rows(t, path, "connection-limit")
	for _, r := range listed {
		if r.Format != "mailgun" || r.Outcome != "deferred" || r.Code == nil || *r.Code/100 != 4 {
			t.Errorf("row %+v", r)
		}
	}
	if len(listed) != 3 {
		t.Errorf("%d rows, want 3", len(listed))
	}
}
