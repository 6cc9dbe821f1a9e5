package diagnosis

import (
	"fmt"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// one freezes an accumulator and returns its group.
func one(t *testing.T, a *group.Acc, ctx group.Context) report.Group {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ctx.Thresholds = set.Thresholds
	sums := group.Summaries(map[group.Key]*group.Acc{{Platform: "p.example"}: a}, ctx)
	return Groups(sums, set, func(p string) Destination { return Destination{Name: p} })[0]
}

// Outcomes have their share by retry, the median and the 90th percentile (C60).
func TestOutcome(t *testing.T) {
	f := func(name string, waits []int64, median, p90, slowest int64) {
		t.Helper()
		a := group.NewAcc()
		for i, w := range waits {
			a.AddFate(join.Fate{Outcome: mail.Delivered, Wait: w * second, Attempts: 2 + i%3}, "", group.Stream{})
		}
		a.AddFate(join.Fate{Outcome: mail.OutcomeUnknown}, "", group.Stream{})
		o := one(t, a, group.Context{}).Outcome
		if o.Unknown != 1 {
			t.Errorf("%s: %d unknown outcomes, want 1 (C100)", name, o.Unknown)
		}
		var sum int64
		for _, r := range o.ByRetry {
			sum += r.Delivered
		}
		if sum != int64(len(waits)) || o.DeliveredOnRetry != sum {
			t.Errorf("%s: %d delivered by retry, %d in all", name, sum, len(waits))
		}
		if len(waits) == 0 {
			if o.MedianS != nil || o.P90S != nil || o.SlowestS != nil {
				t.Errorf("%s: waits of nothing", name)
			}
			return
		}
		if *o.MedianS != median || *o.P90S != p90 || *o.SlowestS != slowest {
			t.Errorf("%s: %d %d %d, want %d %d %d", name, *o.MedianS, *o.P90S, *o.SlowestS, median, p90, slowest)
		}
	}
	f("none", nil, 0, 0, 0)
	f("one", []int64{60}, 60, 60, 60)
	f("ten", []int64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 5, 9, 10)
	f("eleven", []int64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 6, 10, 11)
}

// A delay that does not grow from retry to retry is found (H38); one that begins with
// two equal steps, as Postfix does, grows.
func TestConstantDelay(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, messages int, minutes []int32, want bool) {
		t.Helper()
		var list group.Gaps
		for i, m := range minutes {
			list.Take(group.Gap{Retry: int32(i + 1), Seconds: m * 60}, int64(messages))
		}
		g := gaps(&list, set.Thresholds)
		if g.Constant != want {
			t.Errorf("%s: constant %v, want %v", name, g.Constant, want)
		}
		for i, r := range g.ByRetry {
			if r.Retry != int64(i+1) || r.MedianS != int64(minutes[i])*60 || r.Count != int64(messages) {
				t.Errorf("%s: retry %+v, want %d minutes %d times", name, r, minutes[i], messages)
			}
		}
		if len(g.ByRetry) != len(minutes) {
			t.Errorf("%s: %d retries, want %d", name, len(g.ByRetry), len(minutes))
		}
	}
	f("every 5 minutes", 4, []int32{5, 5, 5, 5}, true)
	f("one message, every 5 minutes", 1, []int32{5, 5, 5, 5, 5}, true)
	f("too few to tell", 1, []int32{5, 5, 5}, false)
	f("only two retries", 50, []int32{5, 5}, false)
	f("the age of the message", 4, []int32{5, 5, 10, 20}, false)
	f("doubling", 4, []int32{15, 30, 60, 120}, false)
	f("shrinking", 4, []int32{20, 10, 5}, true)
	f("a little longer", 4, []int32{100, 110, 119}, true)
	f("longer than that", 4, []int32{100, 110, 121}, false)
}

