package wrap

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/kumomta"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/parsers/postfix"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const (
	id      = "A89EB7629C3"
	message = id + ": to=<b@example.net>, relay=mx.example.net[203.0.113.2]:25, delay=1, delays=0/0/1/0, dsn=4.3.2, status=deferred (host mx.example.net[203.0.113.2] refused to talk to me: 421 4.3.2 too many connections)"
	tagText = "postfix/out/smtp[812]: "
	text    = "Mar  3 10:18:23 mx1 " + tagText + message
)

// read decodes a file, as it is read after detection, and describes its events.
func read(t *testing.T, o parsers.Options, file string) string {
	t.Helper()
	sample := split(file)
	s, ok := Open(sample)
	if !ok {
		t.Errorf("no wrapper: %s", file)
		return ""
	}
	return decode(s.Format(postfix.Format).New(o), sample)
}

func split(file string) (lines [][]byte) {
	for _, l := range strings.Split(file, "\n") {
		lines = append(lines, []byte(l))
	}
	return lines
}

func decode(d parsers.Decoder, lines [][]byte) string {
	var b strings.Builder
	emit := func(e *mail.Event) {
		at := "-"
		if e.Time != 0 {
			at = time.UnixMicro(e.Time).UTC().Format("2006-01-02T15:04:05.999999")
		}
		if e.Precise {
			at += "p"
		}
		fmt.Fprintf(&b, "%s %s %s/%s[%d] %v", at, e.Host, e.Instance, e.Process, e.PID, e.Kind)
		if e.Kind != mail.KindNone {
			fmt.Fprintf(&b, " %s %v %s %s", e.QueueID, e.Outcome, e.Recipient, e.Reply)
		}
		b.WriteString("; ")
	}
	for _, l := range lines {
		v := d.Decode(l, emit)
		fmt.Fprintf(&b, "%v\n", v)
	}
	d.Close(emit)
	return strings.TrimSuffix(b.String(), "\n")
}

const attempt = "attempt A89EB7629C3 deferred b@example.net 421 4.3.2 too many connections; "

var utc = parsers.Options{Location: time.UTC}

func TestObjects(t *testing.T) {
	f := func(want, file string) {
		t.Helper()
		if got := read(t, utc, file); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", file, got, want)
		}
	}
	const journal = "2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] " + attempt + "understood"
	// journalctl -o json: every value is a string.
	f(journal, `{"__REALTIME_TIMESTAMP":"1772533103504367","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"postfix/out/smtp","SYSLOG_PID":"812","_PID":"1","MESSAGE":"`+message+`"}`)
	f(journal, `{ "MESSAGE" : "`+message+`", "_PID" : "812", "SYSLOG_IDENTIFIER" : "postfix/out/smtp", "_HOSTNAME" : "mx1", "__REALTIME_TIMESTAMP" : "1772533103504367" }`)
	// A message that is no UTF-8 is a list of bytes.
	var list []string
	for _, c := range []byte(message) {
		list = append(list, fmt.Sprint(c))
	}
	f(journal, `{"__REALTIME_TIMESTAMP":"1772533103504367","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"postfix/out/smtp","_PID":"812","MESSAGE":[`+strings.Join(list, ", ")+`]}`)
	// A field that was given twice is a list of strings.
	f("2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] removed AAAAAA unknown  ; "+journal,
		`{"__REALTIME_TIMESTAMP":"1772533103504367","_HOSTNAME":["mx1","x"],"SYSLOG_IDENTIFIER":"postfix/out/smtp","_PID":"812","MESSAGE":["AAAAAA: removed","`+message+`"]}`)
}

