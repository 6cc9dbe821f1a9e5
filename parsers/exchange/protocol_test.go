package exchange

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const (
	sendHeaders = "#Software: Microsoft Exchange Server\n#Log-type: SMTP Send Protocol Log\n#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context\n"
	sid         = "08DA4F7C11473A60"
	from        = " instance=Internet id=63548657598465 msgid=<1@example.com> from=news@example.com size=1234"
	host        = " mx=mx.example.net ip=203.0.113.2 our=192.0.2.10"
	wholeRows   = 15
)

// whole is a session with one message.
var whole = rows(0, "*||attempting to connect", "+||", "<|220 mx.example.net ESMTP|", ">|EHLO out1.example.com|", "<|250-mx.example.net|", "<|250-PIPELINING|", "<|250 SIZE|",
	"*||sending message with RecordId 63548657598465 and InternetMessageId <1@example.com>", ">|MAIL FROM:<news@example.com> SIZE=1234|", ">|RCPT TO:<anna@example.net>|",
	"<|250 2.1.0 OK|", "<|250 2.1.5 OK|", ">|BDAT 1234 LAST|", "<|250 2.0.0 queued|", "-||Local")

// rows makes rows of a session, 100 ms apart, of "event|data|context".
func rows(first int, texts ...string) string { return rowsOf(sid, "Internet", first, texts...) }

func rowsOf(sid, connector string, first int, texts ...string) string {
	var b strings.Builder
	for i, text := range texts {
		part := strings.SplitN(text, "|", 3)
		fmt.Fprintf(&b, "2026-03-03T10:18:%02d.%d00Z,%s,%s,%d,192.0.2.10:53722,203.0.113.2:25,%s,%s,%s\n",
			10+(first+i)/10, (first+i)%10, connector, sid, first+i, part[0], cell(part[1]), cell(part[2]))
	}
	return b.String()[:b.Len()-1]
}

// opened begins a session up to the message.
func opened(texts ...string) string {
	return rows(0, append([]string{"*||attempting to connect", "+||", "<|220 mx.example.net ESMTP|", ">|EHLO out1.example.com|", "<|250 OK|",
		"*||sending message with RecordId 63548657598465 and InternetMessageId <1@example.com>"}, texts...)...)
}

// said checks the events of rows, of a log that has the header and of one that lost it.
func said(t *testing.T, text string, want ...string) {
	t.Helper()
	n := strings.Count(text, "\n") + 1
	check(t, sendHeaders+text, "uuu"+strings.Repeat("u", n), want...)
	check(t, text, strings.Repeat("u", n), want...)
}

func TestSession(t *testing.T) {
	const sent = " use=1 c=800ms d=500ms stage=end-of-data reply=250 2.0.0 queued"
	said(t, whole, "attempt delivered"+from+" to=anna@example.net"+host+sent)
	// Recipients that are told apart by their replies; DATA.
	said(t, opened(">|MAIL FROM:<news@example.com>|", "<|250 OK|", ">|RCPT TO:<a@example.net> NOTIFY=FAILURE|", ">|RCPT TO:<b@example.net>|", ">|RCPT TO:<c@example.net>|", "<|250 OK|", "<|452 4.2.2 full|", "<|550 5.1.1 no|",
		">|DATA|", "<|354 go on|", "<|250 2.0.0 queued|", ">|QUIT|", "<|221 bye|", "-||Remote"),
		"attempt deferred instance=Internet id=63548657598465 msgid=<1@example.com> from=news@example.com to=b@example.net"+host+" use=1 c=600ms d=600ms stage=rcpt reply=452 4.2.2 full",
		"attempt bounced instance=Internet id=63548657598465 msgid=<1@example.com> from=news@example.com to=c@example.net"+host+" use=1 c=600ms d=700ms stage=rcpt reply=550 5.1.1 no",
		"attempt delivered instance=Internet id=63548657598465 msgid=<1@example.com> from=news@example.com to=a@example.net"+host+" use=1 c=600ms d=1s stage=end-of-data reply=250 2.0.0 queued")
	// A second message on the same connection, from nobody.
	said(t, opened(">|MAIL FROM:<news@example.com>|", "<|250 OK|", ">|RCPT TO:<a@example.net>|", "<|250 OK|", ">|DATA|", "<|354 go on|", "<|451 4.7.0 later|",
		"*||sending message with RecordId 17 and InternetMessageId <2@example.com>", ">|MAIL FROM:<> SIZE=5|", ">|RCPT TO:<b@example.net>|", ">|BDAT 5|", "<|250 OK|", "<|250 OK|", "<|250 chunk|", ">|BDAT 0 LAST|", "<|250 2.0.0 queued|"),
		"attempt deferred instance=Internet id=63548657598465 msgid=<1@example.com> from=news@example.com to=a@example.net"+host+" use=1 c=600ms d=600ms stage=end-of-data reply=451 4.7.0 later",
		"attempt delivered null-sender instance=Internet id=17 msgid=<2@example.com> size=5 to=b@example.net"+host+" use=2 c=0s d=700ms stage=end-of-data reply=250 2.0.0 queued")
	// Before 2013 the id of the message stands in the other column.
	said(t, rows(0, "+||", "<|220 mx.example.net|", "*|4711|sending message", ">|MAIL FROM:<a@example.com>|", ">|RCPT TO:<b@example.net>|", "<|250 OK|", "<|450 4.7.0 x|"),
		"attempt deferred instance=Internet id=4711 from=a@example.com to=b@example.net"+host+" use=1 c=300ms d=300ms stage=rcpt reply=450 4.7.0 x")
}

