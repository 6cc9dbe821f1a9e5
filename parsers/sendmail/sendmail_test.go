package sendmail

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const prefix = "Mar  3 10:18:23 out1 sm-mta[6555]: "

// check decodes bodies behind a prefix.
func check(t *testing.T, bodies, verdicts string, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = strings.Replace(want[i], " id=", " host=out1 id=", 1)
	}
	parsertest.Check(t, Format, prefix+strings.ReplaceAll(bodies, "\n", "\n"+prefix), verdicts, want...)
}

const (
	id   = "623AIKab006555: "
	mid  = ", delay=00:08:18, xdelay=00:00:56, mailer=esmtp, pri=120310, relay=mx1.example.net. [203.0.113.2], "
	took = " mx=mx1.example.net ip=203.0.113.2 delay=8m18s c=0s d=56s"
)

func TestOutcomes(t *testing.T) {
	f := func(stat, want string) {
		t.Helper()
		check(t, id+"to=<a@example.net>"+mid+stat, "u", want)
	}
	f("dsn=2.0.0, stat=Sent (ok 1234 qp 567)", "attempt delivered id=623AIKab006555 to=a@example.net"+took+" dsn=2.0.0 stage=end-of-data reply=ok 1234 qp 567")
	f("dsn=2.0.0, stat=Sent", "attempt delivered id=623AIKab006555 to=a@example.net"+took+" dsn=2.0.0 text=Sent")
	f("dsn=2.0.0, stat=Sent (ok, with, commas (and brackets", "attempt delivered id=623AIKab006555 to=a@example.net"+took+" dsn=2.0.0 stage=end-of-data reply=ok, with, commas (and brackets")
	// The synthetic 4.0.0, the first line of a reply, cut; commas and stat= in the text.
	f("dsn=4.0.0, stat=Deferred: 421-4.7.0 [192.0.2.10      10] Our system, dsn=9, stat=x has detected an unusual rate of",
		"attempt deferred id=623AIKab006555 to=a@example.net"+took+" dsn=4.0.0 reply=421-4.7.0 [192.0.2.10      10] Our system, dsn=9, stat=x has detected an unusual rate of")
	f("dsn=4.0.0, stat=Deferred: Connection timed out with mx1.example.net.", "attempt deferred id=623AIKab006555 to=a@example.net"+took+" dsn=4.0.0 stage=connect text=Deferred: Connection timed out with mx1.example.net.")
	f("dsn=4.0.0, stat=Deferred: Connection reset by mx1.example.net. during client greeting", "attempt deferred id=623AIKab006555 to=a@example.net"+took+" dsn=4.0.0 stage=banner text=Deferred: Connection reset by mx1.example.net. during client greeting")
	f("dsn=4.0.0, stat=Deferred: Connection timed out with mx1.example.net. during client DATA status", "attempt deferred id=623AIKab006555 to=a@example.net"+took+" dsn=4.0.0 stage=end-of-data text=Deferred: Connection timed out with mx1.example.net. during client DATA status")
	f("dsn=4.0.0, stat=Deferred", "attempt deferred id=623AIKab006555 to=a@example.net"+took+" dsn=4.0.0 text=Deferred")
	f("dsn=4.0.0, stat=I/O error", "attempt deferred id=623AIKab006555 to=a@example.net"+took+" dsn=4.0.0 text=I/O error")
	f("dsn=5.0.0, stat=Service unavailable", "attempt bounced id=623AIKab006555 to=a@example.net"+took+" dsn=5.0.0 text=Service unavailable")
	f("dsn=5.1.1, reply=550 5.1.1 <a@example.net>... no, stat=User unknown", "attempt bounced id=623AIKab006555 to=a@example.net"+took+" dsn=5.1.1 reply=550 5.1.1 <a@example.net>... no")
	f("dsn=4.3.2, ntries=3, reply=421 4.3.2 Too many open connections., stat=Deferred: 421 4.3.2 Too many open connections.", "attempt deferred id=623AIKab006555 to=a@example.net"+took+" dsn=4.3.2 reply=421 4.3.2 Too many open connections.")
	f("stat=User unknown", "attempt bounced id=623AIKab006555 to=a@example.net"+took+" text=User unknown") // before 8.9
	f("dsn=4.0.0, stat=Cannot send message for 5 days", "expiry expired id=623AIKab006555 to=a@example.net"+took+" dsn=4.0.0 text=Cannot send message for 5 days")
	f("dsn=5.4.7, stat=Service unavailable", "expiry expired id=623AIKab006555 to=a@example.net"+took+" dsn=5.4.7 text=Service unavailable")
	f("stat=Message could not be delivered for 5 days", "expiry expired id=623AIKab006555 to=a@example.net"+took+" text=Message could not be delivered for 5 days")
}

