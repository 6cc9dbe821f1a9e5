package scan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// rowsOf are the rows of a load, as text. Meanwhile so many trails are kept at most.
func rowsOf(t *testing.T, cfg Config, l *load, most int) (rows []string) {
	t.Helper()
	m := newMessages(&cfg, "", "")
	defer m.rows.close()
	kept := func() (n int) {
		for _, h := range m.chain.hosts {
			n += len(h.trails.byNumber) + len(h.trails.refused)
		}
		return n
	}
	for i := range l.events {
		m.chain.apply(&l.events[i])
		if n := kept(); n > most {
			t.Fatalf("event %d: %d trails are kept, want %d at most", i, n, most)
		}
	}
	m.chain.finish()
	if n := kept(); n > 0 || m.err != nil {
		t.Errorf("%d trails are kept after the end, %v", n, m.err)
	}
	if err := m.rows.each(func(one *trail) error {
		rows = append(rows, fmt.Sprintf("%+v", *one))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

// A row is known when its message is over; until then it is kept, no longer.
func TestTrails(t *testing.T) {
	const messages, open = 500, 3
	l := newLoad(messages)
	for i := range open {
		id := fmt.Sprintf("5%08X", i)
		l.arrive(id)
		ev := l.try(id, "", "mx.example.net", mail.Refused, busy) // by an earlier MX
		ev.Kind = mail.KindRefusal
		l.try(id, "late@example.net", "mx2.example.net", mail.Deferred, busy)
	}
	rows := rowsOf(t, loadConfig(t), l, 2*open)
	if len(rows) != messages+open {
		t.Errorf("%d rows of %d messages", len(rows), messages+open)
	}
	refused := slices.DeleteFunc(rows, func(s string) bool {
		return !strings.Contains(s, "Attempts:2 Refusals:2") || !strings.Contains(s, "late@")
	})
	if len(refused) != open {
		t.Errorf("%d recipients have the refusal of an earlier MX, want %d", len(refused), open)
	}
}

// Senders that are all different take no place of messages, however little memory there is.
func TestTrailsOfManySenders(t *testing.T) {
	l := newLoad(20_000)
	for i := range l.events {
		if ev := &l.events[i]; ev.Kind == mail.KindActive {
			ev.Sender = fmt.Appendf(nil, "bounce-%s-%s@lists.example.com", ev.QueueID, strings.Repeat("x", 60))
		}
	}
	cfg := loadConfig(t)
	want := rowsOf(t, cfg, l, 1)
	for _, most := range []int64{16 << 20, 64 << 20} {
		cfg.MaxMemory = most
		if got := rowsOf(t, cfg, l, 1); !slices.Equal(got, want) {
			t.Errorf("within %d bytes rows are others", most)
		}
	}
	if n := strings.Count(strings.Join(want, "\n"), "Sender:bounce-"); n != len(want) || n != 20_000 {
		t.Errorf("%d rows, %d have a sender", len(want), n)
	}
}
