package reply

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const s3115 = "451 4.7.652 The mail server [192.0.2.25] has exceeded the maximum number of connections. (S3115) [AB1PEPF00000001.namprd21.prod.outlook.com 2026-05-20T09:02:14.000Z 08DD4D9FD5AFF45C]"

func TestParse(t *testing.T) {
	f := func(raw string, code int, enhanced, text string) {
		t.Helper()
		r := Parse([]byte(raw))
		if r.Code != code || r.Enhanced.String() != enhanced || string(r.Text) != text {
			t.Errorf("%q: %d %q %q, want %d %q %q", raw, r.Code, r.Enhanced, r.Text, code, enhanced, text)
		}
	}
	f("421 4.7.0 Too many concurrent connections", 421, "4.7.0", "Too many concurrent connections")
	f("421-4.7.0 a 421-4.7.0 b 421 4.7.0 c", 421, "4.7.0", "a b c")
	f("421-4.7.0 a\r\n421-4.7.0 b\r\n421 4.7.0 c", 421, "4.7.0", "a b c")
	f(`421-4.7.0 a\n421-4.7.0 b\n421 4.7.0 c`, 421, "4.7.0", "a b c")
	f("554-gmx.net (mxgmx104) Nemesis ESMTP Service not available 554-No SMTP service 554-IP address is block listed. 554 For explanation visit https://postmaster.gmx.net/",
		554, "", "gmx.net (mxgmx104) Nemesis ESMTP Service not available No SMTP service IP address is block listed. For explanation visit https://postmaster.gmx.net/")
	f("451- Try later", 451, "", "Try later")
	f("451–4.7.1 Try later", 451, "4.7.1", "Try later")
	f("451 – 4.7.1 Try later", 451, "4.7.1", "Try later")
	f("452 #4.3.1 queue full", 452, "4.3.1", "queue full")
	f("451 qq write error or disk full (#4.3.0)", 451, "4.3.0", "qq write error or disk full (#4.3.0)")
	f("553 Mail from 192.0.2.25 not allowed - 5.7.1 [BL23] refused", 553, "5.7.1", "Mail from 192.0.2.25 not allowed - 5.7.1 [BL23] refused")
	f("451 5.7.500 Server busy", 451, "5.7.500", "Server busy") // class mismatch is kept
	f("421 4.7.0 [TSS04] deferred - 4.16.55.1; see", 421, "4.7.0", "[TSS04] deferred - 4.16.55.1; see")
	f("451 deferred - 4.16.55.1", 451, "", "deferred - 4.16.55.1") // four parts: no code
	f("554-Denied 554 5.7.1 by policy", 554, "5.7.1", "Denied by policy")
	f("605 Not delivering to previously bounced address", 605, "", "Not delivering to previously bounced address")
	f("421", 421, "", "")
	f("421-", 421, "", "")
	f("2023 was a good year", 0, "", "2023 was a good year")
	f("250 bytes", 250, "", "bytes")
	f("", 0, "", "")
	f("4.7.652 The mail server", 0, "4.7.652", "The mail server")
	f("450 450 4.2.0 x", 450, "4.2.0", "450 4.2.0 x")
	// A number in the text is no line of the reply.
	f("421 Closing after 421 errors", 421, "", "Closing after 421 errors")
	// MTA wrapping.
	f("host mx.example.com[192.0.2.1] said: 451 4.7.652 Busy (in reply to MAIL FROM command)", 451, "4.7.652", "Busy")
	f("host mx.example.com[192.0.2.1] refused to talk to me: 421 4.7.0 mx Error: too many connections from 192.0.2.9", 421, "4.7.0", "mx Error: too many connections from 192.0.2.9")
	f("SMTP error from remote mail server after RCPT TO:<a@example.com>: host mx.example.com [192.0.2.1]: 451 4.7.1 Greylisted", 451, "4.7.1", "Greylisted")
	f(`SMTP error from remote mail server after initial connection: 421 Too many\n421 connections`, 421, "", "Too many connections")
	f("smtp; 450 4.1.8 Domain not found", 450, "4.1.8", "Domain not found")
	f("smtp;421 Service not available", 421, "", "Service not available")
	f("Remote Server returned '550 5.1.1 User unknown'", 550, "5.1.1", "User unknown")
	f(`"421 Too many connections"`, 421, "", "Too many connections")
	f("smtp; 5.1.0 - Unknown address error 550-'5.1.1 user unknown' (delivery attempts: 0)", 550, "5.1.1", "user unknown' (delivery attempts: 0)")
	f("delivery temporarily suspended: host mx.example.com[192.0.2.1] refused to talk to me: 421 Busy", 421, "", "Busy")
	f("220-mx 421 4.2.1 Try later", 421, "4.2.1", "Try later")
	// Local texts stay.
	f("connect to mx.example.com[192.0.2.1]:25: Connection timed out", 0, "", "connect to mx.example.com[192.0.2.1]:25: Connection timed out")
	f("conversation with mx.example.com[192.0.2.1] timed out while sending end of data -- message may be sent more than once", 0, "",
		"conversation with mx.example.com[192.0.2.1] timed out while sending end of data -- message may be sent more than once")
	// Replies in replies: the last one is the real one.
	f("554 4.4.7 Message expired: unable to deliver in 840 minutes.<451 4.7.651 The mail server has been limited>", 451, "4.7.651", "The mail server has been limited")
	f("550 5.4.300 Message expired -> 451 4.7.500 Server busy", 451, "4.7.500", "Server busy")
	f("554 5.4.0 Error: too many hops (421 4.7.0 Too many connections)", 421, "4.7.0", "Too many connections")
	f(`451 4.4.0 Primary target IP address responded with: "421 4.7.0 Busy." Attempted failover`, 421, "4.7.0", "Busy.")
	f("450 4.1.1 <a@example.com>: unverified address: host mx.example.net[192.0.2.2] said: 421 4.7.1 Later", 421, "4.7.1", "Later")
	// But a code in running text is not (H81), nor is a count.
	f("550 5.7.1 Rejected, your last reply was 451 4.7.652 exceeded", 550, "5.7.1", "Rejected, your last reply was 451 4.7.652 exceeded")
	f("552 5.2.2 Mailbox full (450 messages)", 552, "5.2.2", "Mailbox full (450 messages)")
}

