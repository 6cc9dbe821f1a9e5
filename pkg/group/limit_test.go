package group

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// storm is a batch that own sessions work off against a receiver which serves cap of
// them at once: sessions try one delivery after the other, each of them a new connection
// of half a second, and one without a place is refused after 0.1 s.
type storm struct {
	at, seconds   int64
	sessions, cap int
}

// play returns the spans of storms, by a receiver that keeps to its cap.
func play(precise bool, storms ...storm) (spans []session.Span) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, st := range storms {
		free := make([]int64, st.sessions)
		for i := range free {
			free[i] = st.at*second + r.Int64N(second)
		}
		var held []int64 // ends of what is served
		for {
			i := slices.Index(free, slices.Min(free))
			now := free[i]
			if now >= (st.at+st.seconds)*second {
				break
			}
			held = slices.DeleteFunc(held, func(end int64) bool { return end <= now })
			s := session.Span{Open: now, Close: now + second/10, PID: uint32(i + 1), Attempts: 1, Refused: 1, Use: 1, Setup: 1, Precise: precise}
			if len(held) < st.cap {
				s.Close, s.Refused, s.Served = now+second/2+r.Int64N(second/5), 0, 1
				held = append(held, s.Close)
			}
			free[i] = s.Close + second/20 + r.Int64N(second/20)
			spans = append(spans, s)
		}
	}
	return spans
}

// cell is a sending IP with spans at one host.
func cell(ip string, spans ...session.Span) *Cell {
	c := &Cell{IP: ip, Acc: NewAcc(), th: thresholds()}
	for _, s := range spans {
		c.Acc.AddSpan("mx.example.net", s)
		c.Acc.seen(s.Close)
		c.Acc.Refusals[mail.ConnectionLimit] += int64(s.Refused)
		c.Acc.TroubleRefusals += int64(s.Refused)
	}
	c.measure()
	return c
}

// limited are the facts of a sending IP that met a limit, lowered its sessions, and was
// refused by volume in the end.
func limited() rules.Facts {
	facts := cell("192.0.2.1", play(true, storm{3600, 60, 20, 3}, storm{7200, 60, 20, 3}, storm{10_800, 60, 2, 3}, storm{14_400, 60, 2, 3})...).Facts
	maps.Copy(facts, cell("192.0.2.1", byVolume()...).Facts)
	return facts
}

