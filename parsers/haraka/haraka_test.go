package haraka

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const (
	uuid = "1B012E7A-4362-42CC-B2D5-27534802E482.1.1"
	info = "[INFO] [" + uuid + "] [outbound] "
	id   = " id=" + uuid
	via  = info + "Looking up A records for: mx.example.net\n" + info + "Attempting to deliver to: 203.0.113.2:25 (0) (5)\n"
	host = " mx=mx.example.net ip=203.0.113.2"
	end  = "removed" + id
)

func check(t *testing.T, text, verdicts string, want ...string) {
	t.Helper()
	parsertest.Check(t, Format, text, verdicts, want...)
}

func TestDelivered(t *testing.T) {
	const fields = "delivered file=1_1_0_1_x_1_out1 domain=example.net host=mx.example.net ip=203.0.113.2 port=25 mode=SMTP tls=Y auth=N "
	event := "attempt delivered" + id + host + " delay=900ms stage=end-of-data reply=OK 1234 - queued"
	f := func(line string, want ...string) {
		t.Helper()
		check(t, line, "u", want...)
	}
	const rest = `response="OK 1234 - queued" delay=0.9 fails=0 `
	f("[NOTICE] ["+uuid+"] [outbound]  "+fields+rest+"rcpts=1/0/0", event, end)
	f("[NOTICE] ["+uuid+"] [outbound]  "+fields+rest+"rcpts=2/0/0", event, event, end)
	f("[NOTICE] ["+uuid+"] [outbound]  "+fields+rest+"rcpts=2/1/0", event, event) // the third has a line of its own
	f("[NOTICE] [" + uuid + "] [outbound]  " + fields + rest + "rcpts=0/1/0")
	f("[NOTICE] ["+uuid+"] [outbound]  "+fields+rest, event, end)
	f(`[NOTICE] [`+uuid+`] [outbound] delivered file=1 domain="example.net" host="mx.example.net" ip=203.0.113.2 port=25 mode=SMTP `+rest+"rcpts=1/0/0", event, end)
	f("level=NOTICE uuid="+uuid+` source=outbound message="" `+fields+rest+"rcpts=1/0/0", event, end)
	f(`{"level":"NOTICE","uuid":"`+uuid+`","source":"outbound","message":"","delivered file":"1","domain":"example.net","host":"mx.example.net","ip":"203.0.113.2","port":25,"mode":"SMTP","tls":"Y","auth":"N","response":"OK 1234 - queued","delay":0.9,"fails":0,"rcpts":"1/0/0"}`, event, end)
	// Not by SMTP to elsewhere.
	f("[NOTICE] ["+uuid+`] [outbound]  delivered file=1 domain=example.net host=127.0.0.1 ip=/run/dovecot/lmtp port=24 mode=LMTP tls=N auth=N response="<a@example.net> Saved" delay=0.048 fails=0 rcpts=1/0/0`,
		"attempt delivered local"+id+" ip=127.0.0.1 delay=48ms stage=end-of-data reply=<a@example.net> Saved", end)
	f("[NOTICE] ["+uuid+`] [outbound]  delivered file=1 host=localhost ip=127.0.0.1 mode=SMTP response="OK`, "attempt delivered local"+id+" mx=localhost ip=127.0.0.1 stage=end-of-data reply=OK", end)
}

