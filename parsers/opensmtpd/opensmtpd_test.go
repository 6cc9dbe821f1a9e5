package opensmtpd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const prefix = "Jul  6 06:01:46 out1 smtpd[75295]: "

func check(t *testing.T, bodies, verdicts string, want ...string) {
	t.Helper()
	for i := range want {
		kind, rest, _ := strings.Cut(want[i], "|")
		want[i] = kind + " host=out1" + rest
	}
	parsertest.Check(t, Format, prefix+strings.ReplaceAll(bodies, "\n", "\n"+prefix), verdicts, want...)
}

const (
	s1      = "5df87c9b982c840c "
	env     = "evpid=3d4c4a424797fe79 from=<news@example.com> to=<a@example.net> rcpt=<-> "
	ids     = "| id=3d4c4a424797fe79 from=news@example.com to=a@example.net"
	removed = "removed| id=3d4c4a424797fe79"
	peerOf  = `source="192.0.2.10" relay="203.0.113.2 (mx.example.net)" `
	hosts   = " mx=mx.example.net ip=203.0.113.2 our=192.0.2.10"
)

func TestNew(t *testing.T) {
	f := func(body string, want ...string) {
		t.Helper()
		check(t, s1+body, "u", want...)
	}
	for _, what := range []string{"mta delivery ", "mta event=delivery "} {
		f(what+env+peerOf+`delay=1d2h3m4s result="Ok" stat="250 2.0.0: f6e94209 Message accepted for delivery"`,
			"attempt delivered"+ids+hosts+" delay=26h3m4s reply=250 2.0.0: f6e94209 Message accepted for delivery", removed)
		f(what+env+peerOf+`delay=0s result="TempFail" stat="421 <a@example.net> Service not available - too busy"`,
			"attempt deferred"+ids+hosts+" reply=421 <a@example.net> Service not available - too busy")
		// Nothing in stat is escaped: it ends at the last quote.
		f(what+env+peerOf+`delay=1s result="PermFail" stat="550 5.7.1 "no", delay=9d result="Ok" stat="x" [203.0.113.1] weren't sent."`,
			"attempt bounced"+ids+hosts+` delay=1s reply=550 5.7.1 "no", delay=9d result="Ok" stat="x" [203.0.113.1] weren't sent.`, removed)
	}
	// No session: the relay is a domain.
	f("mta delivery "+env+`source="-" relay="example.net" delay=2m result="TempFail" stat="Network error on destination MXs"`,
		"attempt deferred"+ids+" delay=2m0s text=Network error on destination MXs")
	f("mta delivery "+env+`source="-" relay="example.net" delay=2m result="TempFail" stat="All routes to destination blocked"`,
		"attempt suspended"+ids+" delay=2m0s text=All routes to destination blocked")
	f("mta delivery "+env+`source="-" relay="example.net" delay=2m result="PermFail" stat="Domain does not exist"`,
		"attempt bounced"+ids+" delay=2m0s text=Domain does not exist", removed)
	// Nobody at the receiver spoke.
	f("mta delivery "+env+peerOf+`delay=0s result="TempFail" stat="Connection closed unexpectedly"`,
		"attempt deferred"+ids+hosts+" text=Connection closed unexpectedly")
	f("mta delivery "+env+`source="[2001:db8::1]" relay="[2001:db8::2] (mx.example.net)" delay=0s result="TempFail" stat="421 x"`,
		"attempt deferred"+ids+" mx=mx.example.net ip=2001:db8::2 our=2001:db8::1 reply=421 x")
	f("mta delivery "+env+`source="192.0.2.10" relay="203.0.113.2" delay=0s result="TempFail" stat="421 x`, // cut
		"attempt deferred"+ids+" ip=203.0.113.2 our=192.0.2.10 reply=421 x")
	f("mta delivery "+env+`source="127.0.0.1" relay="127.0.0.1 (localhost)" delay=0s result="Ok" stat="250 ok"`,
		"attempt delivered local"+ids+" mx=localhost ip=127.0.0.1 our=127.0.0.1 reply=250 ok", removed)
	f(`mta delivery evpid=3d4c4a424797fe79 from=<> to=<"a> b"@example.net> rcpt=<c@example.net> `+peerOf+`delay=0s result="Ok" stat="250 ok"`,
		`attempt delivered null-sender| id=3d4c4a424797fe79 to="a> b"@example.net`+hosts+" reply=250 ok", removed)
	f("mda delivery "+env+"user=a delay=0s result=Ok stat=Delivered", "attempt delivered local"+ids+" text=Delivered", removed)
	f("mda event=delivery "+env+`user=a delay=0s result="TempFail" stat="mail.local: 451 x"`, "attempt deferred local"+ids+" text=mail.local: 451 x")
	f("smtp envelope evpid=3d4c4a424797fe79 from=<news@example.com> to=<a@example.net>", "arrival| id=3d4c4a424797fe79 from=news@example.com")
	f("smtp envelope evpid=3d4c4a424797fe79 from=<> to=<a@example.net>", "arrival null-sender| id=3d4c4a424797fe79")
}

