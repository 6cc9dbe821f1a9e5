package postfix

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// describe renders an event: kind, outcome and the fields that are set.
func describe(e *mail.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", e.Kind)
	if e.Outcome != mail.OutcomeUnknown {
		fmt.Fprintf(&b, " %v", e.Outcome)
	}
	if e.Local {
		b.WriteString(" local")
	}
	if e.NullSender {
		b.WriteString(" null-sender")
	}
	add := func(name string, v []byte) {
		if len(v) > 0 {
			fmt.Fprintf(&b, " %s=%s", name, v)
		}
	}
	num := func(name string, v int64) {
		if v != 0 {
			fmt.Fprintf(&b, " %s=%d", name, v)
		}
	}
	add("id", e.QueueID)
	add("child", e.Child)
	add("msgid", e.MessageID)
	add("from", e.Sender)
	num("size", int64(e.Size))
	num("nrcpt", int64(e.Recipients))
	add("to", e.Recipient)
	add("mx", e.MX)
	add("ip", e.MXIP)
	add("relay", e.Relay)
	add("our", e.SendingIP)
	add("client", e.Client)
	num("use", int64(e.ConnUse))
	num("delay", e.Delay)
	if e.HasDelays {
		fmt.Fprintf(&b, " delays=%v", e.Delays)
	}
	add("dsn", e.DSN)
	if e.Stage != mail.StageUnknown {
		fmt.Fprintf(&b, " stage=%v", e.Stage)
	}
	add("reply", e.Reply)
	return b.String()
}

func decode(line string) (mail.Verdict, []mail.Event) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	var events []mail.Event
	v := d.Decode([]byte(line), func(e *mail.Event) { events = append(events, *e) })
	d.Close(func(e *mail.Event) { events = append(events, *e) })
	return v, events
}

// tellsOf describes the one event of "process: body" behind a syslog prefix.
func tellsOf(t *testing.T, process, body string) string {
	t.Helper()
	v, events := decode("Mar  3 10:18:23 mx1 " + process + "[123]: " + body)
	if len(events) != 1 || events[0].Time != 1772533103e6 || string(events[0].Host) != "mx1" || events[0].PID != 123 {
		t.Errorf("%s: %s: the prefix is lost: %+v", process, body, events)
		return ""
	}
	if e := events[0]; v != mail.Understood && e.Kind != mail.KindNone || v == mail.NotUnderstood {
		t.Errorf("%s: %s: verdict %v for an event of kind %v", process, body, v, e.Kind)
	}
	return describe(&events[0])
}

const relayed = "A89EB7629C3: to=<bob@example.net>, relay=mx2.example.net[203.0.113.2]:25, delay=0.8, delays=0.06/0/0.74/0, "