// Refusals that begin at the same number every time are a fixed limit; a number that
// moved is a dynamic one; refusals at any number are no limit of sessions (C24, C26).
func TestLimit(t *testing.T) {
	f := func(name string, c *Cell, want string, limit, safe int) {
		t.Helper()
		l := c.Limit
		if l.Type != want || l.Safe != safe || l.Known() != (limit > 0) {
			t.Errorf("%s: %+v, want %s %d, safe %d", name, l, want, limit, safe)
		}
		if limit > 0 && (l.Low > limit || l.High > 0 && l.High < limit || l.Sessions < l.Low || l.High > 0 && l.Sessions > l.High) {
			t.Errorf("%s: the limit is %d, bounds %d to %d, %d", name, limit, l.Low, l.High, l.Sessions)
		}
	}
	hour := int64(3600)
	at := func(h int64, sessions, most int) storm { return storm{h * hour, 60, sessions, most} }
	for _, precise := range []bool{true, false} {
		fixed := play(precise, at(1, 10, 4), at(2, 10, 4), at(3, 12, 4), at(5, 8, 4))
		f("the same number each time", cell("192.0.2.1", fixed...), "fixed", 4, 0)
		f("once only", cell("192.0.2.1", play(precise, storm{hour, 5, 10, 4})...), "unknown", 4, 0)
		f("clean", cell("192.0.2.1", play(precise, at(1, 10, 10), at(2, 10, 10))...), "unknown", 0, 0)
		lowered := play(precise, at(1, 20, 60), at(2, 20, 60), at(3, 20, 60), at(5, 20, 3), at(6, 20, 3), at(7, 20, 3))
		f("lowered", cell("192.0.2.1", lowered...), "dynamic", 3, cell("", lowered...).Limit.Low)
		lifted := play(precise, at(1, 20, 3), at(2, 20, 3), at(3, 20, 3), at(5, 20, 60), at(6, 20, 60), at(7, 20, 60))
		f("lifted", cell("192.0.2.1", lifted...), "dynamic", 20, cell("", lifted...).Limit.Low)
		step := play(precise, at(1, 20, 3), at(2, 20, 3), at(4, 2, 3), at(5, 2, 3), at(6, 2, 3), at(8, 4, 3), at(9, 4, 3), at(10, 4, 3))
		c := cell("192.0.2.1", step...)
		if c.Limit.Safe > 2 || precise && c.Limit.Safe != 2 {
			t.Errorf("precise %v: 2 sessions were clean, 4 were not: safe %d", precise, c.Limit.Safe)
		}
	}
	exact := cell("192.0.2.1", play(true, at(1, 10, 4), at(2, 10, 4), at(3, 12, 4))...)
	if l := exact.Limit; l.Low != 4 || l.High > 5 || l.Sessions != 4 || l.Agree < 3 {
		t.Errorf("exact stamps give %+v, want 4 to 5", l)
	}
	if m := exact.Facts["refused_unserved"]; m.Value != 0 {
		t.Errorf("%v of the refusals came while nothing was served", m.Value)
	}

	// A receiver that refuses three of four whatever the number.
	r := rand.New(rand.NewPCG(2, 2))
	random := play(true, at(1, 10, 100), at(2, 4, 100), at(3, 1, 100), at(4, 2, 100))
	for i := range random {
		if r.IntN(4) > 0 {
			random[i].Served, random[i].Refused = 0, 1
		}
	}
	c := cell("192.0.2.1", random...)
	f("refused at random", c, "unknown", 0, 0)
	if m := c.Facts["refused_unserved"]; m.Value < 0.05 {
		t.Errorf("only %v of the refusals came while nothing was served", m.Value)
	}
}

// A limit of one host shows at that host; two sending IPs that are refused at a sum share
// a limit (C13, C33).
func TestScope(t *testing.T) {
	hour := int64(3600)
	at := func(h int64, sessions, most int) storm { return storm{h * hour, 60, sessions, most} }
	storms := []storm{at(1, 10, 3), at(2, 10, 3), at(3, 10, 3)}
	c := cell("192.0.2.1", play(true, storms...)...)
	for _, s := range play(true, at(1, 6, 60), at(2, 6, 60), at(3, 6, 60)) {
		c.Acc.AddSpan("mx2.example.net", s)
	}
	c.measure()
	if l := c.Limit; l.MX != "mx.example.net" || l.Low != 3 || l.High != 3 {
		t.Errorf("one of two hosts has a limit of 3: %+v", l)
	}

	// Two hosts, a limit each.
	hosts := cell("192.0.2.1", play(true, at(1, 10, 2), at(2, 10, 2), at(3, 10, 2))...)
	for _, s := range play(true, at(1, 30, 10), at(4, 30, 10), at(5, 30, 10)) {
		hosts.Acc.AddSpan("mx2.example.net", s)
		hosts.Acc.seen(s.Close)
	}
	hosts.measure()
	if l := hosts.Limit; l.Type != "dynamic" || !slices.Equal(l.Moves, []string{MovesMX}) {
		t.Errorf("two hosts with limits of 2 and 10: %+v", l)
	}

	// Sessions of two IPs share six places.
	both := play(true, at(1, 16, 6), at(2, 16, 6), at(3, 16, 6), at(4, 16, 6))
	half := func(odd uint32) (out []session.Span) {
		for _, s := range both {
			if s.PID%2 == odd {
				out = append(out, s)
			}
		}
		return out
	}
	f := func(name string, a, b *Cell, want Scope, shown bool, kind string, high int) {
		t.Helper()
		s := Summary{ByIP: []Cell{*a, *b}}
		s.scope(thresholds())
		for i := range s.ByIP {
			l := s.ByIP[i].Limit
			if l.Scope != want || l.Shown != shown || l.Type != kind || i == 0 && l.High != high {
				t.Errorf("%s: %+v, want %s (shown %v), %s, %d", name, l, want, shown, kind, high)
			}
		}
	}
	f("one network", cell("192.0.2.1", half(0)...), cell("192.0.2.2", half(1)...), ScopeRange, true, "fixed", 7)
	f("two networks", cell("192.0.2.1", half(0)...), cell("198.51.100.2", half(1)...), ScopeDomain, true, "fixed", 7)
	two := play(true, at(1, 10, 3), at(2, 10, 3), at(3, 10, 3))
	ten := play(true, at(1, 30, 10), at(4, 30, 10), at(5, 30, 10))
	f("a limit each", cell("192.0.2.1", two...), cell("192.0.2.2", ten...), ScopeIP, true, "dynamic", 3)
	if m := cell("192.0.2.1", two...); !slices.Equal(m.Limit.Moves, nil) {
		t.Errorf("one sending IP alone moves with %v", m.Limit.Moves)
	}

	a := NewAcc()
	a.Scopes[mail.ReceiverWide], a.Scopes[mail.PerIP] = 3, 2
	if got := a.told(); got != ScopeReceiver {
		t.Errorf("replies tell of %s", got)
	}
}

