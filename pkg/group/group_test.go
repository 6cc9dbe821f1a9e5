package group

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

var (
	limit   = Reading{Class: mail.ConnectionLimit, Rule: "r", Confidence: 0.9, Template: "421 too many", Sample: "421 too many"}
	success = Reading{}
)

// observe makes one observation at a second.
func observe(sec int64, outcome mail.Outcome, r *Reading, first bool) *Observation {
	kind := mail.KindAttempt
	if outcome == mail.Refused {
		kind = mail.KindRefusal
	}
	retry := 1
	if first {
		retry = 0
	}
	return &Observation{
		Event: &mail.Event{Kind: kind, Outcome: outcome, Time: sec * second, MX: []byte("mx.example.net"), MXIP: []byte("203.0.113.1"),
			HasDelays: true, Delays: [4]int64{0, 0, 200_000, 300_000}},
		Attempt: join.Attempt{FirstOfMessage: first, FirstOfRecipient: first, AfterTrouble: !first, Gap: 300 * second, Retry: retry},
		Reading: r, Where: Where{Time: sec * second, File: "mail.log", Line: sec}, Domain: "example.net",
	}
}

func TestCounts(t *testing.T) {
	a := NewAcc()
	a.Add(observe(1, mail.Delivered, &success, true))
	a.Add(observe(2, mail.Deferred, &limit, true))
	a.Add(observe(3, mail.Deferred, &limit, false))
	a.Add(observe(4, mail.Bounced, &Reading{Class: mail.MailboxUnknown}, true))
	a.Add(observe(5, mail.Refused, &limit, false))
	a.Add(observe(6, mail.Suspended, &limit, false))
	repeated := observe(7, mail.Refused, &Reading{Class: mail.TimeoutNetwork}, false)
	repeated.Attempt.Repeated = true
	a.Add(repeated)
	want := Counts{Attempts: 5, Recipients: 3, Messages: 3, Sessions: 5, Delivered: 1, Deferred: 2, Bounced: 1, Refused: 1, Suspensions: 1}
	if a.Counts != want {
		t.Errorf("counts %+v, want %+v", a.Counts, want)
	}
	if a.Refusals[mail.ConnectionLimit] != 3 || a.Refusals[mail.MailboxUnknown] != 1 || a.TroubleRefusals != 3 {
		t.Errorf("refusals %v, trouble %d", a.Refusals, a.TroubleRefusals)
	}
}

// Fates of notifications are not the customer's; an expiry is counted all the same.
func TestFates(t *testing.T) {
	a := NewAcc()
	a.AddFate(join.Fate{Outcome: mail.Delivered, Trouble: true, Wait: 60 * second}, "", Stream{})
	a.AddFate(join.Fate{Outcome: mail.Expired, Trouble: true}, "", Stream{})
	a.AddFate(join.Fate{Outcome: mail.Expired, Notice: true, Trouble: true}, "", Stream{})
	a.AddFate(join.Fate{Outcome: mail.Deferred}, "", Stream{})
	if a.Fates != (Fates{Delivered: 1, Expired: 1, Queued: 1}) || a.TroubleFates != (Fates{Delivered: 1, Expired: 1}) || a.Counts.Expired != 2 {
		t.Errorf("fates %+v trouble %+v expired %d", a.Fates, a.TroubleFates, a.Counts.Expired)
	}
}

