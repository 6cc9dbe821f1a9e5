package group

import "github.com/seed-07ce53fa/diagnose/pkg/session"

// SpanList adds the spans of one MX host to an accumulator, which it looks up once. There
// must be one only for each host of an accumulator; what it was given is there after
// Settle.
type SpanList struct {
	acc   *Acc
	mx    string
	spans []session.Span // those of the accumulator and more, if it is one of acc.ahead
	ahead bool
}

// SpanList returns the list of an MX host.
func (a *Acc) SpanList(mx string) SpanList { return SpanList{acc: a, mx: mx} }

// Add is Acc.AddSpan.
func (l *SpanList) Add(s session.Span) {
	if l.ahead {
		l.spans = append(l.spans, s)
		if l.acc.detail != nil {
			l.acc.detail.used += spanBytes
		}
		return
	}
	l.acc.AddSpan(l.mx, s)
	if spans, ok := l.acc.Spans[l.mx]; ok && l.mx != "" { // else it shares a list with others
		l.spans, l.ahead = spans, true
		l.acc.ahead = append(l.acc.ahead, l)
	}
}

// Settle gives the accumulator all that its lists were given.
func (a *Acc) Settle() {
	for _, l := range a.ahead {
		a.Spans[l.mx] = l.spans
		l.spans, l.ahead = nil, false
	}
	clear(a.ahead)
	a.ahead = a.ahead[:0]
}
