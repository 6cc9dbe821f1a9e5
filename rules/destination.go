package rules

import (
	"bytes"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Destination is the receiver behind an MX host: a known provider's platform, or
// the registrable domain of a custom MX.
type Destination struct {
	// Platform is the id, Name how reports call it.
	Platform, Name string
	// Provider is the id for Classify, "" for a custom MX.
	Provider string
	Kind     mail.Kind
}

// relays says that a provider hands on replies of others.
func (p *Provider) relays() bool { return p.kind == mail.ESP || p.ID == "cloudflare-email-routing" }

// Destination returns the receiver behind an MX host, or where that is unknown
// ("" or "none") behind a recipient domain. Providers that share MX addresses are
// one platform. An MX that is an address stays one. Nothing known is "unknown".
//
// It is safe for concurrent use and remembers nothing: whoever asks for every line
// remembers the answers.
func (ps *Providers) Destination(mxHost, recipientDomain []byte) Destination {
	mx := clean(string(bytes.Trim(mxHost, "[]")))
	if mx == "none" {
		mx = ""
	}
	if mx == "" {
		domain := clean(string(recipientDomain))
		if domain == "" {
			return Destination{Platform: "unknown", Name: "unknown"}
		}
		if p := ps.domain(domain); p != nil {
			return ps.of(p)
		}
		return custom(domain)
	}
	if p := ps.mx(mx); p != nil {
		return ps.of(p)
	}
	return custom(mx)
}

func (ps *Providers) of(p *Provider) Destination {
	d := Destination{Platform: p.Platform, Name: p.Name, Provider: p.ID, Kind: p.kind}
	if q := ps.byID[p.Platform]; q != nil {
		d.Name, d.Kind = q.Name, q.kind
	}
	return d
}

// custom is the destination of a host that no provider rule knows.
func custom(host string) Destination {
	if a, err := netip.ParseAddr(strings.TrimPrefix(host, "ipv6:")); err == nil {
		return Destination{Platform: a.Unmap().String(), Name: a.Unmap().String()}
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		domain = host
	}
	return Destination{Platform: domain, Name: domain}
}

// isSuffix says that s is a public suffix of ICANN ("com", "co.uk").
func isSuffix(s string) bool {
	suffix, icann := publicsuffix.PublicSuffix(s)
	return icann && suffix == s
}
