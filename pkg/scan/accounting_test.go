package scan_test

import (
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// Every refusal that a log tells of goes somewhere: to a destination, to our own side, or
// it is said to be left out.
func TestRefusalsAreAccountedFor(t *testing.T) {
	l := mixed()
	l.line(4000, "postfix/smtpd", "warning: Connection concurrency limit exceeded: 51 from x.example.com[198.51.100.1] for service smtp")
	l.try(4001, "postfix", "4E1F00", "h@example.net", hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, l.Bytes())
	f := func(name string, c scan.Config, want report.Refusals) {
		t.Helper()
		if got := run(t, c, path).Input.Refusals; got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	start := time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)
	f("all", scan.Config{}, report.Refusals{Seen: 43, Destinations: 42, OwnSide: 1})
	f("--class", scan.Config{Class: mail.ConnectionLimit}, report.Refusals{Seen: 43, Destinations: 13, OwnSide: 1, LeftOut: 29})
	f("--until", scan.Config{Until: start.Add(150 * time.Second)}, report.Refusals{Seen: 43, Destinations: 10, LeftOut: 33})
	f("--stream", scan.Config{Streams: declared(), OnlyStreams: []string{"receipts"}}, report.Refusals{Seen: 43, OwnSide: 1, LeftOut: 42})
	f("--ip", scan.Config{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.99")}}, report.Refusals{Seen: 43, OwnSide: 1, LeftOut: 42})
}

// What Exim tells twice is one refusal, whether it counts or is left out.
func TestTwinsAreAccountedForOnce(t *testing.T) {
	const said = "SMTP error from remote mail server after initial connection: 421 4.7.0 Too many concurrent connections"
	path := filepath.Join(t.TempDir(), "mainlog")
	write(t, path, []byte("2026-05-20 09:00:01.100 +0000 [900] 1wvYIb-00000000001-3buz H=mx.example.net [192.0.2.1]: "+said+"\n"+
		"2026-05-20 09:00:01.200 +0000 [900] 1wvYIb-00000000001-3buz == a@example.net R=dnslookup T=remote_smtp defer (-45) H=mx.example.net [192.0.2.1]: "+said+"\n"+
		"2026-05-20 09:00:02.100 +0000 [901] 1wvYIb-00000000002-3buz H=mx.example.net [192.0.2.1]: "+said+"\n"))
	f := func(c scan.Config, want report.Refusals) {
		t.Helper()
		if got := run(t, c, path).Input.Refusals; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	at := func(ms int) time.Time { return time.Date(2026, 5, 20, 9, 0, 1, ms*1_000_000, time.UTC) }
	f(scan.Config{}, report.Refusals{Seen: 2, Destinations: 2})
	f(scan.Config{Since: at(5000)}, report.Refusals{Seen: 2, LeftOut: 2})
	f(scan.Config{Until: at(0)}, report.Refusals{Seen: 2, LeftOut: 2})
	f(scan.Config{Since: at(150)}, report.Refusals{Seen: 2, Destinations: 2}) // the line of the recipient counts
	f(scan.Config{Until: at(150)}, report.Refusals{Seen: 2, LeftOut: 2})
	f(scan.Config{Since: at(500)}, report.Refusals{Seen: 2, Destinations: 1, LeftOut: 1})
}

// Where more kinds of refusals by our own side are told than are kept apart, the others
// are counted together.
func TestOwnSideBeyondTheBound(t *testing.T) {
	var l logbook
	for i := range 1100 {
		l.line(i, fmt.Sprintf("postfix-%d/smtpd", i), "warning: Connection concurrency limit exceeded: 51 from x.example.com[198.51.100.1] for service smtp")
	}
	rep := l.report(t)
	if first := rep.OwnSide[0]; len(rep.OwnSide) != 1001 || first.What != "others" || first.Count != 100 || first.Class != "connection-limit" {
		t.Errorf("%d rows, the first %+v", len(rep.OwnSide), rep.OwnSide[0])
	}
}

// Each attempt stands in one row by sending IP, also where receivers quote two addresses
// of one instance and the log does not tell which attempts were theirs. Refused once by
// each, a message is one message still.
func TestQuotedAddressesHaveRowsOfTheirOwn(t *testing.T) {
	var l logbook
	for i, ip := range []string{"192.0.2.10", "192.0.2.11", "192.0.2.11"} {
		l.try(60*i, "postfix", "4A1B00", "a@hotmail.com", hotmail, "deferred", s3115(hotmail, ip))
	}
	l.try(300, "postfix", "4A1B00", "a@hotmail.com", hotmail, "sent", "250 2.0.0 OK")
	g := group(t, l.report(t), "microsoft-consumer")
	got := map[string]int64{}
	for _, row := range g.ByIP {
		ip := "unknown"
		if row.SendingIP != nil {
			ip = *row.SendingIP
		}
		got[ip] = row.Counts.Attempts
	}
	if len(got) != 3 || got["192.0.2.10"] != 1 || got["192.0.2.11"] != 2 || got["unknown"] != 1 {
		t.Errorf("attempts by IP %v", got)
	}
	if tr := g.Trouble; tr.Refusals != 3 || tr.Messages != 1 || tr.Recipients != 1 {
		t.Errorf("%+v", tr)
	}
}

// A suspension repeats the text of a refusal and is none: it makes no message refused.
// What was held back only is listed behind those that were refused.
func TestSuspensionIsNoRefusal(t *testing.T) {
	var l logbook
	const limit = "host " + gateway + " refused to talk to me: 421 4.7.0 Too many concurrent connections"
	l.line(0, "postfix/error", "4A0000: to=<first@example.net>, relay=none, delay=1, delays=1/0/0/0, dsn=4.7.0, status=deferred (delivery temporarily suspended: %s)", limit)
	l.try(60, "postfix", "4B0000", "second@example.net", gateway, "deferred", limit)
	g := group(t, l.report(t), "example.net")
	if tr := g.Trouble; tr.Refusals != 1 || tr.Messages != 1 || tr.Recipients != 1 || g.Counts.Suspensions != 1 {
		t.Errorf("%+v, %d suspensions", tr, g.Counts.Suspensions)
	}
	if len(g.Messages) != 2 || *g.Messages[0].QueueID != "4B0000" || !g.Messages[0].Refused.Equal(*g.Trouble.First) || g.Messages[1].Refused != nil || g.Messages[1].Attempts != 0 {
		t.Errorf("messages %+v", g.Messages)
	}
}

// A recipient that expires does so in its domain, too.
func TestExpiredByDomain(t *testing.T) {
	g := group(t, life().report(t), "microsoft-consumer")
	if g.Counts.Expired != 1 || len(g.ByDomain) != 1 || g.ByDomain[0].Counts.Expired != 1 {
		t.Errorf("%d expired; by domain %+v", g.Counts.Expired, g.ByDomain)
	}
}

// A log without years that spans several says so once.
func TestYearsAreSaidOnce(t *testing.T) {
	log := ""
	for range 4 {
		log += "Oct  1 10:00:00 mail01 postfix/qmgr[7]: 4A0000: removed\nJan  1 10:00:00 mail01 postfix/qmgr[7]: 4A0000: removed\n"
	}
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, []byte(log))
	rep := run(t, scan.Config{}, path)
	said := 0
	for _, n := range rep.Input.Notes {
		if strings.Contains(n, "spans more than a year") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times: %q", said, rep.Input.Notes)
	}
}

// A document that never ends was not understood, in however many batches it is read; what
// was whole before it was.
func TestUnfinishedDocument(t *testing.T) {
	event := func(i int) string {
		return fmt.Sprintf("{\n\"id\":\"a%d\",\"event\":\"delivered\",\"log-level\":\"info\",\n\"timestamp\":%d,\"recipient\":\"ann@example.net\"\n}", i, 1772532181+i)
	}
	var page strings.Builder
	page.WriteString("{\"items\":[\n")
	for i := range 2000 {
		page.WriteString(event(i) + ",\n")
	}
	f := func(name, format, text string, want report.File) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "events.json")
		write(t, path, []byte(text))
		for jobs := 1; jobs <= 3; jobs++ {
			got := run(t, scan.Config{Format: format, Jobs: jobs}, path).Input
			file := got.Files[0]
			if file.Lines != want.Lines || file.Understood != want.Understood || file.Irrelevant != want.Irrelevant || file.NotUnderstood != want.NotUnderstood {
				t.Errorf("%s, %d jobs: %+v, want %+v", name, jobs, file, want)
			}
			if got.Lines != file.Lines || got.NotUnderstood != file.NotUnderstood {
				t.Errorf("%s, %d jobs: the account of all files is %+v", name, jobs, got)
			}
		}
	}
	f("a page", "", page.String()[:page.Len()-2]+"\n]}\n", report.File{Lines: 8002, Understood: 8002})
	f("a page that was cut", "", page.String()+"{\n\"id\":\n", report.File{Lines: 8003, Understood: 8001, NotUnderstood: 2})
	f("what never closes", "mailgun", strings.Repeat("{\n", 40000), report.File{Lines: 40000, NotUnderstood: 40000})
	f("a list that never closes", "mailgun", "[\n"+strings.Repeat("1,\n", 40000), report.File{Lines: 40001, NotUnderstood: 40001})
	f("no mail", "dsn", strings.Repeat("key: value\n\n", 20000), report.File{Lines: 40000, NotUnderstood: 40000})
}

// The numbers of a report hold (run checks them) for every real log alone, and for all
// logs of a folder together.
func TestRealLogsAddUp(t *testing.T) {
	folders := map[string][]string{}
	for _, root := range []string{"corpora", "lab-logs"} {
		err := filepath.WalkDir(filepath.Join(parsertest.Corpora(t), root), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				folders[filepath.Dir(path)] = append(folders[filepath.Dir(path)], path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for folder, paths := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			for _, path := range paths {
				run(t, scan.Config{}, path)
				if t.Failed() {
					t.Fatal(path)
				}
			}
			run(t, scan.Config{Jobs: 2}, paths...)
		})
	}
}
