package scan

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"unicode/utf8"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// readings are what the rules made of replies: of each kind of reply, and of the latest
// texts as they stand in the log, for many refusals say the very same.
type readings struct {
	kinds  map[readingKey]*group.Reading
	seed   maphash.Seed
	latest [latestTexts]latestText // by hash
}

// readingKey is what a reading depends on.
type readingKey struct {
	match  *rules.Match
	said   bool // by a receiver
	quoted netip.Addr
}

// latestText is a text of the log and its reading.
type latestText struct {
	provider     string
	text, quoted []byte
	said         bool
	reading      *group.Reading
}

const (
	latestTexts = 512
	// longText is not remembered as it stands in the log.
	longText = 1024
	// maxKinds bounds the readings that are remembered; when full, all are forgotten.
	maxKinds = 1 << 13
)

func newReadings() readings {
	return readings{kinds: map[readingKey]*group.Reading{}, seed: maphash.MakeSeed()}
}

// success is the reading of an attempt that met no failure.
var success = group.Reading{}

// read says what the rules make of an attempt's reply. The reading has no sample.
func (c *chain) read(ev *mail.Event, to *rules.Destination) *group.Reading {
	if ev.Outcome == mail.Delivered {
		return &success
	}
	provider := to.Provider
	text, said := ev.Reply, len(ev.Reply) > 0
	if !said {
		text = ev.Text
	}
	l := &c.readings.latest[maphash.Bytes(c.readings.seed, text)%latestTexts]
	r := l.reading
	if r == nil || l.said != said || l.provider != provider || string(l.text) != string(text) || len(l.quoted) > 0 && string(l.quoted) == string(ev.MXIP) {
		r = c.readText(l, provider, text, said, ev.MXIP)
	}
	c.note(ev, r)
	return r
}

// readText reads a text and remembers it in l.
func (c *chain) readText(l *latestText, provider string, text []byte, said bool, mxIP []byte) *group.Reading {
	raw := text
	text = c.shown(raw)
	k := readingKey{match: c.classifier.Match(provider, text), said: said}
	var own bool // the address is the receiver's
	var buf [64]byte
	quoted := buf[:0]
	if said {
		if ip, ok := reply.QuotedIP(text); ok {
			quoted = ip.AppendTo(quoted)
			if own = string(quoted) == string(mxIP); !own {
				k.quoted = ip
			}
		}
	}
	r := c.readings.kinds[k]
	if r == nil {
		r = newReading(&k)
		if len(c.readings.kinds) >= maxKinds {
			clear(c.readings.kinds)
		}
		c.readings.kinds[k] = r
	}
	if !own && len(raw) <= longText {
		l.provider, l.said, l.reading = provider, said, r
		l.text, l.quoted = append(l.text[:0], raw...), append(l.quoted[:0], quoted...)
	}
	return r
}

func newReading(k *readingKey) *group.Reading {
	m := k.match
	r := &group.Reading{Class: m.Class, Scope: m.Scope, Rule: m.Rule, Confidence: m.Confidence,
		HasCode: m.Code > 0, HasEnhanced: !m.Enhanced.IsZero(), Quoted: k.quoted}
	if r.Class == mail.ClassNone {
		r.Class = mail.Other
	}
	if k.said {
		r.Template = m.Template
	}
	if r.Scope == mail.OwnSide {
		r.Own = r.Class
		r.Class = mail.Other // no receiver refused: it must not count against one (X12)
	}
	return r
}

// shown is a text as the report may show it. What a reply means is read of it: a stored
// log has no other.
func (c *chain) shown(text []byte) []byte {
	if bytes.IndexByte(text, '@') < 0 {
		return text
	}
	return []byte(c.redact.Text(string(text)))
}

// sample returns a reading with the sample of a reply, which speaks for its template from
// now on. Beyond the bound of all accumulators new templates are dropped, as they are
// beyond that of one.
func (c *chain) sample(o *group.Observation, r *group.Reading) *group.Reading {
	c.sampled = *r
	if o.Known.Reply == nil {
		if c.templates >= templatesOf*c.most {
			o.Known.Acc.RepliesDropped++
			c.sampled.Template = ""
			return &c.sampled
		}
		c.templates++
	}
	c.sampled.Sample = c.quote(o.Event.Reply)
	return &c.sampled
}

// quote is a text as a report quotes it: a hostile one is cut.
func (c *chain) quote(text []byte) string {
	shown := c.shown(text)
	if len(shown) <= maxQuote {
		return string(shown)
	}
	cut := maxQuote
	for cut > 0 && !utf8.RuneStart(shown[cut]) {
		cut--
	}
	return string(shown[:cut]) + "..."
}
