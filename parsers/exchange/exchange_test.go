package exchange

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const (
	software = "#Software: Microsoft Exchange Server\n#Version: 15.01.2507.006\n"
	fields16 = "#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,internal-message-id,message-id," +
		"network-message-id,recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,reference,message-subject," +
		"sender-address,return-path,message-info,directionality,tenant-id,original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,schema-version\n"
	headers = software + "#Log-type: Message Tracking Log\n#Date: 2026-03-03T10:00:00.000Z\n" + fields16
	marks   = "uiuiu"

	guid   = "13fad5b7-39c5-46e7-130e-08d4a138ac67"
	within = " msgid=<1@example.com> from=bounce@example.com size=1234 nrcpt=1"
	base   = " host=EX1 id=" + guid + within
)

func check(t *testing.T, text, verdicts string, want ...string) {
	t.Helper()
	parsertest.Check(t, Format, text, verdicts, want...)
}

// cell quotes a cell where it has to be.
func cell(s string) string {
	if strings.ContainsAny(s, ",\"\n") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// tracked is a row of message tracking as Exchange 2016 writes it.
type tracked struct {
	client, server          string // "ip,hostname"
	context, connector      string
	source, event, to, text string
	sender, info            string
}

func (r tracked) String() string {
	client, server := r.client, r.server
	if client == "" {
		client = ","
	}
	if server == "" {
		server = ","
	}
	if r.source == "" {
		r.source = "SMTP"
	}
	if r.to == "" {
		r.to = "anna@example.net"
	}
	if r.sender == "" {
		r.sender = "bounce@example.com"
	}
	return fmt.Sprintf("2026-03-03T10:18:21.504Z,%s,%s,%s,%s,%s,%s,64712272257893,<1@example.com>,%s,%s,%s,1234,1,,,%s,news@example.com,%s,%s,Originating,,,,%s,Email,%s,15.01.2507.006",
		client, server, cell(r.context), r.connector, r.source, r.event, guid, r.to, cell(r.text), cell("Hello, \"you\""), r.sender, cell(r.info), "S:DeliveryPriority=Normal", guid)
}

func TestTracking(t *testing.T) {
	f := func(r tracked, want ...string) {
		t.Helper()
		check(t, headers+r.String(), marks+"u", want...)
		check(t, r.String(), "u", want...) // a shipper took the header off
	}
	const (
		us   = "192.0.2.10,EX1"
		them = "203.0.113.2,mx.example.net"
		host = " to=anna@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10"
	)
	f(tracked{client: us, server: them, context: "08D7F0E3A9C8B1D2;250 2.0.0 OK 1234;ClientSubmitTime:2026-03-03T10:18:20.000Z", connector: "To Internet", event: "SEND", text: "250 2.1.5 Recipient OK", info: "2026-03-03T10:18:20.504Z"},
		"attempt delivered"+base+host+" delay=1s stage=end-of-data reply=250 2.0.0 OK 1234")
	f(tracked{client: us, server: them, connector: "To Internet", event: "SENDEXTERNAL", text: "250 2.1.5 Recipient OK", info: "2026-03-03T10:18:20.504Z;SRV=EX1:TOTAL=1"},
		"attempt delivered"+base+host+" delay=1s stage=end-of-data reply=250 2.1.5 Recipient OK")
	f(tracked{client: us, server: them, connector: "Intra-Organization SMTP Send Connector", event: "SEND", text: "250 2.1.5 Recipient OK"},
		"attempt delivered local"+base+host+" stage=end-of-data reply=250 2.1.5 Recipient OK")
	f(tracked{client: us, server: "127.0.0.1,localhost", event: "SEND"},
		"attempt delivered local"+base+" to=anna@example.net mx=localhost ip=127.0.0.1 our=192.0.2.10 stage=end-of-data")
	f(tracked{client: us, server: them, event: "SEND", sender: "<>"},
		"attempt delivered null-sender host=EX1 id="+guid+" msgid=<1@example.com> size=1234 nrcpt=1"+host+" stage=end-of-data")
	f(tracked{client: ",EX1", server: ",EX2", source: "STOREDRIVER", event: "DELIVER"}, "attempt delivered local host=EX2 id="+guid+within+" to=anna@example.net stage=end-of-data")
	f(tracked{client: "192.0.2.7,app1", server: "192.0.2.10,EX1", connector: `EX1\Default EX1`, event: "RECEIVE", context: "08D7F0E3A9C8B1D2"}, "arrival"+base)
	f(tracked{client: us, server: them, event: "DEFER", text: "451 4.7.0 Too many connections"}, "attempt deferred"+base+host+" reply=451 4.7.0 Too many connections")
	f(tracked{server: ",EX1", event: "DEFER", context: "08D7F0E3A9C8B1D2;421 4.7.0 Too many connections"}, "attempt deferred"+base+" to=anna@example.net reply=421 4.7.0 Too many connections")
	f(tracked{server: them, event: "DEFER", text: "421 x"}, "attempt deferred id="+guid+within+" to=anna@example.net mx=mx.example.net ip=203.0.113.2 reply=421 x")
	f(tracked{client: us, server: them, event: "FAIL", text: "550 5.1.1 no such user"}, "attempt bounced"+base+host+" reply=550 5.1.1 no such user")
	f(tracked{server: ",EX1", source: "QUEUE", event: "FAIL", text: "550 4.4.7 QUEUE.Expired; message expired"}, "expiry expired"+base+" to=anna@example.net text=550 4.4.7 QUEUE.Expired; message expired")
	f(tracked{server: ",EX1", source: "ROUTING", event: "FAIL", text: "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"}, "attempt bounced local"+base+" to=anna@example.net text=550 5.1.1 RESOLVER.ADR.RecipNotFound; not found")
	f(tracked{server: ",EX1", source: "DNS", event: "FAIL", text: "554 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain"}, "attempt bounced"+base+" to=anna@example.net text=554 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain")
	// Put back to have its recipients resolved, without delay.
	f(tracked{server: ",EX1", source: "AGENT", event: "DEFER", context: "Transport Rule Agent"})
	f(tracked{server: ",EX1", source: "AGENT", event: "FAIL", context: "Transport Rule Agent"}, "attempt bounced local"+base+" to=anna@example.net text=Transport Rule Agent")
	for _, event := range []string{"HAREDIRECTFAIL", "HAREDIRECT", "AGENTINFO", "EXPAND", "RESOLVE", "DSN", "SUBMIT", "TRANSFER", "REDIRECT", "BADMAIL", "DUPLICATEDELIVER"} {
		f(tracked{server: ",EX1", event: event, context: "250 2.6.0 Queued mail for redundancy"})
	}
}

// The last error as a list of fields, and Exchange's quotations of what was said.
func TestStatus(t *testing.T) {
	f := func(text, reply, mx, ip string) {
		t.Helper()
		s := readStatus([]byte(text), false)
		if string(s.reply) != reply || string(s.mx) != mx || string(s.ip) != ip {
			t.Errorf("%s\nis %q from %q %q\nwanted %q from %q %q", text, s.reply, s.mx, s.ip, reply, mx, ip)
		}
	}
	const at = ";{FQDN=mx.example.net};{IP=203.0.113.2}]"
	f("[{LRT=3/3/2026 10:18:21 AM};{LED=450 4.7.0 Too many connections}"+at, "450 4.7.0 Too many connections", "mx.example.net", "203.0.113.2")
	f("[{LED=450 4.7.0 Too {many} connections};{MSG=};{FQDN=};{IP=};{LRT=}]", "450 4.7.0 Too {many} connections", "", "")
	f("[{LED=450 4.7.0 cut", "450 4.7.0 cut", "", "")
	f("[{LRT=};{FQDN=mx.example.net};{IP=203.0.113.2}]", "", "", "")
	f(`[{LED=451 4.4.0 Primary target IP address responded with: "421 4.7.0 Too many connections." Attempted failover to alternate host, but that did not succeed.}`+at,
		"421 4.7.0 Too many connections.", "mx.example.net", "203.0.113.2")
	f(`[{LED=441 4.4.1 Error encountered while communicating with primary target IP address: "421 4.2.1 Unable to connect." Attempted failover to alternate host.}`+at, "", "mx.example.net", "203.0.113.2")
	f(`[{LED=441 4.4.1 Error encountered while communicating with primary target IP address: "Failed to connect. Winsock error code: 10060" Attempted failover}`+at, "", "mx.example.net", "203.0.113.2")
	f(`[{LED=451 4.4.397 Error communicating with target host. -> 421 4.2.1 Unable to connect -> SocketTimedout: Socket error code 10060}`+at, "", "mx.example.net", "203.0.113.2")
	f(`[{LED=550 5.4.300 Message expired -> 451 4.7.500 Server busy}`+at, "451 4.7.500 Server busy", "mx.example.net", "203.0.113.2")
	f(`[{LED=450 4.4.317 Cannot connect to remote server [Message=421 4.3.2 too busy] [LastAttemptedServerName=mx.example.net]}`+at, "421 4.3.2 too busy", "mx.example.net", "203.0.113.2")
	f(`[{LED=450 4.4.316 Connection refused [Message=Socket error code 10061]}`+at, "", "mx.example.net", "203.0.113.2")
	f(`[{LED=451 4.4.0 DNS query failed. The error was: DNS query failed with error InfoNoRecords};{FQDN=example.net};{IP=}]`, "", "example.net", "")
	f("[{LED=400 4.4.7 Message delayed};{FQDN=};{IP=}]", "", "", "")
	f("450 4.7.0 outside of a session", "", "", "")
	long := strings.Repeat("450 4.4.300 -> ", 5000)
	f("[{LED="+long+"421 x}", "", "", "")
}

// Statuses are aligned with recipients; ";" also stands inside of them.
func TestAlignment(t *testing.T) {
	f := func(to, statuses string, want ...string) {
		t.Helper()
		r := tracked{client: ",EX1", server: "203.0.113.2,mx.example.net", event: "SEND", to: to, text: statuses}
		for i, w := range want {
			want[i] = "attempt " + strings.Replace(w, "@", base+" to=", 1)
		}
		check(t, r.String(), "u", want...)
	}
	const mx = " mx=mx.example.net ip=203.0.113.2"
	f("a@example.net;b@example.net;c@example.net", "250 2.1.5 OK;452 4.2.2 full;550 5.1.1 no",
		"delivered@a@example.net"+mx+" stage=end-of-data reply=250 2.1.5 OK", "deferred@b@example.net"+mx+" reply=452 4.2.2 full", "bounced@c@example.net"+mx+" reply=550 5.1.1 no")
	f("a@example.net;b@example.net", "250 2.1.5 OK;", "delivered@a@example.net"+mx+" stage=end-of-data reply=250 2.1.5 OK", "delivered@b@example.net"+mx+" stage=end-of-data")
	f("a@example.net;b@example.net;", "250 OK;250 yes;", "delivered@a@example.net"+mx+" stage=end-of-data reply=250 OK", "delivered@b@example.net"+mx+" stage=end-of-data reply=250 yes")
	f("a@example.net;b@example.net", "[{LRT=};{LED=450 4.7.0 x; y};{FQDN=mx1.example.net};{IP=203.0.113.3}];[{LED=451 z};{FQDN=mx2.example.net};{IP=203.0.113.4}]",
		"deferred@a@example.net mx=mx1.example.net ip=203.0.113.3 reply=450 4.7.0 x; y", "deferred@b@example.net mx=mx2.example.net ip=203.0.113.4 reply=451 z")
	f("a@example.net;b@example.net", "550 5.1.1 no; really;250 2.1.5 OK", "bounced@a@example.net"+mx+" reply=550 5.1.1 no; really", "delivered@b@example.net"+mx+" stage=end-of-data reply=250 2.1.5 OK")
	f("a@example.net;b@example.net;c@example.net", "450 4.7.0 x", "deferred@a@example.net"+mx+" reply=450 4.7.0 x", "deferred@b@example.net"+mx+" reply=450 4.7.0 x", "deferred@c@example.net"+mx+" reply=450 4.7.0 x")
	f("a@example.net", "450 4.7.0 x; y; z", "deferred@a@example.net"+mx+" reply=450 4.7.0 x; y; z")
}

// Versions and restarts: the last "#Fields:" counts.
func TestFields(t *testing.T) {
	row10 := "2026-03-03T10:18:21.504Z,192.0.2.10,EX1,203.0.113.2,mx.example.net,08D7F0E3A9C8B1D2,Internet,SMTP,SEND,17,<1@example.com>,anna@example.net,250 2.1.5 OK,1234,1,,,Hello,news@example.com,bounce@example.com,"
	want10 := "attempt delivered host=EX1 id=17" + within + " to=anna@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10 stage=end-of-data reply=250 2.1.5 OK"
	check(t, row10, "u", want10)
	check(t, row10+",Originating,,192.0.2.7,192.0.2.10,", "u", want10)
	few := "#Fields: Event-ID,date-time,recipient-address,message-id\n"
	short := "DEFER,2026-03-03T10:18:21Z,anna@example.net,<2@example.com>"
	wantFew := "attempt deferred id=<2@example.com> msgid=<2@example.com> to=anna@example.net"
	check(t, "\xEF\xBB\xBF"+software+few+short+"\n"+headers+tracked{client: ",EX1", event: "SEND"}.String(), "uiuu"+marks+"u", wantFew,
		"attempt delivered"+base+" to=anna@example.net stage=end-of-data")
	// Shorter than the header: what is there counts, if it is enough.
	check(t, software+few+"DEFER,2026-03-03T10:18:21Z\nDEFER,yesterday,anna@example.net,<2@example.com>", "uiunn")
	// Cells of several lines, and a quote that is never closed.
	open := strings.ReplaceAll(tracked{client: ",EX1", event: "SEND", text: "250 a\nb"}.String(), "\r", "")
	check(t, open+"\n"+row10, "uuu", "attempt delivered"+base+" to=anna@example.net stage=end-of-data reply=250 a\nb", want10)
	broken := strings.Replace(row10, "250 2.1.5 OK", `"250 2.1.5 OK`, 1)
	check(t, broken+"\n"+row10, "uu", want10) // too few columns are left to tell what they are
	check(t, software+"#Fields: "+layouts[2]+"\n"+broken+"\n"+row10, "uiuuu",
		"attempt delivered host=EX1 id=17 msgid=<1@example.com> to=anna@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10 stage=end-of-data reply=250 2.1.5 OK,1234,1,,,Hello,news@example.com,bounce@example.com,", want10)
}

func TestAside(t *testing.T) {
	f := func(text, verdicts string) {
		t.Helper()
		check(t, text, verdicts)
	}
	f(software+"#Log-type: ECP Activity Context Log\n#Fields: MyTimeStamp,ServerName,EventId,EventData\n2026-03-03T10:18:21.504Z,EX1,GlobalActivity,x\n", "uiiiii")
	f("#Fields: date-time,session,source,Destination,direction,description\n2026-03-03T10:18:21.504Z,08D7F0E3A9C8B1D2,SMTP,example.net,+,x", "ii")
	f("#Software: Microsoft Internet Information Services 10.0\n#Fields: date time c-ip", "ii")
	f("2026-03-03T10:18:21.504Z,a,b,c\nplain\n\n\"open", "nnin")
	// Only the row's own header makes it one.
	f("2026-03-03T10:18:21.504Z,,,,,,,SMTP,SEND,x,,,,,,,,,,,,,,,,,,", "n")
}

func TestTime(t *testing.T) {
	row := tracked{client: ",EX1", event: "SEND"}.String()
	got := parsertest.Times(Format, row+"\n"+strings.Replace(row, "504Z", "504", 1), parsertest.Options())
	if want := "[2026-03-03T10:18:21.504Z 2026-03-03T10:18:21.504Z]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	if Format.Zoneless(parsertest.Lines(row)) || Format.Yearless(parsertest.Lines(row)) {
		t.Error("time stamps are UTC with a year")
	}
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, strings.ReplaceAll(parsertest.Others["exchange"], "#Fields", "#fields")+"\n"+tracked{client: ",EX1", event: "SEND"}.String()+"\n"+strings.TrimSpace(fields16)+
		"\n"+`2026-03-03T10:18:21.504Z,EX1\Default Frontend EX1,08DA4F7C11473A60,9,192.0.2.10:25,192.0.2.7:53722,>,535 5.7.3 Authentication unsuccessful,`)
}

