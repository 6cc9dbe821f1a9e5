package scan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// One line is shown as the whole file is read: what a parser needs from the lines
// before it is there, and lines that tell nothing are told apart from unknown ones.
func TestLine(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mail.log")
	log := "May 20 09:00:01 mx1 postfix/smtp[7]: 4A000B: to=<jo@example.net>, relay=mx.example.net[192.0.2.1]:25, conn_use=2, delay=1, delays=0.1/0/0.4/0.5, dsn=4.7.0, status=deferred (host mx.example.net[192.0.2.1] said: 421 4.7.0 Too many connections (in reply to RCPT TO command))\n" +
		"May 20 09:00:02 mx1 cron[9]: (root) CMD (true)\n" +
		"what is this\n"
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(line int64, verdict, want string) {
		t.Helper()
		got, err := Line(t.Context(), Config{Inputs: []source.Input{{Path: path}}, Year: 2026, Rules: set}, line)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, ev := range got.Events {
			b.WriteString(ev.Kind + ":")
			for _, x := range ev.Fields {
				b.WriteString(" " + x.Name + "=" + x.Value)
			}
		}
		if got.Verdict != verdict || !strings.Contains(b.String(), want) || (want == "") != (b.Len() == 0) {
			t.Errorf("line %d: %s, %s, want %s, %q", line, got.Verdict, b.String(), verdict, want)
		}
		if strings.Contains(got.Text, "jo@") {
			t.Errorf("line %d shows a recipient", line)
		}
	}
	f(1, "understood", "attempt: time=2026-05-20T09:00:01Z host=mx1 instance=postfix process=smtp pid=7 queue_id=4A000B recipient=u-")
	f(1, "understood", "outcome=deferred stage=rcpt mx=mx.example.net mx_ip=192.0.2.1 conn_use=2 delay_before=0.1s delay_queue=0s delay_connect=0.4s delay_transmit=0.5s dsn=4.7.0")
	f(2, "irrelevant", "")
	f(3, "not_understood", "")
	for line, want := range map[int64]string{4: "the file has 3 lines"} {
		_, err := Line(t.Context(), Config{Inputs: []source.Input{{Path: path}}, Rules: set}, line)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("line %d: %v, want %q", line, err, want)
		}
	}
	if _, err := Line(t.Context(), Config{Inputs: []source.Input{{Path: path + ".no"}}, Rules: set}, 1); err == nil {
		t.Error("a file that is not there has a line")
	}
}
