package declared

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

// describe renders an event.
func describe(e *mail.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v %v", e.Kind, e.Outcome)
	add := func(name string, v []byte) {
		if len(v) > 0 {
			fmt.Fprintf(&b, " %s=%s", name, v)
		}
	}
	if e.Time != 0 {
		at := time.UnixMicro(e.Time).UTC().AppendFormat(nil, "2006-01-02T15:04:05.999999")
		if e.Precise {
			at = append(at, 'p')
		}
		add("at", at)
	}
	add("host", e.Host)
	add("instance", e.Instance)
	add("id", e.QueueID)
	add("msgid", e.MessageID)
	add("from", e.Sender)
	if e.NullSender {
		b.WriteString(" null-sender")
	}
	add("to", e.Recipient)
	add("mx", e.MX)
	add("ip", e.MXIP)
	add("our", e.SendingIP)
	add("stage", []byte(e.Stage.String()))
	add("dsn", e.DSN)
	if e.Delay != 0 {
		fmt.Fprintf(&b, " delay=%d", e.Delay)
	}
	if e.ESP {
		b.WriteString(" esp")
	}
	add("reply", e.Reply)
	if string(e.Text) != string(e.Reply) {
		add("text", e.Text)
	}
	return b.String()
}

// load loads a file that must be right.
func load(t *testing.T, yaml string) parsers.Format {
	t.Helper()
	f, errs := Load("acme.yaml", []byte(yaml))
	for _, err := range errs {
		t.Error(err)
	}
	if len(errs) > 0 {
		t.FailNow()
	}
	return f
}

func tells(f parsers.Format, lines ...string) string {
	d := f.New(parsers.Options{Year: 2026, Location: time.FixedZone("", 3600)})
	var out []string
	emit := func(e *mail.Event) { out = append(out, describe(e)) }
	for _, l := range lines {
		out = append(out, d.Decode([]byte(l), emit).String())
	}
	d.Close(emit)
	return strings.Join(out, "\n")
}

func check(t *testing.T, f parsers.Format, want string, lines ...string) {
	t.Helper()
	if got := tells(f, lines...); got != want {
		t.Errorf("%q\ngot\n%s\nwant\n%s", lines, got, want)
	}
}

const acme = `
name: acme
title: Acme relay
regexp:
- '^(?P<time>\S+) (?P<queue_id>\w+) from=<(?P<sender>[^>]*)> to=<(?P<recipient>[^>]*)> via (?P<sending_ip>\S+) mx=(?P<mx>[^\[]+)\[(?P<mx_ip>[^\]]+)\] (?P<stage>\w+) after=(?P<delay>[\d.]+) (?P<outcome>\w+): (?P<reply>.*)$'
- '^(?P<time>\S+) (?P<queue_id>\w+) gave up on (?P<recipient>\S+) \((?P<outcome>expired)\)'
- '^(?P<time>\S+) queue runner'
ignore: '^#'
outcomes: {defer: deferred, Sent: delivered}
samples:
- line: '2026-03-03T10:18:23.5Z 7F001 from=<> to=<bob@example.net> via 192.0.2.10 mx=mx.example.net[203.0.113.9] mail after=1.5 DEFER: 421 4.7.0 Too many connections'
  want: {time: '2026-03-03 10:18:23.5', queue_id: 7F001, recipient: bob@example.net, mx: mx.example.net, stage: mail, outcome: deferred, reply: 421 4.7.0 Too many connections}
- line: '2026-03-03T10:18:24Z queue runner started'
  want: {outcome: none}
`