func TestCorpus(t *testing.T) { parsertest.Corpus(t, Format, "exchange", nil) }

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, headers+tracked{client: "192.0.2.10,EX1", server: "203.0.113.2,mx.example.net", event: "FAIL", to: "a;b", text: "[{LED=550 5.4.300 x -> 421 y}];"}.String(),
		tracked{event: "DEFER", text: `451 4.4.0 Primary target IP address responded with: "421 x" Attempted`}.String(), sendHeaders+whole, whole[:len(whole)/2],
		"2026-03-03T10:18:21.504Z,I,08DA4F7C11473A60,2,192.0.2.10:1,203.0.113.2:25,<,\"421-x\n421 y\",\n2026-03-03T10:18:21.504Z,I,08DA4F7C11473A60,3,,,-,,Remote",
		"#Log-type: SMTP Receive Protocol Log\n2026-03-03T10:18:21.504Z,I,08DA4F7C11473A60,9223372036854775807,,,>,421 4.3.2 The maximum number of concurrent connections,")
}

func BenchmarkDecode(b *testing.B) {
	text := headers + tracked{client: "192.0.2.10,EX1", server: "203.0.113.2,mx.example.net", context: "08D7F0E3A9C8B1D2;250 2.0.0 OK", connector: "Internet", event: "SEND", to: "a@example.net;b@example.net", text: "250 2.1.5 OK;250 2.1.5 OK"}.String() +
		"\n" + tracked{client: ",EX1", event: "AGENTINFO"}.String() + "\n" + tracked{server: ",EX1", event: "DEFER", text: "[{LED=421 4.7.0 x};{FQDN=mx.example.net};{IP=203.0.113.2}]"}.String()
	bench(b, text, 4) // two for SEND, the time of AGENTINFO, one for DEFER
}

func BenchmarkSessions(b *testing.B) { bench(b, sendHeaders+whole, wholeRows) }

func bench(b *testing.B, text string, want int) {
	lines := parsertest.Lines(text)
	d := NewDecoder(parsertest.Options())
	events := 0
	emit := func(*mail.Event) { events++ }
	b.SetBytes(int64(len(text) + 1))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}
	if events != want*b.N {
		b.Fatalf("%d events in %d runs", events, b.N)
	}
}
