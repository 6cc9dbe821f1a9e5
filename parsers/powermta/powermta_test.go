package powermta

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var hash = regexp.MustCompile(`id=[0-9a-f]{16}`)

// check compares as parsertest.Check does, with hashed ids written as "id=#".
func check(t *testing.T, text, verdicts string, want ...string) {
	t.Helper()
	gotVerdicts, got := parsertest.Decode(Format, text)
	for i := range got {
		got[i] = hash.ReplaceAllString(got[i], "id=#")
	}
	if gotVerdicts != verdicts || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s\nis   %s\n%s\nwant %s\n%s", text, gotVerdicts, strings.Join(got, "\n"), verdicts, strings.Join(want, "\n"))
	}
}

const (
	header = "type,timeLogged,timeQueued,orig,rcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,dlvType,dlvSourceIp,dlvDestinationIp,dlvSize,vmta,jobId,envId"
	times  = ",2026-03-03 10:18:23+0000,2026-03-03 10:18:20+0000,news@example.com,a@example.net,"
	route  = ",smtp,192.0.2.10,203.0.113.2,1234,v1,j1,e1"
	common = " instance=v1 id=# from=news@example.com size=1234 to=a@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10 delay=3s"
)

func TestTypes(t *testing.T) {
	f := func(kind, result string, want ...string) {
		t.Helper()
		check(t, header+"\n"+kind+times+result+route, "uu", want...)
	}
	const mta = "mx.example.net (203.0.113.2)"
	f("d", "relayed,2.0.0 (success),smtp;250 ok dirdel,"+mta+",success", "attempt delivered"+common+" dsn=2.0.0 reply=250 ok dirdel", "removed id=#")
	f("delivery", "relayed,2.0.0 (success),,"+mta+",success", "attempt delivered"+common+" dsn=2.0.0 text=2.0.0 (success)", "removed id=#")
	f("b", "failed,5.1.1 (bad destination mailbox address),smtp;550 5.1.1 no,"+mta+",bad-mailbox", "attempt bounced"+common+" dsn=5.1.1 reply=550 5.1.1 no", "removed id=#")
	f("t", "delayed,4.7.0 (x),\"smtp;421 4.7.0 Too many connections, \"\"later\"\"\","+mta+",policy-related", "attempt deferred"+common+` dsn=4.7.0 reply=421 4.7.0 Too many connections, "later"`)
	f("t", "delayed,4.2.1,452 Too many recipients,"+mta+",quota-issues", "attempt deferred"+common+" dsn=4.2.1 reply=452 Too many recipients")
	f("t", "delayed,4.4.1 (no answer from host),,"+mta+",no-answer-from-host", "attempt deferred"+common+" dsn=4.4.1 stage=connect text=4.4.1 (no answer from host)")
	f("t", "delayed,4.4.2 (bad connection),x-pmta;421 own words,"+mta+",bad-connection", "attempt deferred"+common+" dsn=4.4.2 text=x-pmta;421 own words")
	// Given up: by category, by code, or because the last word was a temporary one.
	f("b", "failed,4.4.7 (delivery time expired),smtp;421 4.7.0 later,"+mta+",message-expired", "expiry expired"+common+" dsn=4.4.7 reply=421 4.7.0 later", "removed id=#")
	f("b", "failed,5.4.7,,"+mta+",other", "expiry expired"+common+" dsn=5.4.7 text=5.4.7", "removed id=#")
	f("b", "failed,4.2.2 (mailbox full),smtp;452 4.2.2 full,"+mta+",quota-issues", "expiry expired"+common+" dsn=4.2.2 reply=452 4.2.2 full", "removed id=#")
	for _, kind := range []string{"rb", "rs", "f", "p"} { // no tries
		f(kind, "failed,5.1.1,smtp;550 no,"+mta+",bad-mailbox")
	}
	f("r", ",,,,")
	// A queue's event with a recipient is a try, one without is a connection's.
	f("tq", "delayed,4.7.0,smtp;421 busy,"+mta+",", "attempt deferred"+common+" dsn=4.7.0 reply=421 busy")
	none := strings.Replace(times, "news@example.com,a@example.net", ",", 1)
	check(t, header+"\ntq"+none+"delayed,4.7.0,smtp;421 busy,"+mta+","+route, "uu",
		"refusal refused instance=v1 size=1234 mx=mx.example.net ip=203.0.113.2 our=192.0.2.10 dsn=4.7.0 reply=421 busy")
	check(t, header+"\ntq"+none+"delayed,4.4.1,,"+mta+","+route, "uu",
		"connect-failure instance=v1 size=1234 mx=mx.example.net ip=203.0.113.2 our=192.0.2.10 dsn=4.4.1 stage=connect text=4.4.1")
}

