package smtp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// describe renders an event without its text.
func describe(e *mail.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %v %v", e.Kind, e.Outcome, e.Stage)
	add := func(name string, v []byte) {
		if len(v) > 0 {
			fmt.Fprintf(&b, " %s=%s", name, v)
		}
	}
	if e.Time != 0 {
		add("at", time.UnixMicro(e.Time).UTC().AppendFormat(nil, "2006-01-02T15:04:05.999"))
	}
	add("host", e.Host)
	add("mx", e.MX)
	add("ip", e.MXIP)
	add("from", e.Sender)
	if e.NullSender {
		b.WriteString(" null-sender")
	}
	add("to", e.Recipient)
	add("reply", e.Reply)
	if len(e.Reply) == 0 {
		add("text", e.Text)
	}
	return b.String()
}

// tells decodes a file and describes what it tells, one event a line; events that
// tell only a time are left out.
func tells(file string) string {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	var events []string
	emit := func(e *mail.Event) {
		if e.Kind != mail.KindNone {
			events = append(events, describe(e))
		}
	}
	for _, l := range strings.Split(file, "\n") {
		d.Decode([]byte(l), emit)
	}
	d.Close(emit)
	return strings.Join(events, "\n")
}

func check(t *testing.T, file string, want ...string) {
	t.Helper()
	if got := tells(file); got != strings.Join(want, "\n") {
		t.Errorf("%s\ngot\n%s\nwant\n%s", file, got, strings.Join(want, "\n"))
	}
	var lines [][]byte
	for _, l := range strings.Split(file, "\n") {
		lines = append(lines, []byte(l))
	}
	if n := score(lines); n*4 < len(lines) {
		t.Errorf("%s\nscore %d of %d lines", file, n, len(lines))
	}
}

func TestSwaks(t *testing.T) {
	// Refused at the greeting.
	check(t, `=== Trying mx.example.net:25...
=== Connected to mx.example.net.
<** 421 4.7.0 mx.example.net Error: too many connections from 192.0.2.10
 -> QUIT
<** 421 4.7.0 bye
=== Connection closed with remote host.`,
		"attempt deferred banner mx=mx.example.net reply=421 4.7.0 mx.example.net Error: too many connections from 192.0.2.10")
	// One recipient is refused, the other one delivered, over TLS.
	check(t, `=== Trying mx.example.net:25...
=== Connected to mx.example.net.
<-  220 mx.example.net ESMTP
 -> EHLO out1.example.com
<-  250-mx.example.net
<-  250 STARTTLS
 -> STARTTLS
<-  220 2.0.0 Ready to start TLS
=== TLS started with cipher TLSv1.3:TLS_AES_256_GCM_SHA384:256
 ~> EHLO out1.example.com
<~  250-mx.example.net
<~  250 8BITMIME
 ~> MAIL FROM:<a@example.com> SIZE=100
<~  250 2.1.0 Ok
 ~> RCPT TO:<b@example.net>
<~* 450-4.2.0 <b@example.net>: Recipient address rejected:
<~* 450 4.2.0 Greylisted
 ~> RCPT TO:<c@example.net> NOTIFY=NEVER
<~  250 2.1.5 Ok
 ~> DATA
<~  354 End data with <CR><LF>.<CR><LF>
 ~> Subject: 550 5.1.1 test
 ~>
 ~> 421 4.7.0 of the text
 ~> .
<~  250 2.0.0 Ok: queued as 4A1B2C3D
 ~> QUIT
<~  221 2.0.0 Bye
=== Connection closed with remote host.`,
		"attempt deferred rcpt mx=mx.example.net from=a@example.com to=b@example.net reply=450-4.2.0 <b@example.net>: Recipient address rejected: 450 4.2.0 Greylisted",
		"attempt delivered end-of-data mx=mx.example.net from=a@example.com to=c@example.net reply=250 2.0.0 Ok: queued as 4A1B2C3D")
	// No connection, and one that is closed without a word.
	check(t, `=== Trying mx.example.net:25...
*** Error connecting to mx.example.net:25:
*** 	IO::Socket::INET6: connect: Connection refused
=== Trying 203.0.113.9:25...
=== Connected to 203.0.113.9.
*** Remote host closed connection unexpectedly.`,
		"connect-failure unknown connect mx=mx.example.net text=Error connecting to mx.example.net:25:",
		"attempt deferred banner ip=203.0.113.9 text=Remote host closed connection unexpectedly.")
	// All mechanisms fail.
	check(t, `=== Trying smtp.example.net:587...
=== Connected to smtp.example.net.
<-  220 smtp.example.net ESMTP
 -> EHLO x
<-  250-smtp.example.net
<-  250 AUTH PLAIN LOGIN
 -> AUTH LOGIN
<-  334 VXNlcm5hbWU6
 -> dXNlcg==
<-  334 UGFzc3dvcmQ6
 -> cGFzcw==
<** 535 5.7.8 Authentication failed
 -> AUTH PLAIN AHVzZXIAcGFzcw==
<** 535 5.7.8 Authentication failed
*** No authentication type succeeded
 -> QUIT
<-  221 2.0.0 Bye
=== Connection closed with remote host.`,
		"attempt bounced auth mx=smtp.example.net reply=535 5.7.8 Authentication failed")
}

