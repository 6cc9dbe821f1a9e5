package exim

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
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// labLogs returns the lab's Exim logs by scenario.
func labLogs(t testing.TB) map[string][][]byte {
	paths := parsertest.LabLogs(t, "exim.log.gz")
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

// tally is what one receiving address saw.
type tally struct {
	refused, accepted, peak int
}

// measure runs a log through the parser, the twins and the sessions.
func measure(t *testing.T, name string, lines [][]byte) map[string]*tally {
	got := map[string]*tally{}
	of := func(ip []byte) *tally {
		if got[string(ip)] == nil {
			got[string(ip)] = &tally{}
		}
		return got[string(ip)]
	}
	var ips []string
	slots := map[string]session.Slot{}
	spans := map[session.Slot][]session.Span{}
	stream := session.NewStream("", func(s session.Slot, span session.Span) { spans[s] = append(spans[s], span) })
	count := func(e *mail.Event) {
		switch {
		case e.Outcome == mail.Delivered:
			of(e.MXIP).accepted++
		case e.Outcome != mail.Suspended && len(e.Reply) > 0:
			of(e.MXIP).refused++
		}
		if len(e.MXIP) > 0 {
			slot, ok := slots[string(e.MXIP)]
			if !ok {
				slot = session.Slot(len(ips))
				slots[string(e.MXIP)], ips = slot, append(ips, string(e.MXIP))
			}
			stream.Delivery(e, slot, false)
		}
	}
	twins := join.NewTwins(func(e *mail.Event, _ string) { count(e) })
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	for i, line := range lines {
		v := d.Decode(line, func(e *mail.Event) {
			stream.Lines(e.Time, e.Precise, 1)
			switch {
			case e.Local:
			case e.Kind == mail.KindRefusal:
				twins.Hold(e, "")
			case e.Kind == mail.KindAttempt:
				twins.Attempt(e)
				count(e)
			case e.Kind == mail.KindRemoved:
				twins.End(e)
			}
		})
		if v == mail.NotUnderstood {
			t.Errorf("%s:%d: not understood: %s", name, i+1, line)
		}
	}
	twins.Finish()
	stream.Finish()
	for slot, s := range spans {
		session.Sort(s)
		var w session.Sweep
		peak, _ := w.FindPeak(s, w.Levels(s))
		of([]byte(ips[slot])).peak = peak.Estimate
	}
	return got
}

// What the receiver counted is what the log says: every refusal and every delivery,
// per address, and about the sessions that were open at once.
func TestLabTruth(t *testing.T) {
	for dir, lines := range labLogs(t) {
		var truth struct {
			Sinks []struct {
				Addr     string
				Accepted int
				Refusals map[string]int
				PeakOpen int `json:"peak_open"`
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, "exim.truth.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &truth); err != nil {
			t.Fatal(err)
		}
		got := measure(t, dir, lines)
		total := 0
		for _, s := range truth.Sinks {
			ip, _, err := net.SplitHostPort(s.Addr)
			if err != nil {
				t.Fatal(err)
			}
			refused := 0
			for _, n := range s.Refusals {
				refused += n
			}
			n := got[ip]
			if n == nil {
				n = &tally{}
			}
			total += s.Accepted + refused
			// The end of the log may lack a delivery that the receiver still took.
			if lost := s.Accepted - n.accepted; n.refused != refused || lost < 0 || lost > s.Accepted/200 {
				t.Errorf("%s: %s refused %d and accepted %d, the receiver counted %d and %d", dir, ip, n.refused, n.accepted, refused, s.Accepted)
			}
			if far := n.peak - s.PeakOpen; float64(max(far, -far)) > max(2, float64(s.PeakOpen)/4) {
				t.Errorf("%s: %s peak %d, the receiver counted %d", dir, ip, n.peak, s.PeakOpen)
			}
			delete(got, ip)
		}
		for ip, n := range got {
			t.Errorf("%s: no receiver %s, but %+v", dir, ip, *n)
		}
		if total == 0 {
			t.Errorf("%s: the receiver counted nothing", dir)
		}
	}
}
