package sim

import (
	"bytes"
	"testing"
	"time"
)

// laboratory builds what was measured with a real Postfix 3.7.11 with timers 30
// times as fast: 3,000 messages in 8 s to one host that admits 2 sessions, 170 s.
func laboratory(t *testing.T, limit rule) (Truth, string) {
	t.Helper()
	s := Scenario{Name: "laboratory", length: 170 * time.Second, play: func(w *world) {
		w.mta.queueRunDelay, w.mta.minimalBackoff, w.mta.maximalBackoff = 10*time.Second, 10*time.Second, 120*time.Second
		w.microsoft.rules = []rule{limit}
		w.microsoft.setUp, w.microsoft.take = span{40 * time.Millisecond, 60 * time.Millisecond}, span{30 * time.Millisecond, 60 * time.Millisecond}
		w.live.mx[0][0].rtt = 15 * time.Millisecond
		w.batch(flow{over: 8 * time.Second, messages: 3000, sender: newsletter, to: []share{{w.live, 1}}, via: []*transport{w.transport("postfix/smtp", mainIP)}})
	}}
	var log bytes.Buffer
	truth, err := s.write(&log, Options{Seed: 1, Scale: 1})
	if err != nil {
		t.Fatal(err)
	}
	return truth, log.String()
}

// A refusal after MAIL FROM teaches Postfix nothing: it burns through the queue at
// full concurrency. One at the banner makes it slow down, and gives suspensions.
func TestLikeARealPostfix(t *testing.T) {
	near := func(what string, got, measured int) {
		t.Helper()
		t.Logf("%s: %d, a real Postfix %d", what, got, measured)
		if got < measured/2 || got > measured*2 {
			t.Errorf("%s: %d is not within half and double of %d", what, got, measured)
		}
	}
	mail, _ := laboratory(t, &sessionCap{limit: always(2), stage: atMail, reply: microsoftLimit})
	near("MAIL, accepted", mail.Accepted, 862)
	near("MAIL, refused", mail.Refusals["cap"], 10455)
	near("MAIL, connections", mail.Connections, 305)
	near("MAIL, peak", mail.MX[0].PeakOpen[mainIP], 20)
	if mail.Attempts.Suspended != 0 {
		t.Errorf("%d suspensions after refusals of MAIL FROM, a real Postfix has none", mail.Attempts.Suspended)
	}

	banner, _ := laboratory(t, &sessionCap{limit: always(2), stage: atBanner, reply: tooManyConcurrent})
	near("banner, accepted", banner.Accepted, 2384)
	near("banner, refused", banner.Refusals["cap"], 1238)
	near("banner, connections", banner.Connections, 1257)
	near("banner, peak", banner.MX[0].PeakOpen[mainIP], 6)
	near("banner, suspended", banner.Attempts.Suspended, 396)

	penalty, _ := laboratory(t, &sessionCap{limit: always(2), stage: atBanner, penalty: 8 * time.Second, reply: tooManyConcurrent})
	near("penalty, refused", penalty.Refusals["cap"], 46)
	near("penalty, suspended", penalty.Attempts.Suspended, 14196)
}