func TestRegexp(t *testing.T) {
	f := load(t, acme)
	if f.Name != "acme" || f.Title != "Acme relay" || f.Yearless(nil) || f.Zoneless(nil) {
		t.Errorf("%+v", f)
	}
	check(t, f, "attempt deferred at=2026-03-03T10:18:23.5p id=7F001 null-sender to=bob@example.net mx=mx.example.net ip=203.0.113.9 our=192.0.2.10 stage=mail delay=1500000 reply=421 4.7.0 Too many connections\nunderstood",
		"2026-03-03T10:18:23.5Z 7F001 from=<> to=<bob@example.net> via 192.0.2.10 mx=mx.example.net[203.0.113.9] mail after=1.5 DEFER: 421 4.7.0 Too many connections")
	check(t, f, "expiry expired at=2026-03-03T10:18:23 id=7F001 to=bob@example.net\nunderstood\nirrelevant\nnone unknown at=2026-03-03T10:18:23\nirrelevant\nnot_understood\nirrelevant",
		"2026-03-03T10:18:23Z 7F001 gave up on <bob@example.net> (expired)", "# comment", "2026-03-03T10:18:23Z queue runner", "else", "")
	sample := [][]byte{[]byte("2026-03-03T10:18:23Z 7F001 gave up on b (expired)"), []byte("else"), []byte("2026-03-03T10:18:23Z queue runner")}
	if n := f.Score(sample); n != 1 {
		t.Errorf("score %d", n)
	}
	// Words that nobody has given a meaning.
	check(t, f, "none unknown at=2026-03-03T10:18:23\nirrelevant",
		"2026-03-03T10:18:23Z 7F001 from=<> to=<b> via 192.0.2.10 mx=m[::1] mail after=1 queued: 250 ok")
}

// The outcome is read from the reply where no field tells it; the reply is put
// together from its parts.
func TestReply(t *testing.T) {
	f := load(t, `
name: acme
regexp: '^(?P<recipient>\S+) (?P<code>\d+|-) (?P<enhanced>[\d.]+|-) ?(?P<text>.*)$'
esp: true
samples:
- line: b@example.net 421 4.7.0 busy
  want: {outcome: deferred, code: 421, enhanced: 4.7.0, reply: 421 4.7.0 busy, text: busy}
`)
	check(t, f, "attempt deferred to=b@example.net dsn=4.7.0 esp reply=421 4.7.0 busy text=busy\nunderstood", "b@example.net 421 4.7.0 busy")
	check(t, f, "attempt bounced to=b@example.net dsn=5.1.1 esp reply=550 5.1.1 no text=5.1.1 no\nunderstood", "b@example.net 550 5.1.1 5.1.1 no")
	check(t, f, "attempt delivered to=b@example.net esp reply=250\nunderstood", "b@example.net 250 -")
	check(t, f, "irrelevant", "b@example.net - - no reply")
	check(t, f, "attempt deferred to=b@example.net dsn=4.7.0 esp reply=421 4.7.0 busy text=busy\nattempt deferred to=c@example.net dsn=4.7.0 esp reply=421 4.7.0 busy text=busy\nunderstood",
		"<b@example.net>,<c@example.net> 421 4.7.0 busy")
	if f.Carries.Recipient.Level != parsers.Yes || f.Carries.Time.Level != parsers.No || f.Carries.Sessions.Level != parsers.No || f.Carries.Reply.Level != parsers.Yes {
		t.Errorf("%+v", f.Carries)
	}
}