func TestJournalOthers(t *testing.T) {
	f := func(want, file string) {
		t.Helper()
		if got := read(t, utc, file); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", file, got, want)
		}
	}
	const first = `{"__REALTIME_TIMESTAMP":"1772533103504367","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"postfix/out/smtp","_PID":"812","MESSAGE":"` + message + `"}`
	const told = "2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] " + attempt + "understood\n"
	f(told+"irrelevant\nirrelevant\n2026-03-03T10:18:24p mx1 /sshd[7] none; irrelevant\nirrelevant", first+`
{"__REALTIME_TIMESTAMP":"1772533104000000","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"x","MESSAGE":null}
{"__REALTIME_TIMESTAMP":"1772533104000000"}
{"__REALTIME_TIMESTAMP":"1772533104000000","_HOSTNAME":"mx1","SYSLOG_IDENTIFIER":"sshd","_PID":"7","MESSAGE":"`+id+`: removed"}
`)
	// A broken line costs itself alone; a bare line is read as it is.
	f(told+"not_understood\n"+told+"2026-03-03T10:18:23 mx1 postfix/out/smtp[812] "+attempt+"understood",
		first+"\n"+first[:58]+"\n"+first+"\n2026-03-03T10:18:23Z mx1 "+tagText+message)
	// One entry over several lines, and several on one.
	f("understood\nunderstood\nunderstood\nunderstood\nunderstood\n"+told+strings.TrimSuffix(told, "understood\n")+told+"irrelevant",
		"{\n\"__REALTIME_TIMESTAMP\" : \"1772533103504367\",\n\"_HOSTNAME\" : \"mx1\",\n\"SYSLOG_IDENTIFIER\" : \"postfix/out/smtp\",\n\"_PID\" : \"812\", \"MESSAGE\" : \""+
			message+"\"\n}\n"+first+first+"\n")
	// RFC 7464, and journalctl -o json-sse.
	f(told+told+"irrelevant\n"+strings.TrimSuffix(told, "\n"), "\x1e"+first+"\ndata: "+first+"\n\n"+first)
}

// The names that shippers give to a line, its host, program and process id.
func TestShippers(t *testing.T) {
	f := func(want, file string) {
		t.Helper()
		if got := read(t, utc, file); got != want+attempt+"understood" {
			t.Errorf("%s\ngot  %s\nwant %s", file, got, want)
		}
	}
	const whole = "2026-03-03T10:18:23.504p mx1 postfix/out/smtp[812] "
	f(whole, `{"@timestamp":"2026-03-03T10:18:23.504Z","message":"`+text+`","host":{"name":"collector"}}`)
	f(whole, `{"@timestamp":"2026-03-03T10:18:23.504Z","log":{"file":{"path":"/var/log/mail.log"},"offset":1},"event":{"original":"`+text+`"}}`)
	f(whole, `{"@timestamp":"2026-03-03T10:18:23.504Z","event.original":"`+text+`"}`)
	f(whole, `{"timestamp":"2026-03-03T11:18:23.504+01:00","line":"`+text+`","labels":{"job":"mail"}}`)
	f(whole, `{"_time":"2026-03-03T10:18:23.504Z","_msg":"`+text+`","_stream":"{}"}`)
	f(whole, `{"_index":"logs","_source":{"@timestamp":"2026-03-03T10:18:23.504Z","message":"`+text+`"}}`)
	f(whole, `{"preview":false,"result":{"_raw":"`+text+`","_time":"2026-03-03 10:18:23.504 UTC"}}`)
	f(whole, `{"version":"1.1","host":"mx1","short_message":"`+tagText+message+`","timestamp":1772533103.504,"level":6}`)
	f(whole, `{"time":1772533103504,"ident":"postfix/out/smtp","pid":"812","host":"mx1","message":"`+message+`"}`)
	f(whole, `{"date":1772533103504000,"MESSAGE":"`+message+`","SYSLOG_IDENTIFIER":"postfix/out/smtp","_PID":"812","_HOSTNAME":"mx1"}`)
	f(whole, `{"ts":1772533103504000000,"appname":"postfix/out/smtp","procid":812,"hostname":"mx1","message":"`+message+`"}`)
	f(whole, `{"@timestamp":"2026-03-03T10:18:23.504Z","message":"`+message+`","log":{"syslog":{"appname":"postfix/out/smtp","procid":"812","hostname":"mx1"}}}`)
	f(whole, `{"timegenerated":"2026-03-03T10:18:23.504Z","syslogtag":"postfix/out/smtp[812]:","hostname":"mx1","message":" `+message+`"}`)
	f(whole, `{"timestamp":"2026-03-03T10:18:23.504Z","tag":"postfix/out/smtp[812]:","host":"mx1","msg":"`+message+`"}`)
	f(whole, `{"@timestamp":"2026-03-03T10:18:23.504Z","process":{"name":"postfix/out/smtp","pid":812},"host":{"hostname":"mx1"},"message":"`+message+`"}`)
	// The routing tag of a shipper is no program.
	f(whole, `{"timestamp":"2026-03-03T10:18:23.504Z","tag":"kube.mail","message":"`+text+`"}`)
	f(whole, `{"@timestamp":"2026-03-03 10:18:23.504","@message":"`+text+`"}`)
	f(whole, `{"TimeGenerated":"2026-03-03T10:18:23.504Z","Computer":"mx1","ProcessName":"postfix/out/smtp","ProcessID":812,"SyslogMessage":"`+message+`"}`)
	f(whole, `{"events":[{"timestamp":1772533103504,"message":"`+text+`"}],"nextToken":"x"}`)
	// Without a time outside, that of the line counts.
	f("1972-03-03T10:18:23 mx1 postfix/out/smtp[812] ", `{"message":"`+text+`"}`)
	f("2026-03-03T09:18:23.5p mx1 postfix/out/smtp[812] ", `{"message":"2026-03-03T10:18:23.5+01:00 mx1 `+tagText+message+`"}`)
}