// The status line, field by field.
func TestDelivery(t *testing.T) {
	f := func(process, body, want string) {
		t.Helper()
		if got := tellsOf(t, process, body); got != want {
			t.Errorf("%s: %s\n got %s\nwant %s", process, body, got, want)
		}
	}
	const common = " id=A89EB7629C3 to=bob@example.net"
	const relay = " mx=mx2.example.net ip=203.0.113.2 relay=mx2.example.net[203.0.113.2]:25"
	const delay = " delay=800000 delays=[60000 0 740000 0]"

	f("postfix/smtp", relayed+"dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F1A2B3C4D)",
		"attempt delivered id=A89EB7629C3 child=4F1A2B3C4D to=bob@example.net"+relay+delay+" dsn=2.0.0 stage=end-of-data reply=250 2.0.0 Ok: queued as 4F1A2B3C4D")
	f("postfix/smtp", relayed+"dsn=4.7.0, status=deferred (host mx2.example.net[203.0.113.2] refused to talk to me: 421 4.7.0 too many connections)",
		"attempt deferred"+common+relay+delay+" dsn=4.7.0 stage=banner reply=421 4.7.0 too many connections")
	f("postfix/smtp", relayed+"dsn=5.7.1, status=bounced (host mx2.example.net[203.0.113.2] said: 550 5.7.1 no (S3140) (in reply to MAIL FROM command))",
		"attempt bounced"+common+relay+delay+" dsn=5.7.1 stage=mail reply=550 5.7.1 no (S3140)")
	f("postfix/smtp", relayed+"dsn=5.7.1, status=SOFTBOUNCE (host mx2.example.net[203.0.113.2] said: 550 5.7.1 no (in reply to RCPT TO command))",
		"attempt deferred"+common+relay+delay+" dsn=5.7.1 stage=rcpt reply=550 5.7.1 no")

	// Optional fields, in their order and out of it.
	f("postfix/smtp", "A89EB7629C3: to=<bob@example.net>, orig_to=<b,x@example.org>, relay=mx2.example.net[203.0.113.2]:25, conn_use=17, delay=63526, delays=63525/1.2/0/0.01, tls=dane/!requiretls:nostarttls, dsn=4.0.0, status=deferred (host mx2.example.net[203.0.113.2] said: 451 later (in reply to end of DATA command))",
		"attempt deferred"+common+relay+" use=17 delay=63526000000 delays=[63525000000 1200000 0 10000] dsn=4.0.0 stage=end-of-data reply=451 later")
	f("postfix/smtp", "A89EB7629C3: to=<bob@example.net>, relay=mx2.example.net[203.0.113.2]:25, delay=1, delays=1/0/0/0, tls=(disabled:sts)/may?, newfield=a,b, dsn=2.0.0, status=sent (250 ok)",
		"attempt delivered"+common+relay+" delay=1000000 delays=[1000000 0 0 0] dsn=2.0.0 stage=end-of-data reply=250 ok")
	// Postfix before 2.3: no delays, no dsn, no port; older still: no brackets.
	f("postfix/smtp", "A89EB7629C3: to=<bob@example.net>, relay=mx2.example.net[203.0.113.2], delay=1, status=sent (250 ok dirdel)",
		"attempt delivered"+common+" mx=mx2.example.net ip=203.0.113.2 relay=mx2.example.net[203.0.113.2] delay=1000000 stage=end-of-data reply=250 ok dirdel")
	f("postfix/smtp", "A89EB7629C3: to=bob@example.net, relay=mx2.example.net[203.0.113.2]:25, delay=1, status=sent (250 ok)",
		"attempt delivered"+common+relay+" delay=1000000 stage=end-of-data reply=250 ok")
	f("postfix/smtp", "A89EB7629C3: to=<bob@example.net>, relay=mx2.example.net[2001:db8::25]:25, delay=1, status=sent (250 ok)",
		"attempt delivered"+common+" mx=mx2.example.net ip=2001:db8::25 relay=mx2.example.net[2001:db8::25]:25 delay=1000000 stage=end-of-data reply=250 ok")
	f("postfix/smtp", "A89EB7629C3: to=<bob@example.net>, relay=192.0.2.85[192.0.2.85]:2527, delay=1, status=sent (250 ok)",
		"attempt delivered"+common+" mx=192.0.2.85 ip=192.0.2.85 relay=192.0.2.85[192.0.2.85]:2527 delay=1000000 stage=end-of-data reply=250 ok")
	f("postfix/smtp", "A89EB7629C3: to=<bob@example.net>, relay=mx2.example.net[xxx.xxx.xxx.xxx]:25, delay=1, status=sent (250 ok)",
		"attempt delivered"+common+" mx=mx2.example.net relay=mx2.example.net[xxx.xxx.xxx.xxx]:25 delay=1000000 stage=end-of-data reply=250 ok")
	// Delays that are none.
	f("postfix/smtp", "A89EB7629C3: to=<bob@example.net>, relay=none, delay=9999999999999, delays=1/2/3, dsn=4.4.3, status=deferred (Host or domain name not found. Name service error for name=example.net type=MX: Host not found, try again)",
		"attempt deferred"+common+" relay=none dsn=4.4.3")

	// The sending instance.
	f("postfix-192.0.2.10/smtp", "A89EB7629C3: to=<bob@example.net>, relay=mx2.example.net[203.0.113.2]:25, delay=1, status=sent (250 ok)",
		"attempt delivered"+common+relay+" our=192.0.2.10 delay=1000000 stage=end-of-data reply=250 ok")

	// Probes of verify(8), unknown words, and lines that were cut before the
	// status: part of the chain, but no attempt.
	const none = "none"
	f("postfix/smtp", relayed+"dsn=2.1.5, status=deliverable (250 2.1.5 Ok)", none)
	f("postfix/smtp", relayed+"dsn=5.1.1, status=undeliverable (host mx2.example.net[203.0.113.2] said: 550 no)", none)
	f("postfix/error", "A89EB7629C3: to=<bob@example.net>, relay=none, delay=0.01, delays=0.01/0/0/0, dsn=5.1.1, status=undeliverable-but-not-cached (User unknown)", none)
	for _, cut := range []string{"A89EB7629C3: to=<bob@exam", "A89EB7629C3: to=<", "A89EB7629C3: to=", relayed, relayed + "dsn=4.0.0, status=", relayed + "dsn=4.0.0, status=def",
		relayed + "dsn=4.0", relayed[:80], relayed[:90], "A89EB7629C3: to=<bob@example.net>", "A89EB7629C3: to=<bob@example.net>,", "A89EB7629C3: to=<bob@example.net>, r"} {
		v, events := decode("Mar  3 10:18:23 mx1 postfix/smtp[123]: " + cut)
		if len(events) != 1 || events[0].Kind != mail.KindNone || v != mail.Understood {
			t.Errorf("%q: %v %+v, want an understood line that claims nothing", cut, v, events)
		}
	}
	// Cut after the status: it counts, with what is left of the reply.
	f("postfix/smtp", relayed+"dsn=4.0.0, status=deferred", "attempt deferred"+common+relay+delay+" dsn=4.0.0")
	f("postfix/smtp", relayed+"dsn=4.0.0, status=deferred (", "attempt deferred"+common+relay+delay+" dsn=4.0.0")
	f("postfix/smtp", relayed+"dsn=4.0.0, status=deferred (host mx1.example.net[203.0.113.1] said: 451 4.7.1 come (later",
		"attempt deferred"+common+" mx=mx1.example.net ip=203.0.113.1 relay=mx2.example.net[203.0.113.2]:25"+delay+" dsn=4.0.0 reply=451 4.7.1 come (later")
	f("postfix/smtp", relayed+"dsn=4.0.0, status=deferred (host mx1.example.net[203.0.113.1] said: 451 4.7.1 later (in reply to MAIL F",
		"attempt deferred"+common+" mx=mx1.example.net ip=203.0.113.1 relay=mx2.example.net[203.0.113.2]:25"+delay+" dsn=4.0.0 stage=mail reply=451 4.7.1 later")
	f("postfix/smtp", relayed+"dsn=4.0.0, status=deferred (host mx1.example.net[203.0.113.1] said: 451 4.7.1 later (in repl",
		"attempt deferred"+common+" mx=mx1.example.net ip=203.0.113.1 relay=mx2.example.net[203.0.113.2]:25"+delay+" dsn=4.0.0 reply=451 4.7.1 later")
	f("postfix/smtp", relayed+"dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4F1A2B3",
		"attempt delivered"+common+relay+delay+" dsn=2.0.0 stage=end-of-data reply=250 2.0.0 Ok: queued as 4F1A2B3")
}

