package postfix

import (
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Lines without a recipient.
func TestChain(t *testing.T) {
	f := func(process, body, want string) {
		t.Helper()
		if got := tellsOf(t, process, body); got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", process, body, got, want)
		}
	}
	f("postfix/smtpd", "A89EB7629C3: client=app.example.com[192.0.2.7], sasl_method=PLAIN, sasl_username=u", "arrival id=A89EB7629C3")
	f("postfix/10025/smtpd", "A89EB7629C3: client=localhost[127.0.0.1], orig_queue_id=4F1A2B3C4D, orig_client=app.example.com[192.0.2.7]", "arrival id=A89EB7629C3")
	f("postfix/pickup", "A89EB7629C3: uid=0 from=<root>", "arrival id=A89EB7629C3 from=root")
	f("postfix/pickup", "A89EB7629C3: uid=1206 from=<root> orig_id=4F1A2B3C4D", "arrival id=A89EB7629C3 from=root")
	f("postfix/pickup", "A89EB7629C3: uid=0 from=<>", "arrival null-sender id=A89EB7629C3")
	f("postfix/cleanup", "A89EB7629C3: message-id=<1@example.com>", "message-id id=A89EB7629C3 msgid=<1@example.com>")
	f("postfix/cleanup", "A89EB7629C3: message-id=<>", "message-id id=A89EB7629C3 msgid=<>")
	f("postfix/cleanup", "A89EB7629C3: message-id=", "message-id id=A89EB7629C3")
	f("postfix/cleanup", "A89EB7629C3: message-id==?UTF-8?B?PDE5?=? =?UTF-8?B?MTIy", "message-id id=A89EB7629C3 msgid==?UTF-8?B?PDE5?=? =?UTF-8?B?MTIy")
	f("postfix/cleanup", "3mL1Hq0Tgvz7sWh: resent-message-id=<3mL1@example.com>", "message-id id=3mL1Hq0Tgvz7sWh msgid=<3mL1@example.com>")
	f("postfix/qmgr", "A89EB7629C3: from=<a,b@example.com>, size=2666, nrcpt=2 (queue active)", "active id=A89EB7629C3 from=a,b@example.com size=2666 nrcpt=2")
	f("postfix/qmgr", "A89EB7629C3: from=<>, size=2666, nrcpt=1 (queue active)", "active null-sender id=A89EB7629C3 size=2666 nrcpt=1")
	f("postfix/qmgr", "A89EB7629C3: from=a@example.com, size=270, nrcpt=1 (queue active)", "active id=A89EB7629C3 from=a@example.com size=270 nrcpt=1")
	f("postfix/qmgr", `A89EB7629C3: from=<"a>, size=9"@example.com>, size=270, nrcpt=1 (queue active)`, `active id=A89EB7629C3 from="a>, size=9"@example.com size=270 nrcpt=1`)
	f("postfix/qmgr", "A89EB7629C3: from=<a@example.com>, size=27", "active id=A89EB7629C3 from=a@example.com size=27")
	f("postfix/qmgr", "A89EB7629C3: from=<a@exam", "none")
	f("postfix/qmgr", "A89EB7629C3: from=<a@example.com>, status=expired, returned to sender", "expiry expired id=A89EB7629C3 from=a@example.com")
	f("postfix/qmgr", "A89EB7629C3: from=<a@example.com>, status=force-expired, returned to sender", "expiry expired id=A89EB7629C3 from=a@example.com")
	f("postfix/qmgr", "A89EB7629C3: removed", "removed id=A89EB7629C3")
	f("postfix/postsuper", "A89EB7629C3: removed", "removed id=A89EB7629C3")
	for _, b := range []string{"requeued", "placed on hold", "released from hold", "expired"} {
		f("postfix/postsuper", "A89EB7629C3: "+b, "none")
	}
	for _, kind := range []string{"sender non-delivery", "sender delay", "sender delivery status", "postmaster non-delivery"} {
		f("postfix/bounce", "A89EB7629C3: "+kind+" notification: 4F1A2B3C4D", "notice id=A89EB7629C3 child=4F1A2B3C4D")
	}
	f("postfix/bounce", "A89EB7629C3: sender non-delivery notification: 4F", "none")

	// One MX turned us away, the next one is tried.
	const mx = " id=A89EB7629C3 mx=mx1.example.net ip=203.0.113.1"
	f("postfix/smtp", "A89EB7629C3: host mx1.example.net[203.0.113.1] refused to talk to me: 421 4.3.2 All screening ports are busy",
		"refusal refused"+mx+" stage=banner reply=421 4.3.2 All screening ports are busy")
	f("postfix-smtp6/smtp", "A89EB7629C3: host mx1.example.net[203.0.113.1] said: 450 4.7.1 <a@b>: Greylisted (5 minutes) (in reply to RCPT TO command)",
		"refusal refused"+mx+" stage=rcpt reply=450 4.7.1 <a@b>: Greylisted (5 minutes)")
	f("outlook5/smtp", "A89EB7629C3: host mx1.example.net[203.0.113.1] said: 450 4.7.1 cut (in re",
		"refusal refused"+mx+" reply=450 4.7.1 cut")
	f("postfix/smtp", "A89EB7629C3: lost connection with mx1.example.net[203.0.113.1] while receiving the initial server greeting", "refusal refused"+mx+" stage=banner")
	f("postfix/smtp", "A89EB7629C3: conversation with mx1.example.net[203.0.113.1] timed out while performing the EHLO handshake", "refusal refused"+mx+" stage=ehlo")
	f("postfix/smtp", "A89EB7629C3: SASL authentication failed; server mx1.example.net[203.0.113.1] said: 535 5.7.8 no", "refusal refused"+mx+" stage=auth reply=535 5.7.8 no")
	f("postfix/smtp", "A89EB7629C3: Protocol error: host mx1.example.net[203.0.113.1] said: 354 x (in reply to RCPT TO command)", "refusal refused"+mx+" stage=rcpt reply=354 x")
	f("postfix/smtp", "A89EB7629C3: TLS is required, but was not offered by host mx1.example.net[203.0.113.1]", "refusal refused"+mx+" stage=tls")
	f("postfix-192_0_2_10/smtp", "A89EB7629C3: host mx1.example.net[203.0.113.1] refused to talk to me: 421 x",
		"refusal refused id=A89EB7629C3 mx=mx1.example.net ip=203.0.113.1 our=192.0.2.10 stage=banner reply=421 x")
	f("postfix/smtp", "connect to mx1.example.net[203.0.113.1]:25: Connection timed out", "connect-failure mx=mx1.example.net ip=203.0.113.1 stage=connect")
	f("postfix/smtp", "connect to mx1.example.net[203.0.113.1]: server refused to talk to me: 421 x   (port 25)",
		"refusal refused mx=mx1.example.net ip=203.0.113.1 stage=banner reply=421 x")

	// Noise that has the shape, or the words, of the above.
	for _, b := range []string{
		"A89EB7629C3: host mx1.example.net[203.0.113.1] greeted us oddly",
		"A89EB7629C3: enabling PIX workarounds: disable_esmtp delay_dotcrlf for mx1.example.net[203.0.113.1]:25",
		"A89EB7629C3: Cannot start TLS: handshake failure",
		"A89EB7629C3: skipped, still being delivered",
		"Untrusted TLS connection established to mx1.example.net[203.0.113.1]:25: TLSv1.3 with cipher X",
		"SSL_connect error to mx1.example.net[203.0.113.1]:25: lost connection",
		"TLSRPT: status=failure, domain=example.net, receiving_mx=mx1.example.net[203.0.113.1], failure_type=starttls-not-supported",
		"warning: host mx1.example.net[203.0.113.1] greeted me with my own hostname x",
		"warning: A89EB7629C3: defer service failure",
		"warning: Connection rate limit exceeded: 31 from x[192.0.2.1] for service smtp",
		"connect to transport private/x: Connection refused",
		"statistics: domain lookup hits=0 miss=1 success=0%",
	} {
		f("postfix/smtp", b, "none")
	}
	for process, b := range map[string]string{
		"postfix/smtpd":   "A89EB7629C3: reject: RCPT from x[192.0.2.1]: 550 5.1.1 <a@b>: User unknown; from=<> to=<a@b> proto=ESMTP helo=<x>",
		"spamd":           "A89EB7629C3: to=<b@example.net>, relay=x[203.0.113.1]:25, status=sent (250 ok)",
		"dovecot":         "imap-login: Login: user=<carol>, rip=192.0.2.99",
		"postfix/anvil":   "statistics: max connection count 1 for (smtpd:192.0.2.1) at Mar  3 10:18:20",
		"postfix/scache":  "statistics: start interval Mar  3 10:18:20",
		"sendmail":        "u23AIN1x012345: to=<b@example.net>, delay=00:00:01, mailer=esmtp, relay=x. [203.0.113.1], dsn=2.0.0, stat=Sent",
		"postfix/cleanup": "A89EB7629C3: warning: header Subject: to=<x>, status=sent (250 ok) from x[192.0.2.1]; from=<a@b> to=<c@d>",
	} {
		f(process, b, "none")
	}
}

