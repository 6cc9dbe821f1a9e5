package scan_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// mixed is a log in which one receiver says many things: connection limits,
// greylisting, an unknown user, a timeout, and takes most of the mail.
func mixed() *logbook {
	var l logbook
	said := func(reply string) string {
		return "host " + gateway + " said: " + reply + " (in reply to RCPT TO command)"
	}
	id := func(kind string, i int) string { return fmt.Sprintf("4%s%03X", kind, i) }
	const limit = "421 4.7.0 Too many concurrent connections"
	for i := range 40 {
		l.try(i*10, "postfix", id("A1", i), "a@example.net", gateway, "sent", "250 2.0.0 OK")
	}
	for i := range 10 {
		// Refused for connections, then delivered; greylisted in between: that one is left out.
		l.line(i*10, "postfix/qmgr", "%s: from=<news@example.com>, size=900, nrcpt=1 (queue active)", id("B1", i))
		l.try(i*10+1, "postfix", id("B1", i), "b@example.net", gateway, "deferred", said(limit))
		l.try(i*10+301, "postfix", id("B1", i), "b@example.net", gateway, "deferred", said("450 4.7.1 Greylisted, try again in 300 seconds"))
		l.try(i*10+901, "postfix", id("B1", i), "b@example.net", gateway, "sent", "250 2.0.0 OK")
		l.line(i*10+902, "postfix/qmgr", "%s: removed", id("B1", i))
	}
	for i := range 6 {
		l.line(2000+i, "postfix/qmgr", "%s: from=<news@example.com>, size=900, nrcpt=1 (queue active)", id("C1", i))
		l.try(2000+i, "postfix", id("C1", i), "c@example.net", gateway, "deferred", said("450 4.7.1 Greylisted, try again in 300 seconds"))
		l.try(2100+i, "postfix", id("C2", i), "d@example.net", gateway, "bounced", said("550 5.1.1 <d@example.net>: User unknown"))
		l.line(2200+i, "postfix/smtp", "4C3%03X: to=<e@example.net>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1, status=deferred (connect to %s:25: Connection timed out)", i, gateway)
		l.line(2300+i, "postfix/qmgr", "%s: from=<news@example.com>, status=expired, returned to sender", id("C1", i))
	}
	// Refused for connections, given up; and one whose end is a bounce of another class.
	l.line(3000, "postfix/qmgr", "4D1F00: from=<news@example.com>, size=900, nrcpt=1 (queue active)")
	l.try(3000, "postfix", "4D1F00", "f@example.net", gateway, "deferred", said(limit))
	l.line(3100, "postfix/qmgr", "4D1F00: from=<news@example.com>, status=expired, returned to sender")
	l.line(3000, "postfix/qmgr", "4D2F00: from=<news@example.com>, size=900, nrcpt=1 (queue active)")
	l.try(3001, "postfix", "4D2F00", "g@example.net", gateway, "deferred", said(limit))
	l.try(3901, "postfix", "4D2F00", "g@example.net", gateway, "bounced", said("550 5.1.1 <g@example.net>: User unknown"))
	l.line(3902, "postfix/qmgr", "4D2F00: removed")
	return &l
}

