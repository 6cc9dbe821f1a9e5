package scan_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// withInputs completes a configuration.
func withInputs(t testing.TB, cfg scan.Config, paths ...string) scan.Config {
	t.Helper()
	set, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Rules, cfg.Now = set, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cfg.Source.LeftOut = &source.LeftOut{}
	for _, p := range paths {
		cfg.Inputs = append(cfg.Inputs, source.Input{Path: p})
	}
	return cfg
}

// everything is all that can be made of inputs, as text: the report (a check, ticket or
// policy is made of it alone), the rows of attempts and those of messages.
func everything(t testing.TB, cfg scan.Config, paths ...string) string {
	t.Helper()
	var out bytes.Buffer
	show := func(v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		data, err := report.MarshalASCII(v, false)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(data, '\n'))
	}
	c := withInputs(t, cfg, paths...)
	rep, err := scan.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	rep.Input.Notes = append(rep.Input.Notes, c.Source.LeftOut.Notes(c.Inputs)...)
	show(rep, nil)
	c = withInputs(t, cfg, paths...)
	in, err := scan.Parse(context.Background(), c, "", "", func(r *scan.Row) error { show(r, nil); return nil })
	show(in, err)
	c = withInputs(t, cfg, paths...)
	in, err = scan.Messages(context.Background(), c, "", "", func(r *scan.MessageRow) error { show(r, nil); return nil })
	show(in, err)
	return out.String()
}

// snap writes a snapshot and returns its name.
func snap(t testing.TB, cfg scan.Config, name string, paths ...string) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := scan.Snapshot(context.Background(), withInputs(t, cfg, paths...), nil, &b); err != nil {
		t.Fatal(err)
	}
	write(t, name, b.Bytes())
	return name
}

// same says where two outputs differ.
func same(t testing.TB, what, want, got string) {
	t.Helper()
	if got != want {
		t.Errorf("%s differs:\n%s", what, firstDifference(want, got))
	}
}

