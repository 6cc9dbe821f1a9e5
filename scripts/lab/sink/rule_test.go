package sink

import (
	"strings"
	"testing"
	"time"
)

// play asks a rule the same way as a server does and returns what it refuses.
type play struct {
	t    *testing.T
	rule rule
	now  time.Time
}

func newPlay(t *testing.T, r Rule) *play {
	t.Helper()
	if r.As == "" {
		r.As, r.Reply = "rule", "insufficient"
	}
	made, err := newRule(r)
	if err != nil {
		t.Fatal(err)
	}
	return &play{t, made, time.Unix(1_000_000, 0)}
}

func (p *play) session(client string) *session {
	return &session{client: client, host: &host{group: &group{}}}
}

// refuses asks at a number of seconds from the beginning.
func (p *play) refuses(want bool, second float64, stage Stage, s *session, to string) {
	p.t.Helper()
	at := p.now.Add(time.Duration(second * float64(time.Second)))
	if got := p.rule.refuses(event{now: at, stage: stage, session: s, from: "a@example.com", to: to}); got != want {
		p.t.Errorf("after %.1f s at %v for %s %s: refused %v, want %v", second, stage, s.client, to, got, want)
	}
}

func TestCapAtBanner(t *testing.T) {
	p := newPlay(t, Rule{Cap: 2, At: AtBanner})
	a, b, c, other := p.session("x"), p.session("x"), p.session("x"), p.session("y")
	p.refuses(false, 0, AtBanner, a, "")
	p.refuses(false, 0, AtBanner, b, "")
	p.refuses(true, 0, AtBanner, c, "")
	p.refuses(false, 0, AtBanner, other, "")
	p.refuses(false, 0, AtMail, a, "")
	p.rule.closed(c) // it had no slot
	p.refuses(true, 1, AtBanner, p.session("x"), "")
	p.rule.closed(a)
	p.rule.closed(a)
	p.refuses(false, 1, AtBanner, p.session("x"), "")
	p.refuses(true, 1, AtBanner, p.session("x"), "")
}

// At MAIL a session without a slot stays and asks again.
func TestCapAtMail(t *testing.T) {
	p := newPlay(t, Rule{Cap: 1, At: AtMail})
	a, b := p.session("x"), p.session("x")
	p.refuses(false, 0, AtBanner, a, "")
	p.refuses(false, 0, AtBanner, b, "")
	p.refuses(false, 1, AtMail, a, "")
	p.refuses(true, 1, AtMail, b, "")
	p.refuses(true, 2, AtMail, b, "")
	p.rule.closed(a)
	p.refuses(false, 3, AtMail, b, "")
	p.refuses(false, 4, AtMail, b, "")
}

func TestCapPenalty(t *testing.T) {
	p := newPlay(t, Rule{Cap: 1, At: AtBanner, Penalty: 8 * time.Second})
	a := p.session("x")
	p.refuses(false, 0, AtBanner, a, "")
	p.refuses(true, 1, AtBanner, p.session("x"), "")
	p.rule.closed(a)
	p.refuses(true, 8.9, AtBanner, p.session("x"), "") // no excess now, but the door is shut
	p.refuses(false, 9, AtBanner, p.session("x"), "")
	p.refuses(false, 2, AtBanner, p.session("y"), "")
}

func TestRate(t *testing.T) {
	p := newPlay(t, Rule{Messages: 2, Per: 10 * time.Second})
	s := p.session("x")
	p.refuses(false, 0, AtBanner, s, "")
	p.refuses(false, 0, AtMail, s, "")
	p.refuses(false, 1, AtMail, s, "")
	p.refuses(true, 9.9, AtMail, s, "")
	p.refuses(false, 9.9, AtMail, p.session("y"), "")
	p.refuses(false, 10, AtMail, s, "")

	p = newPlay(t, Rule{Connections: 1, Per: 10 * time.Second})
	p.refuses(false, 0, AtBanner, s, "")
	p.refuses(false, 0, AtMail, s, "")
	p.refuses(true, 1, AtBanner, p.session("x"), "")
}

