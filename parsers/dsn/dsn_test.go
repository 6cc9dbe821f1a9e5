package dsn

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// describe renders an event.
func describe(e *mail.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %v", e.Kind, e.Outcome)
	if e.Local {
		b.WriteString(" local")
	}
	add := func(name string, v []byte) {
		if len(v) > 0 {
			fmt.Fprintf(&b, " %s=%s", name, v)
		}
	}
	if e.Time != 0 {
		add("at", time.UnixMicro(e.Time).UTC().AppendFormat(nil, "2006-01-02T15:04:05"))
	}
	add("host", e.Host)
	add("id", e.QueueID)
	add("from", e.Sender)
	add("to", e.Recipient)
	add("mx", e.MX)
	add("ip", e.MXIP)
	add("dsn", e.DSN)
	if e.Stage != mail.StageUnknown {
		fmt.Fprintf(&b, " stage=%v", e.Stage)
	}
	add("reply", e.Reply)
	if len(e.Reply) == 0 {
		add("text", e.Text)
	}
	return b.String()
}

func tells(lines ...string) string {
	d := NewDecoder(parsers.Options{Location: time.FixedZone("", 3600)})
	var events []string
	emit := func(e *mail.Event) { events = append(events, describe(e)) }
	for _, l := range lines {
		d.Decode([]byte(l), emit)
	}
	d.Close(emit)
	return strings.Join(events, "\n")
}

func check(t *testing.T, file string, want ...string) {
	t.Helper()
	for _, sep := range []string{"", "\r"} { // LF and CRLF
		lines := strings.Split(file, "\n")
		for i := range lines {
			lines[i] += sep
		}
		if got := tells(lines...); got != strings.Join(want, "\n") {
			t.Errorf("%s\ngot\n%s\nwant\n%s", file, got, strings.Join(want, "\n"))
		}
	}
	var sample [][]byte
	for _, l := range strings.Split(file, "\n") {
		sample = append(sample, []byte(l))
	}
	if n := score(sample); n == 0 {
		t.Errorf("%s\nis not taken for mail", file)
	}
}

const head = `Return-Path: <>
Received: by out1.example.com (Postfix)
	id 7F00229; Fri,  6 Mar 2026 10:00:00 +0000 (UTC)
Date: Fri,  6 Mar 2026 10:00:00 +0000 (UTC)
From: MAILER-DAEMON@out1.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: news@example.com
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B1/out1.example.com"

This is a MIME-encapsulated message.

--B1/out1.example.com
Content-Type: text/plain; charset=us-ascii

This is the mail system at host out1.example.com.

`

const original = `
--B1/out1.example.com
Content-Type: message/rfc822

Return-Path: <news@example.com>
Message-ID: <m1@example.com>
From: news@example.com
Content-Type: multipart/alternative; boundary="B2"

--B2
Content-Type: message/delivery-status

Action: failed
Final-Recipient: rfc822; nobody@example.org

--B2--

--B1/out1.example.com--`

func notification(groups string) string {
	return head + "--B1/out1.example.com\nContent-Type: message/delivery-status\n\n" + groups + original
}

const message = `Reporting-MTA: dns; out1.example.com
X-Postfix-Queue-ID: 7F00229
X-Postfix-Sender: rfc822; news@example.com
Arrival-Date: Tue,  3 Mar 2026 10:00:00 +0100 (CET)

`