// Which of two times counts.
func TestTime(t *testing.T) {
	f := func(want, outer, inner string) {
		t.Helper()
		for _, file := range []string{
			`{"log":"` + inner + " mx1 " + tagText + message + `\n","stream":"stdout","time":"` + outer + `"}`,
			outer + " stdout F " + inner + " mx1 " + tagText + message,
		} {
			if got := read(t, utc, file); got != want+" mx1 postfix/out/smtp[812] "+attempt+"understood" {
				t.Errorf("%s\ngot  %s\nwant %s", file, got, want)
			}
		}
	}
	const outer = "2026-03-03T10:18:23.504367123Z"
	f("2026-03-03T10:18:23.504367p", outer, "Mar  3 10:18:23")
	f("2026-03-03T10:18:23.504367p", outer, "Mar  3 11:18:23") // a zone away
	f("2026-03-03T10:18:23.504367p", outer, "2026-03-03 11:18:23")
	f("2026-03-03T10:18:23.504367p", outer, "2026-03-03T11:18:23+01:00")   // no fraction
	f("2026-03-03T10:17:23p", outer, "2026-03-03T11:17:23.000000+01:00")   // a relay of logs
	f("2026-03-03T10:17:23", outer, "2026-03-03T11:17:23+01:00")           // the same
	f("2026-03-03T10:18:23.5p", outer, "2026-03-03T11:18:23.500000+01:00") // nothing better

	shipped := func(want, outer, inner string) {
		t.Helper()
		file := `{"@timestamp":"` + outer + `","message":"` + inner + " mx1 " + tagText + message + `"}`
		if got := read(t, parsers.Options{Location: time.FixedZone("", 3600)}, file); got != want+" mx1 postfix/out/smtp[812] "+attempt+"understood" {
			t.Errorf("%s\ngot  %s\nwant %s", file, got, want)
		}
	}
	shipped("2026-03-03T10:18:25.504p", "2026-03-03T10:18:25.504Z", "Mar  3 11:18:23")
	shipped("2026-03-03T10:18:25.504p", "2026-03-03T10:18:25.504Z", "Mar  3 15:48:23") // another zone than was told
	// Read days later: the line's own time counts, in the year of the reading.
	shipped("2026-03-03T09:18:23", "2026-03-07T10:00:00.000Z", "Mar  3 10:18:23")
	shipped("2025-12-31T22:59:59", "2026-01-07T10:00:00.000Z", "Dec 31 23:59:59")
	shipped("2026-03-03T09:18:23", "2026-03-03T10:00:00.000Z", "Mar  3 10:18:23") // 42 minutes are no zone
	// A shipper that takes away the zone.
	shipped("2026-03-03T09:18:23.504p", "2026-03-03T10:18:23.504", "Mar  3 10:18:23")
}