// Accumulators may be merged in any grouping and any order.
func TestMergeIsAssociativeAndCommutative(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 20 {
		var all []*Observation
		var spans []session.Span
		var fates []join.Fate
		for i := range int64(300) {
			outcome := []mail.Outcome{mail.Delivered, mail.Deferred, mail.Bounced, mail.Refused, mail.Suspended}[r.IntN(5)]
			reading := &success
			if outcome != mail.Delivered {
				reading = &Reading{Class: mail.Class(1 + r.IntN(mail.NumClasses-1)), Template: fmt.Sprint("t", r.IntN(9)), Quoted: netip.AddrFrom4([4]byte{192, 0, 2, byte(r.IntN(3))})}
			}
			all = append(all, observe(1+i*7+r.Int64N(5), outcome, reading, r.IntN(2) == 0))
			all[i].Stream = streamOf(r.IntN(3))
			fates = append(fates, randomFate(r, i))
			spans = append(spans, session.Span{Open: i * second, Close: (i + r.Int64N(9)) * second, PID: uint32(r.IntN(9)), Attempts: 1, Refused: uint16(r.IntN(2))})
		}
		whole := NewAcc()
		parts := make([]*Acc, 5)
		for i := range parts {
			parts[i] = NewAcc()
		}
		for i, o := range all {
			whole.Add(o)
			whole.AddSpan("mx.example.net", spans[i])
			whole.AddFate(fates[i], "example.com", o.Stream)
			p := parts[r.IntN(5)]
			p.Add(o)
			p.AddSpan("mx.example.net", spans[i])
			p.AddFate(fates[i], "example.com", o.Stream)
		}
		left := NewAcc()
		for _, i := range r.Perm(5) {
			left.Merge(parts[i])
		}
		right := NewAcc()
		inner := NewAcc()
		inner.Merge(parts[3])
		inner.Merge(parts[1])
		right.Merge(parts[4])
		right.Merge(inner)
		right.Merge(parts[0])
		right.Merge(parts[2])
		if n := len(whole.Messages.First); n != maxMessages || whole.Messages.Total <= maxMessages {
			t.Fatalf("%d examples of %d messages: the bound is not tested", n, whole.Messages.Total)
		}
		want := frozen(t, whole)
		if got := frozen(t, left); got != want {
			t.Fatalf("merged in random order, %s", difference(want, got))
		}
		if got := frozen(t, right); got != want {
			t.Fatalf("merged in other groups, %s", difference(want, got))
		}
	}
}

// thresholds are the built-in ones.
var thresholds = sync.OnceValue(func() rules.Thresholds {
	set, err := rules.Builtin()
	if err != nil {
		panic(err)
	}
	return set.Thresholds
})

// frozen is all that is made of an accumulator, as text.
func frozen(t *testing.T, a *Acc) string {
	t.Helper()
	s := Freeze(map[Key]*Acc{{Platform: "p", Host: "h", Instance: "i"}: a}, Context{Thresholds: thresholds()})
	all := []any{s[0].All.Facts, s[0].All.Peak, s[0].All.Curve, s[0].All.Limit, s[0].All.State, s[0].Quoted, s[0].Windows, a}
	all = append(all, a.Waits.Counts(), a.Gaps.Counts(), fmt.Sprintf("%+v", told(&a.Buckets)))
	for _, name := range slices.Sorted(maps.Keys(a.Streams)) {
		all = append(all, a.Streams[name].Waits.Counts(), a.Streams[name].Counts(), a.Streams[name].Refusals())
	}
	for _, shares := range []*Shares[string]{&a.MX, &a.Domains, &a.Senders} {
		for _, name := range shares.keys(strings.Compare) {
			all = append(all, name, shares.Of(name).Counts(), fmt.Sprintf("%+v", *shares.Of(name).failed()))
		}
	}
	out, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// streamOf is one of two streams, or none.
func streamOf(n int) Stream {
	return []Stream{{}, {Name: "receipts", Transactional: true}, {Name: "other"}}[n]
}

// randomFate is the end of a recipient; times and ids repeat, so that ties occur.
func randomFate(r *rand.Rand, i int64) join.Fate {
	f := join.Fate{
		Outcome: []mail.Outcome{mail.Delivered, mail.Deferred, mail.Bounced, mail.Expired, mail.OutcomeUnknown}[r.IntN(5)],
		Met:     r.IntN(4) > 0, AtOnce: r.IntN(4) == 0, Notice: r.IntN(9) == 0, Trouble: r.IntN(2) == 0,
		Refused: r.Int64N(20) * second, End: i * second, Wait: r.Int64N(900) * second, Attempts: 1 + r.IntN(4),
		QueueID: fmt.Sprint("Q", r.IntN(30)), Recipient: fmt.Sprintf("u%d@example.net", r.IntN(3)),
	}
	if r.IntN(3) > 0 {
		f.MessageID = fmt.Sprintf("<%d@example.com>", i)
	}
	return f
}

// difference shows where two texts part.
func difference(want, got string) string {
	i := 0
	for i < min(len(want), len(got)) && want[i] == got[i] {
		i++
	}
	from := max(i-80, 0)
	return fmt.Sprintf("at %d:\n want ...%.200s\n got  ...%.200s", i, want[from:], got[from:])
}

// The sending IP is the line's own; else the only one its instance is quoted with;
// else not known, and never guessed (X07).
func TestSendingIP(t *testing.T) {
	ip := func(last byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, last}) }
	add := func(a *Acc, quoted netip.Addr) {
		r := limit
		r.Quoted = quoted
		a.Add(observe(10, mail.Deferred, &r, true))
		a.Add(observe(11, mail.Delivered, &success, true))
	}
	accs := map[Key]*Acc{}
	acc := func(platform, instance, sendingIP string) *Acc {
		a := NewAcc()
		accs[Key{platform, "h", instance, sendingIP}] = a
		return a
	}
	add(acc("one", "postfix/a", ""), ip(1))                                     // always the same quote
	acc("two", "postfix/a", "").Add(observe(1, mail.Delivered, &success, true)) // same instance, no refusal here
	many := acc("many", "postfix/b", "")
	add(many, ip(2))
	add(many, ip(3))
	acc("own", "postfix/b", "198.51.100.9").Add(observe(1, mail.Delivered, &success, true))
	acc("none", "postfix/c", "").Add(observe(1, mail.Delivered, &success, true))
	got := map[string]string{}
	quoted := map[string]int{}
	for _, s := range Freeze(accs, Context{Thresholds: thresholds()}) {
		for _, c := range s.ByIP {
			got[s.Platform] += c.IP + ";"
		}
		quoted[s.Platform] = len(s.Quoted)
	}
	for platform, want := range map[string]string{"one": "192.0.2.1;", "two": "192.0.2.1;", "many": ";", "own": "198.51.100.9;", "none": ";"} {
		if got[platform] != want {
			t.Errorf("%s: sending IPs %q, want %q", platform, got[platform], want)
		}
	}
	if quoted["many"] != 2 || quoted["one"] != 0 {
		t.Errorf("IPs known from refusals only: %v", quoted)
	}
}