// The days count from a client's own first message; the last number holds for ever.
func TestQuota(t *testing.T) {
	p := newPlay(t, Rule{Quota: []int{1, 2}, Day: 15 * time.Second})
	a, late := p.session("x"), p.session("y")
	p.refuses(false, 0, AtMail, a, "")
	p.refuses(true, 14.9, AtMail, a, "")
	p.refuses(false, 14.9, AtMail, late, "")
	p.refuses(false, 15, AtMail, a, "")
	p.refuses(false, 16, AtMail, a, "")
	p.refuses(true, 17, AtMail, a, "")
	p.refuses(true, 17, AtMail, late, "")
	p.refuses(false, 300, AtMail, a, "")
	p.refuses(false, 300, AtMail, a, "")
	p.refuses(true, 300, AtMail, a, "")
}

func TestGreylist(t *testing.T) {
	p := newPlay(t, Rule{Greylist: 8 * time.Second, Share: 1})
	s := p.session("x")
	p.refuses(false, 0, AtMail, s, "")
	p.refuses(true, 0, AtRcpt, s, "one@example.net")
	p.refuses(true, 7.9, AtRcpt, s, "one@example.net")
	p.refuses(true, 8, AtRcpt, s, "two@example.net")
	p.refuses(false, 8, AtRcpt, s, "one@example.net")
	p = newPlay(t, Rule{Greylist: 8 * time.Second}) // nobody is asked to wait
	p.refuses(false, 0, AtRcpt, s, "one@example.net")
}

func TestChance(t *testing.T) {
	s := newPlay(t, Rule{Chance: 1, At: AtRcpt}).session("x")
	p := newPlay(t, Rule{Chance: 1, At: AtRcpt})
	p.refuses(false, 0, AtMail, s, "")
	p.refuses(true, 0, AtRcpt, s, "one@example.net")
	p = newPlay(t, Rule{Chance: 0.8, At: AtMail})
	refused := 0
	for range 10_000 {
		if p.rule.refuses(event{stage: AtMail, session: s}) {
			refused++
		}
	}
	if refused < 7_700 || refused > 8_300 { // 5 standard deviations are 200
		t.Errorf("%d of 10000 refused with probability 0.8", refused)
	}
}

func TestOnlyAndMaxMessages(t *testing.T) {
	p := newPlay(t, Rule{Chance: 1, At: AtMail, Client: "x"})
	p.refuses(true, 0, AtMail, p.session("x"), "")
	p.refuses(false, 0, AtMail, p.session("y"), "")
	p = newPlay(t, Rule{MaxMessages: 2})
	s := p.session("x")
	p.refuses(false, 0, AtMail, s, "")
	s.accepted = 2
	p.refuses(true, 0, AtMail, s, "")
}

// A rule that says nothing, two things, or half of one is an error.
func TestNewRule_Failure(t *testing.T) {
	f := func(want string, r Rule) {
		t.Helper()
		if _, err := newRule(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
	f("says 0 things", Rule{As: "x", Reply: "insufficient"})
	f("says 2 things", Rule{As: "x", Reply: "insufficient", Cap: 1, Chance: 1})
	f("without a name", Rule{Reply: "insufficient", Cap: 1})
	f("no reply \"none\"", Rule{As: "x", Reply: "none", Cap: 1})
	f("needs per", Rule{As: "x", Reply: "insufficient", Messages: 1})
	f("needs day", Rule{As: "x", Reply: "insufficient", Quota: []int{1}})
	var s Stage
	if err := s.UnmarshalText([]byte("data")); err == nil {
		t.Error("a stage that rules do not know")
	}
}

func TestCurve(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	list := []Session{
		{Client: "x", Opened: at(0), Closed: at(1000)},
		{Client: "x", Opened: at(10), Closed: at(1000), Refused: 1}, // 10 ms later still counts as beside the first
		{Client: "x", Opened: at(500), Closed: at(600), Refused: 2},
		{Client: "y", Opened: at(500), Closed: at(600), Refused: 1},
		{Client: "x", Opened: at(2000), Closed: at(2100)},
	}
	got := curve(list)
	want := []Bin{{"1", 2, 1}, {"2", 2, 1}, {"3-5", 1, 1}, {"6-12", 0, 0}, {">12", 0, 0}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("bin %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
	var many []Session
	for i := range 13 {
		many = append(many, Session{Client: "x", Opened: at(1000 * i), Closed: at(100_000)})
	}
	if bins := curve(many); bins[2].Sessions != 3 || bins[3].Sessions != 7 || bins[4].Sessions != 1 {
		t.Errorf("sessions one after the other: %+v", bins)
	}
}