// Refusals before a recipient is named.
func TestRefusal(t *testing.T) {
	const here = "refusal refused instance=Internet ip=203.0.113.2 our=192.0.2.10 stage=banner "
	said(t, rows(0, "*||attempting to connect", "+||", "<|421 4.7.0 Too many connections|", ">|QUIT|", "-||Remote"), here+"reply=421 4.7.0 Too many connections")
	said(t, rows(0, "+||", "<|554-no|", "<|554 really no|", "-||Remote"), here+"reply=554-no 554 really no")
	check(t, rows(0, "+||", "<|421-4.7.0 x\n421 4.7.0 y|"), "uuu", here+"reply=421-4.7.0 x 421 4.7.0 y")
	said(t, rows(0, "*||attempting to connect", "+||", "-||Remote(ConnectionReset)"), here+"text=Remote(ConnectionReset)")
	// The name is known from another session.
	said(t, whole+"\n"+rowsOf("08DA4F7C11473A61", "Internet", 0, "+||", "<|421 4.7.0 Too many connections|"),
		"attempt delivered"+from+" to=anna@example.net"+host+" use=1 c=800ms d=500ms stage=end-of-data reply=250 2.0.0 queued",
		"refusal refused instance=Internet"+host+" stage=banner reply=421 4.7.0 Too many connections")
	const known = "refusal refused instance=Internet" + host
	greeted := []string{"+||", "<|220 mx.example.net ESMTP|", ">|EHLO out1.example.com|"}
	f := func(want string, texts ...string) {
		t.Helper()
		if want != "" {
			said(t, rows(0, append(greeted, texts...)...), known+want)
		} else {
			said(t, rows(0, append(greeted, texts...)...))
		}
	}
	f(" stage=ehlo reply=421 4.7.0 busy", "<|421 4.7.0 busy|", "-||Remote")
	f(" stage=ehlo reply=421 4.7.0 busy", "<|421 4.7.0 busy|") // the log ends
	f(" stage=ehlo text=Remote(SocketError)", "-||Remote(SocketError)")
	f(" stage=ehlo reply=550 no", "<|502 what|", ">|HELO out1.example.com|", "<|550 no|", "-||Local")
	f(" stage=tls reply=454 4.7.0 no", "<|250 OK|", ">|STARTTLS|", "<|454 4.7.0 no|", ">|QUIT|", "-||Local")
	f(" stage=auth reply=535 5.7.3 no", "<|250 OK|", ">|AUTH LOGIN|", "<|334 VXNlcm5hbWU6|", ">|QQ|", "<|334 UGFzc3dvcmQ6|", ">|QUIT|", "<|535 5.7.3 no|", "-||Local")
	f("", "<|250 OK|", ">|QUIT|", "<|221 bye|", "-||Remote")
	f("", "<|250 OK|", ">|QUIT|", "-||Remote")
	f("", "<|250 OK|", ">|NOOP|", "<|421 idle too long|", "-||Remote")
	said(t, opened(">|MAIL FROM:<news@example.com>|", "<|452 4.3.2 Too many|", "-||Local"),
		"refusal refused instance=Internet id=63548657598465 msgid=<1@example.com> from=news@example.com"+host+" use=1 c=600ms d=100ms stage=mail reply=452 4.3.2 Too many")
	// Without STARTTLS it goes on.
	said(t, rows(0, "+||", "<|220 mx.example.net|", ">|EHLO o|", "<|250 OK|", ">|STARTTLS|", "<|454 no|", ">|MAIL FROM:<a@example.com>|", ">|RCPT TO:<b@example.net>|", "<|250 OK|", "<|451 x|", "-||Local"),
		"attempt deferred instance=Internet from=a@example.com to=b@example.net"+host+" use=1 c=600ms d=300ms stage=rcpt reply=451 x")
}

