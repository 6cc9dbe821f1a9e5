package group

import (
	"net/netip"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Seven items make a refusal complete; each that the log lacks is counted (C57).
func TestCollected(t *testing.T) {
	full := func() *Observation {
		o := observe(1_800_000, mail.Deferred, &limit, true)
		r := limit
		r.HasCode, r.HasEnhanced = true, true
		ev := *o.Event
		ev.MX, ev.SendingIP, ev.MessageID = []byte("mx.example.net"), []byte("192.0.2.1"), []byte("<1@example.com>")
		o.Event, o.Reading, o.Domain = &ev, &r, "example.net"
		return o
	}
	f := func(name string, change func(*Observation), missing ...Item) {
		t.Helper()
		a, o := NewAcc(), full()
		change(o)
		a.Add(o)
		c := a.Collected
		if c.Refusals != 1 || (c.Complete == 1) != (len(missing) == 0) {
			t.Errorf("%s: %+v", name, c)
		}
		var want [NumItems]int64
		for _, i := range missing {
			want[i] = 1
		}
		if c.Missing != want {
			t.Errorf("%s: missing %v, want %v", name, c.Missing, missing)
		}
	}
	f("all", func(*Observation) {})
	f("no code", func(o *Observation) { o.Reading.HasCode = false }, ItemCode)
	f("no enhanced code", func(o *Observation) { o.Reading.HasEnhanced = false }, ItemEnhanced)
	f("no MX", func(o *Observation) { o.Event.MX = nil }, ItemMX)
	f("no domain", func(o *Observation) { o.Domain = "" }, ItemDomain)
	f("no sending IP", func(o *Observation) { o.Event.SendingIP, o.Reading.Quoted = nil, netip.Addr{} }, ItemSendingIP)
	f("quoted IP", func(o *Observation) {
		o.Event.SendingIP, o.Reading.Quoted = nil, netip.MustParseAddr("192.0.2.1")
	})
	f("no message id", func(o *Observation) { o.Event.MessageID = nil }, ItemMessageID)
	f("message id from an earlier line", func(o *Observation) { o.Event.MessageID, o.Attempt.HasID = nil, true })
	f("no time", func(o *Observation) { o.Event.Time = 0 }, ItemTime)
}