func TestFailures(t *testing.T) {
	f := func(line string, want ...string) {
		t.Helper()
		check(t, via+line, "uuu", want...)
	}
	const notice = "[NOTICE] [" + uuid + "] [outbound] "
	f(notice+"recipient <a@example.net> deferred: 452 4.2.2 full", "attempt deferred"+id+" to=a@example.net"+host+" stage=rcpt reply=452 4.2.2 full")
	f(notice+"recipient <a@example.net> rejected: 550 5.1.1 no", "attempt bounced"+id+" to=a@example.net"+host+" stage=rcpt reply=550 5.1.1 no")
	f(info+"Temp failing 1_1_0_1_x for 64 seconds: Upstream error: 421 4.7.0 Too many connections", "attempt deferred"+id+host+" reply=421 4.7.0 Too many connections")
	f(info+"Temp failing 1_1_0_1_x for 64 seconds: Tried all MXs", "attempt deferred"+id+host+" text=Tried all MXs")
	f(info + "Temp failing 1_1_0_1_x for 64 seconds: Some recipients temp failed: <a@example.net>") // their own lines told it
	f(info+"bouncing mail: 550 5.7.26 no", "attempt bounced"+id+host+" reply=550 5.7.26 no", end)
	f(info+"Bouncing mail: 550 5.7.26 no", "attempt bounced"+id+host+" reply=550 5.7.26 no", end)
	f(info + "bouncing mail: Some recipients failed: <a@example.net>")
	f(info+"bouncing mail: Too many failures (Upstream error: 421 4.7.0 later)", "expiry expired"+id+host+" reply=421 4.7.0 later", end)
	f(info+"bouncing mail: Too many failures (Tried all MXs)", "expiry expired"+id+host+" text=Tried all MXs", end)
	f("[ERROR] ["+uuid+"] [outbound] Ongoing connection failed to 203.0.113.2:25 : Error: socket hang up", "refusal refused"+id+host+" text=Ongoing connection failed to 203.0.113.2:25 : Error: socket hang up")
	f("[ERROR] ["+uuid+"] [outbound] Remote end 203.0.113.2:25 closed connection while we were processing mail. Trying next MX.", "refusal refused"+id+host+" text=Remote end 203.0.113.2:25 closed connection while we were processing mail. Trying next MX.")
	// No host is known.
	check(t, info+"bouncing mail: Domain example.com sends and receives no email (NULL MX)", "u", "attempt bounced"+id+" text=Domain example.com sends and receives no email (NULL MX)", end)
	check(t, info+"Temp failing 1 for 64 seconds: DNS lookup failure: x", "u", "attempt deferred"+id+" text=DNS lookup failure: x")
	check(t, "level=INFO uuid="+uuid+` source=core message="Temp failing 1 for 64 seconds: Upstream error: 421 busy"`, "u", "attempt deferred"+id+" reply=421 busy")
	check(t, `{"level":"INFO","uuid":"`+uuid+`","source":"core","message":"Temp failing 1 for 64 seconds: Upstream error: 421 \"busy\""}`, "u", "attempt deferred"+id+` reply=421 "busy"`)
	// LMTP and this host.
	check(t, info+"Attempting to deliver to: /run/lmtp:24 using LMTP (0) (0)\n"+notice+"recipient <a@example.net> deferred: 452 x", "uu", "attempt deferred local"+id+" to=a@example.net stage=rcpt reply=452 x")
}

func TestConnectFailures(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		text := line[strings.LastIndex(line, "Failed"):]
		check(t, line, "u", "connect-failure"+want+" stage=connect text="+text)
	}
	f("[ERROR] [-] [core] [outbound] Failed to get pool entry: Outbound connection timed out to 203.0.113.2:25", " ip=203.0.113.2")
	f("[ERROR] [-] [core] [outbound] Failed to get pool entry: Outbound connection error: Error: connect ETIMEDOUT 203.0.113.2:25", " ip=203.0.113.2")
	f("[ERROR] ["+uuid+"] [outbound] Failed to get socket: connect EHOSTUNREACH 2001:db8::2:25 - Local (undefined:undefined)", id+" ip=2001:db8::2")
	f("[ERROR] ["+uuid+"] [outbound] Failed to get socket: connect ETIMEDOUT 203.0.113.2:25 - Local (192.0.2.10:0)", id+" ip=203.0.113.2 our=192.0.2.10")
}

// The dialogue, where it is logged, tells what a reply answered.
func TestStage(t *testing.T) {
	const p = "[PROTOCOL] [" + uuid + "] [outbound] "
	const failing = info + "Temp failing 1 for 64 seconds: Upstream error: 421 busy"
	f := func(dialogue, stage string) {
		t.Helper()
		text := via
		for _, l := range strings.Split(dialogue, "|") {
			text += p + l + "\n"
		}
		check(t, text+failing, "uu"+strings.Repeat("i", strings.Count(text, "\n")-2)+"u", "attempt deferred"+id+host+" stage="+stage+" reply=421 busy")
	}
	f(`S: 421 busy\r\n`, "banner")
	f(`S: 220 x\r\n|C: EHLO out1|S: 421 busy`, "ehlo")
	f(`S: 220 x\r\n|C: EHLO out1|S: 250 x|C: MAIL FROM:<n@example.com>|S: 421 busy`, "mail")
	f(`S: 220 x|C: EHLO out1|C: MAIL FROM:<n@example.com>|C: RCPT TO:<a>|C: DATA|C: .|S: 421 busy|C: QUIT`, "end-of-data")
	f(`C: STARTTLS|S: 421 busy`, "tls")
	// A new try begins anew.
	check(t, via+p+"C: MAIL FROM:<>\n"+via+failing, "uuiuuu", "attempt deferred"+id+host+" reply=421 busy")
	// The dialogue of our own server is another thing.
	check(t, "[PROTOCOL] ["+uuid+"] [core] S: 421 busy", "i")
}