func TestCSV(t *testing.T) {
	f := load(t, `
name: acme-csv
csv:
  separator: ';'
  columns: {time: Logged, recipient: rcpt, reply: diag, message_id: msgid, host: node, outcome: state}
outcomes: {tmp: deferred, perm: bounced, ok: delivered}
samples:
- line: |
    node;logged;rcpt;state;diag;msgid
    out1;03/Mar/2026 10:18:23 +0100;b@example.net;tmp;"421 ""busy""; try later";<m1@example.com>
  want: {time: '2026-03-03T09:18:23Z', outcome: deferred, reply: 421 "busy"; try later, host: out1, message_id: <m1@example.com>}
time: {layout: '02/Jan/2006 15:04:05 -0700'}
`)
	check(t, f, strings.Join([]string{
		"not_understood", "irrelevant",
		"attempt delivered at=2026-03-03T10:18:23 host=out2 id=m2 msgid=m2 to=c@example.net reply=250 ok", "understood",
		"irrelevant", "attempt bounced host=out2 id=m3 msgid=m3 to=d@example.net reply=550 two\nlines", "understood",
		"irrelevant", "attempt deferred to=e@example.net", "understood", "not_understood", "irrelevant",
	}, "\n"), "out1;x", "\xef\xbb\xbfmsgid;node;Logged;RCPT;State;Diag;more",
		"m2;out2;03/Mar/2026 10:18:23 +0000;c@example.net;OK;250 ok;", "m3;out2;;d@example.net;perm;\"550 two", "lines\";",
		"State;Diag;msgid;node;logged;rcpt", "tmp;-;;;;e@example.net", "short;row", "")
	// A table without a header.
	f = load(t, `
name: acme-csv
csv: {separator: tab, header: [time, rcpt, reply], columns: {time: time, recipient: rcpt, reply: reply}}
samples:
- line: "1772533103\tb@example.net\t421 busy"
  want: {time: '2026-03-03T10:18:23Z', outcome: deferred}
`)
	check(t, f, "attempt bounced at=2026-03-03T10:18:23.5p to=b@example.net reply=550 no\nunderstood", "1772533103.5\tb@example.net\t550 no")
}

func TestJSON(t *testing.T) {
	f := load(t, `
name: acme-json
json:
  pages: [items]
  fields: {time: $.event.at, recipient: event.to, mx: event.hops.0.name, code: event.smtp.code, text: event.smtp.text, outcome: type}
outcomes: {soft: deferred, done: delivered}
samples:
- line: '{"type":"soft","event":{"at":1772533103504,"to":["b@example.net","c@example.net"],"hops":[{"name":"mx.example.net"}],"smtp":{"code":421,"text":"busy"}}}'
  want: {time: '2026-03-03T10:18:23.504Z', outcome: deferred, recipient: 'b@example.net,c@example.net', mx: mx.example.net, reply: 421 busy}
- line: '{"type":"opened"}'
  want: {outcome: none}
`)
	const event = `{"type":"done","event":{"to":"b@example.net","at":1772533103000,"smtp":{"code":"250","text":"ok"}}}`
	const told = "attempt delivered at=2026-03-03T10:18:23 to=b@example.net reply=250 ok text=ok"
	check(t, f, told+"\nunderstood", event)
	check(t, f, "understood\n"+told+"\n"+told+"\nunderstood\nunderstood\nirrelevant\nnot_understood", `{"items":[`, event+","+event, "]}", "", "{broken")
}

