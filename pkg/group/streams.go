package group

import (
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Stream is a kind of mail that the user declared, by sender. Its zero value stands
// where no streams are declared.
type Stream struct {
	Name string
	// Transactional mail is what somebody waits for: a password reset, a receipt (C68).
	Transactional bool
}

// StreamShare is the part of an accumulator that one stream has.
type StreamShare struct {
	Share
	Transactional bool
	// Lost are the recipients that expired or bounced after a refusal which severity
	// counts, or by one.
	Lost int64
	// Waits are microseconds until delivery of those delivered on retry (C101).
	Waits Tally
}

func (s *StreamShare) add(o *StreamShare) {
	s.Share.add(&o.Share)
	s.Transactional = s.Transactional || o.Transactional
	s.Lost += o.Lost
	s.Waits.merge(&o.Waits)
}

// stream returns the share of a stream, nil where none are declared. Their number is
// what the user declared, so that it needs no bound.
func (a *Acc) stream(s Stream) *StreamShare {
	if s.Name == "" {
		return nil
	}
	share := a.Streams[s.Name]
	if share == nil {
		share = &StreamShare{Transactional: s.Transactional}
		if a.Streams == nil {
			a.Streams = map[string]*StreamShare{}
		}
		a.Streams[s.Name] = share
	}
	return share
}

// addFate takes the end of one recipient that is no notification.
func (s *StreamShare) addFate(f *join.Fate) {
	if f.Trouble && (f.Outcome == mail.Expired || f.Outcome == mail.Bounced) {
		s.Lost++
	}
	if f.AtOnce {
		return
	}
	s.Share.expire(f)
	if f.Outcome == mail.Delivered && f.Wait > 0 && f.Retried() {
		s.Waits.Add(f.Wait, 1)
	}
}

// streams measures what befell transactional mail. Without declared streams nobody
// knows, and the facts are not there.
func (c *Cell) streams() {
	if len(c.Acc.Streams) == 0 {
		return
	}
	var lost, refused int64
	for _, s := range c.Acc.Streams {
		if s.Transactional {
			lost += s.Lost
			refused += s.Trouble()
		}
	}
	c.Facts["transactional_expired"] = rules.Measure{Value: float64(lost), Basis: rules.Measured}
	c.Facts["transactional_refusals"] = rules.Measure{Value: float64(refused), Basis: rules.Measured}
}

// Facts sets the facts that the share of a stream has.
func (s *StreamShare) Facts(f rules.Facts) {
	s.Share.Facts(f)
	var lost, refused int64
	if s.Transactional {
		lost, refused = s.Lost, s.Trouble()
	}
	f["transactional_expired"] = rules.Measure{Value: float64(lost), Basis: rules.Measured}
	f["transactional_refusals"] = rules.Measure{Value: float64(refused), Basis: rules.Measured}
}