// What DEBUG logs too is told once.
func TestTempFail(t *testing.T) {
	const debug = "[DEBUG] [-] [core] Temp fail for: Upstream error: 421 busy"
	const failing = info + "Temp failing 1 for 64 seconds: Upstream error: 421 busy"
	event, bare := "attempt deferred"+id+" reply=421 busy", "attempt deferred reply=421 busy"
	noise := strings.Repeat("\n[DEBUG] [-] [core] x", 3)
	check(t, debug+noise+"\n"+failing, "uiiiu", event)
	check(t, debug+noise+"\n"+debug+"\n"+failing+"\n"+failing, "uiiiuuu", event, event)
	check(t, debug+noise, "uiii", bare) // a plugin decided
	check(t, debug+strings.Repeat("\n[DEBUG] [-] [core] x", waitLines+5)+"\n"+failing, "u"+strings.Repeat("i", waitLines+5)+"u", bare, event)
	check(t, debug+"\n"+info+"bouncing mail: Too many failures (Upstream error: 421 busy)", "uu", "expiry expired"+id+" reply=421 busy", end)
	check(t, "[DEBUG] [-] [core] Temp fail for: Some recipients temp failed: <a>", "u")
	d := NewDecoder(parsertest.Options())
	n := 0
	for i := range 1000 {
		d.Decode(fmt.Appendf(nil, "[DEBUG] [-] [core] Temp fail for: Upstream error: 421 %d", i), func(*mail.Event) { n++ })
		if len(d.waiting) > maxWaiting {
			t.Fatalf("%d wait", len(d.waiting))
		}
	}
	if d.Close(func(*mail.Event) { n++ }); n != 1000 {
		t.Errorf("%d of 1000 events", n)
	}
}

func TestAside(t *testing.T) {
	f := func(line, verdict string) {
		t.Helper()
		check(t, line, verdict)
	}
	f("[NOTICE] ["+uuid+"] [core] connect ip=192.0.2.7 port=1234", "i")
	f("[DEBUG] ["+uuid+"] [outbound] running send_email hooks", "i")
	f("[INFO] [-] [core] [outbound] [outbound::25:203.0.113.2:undefined:50] dispense() clients=1 available=0", "i")
	f("[INFO] ["+uuid+"] [outbound] Temp failing without an end", "i")
	f("[INFO] [not a uuid] [outbound] x", "n")
	f("[WHATEVER] [-] [core] x", "n")
	f("level=LOUD uuid=- source=core message=x", "n")
	f(`{"level":"info","uuid":"-","message":"x"}`, "n")
	f("Mar  3 10:18:23 out1 dovecot: x", "i")
	f("# x", "i")
	f("", "i")
	f("x", "n")
	check(t, `[NOTICE] [`+uuid+`] [core] hook=connect plugin=limit function=max retval=DENYSOFTDISCONNECT msg="Too many concurrent connections"`, "u", "own-side reply=Too many concurrent connections")
	f(`[NOTICE] [`+uuid+`] [core] hook=rcpt plugin=x retval=DENY msg="I cannot deliver mail for <a>"`, "i")
}

