package scan

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/diagnosis"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// MessageRow is one message and recipient over the whole input, as "diagnose parse
// --messages" prints it (C105). Unknown is null, but Text and Outcome, which say
// "unknown".
type MessageRow struct {
	MessageID *string `json:"message_id"`
	QueueID   *string `json:"queue_id"`
	Host      *string `json:"host"`
	// Sender is empty for the null sender of a notification.
	Sender *string `json:"sender"`
	// Recipient is null for a message that was refused before any recipient was named.
	Recipient *string `json:"recipient"`
	Platform  *string `json:"platform"`
	MX        *string `json:"mx"`
	SendingIP *string `json:"sending_ip"`
	// First and Last are the times of the first and the last line about the recipient.
	First *time.Time `json:"first"`
	Last  *time.Time `json:"last"`
	// Attempts are tries on the wire, Refusals the failed ones among them; those by an
	// earlier MX are in both.
	Attempts int64 `json:"attempts"`
	Refusals int64 `json:"refusals"`
	// Class, Text, Code, Enhanced and MX are of the last failure, and of the last line
	// where none failed; Class is null then.
	Class    *string `json:"class"`
	Text     string  `json:"text"`
	Code     *int    `json:"code"`
	Enhanced *string `json:"enhanced"`
	// Outcome is delivered, queued, bounced, expired or unknown.
	Outcome string `json:"outcome"`
	// DelayS is how old the message was at its end, in seconds: since it entered the
	// queue, or since its first line where the log does not show that. Null without end.
	DelayS *int64 `json:"delay_s"`
}

// Messages reads all inputs and hands one row for each message and recipient to emit:
// what the last failure was and what became of it. Rows are in order of the first
// time, then of the queue id; they are held until the input is read, so that memory
// grows with the number of messages. class and dest, if not empty, keep only messages
// that met a failure of that class, and those of that destination (see Parse).
func Messages(ctx context.Context, cfg Config, class, dest string, emit func(*MessageRow) error) (*report.Input, error) {
	in := &report.Input{}
	var ch *chain
	start := func() {
		ch = newChain(&cfg)
		ch.messages = &messages{chain: ch, words: map[string]string{}}
	}
	_, err := cfg.feed(ctx, in, start, func(u *unit) func(*mail.Event) error {
		ch.file = u.file.Path
		return func(ev *mail.Event) error {
			ch.apply(ev)
			return nil
		}
	}, false)
	if err != nil {
		return in, err
	}
	ch.finish()
	in.Notes = append(in.Notes, ch.approximations()...)
	wanted, _ := mail.ParseClass(class)
	for _, t := range ch.messages.sorted() {
		if class != "" && t.classes&(1<<wanted) == 0 || dest != "" && !ch.isFor(dest, t.platform, t.mx, t.recipient) {
			continue
		}
		if err := emit(ch.messages.row(t)); err != nil {
			return in, err
		}
	}
	return in, nil
}

// messages collects what the chain and its trackers tell of each recipient.
type messages struct {
	chain *chain
	all   []*trail
	words map[string]string // texts that many rows share
}

// trails are those of one log host.
type trails struct {
	byNumber []*trail // by join.Attempt.Recipient, from 1
	// refused are refusals without a recipient, by join.Attempt.Message.
	refused map[int][]*trail
}

// trail is one message and recipient, or a refusal that names none. Times are
// microseconds, empty texts unknown.
type trail struct {
	messageID, queueID, host, sender, recipient string
	platform, mx, sendingIP                     string
	text, enhanced                              string
	first, last, arrival, ended, delay          int64
	message, attempts, refusals                 int32
	classes                                     uint32 // a set of mail.Class
	code                                        int16
	class                                       mail.Class
	outcome                                     mail.Outcome
	nullSender                                  bool
}

// attempt takes an attempt, suspension or refusal after the tracker saw it.
func (m *messages) attempt(h *host, ev *mail.Event, at *join.Attempt, r *group.Reading, platform string) {
	if at.Repeated {
		return
	}
	var t *trail
	switch {
	case at.Recipient > 0 && at.Recipient <= len(h.trails.byNumber):
		t = h.trails.byNumber[at.Recipient-1]
	case at.Recipient > 0:
		t = m.add()
		h.trails.byNumber = append(h.trails.byNumber, t)
	case at.Message > 0:
		t = &trail{}
		if h.trails.refused == nil {
			h.trails.refused = map[int][]*trail{}
		}
		h.trails.refused[at.Message] = append(h.trails.refused[at.Message], t)
	default:
		t = m.add()
	}
	if t.first == 0 && t.attempts == 0 {
		t.host, t.message, t.recipient = m.word(ev.Host), int32(at.Message), string(ev.Recipient)
		t.queueID = string(ev.QueueID)
	}
	t.name(cmp.Or(string(h.tracker.MessageID(at)), string(ev.MessageID)), cmp.Or(string(at.Sender), string(ev.Sender)), at.Notice)
	if at.Arrival > 0 {
		t.arrival = at.Arrival
	}
	m.see(t, ev, r, platform)
}

func (m *messages) add() *trail {
	t := &trail{}
	m.all = append(m.all, t)
	return t
}

// name keeps Message-ID and sender where they are told.
func (t *trail) name(messageID, sender string, notice bool) {
	t.messageID, t.sender = cmp.Or(messageID, t.messageID), cmp.Or(sender, t.sender)
	t.nullSender = t.sender == "" && (t.nullSender || notice)
}

// see counts one line and keeps its reply, unless an earlier one says more: the last
// failure on the wire says most, then a suspension, then a success.
func (m *messages) see(t *trail, ev *mail.Event, r *group.Reading, platform string) {
	failed, onWire := ev.Outcome != mail.Delivered, ev.Outcome != mail.Suspended
	if failed && onWire || t.refusals == 0 && (failed || t.classes == 0) {
		t.class, t.platform, t.mx = r.Class, platform, m.word(ev.MX)
		t.text = string(ev.Text)
		if t.text == "" {
			t.text = m.word(ev.Reply)
		}
		code, enhanced := m.chain.codes(ev)
		t.code, t.enhanced = int16(code), m.word([]byte(enhanced))
	}
	// A suspension names no host; the next try does.
	t.mx, t.sendingIP = cmp.Or(t.mx, m.word(ev.MX)), cmp.Or(m.word(ev.SendingIP), t.sendingIP)
	t.span(ev.Time)
	t.outcome, t.ended, t.delay = mail.OutcomeUnknown, 0, 0
	if onWire {
		t.attempts++
	}
	if failed {
		t.classes |= 1 << r.Class
		if onWire {
			t.refusals++
		}
	}
	if ev.Outcome == mail.Delivered || ev.Outcome == mail.Bounced {
		t.outcome, t.ended, t.delay = ev.Outcome, ev.Time, ev.Delay
	}
}

// span widens the time of a trail.
func (t *trail) span(at int64) {
	if at > 0 && (t.first == 0 || at < t.first) {
		t.first = at
	}
	t.last = max(t.last, at)
}

// end takes the end that the tracker tells. An expiry may name a recipient that no
// attempt did, or none.
func (m *messages) end(h *host, f *join.Fate) {
	if f.AtOnce {
		return // its attempt said so
	}
	var t *trail
	if f.Number > 0 {
		t = h.trails.byNumber[f.Number-1]
	} else {
		t = m.add()
		t.host, t.queueID, t.recipient = h.name, f.QueueID, f.Recipient
		if domain := m.chain.domainOf([]byte(f.Recipient)); domain != "" {
			t.platform = m.chain.ask(nil, []byte(domain)).Platform
		}
	}
	t.name(f.MessageID, f.Sender, f.Notice)
	t.outcome = f.Outcome
	if f.End > 0 {
		t.ended = f.End
		t.span(f.End)
	}
}

// sorted gives the refusals without a recipient to the recipients they were for and
// returns all rows in order.
func (m *messages) sorted() []*trail {
	for _, name := range slices.Sorted(maps.Keys(m.chain.hosts)) {
		h := m.chain.hosts[name]
		of := map[int][]*trail{} // the recipients of messages with such refusals
		for _, t := range h.trails.byNumber {
			if n := int(t.message); len(h.trails.refused[n]) > 0 {
				of[n] = append(of[n], t)
			}
		}
		for _, n := range slices.Sorted(maps.Keys(h.trails.refused)) {
			refused := h.trails.refused[n]
			var rest *trail // what nobody was tried after
			for _, r := range refused {
				switch takers := takersOf(r, of[n]); {
				case len(takers) > 0:
					for _, t := range takers {
						t.take(r)
					}
				case rest == nil:
					rest = r
					m.all = append(m.all, r)
				default:
					rest.take(r)
				}
			}
		}
	}
	// Stable: what is equal here stays as it was told.
	slices.SortStableFunc(m.all, func(a, b *trail) int {
		if c := cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.queueID, b.queueID), cmp.Compare(a.host, b.host)); c != 0 {
			return c
		}
		// As the rows show them: the order of tags is that of a snapshot, too.
		address, text := m.chain.redact.Address, m.chain.redact.Text
		return cmp.Or(cmp.Compare(address(a.recipient), address(b.recipient)), cmp.Compare(a.last, b.last), cmp.Compare(text(a.text), text(b.text)))
	})
	return m.all
}

// takersOf are the recipients of a message that a refusal was for: those that were
// tried then or later at the same platform, else anywhere.
func takersOf(r *trail, recipients []*trail) []*trail {
	var same, all []*trail
	for _, t := range recipients {
		if t.last < r.first {
			continue
		}
		all = append(all, t)
		if t.platform == r.platform {
			same = append(same, t)
		}
	}
	if len(same) > 0 {
		return same
	}
	return all
}

// take adds a refusal by an earlier MX. Its reply is kept where the recipient met no
// failure of its own.
func (t *trail) take(r *trail) {
	if t.refusals == 0 {
		t.class, t.text, t.code, t.enhanced, t.mx = r.class, r.text, r.code, r.enhanced, r.mx
		t.sendingIP = cmp.Or(r.sendingIP, t.sendingIP)
	}
	t.attempts += r.attempts
	t.refusals += r.refusals
	t.classes |= r.classes
	t.span(r.first)
}

// row turns a trail into its machine form.
func (m *messages) row(t *trail) *MessageRow {
	c := m.chain
	r := &MessageRow{
		MessageID: known(t.messageID), QueueID: known(t.queueID), Host: known(t.host), Sender: known(c.redact.Sender(t.sender)),
		Recipient: known(c.redact.Address(t.recipient)), MX: known(t.mx), SendingIP: known(t.sendingIP),
		First: timeOf(t.first), Last: timeOf(t.last), Attempts: int64(t.attempts), Refusals: int64(t.refusals),
		Class: known(t.class.String()), Text: cmp.Or(c.redact.Text(t.text), mail.OutcomeUnknown.String()),
		Enhanced: known(t.enhanced), Outcome: diagnosis.Ending(t.outcome),
	}
	if t.nullSender {
		r.Sender = new(string)
	}
	if t.platform != unknownPlatform {
		r.Platform = known(t.platform)
	}
	if t.code > 0 {
		code := int(t.code)
		r.Code = &code
	}
	delay := t.delay
	if delay == 0 && t.ended > 0 {
		delay = max(t.ended-cmp.Or(t.arrival, t.first), 0)
	}
	if t.ended > 0 && t.outcome != mail.OutcomeUnknown {
		s := delay / 1_000_000
		r.DelayS = &s
	}
	return r
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

// known is nil for what is unknown.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
