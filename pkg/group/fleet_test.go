package group

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// fleet is a handmade log of several sending IPs and destinations.
type fleet map[Key]*Acc

// send adds n messages over a stretch of hours, of which every nth is refused (0: none).
func (f fleet) send(platform, ip string, from, to int64, n, refuseEvery int) {
	k := Key{platform, "mail01", "postfix/" + ip, ip}
	if f[k] == nil {
		f[k] = NewAcc()
	}
	for i := range n {
		o := observe(900_000+from*3600+int64(i)*(to-from)*3600/int64(n), mail.Delivered, &success, true)
		if refuseEvery > 0 && i%refuseEvery == 0 {
			o.Event.Outcome, o.Reading = mail.Deferred, &limit
		}
		f[k].Add(o)
	}
}

func (f fleet) freeze(platform string) *Summary {
	sums := Freeze(f, Context{Thresholds: thresholds()})
	for i := range sums {
		if sums[i].Platform == platform {
			return &sums[i]
		}
	}
	return nil
}

// More sending IPs, each with less, while refusals go on (H66).
func TestSnowshoeFacts(t *testing.T) {
	f := func(name string, fl fleet, growth, volume float64) {
		t.Helper()
		facts := fl.freeze("p").All.Facts
		if g, v := facts["ip_growth"].Value, facts["ip_volume_change"].Value; g != growth || v < volume*0.9 || v > volume*1.1 {
			t.Errorf("%s: %v times the IPs with %.2f times the volume, want %v and %v", name, g, v, growth, volume)
		}
	}
	spread := fleet{}
	spread.send("p", "192.0.2.1", 0, 30, 300, 3)
	for i := range 5 {
		spread.send("p", fmt.Sprint("192.0.2.1", i), 60, 90, 60, 3)
	}
	f("spread over five", spread, 5, 0.2)
	steady := fleet{}
	steady.send("p", "192.0.2.1", 0, 90, 900, 3)
	steady.send("p", "192.0.2.2", 0, 90, 900, 3)
	f("two all the time", steady, 1, 1)
}

// A source that the log did not show for a day appears shortly before (C82). A log
// that is too short tells nothing.
func TestNewSource(t *testing.T) {
	f := func(name string, old, appears int64, want float64, says string, known bool) {
		t.Helper()
		fl := fleet{}
		fl.send("other", "192.0.2.1", old, 96, 90, 0)
		fl.send("p", "192.0.2.1", 48, 96, 90, 0)
		fl.send("p", "192.0.2.9", appears, 96, 90, 2)
		m, ok := fl.freeze("p").All.Facts["new_source"]
		if ok != known || m.Value != want || !strings.Contains(m.Text, says) {
			t.Errorf("%s: %v %q (known %v), want %v %q (%v)", name, m.Value, m.Text, ok, want, says, known)
		}
	}
	f("new on the third day", 0, 60, 1, "sending IP 192.0.2.9", true)
	f("there from the beginning", 0, 0, 0, "", false)
	f("the log begins half a day before", 48, 60, 0, "", false)
}

// Refusals that leave one sending IP for the other while mail by both goes on (C36).
func TestMoves(t *testing.T) {
	f := func(name string, first, second string, want float64) {
		t.Helper()
		fl := fleet{}
		for ip, parts := range map[string]string{"192.0.2.1": first, "192.0.2.2": second} {
			for i, r := range parts {
				switch r {
				case 'x':
					fl.send("p", ip, int64(i)*4, int64(i)*4+4, 40, 1)
				case '.':
					fl.send("p", ip, int64(i)*4, int64(i)*4+4, 40, 0)
				}
			}
		}
		if got := fl.freeze("p").All.Facts["ip_moves"].Value; got != want {
			t.Errorf("%s: %v moves, want %v", name, got, want)
		}
	}
	f("to and fro", "x.x.x.", ".x.x.x", 5)
	f("once", "xxx...", "...xxx", 1)
	f("both all the time", "xxxxxx", "xxxxxx", 0)
	f("one only", "xxxxxx", "......", 0)
	f("the first stops sending", "xxx   ", "...xxx", 0)
}