// Addresses hold what a field separator holds; the reason holds what a field
// holds.
func TestDeliveryHostile(t *testing.T) {
	f := func(to, rcpt, reason, reply string) {
		t.Helper()
		body := "A89EB7629C3: to=" + to + ", relay=mx2.example.net[203.0.113.2]:25, delay=1, delays=0/0/1/0, dsn=4.2.0, status=deferred (host mx2.example.net[203.0.113.2] said: " + reason + " (in reply to RCPT TO command))"
		_, events := decode("Mar  3 10:18:23 mx1 postfix/smtp[123]: " + body)
		if len(events) != 1 {
			t.Fatalf("%s: %d events", body, len(events))
		}
		e := events[0]
		if string(e.Recipient) != rcpt || string(e.Reply) != reply || e.Stage != mail.StageRcpt || e.Outcome != mail.Deferred || string(e.MXIP) != "203.0.113.2" || string(e.DSN) != "4.2.0" {
			t.Errorf("%s\n got %s", body, describe(&e))
		}
	}
	plain := func(to, rcpt string) { t.Helper(); f(to, rcpt, "450 x", "450 x") }
	plain("<a@example.net>", "a@example.net")
	plain("<>", "")
	plain("<a=b,c@example.net>", "a=b,c@example.net")
	plain(`<"a, b"@example.net>`, `"a, b"@example.net`)
	plain(`<"a>, relay=evil[192.0.2.9]:25, status=sent (250 x)"@example.net>`, `"a>, relay=evil[192.0.2.9]:25, status=sent (250 x)"@example.net`)
	plain(`<"a\">, b=c"@example.net>`, `"a\">, b=c"@example.net`)
	plain(`<a> b@example.net>`, `a> b@example.net`)
	plain(`<a>, b@example.net>`, `a>, b@example.net`)
	plain(`<"open@example.net>`, `"open@example.net`)
	plain("a,b@example.net", "a,b@example.net")
	plain("<b\xf6b@example.net>", "b\xf6b@example.net")
	plain("<test@[192.0.2.1]>", "test@[192.0.2.1]")

	f("<a@example.net>", "a@example.net", "450 status=sent (250 ok), to=<x@example.com>, relay=none", "450 status=sent (250 ok), to=<x@example.com>, relay=none")
	f("<a@example.net>", "a@example.net", "450 host evil[192.0.2.9] said: 250 ok (in reply to DATA command)", "450 host evil[192.0.2.9] said: 250 ok (in reply to DATA command)")
	f("<a@example.net>", "a@example.net", "450-4.2.0 first 450 4.2.0 second", "450-4.2.0 first 450 4.2.0 second")
	f("<a@example.net>", "a@example.net", "", "")
}