func TestReport(t *testing.T) {
	const same = " host=out1.example.com id=<m1@example.com> from=news@example.com"
	// Two recipients; a folded reply; the time of the last attempt, then that of the
	// arrival, never that of the notification.
	check(t, notification(message+`Final-Recipient: rfc822; bob@example.net
Original-Recipient: rfc822;bob@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 550-5.1.1 no such user
    550 5.1.1 <bob@example.net>
Last-Attempt-Date: Tue, 3 Mar 2026 11:00:00 +0100

Final-Recipient: RFC822; <eve@example.org>
Action: DELAYED
Status: 4.7.0 (busy)
Remote-MTA: dns; mx.example.org (203.0.113.9, the server for example.org)
Diagnostic-Code: smtp; 421 4.7.0 Too many connections (in reply to MAIL FROM command)
Will-Retry-Until: Sun, 8 Mar 2026 10:00:00 +0100
`),
		"attempt bounced at=2026-03-03T10:00:00"+same+" to=bob@example.net mx=mx.example.net dsn=5.1.1 reply=550-5.1.1 no such user 550 5.1.1 <bob@example.net>",
		"attempt deferred at=2026-03-03T09:00:00"+same+" to=eve@example.org mx=mx.example.org ip=203.0.113.9 dsn=4.7.0 stage=mail reply=421 4.7.0 Too many connections")

	f := func(want, fields string) {
		t.Helper()
		check(t, notification(message+"Final-Recipient: rfc822; bob@example.net\n"+fields), strings.Replace(want, "  ", " at=2026-03-03T09:00:00"+same+" to=bob@example.net ", 1))
	}
	// Given up: a temporary status that is final, the status of an expiry, words.
	f("expiry expired  mx=mx.example.net dsn=4.4.1 reply=421 4.7.0 busy", "Action: failed\nStatus: 4.4.1\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp; 421 4.7.0 busy\n")
	f("expiry expired  dsn=5.4.7 text=too old", "Action: failed\nStatus: 5.4.7\nDiagnostic-Code: X-Postfix; too old\n")
	f("expiry expired  dsn=5.0.0 text=retry timeout exceeded", "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: retry timeout exceeded\n")
	f("expiry expired  dsn=5.0.0 text=x", "Action: expired\nStatus: 5.0.0\nDiagnostic-Code: x\n")
	f("attempt delivered  mx=mx.example.net dsn=2.0.0 reply=250 2.0.0 Ok", "Action: relayed\nStatus: 2.0.0\nRemote-MTA: dns; mx.example.net\nDiagnostic-Code: smtp;250 2.0.0 Ok\n")
	f("attempt delivered  dsn=2.0.0", "Action: delivered (to mailbox)\nStatus: 2.0.0\n")
	// What Postfix writes around a reply; a connection that failed.
	f("attempt bounced  mx=mx.example.net ip=203.0.113.9 dsn=5.0.0 stage=rcpt reply=550 <x> not here",
		"Action: failed\nStatus: 5.0.0\nDiagnostic-Code: X-Postfix; host mx.example.net[203.0.113.9] said: 550 <x>\n not here (in reply to RCPT TO command)\n")
	f("attempt deferred  mx=mx.example.net ip=203.0.113.9 dsn=4.4.1 text=connect to mx.example.net[203.0.113.9]:25: Connection timed out",
		"Action: delayed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect to mx.example.net[203.0.113.9]:25: Connection timed out\n")
	f("attempt bounced  ip=203.0.113.9 dsn=5.0.0 reply=554 5.7.1 Service unavailable; blocked", "Action: failed\nStatus: 5.0.0\nRemote-MTA: DNS; [203.0.113.9]\nDiagnostic-Code: SMTP; 554 5.7.1 Service unavailable; blocked\n")
	f("attempt bounced  dsn=5.0.0 reply=554 5.7.1 Service unavailable; blocked", "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: 554 5.7.1 Service unavailable; blocked\n")
	// A program or a filter of the sending side is no receiver.
	f("attempt bounced local  dsn=5.3.0 text=255", "Action: failed\nStatus: 5.3.0\nDiagnostic-Code: X-Unix; 255\n")
	f("attempt bounced local  ip=127.0.0.1 dsn=5.3.0 reply=550 5.1.1 no", "Action: failed\nStatus: 5.3.0\nRemote-MTA: dns; [127.0.0.1]\nDiagnostic-Code: smtp; 550 5.1.1 no\n")
	f("attempt bounced  ip=2001:db8::9 dsn=5.0.0 reply=550 no", "Action: failed\nStatus: 5.0.0\nRemote-MTA: dns; [IPv6:2001:db8::9]\nDiagnostic-Code: smtp; 550 no\n")
	f("attempt bounced  mx=mx.example.net dsn=5.0.0 reply=550 no", "Action: failed\nStatus: 5.0.0\nRemote-MTA: dns; mx.example.net:25\nDiagnostic-Code: smtp; 550 no\n")
	f("attempt bounced  ip=203.0.113.9 dsn=5.0.0 reply=550 no", "Action: failed\nStatus: 5.0.0\nRemote-MTA: dns; 203.0.113.9:25\nDiagnostic-Code: smtp; 550 no\n")
	// No attempt.
	check(t, notification(message+"Final-Recipient: rfc822; bob@example.net\nAction: deliverable\nStatus: 2.0.0\n"))
	// Fields in another order, without the empty lines between groups.
	check(t, notification("Reporting-MTA: dns;out1.example.com\nAction: failed\nFinal-Recipient: rfc822;bob@example.net\nStatus: 5.1.1\nAction: failed\nFinal-Recipient: rfc822;eve@example.org\nStatus: 5.1.2\n"),
		"attempt bounced"+same+" to=bob@example.net dsn=5.1.1", "attempt bounced"+same+" to=eve@example.org dsn=5.1.2")
	// Without a Diagnostic-Code the text for people is asked.
	check(t, strings.Replace(notification(message+"Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.0.0\n"),
		"host out1.example.com.\n\n", "host out1.example.com.\n\n<bob@example.net>: host mx.example.net[203.0.113.9] said: 550 5.7.1 no\n    (in reply to RCPT TO command)\n", 1),
		"attempt bounced at=2026-03-03T09:00:00"+same+" to=bob@example.net dsn=5.0.0 reply=550 5.7.1 no")
}

