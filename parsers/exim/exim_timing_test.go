package exim

import (
	"bytes"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// mix is a few messages' life and what stands between it in a busy log.
var mix = bytes.Split([]byte(`2026-03-03 10:18:20.101 [2201] SMTP connection from [192.0.2.7] (TCP/IP connection count = 3)
2026-03-03 10:18:20.212 [2202] 1wvYIb-00000005S1o-3buz <= bounce-1234@example.com H=app1.example.com (app1) [192.0.2.7] P=esmtpsa X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no A=plain:news S=24310 id=20260303101820.1@example.com T="News of the week" from <bounce-1234@example.com> for anna@gmail.com
2026-03-03 10:18:20.213 [2202] SMTP connection from app1.example.com (app1) [192.0.2.7] closed by QUIT
2026-03-03 10:18:20.541 [2204] 1wvYIb-00000005S1o-3buz H=alt1.gmail-smtp-in.l.google.com [203.0.113.22]:25: SMTP error from remote mail server after pipelined MAIL FROM:<bounce-1234@example.com> SIZE=25400: 421-4.7.28 [198.51.100.25] Our system has detected an unusual rate of unsolicited mail.\n421 4.7.28 - gsmtp
2026-03-03 10:18:21.020 [2203] 1wvYIb-00000005S1o-3buz => anna@gmail.com R=dnslookup T=remote_smtp H=gmail-smtp-in.l.google.com [203.0.113.21]:25 I=[198.51.100.25]:40404 X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=yes DN="CN=mx.google.com" K C="250- 24310 byte chunk, total 25400\\n250 2.0.0 OK 1772533101 a640c23a62f3a-ab7d1f - gsmtp" QT=0.820s DT=0.770s
2026-03-03 10:18:21.021 [2203] 1wvYIb-00000005S1o-3buz Completed QT=0.821s
2026-03-03 10:18:21.504 [2216] 1wvYIc-00000005S1p-0abc H=hotmail-com.olc.protection.outlook.com [203.0.113.11]:25: SMTP error from remote mail server after pipelined MAIL FROM:<bounce-1235@example.com> SIZE=25400: 451 4.7.652 The mail server [198.51.100.25] has exceeded the maximum number of connections. (S3115) [AM7EUR06FT005.eop-eur06.prod.protection.outlook.com 2026-03-03T10:18:21.504Z 08DD5A0B4C1D]
2026-03-03 10:18:21.506 [2215] 1wvYIc-00000005S1p-0abc == bob@hotmail.com R=dnslookup T=remote_smtp defer (-45) H=hotmail-com.olc.protection.outlook.com [203.0.113.11]:25* I=[198.51.100.25]:40405 DT=0.101s: SMTP error from remote mail server after pipelined MAIL FROM:<bounce-1235@example.com> SIZE=25400: 451 4.7.652 The mail server [198.51.100.25] has exceeded the maximum number of connections. (S3115) [AM7EUR06FT005.eop-eur06.prod.protection.outlook.com 2026-03-03T10:18:21.504Z 08DD5A0B4C1D]
2026-03-03 10:18:21.700 [2217] 1wvYId-00000005S1q-1def no immediate delivery: more than 10 messages received in one connection
2026-03-03 10:18:22.001 [2218] 1wvYId-00000005S1q-1def == dave@yahoo.com R=dnslookup T=remote_smtp defer (-54) DT=0.000s: retry time not reached for any host for 'yahoo.com'
2026-03-03 10:18:22.002 [2219] 1wvYIe-00000005S1r-2ghi ** erin@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1]:25 : SMTP error from remote mail server after RCPT TO:<erin@example.net>: 550 5.1.1 No such user DT=0.2s
2026-03-03 10:18:22.003 [2220] 1wvYIf-00000005S1s-3jkl <= <> R=1wvYIe-00000005S1r-2ghi U=exim P=local S=1234
2026-03-03 10:18:22.004 [2221] Connection from [192.0.2.9]:24244 refused: too many connections
2026-03-03 10:18:22.005 [2222] H=(x) [192.0.2.66]:4711 F=<y@example.net> rejected RCPT <x@example.net>: relay not permitted
2026-03-03 10:18:22.006 [2223] End queue run: pid=2223`), []byte("\n"))

// wantMix is what the mix holds, by kind.
var wantMix = map[mail.EventKind]int{
	mail.KindNone: 5, mail.KindArrival: 2, mail.KindRefusal: 2, mail.KindAttempt: 4,
	mail.KindRemoved: 1, mail.KindNotice: 1, mail.KindOwnSide: 1,
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

// A line costs no allocation, whatever its wrapper.
func TestNoAllocation(t *testing.T) {
	lines := append([][]byte(nil), mix...)
	for _, line := range mix {
		lines = append(lines,
			append([]byte("Mar  3 10:18:21 mx1 exim[2201]: "), line...),
			append([]byte("2026-03-03T10:18:21.504367+01:00 mx1 exim[2201]: "), line[len("2026-03-03 10:18:20.101 "):]...),
			append([]byte("2026-03-03 10:18:21 +0100 "), line[len("2026-03-03 10:18:20.101 "):]...))
	}
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.FixedZone("", 3600)})
	var events int
	emit := func(*mail.Event) { events++ }
	run := func() {
		for _, line := range lines {
			d.Decode(line, emit)
		}
	}
	run() // the confirmation grows a buffer once
	if n := testing.AllocsPerRun(20, run); n != 0 {
		t.Errorf("%v allocations for %d lines, want none", n, len(lines))
	}
	if events == 0 {
		t.Error("no events")
	}
}

func BenchmarkDecode(b *testing.B) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	var size, told, none, want int
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
	for kind, n := range wantMix {
		if kind != mail.KindNone {
			want += n
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range mix {
			d.Decode(line, emit)
		}
	}
	if none != wantMix[mail.KindNone]*b.N || told != want*b.N {
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
			d.Decode(line, func(e *mail.Event) {
				if e.Kind != mail.KindNotice { // a line has one beside
					events++
				}
			})
		}
		if events != len(lines) {
			b.Fatalf("%d events for %d lines", events, len(lines))
		}
	}
}
