package zonemta

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const (
	slot   = "info Sender/default/4133[6] "
	qid    = "1984e8a65b30004db0.001"
	own    = slot + "id=svd5unyzzguhz22p " + qid + " "
	id     = " instance=default id=" + qid
	fields = "from=news@example.com to=anna@example.net src=192.0.2.10 mx=mx.example.net[203.0.113.2] id=<1@example.com> "
	known  = id + " msgid=<1@example.com> from=news@example.com to=anna@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10"
	domain = "from=news@example.com to=anna@example.net src=192.0.2.10 mx=example.net id=<1@example.com> "
	nobody = id + " msgid=<1@example.com> from=news@example.com to=anna@example.net our=192.0.2.10"
	gone   = "removed" + id

	connecting = own + "CONNECTING domain=example.net port=25\n"
	connected  = own + "CONNECTED domain=example.net mx=mx.example.net[203.0.113.2] src=out1.example.com[192.0.2.10]\n"
)

func check(t *testing.T, text, verdicts string, want ...string) {
	t.Helper()
	parsertest.Check(t, Format, text, verdicts, want...)
}

func TestResult(t *testing.T) {
	f := func(line string, want ...string) {
		t.Helper()
		check(t, line, "u", want...)
	}
	sent := "attempt delivered" + known + " stage=end-of-data reply=250 2.0.0 OK (really)"
	f(own+"ACCEPTED "+fields+"(250 2.0.0 OK (really))", sent, gone)
	f(slot+qid+" ACCEPTED "+fields+"(250 2.0.0 OK (really))", sent, gone) // before 2018
	f("id=svd5unyzzguhz22p "+qid+" ACCEPTED "+fields+"(250 2.0.0 OK (really))",
		"attempt delivered id="+known[len(" instance=default id="):]+" stage=end-of-data reply=250 2.0.0 OK (really)", "removed id="+qid)
	f(own+"ACCEPTED from=news@example.com to=anna@example.net src=192.0.2.10 mx=mx.example.net[203.0.113.2] message-id=<1@example.com> (250 2.0.0 OK (really))", sent, gone)
	f(own+"DEFERRED[rate_limit] "+fields+"(421 4.7.0 Too many connections)", "attempt deferred"+known+" reply=421 4.7.0 Too many connections")
	f(own+"DEFERRED "+fields+"(421 4.7.0 Too many connections)", "attempt deferred"+known+" reply=421 4.7.0 Too many connections")
	f(own+"REJECTED[recipient] "+fields+"(550 5.1.1 no)", "attempt bounced"+known+" reply=550 5.1.1 no", gone)
	f(own+"REJECTED[other] "+fields+"(452 4.2.2 full)", "expiry expired"+known+" reply=452 4.2.2 full", gone) // given up
	f(own+"DEFERRED[other] "+fields+"(Connection closed)", "attempt deferred"+known+" text=Connection closed")
	f(own+"DEFERRED[other] "+fields+"(421 cut in the mid", "attempt deferred"+known+" reply=421 cut in the mid")
	f(own+"DEFERRED[other] "+fields+"()", "attempt deferred"+known)
	// The envelope's sender, where the header has another one.
	f(own+"DEFERRED "+"from=News[bounce-1@example.com] to=anna@example.net src=192.0.2.10 mx=mx.example.net[203.0.113.2] id=<1@example.com> (421 x)",
		"attempt deferred"+id+" msgid=<1@example.com> from=bounce-1@example.com to=anna@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10 reply=421 x")
	f(own+"DEFERRED from=<> to=anna@example.net src=2001:db8::10 mx=mx.example.net[2001:db8::25] id=undefined (421 x)",
		"attempt deferred null-sender"+id+" to=anna@example.net mx=mx.example.net ip=2001:db8::25 our=2001:db8::10 reply=421 x")
	f(own+"ACCEPTED from=a@example.com[] to=b@example.net src=192.0.2.10 mx=localhost[127.0.0.1] id=<1@example.com> (250 OK)",
		"attempt delivered local null-sender"+id+" msgid=<1@example.com> to=b@example.net mx=localhost ip=127.0.0.1 our=192.0.2.10 stage=end-of-data reply=250 OK", gone)
	// Cut before what makes a result one.
	f(own + "DEFERRED from=news@example.com to=an")
	f(own + "DEFERRED[other] ")
}