// Mail that is not as it should be.
func TestBroken(t *testing.T) {
	const group = "Reporting-MTA: dns; out1.example.com\n\nFinal-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"
	const want = "attempt bounced host=out1.example.com from=news@example.com to=bob@example.net dsn=5.1.1"
	const fields = "Return-Path: <>\nFrom: MAILER-DAEMON@out1.example.com\nTo: News <news@example.com>\nSubject: Undelivered\n"
	// A boundary that is not the one declared, or that nobody declared.
	check(t, fields+"Content-Type: multipart/report; boundary=\"other\"\n\n--real\nContent-Type: text/plain\n\nSorry.\n\n--real\nContent-Type: message/delivery-status\n\n"+group+"\n--real--", want)
	check(t, fields+"\n--real\n\nSorry.\n--real\nContent-Type: message/delivery-status\n\n"+group, want)
	// A header whose lines are broken without being folded.
	check(t, fields+"Content-Type: multipart/report;\nboundary=\"real\"\n\n--real\nContent-Type: message/delivery-status\n\n"+group+"--real--", want)
	// Encoded parts.
	check(t, fields+"Content-Type: multipart/report; boundary=real\n\n--real\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"+
		base64.StdEncoding.EncodeToString([]byte(group))+"\n--real--", want)
	check(t, fields+"Content-Type: multipart/report; boundary=real\n\n--real\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable\n\n"+
		strings.Replace(group, "bob@", "bob=\n=40", 1)+"\n--real--", want)
	// The fields in the text, with or without MIME.
	check(t, fields+"\nSorry, no.\n\n"+group, want)
	check(t, fields+"Content-Type: multipart/mixed; boundary=real\n\nThis is MIME.\n--real\nContent-Type: text/plain\n\nTechnical report:\n\n"+group+"\n--real--", want)
	// A notification that a gateway has put into another mail.
	check(t, fields+"Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: text/plain\n\nSorry.\n--outer\nContent-Type: message/rfc822\n\n"+
		fields+"Content-Type: multipart/report; boundary=inner\n\n--inner\nContent-Type: message/delivery-status\n\n"+group+"\n--inner--\n--outer--", want)
	// One notification about another one is one event.
	check(t, strings.Replace(notification(message+"Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n"), "Return-Path: <news@example.com>", "Return-Path: <>", 1),
		"attempt bounced at=2026-03-03T09:00:00 host=out1.example.com id=<m1@example.com> from=news@example.com to=bob@example.net dsn=5.1.1")
}