// A queue id is told from a word.
func TestQueueID(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		id, rest := queueID([]byte(s))
		if string(id) != want {
			t.Errorf("%q: got %q, want %q", s, id, want)
		}
		if want == "" && string(rest) != s || want != "" && string(rest) != s[len(want)+2:] {
			t.Errorf("%q: rest is %q", s, rest)
		}
	}
	f("A89EB7629C3: removed", "A89EB7629C3")
	f("0F5383D: removed", "0F5383D")
	f("ABCDEFABC: removed", "ABCDEFABC") // no digit, as a few of a million have none
	f("3mPVKl0Mhjz7sXv: removed", "3mPVKl0Mhjz7sXv")
	f("ED06590130AA1C9D6D862: removed", "ED06590130AA1C9D6D862")
	for _, s := range []string{"warning: x", "NOQUEUE: reject", "statistics: x", "fatal: x", "error: x", "connect from x", "ABCDE: x", "abcdef: x",
		"A89EB7629C3 removed", "A89EB7629C3:removed", "A89EB7629C3:", "", "message-id=<x>", strings.Repeat("A1", 40) + ": removed"} {
		f(s, "")
	}
}

// Without a syslog prefix the text alone must do.
func TestMessageOnly(t *testing.T) {
	f := func(line, want string, verdict mail.Verdict) {
		t.Helper()
		v, events := decode(line)
		got := ""
		for _, e := range events {
			got += describe(&e)
		}
		if got != want || v != verdict {
			t.Errorf("%s\n got %q %v\nwant %q %v", line, got, v, want, verdict)
		}
	}
	f("A89EB7629C3: to=<b@example.net>, relay=mx2.example.net[203.0.113.2]:25, delay=1, status=sent (250 ok)",
		"attempt delivered id=A89EB7629C3 to=b@example.net mx=mx2.example.net ip=203.0.113.2 relay=mx2.example.net[203.0.113.2]:25 delay=1000000 stage=end-of-data reply=250 ok", mail.Understood)
	f("to=<b@example.net>, relay=none, delay=1, status=deferred (delivery temporarily suspended: connect to mx1.example.net[203.0.113.1]:25: Connection timed out)",
		"attempt suspended to=b@example.net mx=mx1.example.net ip=203.0.113.1 relay=none delay=1000000 stage=connect", mail.Understood)
	f("to=<b@example.net>, relay=local, delay=1, status=sent (delivered to mailbox)", "attempt delivered local to=b@example.net relay=local delay=1000000", mail.Understood)
	f("connect to mx1.example.net[203.0.113.1]:25: Connection timed out", "connect-failure mx=mx1.example.net ip=203.0.113.1 stage=connect", mail.Understood)
	f("sender non-delivery notification: 4F1A2B3C4D", "notice child=4F1A2B3C4D", mail.Understood)
	f("NOQUEUE: reject: CONNECT from [192.0.2.1]:1337: too many connections", "own-side client=192.0.2.1 reply=too many connections", mail.Understood)
	// Chain information without an id: nothing to tie it to.
	for _, s := range []string{"message-id=<1@example.com>", "from=<a@example.com>, size=1, nrcpt=1 (queue active)", "uid=1206 from=<system>", "removed", "client=x[192.0.2.1]", "A89EB7629C3: to=<b@exam"} {
		f(s, "", mail.Understood)
	}
	for _, s := range []string{"", "   ", "# a comment", "-- Logs begin at Tue 2026-03-03 --", "-- Reboot --", "warning: x", "statistics: x", "connect from x[192.0.2.1]",
		"WHITELISTED [192.0.2.1]:5", "NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 5.7.1 no", "A89EB7629C3: reject: RCPT from x", "3mhh843cz2zCpsL: enabling PIX workarounds: x", "Deleted: 115 messages"} {
		f(s, "", mail.Irrelevant)
	}
	for _, s := range []string{"garbage", "{\"log\":\"x\"}", "a,b,c", "dane:none", "Foo123: bar", "hostile", "2026-03-03 10:18:23 1abcde-000001-2f <= a@example.com H=x", "\xff\xfe\x00x"} {
		f(s, map[bool]string{true: "none"}[strings.HasPrefix(s, "2026")], mail.NotUnderstood)
	}
}

