package snapshot

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Lines that tell nothing but their time (mail.KindNone) matter where they say at which
// place inside its second another line of its host stands (session.Stream), and where
// they are all that shows that the clock moved on. So they are written as numbers of
// them: before the next event of their second, or at its end. A second of a host of which
// nothing else is told is left out; not the first and the last of a file, which may be
// those of the file before and after it, and not one between two seconds with the same
// stamp.

// second is one second of one host.
type second struct {
	host  string
	order int   // of the hosts
	stamp int64 // in microseconds
	last  int64 // the stamp of the second written before
	n     int64 // lines that tell nothing and are not written
	told  bool  // something of it was written, or is going to be
}

const micros = 1_000_000

// seconds are the seconds of all hosts of one file.
type seconds map[string]*second

// event calls write with what is to be written of the lines up to this event.
func (s seconds) event(ev *mail.Event, write func(*mail.Event)) {
	h := s[string(ev.Host)]
	counts := ev.Time != 0 && !ev.Precise // those that session.Stream counts
	switch {
	case !counts && ev.Kind == mail.KindNone:
		return
	case !counts:
		if h != nil { // it may depend on which second it is
			h.told = true
			h.write(write)
		}
		write(ev)
		return
	case h == nil:
		h = &second{host: string(ev.Host), order: len(s), stamp: stampOf(ev.Time), told: true}
		s[h.host] = h
	case h.stamp != stampOf(ev.Time):
		h.end(stampOf(ev.Time), write)
	}
	if ev.Kind == mail.KindNone {
		h.n += 1 + int64(ev.Repeats)
		return
	}
	h.told = true
	h.write(write)
	write(ev)
}

func stampOf(time int64) int64 { return time - time%micros }

// end ends a second because another one begins.
func (h *second) end(next int64, write func(*mail.Event)) {
	if h.told || next == h.last {
		h.write(write)
		h.last = h.stamp
	}
	h.stamp, h.n, h.told = next, 0, false
}

// write writes the lines that were counted.
func (h *second) write(write func(*mail.Event)) {
	for h.n > 0 {
		more := min(h.n, 1<<32) - 1
		write(&mail.Event{Kind: mail.KindNone, Host: []byte(h.host), Time: h.stamp, Repeats: uint32(more)})
		h.n -= 1 + more
	}
}

// finish ends the file.
func (s seconds) finish(write func(*mail.Event)) {
	var hosts []*second
	for _, h := range s {
		hosts = append(hosts, h)
	}
	slices.SortFunc(hosts, func(a, b *second) int { return cmp.Compare(a.order, b.order) })
	for _, h := range hosts {
		h.write(write)
	}
	clear(s)
}