func TestPipelining(t *testing.T) {
	check(t, `C: EHLO x
S: 250-mx
S: 250 PIPELINING
C: MAIL FROM:<>
C: RCPT TO:<"a>b"@example.net>
C: RCPT TO:<c@example.net>
C: DATA
S: 451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections.
S: 503 5.5.1 Need MAIL
S: 503 5.5.1 Need MAIL
S: 503 5.5.1 Need RCPT
C: RSET
S: 250 ok
C: MAIL FROM:<d@example.com>
C: RCPT TO:<e@example.net>
C: RCPT TO:<f@example.net>
C: DATA
S: 250 ok
S: 250 ok
S: 421 4.7.0 too many recipients, closing
S: 421 4.7.0 closing
C: QUIT`,
		`attempt deferred mail null-sender to="a>b"@example.net reply=451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections.`,
		"attempt deferred mail null-sender to=c@example.net reply=451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections.",
		"attempt deferred rcpt from=d@example.com to=f@example.net reply=421 4.7.0 too many recipients, closing",
		"attempt deferred rcpt from=d@example.com to=e@example.net reply=421 4.7.0 too many recipients, closing")
}

func TestSmtplib(t *testing.T) {
	check(t, `connect: to ('mx.example.net', 25) None
reply: b'220 mx.example.net ESMTP\r\n'
reply: retcode (220); Msg: b'mx.example.net ESMTP'
connect: b'mx.example.net ESMTP'
send: 'ehlo [192.0.2.10]\r\n'
reply: b'250-mx.example.net\r\n'
reply: b'250 8BITMIME\r\n'
reply: retcode (250); Msg: b'mx.example.net\n8BITMIME'
send: 'mail FROM:<a@example.com> size=12\r\n'
reply: b'250 2.1.0 Ok\r\n'
reply: retcode (250); Msg: b'2.1.0 Ok'
send: 'rcpt TO:<b@example.net>\r\n'
reply: b'250 2.1.5 Ok\r\n'
reply: retcode (250); Msg: b'2.1.5 Ok'
send: 'data\r\n'
reply: b'354 go\r\n'
reply: retcode (354); Msg: b'go'
data: (354, b'go')
send: b'Subject: x\r\n\r\n550 5.1.1 text\r\n.\r\n'
reply: b'452 4.3.1 Insufficient system storage\r\n'
reply: retcode (452); Msg: b'4.3.1 Insufficient system storage'
data: (452, b'4.3.1 Insufficient system storage')`,
		"attempt deferred end-of-data mx=mx.example.net from=a@example.com to=b@example.net reply=452 4.3.1 Insufficient system storage")
	// With times, and older strings.
	check(t, `10:18:23.504367 connect: ('203.0.113.9', 25)
10:18:23.604367 reply: '421 Too many concurrent SMTP connections\r\n'
10:18:23.604399 reply: retcode (421); Msg: 'Too many concurrent SMTP connections'`,
		"attempt deferred banner ip=203.0.113.9 reply=421 Too many concurrent SMTP connections")
}