// A line is as many attempts as it has recipients.
func TestRecipientLists(t *testing.T) {
	f := func(list string, want ...string) {
		t.Helper()
		var events []string
		for _, to := range want {
			events = append(events, strings.TrimSuffix("attempt delivered id=623AIKab006555 to="+to, "to=")+took+" text=Sent")
		}
		check(t, id+"to="+list+mid+"stat=Sent", "u", events...)
	}
	f("<a@example.net>,<b@example.net>,<c@example.net>", "a@example.net", "b@example.net", "c@example.net")
	f("<a@example.net>,<b@example.net>, ctladdr=<news, delay@example.com> (33/33)", "a@example.net", "b@example.net")
	f("me@example.net,postmaster, ctladdr=user (1000/1000)", "me@example.net", "postmaster")
	f("postmaster", "postmaster")
	f("<a@example.net>,<b@example.net>, [more]", "a@example.net", "b@example.net")
	f("a@example.net,b@example.net, [more]", "a@example.net", "b@example.net")
	f(`<"a,b> c"@example.net>,<d@example.net>`, `"a,b> c"@example.net`, "d@example.net")
	f(`<"a>,b"@example.net>,<d@example.net>`, `"a>,b"@example.net`, "d@example.net")
	f(`"a, b"@example.net,d@example.net`, `"a, b"@example.net`, "d@example.net")
	f(`"a,b@example.net`, `"a`, "b@example.net")
	f("<a@example.net,b@example.net", "<a@example.net", "b@example.net")
}

func TestRelay(t *testing.T) {
	f := func(fields, want string) {
		t.Helper()
		check(t, id+"to=<a@example.net>, delay=2+15:56:56, "+fields, "u", "attempt "+want)
	}
	rest := " delay=63h56m56s c=0s d=0s dsn=4.0.0"
	const refused = "dsn=4.0.0, stat=Deferred: Connection refused by mx4.example.net."
	// No address: nobody was connected to.
	f("xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx4.example.net., "+refused, "suspended id=623AIKab006555 to=a@example.net mx=mx4.example.net"+rest+" text=Deferred: Connection refused by mx4.example.net.")
	f("xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx4.example.net., dsn=4.0.0, stat=Deferred: 421 Too many connections", "suspended id=623AIKab006555 to=a@example.net mx=mx4.example.net"+rest+" reply=421 Too many connections")
	f("xdelay=00:00:00, mailer=esmtp, pri=1, relay=example.net., dsn=4.0.0, stat=Deferred: Name server: example.net.: host name lookup failure", "deferred id=623AIKab006555 to=a@example.net mx=example.net"+rest+" text=Deferred: Name server: example.net.: host name lookup failure")
	f("xdelay=00:00:30, mailer=esmtp, pri=1, relay=mx4.example.net., "+refused, "deferred id=623AIKab006555 to=a@example.net mx=mx4.example.net delay=63h56m56s c=0s d=30s dsn=4.0.0 stage=connect text=Deferred: Connection refused by mx4.example.net.")
	// The comma is missing, the name is none.
	f("xdelay=00:00:00, mailer=esmtp, pri=1, relay=relay_id dsn=4.0.0, stat=Deferred: Connection timed out with mx.", "suspended id=623AIKab006555 to=a@example.net mx=relay_id"+rest+" text=Deferred: Connection timed out with mx.")
	f("xdelay=00:00:00, mailer=esmtp, pri=1, relay=mx.example.net. [IPv6:2001:db8::2] (may be forged), "+refused, "deferred id=623AIKab006555 to=a@example.net mx=mx.example.net ip=2001:db8::2"+rest+" stage=connect text=Deferred: Connection refused by mx4.example.net.")
	// The submission queue hands over to the daemon: local, and trouble is our own.
	f("xdelay=00:00:00, mailer=relay, pri=1, relay=[127.0.0.1] [127.0.0.1], dsn=4.0.0, stat=Deferred: 421 4.3.0 collect: Cannot write ./dfp7VEhWPO000542 (bfcommit, uid=0, gid=123): No such file or directory",
		"deferred local id=623AIKab006555 to=a@example.net ip=127.0.0.1"+rest+" reply=421 4.3.0 collect: Cannot write ./dfp7VEhWPO000542 (bfcommit, uid=0, gid=123): No such file or directory")
	f("xdelay=00:00:00, mailer=relay, pri=1, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (623AIKcd006556 Message accepted for delivery)",
		"delivered local id=623AIKab006555 child=623AIKcd006556 to=a@example.net ip=127.0.0.1 delay=63h56m56s c=0s d=0s dsn=2.0.0 stage=end-of-data reply=623AIKcd006556 Message accepted for delivery")
	f("xdelay=00:00:00, mailer=local, pri=1, dsn=2.0.0, stat=Sent", "delivered local id=623AIKab006555 to=a@example.net delay=63h56m56s c=0s d=0s dsn=2.0.0 text=Sent")
	f("xdelay=00:00:00, mailer=cyrusv2, pri=1, relay=localhost, dsn=2.0.0, stat=Sent", "delivered local id=623AIKab006555 to=a@example.net mx=localhost delay=63h56m56s c=0s d=0s dsn=2.0.0 text=Sent")
	// A relay elsewhere is a receiver like any other.
	f("xdelay=00:00:00, mailer=relay, pri=1, relay=hub.example.com [192.0.2.5], dsn=2.0.0, stat=Sent", "delivered id=623AIKab006555 to=a@example.net mx=hub.example.com ip=192.0.2.5 delay=63h56m56s c=0s d=0s dsn=2.0.0 text=Sent")
	f("mailer=esmtp, pri=1, relay=mx. [203.0.113.2], stat=Sent", "delivered id=623AIKab006555 to=a@example.net mx=mx ip=203.0.113.2 delay=63h56m56s text=Sent")
}