// Long lines come in pieces, those of stdout and stderr mixed.
func TestPieces(t *testing.T) {
	f := func(want, file string) {
		t.Helper()
		if got := read(t, utc, file); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", file, got, want)
		}
	}
	const told = "2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] " + attempt + "understood"
	piece := func(stream, s string) string {
		return `{"log":"` + s + `","stream":"` + stream + `","time":"2026-03-03T10:18:23.504367Z"}` + "\n"
	}
	f("irrelevant\n2026-03-03T10:18:23.504367p mx1 /cron[1] none; irrelevant\nirrelevant\n"+told+"\nirrelevant",
		piece("stdout", text[:50])+piece("stderr", `Mar  3 10:18:23 mx1 cron[1]: x\n`)+piece("stdout", text[50:90])+piece("stdout", text[90:]+`\n`))
	// A last line without an end is a line.
	f(strings.TrimSuffix("irrelevant\n"+told, "understood")+"understood\nirrelevant\n"+strings.TrimSuffix(told, "understood"),
		strings.TrimSuffix(piece("stdout", text[:50])+piece("stdout", text[50:]+`\n`)+piece("stdout", text), "\n"))
	// Where no line has its end, each record is a line.
	f(told+"\n"+told, strings.TrimSuffix(piece("stdout", text)+piece("stdout", text), "\n"))

	const at = "2026-03-03T10:18:23.504367123Z "
	f("irrelevant\n2026-03-03T10:18:23.504367p mx1 /cron[1] none; irrelevant\nirrelevant\n"+told,
		at+"stdout P "+text[:50]+"\n"+at+"stderr F Mar  3 10:18:23 mx1 cron[1]: x\n"+at+"stdout P:x "+text[50:90]+"\n"+at+"stdout F "+text[90:])
	f(told, at+"stdout "+text)        // before there were tags
	f(told, at+"stdout F "+text+"\r") // CRLF
	f("irrelevant\n"+told, at+"stderr P "+text[:70]+"\n"+at+"stderr F "+text[70:])
	f(told+"\nirrelevant\n2026-03-03T10:18:23.504367p x /[0] none; not_understood", at+"stdout F "+text+"\n"+at+"stdout F\n"+at+"x F "+text)
}

func TestExport(t *testing.T) {
	f := func(want, file string) {
		t.Helper()
		if got := read(t, utc, file); got != want {
			t.Errorf("%q\ngot  %s\nwant %s", file, got, want)
		}
	}
	const head = "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1772533103504367\n_HOSTNAME=mx1\n_PID=1\nSYSLOG_PID=812\n"
	const tail = "SYSLOG_IDENTIFIER=postfix/out/smtp\n_SOURCE_REALTIME_TIMESTAMP=1\n\n"
	const told = "2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] " + attempt + "understood\n"
	const none = "2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] none; "
	irrelevant := func(n int) string { return strings.Repeat("irrelevant\n", n) }
	f(irrelevant(8)+told+irrelevant(8)+told+"irrelevant", head+"MESSAGE="+message+"\n"+tail+head+"MESSAGE="+message+"\n"+tail)
	// The last entry has no empty line after it; one is missing in between.
	f(irrelevant(8)+told+irrelevant(6)+strings.TrimSuffix(told, "understood\n"),
		head+"MESSAGE="+message+"\n"+strings.TrimSuffix(tail, "\n")+head+"MESSAGE="+message+"\nSYSLOG_IDENTIFIER=postfix/out/smtp")

	// A binary field, as it looks after the file was cut into lines: a line end in
	// the length, NULs at the start of a line gone.
	binary := func(value string) string {
		n := len(value)
		size := string([]byte{byte(n), byte(n >> 8), byte(n >> 16), 0, 0, 0, 0, 0})
		var out []string
		for _, l := range strings.Split("MESSAGE\n"+size+value+"\n", "\n") {
			out = append(out, strings.TrimLeft(l, "\x00"))
		}
		return head + strings.Join(out, "\n") + tail
	}
	pad := func(n int) string { return message[:len(message)-1] + strings.Repeat("s", n-len(message)) + ")" }
	for _, n := range []int{230, 256, 266, 300, 512, 522, 2570, 4096, 65536, 65546} {
		got := read(t, utc, binary(pad(n))+head+"MESSAGE="+message+"\n"+tail)
		if n := strings.Count(got, "attempt "+id); n != 2 {
			t.Errorf("a binary message of %d bytes: %d attempts, want 2\n%s", n, n, got)
		}
	}
	// A value with line ends, one that is a line end, and an empty one.
	f(irrelevant(14)+none+"2026-03-03T10:18:23.504367p mx1 postfix/out/smtp[812] "+attempt+"understood\nirrelevant",
		strings.Replace(binary("x\n"+message+"\n"), tail, "CODE_FUNC\n\x01\x00\x00\x00\x00\x00\x00\x00\n\n"+tail, 1))
}