func TestDialects(t *testing.T) {
	const mailFrom = "attempt deferred mail from=a@example.com reply=421 4.7.0 try later"
	check(t, "SERVER -> CLIENT: 220 mx.example.net ESMTP\nCLIENT -> SERVER: EHLO x\nSERVER -> CLIENT: 250 mx\nCLIENT -> SERVER: MAIL FROM:<a@example.com>\nSERVER -> CLIENT: 421 4.7.0 try later", mailFrom)
	check(t, "2026-03-03 10:18:23 SERVER -> CLIENT: 220 mx.example.net ESMTP\n2026-03-03 10:18:23 CLIENT -> SERVER: EHLO x\n2026-03-03 10:18:23 SERVER -> CLIENT: 250 mx\n2026-03-03 10:18:24 CLIENT -> SERVER: MAIL FROM:<a@example.com>\n2026-03-03 10:18:25 SERVER -> CLIENT: 421 4.7.0 try later",
		"attempt deferred mail at=2026-03-03T10:18:25 from=a@example.com reply=421 4.7.0 try later")
	check(t, "[2026-03-03 10:18:23] DEBUG [a1] S: 220 mx.example.net ESMTP\n[2026-03-03 10:18:23] DEBUG [a1] C: EHLO x\n[2026-03-03 10:18:23] DEBUG [a1] S: 250 mx\n[2026-03-03 10:18:24] DEBUG [a1] C: MAIL FROM:<a@example.com>\n[2026-03-03 10:18:25] DEBUG [a1] S: 421 4.7.0 try later",
		"attempt deferred mail at=2026-03-03T10:18:25 from=a@example.com reply=421 4.7.0 try later")
	check(t, "* Connected to mx.example.net (203.0.113.9) port 25 (#0)\n< 220 mx.example.net ESMTP\n> EHLO x\n< 250 mx\n> MAIL FROM:<a@example.com>\n< 421 4.7.0 try later\n* Closing connection 0",
		"attempt deferred mail mx=mx.example.net ip=203.0.113.9 from=a@example.com reply=421 4.7.0 try later")
	check(t, "  SMTP<< 220 mx.example.net ESMTP\n  SMTP>> EHLO x\n  SMTP<< 250 mx\n  SMTP>> MAIL FROM:<a@example.com>\n  SMTP<< 421 4.7.0 try later", mailFrom)
	check(t, "220 mx.example.net ESMTP\n>>> EHLO x\n250 mx\n>>> MAIL From:<a@example.com>\n421 4.7.0 try later", mailFrom)
	check(t, "Trying 203.0.113.9...\nConnected to mx.example.net.\nEscape character is '^]'.\n220 mx.example.net ESMTP\nEHLO x\n250 mx\nMAIL FROM:<a@example.com>\n421 4.7.0 try later\nConnection closed by foreign host.",
		"attempt deferred mail mx=mx.example.net ip=203.0.113.9 from=a@example.com reply=421 4.7.0 try later")
	check(t, "Trying 203.0.113.9...\nConnected to mx.example.net.\n421 Too many concurrent SMTP connections\nConnection closed by foreign host.",
		"attempt deferred banner mx=mx.example.net ip=203.0.113.9 reply=421 Too many concurrent SMTP connections")
	check(t, "<<<<<<< read <<<<<<\n220 mx.example.net ESMTP\n<<<<<<< end read <<<<<<\n>>>>>>> send >>>>>>\nEHLO x\n>>>>>>> end send >>>>>>\n<<<<<<< read <<<<<<\n421 4.7.0 try later\n<<<<<<< end read <<<<<<",
		"attempt deferred ehlo reply=421 4.7.0 try later")
	// Sessions one after the other, told by their greetings.
	check(t, "220 mx1.example.net ESMTP\nHELO x\n421 4.7.0 try later\n220 mx2.example.net ESMTP\nHELO x\n250 ok\nMAIL FROM:<a@example.com>\n250 ok\nRCPT TO:<b@example.net>\n250 ok\nDATA\n354 go\nSubject: x\n\n550 of them\n.\n250 2.0.0 Ok: queued as 1\nQUIT\n221 bye",
		"attempt deferred ehlo reply=421 4.7.0 try later",
		"attempt delivered end-of-data from=a@example.com to=b@example.net reply=250 2.0.0 Ok: queued as 1")
	// HELO after a refused EHLO.
	check(t, "S: 220 mx ESMTP\nC: EHLO x\nS: 502 5.5.1 not here\nC: HELO x\nS: 250 ok\nC: MAIL FROM:<a@example.com>\nS: 250 ok\nC: RCPT TO:<b@example.net>\nS: 550 5.1.1 no such user\nC: DATA\nS: 554 5.5.1 no valid recipients\nC: QUIT\nS: 221 bye",
		"attempt bounced rcpt from=a@example.com to=b@example.net reply=550 5.1.1 no such user")
	check(t, "S: 220 mx ESMTP\nC: EHLO x\nS: 502 5.5.1 not here\nC: QUIT\nS: 221 bye", "attempt bounced ehlo reply=502 5.5.1 not here")
}