// A mixed log filtered to connection limits: only failures of that class count,
// and the deliveries that they are measured against (C49).
func TestClassFilter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, mixed().Bytes())

	all := run(t, scan.Config{}, path)
	g := group(t, all, "example.net")
	if all.Input.Class != nil || g.Refusals["greylist"] != 16 || g.Refusals["mailbox-unknown"] != 7 || g.Refusals["connection-limit"] != 12 {
		t.Fatalf("unfiltered: class %v, refusals %v", all.Input.Class, g.Refusals)
	}

	rep := run(t, scan.Config{Class: mail.ConnectionLimit}, path)
	if rep.Input.Class == nil || *rep.Input.Class != "connection-limit" {
		t.Errorf("the report does not say that it is filtered: %v", rep.Input.Class)
	}
	if len(rep.Groups) != 1 {
		t.Errorf("%d destinations, want 1: %+v", len(rep.Groups), rep.Groups)
	}
	g = group(t, rep, "example.net")
	if len(g.Refusals) != 1 || g.Refusals["connection-limit"] != 12 {
		t.Errorf("refusals %v, want 12 connection limits alone", g.Refusals)
	}
	if c := g.Counts; c.Attempts != 62 || c.Delivered != 50 || c.Deferred != 12 || c.Bounced != 0 || c.Refused != 0 || c.Expired != 1 {
		t.Errorf("counts %+v", c)
	}
	// What became of those that met one: ten delivered, one expired, one bounced by
	// a reply that does not count itself.
	if o := g.Outcome; o.DeliveredOnRetry != 10 || o.Expired != 1 || o.Bounced != 1 || o.StillQueued != 0 || o.Unknown != 0 {
		t.Errorf("outcome %+v", o)
	}
	// The gap is to the attempt before, counted or not.
	if gap := g.RetryGaps.MedianS; gap == nil || *gap != 600 {
		t.Errorf("median gap %v, want 600 s", gap)
	}
	for _, r := range g.Replies {
		if r.Class != "connection-limit" {
			t.Errorf("reply %+v", r)
		}
	}

	// Other classes, and one that is not there.
	f := func(class mail.Class, refusals, deferred, bounced int64) {
		t.Helper()
		g := group(t, run(t, scan.Config{Class: class}, path), "example.net")
		if c := g.Counts; g.Refusals[class.String()] != refusals || c.Deferred != deferred || c.Bounced != bounced || c.Delivered != 50 {
			t.Errorf("%s: refusals %v, counts %+v", class, g.Refusals, c)
		}
	}
	f(mail.Greylist, 16, 16, 0)
	f(mail.MailboxUnknown, 7, 0, 7)
	f(mail.TimeoutNetwork, 6, 6, 0)
	f(mail.Listing, 0, 0, 0)
}

// Rows of "diagnose parse" and counters of the filtered report are the same
// attempts.
func TestClassFilterAgreesWithRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, mixed().Bytes())
	for _, name := range mail.ClassNames() {
		class, _ := mail.ParseClass(name)
		var want, got int64
		for _, r := range rows(t, path, name) {
			if r.Outcome == "deferred" || r.Outcome == "bounced" || r.Outcome == "refused" {
				want++
			}
		}
		for _, g := range run(t, scan.Config{Class: class}, path).Groups {
			got += g.Counts.Deferred + g.Counts.Bounced + g.Counts.Refused
		}
		if got != want {
			t.Errorf("%s: %d failures counted, %d rows", name, got, want)
		}
	}
}

// A refusal cut short counts as a connection limit; when the same MX says the whole
// of it, and that names a list, the diagnosis follows the whole (C18).
func TestFullerReplyOverrides(t *testing.T) {
	cause := func(full string) *report.Group {
		var l logbook
		for i := range 12 {
			l.try(i*60, "postfix", fmt.Sprintf("4A1B%02X", i), "a@example.net", gateway, "deferred", "host "+gateway+" said: 421 4.7.0 Too many con")
		}
		for i := range 6 {
			l.try(1000+i*60, "postfix", fmt.Sprintf("4B1B%02X", i), "a@example.net", gateway, "deferred", "host "+gateway+" said: "+full)
		}
		return group(t, l.report(t), "example.net")
	}
	same := cause("421 4.7.0 Too many concurrent connections")
	if same.Refusals["connection-limit"] != 18 || same.Cause == "listing" {
		t.Errorf("the same in full: cause %s, refusals %v", same.Cause, same.Refusals)
	}
	other := cause("421-4.7.0 Too many connections from a listed host\\n421 4.7.0 Client host [192.0.2.10] blocked using zen.spamhaus.org")
	if other.Refusals["listing"] != 6 || other.Cause != "listing" {
		t.Errorf("the whole names a list: cause %s, refusals %v", other.Cause, other.Refusals)
	}
}

// rows are what "diagnose parse --class" prints.
func rows(t *testing.T, path, class string) (list []scan.Row) {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	_, err = scan.Parse(context.Background(), scan.Config{Inputs: []source.Input{{Path: path}}, Rules: set}, class, "", func(r *scan.Row) error {
		list = append(list, *r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