// Where the time comes from.
func TestTime(t *testing.T) {
	const body = "[INFO] [" + uuid + "] [outbound] Attempting to deliver to: 203.0.113.2:25 (0) (0)"
	berlin := parsers.Options{Year: 2026, Location: time.FixedZone("", 3600)}
	f := func(line, want string, zoneless bool) {
		t.Helper()
		if got := parsertest.Times(Format, line, berlin); fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("%s: %v, want %s", line, got, want)
		}
		if v, _ := parsertest.Decode(Format, line); v != "u" {
			t.Errorf("%s: %s", line, v)
		}
		if Format.Zoneless(parsertest.Lines(line)) != zoneless {
			t.Errorf("%s: zoneless is not %v", line, zoneless)
		}
	}
	f(body, "", false)
	f("2026-03-03T10:18:23.504Z "+body, "2026-03-03T10:18:23.504Z", false)
	f("2026-03-03 10:18:23.504305500  "+body, "2026-03-03T09:18:23.504305Z", true)
	f("2026-03-03_10:18:23.50436 "+body, "2026-03-03T10:18:23.50436Z", false)
	f("Mar  3 10:18:23 out1 haraka[77]: "+body, "2026-03-03T09:18:23Z", true)
	f("\x1b[36m"+body+"\x1b[39m", "", false)
	f("2026-03-03T10:18:23.504Z \x1b[36m"+body+"\x1b[39m", "2026-03-03T10:18:23.504Z", false)
	f("2026-03-03T10:18:23.504Z level=INFO uuid="+uuid+` source=outbound message="Attempting to deliver to: x:25"`, "2026-03-03T10:18:23.504Z", false)
	f(`{"level":"INFO","uuid":"`+uuid+`","source":"outbound","message":"Looking up A records for: mx","timestamp":"2026-03-03T10:18:23.504Z"}`, "2026-03-03T10:18:23.504Z", false)
}

// A prefix that somebody else read counts like one on the line.
func TestHeader(t *testing.T) {
	var d parsers.HeaderDecoder = NewDecoder(parsertest.Options())
	var got []string
	h := syslog.Header{Time: 1772533103e6, Stamped: true, Host: []byte("out1"), Process: []byte("haraka"), Body: []byte(info + "bouncing mail: 550 no")}
	v := d.DecodeHeader(&h, func(e *mail.Event) { got = append(got, parsertest.Describe(e)) })
	if v != mail.Understood || len(got) != 2 || got[0] != "attempt bounced host=out1"+id+" reply=550 no" {
		t.Errorf("%v %q", v, got)
	}
}

// Hostile logs cannot make the decoder grow.
func TestBound(t *testing.T) {
	d := NewDecoder(parsertest.Options())
	for i := range maxTries + 100 {
		d.Decode(fmt.Appendf(nil, "[INFO] [%08X-4362-42CC-B2D5-27534802E482] [outbound] Attempting to deliver to: 203.0.113.2:25", i), func(*mail.Event) {})
	}
	if n := d.tries.Len(); n != maxTries {
		t.Errorf("%d tries", n)
	}
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, parsertest.Others["haraka"]+"\nlevel=NOTICE uuid=- source=core message=x\n"+`{"level":"NOTICE","uuid":"-","source":"core","message":"x"}`)
}

func TestCorpus(t *testing.T) { parsertest.Corpus(t, Format, "haraka", nil) }

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, via+info+"Temp failing 1 for 64 seconds: Upstream error: 421 x\n"+info+"bouncing mail: Too many failures (Tried all MXs)",
		"[DEBUG] [-] [core] Temp fail for: Upstream error: 421 x\n[PROTOCOL] ["+uuid+"] [outbound] C: MAIL\n"+info+"recipient <a> deferred: 452",
		"level=NOTICE uuid=- source=outbound message=\"\" delivered file=x host=\"y\" ip=[::1]:25 response=\"a\" delay=1e300 rcpts=999999999999/1/0",
		"[ERROR] [-] [core] [outbound] Failed to get socket: connect X 2001:db8::2:25 - Local (192.0.2.10:0)",
		"2026-03-03_10:18:23.50436 \x1b[36m[INFO] [-] [core] [outbound] Ongoing connection failed to x : y\x1b[39m",
		`{"level":"NOTICE","uuid":"-","message":"recipient <a> rejected: 550","time":"2026-03-03T10:18:23Z","delivered file":1,"rcpts":"-1/0/0"}`)
}

func BenchmarkDecode(b *testing.B) {
	lines := parsertest.Lines(via + "[NOTICE] [" + uuid + `] [outbound]  delivered file=1_1_0_1_x_1_out1 domain=example.net host=mx.example.net ip=203.0.113.2 port=25 mode=SMTP tls=Y auth=N response="OK 1234 - queued" delay=0.9 fails=0 rcpts=1/0/0` +
		"\n[NOTICE] [" + uuid + "] [core] connect ip=192.0.2.7 port=1234\n" + info + "Temp failing 1 for 64 seconds: Upstream error: 421 4.7.0 Too many connections")
	size := 0
	for i, l := range lines {
		lines[i] = append([]byte("2026-03-03T10:18:23.504Z "), l...)
		size += len(lines[i]) + 1
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
	if events != 6*b.N {
		b.Fatalf("%d events in %d runs", events, b.N)
	}
}
