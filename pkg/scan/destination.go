package scan

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// destination returns the receiver of an attempt: by its MX; without one (no
// connection was made) by the platform that took the domain's mail before, else by
// the domain itself.
func (c *chain) destination(ev *mail.Event) rules.Destination {
	domain := ev.Recipient[bytes.LastIndexByte(ev.Recipient, '@')+1:]
	host := ev.MX
	if len(host) == 0 && len(domain) == 0 {
		host = ev.MXIP // an address alone tells less than the domain
	}
	if len(host) == 0 {
		if d, ok := c.served[string(domain)]; ok && d.Platform != "" {
			return d
		}
		return c.cached(c.domains, domain, nil, domain)
	}
	d := c.cached(c.mxCache, host, host, nil)
	if len(domain) > 0 {
		c.serves(d, domain)
	}
	return d
}

// serves remembers that a platform takes mail for a domain. A domain that several
// platforms take mail for does not tell by itself.
func (c *chain) serves(d rules.Destination, domain []byte) {
	old, ok := c.served[string(domain)]
	switch {
	case !ok && len(c.served) < maxCached:
		c.served[string(domain)] = d
	case ok && old.Platform != d.Platform && old.Platform != "":
		c.served[string(domain)] = rules.Destination{}
	}
}

// cached asks the providers once for each name.
func (c *chain) cached(cache map[string]rules.Destination, key, host, domain []byte) rules.Destination {
	if d, ok := cache[string(key)]; ok {
		return d
	}
	d := c.cfg.Rules.Providers.Destination(host, domain)
	if len(cache) < maxCached {
		cache[string(key)] = d
	}
	if _, ok := c.names[d.Platform]; !ok {
		c.names[d.Platform] = d
	}
	return d
}

// maxCached bounds what is remembered per name; log text is hostile.
const maxCached = 1 << 16
