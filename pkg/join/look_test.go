package join

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// A tracker that remembers the message it looked up last follows messages as one that
// forgets it before each line: with few ids on several hosts and queues, ids that come
// again, and messages that have to make way.
func TestLatestIsFound(t *testing.T) {
	const hosts = 2
	r := rand.New(rand.NewPCG(11, 12))
	var told [2][]string
	var trackers [2][]*Tracker
	for i := range told {
		memory := NewMemory(3000)
		for host := range hosts {
			trackers[i] = append(trackers[i], memory.Tracker(func(f *Fate, n *Names) {
				n.Fill(f)
				told[i] = append(told[i], fmt.Sprintf("%d %+v", host, *f))
			}))
		}
	}
	kinds := []mail.EventKind{mail.KindArrival, mail.KindMessageID, mail.KindActive, mail.KindAttempt, mail.KindAttempt, mail.KindAttempt, mail.KindExpiry, mail.KindRemoved}
	id, host := "", 0
	for n := range int64(100_000) {
		if r.IntN(3) == 0 {
			id, host = fmt.Sprintf("%06X", r.IntN(20)), r.IntN(hosts)
		}
		ev := mail.Event{
			Kind: kinds[r.IntN(len(kinds))], Time: (1000 + n) * sec, QueueID: []byte(id), Sender: []byte("news@example.com"),
			Instance: []byte([]string{"postfix", "postfix-out"}[r.IntN(2)]), MessageID: fmt.Appendf(nil, "<%d@example.com>", r.IntN(9)),
		}
		if ev.Kind == mail.KindAttempt {
			ev.Recipient = fmt.Appendf(nil, "u%d@example.net", r.IntN(3))
			ev.Outcome = []mail.Outcome{mail.Delivered, mail.Deferred, mail.Bounced, mail.Suspended}[r.IntN(4)]
		}
		trouble := r.IntN(2) == 0
		for i := range told {
			x, ev := trackers[i][host], ev
			if i == 1 {
				x.memory.latest = spot{}
			}
			if ev.Kind == mail.KindAttempt {
				told[i] = append(told[i], fmt.Sprintf("%+v", x.Attempt(&ev, 0, trouble)))
			} else {
				x.Note(&ev)
			}
		}
	}
	for i := range trackers {
		for _, x := range trackers[i] {
			x.Finish()
		}
	}
	if !slices.Equal(told[0], told[1]) {
		for i := range told[0] {
			if i >= len(told[1]) || told[0][i] != told[1][i] {
				t.Fatalf("the %d. is %s, want %s", i, told[0][i], told[1][min(i, len(told[1])-1)])
			}
		}
	}
	if forgotten := trackers[0][0].memory.Forgotten; forgotten == 0 || len(told[0]) < 50_000 {
		t.Errorf("%d messages were forgotten, %d answers: nothing is tested", forgotten, len(told[0]))
	}
}