// hosts are logs of several formats whose lines have what is easily lost: years and zones
// that are not on the line, addresses in replies, VERP senders, twins, local deliveries,
// two instances, lines that tell nothing, a message that two files share, a repeated file,
// one that breaks off, one that is no log.
func hosts(t testing.TB) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	add := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		write(t, path, []byte(text))
		when := time.Date(2026, 5, 21, 0, 0, 0, 0, time.UTC) // years are counted from here
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	log := string(traffic(5))
	cut := len(log)/2 + strings.IndexByte(log[len(log)/2:], '\n') + 1
	add("mail.log.1", log[:cut])
	add("mail.log", log[cut:])
	add("copy-of-mail.log.1", log[:cut])

	var bsd strings.Builder
	for i := range 60 {
		at := fmt.Sprintf("May 20 09:%02d:%02d mx3 postfix", i/20, i/4)
		fmt.Fprintf(&bsd, "%s/smtpd[9]: connect from localhost[127.0.0.1]\n", at)
		fmt.Fprintf(&bsd, "%s/qmgr[5]: B%07X: from=<list-bob%d=example.net@example.com>, size=900, nrcpt=2 (queue active)\n", at, i, i)
		fmt.Fprintf(&bsd, "%s/smtp[%d]: B%07X: to=<Bob.%d@example.net>, relay=mx1.example.net[203.0.113.21]:25, conn_use=%d, delay=1.2, delays=0.1/0.3/0.4/0.4, dsn=4.7.1, status=deferred (host mx1.example.net[203.0.113.21] said: 450 4.7.1 <bob.%d@example.net>: Recipient address rejected: Greylisted, try %d later (in reply to RCPT TO command))\n", at, 20+i%3, i, i%7, i%4, i%7, i%5)
		fmt.Fprintf(&bsd, "%s/smtp[%d]: B%07X: to=<ann@hotmail.com>, relay=hotmail-com.olc.protection.outlook.com[203.0.113.11]:25, delay=3, delays=1/0/1/1, dsn=4.7.652, status=deferred (host hotmail-com.olc.protection.outlook.com[203.0.113.11] said: 451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115) [AM7EUR06FT039.example 08DE%08X] (in reply to MAIL FROM command))\n", at, 20+i%3, i, i*7919)
		fmt.Fprintf(&bsd, "%s/local[7]: B%07X: to=<root@mx3>, relay=local, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)\n", at, i)
		fmt.Fprintf(&bsd, "%s/smtp[31]: connect to mx9.example.net[203.0.113.99]:25: Connection timed out\n", at)
		fmt.Fprintf(&bsd, "%s/smtpd[9]: warning: Connection concurrency limit exceeded: 51 from app%d.example.com[192.0.2.%d] for service smtp\n", at, i%3, i%3)
		fmt.Fprintf(&bsd, "not of any format %d\n", i)
	}
	add("mx3.log", bsd.String())

	var exim strings.Builder
	for i := range 40 {
		at := fmt.Sprintf("2026-05-20 09:%02d:%02d.%03d [%d]", i/20, i, i*20, 4000+i)
		id := fmt.Sprintf("1xUx%02d-0004sa-1%c", i, 'A'+i%26)
		fmt.Fprintf(&exim, "%s %s <= news@example.com H=(app) [192.0.2.50] P=esmtp S=1200 id=%d@example.com\n", at, id, i)
		fmt.Fprintf(&exim, "%s %s H=mx1.example.net [203.0.113.21]:25: SMTP error from remote mail server after pipelined MAIL FROM:<news@example.com> SIZE=1200: 421 4.7.0 Too many connections from 192.0.2.10\n", at, id)
		if i%2 == 0 {
			fmt.Fprintf(&exim, "%s %s == carl%d@example.net R=dnslookup T=remote_smtp defer (-45) H=mx1.example.net [203.0.113.21]:25 DT=0.060s: SMTP error from remote mail server after pipelined MAIL FROM:<news@example.com> SIZE=1200: 421 4.7.0 Too many connections from 192.0.2.10\n", at, id, i)
		} else {
			fmt.Fprintf(&exim, "%s %s => carl%d@example.net R=dnslookup T=remote_smtp H=mx2.example.net [203.0.113.22]:25 I=[192.0.2.10]:4100 C=\"250 2.0.0 OK id=%X\" QT=2s DT=0.3s\n%s %s Completed\n", at, id, i, i*65537, at, id)
		}
	}
	add("exim_mainlog", exim.String())

	var mailgun strings.Builder
	for i := range 25 {
		fmt.Fprintf(&mailgun, `{"event":"failed","id":"x%d","timestamp":%d.25,"severity":"temporary","reason":"generic","delivery-status":{"mx-host":"mx1.example.net","code":421,"session-seconds":0.5,"attempt-no":1,"message":"4.7.0 <dora%d@example.net> too many connections from you, see id%d"},"envelope":{"sender":"news@example.com","sending-ip":"192.0.2.30","targets":"dora%d@example.net"},"message":{"headers":{"message-id":"%d@example.com"}},"recipient":"dora%d@example.net"}`+"\n", i, 1779267600-i, i%4, i, i%4, i%9, i%4)
	}
	add("mailgun.json", mailgun.String())

	add("tracking.csv", "#Software: Microsoft Exchange Server\n#Version: 15.01.2507.006\n#Log-type: Message Tracking Log\n#Date: 2026-05-20T09:00:00.000Z\n"+
		"#Fields: date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,internal-message-id,message-id,network-message-id,recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,reference,message-subject,sender-address,return-path,message-info,directionality,tenant-id,original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,schema-version\n"+
		"2026-05-20T09:00:01.000Z,,EX1,203.0.113.21,mx1.example.net,421 4.7.0 Too many connections,Out,SMTP,DEFER,17,<1@example.com>,13fad5b7-39c5-46e7-130e-08d4a138ac67,eve@example.net,421 4.7.0 Too many connections,1234,1,,,Hi,news@example.com,news@example.com,,Originating,,,,,Email,,15.01.2507.006\n")

	add("bounce.eml", `Date: Wed, 20 May 2026 09:00:05 +0200
From: MAILER-DAEMON@mx4.example.com
To: news@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

Sorry.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx4.example.com
X-Postfix-Queue-ID: 4XYZ
Arrival-Date: Wed, 20 May 2026 08:59:00 +0200

Final-Recipient: rfc822; finn@example.net
Action: failed
Status: 5.7.1
Remote-MTA: dns; mx1.example.net
Diagnostic-Code: smtp; 554 5.7.1 <finn@example.net>: Service unavailable; Client host [192.0.2.10] blocked using bl.example

--B--
`)
	add("nothing.log", "")
	add("prose.txt", strings.Repeat("Nothing that any format knows.\n", 50))

	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(traffic(6)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	add("torn.log.gz", z.String()[:z.Len()/2])
	return append(paths, filepath.Join(dir, "no-such.log"))
}

