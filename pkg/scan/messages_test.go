package scan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// messageRows are what "diagnose parse --messages" prints.
func messageRows(t *testing.T, cfg scan.Config, class, dest string, paths ...string) (list []scan.MessageRow) {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Rules = set
	for _, p := range paths {
		cfg.Inputs = append(cfg.Inputs, source.Input{Path: p})
	}
	_, err = scan.Messages(context.Background(), cfg, class, dest, func(r *scan.MessageRow) error {
		list = append(list, *r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// messageText is rows as JSON, one a line.
func messageText(t *testing.T, list []scan.MessageRow) string {
	t.Helper()
	var b strings.Builder
	for i := range list {
		data, err := json.Marshal(&list[i])
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(data, '\n'))
	}
	return b.String()
}

// life is a log with one message of every kind: clean, put off and delivered, bounced
// by a list, expired, still queued, suspended only, refused by an earlier MX only,
// refused before a recipient is named, with an unknown end, and a notification.
func life() *logbook {
	var l logbook
	begin := func(sec int, id, from string) {
		l.line(sec, "postfix/smtpd", "%s: client=app.example.com[192.0.2.50]", id)
		l.line(sec, "postfix/cleanup", "%s: message-id=<%s@example.com>", id, id)
		l.line(sec, "postfix/qmgr", "%s: from=<%s>, size=900, nrcpt=1 (queue active)", id, from)
	}
	over := func(sec int, id string) { l.line(sec, "postfix/qmgr", "%s: removed", id) }
	const from = "news@example.com"
	const listed = "host " + gateway + " said: 554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using bl.example (in reply to RCPT TO command)"
	const suspended = "delivery temporarily suspended: host " + gateway + " refused to talk to me: 421 4.7.0 Too many concurrent connections"
	begin(0, "AAAA0C", from)
	l.try(1, "postfix", "AAAA0C", "clean@example.net", gateway, "sent", "250 2.0.0 OK clean")
	over(1, "AAAA0C")
	begin(10, "AAAA0D", from)
	l.try(11, "postfix", "AAAA0D", "late@hotmail.com", hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
	l.try(311, "postfix", "AAAA0D", "late@hotmail.com", hotmail, "deferred", "connect to "+hotmail+":25: Connection timed out")
	l.line(911, "postfix/smtp", "AAAA0D: to=<late@hotmail.com>, relay=%s:25, delay=901, delays=900/0/0.5/0.5, dsn=2.0.0, status=sent (250 2.0.0 OK late)", hotmail)
	over(911, "AAAA0D")
	begin(20, "AAAA0B", from)
	l.try(21, "postfix", "AAAA0B", "listed@example.net", gateway, "bounced", listed)
	l.line(22, "postfix/bounce", "AAAA0B: sender non-delivery notification: AAAA0F")
	l.line(22, "postfix/qmgr", "AAAA0F: from=<>, size=2900, nrcpt=1 (queue active)")
	over(22, "AAAA0B")
	l.try(23, "postfix", "AAAA0F", "news@example.com", "mx.example.com[203.0.113.30]", "sent", "250 2.0.0 OK notice")
	over(23, "AAAA0F")
	begin(30, "AAAA0E", from)
	l.try(31, "postfix", "AAAA0E", "lost@hotmail.com", hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
	l.line(3600, "postfix/qmgr", "AAAA0E: from=<%s>, status=expired, returned to sender", from)
	over(3600, "AAAA0E")
	begin(40, "AAAA00", from)
	l.try(41, "postfix", "AAAA00", "queued@hotmail.com", hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
	begin(50, "AAAA05", from)
	l.line(51, "postfix/error", "AAAA05: to=<put@example.net>, relay=none, delay=1, delays=1/0/0/0, dsn=4.7.0, status=deferred (%s)", suspended)
	begin(60, "AAAA06", from)
	l.line(61, "postfix/smtp", "AAAA06: host %s refused to talk to me: 421 4.7.0 Too many concurrent connections", gateway)
	l.try(62, "postfix", "AAAA06", "second@example.net", "mx2.example.net[203.0.113.22]", "sent", "250 2.0.0 OK second")
	over(62, "AAAA06")
	begin(70, "AAAA07", from)
	l.try(71, "postfix", "AAAA07", "gone@hotmail.com", hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
	over(80, "AAAA07")
	begin(90, "AAAA08", from)
	l.line(91, "postfix/smtp", "AAAA08: host %s refused to talk to me: 421 4.7.0 Too many concurrent connections", gateway)
	return &l
}

// Every message has one row with its last failure and what became of it; both say
// "unknown" where the log does not (C105).
func TestMessageRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, life().Bytes())
	list := messageRows(t, scan.Config{ShowAddresses: true}, "", "", path)
	want := []string{
		// queue id, recipient, refused/tried, class, code, outcome, delay, text
		"AAAA0C clean@example.net 0/1 - 250 delivered 0 250 2.0.0 OK clean",
		"AAAA0D late@hotmail.com 2/3 timeout-network - delivered 901 connect to",
		"AAAA0B listed@example.net 1/1 listing 554 bounced 0 host",
		"AAAA0F news@example.com 0/1 - 250 delivered 0 250 2.0.0 OK notice",
		"AAAA0E lost@hotmail.com 1/1 connection-limit 451 expired 3570 host",
		"AAAA00 queued@hotmail.com 1/1 connection-limit 451 queued - host",
		"AAAA05 put@example.net 0/0 connection-limit 421 queued - delivery temporarily suspended",
		"AAAA06 second@example.net 1/2 connection-limit 421 delivered 0 host",
		"AAAA07 gone@hotmail.com 1/1 connection-limit 451 unknown - host",
		"AAAA08 - 1/1 connection-limit 421 unknown - host",
	}
	for i, r := range list {
		show := func(p any) string {
			switch p := p.(type) {
			case *string:
				if p != nil {
					return *p
				}
			case *int:
				if p != nil {
					return fmt.Sprint(*p)
				}
			case *int64:
				if p != nil {
					return fmt.Sprint(*p)
				}
			}
			return "-"
		}
		got := fmt.Sprintf("%s %s %d/%d %s %s %s %s %s", show(r.QueueID), show(r.Recipient), r.Refusals, r.Attempts, show(r.Class), show(r.Code), r.Outcome, show(r.DelayS), r.Text)
		if i >= len(want) || !strings.HasPrefix(got, want[i]) {
			t.Errorf("row %d: %s", i, got)
		}
		if r.Text == "" || r.Outcome == "" || r.First == nil || r.Last == nil {
			t.Errorf("row %d: %+v", i, r)
		}
		if notice := show(r.QueueID) == "AAAA0F"; r.Sender == nil || (*r.Sender == "") != notice {
			t.Errorf("row %d: sender %s", i, show(r.Sender))
		}
		if id := show(r.QueueID); id != "AAAA0F" && show(r.MessageID) != "<"+id+"@example.com>" {
			t.Errorf("row %d: message id %s", i, show(r.MessageID))
		}
	}
	if len(list) != len(want) {
		t.Errorf("%d rows, want %d", len(list), len(want))
	}
	if hidden := messageText(t, messageRows(t, scan.Config{}, "", "", path)); strings.Contains(hidden, "lost@") || !strings.Contains(hidden, `"sender":"news@example.com"`) {
		t.Errorf("recipients are not hidden, or senders are")
	}
}

// --class keeps the messages that met that class, --for those of a destination.
func TestMessageRowsFiltered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, life().Bytes())
	f := func(class, dest string, want ...string) {
		t.Helper()
		var got []string
		for _, r := range messageRows(t, scan.Config{}, class, dest, path) {
			got = append(got, strings.TrimPrefix(*r.QueueID, "AAAA"))
		}
		if !slices.Equal(got, want) {
			t.Errorf("class %q, destination %q: %v, want %v", class, dest, got, want)
		}
	}
	f("listing", "", "0B")
	f("timeout-network", "", "0D")
	f("connection-limit", "", "0D", "0E", "00", "05", "06", "07", "08")
	f("connection-limit", "hotmail.com", "0D", "0E", "00", "07")
	f("", "mx2.example.net")
	f("", "example.net", "0C", "0B", "05", "06", "08")
	f("greylist", "")
}

// The messages of a report are those of the rows: lost ones first, a bounce by a list
// at the first try among them, notifications left out (C92, C61).
func TestMessagesOfReport(t *testing.T) {
	rep := life().report(t)
	f := func(platform string, want ...string) {
		t.Helper()
		g := group(t, rep, platform)
		var got []string
		for _, m := range g.Messages {
			got = append(got, strings.TrimPrefix(*m.QueueID, "AAAA")+" "+m.Outcome)
			// Nobody refused the one that was suspended only.
			if m.MessageID == nil || (m.Refused == nil) != (*m.QueueID == "AAAA05") {
				t.Errorf("%s: %+v", platform, m)
			}
		}
		if !slices.Equal(got, want) || g.MessagesMore != 0 || g.MessagesWithoutID != 0 {
			t.Errorf("%s: %q and %d more, %d without id; want %q", platform, got, g.MessagesMore, g.MessagesWithoutID, want)
		}
	}
	f("microsoft-consumer", "0E expired", "0D delivered", "00 queued", "07 unknown")
	f("example.net", "0B bounced", "06 delivered", "08 queued", "05 queued")
	if o := group(t, rep, "example.net").Outcome; o.Bounced != 0 || o.DeliveredOnRetry != 0 || o.StillQueued != 1 {
		t.Errorf("outcomes %+v: what ends at once was never put off", o)
	}
	if o := group(t, rep, "microsoft-consumer").Outcome; o.Unknown != 1 || o.Expired != 1 || o.StillQueued != 1 || o.DeliveredOnRetry != 1 {
		t.Errorf("outcomes %+v (C100)", o)
	}
	if g := group(t, rep, "microsoft-consumer"); g.Severity != "escalate" {
		t.Errorf("severity %s: a message was discarded after repeated temporary failures", g.Severity)
	}
	none := rep.Groups[slices.IndexFunc(rep.Groups, func(g report.Group) bool { return g.Platform == "example.com" })]
	if len(none.Messages) != 0 {
		t.Errorf("messages of a clean destination: %+v", none.Messages)
	}
}

// Rows that do not fit into memory are the same, in the same order.
func TestMessageRowsOnDisk(t *testing.T) {
	var l logbook
	for i := range 3000 {
		id, at := fmt.Sprintf("B%05X", i*7919%65536), i/3
		l.line(at, "postfix/cleanup", "%s: message-id=<%d@example.com>", id, i)
		l.line(at, "postfix/qmgr", "%s: from=<news@example.com>, size=900, nrcpt=1 (queue active)", id)
		l.try(at+1, "postfix", id, fmt.Sprintf("u%d@hotmail.com", i), hotmail, "deferred", s3115(hotmail, "192.0.2.10"))
		if i%3 > 0 {
			l.try(at+400, "postfix", id, fmt.Sprintf("u%d@hotmail.com", i), hotmail, "sent", "250 2.0.0 OK")
			l.line(at+400, "postfix/qmgr", "%s: removed", id)
		}
	}
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, l.Bytes())
	const little = 4 << 20 // of which rows may have an eighth
	memory := messageText(t, messageRows(t, scan.Config{MaxMemory: little}, "", "", path))
	files := 0
	scratch := func() (scan.ScratchFile, error) {
		files++
		return os.CreateTemp(t.TempDir(), "")
	}
	disk := messageText(t, messageRows(t, scan.Config{MaxMemory: little, Scratch: scratch}, "", "", path))
	if memory != disk || strings.Count(disk, "\n") != 3000 || files != 1 {
		t.Errorf("%d rows, in memory %d, or not the same; %d files", strings.Count(disk, "\n"), strings.Count(memory, "\n"), files)
	}
	if rows := messageRows(t, scan.Config{Scratch: scratch}, "", "", path); len(rows) != 3000 || files != 1 {
		t.Errorf("%d rows, %d files: there is room in memory", len(rows), files)
	}
}

// A run that was ended tells no more rows.
func TestMessageRowsEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, life().Bytes())
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	n := 0
	_, err = scan.Messages(ctx, scan.Config{Rules: set, Inputs: []source.Input{{Path: path}}}, "", "", func(*scan.MessageRow) error {
		n++
		end()
		return nil
	})
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d rows, %v", n, err)
	}
}
