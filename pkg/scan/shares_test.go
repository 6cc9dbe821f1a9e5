package scan

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Every attempt is counted for its own MX host, recipient and sender domain, whatever
// the chain remembers of the attempts before it: more names than it remembers, in mixed
// case, of several hosts and instances that share them.
func TestSharesAreFound(t *testing.T) {
	cfg := loadConfig(t)
	c := newTestChain(t, &cfg)
	r := rand.New(rand.NewPCG(11, 12))
	type share struct {
		k          group.Key
		what, name string
	}
	want := map[share]int64{}
	for i := range int64(30_000) {
		host, instance := fmt.Sprintf("mail%d", r.IntN(2)), []string{"postfix", "postfix-out"}[r.IntN(2)]
		platform := r.IntN(3)
		mx := fmt.Sprintf("mx%d.p%d.example", r.IntN(4), platform)
		to := fmt.Sprintf("d%d.example", r.IntN(50))
		from := fmt.Sprintf("s%d.example", r.IntN(maxSending+40))
		shown := from
		if r.IntN(5) == 0 {
			shown = "S" + from[1:]
		}
		id := fmt.Appendf(nil, "%010X", i/2)
		if i%2 == 0 {
			c.apply(&mail.Event{Kind: mail.KindActive, Time: (i + 1) * 1e6, Host: []byte(host), Instance: []byte(instance), QueueID: id, Sender: []byte("news@" + shown)})
		}
		ev := mail.Event{
			Kind: mail.KindAttempt, Outcome: mail.Delivered, Time: (i + 1) * 1e6, Host: []byte(host), Instance: []byte(instance), PID: uint32(r.IntN(50)),
			QueueID: fmt.Appendf(nil, "%s-%d", id, i), Recipient: []byte("ann@" + to), Sender: []byte("news@" + shown), MX: []byte(mx), MXIP: []byte("192.0.2.1"),
		}
		if i%2 == 0 {
			ev.QueueID = id
		}
		c.apply(&ev)
		k := group.Key{Platform: fmt.Sprintf("p%d.example", platform), Host: host, Instance: instance}
		want[share{k, "mx", mx}]++
		want[share{k, "to", to}]++
		want[share{k, "from", from}]++
	}
	c.finish()
	got := map[share]int64{}
	for k, acc := range c.accs {
		for what, shares := range map[string]*group.Shares[string]{"mx": &acc.MX, "to": &acc.Domains, "from": &acc.Senders} {
			for name, s := range shares.All() {
				got[share{k, what, name}] = s.Counts().Delivered
			}
		}
	}
	for s, n := range want {
		if got[s] != n {
			t.Errorf("%+v: %d attempts, want %d", s, got[s], n)
		}
	}
	if len(got) != len(want) || len(c.senders) <= maxSending {
		t.Errorf("%d shares, want %d; %d senders", len(got), len(want), len(c.senders))
	}
}
