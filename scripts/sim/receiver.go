package sim

import (
	"strings"
	"time"
)

// stage is the moment of the dialogue at which a receiver answers.
type stage uint8

const (
	atBanner stage = iota
	atMail
	atRcpt
)

// String is the stage as Postfix writes it.
func (s stage) String() string { return [...]string{"banner", "MAIL FROM", "RCPT TO"}[s] }

// platform is the receiver behind several hosts: its rules count over all of them.
type platform struct {
	// name is what reports call it.
	name  string
	rules []rule
	// setUp is how long it takes until a session is ready for mail, take how long a
	// message takes.
	setUp, take span
	open        map[string]int // sessions by sending IP
	seen        tally
}

// span is a range of durations.
type span struct{ from, to time.Duration }

// host is one MX host of a platform with one address.
type host struct {
	name, addr string
	at         *platform
	// rtt is the time of a round trip to it.
	rtt  time.Duration
	open map[string]int
	seen tally
}

func (h *host) String() string { return h.name + "[" + h.addr + "]" }

// domain is where recipients are: its MX hosts in order of preference, those of one
// preference together.
type domain struct {
	name string
	mx   [][]*host
}

// session is one SMTP connection as both sides see it.
type session struct {
	host   *host
	ip     string // the sending IP
	opened time.Duration
	uses   int
	// slot is the cap that counts the session, gone says that it is closed.
	slot *sessionCap
	gone bool
	// idle counts how often the session was put into the cache.
	idle int
}

// asking is what a receiver knows when it answers.
type asking struct {
	*engine
	stage     stage
	session   *session
	sender    string
	recipient string
	date      time.Time
}

// refusal is an answer that turns the sender away.
type refusal struct {
	rule  string
	stage stage
	text  string
}

// permanent says that the reply begins with 5.
func (r *refusal) permanent() bool { return strings.HasPrefix(r.text, "5") }

// closes says that the receiver ends the session with the reply (RFC 5321 3.8).
func (r *refusal) closes() bool { return r.stage == atBanner || strings.HasPrefix(r.text, "421") }

// words is the reply as Postfix logs it (smtp_proto.c, smtp_chat.c).
func (r *refusal) words(h *host) string {
	if r.stage == atBanner {
		return "host " + h.String() + " refused to talk to me: " + r.text
	}
	return "host " + h.String() + " said: " + r.text + " (in reply to " + r.stage.String() + " command)"
}

// dsn is the status code that Postfix logs: the enhanced code of the reply if its
// class fits the reply code, else the class and zeros; the class of a 5xx banner
// becomes 4 (smtp_chat.c, smtp_skip_5xx_greeting).
func (r *refusal) dsn() string {
	class := r.text[:1]
	code := class + ".0.0"
	if f := strings.Fields(r.text); len(f) > 1 && strings.HasPrefix(f[1], class+".") && strings.Count(f[1], ".") == 2 {
		code = f[1]
	}
	if r.stage == atBanner {
		code = "4" + code[1:]
	}
	return code
}

// connect opens a session and asks the rules about it.
func (h *host) connect(a *asking) *refusal {
	s := a.session
	s.opened = a.now
	h.open[s.ip]++
	h.at.open[s.ip]++
	h.seen.connected(s.ip, h.open[s.ip])
	h.at.seen.connected(s.ip, h.at.open[s.ip])
	a.stage = atBanner
	return h.answer(a)
}

// answer asks each rule in order; the first that objects speaks.
func (h *host) answer(a *asking) *refusal {
	for _, r := range h.at.rules {
		if text := r.answer(a); text != "" {
			h.seen.Refusals[r.name()]++
			h.at.seen.Refusals[r.name()]++
			return &refusal{r.name(), a.stage, text}
		}
	}
	return nil
}

// accepted counts recipients whose message was taken.
func (h *host) accepted(n int) {
	h.seen.Accepted += n
	h.at.seen.Accepted += n
}

// close ends a session; a second time does nothing.
func (s *session) close() {
	if s.gone {
		return
	}
	s.gone = true
	s.host.open[s.ip]--
	s.host.at.open[s.ip]--
	for _, r := range s.host.at.rules {
		r.closed(s)
	}
}