func TestOld(t *testing.T) {
	f := func(body string, want ...string) {
		t.Helper()
		check(t, body, "u", want...)
	}
	const middle = "for 3d4c4a424797fe79: session=5df87c9b982c840c, from=<news@example.com>, to=<a@example.net>, rcpt=<->, source=192.0.2.10, relay=203.0.113.2 (mx.example.net), delay=12s, "
	f("relay: Ok "+middle+"stat=250 2.0.0: 1 Message accepted for delivery", "attempt delivered"+ids+hosts+" delay=12s reply=250 2.0.0: 1 Message accepted for delivery", removed)
	f("relay: TempFail "+middle+"stat=421 busy, stat=x, to=<y>", "attempt deferred"+ids+hosts+" delay=12s reply=421 busy, stat=x, to=<y>")
	f("relay: PermFail "+middle+"stat=550 Invalid recipient", "attempt bounced"+ids+hosts+" delay=12s reply=550 Invalid recipient", removed)
	// 5.3: no brackets, no source, a comma missing.
	f("relay: TempFail for 3d4c4a424797fe79: from=news@example.com, to=a@example.net, relay=203.0.113.2 (mx.example.net) delay=12s, stat=451 later",
		"attempt deferred"+ids+" mx=mx.example.net ip=203.0.113.2 delay=12s reply=451 later")
	f("relay: Ok for 3d4c4a424797fe79: from=<news@example.com>, to=<a@example.net>, source=127.0.0.1, relay=127.0.0.1 (localhost), delay=0s, stat=250 ok",
		"attempt delivered local"+ids+" mx=localhost ip=127.0.0.1 our=127.0.0.1 reply=250 ok", removed)
	f("delivery: Ok for 3d4c4a424797fe79: from=<news@example.com>, to=<a@example.net>, user=a, method=maildir, delay=0s, stat=Delivered",
		"attempt delivered local"+ids+" text=Delivered", removed)
	// queue.c still writes this form.
	f("relay: Expire for 3d4c4a424797fe79: from=<news@example.com>, to=<a@example.net>, rcpt=<->, delay=4d, stat=Envelope expired",
		"expiry expired"+ids+" delay=96h0m0s text=Envelope expired", removed)
	f("relay: Remove for 3d4c4a424797fe79: from=<news@example.com>, to=<a@example.net>, rcpt=<->, delay=4d, stat=Removed by administrator", removed)
}

// What is refused before a message was taken is told by the session alone.
func TestSessions(t *testing.T) {
	const connecting = s1 + "mta connecting address=smtp://203.0.113.2:25 host=mx.example.net\n"
	const connected = s1 + "mta connected\n"
	f := func(bodies, verdicts string, want ...string) {
		t.Helper()
		check(t, bodies, verdicts, want...)
	}
	const host = " mx=mx.example.net ip=203.0.113.2"
	f(connecting+connected+s1+"mta error reason=BANNER rejected: 421 4.7.0 Too many connections", "uuu", "refusal refused|"+host+" stage=banner reply=421 4.7.0 Too many connections")
	f(connecting+connected+s1+"mta error reason=EHLO rejected: 421 busy", "uuu", "refusal refused|"+host+" stage=ehlo reply=421 busy")
	f(connecting+connected+s1+"mta error reason=STARTTLS rejected: 454 no", "uuu", "refusal refused|"+host+" stage=tls reply=454 no")
	f(connecting+connected+s1+"mta error reason=AUTH rejected: 535 no", "uuu", "refusal refused|"+host+" stage=auth reply=535 no")
	f(connecting+connected+s1+`mta event=error reason="BANNER rejected: 554 no"`, "uuu", "refusal refused|"+host+" stage=banner reply=554 no")
	f(connecting+s1+"mta error reason=IO Error: Connection refused", "uu", "connect-failure|"+host+" stage=connect text=IO Error: Connection refused")
	f(connecting+connected+s1+"mta error reason=Connection closed unexpectedly", "uuu", "refusal refused|"+host+" text=Connection closed unexpectedly")
	// With TLS the greeting is over: the messages tell the rest.
	f(connecting+connected+s1+"mta tls ciphers=TLSv1.3:X:256\n"+s1+"mta error reason=Connection closed unexpectedly", "uuiu")
	f(s1+"mta error reason=BANNER rejected: 421 busy", "u", "refusal refused| stage=banner reply=421 busy") // the log begins here
	f(s1+"mta error reason=Connection timeout", "u")
	f(strings.ReplaceAll(connecting, "smtp://203.0.113.2", "smtp+tls://[2001:db8::2]")+s1+"mta error reason=x", "uu", "connect-failure| mx=mx.example.net ip=2001:db8::2 stage=connect text=x")
	f(strings.ReplaceAll(connecting, "203.0.113.2", "127.0.0.1")+connected+s1+"mta error reason=BANNER rejected: 421 busy", "uuu", "refusal refused local| mx=mx.example.net ip=127.0.0.1 stage=banner reply=421 busy")
	// Before 6.0.
	const id = "5df87c9b982c840c"
	f("smtp-out: Connecting to tls://IPv6:2001:db8::2:25 (mx.example.net) on session "+id+"...\nsmtp-out: Connected on session "+id+"\nsmtp-out: Error on session "+id+": BANNER rejected: 421 busy", "uuu",
		"refusal refused| mx=mx.example.net ip=2001:db8::2 stage=banner reply=421 busy")
	f("smtp-out: Connecting to smtp://203.0.113.2:25 (mx.example.net) on session "+id+"...\nsmtp-out: Error on session "+id+": Connection timeout", "uu",
		"connect-failure|"+host+" stage=connect text=Connection timeout")
	f("smtp-out: Connecting to smtp://203.0.113.2:25 (mx.example.net) on session "+id+"...\nsmtp-out: Connected on session "+id+"\nsmtp-out: Error on session "+id+" after 3 messages sent: IO Error: x", "uuu")
}