func TestParseStage(t *testing.T) {
	f := func(raw string, want mail.Stage) {
		t.Helper()
		if got := Parse([]byte(raw)).Stage; got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
	f("host mx[192.0.2.1] said: 451 x (in reply to MAIL FROM command)", mail.StageMail)
	f("host mx[192.0.2.1] said: 451 x (in reply to RCPT TO command)", mail.StageRcpt)
	f("host mx[192.0.2.1] said: 451 x (in reply to DATA command)", mail.StageData)
	f("host mx[192.0.2.1] said: 451 x (in reply to end of DATA command)", mail.StageEndOfData)
	f("host mx[192.0.2.1] said: 451 x (in reply to end of DA", mail.StageEndOfData) // cut short
	f("host mx[192.0.2.1] refused to talk to me: 421 x", mail.StageBanner)
	f("SMTP error from remote mail server after pipelined MAIL FROM:<a@example.com>: 421 x", mail.StageMail)
	f("SMTP error from remote mail server after end of data: 421 x", mail.StageEndOfData)
	f("SMTP error from remote mail server after EHLO mx.example.com: 421 x", mail.StageEHLO)
	f("421 x", mail.StageUnknown)
}

// Whatever the words say, the code decides what is temporary (H08, C11).
func TestTemporary(t *testing.T) {
	f := func(raw string, temporary, permanent bool) {
		t.Helper()
		if r := Parse([]byte(raw)); r.Temporary() != temporary || r.Permanent() != permanent {
			t.Errorf("%q: %v %v", raw, r.Temporary(), r.Permanent())
		}
	}
	f("451 permanently deferred, retrying will not succeed", true, false)
	f("451 5.7.500 Server busy", true, false)
	f("550 Too many messages, try again in 92 seconds", false, true)
	f("4.7.652 The mail server", true, false)
	f("host or domain name not found", false, false)
}

// The parts of the headline reply (H02).
func TestParts(t *testing.T) {
	r := Parse([]byte(s3115))
	if r.Code != 451 || r.Enhanced != (Enhanced{4, 7, 652}) {
		t.Errorf("%d %v", r.Code, r.Enhanced)
	}
	if ip, ok := QuotedIP(r.Text); !ok || ip.String() != "192.0.2.25" {
		t.Errorf("address %v %v", ip, ok)
	}
	if tag := Tag(r.Text); string(tag) != "S3115" {
		t.Errorf("tag %q", tag)
	}
	host, stamp := Server(r.Text)
	if string(host) != "AB1PEPF00000001.namprd21.prod.outlook.com" || string(stamp) != "2026-05-20T09:02:14.000Z" {
		t.Errorf("server %q %q", host, stamp)
	}
}

func TestTag(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := Tag([]byte(text)); string(got) != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("limited due to IP reputation. (S775) [x.prod.outlook.com]", "S775")
	f("Server busy. Please try again later from [192.0.2.25]. (AS77712344)", "AS77712344")
	f("[TSS04] Messages from 192.0.2.25 temporarily deferred", "TSS04")
	f("cmsmtp 192.0.2.25 blocked. AUP#In-1310", "AUP#In-1310")
	f("Throttled. Please see https://postmaster.comcast.net/smtp-error-codes.php#RL000001", "RL000001")
	f("too many sessions. IB007", "IB007")
	f("Too many connections, slow down. OFR005_104 [104]", "OFR005_104")
	f("RP-001 The mail server", "RP-001")
	f("Too many concurrent connections", "")
	f("", "")
}

func TestServer(t *testing.T) {
	f := func(text, host, stamp string) {
		t.Helper()
		h, s := Server([]byte(text))
		if string(h) != host || string(s) != stamp {
			t.Errorf("%q: %q %q, want %q %q", text, h, s, host, stamp)
		}
	}
	f("quota exceeded. [AM0EUR02FT034.eop-EUR02.prod.protection.outlook.com]", "AM0EUR02FT034.eop-EUR02.prod.protection.outlook.com", "")
	f("refused [192.0.2.1]", "", "")
	f("refused []", "", "")
	f("]", "", "")
	f("", "", "")
}