// Stamps of the samples, with and without what they lack.
func TestTime(t *testing.T) {
	f := func(stamp, want, other, otherTime string, yearless, zoneless bool, rest string) {
		t.Helper()
		format := load(t, fmt.Sprintf(`
name: acme
regexp: '^\[(?P<time>[^\]]*)\] (?P<reply>.*)$'
samples:
- line: '[%s] 421 busy'
  want: {time: '%s', outcome: deferred}
%s`, stamp, want, rest))
		if format.Yearless(nil) != yearless || format.Zoneless(nil) != zoneless {
			t.Errorf("%s: yearless %v, zoneless %v", stamp, format.Yearless(nil), format.Zoneless(nil))
		}
		check(t, format, "attempt deferred "+otherTime+"reply=421 busy\nunderstood", "["+other+"] 421 busy")
	}
	f("2026-03-03T10:18:23Z", "2026-03-03T10:18:23Z", "2026-03-04T11:18:23.25+01:00", "at=2026-03-04T10:18:23.25p ", false, false, "")
	f("2026-03-03 10:18:23", "2026-03-03T10:18:23Z", "2026-03-04 11:18:23", "at=2026-03-04T10:18:23 ", false, true, "") // the zone of the file
	f("Mar  3 10:18:23", "2026-03-03T10:18:23Z", "Mar  4 11:18:23", "at=2026-03-04T10:18:23 ", true, true, "")
	f("1772533103", "2026-03-03T10:18:23Z", "1772619503.000001", "at=2026-03-04T10:18:23.000001p ", false, false, "")
	f("1772533103504", "2026-03-03T10:18:23.504Z", "1772619503000", "at=2026-03-04T10:18:23 ", false, false, "")
	// What package dateparse knows.
	f("March 3, 2026 10:18:23", "2026-03-03T10:18:23Z", "March 4, 2026 11:18:23", "at=2026-03-04T10:18:23 ", false, true, "")
	f("2026.03.03", "2026-03-03T00:00:00Z", "x", "", false, true, "")
	f("2026/03/03 10:18:23", "2026-03-03T10:18:23Z", "2026/03/04 11:18:23", "at=2026-03-04T10:18:23 ", false, true, "")
	f("Tue, 03 Mar 2026 10:18:23 +0000", "2026-03-03T10:18:23Z", "Wed, 04 Mar 2026 11:18:23 +0100", "at=2026-03-04T10:18:23 ", false, false, "")
	// Layouts and zones of the file.
	f("03.03.2026 11:18:23", "2026-03-03T10:18:23Z", "04.03.2026 11:18:23", "at=2026-03-04T10:18:23 ", false, false, "time: {layout: '02.01.2006 15:04:05', zone: Europe/Paris}\n")
	f("03.03. 12:18:23", "2026-03-03T10:18:23Z", "04.03. 12:18:23", "at=2026-03-04T10:18:23 ", true, false, "time: {layout: '02.01. 15:04:05', zone: '+02:00'}\n")
	f("20260303 101823", "2026-03-03T10:18:23Z", "260304111823", "at=2026-03-04T10:18:23 ", false, true, "time: {layout: ['20060102 150405', '060102150405']}\n")

	fails := func(message, stamp, rest string) {
		t.Helper()
		_, errs := Load("acme.yaml", []byte(fmt.Sprintf("name: acme\nregexp: '^\\[(?P<time>[^\\]]*)\\] (?P<reply>.*)$'\nsamples:\n- line: '[%s] 421 busy'\n  want: {outcome: deferred}\n%s", stamp, rest)))
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), message) || !strings.HasPrefix(errs[0].Error(), "acme.yaml:") {
			t.Errorf("%s: %v", stamp, errs)
		}
	}
	fails("cannot read the time", "01/02/2026 10:18:23", "") // January or February?
	fails("cannot read the time", "yesterday", "")
	fails("may mean several", "2026-03-03 10:18:23 CET", "")
	fails("none of the layouts fits", "2026-03-03", "time: {layout: '15:04'}\n")
}

