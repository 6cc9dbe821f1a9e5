package scan

import (
	"cmp"
	"context"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// Messages reads all inputs and hands one row for each message and recipient to emit:
// what the last failure was and what became of it. Rows are in order of the first
// time, then of the queue id, so that none is told before the input is read; what does not
// fit into memory until then lies in a file of Config.Scratch. class and dest, if not
// empty, keep only messages that met a failure of that class, and those of that
// destination (see Parse).
func Messages(ctx context.Context, cfg Config, class, dest string, emit func(*MessageRow) error) (*report.Input, error) {
	in := &report.Input{}
	var m *messages
	defer func() {
		if m != nil {
			m.rows.close()
		}
	}()
	start := func() {
		if m != nil {
			m.rows.close()
		}
		m = newMessages(&cfg, class, dest)
	}
	_, err := cfg.feed(ctx, in, start, func(u *unit) func(*mail.Event) error {
		m.chain.file = u.file.Path
		return func(ev *mail.Event) error {
			m.chain.apply(ev)
			return m.err
		}
	}, false)
	if err != nil {
		return in, err
	}
	m.chain.finish()
	if m.err != nil {
		return in, m.err
	}
	in.Notes = append(in.Notes, m.chain.approximations()...)
	return in, m.rows.each(func(t *trail) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return emit(m.chain.messageRow(t))
	})
}

// messages collects what the chain and its trackers tell of each recipient. When a message
// is over, its rows are.
type messages struct {
	chain *chain
	class uint32 // the set of classes of which rows must have one; 0 for all rows
	dest  string
	rows  *spool
	words map[string]string // texts that many rows share
	ended []*trail          // of one message, for one call
	err   error             // of the rows; nothing more is kept then
}

func newMessages(cfg *Config, class, dest string) *messages {
	m := &messages{chain: newChain(cfg), dest: dest, words: map[string]string{}}
	if wanted, _ := mail.ParseClass(class); class != "" {
		m.class = 1 << wanted
	}
	if cfg.MaxMemory > 0 {
		m.chain.memory.Most = max(m.chain.memory.Most/trailPart, leastJoins)
	}
	m.rows = &spool{scratch: cfg.Scratch, most: int(cfg.part(spoolPart, spoolBytes)), compare: m.compare}
	m.chain.messages = m
	return m
}

// trails are those of the messages of one log host that are not over.
type trails struct {
	byNumber map[int]*trail   // by join.Attempt.Recipient
	refused  map[int][]*trail // refusals without a recipient, by join.Attempt.Message
}

func newTrails() trails {
	return trails{byNumber: map[int]*trail{}, refused: map[int][]*trail{}}
}

// attempt takes an attempt, suspension or refusal after the tracker saw it.
func (m *messages) attempt(h *host, ev *mail.Event, at *join.Attempt, r *group.Reading, platform string) {
	if at.Repeated {
		return
	}
	t := h.trails.byNumber[at.Recipient]
	switch {
	case t != nil:
	case at.Recipient > 0:
		t = &trail{}
		h.trails.byNumber[at.Recipient] = t
	case at.Message > 0:
		t = &trail{}
		h.trails.refused[at.Message] = append(h.trails.refused[at.Message], t)
	default: // nothing more will be told of a line without a queue id
		t = &trail{}
		defer m.over(t)
	}
	if t.First == 0 && t.Attempts == 0 {
		t.Host, t.QueueID, t.Recipient = m.word(ev.Host), string(ev.QueueID), string(ev.Recipient)
	}
	t.name(cmp.Or(string(h.tracker.MessageID(at)), string(ev.MessageID)), cmp.Or(string(at.Sender), string(ev.Sender)), at.Notice)
	if at.Arrival > 0 {
		t.Arrival = at.Arrival
	}
	m.see(t, ev, r, platform)
}

