package scan

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// ReadLine is one line of a log and what was read from it.
type ReadLine struct {
	File    string `json:"file"`
	Line    int64  `json:"line"`
	Format  string `json:"format"`
	Verdict string `json:"verdict"`
	Text    string `json:"text"`
	// Events are what the line tells, in order; most lines tell one thing.
	Events []ReadEvent `json:"events"`
}

// ReadEvent is one thing that a line tells.
type ReadEvent struct {
	// Kind is attempt, refusal, arrival, message-id, active, expiry, notice, removed,
	// connect-failure or own-side.
	Kind   string  `json:"kind"`
	Fields []Field `json:"fields"`
	// MX and Reply are what the rules look at; both may be empty.
	MX    string `json:"mx"`
	Reply string `json:"reply"`
}

// Field is one field of a line. Names are those of diagnose parse --json.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Line reads one line of the only input of cfg, with all lines before it, on which
// it may depend (years, wrapped documents). Input problems are in the error.
func Line(ctx context.Context, cfg Config, number int64) (*ReadLine, error) {
	var in report.Input
	units, _, err := cfg.prepare(ctx, &in)
	switch {
	case err != nil:
		return nil, err
	case len(units) == 0 && len(in.Errors) > 0:
		return nil, fmt.Errorf("cannot read %s: %s", in.Errors[0].File, in.Errors[0].Error)
	case len(units) != 1:
		return nil, fmt.Errorf("cannot read a line of %d inputs; name one", len(units))
	case units[0].stored != nil:
		return nil, fmt.Errorf("cannot show a line of %s: a snapshot holds no lines; name the log", cfg.Inputs[0])
	}
	u := units[0]
	r, err := u.open(cfg.Source)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if u.document {
		r.SetMaxLine(maxDocument)
	}
	out := &ReadLine{File: u.file.Path, Line: number, Format: u.file.Format, Verdict: mail.NotUnderstood.String(), Events: []ReadEvent{}}
	ch := newChain(&cfg)
	decode := func([]byte, func(*mail.Event)) mail.Verdict { return mail.NotUnderstood }
	if u.known {
		decode = u.format.New(u.opts).Decode
	}
	for ctx.Err() == nil {
		line, no, err := r.Next()
		if isEnd(err) {
			return nil, fmt.Errorf("cannot show %s:%d: the file has %d lines", out.File, number, no)
		} else if err != nil {
			return nil, err
		}
		verdict := decode(line, func(ev *mail.Event) {
			if no == number && ev.Kind != mail.KindNone {
				out.Events = append(out.Events, ch.readEvent(ev))
			}
		})
		if no == number {
			out.Text, out.Verdict = ch.redact.Text(string(line)), verdict.String()
			return out, nil
		}
	}
	return nil, ctx.Err()
}

// readEvent lists the fields that an event has.
func (c *chain) readEvent(ev *mail.Event) ReadEvent {
	x := ReadEvent{Kind: ev.Kind.String(), MX: string(ev.MX), Reply: c.redact.Text(string(ev.Reply))}
	add := func(name, value string) {
		if value != "" {
			x.Fields = append(x.Fields, Field{name, value})
		}
	}
	number := func(name string, n uint64) {
		if n > 0 {
			add(name, strconv.FormatUint(n, 10))
		}
	}
	if ev.Time > 0 {
		layout := time.RFC3339
		if ev.Precise {
			layout = time.RFC3339Nano
		}
		add("time", time.UnixMicro(ev.Time).UTC().Format(layout))
	}
	add("host", string(ev.Host))
	add("instance", string(ev.Instance))
	add("process", string(ev.Process))
	number("pid", uint64(ev.PID))
	add("queue_id", string(ev.QueueID))
	add("child", string(ev.Child))
	add("message_id", string(ev.MessageID))
	switch {
	case len(ev.Sender) > 0:
		add("sender", c.redact.Sender(string(ev.Sender)))
	case ev.NullSender:
		add("sender", "<>")
	}
	if len(ev.Recipient) > 0 {
		add("recipient", c.redact.Address(string(ev.Recipient)))
	}
	number("recipients", uint64(ev.Recipients))
	number("size", ev.Size)
	add("outcome", ev.Outcome.String())
	add("stage", ev.Stage.String())
	add("mx", string(ev.MX))
	add("mx_ip", string(ev.MXIP))
	add("sending_ip", string(ev.SendingIP))
	add("client", string(ev.Client))
	number("conn_use", uint64(ev.ConnUse))
	if ev.HasDelays {
		for i, name := range [...]string{"delay_before", "delay_queue", "delay_connect", "delay_transmit"} {
			add(name, strconv.FormatFloat(float64(ev.Delays[i])/1e6, 'f', -1, 64)+"s")
		}
	}
	add("dsn", string(ev.DSN))
	if len(ev.Text) > 0 {
		add("text", c.redact.Text(string(ev.Text)))
	}
	if ev.Local {
		add("remote", "no: a local or pipe delivery, never part of a destination")
	}
	return x
}
