package scan

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// ownSideKey tells refusals by our own side apart (requirement X12).
type ownSideKey struct {
	what  string
	class mail.Class
	text  string // normalised
}

type ownSideCount struct {
	n      int64
	sample string
}

// unknownReply is a reply that no rule knows.
type unknownReply struct {
	n      int64
	sample string
	where  group.Where
}

// maxSide bounds the kinds of own-side refusals and unknown replies kept. Beyond it
// own-side refusals share a row for each class, and a note says how many replies are not
// listed.
const maxSide = 1000

// addOwnSide counts a refusal by our own server.
func (c *chain) addOwnSide(ev *mail.Event) {
	c.buf = c.buf[:0]
	if len(ev.Instance) > 0 {
		c.buf = append(append(c.buf, ev.Instance...), '/')
	}
	c.buf = append(c.buf, ev.Process...)
	text := ev.Text
	if len(text) == 0 {
		text = ev.Reply
	}
	class := c.classifier.Classify("", c.shown(text)).Class
	if (class == mail.Other || class == mail.ClassNone) && len(ev.Client) > 0 {
		class = mail.ConnectionLimit // an MTA's parser gives these events for connection limits only
	}
	c.ownSideRow(class, text)
}

// addOwnReply counts a reply that our own ESP or MTA made up.
func (c *chain) addOwnReply(ev *mail.Event, r *group.Reading) {
	c.buf = append(c.buf[:0], ev.Process...)
	if ev.ESP || len(c.buf) == 0 {
		c.buf = append(c.buf[:0], "esp"...)
	}
	text := ev.Reply
	if len(text) == 0 {
		text = ev.Text
	}
	c.ownSideRow(r.Own, text)
}

// ownSideRow counts a text of what buf names.
func (c *chain) ownSideRow(class mail.Class, text []byte) {
	text = c.shown(text)
	n := len(c.buf)
	c.buf = reply.Template(c.buf, text)
	what, template := c.buf[:n], c.buf[n:]
	row := c.ownSide[ownSideKey{string(what), class, string(template)}]
	if row == nil {
		k, sample := ownSideKey{string(what), class, string(template)}, c.quote(text)
		if len(c.ownSide) >= maxSide {
			k, sample = ownSideKey{what: "others", class: class}, ""
		}
		if row = c.ownSide[k]; row == nil {
			row = &ownSideCount{sample: sample}
			c.ownSide[k] = row
		}
	}
	row.n++
}

// note counts a reply that no rule knows, so that a user can write the rule.
func (c *chain) note(ev *mail.Event, r *group.Reading) {
	if r.Rule != "" || r.Template == "" || ev.Outcome == mail.Suspended {
		return
	}
	u := c.unknown[r.Template]
	if u == nil {
		if len(c.unknown) >= maxSide {
			c.unlisted++
			return
		}
		u = &unknownReply{sample: c.quote(ev.Reply), where: group.Where{Time: ev.Time, File: c.file, Line: ev.Line}}
		c.unknown[r.Template] = u
	}
	u.n++
}

func (c *chain) ownSideRows() []report.OwnSide {
	out := []report.OwnSide{}
	for k, row := range c.ownSide {
		out = append(out, report.OwnSide{What: k.what, Class: k.class.String(), Count: row.n, Text: row.sample})
	}
	slices.SortFunc(out, func(a, b report.OwnSide) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Class, b.Class))
	})
	return out
}

func (c *chain) unknownRows() []report.Unknown {
	out := []report.Unknown{}
	for t, u := range c.unknown {
		out = append(out, report.Unknown{Template: t, Sample: u.sample, Count: u.n, Where: u.where.String()})
	}
	slices.SortFunc(out, func(a, b report.Unknown) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Template, b.Template))
	})
	return out
}
