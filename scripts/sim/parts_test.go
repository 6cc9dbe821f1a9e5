package sim

import (
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
)

func TestDelay(t *testing.T) {
	f := func(d time.Duration, want string) {
		t.Helper()
		if got := string(appendDelay(nil, d)); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	f(-time.Millisecond, "0")
	f(4*time.Millisecond, "0")
	f(5*time.Millisecond, "0.01")
	f(20*time.Millisecond, "0.02")
	f(100*time.Millisecond, "0.1")
	f(237*time.Millisecond, "0.24")
	f(996*time.Millisecond, "1")
	f(1234*time.Millisecond, "1.2")
	f(4*time.Second, "4")
	f(9960*time.Millisecond, "10")
	f(13400*time.Millisecond, "13")
	f(63525*time.Second, "63525")
}

func TestQueueIDs(t *testing.T) {
	at := time.Date(2026, 5, 20, 9, 2, 14, 487986_000, time.UTC)
	q := newIDs(false)
	a, inode := q.take(at)
	if a != "772329F23B7" { // microseconds, inode: both in hexadecimal
		t.Error(a)
	}
	if b, _ := q.take(at.Add(-487980 * time.Microsecond)); b != "000069F23B8" {
		t.Error(b)
	}
	q.put(inode)
	if again, _ := q.take(at); again != a {
		t.Errorf("the inode is not used again: %s", again)
	}

	// A long id is seconds and microseconds in base 52, z, the inode in base 51.
	long, _ := newIDs(true).take(at)
	decode := func(s string, base int64) (n int64) {
		for _, c := range s {
			n = n*base + int64(slices.Index([]rune("0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"), c))
		}
		return n
	}
	if long[10] != 'z' || decode(long[:6], 52) != at.Unix() || decode(long[6:10], 52) != 487986 || decode(long[11:], 51) != firstInode {
		t.Errorf("long id %s", long)
	}
}

// TestClock: events run in order of time, those of one moment in order of making,
// and those after the end not at all.
func TestClock(t *testing.T) {
	e := &engine{rng: rand.New(rand.NewPCG(1, 0))}
	var ran []string
	type key struct {
		at time.Duration
		n  int
	}
	var want []key
	for i := range 500 {
		d := time.Duration(e.rng.IntN(50)) * time.Second
		want = append(want, key{d, i})
		e.at(d, func() {
			if e.now != d {
				t.Errorf("an event of %v ran at %v", d, e.now)
			}
			ran = append(ran, strconv.Itoa(i))
		})
	}
	e.at(7*time.Second, func() { e.at(3*time.Second, func() { ran = append(ran, "late") }) }) // the past is now
	e.run(40 * time.Second)
	slices.SortStableFunc(want, func(a, b key) int { return int(a.at - b.at) })
	var names []string
	for _, k := range want {
		if k.at >= 40*time.Second {
			break
		}
		if k.at > 7*time.Second && !slices.Contains(names, "late") {
			names = append(names, "late")
		}
		names = append(names, strconv.Itoa(k.n))
	}
	if !slices.Equal(ran, names) {
		t.Errorf("ran %v\nwant %v", ran, names)
	}
}

// bench is a Postfix without receivers and without an audience.
func bench() *mta {
	e := &engine{rng: rand.New(rand.NewPCG(1, 0))}
	m := newMTA(e, &logWriter{w: io.Discard, engine: e, second: -1}, false)
	m.boot()
	return m
}

// TestFeedback: the window of a destination after deliveries (+) and failures of the
// site (-), as qmgr_queue.c has it; 0 is dead.
func TestFeedback(t *testing.T) {
	f := func(results string, window ...int) {
		t.Helper()
		m := bench()
		via := &transport{byDomain: map[*domain]*queue{}}
		q := &queue{via: via, window: 5, busy: 4}
		var got []int
		for _, r := range results {
			if r == '+' {
				q.alive(m)
			} else {
				q.failed(m, &suspension{"refused", "4.7.0"})
			}
			if q.dead != nil {
				got = append(got, 0)
			} else {
				got = append(got, q.window)
			}
		}
		if !slices.Equal(got, window) {
			t.Errorf("%s: windows %v, want %v", results, got, window)
		}
	}
	f("++++++", 6, 7, 8, 9, 9, 9) // not more than 5 above what runs
	f("-", 3)                     // half a step of negative feedback comes first
	f("--", 3, 2)
	f("---", 3, 2, 0) // 1/5 + 1/3 + 1/2 of a window failed in a row
	f("-+-", 3, 4, 2)
	f("-+-+-+", 3, 4, 2, 3, 1, 2) // a success in between starts the count again
	f("---+", 3, 2, 0, 4)         // a late success revives it: as many as run
}

// TestSuspension: what is queued for a dead destination is deferred without an
// attempt; after minimal_backoff_time it is tried again.
func TestSuspension(t *testing.T) {
	m := bench()
	via := &transport{tag: "postfix/smtp", byDomain: map[*domain]*queue{}, procs: &pool{pids: m.pids}}
	d := &domain{name: "dead.example"}
	q := &queue{via: via, domain: d, window: 1, last: -time.Hour}
	via.byDomain[d], via.queues = q, []*queue{q}
	if !q.failed(m, &suspension{"host mx.dead.example[203.0.113.1] refused to talk to me: 421 no", "4.0.0"}) {
		t.Fatal("a window of one failure does not make it dead")
	}
	msg := m.newMessage(&message{to: []string{"a@dead.example", "b@dead.example"}, domain: d, via: via})
	m.activate(msg)
	m.run(10 * time.Second)
	if m.attempts.Suspended != 2 || len(m.deferred) != 1 || q.dead == nil {
		t.Errorf("%d suspended, %d deferred", m.attempts.Suspended, len(m.deferred))
	}
	m.run(m.minimalBackoff - time.Second)
	if q.dead == nil {
		t.Error("it came back too early")
	}
	m.run(m.minimalBackoff + time.Second)
	if q.dead != nil || len(via.queues) != 0 {
		t.Error("it did not come back")
	}
}

// TestCachingOnDemand: sessions are kept once deliveries follow each other within a
// second, and no longer when concurrency drops and time has passed.
func TestCachingOnDemand(t *testing.T) {
	q := &queue{last: -time.Hour, busy: 1}
	f := func(now, last time.Duration, busy int, stored, loaded bool) {
		t.Helper()
		q.last, q.busy = last, busy
		if q.caching(now); q.stored != stored || q.loaded != loaded {
			t.Errorf("at %v, %d busy: stored %v, loaded %v", now, busy, q.stored, q.loaded)
		}
	}
	f(10*time.Second, -time.Hour, 5, false, false) // many, but none has ended
	f(11900*time.Millisecond, 10*time.Second, 1, true, true)
	f(15*time.Second, 12*time.Second, 3, true, true) // not back to back, but concurrent
	f(20*time.Second, 15*time.Second, 1, false, true)
}

func TestCacheTime(t *testing.T) {
	m := bench()
	p := &platform{open: map[string]int{}, seen: newTally()}
	h := &host{at: p, open: map[string]int{}, seen: newTally()}
	open := func() *session {
		s := &session{host: h, ip: mainIP}
		h.connect(&asking{engine: m.engine, session: s})
		return s
	}
	via := &transport{}
	s := open()
	m.cache.put(via, s, 2*time.Second)
	m.run(time.Second)
	if m.cache.take(&transport{}, h) != nil || m.cache.take(via, h) != s || m.cache.take(via, h) != nil {
		t.Error("the cache does not give back what it got, once")
	}
	m.engine.now = 1900 * time.Millisecond
	m.cache.put(via, s, 2*time.Second)
	m.run(3 * time.Second) // the first time-out has passed
	if s.gone {
		t.Error("closed too early")
	}
	m.run(5 * time.Second)
	if !s.gone || h.open[mainIP] != 0 || p.seen.peak[mainIP] != 1 || m.cache.take(via, h) != nil {
		t.Errorf("an idle session is not closed: %+v", s)
	}
}

// TestProcesses: the process that was free last is used again; it ends after 100
// uses or 100 idle seconds.
func TestProcesses(t *testing.T) {
	p := &pool{pids: &pids{engine: bench().engine}}
	a, b := p.hire(0), p.hire(0)
	if a.pid == b.pid {
		t.Fatal("two deliveries in one process")
	}
	p.release(a, time.Second)
	p.release(b, 2*time.Second)
	if got := p.hire(3 * time.Second); got != b {
		t.Errorf("%d was hired, %d was free last", got.pid, b.pid)
	}
	if got := p.hire(102 * time.Second); got == a {
		t.Error("a process lived on after 101 idle seconds")
	}
	p.release(b, 102*time.Second)
	for range 2 * maxUse {
		p.release(p.hire(103*time.Second), 103*time.Second)
	}
	if b.uses != maxUse {
		t.Errorf("a process ended after %d uses", b.uses)
	}
}

// TestRules asks receivers what they do.
func TestRules(t *testing.T) {
	w := &world{engine: &engine{rng: rand.New(rand.NewPCG(1, 0))}, mta: bench()}
	w.receivers()
	h := w.live.mx[0][0]
	ask := func(ip string, at time.Duration, s stage, ss *session) string {
		if ss == nil {
			ss = &session{host: h, ip: ip}
		}
		w.now = at
		a := &asking{engine: w.engine, session: ss, sender: newsletter, recipient: "a@live.com", date: midnight.Add(at), stage: s}
		if no := h.answer(a); no != nil {
			return no.rule + " " + no.dsn()
		}
		return ""
	}
	f := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}

	w.microsoft.rules = []rule{&perMinute{stage: atMail, n: 2, reply: googleRate}}
	for i, want := range []string{"", "", "message-rate 4.7.28", ""} {
		f("third of a minute "+strconv.Itoa(i), ask(mainIP, time.Duration(i)*20*time.Second, atMail, nil), want)
	}
	f("another IP", ask(nextIP, 40*time.Second, atMail, nil), "")

	w.microsoft.rules = []rule{&quota{days: []int{1, 2}, reply: microsoftLimit}}
	for i, want := range []string{"", "quota 4.7.652", "", "", "quota 4.7.652", "", "", "quota 4.7.652"} {
		f("quota "+strconv.Itoa(i), ask(mainIP, []time.Duration{0, 1, 24, 25, 26, 72, 73, 74}[i]*time.Hour, atMail, nil), want)
	}

	w.microsoft.rules = []rule{&greylist{delay: time.Minute, reply: greylisted}}
	f("first contact", ask(mainIP, 0, atRcpt, nil), "greylist 4.7.1")
	f("too early", ask(mainIP, 59*time.Second, atRcpt, nil), "greylist 4.7.1")
	f("in time", ask(mainIP, 60*time.Second, atRcpt, nil), "")
	f("another triplet", ask(nextIP, 60*time.Second, atRcpt, nil), "greylist 4.7.1")

	w.microsoft.rules = []rule{&when{rule: &chance{key: "listing", p: 1, stage: atBanner, reply: zen}, from: time.Hour, to: 2 * time.Hour, ip: mainIP}}
	f("before", ask(mainIP, 59*time.Minute, atBanner, nil), "")
	f("a 5xx banner", ask(mainIP, 60*time.Minute, atBanner, nil), "listing 4.7.1")
	f("the other IP", ask(nextIP, 60*time.Minute, atBanner, nil), "")
	f("after", ask(mainIP, 120*time.Minute, atBanner, nil), "")

	limit := &sessionCap{limit: limit{{0, 2}, {time.Hour, 1}}, stage: atMail, penalty: 10 * time.Second, reply: microsoftLimit}
	w.microsoft.rules = []rule{limit}
	a, b, c := &session{host: h, ip: mainIP}, &session{host: h, ip: mainIP}, &session{host: h, ip: mainIP}
	f("a slot", ask("", 0, atBanner, a)+ask("", 0, atBanner, b), "")
	f("no slot yet", ask("", 0, atBanner, c), "")
	f("no slot", ask("", time.Second, atMail, c), "cap 4.7.652")
	a.close()
	f("a slot is free, the door is shut", ask("", 10*time.Second, atMail, c), "cap 4.7.652")
	f("it opens", ask("", 11*time.Second, atMail, c), "")
	b.close()
	c.close()
	f("lowered", ask("", time.Hour, atBanner, &session{host: h, ip: mainIP})+ask("", time.Hour, atMail, &session{host: h, ip: mainIP}), "cap 4.7.652")
	if limit.most[mainIP] != 2 || limit.held[mainIP] != 1 {
		t.Errorf("held %v, at most %v", limit.held, limit.most)
	}
}