// How many destinations refuse (C59), and what is known of a receiver and a pool.
func TestAcross(t *testing.T) {
	fl := fleet{}
	fl.send("gate.example", "192.0.2.1", 0, 10, 100, 2)
	fl.send("p", "192.0.2.1", 0, 10, 100, 0)
	fl.send("q", "192.0.2.1", 0, 10, 100, 50) // two are not enough
	facts := fl.freeze("gate.example").All.Facts
	if facts["destinations"].Value != 3 || facts["affected_destinations"].Value != 1 {
		t.Errorf("%v of %v destinations are affected, want 1 of 3", facts["affected_destinations"].Value, facts["destinations"].Value)
	}
	f := func(pool string, esp bool, want float64) {
		t.Helper()
		facts := rules.Facts{}
		Context{Pool: pool}.knowledge(facts, "p", esp)
		if got := facts["pool_possible"].Value; got != want || facts["custom_mx"].Value != 1 {
			t.Errorf("pool %q, ESP %v: possible %v, want %v; custom MX %v", pool, esp, got, want, facts["custom_mx"].Value)
		}
	}
	f(PoolShared, false, 1)
	f(PoolShared, true, 1)
	f(PoolUnknown, true, 1)
	f(PoolUnknown, false, 0)
	f(PoolDedicated, true, 0)
}

// A curve that is steep over the whole log and flat inside each window is one of
// waves: retries follow refusals, and sessions follow retries.
func TestCurveWithinWindows(t *testing.T) {
	play := func(wave bool) float64 {
		a := NewAcc()
		for w := range int64(40) {
			for i := range int64(20) {
				refused, open := uint16(0), (w*900+i*40)*second
				together := i%2 == 0 && w%2 == 0 // several sessions at once
				for s := range int64(4) {
					switch {
					case wave && w%2 == 0: // a bad quarter of an hour: half are refused, at any number of sessions
						refused = uint16((i/2 + s) % 2)
					case wave:
						refused = 0
					default:
						refused = uint16(s / 2) // the third and fourth at once
						switch i {              // now and then it is otherwise
						case 10:
							refused = 0
						case 11:
							refused = 1
						}
					}
					a.AddSpan("mx", session.Span{Open: open + s, Close: open + second, PID: uint32(s), Attempts: 1, Refused: refused})
					if !together {
						break
					}
				}
			}
		}
		c := measured(a)
		if c.Facts["curve_odds"].Value < c.th["curve.grows"].Value {
			t.Fatalf("wave %v: the curve is not steep, %v", wave, c.Facts["curve_odds"].Value)
		}
		return c.Facts["curve_odds_within"].Value
	}
	if got := play(true); got >= thresholds()["curve.waves"].Value {
		t.Errorf("in waves: odds %v inside a window", got)
	}
	if got := play(false); got < thresholds()["curve.waves"].Value {
		t.Errorf("a cap: odds %v inside a window", got)
	}
}

// everywhere are the facts that need several sending IPs, days or destinations.
func everywhere() rules.Facts {
	fl := fleet{}
	fl.send("p", "192.0.2.1", 0, 90, 90, 9)
	fl.send("q", "192.0.2.2", 50, 90, 90, 9)
	block := observe(900_000+95*3600, mail.Bounced, &Reading{Class: mail.Listing}, true)
	a := fl[Key{"p", "mail01", "postfix/192.0.2.1", "192.0.2.1"}]
	a.Add(block)
	for day := range int64(4) {
		for i := range int64(40) {
			a.Add(observe(900_000+day*86400+i%5, mail.Deferred, &limit, true))
		}
	}
	for i := range int64(60) { // both sides of the curve inside a window
		for s := range int64(4) {
			a.AddSpan("mx", session.Span{Open: i*60*second + s, Close: (i*60 + 1) * second, PID: uint32(s), Attempts: 1, Refused: uint16((i + s) / 2 % 2)})
		}
	}
	facts := rules.Facts{}
	fl.send("many", "192.0.2.1", 0, 90, 9, 0)
	for _, s := range Freeze(fl, Context{Thresholds: thresholds(), Mixed: "many"}) {
		maps.Copy(facts, s.All.Facts)
	}
	return facts
}

// Receivers that were not told apart are no destination of the fleet; every other one
// knows how much of the log is theirs.
func TestMixed(t *testing.T) {
	fl := fleet{}
	fl.send("p", "192.0.2.1", 0, 90, 90, 2)
	fl.send("many", "192.0.2.1", 0, 90, 70, 2)
	for _, s := range Freeze(fl, Context{Thresholds: thresholds(), Mixed: "many"}) {
		f := s.All.Facts
		if s.Mixed != (s.Platform == "many") || f["mixed_attempts"].Value != 70 || f["destinations"].Value != 1 || f["affected_destinations"].Value != 1 {
			t.Errorf("%s (%v): %v", s.Platform, s.Mixed, f)
		}
	}
	for _, s := range Freeze(fl, Context{Thresholds: thresholds()}) {
		if _, ok := s.All.Facts["mixed_attempts"]; ok || s.Mixed {
			t.Errorf("%s: mixed where all were told apart", s.Platform)
		}
	}
}