func TestHeaders(t *testing.T) {
	f := func(text, verdicts string, want ...string) {
		t.Helper()
		check(t, text, verdicts, want...)
	}
	// Names in any case, with #, in quotes, with a byte order mark; columns in any order.
	f("#Type,RCPT,DSNDIAG,dsnMTA\nt,a@example.net,421 busy,mx.example.net", "uu", "attempt deferred to=a@example.net mx=mx.example.net reply=421 busy")
	f("\xEF\xBB\xBF\"type\",\"rcpt\",\"dsnDiag\"\r\nt,a@example.net,\"421 busy\"\r", "uu", "attempt deferred to=a@example.net reply=421 busy")
	f("# type,rcpt\nd,a@example.net", "uu", "attempt delivered to=a@example.net")
	f("type,rcpt,header_x-id\nd,a@example.net,7", "uu", "attempt delivered to=a@example.net")
	// Records with fewer and with more cells than the header has.
	f("type,rcpt,dsnDiag,vmta\nt,a@example.net,421 busy\nt,b@example.net,421 busy,v1,x,y", "uuu",
		"attempt deferred to=a@example.net reply=421 busy", "attempt deferred instance=v1 to=b@example.net reply=421 busy")
	// A header for each type, one after the other, and each before its own records.
	const twoD, twoB = "type,rcpt,dsnMta", "type,dsnDiag,rcpt,vmta"
	const d, b = "d,a@example.net,mx.example.net", "b,550 no,b@example.net,v2"
	const eventD, eventB = "attempt delivered to=a@example.net mx=mx.example.net", "attempt bounced instance=v2 to=b@example.net reply=550 no"
	f(twoD+"\n"+twoB+"\n"+d+"\n"+b+"\n"+d, "uuuuu", eventD, eventB, eventD)
	f(twoD+"\n"+d+"\n"+twoB+"\n"+b+"\n"+d+"\n"+b, "uuuuuu", eventD, eventB, eventD, eventB)
	// A new header for all: the file was begun again.
	f("type,rcpt\nd,a@example.net\nb,b@example.net\ntype,dsnDiag,rcpt\nd,250 ok,a@example.net\nb,550 no,b@example.net", "uuuuuu",
		"attempt delivered to=a@example.net", "attempt bounced to=b@example.net", "attempt delivered to=a@example.net reply=250 ok", "attempt bounced to=b@example.net reply=550 no")
	f("type,name,value\nd,1,2", "nn")
	f("# a comment\n\ntext, more\nx,2026-03-03 10:18:23,y", "iinn")
}

func TestHeaderless(t *testing.T) {
	const first = "2026-03-03 10:18:23+0530,2026-03-03 10:18:20+0530,"
	const last = "news@example.com,a@example.net,,relayed,2.0.0 (success),smtp;250 ok dirdel,mx.example.net (203.0.113.2),success,smtp,app.example.com (192.0.2.7),smtp,192.0.2.10,203.0.113.2,\"PIPELINING,8BITMIME,SIZE\",155704,v1,,"
	want := []string{"attempt delivered instance=v1 id=# from=news@example.com size=155704 to=a@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10 delay=3s dsn=2.0.0 reply=250 ok dirdel", "removed id=#"}
	check(t, "d,"+first+","+last, "u", want...)
	check(t, "d,"+first+last+",example.net/v1,pool", "u", want...)
	check(t, "d,1178807903,1178807900,"+last, "u", want...)
	check(t, "d,"+first+",", "n")
	check(t, "d,yesterday,"+last, "n")
}

func TestCells(t *testing.T) {
	f := func(text, verdicts string, want ...string) {
		t.Helper()
		check(t, "type,rcpt,dsnDiag,vmta\n"+text, "u"+verdicts, want...)
	}
	f("t,a@example.net,\"smtp;421-4.7.0 busy\n421 4.7.0 later\",v1", "uu", "attempt deferred instance=v1 to=a@example.net reply=421-4.7.0 busy\n421 4.7.0 later")
	f("t,a@example.net,smtp;550 \"user\" unknown,v1", "u", `attempt deferred instance=v1 to=a@example.net reply=550 "user" unknown`)
	f("t,<a@example.net>,421 x", "u", "attempt deferred to=a@example.net reply=421 x")
	// A quote that is never closed loses its own record at most.
	f("t,a@example.net,\"421 x,v1\nt,2026-03-03 10:18:23,421 y,v2", "uu", "attempt deferred to=a@example.net reply=421 x,v1", "attempt deferred instance=v2 to=2026-03-03 10:18:23 reply=421 y")
	f("t,a@example.net,\"421 x", "u", "attempt deferred to=a@example.net reply=421 x")
	// Who is local.
	check(t, "type,rcpt,dlvType,dlvDestinationIp\nd,a@example.net,pipe,\nd,a@example.net,smtp,127.0.0.1\nd,a@example.net,SMTP,203.0.113.2", "uuuu",
		"attempt delivered local to=a@example.net", "attempt delivered local to=a@example.net ip=127.0.0.1", "attempt delivered to=a@example.net ip=203.0.113.2")
	check(t, "type,orig,rcpt\nd,,a@example.net\nd,<>,a@example.net", "uuu", "attempt delivered null-sender to=a@example.net", "attempt delivered null-sender to=a@example.net")
}

