package registry

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// samples has lines of every format: those of parsertest, and here the rest.
func samples() map[string]string {
	s := map[string]string{
		"mandrill":   `[{"event":"send","_id":"a","ts":1772533101,"msg":{"email":"anna@example.net","_id":"a","sender":"news@example.com","smtp_events":[{"ts":1772533101,"type":"sent","diag":"250 OK","source_ip":"192.0.2.10","destination_ip":"203.0.113.21","size":1}]}}]`,
		"brevo":      `{"event":"delivered","email":"anna@example.net","message-id":"<1@example.com>","ts_epoch":1772533101000}`,
		"mailjet":    `[{"event":"sent","time":1772533101,"MessageID":1,"email":"anna@example.net","mj_campaign_id":1}]`,
		"mailersend": `{"type":"activity.delivered","data":{"object":"activity","email":{"recipient":{"email":"anna@example.net"}}}}`,
		"mailtrap":   `{"events":[{"event":"delivery","timestamp":1772533101,"sending_stream":"bulk","message_id":"a","email":"anna@example.net","event_id":"b"}]}`,
		"resend":     `{"type":"email.delivered","created_at":"2026-03-03T10:18:21Z","data":{"email_id":"a","to":["anna@example.net"]}}`,
		"dsn": `Return-Path: <>
From: MAILER-DAEMON@out1.example.com
To: news@example.com
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; out1.example.com

Final-Recipient: rfc822; anna@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no

--B1--`,
		"smtp": `=== Trying mx.example.net:25...
=== Connected to mx.example.net.
<** 421 4.7.0 Too many connections
 -> QUIT
<-  221 2.0.0 Bye
=== Connection closed with remote host.`,
	}
	for name, lines := range parsertest.Others {
		if name != "other" {
			s[name] = lines
		}
	}
	return s
}

// The lines of each format are found to be of that format, and no other one claims
// any of them.
func TestCrossDetection(t *testing.T) {
	all := samples()
	for _, f := range All() {
		if all[f.Name] == "" {
			t.Errorf("no lines of %s", f.Name)
		}
	}
	for name, text := range all {
		sample := lines(strings.Split(text, "\n")...)
		if f, share, err := Detect(sample); err != nil || f.Name != name {
			t.Errorf("lines of %s: %s, %v, %v", name, f.Name, share, err)
		}
		for _, other := range specific() {
			if other.Name == name {
				continue
			}
			if n := other.Score(sample); n > 0 {
				t.Errorf("%s claims %d of the lines of %s", other.Name, n, name)
			}
			for _, line := range sample {
				if n := other.Score([][]byte{line}); n > 0 {
					t.Errorf("%s claims a line of %s: %s", other.Name, name, line)
				}
			}
		}
	}
}

// The lines of each format are found inside a wrapper as well.
func TestCrossDetectionWrapped(t *testing.T) {
	for name, text := range samples() {
		if name == "dsn" { // mail is not logged
			continue
		}
		var docker, cri []string
		for _, line := range strings.Split(text, "\n") {
			quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(line)
			docker = append(docker, `{"log":"`+quoted+`\n","stream":"stdout","time":"2026-03-03T10:18:23.504367123Z"}`)
			cri = append(cri, "2026-03-03T10:18:23.504367123Z stdout F "+line)
		}
		for _, file := range [][]string{docker, cri} {
			f, _, err := Detect(lines(file...))
			if err != nil || f.Name != name {
				t.Errorf("lines of %s: %s, %v\n%s", name, f.Name, err, file[0])
				continue
			}
			bare, _, err := Detect(lines(strings.Split(text, "\n")...))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := attempts(f, file), attempts(bare, strings.Split(text, "\n")); got != want || want == 0 && name != "exchange" {
				t.Errorf("%s: %d events in a wrapper, %d without\n%s", name, got, want, file[0])
			}
		}
	}
}

// attempts counts the events of a file that tell something.
func attempts(f parsers.Format, file []string) (n int) {
	d := f.New(parsers.Options{Year: 2026, Location: time.UTC})
	emit := func(e *mail.Event) {
		if e.Kind != mail.KindNone {
			n++
		}
	}
	for _, l := range file {
		d.Decode([]byte(l), emit)
	}
	d.Close(emit)
	return n
}

// What no format knows stays unknown.
func TestCrossDetectionOthers(t *testing.T) {
	for _, line := range strings.Split(parsertest.Others["other"], "\n") {
		f, _, err := Detect(lines(line))
		var unknown *UnknownError
		if !errors.As(err, &unknown) && !strings.Contains(line, "smtpstatus=") {
			t.Errorf("%s: %s, %v", line, f.Name, err)
		}
	}
}