// A refusal before the receiver is ready names only the domain. Lines of the same
// delivery name the host.
func TestGreeting(t *testing.T) {
	const refused = own + "DEFERRED[rate_limit] " + domain + "(421 4.7.0 Too many connections)"
	check(t, connecting+connected+own+`SMTPERR [6f2] src=192.0.2.10 error="Invalid greeting. response=421 4.7.0 Too many connections"`+"\n"+refused, "uuuu",
		"attempt deferred"+known+" stage=banner reply=421 4.7.0 Too many connections")
	check(t, connecting+connected+refused, "uuu", "attempt deferred"+known+" reply=421 4.7.0 Too many connections")
	check(t, connecting+refused, "uu", "attempt deferred"+nobody+" reply=421 4.7.0 Too many connections")
	// Nothing known about connections: the log may be without those lines.
	check(t, refused, "u", "attempt deferred"+nobody+" reply=421 4.7.0 Too many connections")
	// No connection for this one, though the log tells of them: from the cache.
	const other = slot + "id=svd5unyzzguhz22p 1984e8a65b30004db0.002 "
	check(t, connecting+refused+"\n"+other+"DEFERRED[rate_limit] "+domain+"(421 4.7.0 Too many connections)", "uuu",
		"attempt deferred"+nobody+" reply=421 4.7.0 Too many connections",
		"attempt suspended instance=default id=1984e8a65b30004db0.002 msgid=<1@example.com> from=news@example.com to=anna@example.net our=192.0.2.10 reply=421 4.7.0 Too many connections")
	// The same id again, without a connection this time.
	check(t, connecting+refused+"\n"+refused, "uuu",
		"attempt deferred"+nobody+" reply=421 4.7.0 Too many connections",
		"attempt suspended"+nobody+" reply=421 4.7.0 Too many connections")
}

// One host turned the delivery away and the next one was tried.
func TestNextHost(t *testing.T) {
	const next = own + "CONNECTED domain=example.net mx=mx2.example.net[203.0.113.3] src=out1.example.com[192.0.2.10]\n"
	const sent = own + "ACCEPTED from=news@example.com to=anna@example.net src=192.0.2.10 mx=mx2.example.net[203.0.113.3] id=<1@example.com> (250 OK)"
	first := "refusal refused" + id + " mx=mx.example.net ip=203.0.113.2 our=192.0.2.10"
	second := "attempt delivered" + id + " msgid=<1@example.com> from=news@example.com to=anna@example.net mx=mx2.example.net ip=203.0.113.3 our=192.0.2.10 stage=end-of-data reply=250 OK"
	f := func(failure, want string) {
		t.Helper()
		check(t, connecting+connected+own+"SMTPERR [6f2] src=192.0.2.10 error=\""+failure+"\"\n"+connecting+next+sent, "uuuuuu", first+want, second, gone)
	}
	f("Invalid greeting. response=554 no: 554 no", " stage=banner reply=554 no")
	f("Invalid HELO. response=421 4.3.2 busy", " stage=ehlo reply=421 4.3.2 busy")
	f("Greeting never received", " stage=banner text=Greeting never received")
	f("Connection timeout", " text=Connection timeout")
	f("Error upgrading connection with STARTTLS: 454 x. response=454 x", " stage=tls reply=454 x")
	f("Invalid login. response=", " stage=auth text=Invalid login. response=")
}

func TestConnection(t *testing.T) {
	check(t, own+"CONNREUSE [6f2] count=2 mx=mx.example.net mta=192.0.2.10\n"+own+"ACCEPTED "+fields+"(250 OK)", "uu",
		"attempt delivered"+known+" use=3 stage=end-of-data reply=250 OK", gone)
	check(t, own+"CONNREUSE [6f2] count=x mx=mx.example.net mta=192.0.2.10\n"+own+"DEFERRED "+domain+"(421 x)", "uu",
		"attempt deferred"+id+" msgid=<1@example.com> from=news@example.com to=anna@example.net mx=mx.example.net our=192.0.2.10 use=2 reply=421 x")
	f := func(line, want string) {
		t.Helper()
		check(t, line, "u", want)
	}
	f(own+"CONNFAIL domain=example.net local=out1.example.com[192.0.2.10] remote=203.0.113.2:25 error=connect ECONNREFUSED 203.0.113.2:25",
		"connect-failure"+id+" ip=203.0.113.2 our=192.0.2.10 stage=connect text=connect ECONNREFUSED 203.0.113.2:25")
	f(own+"CONNFAIL domain=example.net local=out1[2001:db8::1] remote=2001:db8::25:25 error=x", "connect-failure"+id+" ip=2001:db8::25 our=2001:db8::1 stage=connect text=x")
	f(own+"CONNFAIL domain=example.net", "connect-failure"+id+" stage=connect")
	for _, line := range []string{"ERRCONNECT x", "SMTPCLOSE x", "CONNECTING", "FETCHED"} {
		check(t, own+line+" ", "u")
	}
}