// What is made of snapshots of parts, of one of all, of both beside logs and of snapshots
// of snapshots is what is made of the logs, byte for byte: names and lines, accounts, notes
// and errors. Filters, streams and shown addresses make no difference.
func TestSnapshotsAreTheLogs(t *testing.T) {
	parsertest.Long(t, "it takes minutes with the race detector; other tests read with several workers")
	paths := hosts(t)
	at := func(minute int) time.Time { return time.Date(2026, 5, 20, 9, minute, 0, 0, time.UTC) }
	class, _ := mail.ParseClass("connection-limit")
	configs := map[string]scan.Config{
		"plain":     {},
		"jobs":      {Jobs: 3},
		"addresses": {ShowAddresses: true},
		"salt":      {Salt: "pepper"},
		"zone":      {Location: time.FixedZone("+02:00", 7200)},
		"window":    {Since: at(2), Until: at(5)},
		"class":     {Class: class},
		"ip":        {IPs: []netip.Addr{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("192.0.2.30")}},
		"streams":   {Streams: declared(), OnlyStreams: []string{"receipts"}},
	}
	for name, cfg := range configs {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			want := everything(t, cfg, paths...)
			if n := strings.Count(want, "\n"); n < 5000 || !strings.Contains(want, "repeats") || !strings.Contains(want, "gzip ends early") || !strings.Contains(want, "no year") {
				t.Fatalf("the logs show too little: %d lines", n)
			}
			// What counts is said where a snapshot is read, not where it is written.
			made := scan.Config{ShowAddresses: cfg.ShowAddresses, Salt: cfg.Salt, Location: cfg.Location}
			var parts, mixed []string
			for i, p := range paths {
				part := snap(t, made, filepath.Join(dir, fmt.Sprintf("%d.snap", i)), p)
				parts = append(parts, part)
				if i%2 == 0 {
					part = p
				}
				mixed = append(mixed, part)
			}
			all := snap(t, made, filepath.Join(dir, "all.snap"), paths...)
			same(t, "one snapshot of all", want, everything(t, cfg, all))
			same(t, "snapshots beside logs", want, everything(t, cfg, mixed...))
			if name != "plain" && !parsertest.Full() {
				return
			}
			same(t, "snapshots of parts", want, everything(t, cfg, parts...))
			same(t, "a snapshot of snapshots", want, everything(t, cfg, snap(t, made, filepath.Join(dir, "again.snap"), parts...)))

			back := slices.Clone(paths)
			slices.Reverse(back)
			slices.Reverse(parts)
			same(t, "another order", everything(t, cfg, back...), everything(t, cfg, parts...))
		})
	}
}

// Any cut of a log: the parts share messages and seconds.
func TestSnapshotsOfAnyCut(t *testing.T) {
	log := traffic(8)
	r := seeded(8)
	for range 6 {
		paths := split(t, r, log, t.TempDir(), 2+r.IntN(8))
		want := everything(t, scan.Config{}, paths...)
		dir := t.TempDir()
		var parts []string
		for i, p := range paths {
			parts = append(parts, snap(t, scan.Config{}, filepath.Join(dir, fmt.Sprint(i)), p))
		}
		same(t, "snapshots of parts", want, everything(t, scan.Config{}, parts...))
	}
}