// carried is what an event carries, by the names of parsers.Carries.
func carried(e *mail.Event) map[string]bool {
	return map[string]bool{
		"time": e.Time != 0, "sub-second": e.Precise, "sending IP": len(e.SendingIP) > 0, "MX host": len(e.MX) > 0, "MX IP": len(e.MXIP) > 0,
		"message id": len(e.MessageID) > 0, "sender": len(e.Sender) > 0, "recipient": len(e.Recipient) > 0, "queue id": len(e.QueueID) > 0,
		"reply": len(e.Reply) > 0, "expiry": e.Kind == mail.KindExpiry, "own-side refusals": e.Kind == mail.KindOwnSide,
	}
}

// What a format is said not to carry is on none of its lines, and what it is said to
// carry on every line is somewhere in a large sample.
func TestCarriesTrue(t *testing.T) {
	seen := map[string]map[string]bool{}
	note := func(name string, f parsers.Format, sample [][]byte) {
		if seen[name] == nil {
			seen[name] = map[string]bool{}
		}
		d := f.New(parsers.Options{Year: 2026, Location: time.UTC})
		emit := func(e *mail.Event) {
			if e.Local || e.Kind == mail.KindNone {
				return
			}
			for what, is := range carried(e) {
				seen[name][what] = seen[name][what] || is
			}
		}
		for _, l := range sample {
			d.Decode(l, emit)
		}
		d.Close(emit)
	}
	for name, text := range samples() {
		sample := lines(strings.Split(text, "\n")...)
		if f, _, err := Detect(sample); err == nil {
			note(name, f, sample)
		}
	}
	dir := os.Getenv("DIAGNOSE_CORPORA")
	if dir != "" {
		for _, row := range corpus(t, dir) {
			if row.format == "wrappers" { // the wrapper tells more than the lines
				continue
			}
			if f, _, err := Detect(row.lines[:min(len(row.lines), 200)]); err == nil {
				note(f.Name, f, row.lines)
			}
		}
	} else {
		t.Log("DIAGNOSE_CORPORA is not set: only handmade lines are looked at")
	}
	for _, f := range All() {
		for _, c := range f.Carries.List() {
			is, told := seen[f.Name][c.Name]
			switch {
			case !told:
			case is && c.Level == parsers.No:
				t.Errorf("%s: %s is said not to be there, but is", f.Name, c.Name)
			case !is && c.Level == parsers.Yes && dir != "":
				t.Logf("%s: %s was not seen in the samples", f.Name, c.Name)
			}
		}
	}
}

// row is a file of the real logs, with what its index says.
type row struct {
	path, format, counts string
	lines                [][]byte
}

func corpus(t *testing.T, dir string) (rows []row) {
	t.Helper()
	index, err := os.ReadFile(filepath.Join(dir, "corpora", "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(index), "\n") {
		cells := strings.Split(line, "\t")
		if i == 0 || len(cells) < 5 {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "corpora", cells[0]))
		if err != nil {
			t.Fatal(err)
		}
		sep := "\n"
		if !strings.Contains(string(text), sep) {
			sep = "\r" // as package source cuts it
		}
		rows = append(rows, row{cells[0], cells[1], cells[4], lines(strings.Split(string(text), sep)...)})
	}
	return rows
}

// Every real log with attempts in it is found to be of its format, by its lines alone.
func TestCorpusDetection(t *testing.T) {
	dir := parsertest.Corpora(t)
	differs := map[string]string{
		// A mail that Postfix wrote.
		"postfix/postal--postfix-bounce.eml": "dsn",
		// Exim's log of one message, which has no message ids: only its replies can be read.
		"exim/msglog/exim--0208.10HmaX-000000005vi-0000.msglog": "smtp",
	}
	right, files := 0, 0
	for _, r := range corpus(t, dir) {
		want := r.format
		if want == "wrappers" {
			want = "postfix"
		}
		if d, ok := differs[r.path]; ok {
			want = d
		}
		f, _, err := Detect(r.lines[:min(len(r.lines), 200)])
		files++
		switch {
		case err == nil && f.Name == want:
			right++
		case r.counts != "" || err == nil:
			t.Errorf("%s: %q, %v, want %s", r.path, f.Name, err, want)
		default:
			t.Logf("%s: no attempts in it, and %v", r.path, err)
		}
	}
	t.Logf("%d of %d files", right, files)
}