// Prefixes that are none of Postfix, and copies of a line.
func TestPrefixes(t *testing.T) {
	f := func(line string, kind mail.EventKind, verdict mail.Verdict) {
		t.Helper()
		v, events := decode(line)
		if v != verdict || len(events) != 1 || events[0].Kind != kind || events[0].Time == 0 {
			t.Errorf("%s: %v %+v, want %v and one event of kind %v", line, v, events, verdict, kind)
		}
	}
	const sent = "A89EB7629C3: to=<b@example.net>, relay=mx2.example.net[203.0.113.2]:25, delay=1, status=sent (250 ok)"
	f("Mar  3 10:18:24 mx1 last message repeated 3 times", mail.KindNone, mail.Irrelevant)
	f("Mar  3 10:18:24 mx1 postfix/smtp[123]: message repeated 2 times: [ "+sent+"]", mail.KindAttempt, mail.Understood)
	f("Mar  3 10:18:24 mx1 postfix/smtpd[123]: message repeated 2 times: [ connect from x[192.0.2.1]]", mail.KindNone, mail.Irrelevant)
	f("Mar  3 10:18:24 mx1 -- MARK --", mail.KindNone, mail.Irrelevant)
	f("Mar  3 10:18:24 mx1 syslogd 1.4.1#18: restart.", mail.KindNone, mail.Irrelevant)
	f("Mar  3 10:18:24 mx1 kernel: oops", mail.KindNone, mail.Irrelevant)
	f("Mar  3 10:18:24 mx1 smtp[1]: "+sent, mail.KindAttempt, mail.Understood)
	f("Mar  3 10:18:24 mx1 smtp: "+sent, mail.KindAttempt, mail.Understood)
	f("Mar  3 10:18:24 mx1 postfix/smtp[1]: "+sent+"   \r", mail.KindAttempt, mail.Understood)
	f("Mar  3 10:18:24 postfix/smtp[1]: "+sent, mail.KindAttempt, mail.Understood)
	f("<22>1 2026-03-03T10:18:23.504367Z mx1 postfix/smtp 1 - [m s=\"7\"] \xEF\xBB\xBF"+sent, mail.KindAttempt, mail.Understood)
	f("2026-03-03T10:18:23Z stdout F "+sent, mail.KindNone, mail.NotUnderstood)

	_, events := decode("2026-03-03T10:18:23.504367+01:00 mx1 postfix/out/smtp[77]: " + sent)
	if e := events[0]; e.Time != 1772529503504367 || !e.Precise || string(e.Instance) != "postfix/out" || string(e.Process) != "smtp" || e.PID != 77 || string(e.Text) != "250 ok" {
		t.Errorf("prefix: %+v", e)
	}
	_, events = decode("postfix/smtp[77]: " + sent)
	if e := events[0]; e.Time != 0 || string(e.Process) != "smtp" || e.PID != 77 {
		t.Errorf("prefix without a time: %+v", e)
	}
}