// One line is written for each MX tried, with the same queue id: each is a try at
// one receiver.
func TestSeveralMX(t *testing.T) {
	line := func(n, stat string) string {
		return id + "to=<a@example.net>, delay=00:00:02, xdelay=00:00:01, mailer=esmtp, pri=120314, relay=mx" + n + ".example.net. [203.0.113." + n + "], " + stat
	}
	check(t, line("1", "dsn=4.0.0, stat=Deferred: 421 busy")+"\n"+line("2", "dsn=2.0.0, stat=Sent"), "uu",
		"attempt deferred id=623AIKab006555 to=a@example.net mx=mx1.example.net ip=203.0.113.1 delay=2s c=0s d=1s dsn=4.0.0 reply=421 busy",
		"attempt delivered id=623AIKab006555 to=a@example.net mx=mx2.example.net ip=203.0.113.2 delay=2s c=0s d=1s dsn=2.0.0 text=Sent")
}

func TestNoAttempt(t *testing.T) {
	f := func(body, verdict string) {
		t.Helper()
		check(t, body, verdict)
	}
	f(id+"to=<a@example.net>"+mid+"stat=queued", "u")
	f(id+"to=<a@example.net>"+mid+"stat=quarantined", "u")
	f(id+"to=<a@example.net>, delay=00:00:01, mailer=esmtp, rel", "u") // cut
	f(id+"to=<a@example.net>"+mid+"stat=", "u")
	f(id+"from=<news@example.com>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay=[192.0.2.1]", "u")
	f("STARTTLS=client, relay=mx.example.net., version=TLSv1.3, verify=OK, cipher=X, bits=256/256", "i")
	f(id+"<x@example.net>... User unknown", "i")
	f(id+"mx.example.org [192.0.2.194] did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA", "i")
	f(id+"[192.0.2.2]: possible SMTP attack: command=AUTH, count=5", "i")
	f(id+"ruleset=check_rcpt, arg1=<a@example.net>, relay=[192.0.2.5], reject=550 5.7.1 <a@example.net>... Fix reverse DNS", "i")
	f("rejecting connections on daemon MTA: load average: 35", "i")
	f(id+"to=<a@example.net>, relay=mx[203.0.113.2]:25, dsn=2.0.0, status=sent (250 ok)", "i") // Postfix's
	f("last message repeated 2 times", "i")
	parsertest.Check(t, Format, "no prefix at all", "n")
	parsertest.Check(t, Format, "# comment", "i")
	parsertest.Check(t, Format, "", "i")
	parsertest.Check(t, Format, "Mar  3 10:18:23 out1 postfix/smtp[1]: "+id+"to=<a@example.net>"+mid+"stat=Sent", "i")
}