// What the reason says about host, stage and reply, whatever relay= says.
func TestReason(t *testing.T) {
	f := func(reason, want string) {
		t.Helper()
		got := tellsOf(t, "postfix/smtp", "A89EB7629C3: to=<b@example.net>, relay=mx2.example.net[203.0.113.2]:25, status=deferred ("+reason+")")
		got = strings.Replace(got, " id=A89EB7629C3 to=b@example.net", "", 1)
		got = strings.Replace(got, " relay=mx2.example.net[203.0.113.2]:25", "", 1)
		if got != "attempt "+want {
			t.Errorf("%s\n got %s\nwant attempt %s", reason, got, want)
		}
	}
	const one = "mx=mx1.example.net ip=203.0.113.1"
	const two = "mx=mx2.example.net ip=203.0.113.2"
	const host = "host mx1.example.net[203.0.113.1] "

	f(host+"refused to talk to me: 421 busy", "deferred "+one+" stage=banner reply=421 busy")
	f(host+"refused to talk to me: 554-mx.example.net 554 5.7.1 no", "deferred "+one+" stage=banner reply=554-mx.example.net 554 5.7.1 no")
	f("Protocol error: "+host+"said: 354 what (in reply to RCPT TO command)", "deferred "+one+" stage=rcpt reply=354 what")
	for command, stage := range map[string]string{
		"MAIL FROM command": "mail", "RCPT TO command": "rcpt", "DATA command": "data", "end of DATA command": "end-of-data", "BDAT command": "end-of-data",
		"EHLO command": "ehlo", "HELO command": "ehlo", "LHLO command": "ehlo", "STARTTLS command": "tls", "AUTH command": "auth",
		"final RSET command": "quit", "QUIT command": "quit",
	} {
		f(host+"said: 450 x (in reply to "+command+")", "deferred "+one+" stage="+stage+" reply=450 x")
	}
	f(host+"said: 450 x (in reply to XFORWARD name/address command)", "deferred "+one+" reply=450 x")
	f("host mx1.example.net[2001:db8::1] said: 450 x (in reply to DATA command)", "deferred mx=mx1.example.net ip=2001:db8::1 stage=data reply=450 x")

	for state, stage := range map[string]string{
		"receiving the initial server greeting": "banner", "receiving the initial SMTP greeting": "banner",
		"performing the EHLO handshake": "ehlo", "performing the HELO handshake": "ehlo", "performing the LHLO handshake": "ehlo",
		"performing the initial protocol handshake": "ehlo", "sending HELO": "ehlo",
		"performing the TLS handshake": "tls", "receiving the STARTTLS response": "tls", "sending the STARTTLS command": "tls", "performing SASL authentication": "auth",
		"sending MAIL FROM": "mail", "sending RCPT TO": "rcpt", "sending DATA command": "data", "sending message body": "end-of-data",
		"sending end of data -- message may be sent more than once": "end-of-data", "sending final RSET": "quit", "sending QUIT": "quit",
	} {
		f("conversation with mx1.example.net[203.0.113.1] timed out while "+state, "deferred "+one+" stage="+stage)
		f("lost connection with mx1.example.net[203.0.113.1] while "+state, "deferred "+one+" stage="+stage)
	}
	f("lost connection with mx1.example.net[203.0.113.1] while doing something new", "deferred "+one)
	f("local data error while talking to mx1.example.net[203.0.113.1]", "deferred "+one)

	f("connect to mx1.example.net[203.0.113.1]:25: Connection timed out", "deferred "+one+" stage=connect")
	f("connect to mx1.example.net[2001:db8::1]:25: Network is unreachable", "deferred mx=mx1.example.net ip=2001:db8::1 stage=connect")
	f("connect to mx1.example.net[203.0.113.1]: Connection refused (port 25)", "deferred "+one+" stage=connect")
	f("connect to mx1.example.net[203.0.113.1]: server refused to talk to me: 421 busy   (port 25)", "deferred "+one+" stage=banner reply=421 busy")
	f("connect to mx1.example.net[203.0.113.1]: server refused to talk to me: 421 busy", "deferred "+one+" stage=banner reply=421 busy")
	f("connect to mx1.example.net[203.0.113.1]: server dropped connection without sending the initial SMTP greeting", "deferred "+one+" stage=banner")
	f("connect to mx1.example.net[private/lmtp]: No such file or directory", "deferred local mx=mx1.example.net stage=connect")
	f("connect to 127.0.0.1[127.0.0.1]:10024: Connection refused", "deferred local mx=127.0.0.1 ip=127.0.0.1 stage=connect")

	f("SASL authentication failed; server mx1.example.net[203.0.113.1] said: 535 5.7.8 no", "deferred "+one+" stage=auth reply=535 5.7.8 no")
	f("SASL authentication failed; cannot authenticate to server mx1.example.net[203.0.113.1]: no mechanism available", "deferred "+one+" stage=auth")
	f("SASL [CACHED] authentication failed; server mx1.example.net[203.0.113.1] said: 535 5.7.8 no", "deferred "+one+" stage=auth reply=535 5.7.8 no")
	f("REQUIRETLS Failure: sender requested REQUIRETLS, but host mx1.example.net[203.0.113.1] refused to start TLS: 454 no", "deferred "+one+" stage=tls reply=454 no")
	f("REQUIRETLS Failure: sender requested REQUIRETLS, but no server was found that supports REQUIRETLS. The last attempted server was mx1.example.net[203.0.113.1]", "deferred "+one+" stage=tls")
	f("message requires SMTPUTF8, but no server was found that supports SMTPUTF8. The last attempted server was mx1.example.net[203.0.113.1]", "deferred "+one+" stage=ehlo")
	f("TLS is required, but was not offered by host mx1.example.net[203.0.113.1]", "deferred "+one+" stage=tls")
	f("TLS is required, but host mx1.example.net[203.0.113.1] refused to start TLS: 454 4.7.0 no", "deferred "+one+" stage=tls reply=454 4.7.0 no")
	f("TLS is required, but our TLS engine is unavailable", "deferred "+two+" stage=tls")
	f("Cannot start TLS: handshake failure", "deferred "+two+" stage=tls")
	f("Server certificate not verified", "deferred "+two+" stage=tls")
	f("SMTPUTF8 is required, but was not offered by host mx1.example.net[203.0.113.1]", "deferred "+one+" stage=ehlo")
	f("message size 9 exceeds size limit 8 of server mx1.example.net[203.0.113.1]", "deferred "+one)

	f("delivery temporarily suspended: "+host+"refused to talk to me: 421 busy", "suspended "+one+" stage=banner reply=421 busy")
	f("delivery temporarily suspended: "+host+"said: 451 x (in reply to MAIL FROM command)", "suspended "+one+" stage=mail reply=451 x")
	f("delivery temporarily suspended: connect to mx1.example.net[203.0.113.1]:25: Connection timed out", "suspended "+one+" stage=connect")
	f("delivery temporarily suspended: conversation with mx1.example.net[203.0.113.1] timed out while sending RCPT TO", "suspended "+one+" stage=rcpt")
	f("delivery temporarily suspended: Host or domain name not found. Name service error for name=x type=MX: Host not found, try again", "suspended "+two)
	f("delivery temporarily suspended: unknown mail transport error", "suspended "+two)

	// Texts that look like a host and are none.
	f("host", "deferred "+two)
	f("host name lookup failure", "deferred "+two)
	f("host mx1.example.net[203.0.113.1 said: 450 x", "deferred "+two)
	f("connect to transport private/smtp-x: Connection refused", "deferred "+two+" stage=connect")
	f("unknown mail transport error", "deferred "+two)
	f("", "deferred "+two)
}