// A young IP is declared, or first seen late enough in a log that is long enough;
// a short log cannot tell (H55).
func TestAge(t *testing.T) {
	ip := "192.0.2.1"
	f := func(name string, declared bool, logStart, firstSeen, trouble int64, want float64, known bool) {
		t.Helper()
		old, a := NewAcc(), NewAcc()
		old.Add(observe(logStart*86400+1, mail.Delivered, &success, true))
		a.Add(observe(firstSeen*86400+2, mail.Delivered, &success, true))
		a.Add(observe(trouble*86400+3, mail.Deferred, &limit, true))
		ctx := Context{Thresholds: thresholds()}
		if declared {
			ctx.NewIPs = []netip.Addr{netip.MustParseAddr(ip)}
		}
		sums := Freeze(map[Key]*Acc{{Platform: "x", SendingIP: "192.0.2.9"}: old, {Platform: "p", SendingIP: ip}: a}, ctx)
		m, ok := sums[0].ByIP[0].Facts["new_ip"]
		if ok != known || m.Value != want {
			t.Errorf("%s: new_ip %v known %v, want %v known %v", name, m.Value, ok, want, known)
		}
	}
	f("declared", true, 100, 100, 100, 1, true)
	f("too short a log", false, 100, 100, 101, 0, false)
	f("seen from the third day on", false, 100, 103, 110, 0, false)
	f("seen from the ninth day on", false, 100, 109, 112, 1, true)
	f("young once, old now", false, 100, 109, 145, 0, true)
	f("there from the beginning, a month ago", false, 100, 100, 131, 0, true)
}

