package postfix

import (
	"bytes"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// mix is one message's life and what stands between it in a busy log.
var mix = bytes.Split([]byte(`Mar  3 10:18:20 out1 postfix/smtpd[2201]: connect from app1.example.com[192.0.2.7]
Mar  3 10:18:20 out1 postfix/smtpd[2201]: A89EB7629C3: client=app1.example.com[192.0.2.7], sasl_method=PLAIN, sasl_username=news@example.com
Mar  3 10:18:20 out1 postfix/cleanup[2210]: A89EB7629C3: message-id=<20260303101820.A89EB7629C3@out1.example.com>
Mar  3 10:18:20 out1 postfix/qmgr[1150]: A89EB7629C3: from=<bounce-1234@example.com>, size=24310, nrcpt=2 (queue active)
Mar  3 10:18:20 out1 postfix/smtpd[2201]: disconnect from app1.example.com[192.0.2.7] ehlo=1 auth=1 mail=1 rcpt=2 data=1 quit=1 commands=7
Mar  3 10:18:20 out1 postfix/smtp[2215]: Untrusted TLS connection established to hotmail-com.olc.protection.outlook.com[203.0.113.11]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
Mar  3 10:18:21 out1 postfix/smtp[2215]: A89EB7629C3: host alt1.gmail-smtp-in.l.google.com[203.0.113.22] said: 421 4.7.28 [198.51.100.25] Our system has detected an unusual rate of unsolicited mail originating from your IP address. - gsmtp (in reply to MAIL FROM command)
Mar  3 10:18:21 out1 postfix/smtp[2215]: A89EB7629C3: to=<anna@gmail.com>, relay=gmail-smtp-in.l.google.com[203.0.113.21]:25, delay=0.8, delays=0.06/0/0.34/0.4, dsn=2.0.0, status=sent (250 2.0.0 OK 1772533101 a640c23a62f3a-ab7d1f 41si2387 - gsmtp)
Mar  3 10:18:21 out1 postfix/smtp[2216]: A89EB7629C3: to=<bob@hotmail.com>, relay=hotmail-com.olc.protection.outlook.com[203.0.113.11]:25, conn_use=4, delay=1.1, delays=0.06/0.01/0.63/0.4, dsn=4.7.652, status=deferred (host hotmail-com.olc.protection.outlook.com[203.0.113.11] said: 451 4.7.652 The mail server [198.51.100.25] has exceeded the maximum number of connections. (S3115) [AM7EUR06FT005.eop-eur06.prod.protection.outlook.com 2026-03-03T10:18:21.504Z 08DD5A0B4C1D] (in reply to MAIL FROM command))
Mar  3 10:18:21 out1 dovecot: imap-login: Login: user=<carol@example.com>, method=PLAIN, rip=192.0.2.99, lip=192.0.2.1, mpid=4242, TLS
Mar  3 10:18:22 out1 postfix/error[2230]: B11BB7629C4: to=<dave@yahoo.com>, relay=none, delay=63526, delays=63525/1.2/0/0.01, dsn=4.7.0, status=deferred (delivery temporarily suspended: host mta5.am0.yahoodns.net[203.0.113.31] refused to talk to me: 421 4.7.0 [TSS04] Messages from 198.51.100.25 temporarily deferred)
Mar  3 10:18:22 out1 postfix/smtp[2217]: C01CB7629C5: to=<erin@hotmail.com>, relay=hotmail-com.olc.protection.outlook.com[203.0.113.11]:25, conn_use=2, delay=0.31, delays=0.02/0/0.1/0.19, dsn=2.6.0, status=sent (250 2.6.0 <20260303101822.C01CB7629C5@out1.example.com> [InternalId=12345678901, Hostname=AM7EUR06FT005.eop-eur06.prod.protection.outlook.com] 8421 bytes in 0.123, 66.7 KB/sec Queued mail for delivery -> 250 2.1.5)
Mar  3 10:18:22 out1 postfix/qmgr[1150]: C01CB7629C5: removed
Mar  3 10:18:23 out1 postfix/smtpd[2202]: NOQUEUE: reject: RCPT from unknown[192.0.2.66]: 554 5.7.1 <x@example.net>: Relay access denied; from=<y@example.net> to=<x@example.net> proto=ESMTP helo=<z>
Mar  3 10:18:23 out1 postfix/anvil[2203]: statistics: max connection rate 4/60s for (smtp:192.0.2.7) at Mar  3 10:18:20`), []byte("\n"))

// wantMix is what the mix holds, by kind.
var wantMix = map[mail.EventKind]int{
	mail.KindNone: 6, mail.KindArrival: 1, mail.KindMessageID: 1, mail.KindActive: 1,
	mail.KindRefusal: 1, mail.KindAttempt: 4, mail.KindRemoved: 1,
}

func TestMix(t *testing.T) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	got := map[mail.EventKind]int{}
	for _, line := range mix {
		if v := d.Decode(line, func(e *mail.Event) { got[e.Kind]++ }); v == mail.NotUnderstood {
			t.Errorf("not understood: %s", line)
		}
	}
	for kind, want := range wantMix {
		if got[kind] != want {
			t.Errorf("%d events of kind %v, want %d", got[kind], kind, want)
		}
	}
}

// A line costs no allocation, whatever its wrapper and its instance.
func TestNoAllocation(t *testing.T) {
	lines := append([][]byte(nil), mix...)
	for _, line := range mix[:9] {
		body := line[len("Mar  3 10:18:20 "):]
		lines = append(lines,
			append([]byte("2026-03-03T10:18:21.504367+01:00 "), body...),
			bytes.Replace(line, []byte("postfix/"), []byte("postfix-192-0-2-10/"), 1),
			body[bytes.Index(body, []byte("]: "))+3:])
	}
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.FixedZone("", 3600)})
	var events int
	emit := func(*mail.Event) { events++ }
	run := func() {
		for _, line := range lines {
			d.Decode(line, emit)
		}
	}
	run() // the name of the instance grows a buffer once
	if n := testing.AllocsPerRun(20, run); n != 0 {
		t.Errorf("%v allocations for %d lines, want none", n, len(lines))
	}
	if events == 0 {
		t.Error("no events")
	}
}

func BenchmarkDecode(b *testing.B) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	var size, told, none int
	emit := func(e *mail.Event) {
		if e.Kind == mail.KindNone {
			none++
		} else {
			told++
		}
	}
	for _, line := range mix {
		size += len(line) + 1
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range mix {
			d.Decode(line, emit)
		}
	}
	if want := wantMix[mail.KindNone]; none != want*b.N || told != (len(mix)-want)*b.N {
		b.Fatalf("%d events and %d others in %d runs of %d lines", told, none, b.N, len(mix))
	}
}

// The lab's logs: the time of a real file, one pass.
func BenchmarkDecodeLab(b *testing.B) {
	var lines [][]byte
	size := 0
	for _, l := range labLogs(b) {
		lines = append(lines, l...)
	}
	for _, l := range lines {
		size += len(l) + 1
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		events := 0
		d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
		for _, line := range lines {
			d.Decode(line, func(*mail.Event) { events++ })
		}
		if events != len(lines) {
			b.Fatalf("%d events for %d lines", events, len(lines))
		}
	}
}