// ZoneMTA puts a code in front of texts of its own.
func TestMadeUp(t *testing.T) {
	f := func(text string) {
		t.Helper()
		check(t, connecting+own+"DEFERRED[network] "+domain+"("+text+")", "uu", "attempt deferred"+nobody+" stage=connect text="+text)
	}
	f("450 Network error when connecting to MX server mx.example.net[203.0.113.2] for example.net: connect ETIMEDOUT")
	f("450 Nework error when resolving MX server")
	f("450 DNS error when resolving MX server for example.net: queryMx ESERVFAIL")
	f("Error connecting to 203.0.113.2:25. connect ECONNREFUSED")
	check(t, own+"REJECTED[dns] "+domain+"(550 Can't find an MX server for example.net)", "u",
		"attempt bounced"+nobody+" stage=connect text=550 Can't find an MX server for example.net", gone)
	// Words of a receiver that sound alike.
	check(t, own+"DEFERRED[network] "+fields+"(450 The network error you see is ours)", "u", "attempt deferred"+known+" reply=450 The network error you see is ours")
}

func TestJSON(t *testing.T) {
	const marks = `"_zone":"default","_id":"1984e8a65b30004db0","_seq":"001","_from":"news@example.com","_to":"anna@example.net","_mx":"mx.example.net","_host":"203.0.113.2","_ip":"192.0.2.10","_defcount":0`
	answer := known[:len(id)] + " from=news@example.com to=anna@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10"
	f := func(line, verdict string, want ...string) {
		t.Helper()
		check(t, line, verdict, want...)
	}
	f(`{"version":"1.1","host":"out1","short_message":"MTA [DEFERRED] x","_mail_action":"DEFERRED","_response":"421 4.7.0 Too many connections","timestamp":1772533103.5,`+marks+`}`, "u",
		"attempt deferred host=out1"+answer+" reply=421 4.7.0 Too many connections")
	f(`{"version":"1.1","host":"out1","short_message":"[ACCEPTED] x","_response":"250 OK","_timer":900,`+marks+`}`, "u",
		"attempt delivered host=out1"+answer+" c=0s d=900ms stage=end-of-data reply=250 OK", "removed host=out1"+id)
	f(`{"action":"REJECTED","zone":"default","id":"1984e8a65b30004db0","seq":"001","from":"news@example.com","to":"anna@example.net","messageId":"<1@example.com>","mx":"mx.example.net","host":"203.0.113.2","ip":"192.0.2.10","response":"550 no","time":1772533103500}`, "u",
		"attempt bounced"+known+" reply=550 no", gone)
	// Several lines.
	f("{\n\"action\":\"DEFERRED\",\"zone\":\"default\",\n\"id\":\"1984e8a65b30004db0\",\"seq\":\"001\",\"response\":\"421 x\"}\n"+own+"ACCEPTED "+fields+"(250 OK)", "uuuu",
		"attempt deferred null-sender"+id+" reply=421 x", "attempt delivered"+known+" stage=end-of-data reply=250 OK", gone)
	// Not entries of the sender.
	f(`{"version":"1.1","host":"out1","short_message":"[QUEUED] x","_mail_action":"QUEUED",`+marks+`}`, "i")
	f(`{"action":"DEFERRED","id":"a","seq":"1"}`, "i")
	f(`{"action":"DEFERRED","zone":"default","seq":"1"}`, "i")
	f(`{"action":"DEFERRED",}`, "n")
}

func TestUnfinished(t *testing.T) {
	if u, i, n := parsertest.Account(Format, own+"ACCEPTED "+fields+"(250 OK)\n{\n\"action\":\"DEFERRED\",\n"+own+"ACCEPTED "+fields+"(250 OK)"); u != 1 || i != 0 || n != 3 {
		t.Errorf("%d understood, %d irrelevant, %d not; want 1, 0, 3", u, i, n)
	}
}

func TestAside(t *testing.T) {
	f := func(line, verdict string) {
		t.Helper()
		check(t, line, verdict)
	}
	f(slot+"Zone default started", "i")
	f(own+"SOMETHING else", "i")
	f("Mar  3 10:18:23 out1 zone-mta[1]: info Queue default started", "i")
	f("Mar  3 10:18:23 out1 dovecot: x", "i")
	f("# x", "i")
	f("", "i")
	f("x", "n")
	f("id=svd5unyzzguhz22p x", "n")
	f("id=svd5unyzzguhz22p "+qid+" SOMETHING else", "n")
	f("id=svd5unyzzguhz22p 1984e8a65b30004db0.01 ACCEPTED "+fields+"(250 OK)", "n") // no sequence number
	f("id=svd5unyzzguhz22p 1984e8.001 ACCEPTED "+fields+"(250 OK)", "n")
}

