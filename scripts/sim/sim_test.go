package sim

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// small is a scale at which every scenario is a matter of milliseconds.
func small(name string) float64 {
	switch name {
	case "retry-hammer": // of fewer messages none would meet
		return 1
	case "million":
		return 0.002
	case "burst", "spread-same-volume":
		return 0.02
	}
	return 0.05
}

func run(t *testing.T, name string, o Options) (string, Truth) {
	t.Helper()
	log, truth, err := Run(name, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(log) > 10<<20 {
		t.Errorf("%s: the log has %d MB, too much for a test", name, len(log)>>20)
	}
	return string(log), truth
}

func TestSameSeedSameLog(t *testing.T) {
	for _, s := range Scenarios() {
		o := Options{Seed: 7, Scale: small(s.Name)}
		log, truth := run(t, s.Name, o)
		again, truthAgain := run(t, s.Name, o)
		if log != again || fmt.Sprint(truth) != fmt.Sprint(truthAgain) {
			t.Errorf("%s: one seed gave two logs", s.Name)
		}
		o.Seed = 8
		if other, _ := run(t, s.Name, o); other == log {
			t.Errorf("%s: two seeds gave one log", s.Name)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	f := func(name string, o Options, want string) {
		t.Helper()
		if _, _, err := Run(name, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run(%q, %+v): %v, want an error with %q", name, o, err, want)
		}
	}
	f("nonsense", Options{}, `"nonsense": there is none of that name, only burst, burst-800,`)
	f("trust", Options{Scale: -1}, "scale -1 is below 0")
}

// TestSmallerKeepsPace: a batch at a tenth lasts a tenth of the time.
func TestSmallerKeepsPace(t *testing.T) {
	f := func(scale float64, messages int) {
		t.Helper()
		log, _ := run(t, "burst-800", Options{Scale: scale, Micro: true})
		var first, last time.Time
		n := 0
		for line := range strings.Lines(log) {
			if r := parse(t, line); strings.Contains(r.body, "from=<"+newsletter+">") {
				if n == 0 {
					first = r.time
				}
				if n++; n == messages { // what follows are retries
					last = r.time
				}
			}
		}
		want := time.Duration(float64(messages) / 800 * float64(5*time.Second))
		if d := last.Sub(first); d < want-100*time.Millisecond || d > want+100*time.Millisecond {
			t.Errorf("scale %v: %d messages in %v, want %v", scale, messages, d, want)
		}
	}
	f(1, 800)
	f(0.1, 80)
}

// TestLinesAreInOrder: stamps never go back, in either form and with either kind of
// queue id, and every line has a shape that a real log has.
func TestLinesAreInOrder(t *testing.T) {
	for _, s := range Scenarios() {
		for _, o := range []Options{{}, {Micro: true, LongIDs: true}} {
			o.Scale = small(s.Name) / 3
			log, truth := run(t, s.Name, o)
			last := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
			for line := range strings.Lines(log) {
				r := parse(t, line)
				known(t, line, r)
				if r.time.Before(last) {
					t.Fatalf("%s: %v comes after %v: %s", s.Name, r.time, last, line)
				}
				last = r.time
			}
			if o.Micro && (last.Before(truth.First) || last.After(truth.Last)) {
				t.Errorf("%s: the last line is of %v, the log from %v to %v", s.Name, last, truth.First, truth.Last)
			}
		}
	}
}

// TestLogAndTruthAgree: what the log says, read line by line, is what the receivers
// counted: acceptances, refusals and their places.
func TestLogAndTruthAgree(t *testing.T) {
	for _, s := range Scenarios() {
		for seed := uint64(1); seed <= 2; seed++ {
			log, truth := run(t, s.Name, Options{Seed: seed, Scale: small(s.Name) / 2, Micro: true})
			b := read(t, log)
			if b.attempts != truth.Attempts {
				t.Errorf("%s: attempts in the log %+v, in truth %+v", s.Name, b.attempts, truth.Attempts)
			}
			if b.expired != truth.Fate.Expired {
				t.Errorf("%s: expired in the log %d, in truth %d", s.Name, b.expired, truth.Fate.Expired)
			}
			var messages int
			for _, n := range b.started {
				messages += n
			}
			if lost := truth.Messages + truth.Notices - messages; lost < 0 || lost > 3 { // those that came in the last moment
				t.Errorf("%s: %d messages in the log, %d and %d notices in truth", s.Name, messages, truth.Messages, truth.Notices)
			}
			accepted, refused, connections := 0, 0, 0
			for _, mx := range truth.MX {
				var n int
				for _, k := range mx.Refusals {
					n += k
				}
				accepted, refused, connections = accepted+mx.Accepted, refused+n, connections+mx.Connections
				if b.accepted[mx.Addr] != mx.Accepted {
					t.Errorf("%s: %s accepted %d, the log says %d", s.Name, mx.Addr, mx.Accepted, b.accepted[mx.Addr])
				}
				// A reply in the last moment has no line any more.
				if late := n - b.replies[mx.Addr]; late < 0 || late > 1 {
					t.Errorf("%s: %s refused %d times, the log says %d", s.Name, mx.Addr, n, b.replies[mx.Addr])
				}
				if b.opened[mx.Addr] > mx.Connections {
					t.Errorf("%s: %s had %d connections, the log shows %d", s.Name, mx.Addr, mx.Connections, b.opened[mx.Addr])
				}
			}
			if accepted != truth.Accepted || refused != sum(truth.Refusals) || connections != truth.Connections {
				t.Errorf("%s: hosts add up to %d, %d, %d, the whole is %d, %d, %d", s.Name, accepted, refused, connections, truth.Accepted, sum(truth.Refusals), truth.Connections)
			}
			f := truth.Fate
			if f.Queued < 0 || f.Delivered+f.Bounced+f.Expired+f.Queued != truth.Recipients {
				t.Errorf("%s: fates %+v do not add up to %d recipients", s.Name, f, truth.Recipients)
			}
		}
	}
}

func sum(m map[string]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

// TestCapHolds: a receiver never admits more sessions of one IP than it says, and
// one that is exceeded admits that many.
func TestCapHolds(t *testing.T) {
	capped := 0
	for _, s := range Scenarios() {
		_, truth := run(t, s.Name, Options{Scale: small(s.Name)})
		for _, p := range truth.Platforms {
			if p.Cap == nil {
				continue
			}
			capped++
			for ip, n := range p.PeakAdmitted {
				if n > p.Cap[1] || p.Refusals["cap"] > 100 && p.PeakOpen[ip] > p.Cap[1] && n < p.Cap[0] {
					t.Errorf("%s: %s admitted %d sessions of %s, its cap is %v", s.Name, p.Name, n, ip, p.Cap)
				}
			}
		}
	}
	if capped < 8 {
		t.Errorf("only %d receivers had a cap", capped)
	}
}

// TestRetries: a message waits for as long as it has been in the queue, at least 300
// s and at most 4000, and then for the next queue run.
func TestRetries(t *testing.T) {
	log, _ := run(t, "trust", Options{Micro: true})
	made, tried := map[string]time.Time{}, map[string]time.Time{}
	gaps, longest := 0, time.Duration(0)
	for line := range strings.Lines(log) {
		r := parse(t, line)
		switch {
		case strings.HasPrefix(r.body, "client="):
			made[r.id] = r.time
			delete(tried, r.id)
		case strings.HasPrefix(r.body, "to=<") && !strings.Contains(r.body, "relay=none"):
			if last, ok := tried[r.id]; ok {
				gap, least := r.time.Sub(last), min(max(last.Sub(made[r.id]), 300*time.Second), 4000*time.Second)
				if gap < least-time.Second || gap > least+305*time.Second {
					t.Fatalf("%s was tried again after %v, want %v and up to 300 s more", r.id, gap, least)
				}
				gaps++
				longest = max(longest, gap)
			}
			tried[r.id] = r.time
		}
	}
	if gaps < 500 || longest < 4000*time.Second {
		t.Errorf("%d gaps, the longest %v", gaps, longest)
	}
}

func BenchmarkYear(b *testing.B) {
	s := Scenario{length: 365 * day, start: daysBefore(365), play: func(w *world) {
		a := w.transport("postfix/smtp", mainIP)
		w.microsoft.rules = []rule{w.distrust(0.1)}
		w.ordinary(1000, w.everybody(), a)
	}}
	for b.Loop() {
		var n counter
		truth, err := s.write(&n, Options{Seed: 1, Scale: 1})
		if err != nil || truth.Messages != 365_000 || truth.Accepted < 364_000 {
			b.Fatalf("%v: %d messages, %d accepted", err, truth.Messages, truth.Accepted)
		}
		b.SetBytes(int64(n))
	}
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// TestWriteFails: an error of the writer is the error of the run.
func TestWriteFails(t *testing.T) {
	if _, err := Write(broken{}, "own-limit", Options{Scale: 0.1}); err == nil || err.Error() != "disk full" {
		t.Errorf("got %v", err)
	}
	var b bytes.Buffer
	log, want, err := Run("own-limit", Options{Scale: 0.1})
	got, err2 := Write(&b, "own-limit", Options{Scale: 0.1})
	if err != nil || err2 != nil || !bytes.Equal(b.Bytes(), log) || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Error("Run and Write differ")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }
