package scan

import (
	"context"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// Parse reads all inputs and hands every delivery line to emit, in log order:
// attempts, suspensions, refusals without a recipient and expiries, local
// deliveries too (Row.Remote is false). A row is what its own line says; nothing
// is joined. class and dest, if not empty, keep only rows of that class and of
// that destination (its id, name, MX or recipient domain, or a part of it).
func Parse(ctx context.Context, cfg Config, class, dest string, emit func(*Row) error) (*report.Input, error) {
	in := &report.Input{}
	var ch *chain
	apply := func(u *unit, ev *mail.Event) error {
		switch ev.Kind {
		case mail.KindAttempt, mail.KindRefusal, mail.KindExpiry:
		default:
			return nil
		}
		if !ch.counts(ev.Time) {
			return nil
		}
		r := ch.row(u, ev)
		if class != "" && value(r.Class) != class || dest != "" && !ch.isFor(dest, value(r.Platform), value(r.MX), value(r.Recipient)) {
			return nil
		}
		return emit(r)
	}
	_, err := cfg.feed(ctx, in, func() { ch = newChain(&cfg) }, func(u *unit) func(*mail.Event) error {
		return func(ev *mail.Event) error { return apply(u, ev) }
	}, true)
	return in, err
}

// row turns an event into its machine form.
func (c *chain) row(u *unit, ev *mail.Event) *Row {
	r := &Row{
		Time: timeOf(ev.Time), Format: u.file.Format, File: u.file.Path, Line: ev.Line,
		Host: str(ev.Host), Instance: str(ev.Instance), QueueID: str(ev.QueueID), MessageID: str(ev.MessageID),
		SendingIP: str(ev.SendingIP), MX: str(ev.MX), MXIP: str(ev.MXIP),
		Remote: !ev.Local, Outcome: ev.Outcome.String(),
	}
	if len(ev.Sender) > 0 || ev.NullSender {
		s := c.redact.Sender(string(ev.Sender))
		r.Sender = &s
	}
	if len(ev.Recipient) > 0 {
		s := c.redact.Address(string(ev.Recipient))
		r.Recipient = &s
	}
	if s := ev.Stage.String(); s != "" {
		r.Stage = &s
	}
	if len(ev.Text) > 0 {
		s := c.redact.Text(string(ev.Text))
		r.Text = &s
	}
	if ev.Local {
		return r
	}
	code, enhanced := c.codes(ev)
	if code > 0 {
		r.Code = &code
	}
	r.Enhanced = known(enhanced)
	if d, _, _ := c.destination(ev); d.Platform != unknownPlatform {
		r.Platform = &d.Platform
		if ev.Outcome != mail.Delivered && ev.Outcome != mail.Expired {
			if class := c.read(ev, d).Class.String(); class != "" {
				r.Class = &class
			}
		}
	}
	return r
}

// codes are the reply code, 0 if there is none, and the enhanced status code. The
// MTA's own dsn= is used only where the reply has none and it is not the synthetic
// X.0.0 (smtp_chat.c).
func (c *chain) codes(ev *mail.Event) (code int, enhanced string) {
	p := reply.Parse(c.shown(ev.Reply))
	if !p.Enhanced.IsZero() {
		return p.Code, p.Enhanced.String()
	}
	if dsn := string(ev.DSN); !strings.HasSuffix(dsn, ".0.0") {
		return p.Code, dsn
	}
	return p.Code, ""
}

// isFor says that a row belongs to a destination named by the user.
func (c *chain) isFor(dest, platform, mx, recipient string) bool {
	_, domain, _ := strings.Cut(recipient, "@")
	for _, s := range []string{platform, named(c.names, platform).Name, mx, domain} {
		if strings.Contains(strings.ToLower(s), strings.ToLower(dest)) {
			return true
		}
	}
	return false
}

func str(b []byte) *string {
	if len(b) == 0 {
		return nil
	}
	s := string(b)
	return &s
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