// A snapshot is read compressed, from standard input, and several in one stream.
func TestSnapshotStreams(t *testing.T) {
	paths := hosts(t)
	dir := t.TempDir()
	want := everything(t, scan.Config{}, paths...)
	var stream bytes.Buffer
	for i, part := range [][]string{paths[:4], paths[4:]} {
		data, err := os.ReadFile(snap(t, scan.Config{}, filepath.Join(dir, fmt.Sprint(i)), part...))
		if err != nil {
			t.Fatal(err)
		}
		stream.Write(data)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(stream.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(dir, "both.snap.gz")
	write(t, packed, z.Bytes())
	same(t, "a compressed snapshot", want, everything(t, scan.Config{}, packed))

	report := func(cfg scan.Config) string {
		rep, err := scan.Run(context.Background(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(rep)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	piped := withInputs(t, scan.Config{}, source.Stdin)
	piped.Source.Stdin = bytes.NewReader(z.Bytes())
	same(t, "standard input", report(withInputs(t, scan.Config{}, paths...)), report(piped))
}

// What repeats is counted once: a snapshot twice, a log beside its snapshot, and an older
// copy of a log that has grown.
func TestSnapshotsCountOnce(t *testing.T) {
	dir := t.TempDir()
	log := traffic(9)
	whole, part := filepath.Join(dir, "mail.log"), filepath.Join(dir, "copy.log")
	write(t, whole, log)
	cut := len(log)/3 + bytes.IndexByte(log[len(log)/3:], '\n') + 1
	write(t, part, log[:cut])
	a, b := snap(t, scan.Config{}, filepath.Join(dir, "a"), whole), snap(t, scan.Config{}, filepath.Join(dir, "b"), part)
	kept := snap(t, scan.Config{ShowAddresses: true}, filepath.Join(dir, "kept"), whole)
	f := func(note string, paths ...string) {
		t.Helper()
		rep := run(t, scan.Config{}, paths...)
		if rep.Input.Lines != int64(bytes.Count(log, []byte("\n"))) || !slices.Contains(rep.Input.Notes, note) {
			t.Errorf("%v: %d lines, notes %q, want %q", paths, rep.Input.Lines, rep.Input.Notes, note)
		}
	}
	twice, grown := whole+" repeats "+whole+"; counted once", part+" repeats "+whole+"; counted once"
	f(twice, a, a)
	f(twice, whole, a)
	f(twice, a, whole)
	f(twice, whole, kept)
	f(grown, a, b)
	f(grown, b, a)
	f(grown, b, whole)
	f(grown, part, a)
}

// A redacted snapshot has no recipient, a tag is not tagged again, and what cannot be
// shown is said.
func TestSnapshotRedaction(t *testing.T) {
	paths := hosts(t)
	dir := t.TempDir()
	hidden := snap(t, scan.Config{}, filepath.Join(dir, "hidden"), paths...)
	rows := everything(t, scan.Config{ShowAddresses: true}, hidden)
	for _, who := range []string{"bob", "Bob", "ann@", "carl", "dora", "eve@", "finn"} {
		if i := strings.Index(rows, who); i >= 0 {
			t.Errorf("%q is in the snapshot: ...%s", who, rows[max(i-40, 0):i+40])
		}
	}
	if !strings.Contains(rows, "news@example.com") || strings.Contains(rows, `\u0000`) {
		t.Error("senders are gone, or something sealed is shown")
	}
	note := func(want string, cfg scan.Config, paths ...string) {
		t.Helper()
		rep := run(t, cfg, paths...)
		if !slices.ContainsFunc(rep.Input.Notes, func(n string) bool { return strings.Contains(n, want) }) {
			t.Errorf("notes %q, want %q", rep.Input.Notes, want)
		}
	}
	note("hold short tags only", scan.Config{ShowAddresses: true}, hidden)
	salted := snap(t, scan.Config{Salt: "pepper"}, filepath.Join(dir, "salted"), paths[3])
	note("different salts", scan.Config{}, hidden, salted)
	note("different salts", scan.Config{Salt: "pepper"}, salted, hidden)
	note("different salts", scan.Config{}, salted, paths[0])
	for _, n := range run(t, scan.Config{Salt: "other"}, salted).Input.Notes {
		if strings.Contains(n, "salt") {
			t.Errorf("one snapshot alone: %s", n)
		}
	}
}

// A snapshot that cannot be read is an error of the input, and nothing of it counts.
func TestBrokenSnapshots(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "mail.log")
	write(t, log, traffic(1))
	good := snap(t, scan.Config{}, filepath.Join(dir, "good"), log)
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	f := func(want string, change func([]byte) []byte) {
		t.Helper()
		path := filepath.Join(dir, "bad")
		write(t, path, change(bytes.Clone(data)))
		rep := run(t, scan.Config{}, path)
		if len(rep.Input.Errors) != 1 || !strings.Contains(rep.Input.Errors[0].Error, want) || rep.Input.Attempts != 0 {
			t.Errorf("errors %+v, want %q", rep.Input.Errors, want)
		}
	}
	f("bad: at byte "+fmt.Sprint(len(data)-3)+": it ends too early; make it again with diagnose snapshot", func(b []byte) []byte { return b[:len(b)-3] })
	f("its checksum is wrong", func(b []byte) []byte { b[len(b)/2] ^= 4; return b })
	f("it has version 2, this diagnose reads versions up to 1; use a newer diagnose", func(b []byte) []byte { b[13] = 2; return b })

	c := withInputs(t, scan.Config{}, good)
	if _, err := scan.Line(context.Background(), c, 3); err == nil || !strings.Contains(err.Error(), "a snapshot holds no lines; name the log") {
		t.Errorf("a line of a snapshot: %v", err)
	}
}

// The same over real logs, where there are some: all snapshots together are the logs
// together, and with CI_FULL the report of each snapshot is that of its log.
func TestSnapshotsOfRealLogs(t *testing.T) {
	parsertest.Long(t, "every real log is read many times: it takes a minute, and ten with the race detector")
	root := parsertest.Corpora(t)
	var paths []string
	for _, dir := range []string{"lab-logs", "corpora"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && !strings.HasSuffix(path, ".json") && !strings.HasSuffix(path, ".tsv") {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	var parts []string
	for i, p := range paths {
		part := snap(t, scan.Config{}, filepath.Join(dir, fmt.Sprint(i)), p)
		parts = append(parts, part)
		if parsertest.Full() { // half a minute
			same(t, p, everything(t, scan.Config{}, p), everything(t, scan.Config{}, part))
		}
	}
	same(t, "all", everything(t, scan.Config{Jobs: 2}, paths...), everything(t, scan.Config{Jobs: 2}, parts...))
}

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 99)) }