// Our own server turns others away with the words of a receiver.
func TestOwnSide(t *testing.T) {
	f := func(process, body, client, reply string) {
		t.Helper()
		want := "own-side client=" + client + " reply=" + reply
		if client == "" {
			want = "none"
		}
		if got := tellsOf(t, process, body); got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", process, body, got, want)
		}
	}
	f("postfix/postscreen", "NOQUEUE: reject: CONNECT from [192.0.2.1]:1337: too many connections", "192.0.2.1", "too many connections")
	f("postfix/postscreen", "reject: connect from [192.0.2.1]:1337: all screening ports busy", "192.0.2.1", "all screening ports busy")
	f("postfix/postscreen", "NOQUEUE: reject: CONNECT from [2001:db8::1]:1337: all screening ports busy", "2001:db8::1", "all screening ports busy")
	f("postfix/postscreen", "NOQUEUE: reject: CONNECT from [192.0.2.1]:1337: all server ports busy", "192.0.2.1", "all server ports busy")
	f("postfix/smtpd", "NOQUEUE: reject: CONNECT from x.example.net[192.0.2.1]: 421 4.7.0 mx1 Error: too many connections from 192.0.2.1; proto=SMTP", "192.0.2.1", "421 4.7.0 mx1 Error: too many connections from 192.0.2.1")
	f("postfix/smtpd", "warning: Connection concurrency limit exceeded: 51 from x.example.net[192.0.2.1] for service smtp", "192.0.2.1", "Connection concurrency limit exceeded")
	f("postfix/submission/smtpd", "warning: Connection rate limit exceeded: 31 from unknown[192.0.2.1] for service submission", "192.0.2.1", "Connection rate limit exceeded")
	f("postfix/smtpd", "warning: Message delivery request rate limit exceeded: 334 from unknown[2001:db8::1] for service smtp", "2001:db8::1", "Message delivery request rate limit exceeded")
	f("postfix/smtpd", "warning: Too many connections: 51 from x[192.0.2.1] for service smtp", "192.0.2.1", "Too many connections")
	for _, b := range []string{
		"NOQUEUE: reject: CONNECT from x[192.0.2.1]: 450 4.7.25 Client host rejected: cannot find your hostname; proto=SMTP",
		"NOQUEUE: reject: RCPT from x[192.0.2.1]: 554 5.7.1 <a@b>: Relay access denied; from=<too many connections@b> to=<a@b> proto=ESMTP helo=<x>",
		"NOQUEUE: reject: RCPT from",
		"NOQUEUE: lost connection after CONNECT from x[192.0.2.1]",
		"warning: x[192.0.2.1]: SASL LOGIN authentication failed: too many connections",
		"warning: hostname x does not resolve to address 192.0.2.1",
		"warning: Connection rate limit exceeded: 31",
		"too many errors after RCPT from x[192.0.2.1]",
	} {
		f("postfix/smtpd", b, "", "")
	}
}