// The messages of a report: examples, the rest as a number, unknown as null (C92).
func TestMessages(t *testing.T) {
	a := group.NewAcc()
	for i := range 60 {
		f := join.Fate{Outcome: mail.Delivered, Met: true, Trouble: true, Refused: int64(100+i) * second, End: int64(500+i) * second, Attempts: 3,
			QueueID: fmt.Sprintf("Q%02d", i), MessageID: fmt.Sprintf("<%d@example.com>", i), Sender: "news@example.com", Recipient: "a@example.net"}
		if i == 40 {
			f.Outcome, f.MessageID, f.HeldBack = mail.Expired, "", true
		}
		a.AddFate(f, "", group.Stream{})
	}
	queued := join.Fate{Outcome: mail.Deferred, Met: true, Trouble: true}
	a.AddFate(queued, "", group.Stream{})
	g := one(t, a, group.Context{})
	if len(g.Messages) != 50 || g.MessagesMore != 11 || g.MessagesWithoutID != 2 || g.MessagesHeld != 1 {
		t.Fatalf("%d messages, %d more, %d without id, %d held back", len(g.Messages), g.MessagesMore, g.MessagesWithoutID, g.MessagesHeld)
	}
	lost, next := g.Messages[0], g.Messages[1]
	if lost.Outcome != "expired" || lost.MessageID != nil || *lost.QueueID != "Q40" || lost.Refused.Unix() != 140 || lost.Ended.Unix() != 540 || lost.Attempts != 3 {
		t.Errorf("first message %+v", lost)
	}
	if next.Outcome != "queued" || next.Refused != nil || next.Ended != nil || next.QueueID != nil || next.Recipient != nil {
		t.Errorf("second message %+v: unknown is null", next)
	}
}

// Each stream has a verdict and waits of its own: one domain can have a clean stream
// and a broken one (H78, C68, C101).
func TestByStream(t *testing.T) {
	limit := group.Reading{Class: mail.ConnectionLimit, Template: "421 too many", Sample: "421 too many"}
	a := group.NewAcc()
	add := func(n int, stream group.Stream, o mail.Outcome, r group.Reading) {
		for i := range n {
			a.Add(&group.Observation{
				Event:   &mail.Event{Kind: mail.KindAttempt, Outcome: o, Time: int64(1000+i) * second, MX: []byte("mx.example.net")},
				Attempt: join.Attempt{FirstOfMessage: true, FirstOfRecipient: true, FirstTroubleOfMessage: r.Trouble()},
				Reading: &r, SenderDomain: "example.com", Stream: stream,
			})
		}
	}
	receipts, other := group.Stream{Name: "receipts", Transactional: true}, group.Stream{Name: "other"}
	add(20, receipts, mail.Deferred, limit)
	add(30, other, mail.Delivered, group.Reading{})
	for i := range int64(10) {
		a.AddFate(join.Fate{Outcome: mail.Delivered, Trouble: true, Met: true, Wait: (i + 1) * 60 * second, Attempts: 2}, "example.com", receipts)
	}
	a.AddFate(join.Fate{Outcome: mail.Expired, Trouble: true, Met: true, Attempts: 2}, "example.com", receipts)
	g := one(t, a, group.Context{})
	if len(g.ByStream) != 2 || len(g.BySender) != 1 {
		t.Fatalf("streams %+v, senders %+v", g.ByStream, g.BySender)
	}
	clean, broken := g.ByStream[0], g.ByStream[1]
	if clean.Stream != "other" || clean.Transactional || clean.Severity != "normal" || clean.Cause != "none" || clean.Counts.Delivered != 30 || clean.MedianS != nil {
		t.Errorf("clean stream %+v", clean)
	}
	if broken.Stream != "receipts" || !broken.Transactional || broken.Severity == "normal" || broken.Cause == "none" ||
		broken.Refusals["connection-limit"] != 20 || broken.Counts.Expired != 1 || *broken.MedianS != 300 || *broken.P90S != 540 {
		t.Errorf("broken stream %+v", broken)
	}
	if none := one(t, group.NewAcc(), group.Context{}).ByStream; len(none) != 0 {
		t.Errorf("streams without any declared: %+v", none)
	}
}

// The owner follows from the kind of log and the declared pool (C52, C107).
func TestOwner(t *testing.T) {
	f := func(esp bool, declared, wantPool, wantOwner string) {
		t.Helper()
		a := group.NewAcc()
		a.ESP = esp
		g := one(t, a, group.Context{Pool: declared})
		if g.Pool != wantPool || g.Owner != wantOwner {
			t.Errorf("esp %v, pool %q: %s owned by %s, want %s, %s", esp, declared, g.Pool, g.Owner, wantPool, wantOwner)
		}
	}
	f(false, "", "unknown", "mta-operator")
	f(false, "dedicated", "dedicated", "mta-operator")
	f(true, "unknown", "unknown", "esp")
	f(true, "shared", "shared", "esp")
	f(true, "dedicated", "dedicated", "esp-and-sender")
}