func TestEntry(t *testing.T) {
	check(t, id+"from=<news@example.com>, size=458, class=0, nrcpts=2, msgid=<1@example.com>, proto=ESMTP, daemon=MTA, relay=app [192.0.2.7]", "u",
		"arrival id=623AIKab006555 msgid=<1@example.com> from=news@example.com size=458 nrcpt=2")
	check(t, id+"from=<>, size=458, class=0, nrcpts=1, proto=ESMTP, relay=app", "u", "arrival null-sender id=623AIKab006555 size=458 nrcpt=1")
	check(t, id+"from=root, size=83, class=0, nrcpts=1, msgid=<1@example.com>, relay=root@localhost", "u", "arrival id=623AIKab006555 msgid=<1@example.com> from=root size=83 nrcpt=1")
	check(t, id+"done; delay=00:00:01, ntries=1", "u", "removed id=623AIKab006555")
	check(t, id+"623AIKcd006556: DSN: User unknown", "u", "notice id=623AIKab006555 child=623AIKcd006556 text=DSN: User unknown")
	check(t, id+"623AIKcd006556: sender notify: Warning: could not send message for past 4 hours", "u", "notice id=623AIKab006555 child=623AIKcd006556 text=sender notify: Warning: could not send message for past 4 hours")
	check(t, id+"623AIKcd006556: return to sender: Cannot send message for 5 days", "u",
		"notice id=623AIKab006555 child=623AIKcd006556 text=return to sender: Cannot send message for 5 days",
		"expiry expired id=623AIKab006555 text=Cannot send message for 5 days")
	check(t, id+"623AIKcd006556: clone of that", "i")
}

func TestOwnSide(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		check(t, body, "u", strings.Replace("own-side host=out1 "+want, "  ", " ", 1))
	}
	f("ruleset=check_relay, arg1=h.example.org, arg2=192.0.2.82, relay=h.example.org [192.0.2.82], reject=421 4.3.2 Connection rate limit exceeded.", "client=192.0.2.82 reply=421 4.3.2 Connection rate limit exceeded.")
	f("ruleset=check_relay, arg1=[192.0.2.82], arg2=192.0.2.82, relay=h.example.org [192.0.2.82] (may be forged), reject=421 4.3.2 Too many open connections.", "client=192.0.2.82 reply=421 4.3.2 Too many open connections.")
	f(id+"ruleset=check_relay, arg1=x, arg2=192.0.2.82, relay=[192.0.2.82], reject=421 4.7.0 Too many SMTP sessions for this host", "client=192.0.2.82 reply=421 4.7.0 Too many SMTP sessions for this host")
	f("rejecting connections on daemon MTA: 12 children, max 12", "reply=rejecting connections on daemon MTA: 12 children, max 12")
}

// Wrappers of a system log, and none.
func TestPrefixes(t *testing.T) {
	body := id + "to=<a@example.net>, mailer=esmtp, relay=mx. [203.0.113.2], stat=Sent"
	f := func(line, want string) {
		t.Helper()
		parsertest.Check(t, Format, line, "u", want)
	}
	const event = "id=623AIKab006555 to=a@example.net mx=mx ip=203.0.113.2 text=Sent"
	f("Mar  3 10:18:23 <mail.info> out1 sm-mta[2794]: "+body, "attempt delivered host=out1 "+event)
	f("2026-03-03T10:18:23.504+01:00 out1 sendmail[2794]: "+body, "attempt delivered host=out1 "+event)
	f("<22>1 2026-03-03T10:18:23.504Z out1 sm-mta 2794 - - "+body, "attempt delivered host=out1 "+event)
	f("Mar  3 10:18:23 out1 sm-mta[2794]: [ID 801593 mail.info] "+body, "attempt delivered host=out1 "+event)
	f("Mar  3 10:18:23 out1 sm-mta[2794]: message repeated 3 times: [ "+body+"]", "attempt delivered host=out1 id=623AIKab006555 to=a@example.net mx=mx ip=203.0.113.2 text=Sent")
	f(body, "attempt delivered "+event)
	f("Mar  3 10:18:23 out1 sm-mta[2794]: e6EBXrO12616: to=a, mailer=esmtp, relay=mx. [203.0.113.2], stat=Sent", "attempt delivered host=out1 id=e6EBXrO12616 to=a mx=mx ip=203.0.113.2 text=Sent")
	f("Mar  3 10:18:23 out1 sm-mta[3529565]: xA32R2PQ3529565: to=a, mailer=esmtp, relay=mx. [203.0.113.2], stat=Sent", "attempt delivered host=out1 id=xA32R2PQ3529565 to=a mx=mx ip=203.0.113.2 text=Sent")
}