// Own sessions fell and refusals went on, or ended (H69).
func TestLowering(t *testing.T) {
	hour := int64(3600)
	at := func(h int64, sessions, most int) storm { return storm{h * hour, 60, sessions, most} }
	f := func(name string, c *Cell, known bool, want float64) {
		t.Helper()
		m, ok := c.Facts["lowered_without_effect"]
		if ok != known || m.Value != want {
			t.Errorf("%s: %v (known %v), want %v (known %v)", name, m.Value, ok, want, known)
		}
	}
	ended := cell("192.0.2.1", play(true, at(1, 20, 3), at(2, 20, 3), at(4, 2, 3), at(5, 2, 3), at(6, 2, 3))...)
	f("lowered with effect", ended, true, 0)
	for name, want := range map[string]float64{"own_sessions_before": 18, "own_sessions_after": 2, "refused_after_lowering": 0} {
		if got := ended.Facts[name].Value; math.Abs(got-want) > 2 {
			t.Errorf("%s is %v, want about %v", name, got, want)
		}
	}
	went := cell("192.0.2.1", play(true, at(1, 20, 1), at(2, 20, 1), at(4, 2, 0), at(5, 2, 0), at(6, 2, 0))...)
	f("lowered without", went, true, 1)
	f("never lowered", cell("192.0.2.1", play(true, at(1, 20, 3), at(2, 20, 3), at(4, 20, 3))...), false, 0)
}

// A door that opens and shuts with volume, and one that was shut at last (H55, H86).
func TestPhases(t *testing.T) {
	var late []session.Span
	for i := range int64(400) {
		late = append(late, attemptAt(1_000_000+i*60, i >= 300))
	}
	f := func(name string, c *Cell, want map[string]float64) {
		t.Helper()
		for fact, v := range want {
			if got := c.Facts[fact].Value; got != v {
				t.Errorf("%s: %s is %v, want %v", name, fact, got, v)
			}
		}
	}
	f("quota", cell("192.0.2.1", byVolume()...), map[string]float64{"shut_phases": 4, "open_volume": 60, "refused_unserved": 1})
	hourly := cell("192.0.2.1", byVolume()...) // the same where the replies tell of a rate
	hourly.Acc.Refusals[mail.RateLimit], hourly.Acc.Refusals[mail.ConnectionLimit] = hourly.Acc.Refusals[mail.ConnectionLimit], 0
	hourly.Acc.TroubleFates.Queued = 500
	hourly.measure()
	f("quota of messages", hourly, map[string]float64{"shut_phases": 4, "refused_unserved": 1})
	if m, ok := hourly.Facts["batch_time"]; ok || hourly.Limit.Known() {
		t.Errorf("a quota of messages is no matter of sessions: %v, %+v", m, hourly.Limit)
	}
	f("shut at last", cell("192.0.2.1", late...), map[string]float64{"shut_phases": 1, "attempts_late": 100, "accepted_late": 0, "refused_late": 1})
}