// One reply for all recipients.
func TestAllRecipients(t *testing.T) {
	start := []string{">|MAIL FROM:<news@example.com> SIZE=1234|", ">|RCPT TO:<a@example.net>|", ">|RCPT TO:<b@example.net>|"}
	f := func(want string, texts ...string) {
		t.Helper()
		w := func(to string) string {
			return strings.Replace(want, "@", from+" to="+to+"@example.net"+host+" use=1 c=600ms ", 1)
		}
		said(t, opened(append(start, texts...)...), w("a"), w("b"))
	}
	f("attempt deferred@d=300ms stage=mail reply=452 4.3.2 Too many", "<|452 4.3.2 Too many|", "<|503 need MAIL|", "<|503 need MAIL|", "-||Local")
	f("attempt bounced@d=300ms stage=mail reply=550 no", "<|550 no|", "<|503 need MAIL|", "<|503 need MAIL|")
	f("attempt deferred@d=400ms stage=rcpt reply=421 4.7.0 bye", "<|250 OK|", "<|421 4.7.0 bye|", "-||Remote")
	f("attempt bounced@d=700ms stage=data reply=554 no", "<|250 OK|", "<|250 OK|", "<|250 OK|", ">|DATA|", "<|554 no|")
	f("attempt deferred@d=800ms stage=end-of-data reply=421-x 421 y", "<|250 OK|", "<|250 OK|", "<|250 OK|", ">|BDAT 17 LAST|", "<|421-x|", "<|421 y|")
	f("attempt deferred@d=600ms reply=421 shutting down", "<|250 OK|", "<|250 OK|", "<|250 OK|", "<|421 shutting down|")
	f("attempt deferred@d=500ms stage=rcpt text=Remote(SocketError)", "<|250 OK|", "<|250 OK|", "-||Remote(SocketError)")
	f("attempt deferred@d=700ms stage=end-of-data text=Remote", "<|250 OK|", "<|250 OK|", "<|250 OK|", ">|BDAT 17 LAST|", "-||Remote")
	closing := "attempt deferred" + from + " to=%s@example.net" + host + " use=1 c=600ms d=500ms stage=rcpt reply=421 4.7.0 bye"
	said(t, opened(append(start, "<|250 OK|", "<|250 OK|", "<|421 4.7.0 bye|", "-||Remote")...), fmt.Sprintf(closing, "b"), fmt.Sprintf(closing, "a"))
	said(t, opened(append(start, "<|250 OK|", "<|250 OK|")...))                                                             // the log ends
	said(t, opened(append(start, "<|250 OK|", "<|250 OK|", "<|250 OK|", ">|RSET|", "<|250 OK|", ">|QUIT|", "-||Local")...)) // it was called off
}

func TestConnect(t *testing.T) {
	const text = "Failed to connect. Winsock error code: 10060, Win32 error code: 10060"
	said(t, rows(0, "*||attempting to connect", "*||"+text), "connect-failure instance=Internet ip=203.0.113.2 our=192.0.2.10 stage=connect text="+text)
	// Between servers of one organisation.
	check(t, rowsOf(sid, "Intra-Organization SMTP Send Connector", 0, "+||", "<|421 x|"), "uu",
		"refusal refused local instance=Intra-Organization SMTP Send Connector ip=203.0.113.2 our=192.0.2.10 stage=banner reply=421 x")
	said(t, rows(0, "+||", "<|220 ex2.example.com|", ">|EHLO o|", "<|250 OK|", ">|X-ANONYMOUSTLS|", "<|421 x|", "-||Remote"),
		"refusal refused local instance=Internet mx=ex2.example.com ip=203.0.113.2 our=192.0.2.10 stage=tls reply=421 x")
}

