package scan

import (
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// reuse finds out which refusals by an earlier MX came on a cached connection. Such
// a line does not tell, so it is first counted as a connection of
// its own; the delivery line that follows it may show that it was not: on a cached
// session of its own that line has nothing to set up, and delays=.../c/... is the
// time the earlier MX took. Far less than setting up a connection takes, it was
// cached too. All log hosts share its bounds.
type reuse struct {
	pending map[process]*earlierMX
	held    int // refusals in pending
	setup   map[route]*setupTime
	lost    int64 // refusals that are not remembered
}

// process is one of a log host.
type process struct {
	host *host
	pid  uint32
}

// route is the way from a log host to an MX host.
type route struct {
	host *host
	mx   string
}

// earlierMX are the refusals of one delivery so far.
type earlierMX struct {
	queueID  string
	acc      *group.Acc
	refusals []*group.Observation
}

// setupTime adds up c of deliveries on new connections, in microseconds.
type setupTime struct{ sum, n int64 }

const (
	// maxPending are the processes that are remembered with a refusal by an earlier MX.
	maxPending = 1 << 12
	// maxHeld are the refusals that are remembered of all.
	maxHeld = 1 << 14
	// maxEarlier are the refusals that are remembered of one delivery; Postfix tries five
	// addresses (smtp_mx_address_limit).
	maxEarlier = 64
)

func newReuse() reuse {
	return reuse{pending: map[process]*earlierMX{}, setup: map[route]*setupTime{}}
}

// see takes every attempt and refusal on the wire, after it was counted.
func (r *reuse) see(h *host, acc *group.Acc, at *place, o *group.Observation) {
	ev := o.Event
	if ev.Kind == mail.KindRefusal {
		r.refused(process{h, ev.PID}, acc, o)
		return
	}
	var p *earlierMX
	if len(r.pending) > 0 {
		p = r.take(process{h, ev.PID})
	}
	if !ev.HasDelays {
		return
	}
	same := p != nil && p.acc == acc && p.queueID == string(ev.QueueID)
	s := at.setup
	if s == nil {
		s = r.setup[route{h, string(ev.MX)}]
		at.setup = s
	}
	switch {
	case same && ev.ConnUse > 1 && s != nil && ev.Delays[2]*s.n*2 < s.sum*int64(len(p.refusals)):
		for _, o := range p.refusals {
			acc.Reused(o)
		}
	case !same && ev.ConnUse < 2:
		if s == nil {
			if len(r.setup) >= maxCached {
				return
			}
			s = &at.own
			r.setup[route{h, at.nameOf(ev)}] = s
			at.setup = s
		}
		s.sum += ev.Delays[2]
		s.n++
	}
}

// take returns what is remembered of a process, nil if that is nothing, and forgets it.
func (r *reuse) take(by process) *earlierMX {
	p := r.pending[by]
	if p != nil {
		r.held -= len(p.refusals)
		delete(r.pending, by)
	}
	return p
}

// refused remembers a refusal by an earlier MX. When there are very many, all are
// forgotten.
func (r *reuse) refused(by process, acc *group.Acc, o *group.Observation) {
	ev := o.Event
	p := r.pending[by]
	if len(r.pending) >= maxPending && p == nil || r.held >= maxHeld {
		r.lost += int64(r.held)
		r.held, p = 0, nil
		clear(r.pending)
	}
	if p == nil || p.queueID != string(ev.QueueID) || p.acc != acc {
		r.take(by)
		p = &earlierMX{queueID: string(ev.QueueID), acc: acc}
		r.pending[by] = p
	}
	switch {
	case ev.Stage < mail.StageMail || o.Attempt.Repeated:
	case len(p.refusals) >= maxEarlier:
		r.lost++
	default:
		p.refusals = append(p.refusals, keepConnection(o))
		r.held++
	}
}

// keepConnection keeps of an observation what Acc.Reused needs.
func keepConnection(o *group.Observation) *group.Observation {
	return &group.Observation{
		Event:   &mail.Event{Time: o.Event.Time, MX: append([]byte(nil), o.Event.MX...)},
		Reading: o.Reading, Attempt: o.Attempt, SenderDomain: o.SenderDomain, Stream: o.Stream,
	}
}
