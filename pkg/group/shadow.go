package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// A span that was summed up may stay for a while as a shadow, without attempts: what came
// at the same time, or is told late, is measured with it.
const (
	shadowTime = 90 * second // more than a session takes to be told of, and the bucket it is in
	mostShadow = 256         // for each host, of those that were served and of the others
)

func shadow(s *session.Span) bool { return s.Attempts == 0 }

// keep are the spans that are not gone, and shadows of those that were open shortly
// before a time that is not.
func (f *folding) keep(spans []session.Span) []session.Span {
	line, list := &f.line, spans[:0]
	served, others := f.shadows[0][:0], f.shadows[1][:0]
	for i := range spans {
		s := &spans[i]
		switch {
		case !line.gone(s.Close):
			list = append(list, *s)
		case !line.gone(s.Open) || !line.gone(s.Close+shadowTime):
			s.Attempts, s.Refused = 0, 0
			if wasServed(s) {
				served = append(served, *s)
			} else {
				others = append(others, *s)
			}
		}
	}
	f.shadows = [2][]session.Span{served, others}
	list = slices.Insert(list, 0, latest(others)...) // they are older
	return slices.Insert(list, 0, latest(served)...)
}

// latest are as many shadows as may stay.
func latest(shadows []session.Span) []session.Span {
	n := len(shadows) - mostShadow
	if n <= 0 {
		return shadows
	}
	slices.SortFunc(shadows, func(a, b session.Span) int {
		return cmp.Or(cmp.Compare(a.Close, b.Close), cmp.Compare(a.Open, b.Open), cmp.Compare(a.PID, b.PID))
	})
	return shadows[n:]
}