func TestMailbox(t *testing.T) {
	const bounce = "From: MAILER-DAEMON@example.com\nTo: news@example.com\nSubject: failure notice\n\nHi. This is the qmail-send program at example.com.\n\n<bob@example.net>:\n203.0.113.9 does not like recipient.\nRemote host said: 550 5.1.1 no\nGiving up on 203.0.113.9.\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <m1@example.com>\n\nFrom here on\nFrom 9:00 to 17:00 2026 was quiet.\n\nFrom now on all is well.\n"
	const want = "attempt bounced id=<m1@example.com> from=news@example.com to=bob@example.net ip=203.0.113.9 reply=550 5.1.1 no"
	check(t, "From MAILER-DAEMON Fri Mar  6 10:00:00 2026\n"+bounce+"\nFrom a@example.com  Fri Mar  6 10:00:01 2026 +0100\nFrom: a@example.com\nTo: b@example.com\nSubject: hello\n\nText.\n\nFrom () 2026-03-06 07:50:45 +0000\n"+bounce, want, want)
}

// Notifications without a report for machines.
func TestDialects(t *testing.T) {
	f := func(header, text string, want ...string) {
		t.Helper()
		check(t, "Return-Path: <>\nFrom: Mail Delivery System <Mailer-Daemon@out1.example.com>\nTo: news@example.com\nDate: Fri, 6 Mar 2026 10:00:00 +0000\n"+header+"\n\n"+text, want...)
	}
	const id = " id=<m1@example.com> from=news@example.com"
	const copied = "Message-ID: <m1@example.com>\nTo: bob@example.net\n\nText"
	// Exim.
	f("X-Failed-Recipients: bob@example.net,\n  eve@example.org", `This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  bob@example.net
    SMTP error from remote mail server after RCPT TO:<bob@example.net>:
    host mx.example.net [203.0.113.9]: 550 5.1.1 <bob@example.net>... User Unknown
  eve@example.org
    retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

`+copied,
		"attempt bounced"+id+" to=bob@example.net mx=mx.example.net ip=203.0.113.9 stage=rcpt reply=550 5.1.1 <bob@example.net>... User Unknown",
		"expiry expired"+id+" to=eve@example.org text=retry timeout exceeded")
	f("Subject: Warning: message 1wvYIb-00000005S1o-3buz delayed 24 hours", `A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on out1.example.com.

The address to which the message has not yet been delivered is:

  bob@example.net
    host mx.example.net [203.0.113.9]
    Delay reason: SMTP error from remote mail server after initial connection: 421 Too many connections

No action is required on your part.
`,
		"attempt deferred from=news@example.com to=bob@example.net mx=mx.example.net ip=203.0.113.9 stage=banner reply=421 Too many connections")
	f("X-Failed-Recipients: bob@example.net", "Delivery to the following recipient failed permanently:\n\n     bob@example.net\n\nThe error that the other server returned was: 550 5.1.1 no such user (state 14).\n\n----- Original message -----\n\n"+copied,
		"attempt bounced"+id+" to=bob@example.net reply=550 5.1.1 no such user (state 14).")
	f("X-Failed-Recipients: bob@example.net", "Sorry.\n", "attempt bounced from=news@example.com to=bob@example.net")
	f("Subject: failed", "The following address\nfailed:\n\n\"bob@example.net\":\n\nReason:\ndelivery retry timeout exceeded\n\n\n--- The header of the original message is following. ---\n\n"+copied,
		"expiry expired"+id+" to=bob@example.net text=delivery retry timeout exceeded")
	// qmail.
	f("Subject: failure notice", `Hi. This is the qmail-send program at out1.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.

<bob@example.net>:
203.0.113.9 does not like recipient.
Remote host said: 550 5.7.606 Access denied, banned sending IP [192.0.2.10]
Giving up on 203.0.113.9.

<eve@example.org>:
Connected to 203.0.113.10 but greeting failed.
Remote host said: 421 too many connections
I'm not going to try again; this message has been in the queue too long.

--- Below this line is a copy of the message.

`+copied,
		"attempt bounced"+id+" to=bob@example.net ip=203.0.113.9 reply=550 5.7.606 Access denied, banned sending IP [192.0.2.10]",
		"expiry expired"+id+" to=eve@example.org ip=203.0.113.10 reply=421 too many connections")
	// Postfix without MIME.
	f("Subject: Undelivered", "The mail system\n\n<bob@example.net>: host mx.example.net[203.0.113.9] said: 550 no\n    (in reply to RCPT TO command)\n\n<eve@example.org> (expanded from <all@example.com>): unknown user: \"eve\"\n",
		"attempt bounced from=news@example.com to=bob@example.net mx=mx.example.net ip=203.0.113.9 stage=rcpt reply=550 no",
		"attempt bounced from=news@example.com to=eve@example.org text=unknown user: \"eve\"")
	// sendmail.
	f("Subject: Returned mail: see transcript for details", `The original message was received at Fri, 6 Mar 2026 10:00:00 GMT

   ----- The following addresses had permanent fatal errors -----
<bob@example.net>
    (reason: 550 5.1.1 no such user)
eve@example.org

   ----- Transcript of session follows -----
... while talking to mx.example.net.:
>>> DATA
<<< 550 5.1.1 no such user
550 5.1.1 <bob@example.net>... User unknown
... while talking to mx.example.org.:
>>> RCPT To:<eve@example.org>
<<< 550-5.7.1 go
<<< 550 5.7.1 away
   ----- Unsent message follows -----
`+copied,
		"attempt bounced"+id+" to=bob@example.net reply=550 5.1.1 no such user",
		"attempt bounced"+id+" to=eve@example.org reply=550-5.7.1 go 550 5.7.1 away")
	f("Subject: Returned mail: User unknown", "   ----- Transcript of session follows -----\n550 bob@example.net... User unknown\n   ----- Unsent message follows -----\n"+copied,
		"attempt bounced"+id+" to=bob@example.net text=550 bob@example.net... User unknown")
	f("Subject: Returned mail: Cannot send message for 5 days", "   ----- Transcript of session follows -----\n421 mx.example.net (smtp)... Deferred: Connection timed out\n   ----- Unsent message follows -----\n"+copied,
		"expiry expired"+id+" to=bob@example.net text=421 mx.example.net (smtp)... Deferred: Connection timed out")
	f("Subject: Warning: could not send message for past 4 hours", "    THIS IS A WARNING MESSAGE ONLY\n\n   ----- The following addresses had transient non-fatal errors -----\n<bob@example.net>\n\n   ----- Transcript of session follows -----\n<bob@example.net>... Deferred: Connection timed out\n",
		"attempt deferred from=news@example.com to=bob@example.net")
	// OpenSMTPD.
	f("Subject: Delivery status notification: error", "    Hi!\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nbob@example.net: 550 5.1.1 no\n\n    Below is a copy of the original message:\n\n"+copied,
		"attempt bounced"+id+" to=bob@example.net reply=550 5.1.1 no")
	f("Subject: Delivery status notification: warning", "    A message is delayed for more than 4 hours for the following\n    list of recipients:\n\nbob@example.net: Network error on destination MXs\n",
		"attempt deferred from=news@example.com to=bob@example.net text=Network error on destination MXs")
	// DragonFly.
	f("Subject: Mail delivery failed", "This is the DragonFly Mail Agent v0.13 at out1.example.com.\n\nThere was an error delivering your mail to <bob@example.net>.\n\nmx.example.net [203.0.113.9] did not like our RCPT TO:\n550-5.1.1 no\n550 5.1.1 such user\n\nMessage headers follow.\n\n"+copied,
		"attempt bounced"+id+" to=bob@example.net mx=mx.example.net ip=203.0.113.9 stage=rcpt reply=550-5.1.1 no 550 5.1.1 such user")
	f("Subject: Mail delivery failed", "There was an error delivering your mail to <bob@example.net>.\n\nCould not deliver for the last 432000 seconds. Giving up.\n",
		"expiry expired from=news@example.com to=bob@example.net text=Could not deliver for the last 432000 seconds. Giving up.")
}