// Deliveries that never leave the host.
func TestLocal(t *testing.T) {
	f := func(process, relay, status, want string) {
		t.Helper()
		got := tellsOf(t, process, "A89EB7629C3: to=<b@example.net>, relay="+relay+", delay=1, status="+status)
		got = strings.Replace(got, " id=A89EB7629C3", "", 1)
		got = strings.Replace(got, " to=b@example.net", "", 1)
		got = strings.Replace(got, " relay="+relay+" delay=1000000", "", 1)
		if got != "attempt "+want {
			t.Errorf("%s %s %s\n got %s\nwant attempt %s", process, relay, status, got, want)
		}
	}
	f("postfix/local", "local", "sent (delivered to mailbox)", "delivered local")
	f("postfix/local", "local", "sent (forwarded as 4F1A2B3C4D)", "delivered local child=4F1A2B3C4D")
	f("postfix/local", "local", `bounced (unknown user: "b")`, "bounced local")
	f("postfix/virtual", "virtual", "sent (delivered to maildir)", "delivered local")
	f("postfix/pipe", "dovecot", "sent (delivered via dovecot service)", "delivered local")
	f("postfix/pipe", "procmail", "deferred (temporary failure. Command output: host x[203.0.113.1] said: 421 no)", "deferred local")
	f("postfix/discard", "none", "sent (example.net)", "delivered local")
	f("postfix/error", "none", "bounced (User unknown in virtual alias table)", "bounced local")
	f("postfix/cleanup", "none", "bounced (too many recipients)", "bounced local")
	f("postfix/lmtp", "mx.example.net[private/dovecot-lmtp]", "sent (250 2.0.0 <b@example.net> Saved)", "delivered local mx=mx.example.net stage=end-of-data reply=250 2.0.0 <b@example.net> Saved")
	f("postfix/lmtp", "store.example.net[192.0.2.3]:24", "deferred (host store.example.net[192.0.2.3] said: 452 4.2.2 full (in reply to RCPT TO command))", "deferred local mx=store.example.net ip=192.0.2.3 stage=rcpt reply=452 4.2.2 full")
	// A content filter: the same message goes on under another id.
	f("postfix/amavis/smtp", "127.0.0.1[127.0.0.1]:10024", "sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4F1A2B3C4D)",
		"delivered local child=4F1A2B3C4D mx=127.0.0.1 ip=127.0.0.1 stage=end-of-data reply=250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4F1A2B3C4D")
	f("postfix/smtp", "localhost[::1]:10024", "sent (250 2.0.0 Ok: queued as 3mPVKl3YVXz2pS5Z)",
		"delivered local child=3mPVKl3YVXz2pS5Z mx=localhost ip=::1 stage=end-of-data reply=250 2.0.0 Ok: queued as 3mPVKl3YVXz2pS5Z")
	// A loopback relay, but the reason names a host that is none.
	f("postfix/smtp", "127.0.0.1[127.0.0.1]:25", "deferred (host mx1.example.net[203.0.113.1] refused to talk to me: 421 x)", "deferred mx=mx1.example.net ip=203.0.113.1 stage=banner reply=421 x")

	// error(8), retry(8) and the old queue manager make no connection.
	f("postfix/error", "none", "deferred (delivery temporarily suspended: host mx1.example.net[203.0.113.1] refused to talk to me: 421 x)", "suspended mx=mx1.example.net ip=203.0.113.1 stage=banner reply=421 x")
	f("postfix/retry", "none", "deferred (mail on hold by the operator)", "suspended")
	f("postfix/qmgr", "none", "deferred (delivery temporarily suspended: connect to mx1.example.net[203.0.113.1]: Connection timed out)", "suspended mx=mx1.example.net ip=203.0.113.1 stage=connect")
	f("postfix/qmgr", "none", "deferred (mail transport unavailable)", "suspended")
}