// The second message of a session is told from the first.
func TestConnUse(t *testing.T) {
	line := func(evpid string) string {
		return s1 + "mta delivery evpid=" + evpid + " from=<n@example.com> to=<a@example.net> rcpt=<-> " + peerOf + `delay=0s result="TempFail" stat="421 x"`
	}
	bodies := s1 + "mta connecting address=smtp://203.0.113.2:25 host=mx.example.net\n" + line("aaaaaaaa00000001") + "\n" + line("aaaaaaaa00000002") + "\n" + line("bbbbbbbb00000001") + "\n" +
		s1 + "mta disconnected reason=quit messages=2\n" + line("cccccccc00000001")
	var want []string
	for _, e := range []string{"aaaaaaaa00000001 1", "aaaaaaaa00000002 1", "bbbbbbbb00000001 2", "cccccccc00000001 0"} {
		id, use, _ := strings.Cut(e, " ")
		w := "attempt deferred| id=" + id + " from=n@example.com to=a@example.net" + hosts
		if use != "0" {
			w += " use=" + use
		}
		want = append(want, w+" reply=421 x")
	}
	check(t, bodies, "uuuuiu", want...)
}

// One process holds all sessions, so that its number tells nothing.
func TestPID(t *testing.T) {
	d := NewDecoder(parsertest.Options())
	var pids []uint32
	for _, id := range []string{"5df87c9b982c840c", "5df87c9b982c840d"} {
		d.Decode([]byte(prefix+id+" mta delivery "+env+peerOf+`delay=0s result="TempFail" stat="421 x"`), func(e *mail.Event) { pids = append(pids, e.PID) })
	}
	if len(pids) != 2 || pids[0] == pids[1] || pids[0] != peer.Session([]byte("5df87c9b982c840c")) {
		t.Errorf("%v", pids)
	}
}

func TestOwnSide(t *testing.T) {
	const text = "warn: Disabling incoming SMTP connections: Client limit reached"
	check(t, text, "u", "own-side| reply="+text)
}

func TestAside(t *testing.T) {
	f := func(body, verdict string) {
		t.Helper()
		check(t, body, verdict)
	}
	f(`smtp-in: Failed command on session 1f55bdcdf16e28a3: "MAIL FROM:<root@example.com>  " => 421 4.3.0: Temporary Error`, "i")
	f(s1+"smtp message msgid=f6e94209 size=802 nrcpt=1 proto=ESMTP", "i")
	f(s1+"smtp failed-command command=\"RCPT TO:<x>\" result=\"550 Invalid recipient\"", "i")
	f(s1+"mta disconnected reason=quit messages=1", "i")
	f(s1+"mta host-rejects-all-mails", "i")
	f("smtp-out: Disabling route [] <-> 203.0.113.2 (mx.example.net) for 15s", "i")
	f("info: OpenSMTPD 7.7.0 starting", "i")
	f(s1+"mta delivery "+env+`source="192.0.2.10" relay="203.0`, "u") // cut
	f(s1+"mta delivery "+env+peerOf+`delay=0s result="Odd" stat="x"`, "u")
	parsertest.Check(t, Format, "no prefix at all", "n")
	parsertest.Check(t, Format, "", "i")
	parsertest.Check(t, Format, strings.ReplaceAll(prefix, "smtpd", "postfix/smtpd")+s1+"mta delivery "+env+peerOf+`delay=0s result="Ok" stat="x"`, "i")
	parsertest.Check(t, Format, s1+"mta delivery "+env+peerOf+`delay=0s result="TempFail" stat="421 x"`, "u",
		"attempt deferred "+ids[2:]+hosts+" reply=421 x") // without a prefix
}