// Mail that is no bounce.
func TestNothing(t *testing.T) {
	const text = "<bob@example.net>: 550 5.1.1 no\n\nThe following address(es) failed:\n\n  eve@example.org\n"
	check(t, "From: a@example.com\nTo: b@example.com\nDate: Fri, 6 Mar 2026 10:00:00 +0000\nSubject: hello\n\n"+text)
	check(t, "Return-Path: <>\nFrom: a@example.com\nTo: b@example.com\nDate: Fri, 6 Mar 2026 10:00:00 +0000\nAuto-Submitted: auto-replied\nSubject: away\n\nBack on Monday.\n")
	check(t, "Return-Path: <>\nFrom: fbl@example.com\nTo: b@example.com\nSubject: complaint\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\nContent-Type: text/plain\n\n"+text+
		"--x\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--x--")
}

func TestDate(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got := ""
		if at, ok := date(time.FixedZone("", 3600), []byte(text)); ok {
			got = at.UTC().Format("2006-01-02T15:04:05")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	const at = "2026-03-03T10:18:23"
	f("Tue, 3 Mar 2026 10:18:23 +0000", at)
	f("Tue,  3 Mar 2026 11:18:23 +0100 (CET)", at)
	f("3 Mar 2026 10:18:23 -0000", at)
	f("Tue, 3 Mar 2026 10:18:23 GMT", at)
	f("Tue, 3 Mar 2026 05:18:23 EST", at)
	f("Tue, 3 Mar 2026 11:18:23 CET", at) // a name without a meaning: the zone of the file
	f("Tue, 3 Mar 2026 11:18:23", at)
	f("Tue Mar  3 11:18:23 2026", at)
	f("2026-03-03T10:18:23Z", at)
	f("Tue, 3 Mar 0026 10:18:23 +0000", "")
	f("03-03-2026 10:18", "")
	f("(no date)", "")
	f("", "")
	f(strings.Repeat("x", 100), "")
}

// A bounce mail that tells of no recipient is not understood, nor is text that is no mail.
// Ordinary mail between bounces is irrelevant.
func TestUnfinished(t *testing.T) {
	f := func(text string, understood, irrelevant, not int64) {
		t.Helper()
		if u, i, n := parsertest.Account(Format, text); u != understood || i != irrelevant || n != not {
			t.Errorf("%.300s\n%d understood, %d irrelevant, %d not; want %d, %d, %d", text, u, i, n, understood, irrelevant, not)
		}
	}
	count := func(text string) int64 { return int64(strings.Count(text, "\n")) }
	const from = "From a@example.com Fri Mar  6 10:00:00 2026\n"
	const ordinary = "From: a@example.com\nDate: Fri, 6 Mar 2026 10:00:00 +0000\nStatus: RO\n\nHello.\n\n"
	const nondelivery = "From: postmaster@example.com\nDate: Fri, 6 Mar 2026 10:00:00 +0000\nStatus: RO\n\nNobody knows these words.\n\n"
	bounce := notification(message+"Action: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; bob@example.net\n") + "\n\n"
	fields := int64(7)                              // two of them in the part that is returned
	f(bounce+from, fields, count(bounce)-fields, 2) // the last one is empty
	f(from+ordinary+from+bounce+from+strings.TrimSuffix(ordinary, "\n"), 2+fields, 2*count(from+ordinary)+count(from+bounce)-2-fields, 0)
	f(from+nondelivery+from+strings.TrimSuffix(bounce, "\n"), fields, count(from+bounce)-fields, count(from+nondelivery))
	// Cut short: in the header, before the report, in the report before any Action.
	top, _, _ := strings.Cut(head, "MIME-Version")
	f(top, 0, 0, 8)
	f(head, 0, 0, count(head)+1)
	cut := head + "--B1/out1.example.com\nContent-Type: message/delivery-status\n\n" + message + "Final-Recipient: rfc822; bob@example.net"
	f(cut, 0, 0, count(cut)+1)
	// Answers that are no bounces, and an Action that is no attempt.
	f("Return-Path: <>\nFrom: a@example.com\nAuto-Submitted: auto-replied (vacation)\n\nBack on Monday.", 0, 5, 0)
	f("Return-Path: <>\nFrom: postmaster@example.com\nContent-Type: multipart/report; report-type=disposition-notification; boundary=x\n\nRead.", 0, 5, 0)
	f("Return-Path: <>\nFrom: a@example.com\nTo: b@example.com\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\nAbuse.", 0, 6, 0)
	probe := notification("Action: deliverable\nFinal-Recipient: rfc822; bob@example.net\n")
	f(probe, 4, count(probe)-3, 0)
	// No mail.
	f(strings.Repeat("{\"event\":\"delivered\"}\n", 99)+"{}", 0, 0, 100)
	f(strings.Repeat("2026-03-03T10:18:23+00:00 mx1 postfix/smtp[1]: x\n\n", 50)+"x", 0, 0, 101)
	f(from+strings.Repeat("text\n", 99)+"text", 0, 0, 101)
	f("\n\ntext\n", 0, 3, 1)
}

func TestVerdicts(t *testing.T) {
	d := NewDecoder(parsers.Options{})
	f := func(line string, want mail.Verdict) {
		t.Helper()
		if got := d.Decode([]byte(line), func(*mail.Event) {}); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
	f("garbage \x00\xff", mail.NotUnderstood)
	f("", mail.Irrelevant)
	f("From a@example.com Fri Mar  6 10:00:00 2026", mail.Irrelevant)
	f("From: a@example.com", mail.Irrelevant)
	f("", mail.Irrelevant)
	f("Action: failed", mail.Understood)
	f("Text", mail.Irrelevant)
}

func TestScore(t *testing.T) {
	f := func(want int, lines ...string) {
		t.Helper()
		var sample [][]byte
		for _, l := range lines {
			sample = append(sample, []byte(l))
		}
		if got := score(sample); got != want {
			t.Errorf("%q: %d, want %d", lines, got, want)
		}
	}
	f(4, "From: a@example.com", "To: b@example.com", "Subject: x", "", "text")
	f(5, "", "From a@example.com Fri Mar  6 10:00:00 2026", "From: a@example.com", "To: b@example.com", "Subject: x", " y")
	f(0)
	f(0, "", "")
	f(0, "From: a@example.com", "To: b@example.com", "", "Subject: x")
	f(0, "Mar  3 10:18:23 mx1 postfix/smtp[1]: A89EB7629C3: removed", "From: a", "To: b", "Date: c")
	f(0, "HTTP/1.1 200 OK", "Date: x", "Server: y", "Content-Type: text/html", "From: z")
	f(0, "key: value", "other: value", "date: 2026", "to: there")
	f(0, `{"From":"a"}`, "To: b")
}