// A prefix that somebody else read counts like one on the line.
func TestHeader(t *testing.T) {
	var d parsers.HeaderDecoder = NewDecoder(parsertest.Options())
	var got []string
	h := syslog.Header{Time: 1772533103e6, Stamped: true, Host: []byte("out1"), Process: []byte("x"), Body: []byte(id + "to=<a@example.net>, mailer=esmtp, relay=mx. [203.0.113.2], stat=Sent")}
	v := d.DecodeHeader(&h, func(e *mail.Event) { got = append(got, parsertest.Describe(e)) })
	if v != mail.Understood || len(got) != 1 || got[0] != "attempt delivered host=out1 id=623AIKab006555 to=a@example.net mx=mx ip=203.0.113.2 text=Sent" {
		t.Errorf("%v %q", v, got)
	}
	if v := NewDecoder(parsertest.Options()).Decode([]byte("2026-03-03 10:18:23 no program here"), func(*mail.Event) {}); v != mail.NotUnderstood {
		t.Errorf("a time alone: %v", v)
	}
}

func TestTime(t *testing.T) {
	got := parsertest.Times(Format, prefix+"x", parsers.Options{Year: 2026, Location: time.FixedZone("", 3600)})
	if len(got) != 1 || got[0] != "2026-03-03T09:18:23Z" {
		t.Error(got)
	}
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, parsertest.Others["sendmail"])
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "sendmail", nil)
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format,
		prefix+id+"to=<a@example.net>,<b>, [more], ctladdr=<c> (0/0)"+mid+"dsn=4.0.0, reply=421 x, stat=Deferred: 421 x",
		id+"to=\"a, b,<c> d,e\\\"f, delay=1+00:00:01, relay=[127.0.0.1] dsn=5.4.7 stat=Sent (623AIKcd006556 Message accepted for delivery)",
		id+"from=<>, size=1, class=0, nrcpts=1, msgid=<x>, relay=y",
		id+"623AIKcd006556: DSN: Cannot send message for 5 days",
		"ruleset=check_relay, arg1=x, relay=[192.0.2.1], reject=421 Too many connections")
}

// A line costs no allocation.
func TestNoAllocation(t *testing.T) {
	lines := parsertest.Lines(prefix + id + "to=<a@example.net>,<b@example.net>" + mid + "dsn=4.0.0, stat=Deferred: 421 busy\n" +
		prefix + id + "from=<news@example.com>, size=458, class=0, nrcpts=2, msgid=<1@example.com>, relay=app [192.0.2.7]\n" +
		prefix + "ruleset=check_relay, arg2=192.0.2.82, relay=[192.0.2.82], reject=421 4.3.2 Too many open connections.")
	d := NewDecoder(parsertest.Options())
	events := 0
	emit := func(*mail.Event) { events++ }
	if n := testing.AllocsPerRun(20, func() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}); n != 0 || events == 0 {
		t.Errorf("%v allocations, %d events", n, events)
	}
}

func BenchmarkDecode(b *testing.B) {
	lines := parsertest.Lines(prefix + id + "from=<news@example.com>, size=458, class=0, nrcpts=2, msgid=<1@example.com>, relay=app [192.0.2.7]\n" +
		prefix + id + "to=<a@example.net>,<b@example.net>" + mid + "dsn=4.0.0, stat=Deferred: 421-4.7.0 [192.0.2.10      10] Our system has detected an unusual rate of\n" +
		prefix + "STARTTLS=client, relay=mx.example.net., version=TLSv1.3, verify=OK, cipher=X, bits=256/256")
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
