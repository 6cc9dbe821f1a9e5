package scan

import (
	"bytes"
	"math"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// receiver is an MX host, the place that its mail went to last, and the domain that the
// mail was for: most serve one, and those of many have one that is named most.
type receiver struct {
	name   string
	to     *rules.Destination
	origin *origin // nil before the first attempt
	place  *place
	latest string // the name of domain
	domain *domain
	first  place   // the memory of the first place: most have one
	_      [8]byte // so that it is three whole lines of the cache
}

// domain is a recipient or sender domain, as it stands in the log: a line of the cache.
type domain struct {
	name, lower string
	// served is the destination that took its mail, nil before the first connection.
	// Where several did, the domain does not tell by itself.
	served  *rules.Destination
	own     *rules.Destination // without an MX; nil if nobody asked yet
	acc     *group.Acc         // the accumulator that its mail went to last
	share   group.ShareNumber  // its share of that
	sender  uint8              // its number among sender domains, 0 if it has none
	several bool
	passing bool // it is not remembered
}

// shareOf returns the share of an accumulator, 0 if it is not known.
func (d *domain) shareOf(acc *group.Acc) group.ShareNumber {
	if d.acc != acc {
		return 0
	}
	return d.share
}

// destination returns the receiver of an attempt: by its MX; without one (no
// connection was made) by the platform that took the domain's mail before, else by
// the domain itself. The receiver is nil where the line names no MX, the domain where
// it names no recipient.
func (c *chain) destination(ev *mail.Event) (*rules.Destination, *receiver, *domain) {
	name := ev.Recipient[bytes.LastIndexByte(ev.Recipient, '@')+1:]
	mx := ev.MX
	if len(mx) == 0 && len(name) == 0 {
		mx = ev.MXIP // an address alone tells less than the domain
	}
	if len(mx) > 0 {
		rc := c.receiver(mx)
		var d *domain
		if len(name) > 0 {
			d = c.domainOn(rc, name)
			if to := c.behind(rc, d); to != nil {
				d.serve(to)
				return to, nil, d
			}
			d.serve(rc.to)
		}
		if len(ev.MX) == 0 {
			return rc.to, nil, d
		}
		return rc.to, rc, d
	}
	d := c.domain(name)
	if len(name) == 0 {
		return c.ownOf(d), nil, nil
	}
	if d.served != nil && !d.several {
		return d.served, nil, d
	}
	return c.ownOf(d), nil, d
}

// behind returns the consumer platform that a recipient domain is of, where the name of the
// MX host tells only a platform for businesses that it shares front ends with, as those of
// outlook.com greet ("AM7EUR06FT038.mail.protection.outlook.com", Exchange's send log). An MX
// host of a customer has the domain in its name. Nil is none.
func (c *chain) behind(rc *receiver, d *domain) *rules.Destination {
	if rc.to.Kind != mail.BusinessMailbox || d.passing {
		return nil
	}
	own := c.ownOf(d)
	if own.Kind != mail.ConsumerMailbox {
		return nil
	}
	first, _, _ := strings.Cut(d.lower, ".")
	if strings.Contains(strings.ToLower(rc.name), first) {
		return nil
	}
	return own
}

// ownOf returns the destination that a domain is without an MX.
func (c *chain) ownOf(d *domain) *rules.Destination {
	if d.own == nil {
		d.own = c.ask(nil, []byte(d.lower))
		if d.passing && len(d.name) <= maxName {
			c.crowd.domains++
		}
	}
	return d.own
}

// serve notes that a destination takes mail for a domain.
func (d *domain) serve(to *rules.Destination) {
	switch {
	case d.served == to:
	case d.served == nil:
		d.served = to
	case d.served.Platform != to.Platform:
		d.several = true
	}
}

// receiver returns what is known of an MX host. When there are very many, all are
// forgotten.
func (c *chain) receiver(mx []byte) *receiver {
	at := c.near.at(mx)
	if n := c.near.receivers[at]; n > 0 {
		if rc := c.receivers.get(int(n)); rc.name == string(mx) {
			return rc
		}
	}
	n, ok := c.byMX[string(mx)]
	if !ok {
		if len(c.byMX) >= maxReceivers {
			clear(c.byMX)
			c.receivers, c.near.receivers = numbered[receiver]{}, [nearNames]uint16{}
		}
		rc := c.receivers.add()
		rc.name, rc.to = string(mx), c.ask(mx, nil)
		n = c.receivers.n
		c.byMX[rc.name] = n
	}
	c.near.receivers[at] = uint16(n)
	return c.receivers.get(n)
}

// domainOn is domain for mail that an MX host takes.
func (c *chain) domainOn(rc *receiver, name []byte) *domain {
	if rc.latest == string(name) {
		return rc.domain
	}
	d := c.domain(name)
	if !d.passing {
		rc.latest, rc.domain = d.name, d
	}
	return d
}

// domain returns what is known of a domain. Those beyond the bound, and what is too long
// for one, are not remembered.
func (c *chain) domain(name []byte) *domain {
	at := c.near.at(name)
	if n := c.near.domains[at]; n > 0 {
		if d := c.domains.get(int(n)); d.name == string(name) {
			return d
		}
	}
	n, ok := c.byDomain[string(name)]
	if !ok {
		if len(name) > maxName {
			c.crowd.names++
			return &domain{name: string(name), lower: strings.ToLower(string(name[:maxName])), passing: true}
		}
		d := domain{name: string(name)}
		if d.lower = strings.ToLower(d.name); len(c.byDomain) >= maxCached {
			d.passing = true
			return &d
		}
		*c.domains.add() = d
		n = c.domains.n
		c.byDomain[d.name] = n
	}
	if n <= math.MaxUint16 {
		c.near.domains[at] = uint16(n)
	}
	return c.domains.get(n)
}

// domainIn returns the domain of an address, an empty one if it has none.
func (c *chain) domainIn(address []byte) *domain {
	i := bytes.LastIndexByte(address, '@')
	if i < 0 {
		return &c.noDomain
	}
	return c.domain(address[i+1:])
}

// senderOf returns the domain of the sender of an attempt.
func (c *chain) senderOf(at *join.Attempt, ev *mail.Event) *domain {
	n := at.SenderNumber
	if n < len(c.senders) && c.senders[n] != nil {
		return c.senders[n]
	}
	if len(at.Sender) == 0 {
		return c.domainIn(ev.Sender)
	}
	d := c.domainIn(at.Sender)
	if n > 0 && !d.passing {
		c.senders = append(c.senders, make([]*domain, max(n+1-len(c.senders), 0))...)
		c.senders[n] = d
		if d.sender == 0 && c.numbered < maxSending {
			c.numbered++
			d.sender = c.numbered
		}
	}
	return d
}

// domainOf returns the lower-case domain of an address, empty if it has none.
func (c *chain) domainOf(address []byte) string { return c.domainIn(address).lower }

// ask asks the providers. MX hosts of one platform share the answer.
func (c *chain) ask(mx, domain []byte) *rules.Destination {
	d := c.cfg.Rules.Providers.Destination(mx, domain)
	known := c.names[d.Platform]
	if known != nil && *known == d {
		return known
	}
	if known == nil && (d.Kind != mail.CustomMX || len(c.names) < maxReceivers) {
		c.names[d.Platform] = &d
	}
	return &d
}