func TestMsmtp(t *testing.T) {
	f := func(line string, want ...string) {
		t.Helper()
		check(t, "Mar  3 10:18:23 "+line, want...)
	}
	f(`host=smtp.example.net tls=on auth=on user=a from=a@example.com recipients=b@example.net,c@example.net smtpstatus=421 smtpmsg='421 4.7.0 Error: can't, too many connections' errormsg='the server sent a greeting that isn't one' exitcode=EX_TEMPFAIL`,
		"attempt deferred  at=2026-03-03T10:18:23 mx=smtp.example.net from=a@example.com to=b@example.net reply=421 4.7.0 Error: can't, too many connections",
		"attempt deferred  at=2026-03-03T10:18:23 mx=smtp.example.net from=a@example.com to=c@example.net reply=421 4.7.0 Error: can't, too many connections")
	f(`host=203.0.113.9 tls=off auth=off from=a@example.com recipients=b@example.net mailsize=1234 smtpstatus=250 smtpmsg='250 2.0.0 OK' exitcode=EX_OK`,
		"attempt delivered  at=2026-03-03T10:18:23 ip=203.0.113.9 from=a@example.com to=b@example.net reply=250 2.0.0 OK")
	f(`host=smtp.example.net tls=on auth=on user='a' from=a@example.com recipients=b@example.net smtpstatus=551 smtpmsg='551 5.7.1 Not authorised' errormsg='no' exitcode=EX_UNAVAILABLE`,
		"attempt bounced  at=2026-03-03T10:18:23 mx=smtp.example.net from=a@example.com to=b@example.net reply=551 5.7.1 Not authorised")
	f(`host=smtp.example.net tls=on auth=off from=a@example.com recipients=b@example.net errormsg='cannot connect to smtp.example.net, port 25: Connection timed out' exitcode=EX_TEMPFAIL`,
		"attempt deferred  at=2026-03-03T10:18:23 mx=smtp.example.net from=a@example.com to=b@example.net text=cannot connect to smtp.example.net, port 25: Connection timed out")
}

