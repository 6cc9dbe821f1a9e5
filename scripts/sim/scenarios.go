package sim

import "time"

// day is the length of most scenarios.
const day = 24 * time.Hour

// daysBefore is the start of a log that ends some days after midnight.
func daysBefore(n int) time.Time { return midnight.AddDate(0, 0, -n) }

// Who sends.
const (
	newsletter = "newsletter@example.com"
	orders     = "orders@example.com"
	office     = "office@example.com"
)

// consumer is mail to the four Microsoft consumer domains.
func (w *world) consumer() []share {
	return []share{{w.hotmail, 50}, {w.outlook, 25}, {w.live, 15}, {w.msn, 10}}
}

// everybody is the usual mix of an ordinary sender: a fifth goes to Microsoft.
func (w *world) everybody() []share {
	return append(w.elsewhere(), share{w.hotmail, 10}, share{w.outlook, 6}, share{w.live, 2.5}, share{w.msn, 1.5})
}

// elsewhere is the mix without Microsoft.
func (w *world) elsewhere() []share {
	return []share{{w.gmail, 35}, {w.yahooCom, 12}, {w.gmxNet, 8}, {w.gateway, 15}, {w.small, 10}}
}

// ordinary is a day like any other for each day of the log: so many messages a day,
// and receivers that now and then are busy, do not know a user, or greylist. None of
// it is about connections.
func (w *world) ordinary(perDay int, to []share, via ...*transport) {
	w.yahoo.rules = append(w.yahoo.rules, &chance{key: "busy", p: 0.003, stage: atMail, reply: insufficient})
	w.gate.rules = append(w.gate.rules, &chance{key: "unknown-user", p: 0.003, stage: atRcpt, reply: noSuchUser})
	w.kmu.rules = append(w.kmu.rules, &greylist{delay: 5 * time.Minute, reply: greylisted})
	w.stream(flow{over: w.length, messages: int(float64(perDay) * float64(w.length) / float64(day)), sender: office, to: to, via: via})
}

// microsoftCap gives Microsoft's platform a limit of sessions for each sending IP.
func (w *world) microsoftCap(l limit) {
	w.microsoft.rules = append(w.microsoft.rules, &sessionCap{limit: l, stage: atMail, reply: microsoftLimit})
}

// distrust lets Microsoft refuse with probability p whatever the load.
func (w *world) distrust(p float64) *chance {
	return &chance{key: "distrust", p: p, stage: atMail, reply: microsoftLimit}
}

// sessions is a change of the own limit of sessions to one destination.
func sessions(n int) func(*mta) { return func(m *mta) { m.destinationSessions = n } }
