package scan

import (
	"context"
	"reflect"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/snapshot"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// compare says what two units have in common. Of two logs it is the text. If one is from
// a snapshot the text is gone: the first 64 KiB are told by their fingerprint, the rest by
// what the lines tell.
func (c *Config) compare(a, b *unit) (source.Relation, error) {
	if a.stored == nil && b.stored == nil {
		return source.Same(a.input, b.input, c.Source)
	}
	if a.head != b.head || a.file.Format != b.file.Format {
		return source.Different, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	quiet := *c
	quiet.Progress = nil // these events are read again
	x, y := quiet.tells(ctx, a, b), quiet.tells(ctx, b, a)
	for {
		e, f := x.next(), y.next()
		switch {
		case e == nil && (f != nil || x.lines < y.lines):
			return source.Prefix, nil
		case f == nil && (e != nil || x.lines > y.lines):
			return source.Extension, nil
		case e == nil:
			return source.Equal, nil
		case !reflect.DeepEqual(e, f):
			return source.Different, nil
		}
	}
}

// telling are the events of a unit one by one, but for lines that tell nothing.
type telling struct {
	batches <-chan *batch
	redact  mail.Redactor
	events  []mail.Event
	lines   int64 // all, once the events are over
}

// tells reads a unit for a comparison with another one.
func (c *Config) tells(ctx context.Context, u, other *unit) *telling {
	out := make(chan *batch, 1)
	go c.events(ctx, u, out)
	redact := mail.Redactor{Keep: true}
	if other.stored != nil && other.stored.Redacted {
		redact = mail.Redactor{Salt: c.Salt}
	}
	return &telling{batches: out, redact: redact}
}

// next is the next event, nil at the end.
func (t *telling) next() *mail.Event {
	for {
		for len(t.events) > 0 {
			ev := &t.events[0]
			t.events = t.events[1:]
			if ev.Kind != mail.KindNone {
				seal(&t.redact, ev)
				snapshot.Trim(ev)
				return ev
			}
		}
		b, ok := <-t.batches
		if !ok {
			return nil
		}
		t.events = b.events
		t.lines += b.lines[0] + b.lines[1] + b.lines[2]
	}
}