// Logs of programs that send mail.
func TestLines(t *testing.T) {
	const at = " at=2026-03-03T10:18:23"
	f := func(line, want string) {
		t.Helper()
		check(t, line, want)
	}
	f("2026-03-03T10:18:23Z ERROR cannot send to bob@example.net: 421 4.7.0 Too many connections",
		"attempt deferred "+at+" to=bob@example.net reply=421 4.7.0 Too many connections")
	f("2026-03-03 10:18:23,000 mailer WARN from=<a@example.com> to=<b@example.net> host mx.example.net[203.0.113.9] said: 450 mailbox is busy",
		"attempt deferred "+at+" mx=mx.example.net ip=203.0.113.9 to=b@example.net reply=450 mailbox is busy")
	f(`[2026-03-03 10:18:23] smtplib.SMTPRecipientsRefused: {'b@example.net': (550, b'5.1.1 <b@example.net>: no such user')}`,
		"attempt bounced "+at+" to=b@example.net reply=550 5.1.1 <b@example.net>: no such user")
	f(`[2026-03-03 10:18:23] smtplib.SMTPConnectError: (421, b'Too many concurrent SMTP connections')`,
		"attempt deferred "+at+" reply=421 Too many concurrent SMTP connections")
	f(`2026-03-03T10:18:23Z level=error rcpt=b@example.net mx=mx.example.net err="421 4.3.2 Service shutting down" attempt=3`,
		"attempt deferred "+at+" mx=mx.example.net to=b@example.net reply=421 4.3.2 Service shutting down")
	f("Mar  3 10:18:23 app1 mailer[77]: b@example.net deferred: 554 5.7.1 Service unavailable; try later",
		"attempt deferred "+at+" host=app1 to=b@example.net reply=554 5.7.1 Service unavailable; try later")
	f("2026-03-03T10:18:23Z sent to b@example.net: 250 2.0.0 Ok: queued as 1A2B3C",
		"attempt delivered "+at+" to=b@example.net reply=250 2.0.0 Ok: queued as 1A2B3C")
	f("2026-03-03T10:18:23Z remote server replied 421-4.7.0 [192.0.2.10] Our system has detected an unusual rate (mx.example.net)",
		"attempt deferred "+at+" reply=421-4.7.0 [192.0.2.10] Our system has detected an unusual rate (mx.example.net)")
	f("2026-03-03T10:18:23Z send error: 550 #5.1.0 Address rejected.", "attempt bounced "+at+" reply=550 #5.1.0 Address rejected.")
}

// Each line of a list is one attempt at a time that nobody knows.
func TestList(t *testing.T) {
	check(t, `421 Too many concurrent SMTP connections; please try again later.
421-4.7.0 [192.0.2.10] Our system has detected an unusual rate of unsolicited mail
421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred

  554-mx.example.net Nemesis ESMTP Service not available
"550 5.1.1 <a@example.net>: user unknown"
250 2.0.0 Ok: queued as 1A2B
mx.example.net	452 4.3.2 Connection rate limit exceeded.
- 450 trop de connexions`,
		"attempt deferred  reply=421 Too many concurrent SMTP connections; please try again later.",
		"attempt deferred  reply=421-4.7.0 [192.0.2.10] Our system has detected an unusual rate of unsolicited mail",
		"attempt deferred  reply=421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred",
		"attempt bounced  reply=554-mx.example.net Nemesis ESMTP Service not available",
		"attempt bounced  reply=550 5.1.1 <a@example.net>: user unknown",
		"attempt delivered  reply=250 2.0.0 Ok: queued as 1A2B",
		"attempt deferred  mx=mx.example.net reply=452 4.3.2 Connection rate limit exceeded.",
		"attempt deferred  reply=450 trop de connexions")
}

