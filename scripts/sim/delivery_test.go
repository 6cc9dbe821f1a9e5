package sim

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestNextHost: two hosts are tried for a message (smtp_mx_session_limit), the first
// one's refusal has no recipient; a permanent reply to MAIL FROM ends it at once, a
// banner of 5xx does not (smtp_skip_5xx_greeting).
func TestNextHost(t *testing.T) {
	f := func(stage stage, text reply, want Attempts, lines ...string) {
		t.Helper()
		s := Scenario{length: time.Minute, play: func(w *world) {
			w.kmu.rules = []rule{&chance{key: "no", p: 1, stage: stage, reply: text}}
			h := func(n string) []*host { return []*host{w.host(w.kmu, "mx"+n+".kmu.example", "203.0.113.7"+n)} }
			to := &domain{"kmu.example", [][]*host{h("1"), h("2"), h("3")}}
			w.batch(flow{messages: 1, over: time.Second, sender: office, to: []share{{to, 1}}, via: []*transport{w.transport("postfix/smtp", mainIP)}})
		}}
		var log bytes.Buffer
		truth, err := s.write(&log, Options{Seed: 1, Scale: 1})
		if err != nil {
			t.Fatal(err)
		}
		truth.Attempts.Sent = 0 // the notification
		if truth.Attempts != want {
			t.Errorf("%v: %+v, want %+v", stage, truth.Attempts, want)
		}
		rest := log.String()
		for _, l := range lines {
			_, after, ok := strings.Cut(rest, l)
			if !ok {
				t.Errorf("%v: no line with %q in its place:\n%s", stage, l, log.String())
			}
			rest = after
		}
	}
	both := Attempts{Interim: 1, Deferred: 1}
	f(atMail, microsoftLimit, both, ": host mx1.kmu.example[203.0.113.71] said: 451 4.7.652 ", " (in reply to MAIL FROM command)\n",
		"relay=mx2.kmu.example[203.0.113.72]:25, ", "dsn=4.7.652, status=deferred (host mx2.kmu.example[203.0.113.72] said: 451 4.7.652 ")
	f(atMail, googleRate, both, ": host mx1.kmu.example[203.0.113.71] said: 421 4.7.28 ", ": lost connection with mx1.kmu.example[203.0.113.71] while sending RCPT TO\n",
		"status=deferred (host mx2.kmu.example[203.0.113.72] said: 421 4.7.28 ")
	f(atMail, microsoftListing, Attempts{Bounced: 1}, "relay=mx1.kmu.example[203.0.113.71]:25, ", "dsn=5.7.1, status=bounced (host mx1.kmu.example[203.0.113.71] said: 550 5.7.1 ",
		": sender non-delivery notification: ", ": removed\n")
	f(atRcpt, noSuchUser, Attempts{Bounced: 1}, "(in reply to RCPT TO command))")
	f(atRcpt, greylisted, both, "host mx1.kmu.example[203.0.113.71] said: 451 4.7.1 ", "(in reply to RCPT TO command)\n", "host mx2.kmu.example[203.0.113.72] said: 451 4.7.1 ")
	f(atBanner, zen, both, ": host mx1.kmu.example[203.0.113.71] refused to talk to me: 554 5.7.1 ",
		"/0, dsn=4.7.1, status=deferred (host mx2.kmu.example[203.0.113.72] refused to talk to me: 554 5.7.1 ") // d is 0: all was set-up
}