// see counts one line and keeps its reply, unless an earlier one says more: the last
// failure on the wire says most, then a suspension, then a success.
func (m *messages) see(t *trail, ev *mail.Event, r *group.Reading, platform string) {
	failed, onWire := ev.Outcome != mail.Delivered, ev.Outcome != mail.Suspended
	if failed && onWire || t.Refusals == 0 && (failed || t.Classes == 0) {
		t.Class, t.Platform, t.MX = r.Class, platform, m.word(ev.MX)
		t.Text = string(ev.Text)
		if t.Text == "" {
			t.Text = m.word(ev.Reply)
		}
		code, enhanced := m.chain.codes(ev)
		t.Code, t.Enhanced = int16(code), m.word([]byte(enhanced))
	}
	// A suspension names no host; the next try does.
	t.MX, t.SendingIP = cmp.Or(t.MX, m.word(ev.MX)), cmp.Or(m.word(ev.SendingIP), t.SendingIP)
	t.span(ev.Time)
	t.Outcome, t.Ended, t.Delay = mail.OutcomeUnknown, 0, 0
	if onWire {
		t.Attempts++
	}
	if failed {
		t.Classes |= 1 << r.Class
		if onWire {
			t.Refusals++
		}
	}
	if ev.Outcome == mail.Delivered || ev.Outcome == mail.Bounced {
		t.Outcome, t.Ended, t.Delay = ev.Outcome, ev.Time, ev.Delay
	}
}

// end takes the end that the tracker tells. An expiry may name a recipient that no
// attempt did, or none.
func (m *messages) end(h *host, f *join.Fate) {
	if f.AtOnce {
		return // its attempt said so
	}
	t := h.trails.byNumber[f.Number]
	if t == nil {
		t = &trail{Host: h.name, QueueID: f.QueueID, Recipient: f.Recipient}
		if domain := m.chain.domainOf([]byte(f.Recipient)); domain != "" {
			t.Platform = m.chain.ask(nil, []byte(domain)).Platform
		}
		defer m.over(t)
	}
	t.name(f.MessageID, f.Sender, f.Notice)
	t.Outcome = f.Outcome
	if f.End > 0 {
		t.Ended = f.End
		t.span(f.End)
	}
}

// gone takes that a message is over: its refusals without a recipient are given to the
// recipients they were for.
func (m *messages) gone(h *host, message int, recipients []int) {
	m.ended = m.ended[:0]
	for _, n := range recipients {
		if t := h.trails.byNumber[n]; t != nil {
			m.ended = append(m.ended, t)
			delete(h.trails.byNumber, n)
		}
	}
	var rest *trail // what nobody was tried after
	for _, r := range h.trails.refused[message] {
		switch takers := takersOf(r, m.ended); {
		case len(takers) > 0:
			for _, t := range takers {
				t.take(r)
			}
		case rest == nil:
			rest = r
		default:
			rest.take(r)
		}
	}
	delete(h.trails.refused, message)
	for _, t := range m.ended {
		m.over(t)
	}
	if rest != nil {
		m.over(rest)
	}
}

// over keeps a row of which nothing more will be told, if it is wanted.
func (m *messages) over(t *trail) {
	if m.class != 0 && t.Classes&m.class == 0 || m.dest != "" && !m.chain.isFor(m.dest, t.Platform, t.MX, t.Recipient) {
		return
	}
	if m.err == nil {
		m.err = m.rows.add(t)
	}
}

// compare is the order of rows: as they are shown, since the order of tags is that of a
// snapshot, too.
func (m *messages) compare(a, b *trail) int {
	if c := cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.QueueID, b.QueueID), cmp.Compare(a.Host, b.Host)); c != 0 {
		return c
	}
	show := &m.chain.redact
	return cmp.Or(
		cmp.Compare(show.Address(a.Recipient), show.Address(b.Recipient)), cmp.Compare(a.Last, b.Last), cmp.Compare(show.Text(a.Text), show.Text(b.Text)),
		cmp.Compare(a.MessageID, b.MessageID), cmp.Compare(show.Sender(a.Sender), show.Sender(b.Sender)), cmp.Compare(a.Attempts, b.Attempts),
		cmp.Compare(a.Refusals, b.Refusals), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Ended, b.Ended),
	)
}

// word returns one copy of a text that many rows share.
func (m *messages) word(b []byte) string {
	if s, ok := m.words[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(m.words) < maxCached {
		m.words[s] = s
	}
	return s
}