func TestSendingIP(t *testing.T) {
	f := func(instance, want string) {
		t.Helper()
		before := []byte("203.0.113.255") // of another instance
		if got := string(readInstanceIP([]byte(instance), before)); got != want {
			t.Errorf("%s: got %q, want %q", instance, got, want)
		}
	}
	f("postfix-239.58.50.50", "239.58.50.50")
	f("postfix-192-0-2-10", "192.0.2.10")
	f("postfix-192_0_2_10", "192.0.2.10")
	f("postfix/out_192.0.2.10", "192.0.2.10")
	f("postfix/192-0-2-10", "192.0.2.10")
	f("postfix-192.0.2.10-bulk", "192.0.2.10")
	f("mta1-192-0-2-10", "192.0.2.10")
	f("192.0.2.10", "192.0.2.10")
	for _, s := range []string{"", "postfix", "postfix/outlook5", "postfix-1.2.3", "postfix-256.1.1.1", "postfix-192-0.2-10", "postfix-1-192-0-2-10", "postfix-192-0-2-10-5",
		"postfix-1000-192-0-2-10", "postfix-192.000.2.10", "postfix-192.0.2.01", "postfix-0.0.2.10", "postfix/192/0/2/10", "a-192.0.2.10-b-192.0.2.11", "a-192.0.2.10-b-1.2.300.4", "postfix-192.0.2.10x", "out192.0.2.10",
		"postfix-192.0.2.", "postfix-192..2.10", "-", "..", "1234-192-0-2"} {
		f(s, "")
	}
}

func TestScore(t *testing.T) {
	lines := func(s ...string) (b [][]byte) {
		for _, l := range s {
			b = append(b, []byte(l))
		}
		return b
	}
	if got := score(mix); got != len(mix)-1 { // all but dovecot
		t.Errorf("score %d of %d lines", got, len(mix))
	}
	if got := score(lines("A89EB7629C3: removed", "to=<b@example.net>, relay=local, delay=1, status=sent (delivered)", "warning: x", "")); got != 2 {
		t.Errorf("score of messages without a prefix: %d, want 2", got)
	}
	if got := score(lines("Mar  3 10:18:23 mx1 smtpd[1]: 4a6bc8d7 smtp connected address=192.0.2.1 host=x", "2026-03-03 10:18:23 1abcde-000001-2f => b@example.net R=x T=y H=mx [203.0.113.1]",
		"Mar  3 10:18:23 mx1 sendmail[1]: u23AIN1x: to=<b@example.net>, delay=00:00:01, relay=x. [203.0.113.1], dsn=2.0.0, stat=Sent", `{"type":"Delivery"}`, "")); got != 0 {
		t.Errorf("score of other formats: %d, want 0", got)
	}
}
