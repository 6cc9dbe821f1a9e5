package group

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// slot is ten minutes of a log: refused and accepted attempts with so many sessions open.
type slot struct{ refused, accepted, sessions int }

func stateOf(slots ...slot) string {
	a := NewAcc()
	for i, s := range slots {
		at := 1_000_000 + int64(i)*600
		for j := range s.refused {
			a.Add(observe(at+int64(j%500), mail.Deferred, &limit, true))
		}
		for j := range s.accepted {
			a.Add(observe(at+int64(j%500), mail.Delivered, &success, true))
		}
		for j := range s.sessions {
			a.AddSpan("mx.example.net", session.Span{Open: at*second + int64(j), Close: (at + 5) * second, PID: uint32(j), Attempts: 1, Use: 1})
		}
	}
	c := Cell{Acc: a, th: thresholds()}
	c.measure()
	return c.State
}

// Recovery needs all three numbers: fewer sessions, fewer deferrals, mail taken as before
// (H27, H84, H85). Nothing is said of too little (C65).
func TestState(t *testing.T) {
	f := func(name, want string, slots ...slot) {
		t.Helper()
		if got := stateOf(slots...); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	bad := slot{refused: 80, accepted: 40, sessions: 20}
	f("no refusals", StateStable, slot{0, 100, 5}, slot{0, 100, 5})
	f("one refusal on a clean day", StateStable, slot{1, 100, 5}, slot{0, 100, 5}, slot{0, 100, 5})
	f("goes on", StateActive, bad, bad, bad, bad, bad, bad)
	f("all three are healthy", StateRecovering, bad, bad, bad, bad, slot{5, 45, 2}, slot{4, 45, 2})
	f("sessions do not fall", StateActive, bad, bad, bad, bad, slot{5, 45, 20}, slot{4, 45, 20})
	f("deferrals do not shrink", StateActive, bad, bad, bad, bad, slot{80, 45, 2}, slot{80, 45, 2})
	f("acceptance falls", StateActive, bad, bad, bad, bad, slot{5, 15, 2}, slot{4, 14, 2})
	f("clean since", StateRecovered, bad, bad, slot{0, 50, 2}, slot{0, 50, 2})
	f("silent since", StateActive, bad, bad, slot{}, slot{0, 3, 1})
}