func TestErrors(t *testing.T) {
	const right = "name: acme\nregexp: '^(?P<recipient>\\S+) (?P<reply>.*)$'\nsamples:\n- line: b 421 busy\n  want: {outcome: deferred}\n"
	if _, errs := Load("acme.yaml", []byte(right)); len(errs) > 0 {
		t.Fatal(errs)
	}
	f := func(place, message, yaml string) {
		t.Helper()
		format, errs := Load("acme.yaml", []byte(yaml))
		if len(errs) == 0 || format.New != nil {
			t.Errorf("%s\nis accepted", yaml)
			return
		}
		for _, err := range errs {
			var at *strictyaml.Error
			if !errors.As(err, &at) || at.Line < 1 {
				t.Errorf("%s\n%v has no place", yaml, err)
			}
			if strings.HasPrefix(err.Error(), "acme.yaml:"+place) && strings.Contains(err.Error(), message) {
				return
			}
		}
		t.Errorf("%s\ngot %v, want %s: %s", yaml, errs, place, message)
	}
	beforeSamples, _, _ := strings.Cut(right, "samples")
	replace := func(from, to string) string { return strings.Replace(right, from, to, 1) }
	f("1:1", "want one of regexp, csv and json", "")
	f("1:7", "name: want a word of lower-case letters", replace("acme", "Acme!"))
	f("1:1", `unknown key "nane"; did you mean "name"?`, replace("name", "nane"))
	f("2:9", `unknown field "recipent"; did you mean "recipient"?`, replace("recipient", "recipent"))
	f("2:9", "missing closing", replace("(?P<recipient>", "(?P<recipient>("))
	f("2:9", "no named group", replace("(?P<recipient>\\S+) (?P<reply>.*)", ".*"))
	f("1:1", "nothing tells the outcome", replace("(?P<reply>.*)", ".*"))
	f("1:1", "have 2 of them", right+"json: {fields: {reply: a}}\n")
	f("1:1", "no samples", beforeSamples)
	f("4:9", "sample 1: no line", replace("b 421 busy", "''"))
	f("4:3", "want no outcome", replace("outcome: deferred", "reply: 421 busy"))
	f("5:19", `unknown outcome "defered"; did you mean "deferred"?`, replace("deferred", "defered"))
	f("5:19", `outcome: want "bounced", have "deferred"`, replace("deferred", "bounced"))
	f("5:19", `outcome: want "none", have "deferred"`, replace("deferred", "none"))
	f("5:19", `outcome: want "deferred", have "none"`, replace("421 busy", "busy"))
	f("5:36", `reply: want "421", have "421 busy"`, replace("deferred}", "deferred, reply: 421}"))
	f("5:35", `time: want "2026-03-03", have "unknown"`, replace("deferred}", "deferred, time: 2026-03-03}"))
	f("4:1", "", replace("samples:", "samples: 1 #"))
	f("6:", `unknown outcome "later"`, right+"outcomes: {x: later}\n")
	f("6:9", "ignore: error parsing regexp", right+"ignore: '('\n")
	f("6:14", "zone: want a name such as Europe/Paris", right+"time: {zone: 'Nowhere'}\n")
	const table = "name: acme\ncsv: {columns: {recipient: rcpt, reply: diag}}\nsamples:\n- line: \"rcpt,diag\\nb,421 busy\"\n  want: {outcome: deferred}\n"
	if _, errs := Load("acme.yaml", []byte(table)); len(errs) > 0 {
		t.Fatal(errs)
	}
	f("2:", "separator: want one character", strings.Replace(table, "{columns", "{separator: '--', columns", 1))
	f("2:", `no column "diag" in the header`, strings.Replace(table, "{columns", "{header: [rcpt], columns", 1))
	f("2:", "csv: no columns", strings.Replace(table, "{recipient: rcpt, reply: diag}", "{}", 1))
	f("2:", "want a path", "name: acme\njson: {fields: {reply: a..b}}\nsamples:\n- line: '{}'\n  want: {outcome: none}\n")
	f("2:", "json: no fields", "name: acme\njson: {fields: {}}\nsamples:\n- line: '{}'\n  want: {outcome: none}\n")
	f("4:1", "no sample tells of an attempt", strings.Replace(strings.Replace(right, "421 busy", "busy", 1), "deferred", "none", 1))
}

func TestOverran(t *testing.T) {
	f := load(t, "name: acme\nregexp: '^(?P<time>\\w+ +\\d+ \\S+) (?P<reply>.*)$'\nsamples:\n- line: Mar  3 10:18:23 421 busy\n  want: {outcome: deferred}\n")
	d := f.New(parsers.Options{Year: 2026, Location: time.UTC})
	d.Decode([]byte("Mar  3 10:18:23 421 busy"), func(*mail.Event) {})
	if w, ok := d.(interface{ Overran(time.Time) bool }); !ok || !w.Overran(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("the end of a file is not compared with its date")
	}
}