// Where the time comes from.
func TestTime(t *testing.T) {
	const body = own + "CONNECTING domain=example.net port=25"
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
	f("2026-03-03T10:18:23: "+body, "2026-03-03T09:18:23Z", true) // pm2
	f("Mar  3 10:18:23 out1 zone-mta[1]: "+body, "2026-03-03T09:18:23Z", true)
	f("<6>Mar  3 10:18:23 out1 zone-mta: "+body, "2026-03-03T09:18:23Z", true)
	const entry = `{"action":"DEFERRED","zone":"default","id":"1984e8a65b30004db0","seq":"001",`
	f(entry+`"timestamp":1772533103.25}`, "2026-03-03T10:18:23.25Z", false)
	f(entry+`"time":1772533103250}`, "2026-03-03T10:18:23.25Z", false)
	f(entry+`"created":"2026-03-03T10:18:23.25Z"}`, "2026-03-03T10:18:23.25Z", false)
	f(entry+`"timestamp":"soon"}`, "1970-01-01T00:00:00Z", false)
	f(entry+`"timestamp":-5}`, "1970-01-01T00:00:00Z", false)
}

// A prefix that somebody else read counts like one on the line.
func TestHeader(t *testing.T) {
	var d parsers.HeaderDecoder = NewDecoder(parsertest.Options())
	var got []string
	h := syslog.Header{Time: 1772533103e6, Stamped: true, Host: []byte("out1"), Process: []byte("zone-mta"), Body: []byte(own + "DEFERRED " + fields + "(421 x)")}
	v := d.DecodeHeader(&h, func(e *mail.Event) { got = append(got, parsertest.Describe(e)) })
	if v != mail.Understood || len(got) != 1 || got[0] != "attempt deferred host=out1"+known+" reply=421 x" {
		t.Errorf("%v %q", v, got)
	}
}

// A slot sends one message at a time, so its number tells sessions apart.
func TestSlot(t *testing.T) {
	d := NewDecoder(parsertest.Options())
	seen := map[uint32]bool{}
	for _, s := range []string{"Sender/default/4133[6]", "Sender/default/4133[7]", "Sender/other/4133[6]"} {
		d.Decode([]byte(s+" id=x "+qid+" DEFERRED "+fields+"(421 x)"), func(e *mail.Event) { seen[e.PID] = true })
	}
	if len(seen) != 3 || seen[0] {
		t.Errorf("%v", seen)
	}
}

// Hostile logs cannot make the decoder grow.
func TestBound(t *testing.T) {
	d := NewDecoder(parsertest.Options())
	for i := range maxTries + 100 {
		d.Decode(fmt.Appendf(nil, "Sender/default/1[1] %018x.001 CONNECTING domain=example.net", i), func(*mail.Event) {})
	}
	if n := d.tries.Len(); n != maxTries {
		t.Errorf("%d tries", n)
	}
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, parsertest.Others["zonemta"]+"\n"+connecting+connected+own+"ACCEPTED "+fields+"(250 OK)\n"+
		`{"action":"DEFERRED","zone":"default","id":"1984e8a65b30004db0","seq":"001"}`)
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, connecting+connected+own+`SMTPERR [6f2] src=192.0.2.10 error="Invalid greeting. response=554 no: 554 no"`+"\n"+connecting+
		own+"REJECTED "+domain+"(450 Network error)",
		own+"CONNREUSE [6f2] count=4294967295 mx=mx.example.net mta=192.0.2.10\n"+own+"ACCEPTED "+fields+"(250 OK)",
		"2026-03-03T10:18:23: "+own+"CONNFAIL domain=x local=a[b] remote=::1:25 error=",
		`{"short_message":"[REJECTED]","_zone":"z","_id":"a","_seq":"1","timestamp":1e300,"_timer":1e300,"_response":"4"}`)
}

func BenchmarkDecode(b *testing.B) {
	lines := parsertest.Lines(connecting + connected + own + "ACCEPTED " + fields + "(250 2.0.0 OK 1234 queued)\n" + own + "DEFERRED[rate_limit] " + fields + "(421 4.7.0 Too many connections)")
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
	if events != 5*b.N { // two times, two for the delivery, one for the deferral
		b.Fatalf("%d events in %d runs", events, b.N)
	}
}