// Seconds per delivery times arrivals per second: what a spike needs (H59, H60).
func TestOfferedSessions(t *testing.T) {
	f := func(n int, over int64, want float64) {
		t.Helper()
		a := NewAcc()
		for i := range n {
			a.Add(observe(1_000_000+int64(i)*over/int64(n), mail.Delivered, &success, true))
		}
		c := Cell{Acc: a, th: thresholds()}
		c.measure()
		if got := c.Facts["offered_sessions"].Value; got < want*0.9 || got > want*1.1 {
			t.Errorf("%d messages over %d s: %.1f sessions, want %.1f", n, over, got, want)
		}
	}
	f(10_000, 10, 500)    // ten thousand in ten seconds, half a second each
	f(100_000, 8640, 5.8) // a million a day, evenly
	f(800, 5, 40)
}

// The two sides of the curve: attempts at 1-2 sessions count as calm only if no
// excess came before.
func TestCalm(t *testing.T) {
	var spans []session.Span
	at := func(sec float64, n int, refused uint16) {
		for i := range n {
			open := int64(sec * second)
			spans = append(spans, session.Span{Open: open, Close: open + second/10, PID: uint32(i), Attempts: 1, Refused: refused})
		}
	}
	at(10, 1, 0)
	at(100, 5, 1) // an excess
	at(105, 1, 1) // refused in its wake
	at(200, 1, 1) // refused by itself
	s := new(gauge).sweepOf(spans, nil, thresholds())
	calm := s.calm(nil)
	// 10 s, the first two of the excess (1 and 2 sessions open), and 200 s.
	if calm.attempts != 4 {
		t.Errorf("calm attempts %d, want 4 (the one at 105 s is not)", calm.attempts)
	}
}

// A window is 15 minutes wherever it is counted (X08): refusals that repeat (C67),
// clean windows since (H88), and the hour of the alert (H83) is four of them.
func TestOneWindow(t *testing.T) {
	a := NewAcc()
	at := func(minute int64, o mail.Outcome, r *Reading) { a.Add(observe(1_800_000+minute*60, o, r, true)) }
	at(1, mail.Deferred, &limit)
	at(14, mail.Deferred, &limit) // the same window
	at(40, mail.Deferred, &limit) // the third
	at(44, mail.Delivered, &success)
	for _, minute := range []int64{46, 50, 61, 110, 116} { // the first, second and fifth since; the sixth has not ended
		at(minute, mail.Delivered, &success)
	}
	c := Cell{Acc: a, th: thresholds()}
	c.measure()
	for name, want := range map[string]float64{"trouble_windows": 2, "clean_windows": 3, "trouble_minutes": 39} {
		if got := c.Facts[name].Value; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if th := thresholds(); th.Value(rules.Window) != th.Value(rules.RetryFirst) {
		t.Errorf("a window is %v, the first advised retry delay %v", th["window"], th["retry.first"])
	}
}

func TestEveryMeasuredFactIsInTheVocabulary(t *testing.T) {
	a := NewAcc()
	for i := range int64(50) {
		a.Add(observe((i+1)*86400, mail.Deferred, &limit, i%2 == 0))
		a.AddSpan("mx", session.Span{Open: i * second, Close: (i + 5) * second, PID: uint32(i), Attempts: 1, Refused: 1})
		a.AddSpan("mx", session.Span{Open: (1000 + i) * second, Close: (1000+i)*second + 1, PID: 1, Attempts: 1})
	}
	for i := range int64(30) { // a minute with many new connections
		a.Add(observe(99*86400+i, mail.Deferred, &limit, true))
	}
	receipt := observe(99*86400, mail.Deferred, &limit, true)
	receipt.Stream = streamOf(1)
	a.Add(receipt)
	c := Cell{IP: "192.0.2.1", Acc: a, th: thresholds()}
	c.measure()
	c.age(Context{NewIPs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, 1, 1)
	Context{Pool: PoolShared}.pool(c.Facts)
	maps.Copy(c.Facts, everywhere())
	maps.Copy(c.Facts, limited())
	for name := range c.Facts {
		if _, ok := rules.Lookup(name); !ok {
			t.Errorf("fact %s is not in the vocabulary", name)
		}
	}
	for _, d := range rules.Vocabulary() {
		if _, ok := c.Facts[d.Name]; !ok {
			switch d.Name {
			case "ip_age", "trouble_delivered_share", "retry_wait": // need more than this log shows
			default:
				t.Errorf("fact %s is never measured", d.Name)
			}
		}
	}
}