// The lines of a record are not understood if its message is not, or if it never ended.
func TestUnfinished(t *testing.T) {
	f := func(file string, understood, irrelevant, not int64) {
		t.Helper()
		s, ok := Open(split(file))
		if !ok {
			t.Fatalf("no wrapper: %s", file)
		}
		for _, format := range []parsers.Format{s.Format(postfix.Format), Lazy(postfix.Format)} {
			if u, i, n := parsertest.Account(format, file); u != understood || i != irrelevant || n != not {
				t.Errorf("%s\n%d understood, %d irrelevant, %d not; want %d, %d, %d", file, u, i, n, understood, irrelevant, not)
			}
		}
	}
	printed := func(text string) string {
		return "{\n\"_HOSTNAME\": \"mx1\",\n\"MESSAGE\": \"" + text + "\"\n}\n"
	}
	whole := `{"MESSAGE":"` + text + `"}` + "\n"
	f(whole+printed(text)+whole, 6, 1, 0)
	f(whole+printed(text)+printed("nothing known")+whole[:len(whole)-1], 6, 0, 4)
	f(whole+printed(text)+printed(text)[:21], 5, 0, 2)
	f(whole+printed(text)+printed(text)[:30], 5, 0, 3)
	f(whole+"{\n{\n{", 1, 0, 3)

	const entry = "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1772533103504367\n_HOSTNAME=mx1\n"
	f(entry+"MESSAGE="+text+"\n\n"+entry+"MESSAGE=nothing known\n", 1, 4, 5)
	f(entry+"MESSAGE="+text+"\n\n"+strings.TrimSuffix(entry, "\n"), 1, 4, 3) // cut before its message
}

// What the format inside takes back, the file takes back.
func TestUnfinishedInside(t *testing.T) {
	const lines = `{"MESSAGE":"{"}` + "\n" + `{"MESSAGE":"\"id\":"}`
	d := &Decoder{kind: objects, format: kumomta.Format}
	d.begin(utc)
	for _, l := range split(lines) {
		if v := d.Decode(l, func(*mail.Event) {}); v != mail.Understood {
			t.Errorf("%s: %v", l, v)
		}
	}
	d.Close(func(*mail.Event) {})
	if u, i := d.Unfinished(); u != 2 || i != 0 {
		t.Errorf("%d understood and %d irrelevant lines are taken back, want 2 and 0", u, i)
	}
}

// A table is for lines that are not understood as they are.
func TestTable(t *testing.T) {
	f := func(want, file string) {
		t.Helper()
		if got := read(t, utc, file); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", file, got, want)
		}
	}
	f("not_understood\n2026-03-03T10:18:23.504p  /[0] "+attempt+"understood",
		"time\tfile\tmessage\n2026-03-03T10:18:23.504Z\tmail.log\t"+message)
	f("-  postfix/out/smtp[812] "+attempt+"understood", "1\t\""+tagText+message+"\"")
	f("2026-03-03T10:18:23 mx1 postfix/out/smtp[812] "+attempt+"understood\n2026-03-03T10:18:23 mx1 postfix/smtp[1] removed "+id+" unknown  ; understood\nnot_understood",
		"2026-03-03 11:18:23+01:00\t"+text+"\nMar  3 10:18:23 mx1 postfix/smtp[1]: "+id+": removed\na\tb\tc")
}