// A log may end at any moment, also while refusals come: what was open then is not in it.
// Neither the limit nor the end of the log is taken for another thing.
func TestLogEndsInsideQueueRun(t *testing.T) {
	hour := int64(3600)
	var storms []storm
	for h := range int64(5) {
		storms = append(storms, storm{h * hour, 20, 30, 6})
	}
	whole := play(true, storms...)
	for cut := range int64(6) {
		end := 4*hour*second + 2*second + cut*second*7/10
		var spans []session.Span
		for _, s := range whole {
			if s.Close <= end {
				spans = append(spans, s)
			}
		}
		c := cell("192.0.2.1", spans...)
		if c.Limit.Type != "fixed" || c.Limit.Low > 6 || c.Limit.High < 6 || c.Facts["refused_unserved"].Value > 0.1 {
			t.Fatalf("cut %d: %+v, unserved %v", cut, c.Limit, c.Facts["refused_unserved"].Value)
		}
	}

	// Shut for as long before, it opened again: the last time is no turning away.
	f := func(name string, shut []int64, known bool) {
		t.Helper()
		at := int64(1_000_000)
		var spans []session.Span
		for _, n := range shut {
			for i := range 100 + n {
				spans = append(spans, attemptAt(at, i >= 100))
				at += 60
			}
		}
		if _, ok := cell("192.0.2.1", spans...).Facts["attempts_late"]; ok != known {
			t.Errorf("%s: turned away is known: %t, want %t", name, ok, known)
		}
	}
	f("shut once", []int64{100}, true)
	f("shut for longer than ever", []int64{50, 50, 100}, true)
	f("shut as long as before", []int64{100, 50, 100}, false)
	f("shut for less", []int64{100, 50}, false)
}

// A single long delivery does not make the end of a log unknown.
func TestInFlight(t *testing.T) {
	f := func(want int64, lengths ...int64) {
		t.Helper()
		var s swept
		for _, n := range lengths {
			s.spans = append(s.spans, session.Span{Close: n, Served: 1})
		}
		if got := inFlight(&s); got != want {
			t.Errorf("%v: %d, want %d", lengths, got, want)
		}
	}
	f(0)
	f(second, second)
	f(9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 70*second)
	f(mostInFlight, 3600*second)
}

// byVolume are four days of a hundred attempts, of which the first sixty are served.
func byVolume() (spans []session.Span) {
	for i := range int64(400) {
		spans = append(spans, attemptAt(1_000_000+i/100*86400+i%100*60, i%100 >= 60))
	}
	return spans
}

func attemptAt(sec int64, refused bool) session.Span {
	s := session.Span{Open: sec * second, Close: sec*second + second/10, PID: 1, Attempts: 1, Served: 1, Use: 1, Precise: true}
	if refused {
		s.Served, s.Refused = 0, 1
	}
	return s
}

// Lines that tell only how long a delivery took (Exim's DT=) count a session that waits
// for its place as one that has it: the lower bound gives way (the real receiver took 2
// where such a log showed 3).
func TestLimitOfWholeDeliveries(t *testing.T) {
	v := served{whole: true, th: thresholds()}
	exact := served{th: thresholds()}
	for _, v := range []*served{&v, &exact} {
		for i := range int64(400) {
			m := moment{at: i * 10 * second, served: 3, likely: 3, attempts: 1}
			if i%2 == 0 {
				v.taken = append(v.taken, m)
			} else {
				v.refused = append(v.refused, m)
			}
		}
	}
	c, e := v.course(900*second), exact.course(900*second)
	if l := c.limit(); l.Low != 2 || l.High != 3 {
		t.Errorf("whole deliveries: %+v, want 2 to 3", l)
	}
	if l := e.limit(); l.Low != 3 || l.High != 3 {
		t.Errorf("with the time of connecting: %+v, want 3", l)
	}
}