// haraka-plugin-accounting-files writes such records with tabs.
func TestHarakaAccounting(t *testing.T) {
	check(t,
		"type\ttimeLogged\ttimeQueued\trcpt\tsrcIp\tdestIp\tdsnMsg\ndf\t2026-03-03 10:18:23\t2026-03-03 10:18:20\ta@example.net\t192.0.2.10\t203.0.113.2\t421 4.7.0 busy, later", "uu",
		"attempt deferred id=# to=a@example.net ip=203.0.113.2 our=192.0.2.10 delay=3s reply=421 4.7.0 busy, later")
}

// What the records of one message and recipient share.
func TestIdentity(t *testing.T) {
	id := func(text string) (ids []string) {
		d := NewDecoder(parsertest.Options())
		for _, l := range parsertest.Lines(text) {
			d.Decode(l, func(e *mail.Event) {
				if e.Kind == mail.KindAttempt {
					ids = append(ids, string(e.QueueID))
				}
			})
		}
		return ids
	}
	const h = "type,timeLogged,timeQueued,orig,rcpt,jobId,envId\n"
	retry := id(h + "t,2026-03-03 10:18:23,2026-03-03 10:18:20,n@example.com,a@example.net,j,\nd,2026-03-03 10:48:23,2026-03-03 10:18:20,n@example.com,a@example.net,j,")
	if len(retry) != 2 || retry[0] != retry[1] || len(retry[0]) != 16 {
		t.Errorf("a retry is not known again: %v", retry)
	}
	others := id(h + "t,x,2026-03-03 10:18:20,n@example.com,a@example.net,j,\nt,x,2026-03-03 10:18:20,n@example.com,b@example.net,j,\nt,x,2026-03-03 10:18:21,n@example.com,a@example.net,j,")
	if len(others) != 3 || others[0] == others[1] || others[0] == others[2] {
		t.Errorf("different messages share an id: %v", others)
	}
	if ids := id("type,rcpt,jobId\nt,a@example.net,j"); ids[0] != "" {
		t.Errorf("an id out of nothing: %v", ids)
	}
	check(t, "type,rcpt,header_Message-Id\nr,a@example.net,<1@example.com>\nd,a@example.net,<1@example.com>", "uuu",
		"arrival id=<1@example.com> msgid=<1@example.com>", "attempt delivered id=<1@example.com> msgid=<1@example.com> to=a@example.net")
}

func TestTime(t *testing.T) {
	f := func(cell, want string, zone bool) {
		t.Helper()
		text := "type,timeLogged,rcpt\nd," + cell + ",a@example.net"
		got := parsertest.Times(Format, text, parsers.Options{Year: 2026, Location: time.FixedZone("", 3600)})
		if fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("%s: %v, want %s", cell, got, want)
		}
		if Format.Zoneless(parsertest.Lines(text)) != zone {
			t.Errorf("%s: zoneless is not %v", cell, zone)
		}
	}
	f("2014-08-24 16:00:14+0530", "2014-08-24T10:30:14Z", false)
	f("2014-08-24T16:00:14+00:00", "2014-08-24T16:00:14Z", false)
	f("2014-08-24 16:00:14", "2014-08-24T15:00:14Z", true)
	f("1178807903", "2007-05-10T14:38:23Z", false)
	f("Aug 24 16:00:14", "1970-01-01T00:00:00Z", false)
	f("", "1970-01-01T00:00:00Z", false)
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, parsertest.Others["powermta"])
}

func TestCorpus(t *testing.T) { parsertest.Corpus(t, Format, "powermta", nil) }

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, header+"\nt"+times+"delayed,4.7.0,\"smtp;421 x\n421 y\",mx (203.0.113.2),x"+route, header+"\n#TYPE,rcpt\ntq,\nb,a,\"x\nd,2026-03-03 10:18:23,y",
		"type\trcpt\tdsnMsg\ndf\ta\t\"x", "d,1178807903,,,n@example.com,a@example.net,,relayed,2.0.0,smtp;250 ok,mx,success,smtp,,file,,,,1,v1,,")
}

func BenchmarkDecode(b *testing.B) {
	lines := parsertest.Lines("d" + times + "relayed,2.0.0 (success),smtp;250 ok dirdel,mx.example.net (203.0.113.2),success" + route + "\n" +
		"t" + times + "delayed,4.7.0 (x),\"smtp;421 4.7.0 Too many connections, later\",mx.example.net (203.0.113.2),policy-related" + route)
	size := 0
	for _, l := range lines {
		size += len(l) + 1
	}
	d := NewDecoder(parsertest.Options())
	events := 0
	emit := func(*mail.Event) { events++ }
	d.Decode([]byte(header), emit)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}
	if events != 3*b.N {
		b.Fatalf("%d events in %d runs", events, b.N)
	}
}