// What holds numbers and no replies.
func TestNothing(t *testing.T) {
	f := func(line string) {
		t.Helper()
		if got := tells(line); got != "" {
			t.Errorf("%s\ngot %s", line, got)
		}
		if n := score([][]byte{[]byte(line)}); n > 0 && line != "" {
			t.Errorf("%s\nscore %d", line, n)
		}
	}
	for _, line := range []string{
		"", "In 421 the city fell.", "2026-03-03T10:18:23Z sent 450 mails in 4.2 s", "2026-03-03T10:18:23Z queue: 421 messages waiting", "2026-03-03T10:18:23Z migrated 450 mailboxes to the new server",
		`192.0.2.7 - - [03/Mar/2026:10:18:23 +0000] "GET /mail HTTP/1.1" 404 512`,
		"2026-03-03T10:18:23Z upstream error: 503 Service Unavailable", "2026-03-03T10:18:23Z HTTP error: 551 mail backend is busy",
		"2026-03-03T10:18:23Z listening on port 587, 465 and 25", "2026-03-03T10:18:23Z size=421 bytes", "2026-03-03T10:18:23Z id=550-4.x",
		"message-id=<421.4.7.0@example.com>", "2026-03-03T10:18:23Z kernel 5.10.0-421 loaded", "421", "421 ", "4210 4.7.0 x", "x421 4.7.0 x",
		"2026-03-03T10:18:23Z ftp: 530 Login incorrect", "550", "499", "450 g of flour"[:5], "250 OK", "250 2.1.5 Recipient ok", "2026-03-03T10:18:23Z got 250 2.1.0 sender ok",
		"2026-03-03T10:18:23Z version 4.5.1 of 550 items", "2026-03-03T10:18:23Z reply: 421.4.7.0", "2026-03-03T10:18:23Z to=<b@example.net> 421 4.7.0.1 x", "{}",
		"Trying to connect", "Connected to the database", "quit smoking", "data is here", "MAIL", "S: 12", "> quoted text", "=== Heading ===", "*** bold ***",
		"send: nothing", "reply: 'x'", "connect: done",
	} {
		f(line)
	}
}

// Text for people that quotes replies and sessions is no log.
func TestProse(t *testing.T) {
	f := func(text string) {
		t.Helper()
		var lines [][]byte
		for _, l := range strings.Split(text, "\n") {
			lines = append(lines, []byte(l))
		}
		if n := score(lines); n > 0 {
			t.Errorf("%s\nscore %d of %d lines", text, n, len(lines))
		}
	}
	const words = "The quick brown fox jumps over the lazy dog.\n"
	f(strings.Repeat(words, 3) + "The receiver says `451 4.7.652 The mail server has exceeded the maximum number of connections.`\n" + words)
	f(strings.Repeat(words, 30) + "    220 mx.example.net ESMTP\n    EHLO x\n    250 ok\n    MAIL FROM:<a@example.com>\n    421 4.7.0 try later\n" + words)
	f(words + "> 550 5.1.1 user unknown\n" + words)
}

func TestVerdicts(t *testing.T) {
	f := func(line string, want mail.Verdict) {
		t.Helper()
		d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
		if got := d.Decode([]byte(line), func(*mail.Event) {}); got != want {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
	}
	f("421 4.7.0 busy", mail.Understood)
	f("  ", mail.Irrelevant)
	f(" -> EHLO x", mail.Irrelevant)
	f("2026-03-03T10:18:23Z all is well", mail.Irrelevant)
	f("all is well", mail.NotUnderstood)
	f("\xef\xbb\xbf421 4.7.0 busy\r", mail.Understood)
}

// A time without an event is told as well: the place of a line in its second.
func TestQuiet(t *testing.T) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	var kinds []mail.EventKind
	for _, line := range []string{"2026-03-03T10:18:23Z all is well", "Mar  3 10:18:23 mx x: y", "no time"} {
		d.Decode([]byte(line), func(e *mail.Event) {
			kinds = append(kinds, e.Kind)
			if e.Time != 1772533103e6 {
				t.Errorf("%s: %d", line, e.Time)
			}
		})
	}
	if len(kinds) != 2 || kinds[0] != mail.KindNone || kinds[1] != mail.KindNone {
		t.Errorf("got %v", kinds)
	}
	if d.Overran(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) != true {
		t.Error("the end of a file is not compared with its date")
	}
}
