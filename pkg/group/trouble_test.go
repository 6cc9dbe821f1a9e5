package group

import (
	"strconv"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// What was put off is turned away for good from some moment on (X10); where both
// come mixed, there is no such moment.
func TestHardened(t *testing.T) {
	block := Reading{Class: mail.Listing}
	f := func(name string, order string, deferred, blocked, share float64) {
		t.Helper()
		a := NewAcc()
		for i, r := range order {
			o := observe(900_000+int64(i)*60, mail.Deferred, &limit, true)
			switch r {
			case '5':
				o = observe(900_000+int64(i)*60, mail.Bounced, &block, true)
			case 'b': // a banner of 554, which Postfix defers
				o.Event.Reply = []byte("554 5.7.1 blocked")
			}
			a.Add(o)
		}
		c := measured(a)
		if d, b, s := c.Facts["deferred_first"].Value, c.Facts["blocked_then"].Value, c.Facts["hardened_share"].Value; d != deferred || b != blocked || s != share {
			t.Errorf("%s: %v then %v, share %v; want %v, %v, %v", name, d, b, s, deferred, blocked, share)
		}
	}
	f("hardened", "4444444455555555", 8, 8, 1)
	f("at the banner", "44444444bbbbbbbb", 8, 8, 1)
	f("softened", "5555555544444444", 0, 0, 0)
	f("mixed", "4545454545454545", 1, 8, 8./15)
	f("deferrals only", "44444444", 0, 0, 0)
	f("with one early block", "4445444444555555", 9, 6, 0.9)
}

// Refusals cluster at one receiving host, or are met again by the same mail.
func TestClusters(t *testing.T) {
	a := NewAcc()
	for i := range int64(20) {
		o := observe(900_000+i, mail.Deferred, &limit, i < 12)
		if i >= 8 {
			o.Event.MX = []byte("mx2.example.net")
		}
		a.Add(o)
	}
	unknown := Reading{Class: mail.MailboxUnknown}
	a.Add(observe(900_030, mail.Bounced, &unknown, true))
	a.ConnectFailures = 3
	a.Add(observe(900_031, mail.Deferred, &Reading{Class: mail.TimeoutNetwork}, true))
	a.Add(observe(900_032, mail.Deferred, &Reading{Class: mail.ReceiverBusy}, true))
	complaint := Reading{Class: mail.Reputation, Template: "421 4.7.0 deferred due to User Complaints"}
	a.Add(observe(900_033, mail.Deferred, &complaint, true))
	c := measured(a)
	for name, want := range map[string]float64{"mx_refusals": 12, "mx_refused_share": 1, "refused_again": 8, "connection_errors": 4, "busy_refusals": 2, "complaint_refusals": 1, "via_esp": 0} {
		if got := c.Facts[name].Value; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := c.Facts["mx_refusals"].Text; got != "12 at mx2.example.net" {
		t.Errorf("the host is named %q", got)
	}
	var users int32
	for b := range a.Buckets.all() {
		users += b.UnknownUsers
	}
	if users != 1 {
		t.Errorf("%d unknown users on the time line, want 1", users)
	}
}

// Each fact about refusals cites the first one of its own class.
func TestWhereOfRefusals(t *testing.T) {
	f := func(name string, want map[string]int64, list ...mail.Class) {
		t.Helper()
		a := NewAcc()
		for i, class := range list {
			r := Reading{Class: class, Template: "451 " + class.String()}
			a.Add(observe(900_000+int64(i), mail.Deferred, &r, true))
		}
		c := measured(a)
		for fact, line := range want {
			where := ""
			if line > 0 {
				where = "mail.log:" + strconv.FormatInt(899_999+line, 10)
			}
			if got := c.Facts[fact].Where; got != where {
				t.Errorf("%s: %s cites %q, want %q", name, fact, got, where)
			}
		}
	}
	f("one of each", map[string]int64{
		"trouble_refusals": 2, "limit_refusals": 2, "rate_limit_refusals": 0, "connection_limit_refusals": 5, "reputation_refusals": 3, "listing_refusals": 4,
	}, mail.TimeoutNetwork, mail.RateLimit, mail.Reputation, mail.Listing, mail.ConnectionLimit, mail.Listing)
	f("one class only", map[string]int64{"trouble_refusals": 1, "listing_refusals": 1, "reputation_refusals": 0}, mail.Listing, mail.Listing)
}
