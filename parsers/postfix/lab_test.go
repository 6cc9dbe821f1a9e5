package postfix

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// labLogs returns the lab's Postfix logs by scenario.
func labLogs(t testing.TB) map[string][][]byte {
	paths := parsertest.LabLogs(t, "postfix.log.gz")
	logs := map[string][][]byte{}
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		logs[filepath.Dir(p)] = bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	}
	return logs
}

// What the receiver counted is what the log says: every refusal and every
// delivery, per address.
func TestLabTruth(t *testing.T) {
	type tally struct{ refused, accepted int }
	for dir, lines := range labLogs(t) {
		var truth struct {
			Sinks []struct {
				Addr     string
				Accepted int
				Refusals map[string]int
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, "postfix.truth.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &truth); err != nil {
			t.Fatal(err)
		}
		want := map[string]tally{}
		for _, s := range truth.Sinks {
			host, _, err := net.SplitHostPort(s.Addr)
			if err != nil {
				t.Fatal(err)
			}
			n := want[host]
			n.accepted += s.Accepted
			for _, r := range s.Refusals {
				n.refused += r
			}
			want[host] = n
		}
		got := map[string]tally{}
		d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
		var last int64
		for i, line := range lines {
			events := 0
			v := d.Decode(line, func(e *mail.Event) {
				events++
				if e.Time < last-2e6 { // several processes write into one log
					t.Errorf("%s:%d: time runs backwards", dir, i+1)
				}
				last = max(last, e.Time)
				n := got[string(e.MXIP)]
				switch {
				case e.Kind == mail.KindAttempt && e.Outcome == mail.Delivered:
					n.accepted++
				case e.Kind == mail.KindAttempt && (e.Outcome == mail.Deferred || e.Outcome == mail.Bounced) && refuses(e),
					e.Kind == mail.KindRefusal && refuses(e):
					n.refused++
				default:
					return
				}
				got[string(e.MXIP)] = n
			})
			if events != 1 || v == mail.NotUnderstood {
				t.Errorf("%s:%d: %d events, %v: %s", dir, i+1, events, v, line)
			}
		}
		for ip, n := range got {
			if n != want[ip] {
				t.Errorf("%s: %s refused %d and accepted %d, the receiver counted %d and %d",
					dir, ip, n.refused, n.accepted, want[ip].refused, want[ip].accepted)
			}
			delete(want, ip)
		}
		for ip, n := range want {
			if n != (tally{}) {
				t.Errorf("%s: the receiver %s counted %v, the log has nothing", dir, ip, n)
			}
		}
	}
}

// refuses says that the receiver turned the attempt away: by a reply, or by
// staying silent.
func refuses(e *mail.Event) bool {
	return len(e.Reply) > 0 || bytes.Contains(e.Text, []byte(" timed out while "))
}
