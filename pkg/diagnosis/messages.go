package diagnosis

import (
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// messages shows examples of those that met a refusal, and how many there are beyond
// them (C92).
func messages(g *report.Group, m *group.Messages) {
	g.MessagesMore, g.MessagesWithoutID = m.Total-int64(len(m.First)), m.WithoutID
	g.MessagesHeld = m.Held
	for i := range m.First {
		one := &m.First[i]
		g.Messages = append(g.Messages, report.Message{
			MessageID: known(one.MessageID), QueueID: known(one.QueueID), Sender: known(one.Sender), Recipient: known(one.Recipient),
			Refused: timeOf(one.Refused), Ended: timeOf(one.Ended), Attempts: int64(one.Attempts), Outcome: Ending(one.Outcome),
		})
	}
}

// Ending is the name of what became of a message at the end of the log: a message
// whose last try was deferred is queued.
func Ending(o mail.Outcome) string {
	if o == mail.Deferred {
		return "queued"
	}
	return o.String()
}

// known is nil for what is unknown.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// pool is the declared kind of the sending IP's pool, and owner who can change what
// the receiver sees: a dedicated IP is the sender's concern as well (C52, C107).
func pool(s *group.Summary, esp bool) (kind, owner string) {
	kind, owner = group.PoolUnknown, "mta-operator"
	switch {
	case s.All.Facts["pool_shared"].Value > 0:
		kind = group.PoolShared
	case s.All.Facts["pool_dedicated"].Value > 0:
		kind = group.PoolDedicated
	}
	switch {
	case esp && kind == group.PoolDedicated:
		owner = "esp-and-sender"
	case esp:
		owner = "esp"
	}
	return kind, owner
}