// Rows come in the order of their numbers, whatever that of the lines.
func TestOrder(t *testing.T) {
	event := "attempt delivered" + from + " to=anna@example.net" + host + " use=1 c=800ms d=500ms stage=end-of-data reply=250 2.0.0 queued"
	lines := strings.Split(whole, "\n")
	f := func(order []int, want ...string) {
		t.Helper()
		var text []string
		for _, i := range order {
			text = append(text, lines[i])
		}
		said(t, strings.Join(text, "\n"), want...)
	}
	f([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 13}, event)
	f([]int{1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 14}, event)
	f([]int{5, 4, 3, 2, 1, 0, 6, 7, 8, 9, 10, 11, 12, 13, 14}, event)
	f([]int{0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 14, 14}, event) // shipped twice
	short := strings.Replace(strings.Replace(event, "mx=mx.example.net ", "", 1), "c=800ms ", "c=0s ", 1)
	f([]int{8, 9, 10, 11, 12, 13, 14}, strings.Replace(short, " id=63548657598465 msgid=<1@example.com>", "", 1)) // the file begins later
	// Rows are lost: results that depend on them are not made up.
	f([]int{0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, event)
	f([]int{0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, strings.Replace(event, "mx=mx.example.net ", "", 1))
	f([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14})
	f([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14})
	// Two sessions at a time.
	other := strings.Split(strings.ReplaceAll(whole, sid, "08DA4F7C11473A61"), "\n")
	var mixed []string
	for i := range lines {
		mixed = append(mixed, lines[i], other[i])
	}
	said(t, strings.Join(mixed, "\n"), event, event)
}

// A row of the connectors that receive is no attempt; our own limit is told.
func TestReceive(t *testing.T) {
	const limit = "421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel"
	own := "own-side client=203.0.113.2 text=" + limit
	text := rows(0, "+||", ">|220 ex1.example.com ESMTP|", "<|EHLO client|", ">|250 OK|", "<|MAIL FROM:<a@example.com>|", ">|452 4.3.1 Insufficient system resources|", ">|"+limit+"|", "-||Local")
	check(t, "#Log-type: SMTP Receive Protocol Log\n"+text, "uiiiiiiui", own)
	check(t, text, "uiiiiiuu", own) // what "+" and "-" begin and end is not known
	check(t, sendHeaders+rows(0, "+||", "<|421 x|")+"\n"+strings.Replace(sendHeaders, "Send", "Receive", 1)+strings.ReplaceAll(text, sid, "08DA4F7C11473A61"), "uuuuuuuuiiiiiiui",
		"refusal refused instance=Internet ip=203.0.113.2 our=192.0.2.10 stage=banner reply=421 x", own)
}

func TestRowsThatAreNone(t *testing.T) {
	check(t, sendHeaders+"2026-03-03T10:18:21.504Z,Internet,,1,,,+,,\n2026-03-03T10:18:21.504Z,Internet,"+sid+",1,,,?,,\nx,Internet,"+sid+",1,,,+,,\nx", "uuunnnn")
	check(t, "2026-03-03T10:18:21.504Z,Internet,tooshort,1,,,+,,", "n")
	check(t, "2026-03-03T10:18:21.504Z,Internet,"+sid+",x,,,+,,", "n")
}

// Hostile logs cannot make the decoder grow.
func TestBound(t *testing.T) {
	d := NewDecoder(parsertest.Options())
	nothing := func(*mail.Event) {}
	long := strings.Repeat("x", 10*maxKept)
	for i := range 2 * maxSessions {
		for k := range 4 {
			d.Decode(fmt.Appendf(nil, "2026-03-03T10:18:21.504Z,%s,%016X,%d,192.0.2.10:1,203.0.113.2:25,>,RCPT TO:<%s>,", long, i, 5+k, long), nothing)
		}
	}
	if d.held > maxAllHeld || d.sessions.Len() > maxSessions {
		t.Errorf("%d rows, %d sessions", d.held, d.sessions.Len())
	}
	for i := range maxOpen + 10*maxCommands {
		d.Decode(fmt.Appendf(nil, "2026-03-03T10:18:21.504Z,I,%016X,%d,,,>,RCPT TO:<a>,", 0xF000+i/1000, i%1000), nothing)
	}
	if d.open > maxOpen {
		t.Errorf("%d recipients", d.open)
	}
	d.Close(nothing)
	if d.open != 0 || d.held != 0 {
		t.Errorf("%d recipients and %d rows are left", d.open, d.held)
	}
}
