package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// HostSpans are the spans of one MX host.
type HostSpans struct {
	MX   string
	List []session.Span
}

func (h *HostSpans) add(s session.Span) { h.List = append(room(h.List), s) }

// room makes room for one more. There are thousands of lists, most of them short, so that
// the room they have and do not need counts.
func room[T any](list []T) []T {
	if len(list) < cap(list) {
		return list
	}
	n := len(list)
	return append(make([]T, 0, n+max(n/4, min(n/2, 16))+2), list...)
}

// trim gives memory back that was not needed when a list had its most, which may come again
// before detail is summed up the next time.
func trim[T any](list []T, had int) []T {
	switch {
	case cap(list) <= had+had/2+4:
		return list
	case had == 0:
		return nil
	}
	return append(make([]T, 0, had), list...)
}

// SpanList adds the spans of one MX host to an accumulator, where it looks the host up
// once. It may not be copied after the first span.
type SpanList struct {
	acc    *Acc
	detail *Detail    // of acc
	host   *HostSpans // nil before the first span
	own    HostSpans  // the memory of host, for the first list of the MX host
}

// SpanList returns the list of an MX host.
func (a *Acc) SpanList(mx string) SpanList {
	return SpanList{acc: a, detail: a.detail, own: HostSpans{MX: mx}}
}

// MX is the name of the MX host.
func (l *SpanList) MX() string { return l.own.MX }

// Add is Acc.AddSpan.
func (l *SpanList) Add(s session.Span) {
	if l.host == nil {
		l.host = l.acc.spansAt(l.own.MX, &l.own)
	}
	l.host.add(s)
	if l.detail != nil {
		l.detail.used += spanBytes
	}
}

// Detach gives the spans memory of the accumulator's own, so that it does not keep that of
// the lists which they were added by. Nothing may be added by these any more.
func (a *Acc) Detach() {
	own := make([]HostSpans, len(a.Spans))
	for i, h := range a.Spans {
		own[i] = *h
		a.Spans[i] = &own[i]
	}
}

// findSpans is the place of an MX host in Spans, and whether it is there.
func (a *Acc) findSpans(mx string) (int, bool) {
	return slices.BinarySearchFunc(a.Spans, mx, func(h *HostSpans, mx string) int { return cmp.Compare(h.MX, mx) })
}

// spansOf are the spans of an MX host.
func (a *Acc) spansOf(mx string) []session.Span {
	if i, ok := a.findSpans(mx); ok {
		return a.Spans[i].List
	}
	return nil
}

// spansAt is where the spans of an MX host are added: if there are none so far in memory,
// in new memory if that is nil. Hosts beyond the bound share a list.
func (a *Acc) spansAt(mx string, memory *HostSpans) *HostSpans {
	i, ok := a.findSpans(mx)
	switch {
	case ok:
		return a.Spans[i]
	case len(a.Spans) >= maxHosts && mx != "":
		return a.spansAt("", nil)
	case memory == nil:
		memory = &HostSpans{MX: mx}
	}
	a.Spans = slices.Insert(room(a.Spans), i, memory)
	return memory
}