// What tools put before a line is no part of it.
func TestLabels(t *testing.T) {
	f := func(label, want string) {
		t.Helper()
		line := label + text
		if got := read(t, parsers.Options{Location: time.UTC, Year: 2026}, strings.Repeat(line+"\n", 3)); strings.Count(got, want+attempt+"understood") != 3 {
			t.Errorf("%s\ngot %s", line, got)
		}
	}
	const logged = "2026-03-03T10:18:23 mx1 postfix/out/smtp[812] "
	f("mail.log:", logged)
	f("/var/log/mail.log.1:12:", logged)
	f("mail-1  | ", logged)
	f("[pod/mail-0/postfix] ", logged)
	if label([]byte(text)) != 0 || label([]byte(`  "time": "2026-03-03T10:18:23Z",`)) != 0 || label(nil) != 0 {
		t.Error("a line without a label has one")
	}
	for _, l := range []string{`2026-03-03T10:18:23Z stream `, `events.json:`} { // before an event of a provider
		if event := `{"eventType":"Delivery"}`; label([]byte(l+event)) != len(l) {
			t.Errorf("%s%s: label of %d bytes", l, event, label([]byte(l+event)))
		}
	}
}

// Tables that log services export: one column is the line, another one its time.
func TestRows(t *testing.T) {
	f := func(want string, lines ...string) {
		t.Helper()
		if got := read(t, utc, strings.Join(lines, "\n")); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", lines[0], got, want)
		}
	}
	quoted := `"` + strings.ReplaceAll(tagText+message, `"`, `""`) + `"`
	f("irrelevant\n2026-03-03T10:18:23.504p mx1 postfix/out/smtp[812] "+attempt+"understood", "_time,host,_raw", "2026-03-03T10:18:23.504Z,mx1,"+quoted)
	f("irrelevant\n2026-03-03T10:18:23.504p  postfix/out/smtp[812] "+attempt+"understood", "@timestamp,@message", "2026-03-03 10:18:23.504,"+quoted)
	for _, s := range []string{"date,from,to,status", "timestamp,recipient,message", "timestamp,event,host", "message", "_raw,host"} {
		if _, ok := headings([]byte(s)); ok {
			t.Errorf("%s: these rows are no lines of a log", s)
		}
	}
	// A quote that nobody closes is accounted for, also at the end of the file.
	s, ok := Open(split("_time,_raw\n2026-03-03T10:18:23Z," + quoted))
	if !ok {
		t.Fatal("no wrapper")
	}
	d := s.Format(postfix.Format).New(utc).(*Decoder)
	var n [3]int64
	for i := range 1500 {
		line := "2026-03-03T10:18:23Z,postfix/qmgr[7]: A89EB7629C3: removed"
		if i == 0 {
			line = "_time,_raw"
		} else if i == 100 {
			line = `2026-03-03T10:18:23Z,"never closed`
		}
		n[d.Decode([]byte(line), func(*mail.Event) {})]++
	}
	d.Close(func(*mail.Event) {})
	understood, irrelevant := d.Unfinished()
	if lost := n[mail.NotUnderstood] + understood + irrelevant; lost < 900 || n[mail.Irrelevant]-irrelevant > 1 {
		t.Errorf("verdicts %v, of which %d and %d came back", n, understood, irrelevant)
	}
}

// A number that would be a time in the next century is something else.
func TestEpochBound(t *testing.T) {
	for _, s := range []string{"7711561783320576", "4102444800000000", "9102444800000000000"} {
		if _, _, ok := epoch([]byte(s)); ok {
			t.Errorf("%s is a time", s)
		}
	}
	for _, s := range []string{"1772533103", "1772533103504", "1772533103504367", "1772533103504367000"} {
		if micro, _, ok := epoch([]byte(s)); !ok || micro/1e6 != 1772533103 {
			t.Errorf("%s: %d, %t", s, micro, ok)
		}
	}
}
