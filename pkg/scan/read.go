package scan

import (
	"net/netip"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

// readingKey is what a reading depends on.
type readingKey struct{ provider, text string }

// success is the reading of an attempt that met no failure.
var success = group.Reading{}

// read says what the rules make of an attempt's reply.
func (c *chain) read(ev *mail.Event, provider string) *group.Reading {
	if ev.Outcome == mail.Delivered {
		return &success
	}
	text := ev.Reply
	if len(text) == 0 {
		text = ev.Text
	}
	if r, ok := c.readings[readingKey{provider, string(text)}]; ok {
		c.note(ev, r)
		return r
	}
	m := c.classifier.Classify(provider, text)
	r := &group.Reading{Class: m.Class, Scope: m.Scope, Rule: m.Rule, Confidence: m.Confidence,
		HasCode: m.Code > 0, HasEnhanced: !m.Enhanced.IsZero()}
	if r.Class == mail.ClassNone {
		r.Class = mail.Other
	}
	if len(ev.Reply) > 0 {
		r.Template, r.Sample = m.Template, c.redact.Text(string(ev.Reply))
		if ip, ok := reply.QuotedIP(ev.Reply); ok && !isMX(ip, ev.MXIP) {
			r.Quoted = ip
		}
	}
	if r.Scope == mail.OwnSide {
		r.Own = r.Class
		r.Class = mail.Other // no receiver refused: it must not count against one (X12)
	}
	if len(c.readings) >= maxCached {
		clear(c.readings)
	}
	c.readings[readingKey{provider, string(text)}] = r
	c.note(ev, r)
	return r
}

// isMX says that an address is the receiver's own.
func isMX(ip netip.Addr, mx []byte) bool { return ip.String() == string(mx) }