// Hostile logs cannot make the decoder grow.
func TestBound(t *testing.T) {
	d := NewDecoder(parsertest.Options())
	for i := range maxSessions + 100 {
		d.Decode(fmt.Appendf(nil, "%016x mta connecting address=smtp://203.0.113.2:25 host=mx.example.net", i), func(*mail.Event) {})
	}
	if n := d.sessions.Len(); n != maxSessions {
		t.Errorf("%d sessions", n)
	}
}

// A prefix that somebody else read counts like one on the line.
func TestHeader(t *testing.T) {
	var d parsers.HeaderDecoder = NewDecoder(parsertest.Options())
	var got []string
	h := syslog.Header{Time: 1772533103e6, Stamped: true, Host: []byte("out1"), Process: []byte("x"), Body: []byte(s1 + "mta error reason=BANNER rejected: 421 busy")}
	v := d.DecodeHeader(&h, func(e *mail.Event) { got = append(got, parsertest.Describe(e)) })
	if v != mail.Understood || len(got) != 1 || got[0] != "refusal refused host=out1 stage=banner reply=421 busy" {
		t.Errorf("%v %q", v, got)
	}
	if v := NewDecoder(parsertest.Options()).Decode([]byte("2026-03-03 10:18:23 no program here"), func(*mail.Event) {}); v != mail.NotUnderstood {
		t.Errorf("a time alone: %v", v)
	}
}

func TestTime(t *testing.T) {
	got := parsertest.Times(Format, prefix+s1+"mta connected", parsers.Options{Year: 2025, Location: parsertest.Options().Location})
	if len(got) != 1 || got[0] != "2025-07-06T06:01:46Z" {
		t.Error(got)
	}
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, parsertest.Others["opensmtpd"]+"\n"+prefix+"relay: Ok for 3d4c4a424797fe79: session=5df87c9b982c840c, from=<n@example.com>, to=<a@example.net>, stat=250 ok")
}

func TestCorpus(t *testing.T) { parsertest.Corpus(t, Format, "opensmtpd", nil) }

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format,
		s1+"mta connecting address=smtp://[2001:db8::2]:25 host=mx.example.net\n"+s1+"mta connected\n"+s1+"mta error reason=BANNER rejected: 421 x",
		s1+"mta event=delivery "+env+peerOf+`delay=1d2h3m4s result="PermFail" stat="550 "x""`,
		"relay: Expire for 3d4c4a424797fe79: from=<>, to=<a>, rcpt=<->, delay=999999999999d, stat=Envelope expired",
		"smtp-out: Connecting to smtp://203.0.113.2:25 (mx) on session 5df87c9b982c840c...\nsmtp-out: Error on session 5df87c9b982c840c: x",
		s1+"smtp envelope evpid=3d4c4a424797fe79 from=<> to=<a>")
}

func BenchmarkDecode(b *testing.B) {
	lines := parsertest.Lines(prefix + s1 + "mta connecting address=smtp://203.0.113.2:25 host=mx.example.net\n" + prefix + s1 + "mta connected\n" +
		prefix + s1 + "mta delivery " + env + peerOf + `delay=1d2h3m4s result="TempFail" stat="421 4.7.0 Too many connections"` + "\n" +
		prefix + s1 + "mta disconnected reason=quit messages=1")
	size := 0
	for _, l := range lines {
		size += len(l) + 1
	}
	d := NewDecoder(parsertest.Options())
	events := 0
	emit := func(*mail.Event) { events++ }
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}
	if events != 4*b.N {
		b.Fatalf("%d events in %d runs", events, b.N)
	}
}

// A delivery costs no allocation; only a new session does.
func TestNoAllocation(t *testing.T) {
	line := []byte(prefix + s1 + "mta delivery " + env + peerOf + `delay=0s result="Ok" stat="250 ok"`)
	d := NewDecoder(parsertest.Options())
	events := 0
	emit := func(*mail.Event) { events++ }
	d.Decode([]byte(prefix+s1+"mta connected"), emit)
	if n := testing.AllocsPerRun(20, func() { d.Decode(line, emit) }); n != 0 || events == 0 {
		t.Errorf("%v allocations, %d events", n, events)
	}
}
