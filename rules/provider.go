package rules

import (
	"slices"
	"sort"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Provider is a receiver that the rules know.
type Provider struct {
	ID string `yaml:"id"`
	// Name is how reports call it, Platform the destination that it is part of
	// (its own id if empty): providers that share MX addresses share a platform.
	Name     string `yaml:"name"`
	Platform string `yaml:"platform"`
	Kind     string `yaml:"kind"`
	// MX are host names, or suffixes that begin with a dot.
	MX []string `yaml:"mx"`
	// Domains are recipient domains; "hotmail.*" is every public suffix.
	Domains []string `yaml:"domains"`
	// Signatures are words in a reply that only this provider uses; % is a digit.
	// Hosts are domains of host names in a reply that tell the same.
	Signatures []string `yaml:"signatures"`
	Hosts      []string `yaml:"hosts"`
	Notes      string   `yaml:"notes"`
	Source     string   `yaml:"source"`
	At         Pos      `yaml:"-"`

	kind mail.Kind
	user bool
}

type providerFile struct {
	Providers []Provider `yaml:"providers"`
}

// Providers knows receivers by MX host, recipient domain and reply. It is safe for
// concurrent use.
type Providers struct {
	list     []*Provider
	byID     map[string]*Provider
	byMX     map[string]*Provider // suffixes with their dot, hosts without
	byDomain map[string]*Provider
	byLabel  map[string]*Provider // "hotmail" of "hotmail.*"
	signs    signatures
}

func newProviders(list []*Provider) (*Providers, []error) {
	ps := &Providers{byID: map[string]*Provider{}, byMX: map[string]*Provider{}, byDomain: map[string]*Provider{}, byLabel: map[string]*Provider{}}
	ps.signs.hosts = map[string]string{}
	var errs []error
	list = withoutReplaced(list)
	for _, p := range list {
		bad := func(key, format string, args ...any) {
			errs = append(errs, p.At.Key(key).Errorf("provider %q: "+format, append([]any{p.ID}, args...)...))
		}
		if p.ID == "" {
			bad("id", "needs an id")
		}
		if old := ps.byID[p.ID]; old != nil {
			bad("id", "id is taken, see %s:%d", old.At.File, old.At.Line)
		}
		var ok bool
		if p.kind, ok = mail.ParseKind(p.Kind); !ok {
			bad("kind", "unknown kind %q%s", p.Kind, DidYouMean(p.Kind, mail.KindNames()))
		}
		if p.Source == "" {
			bad("source", "needs a source")
		}
		if p.Name == "" {
			p.Name = p.ID
		}
		if p.Platform == "" {
			p.Platform = p.ID
		}
		put := func(m map[string]*Provider, key, what string) {
			if old := m[what]; old != nil && old.ID != p.ID && (old.user || !p.user) {
				bad(key, "%s %q is taken by provider %q", key, what, old.ID)
				return
			}
			m[what] = p
		}
		ps.byID[p.ID] = p
		ps.list = append(ps.list, p)
		for _, s := range p.MX {
			put(ps.byMX, "mx", strings.ToLower(s))
		}
		for _, d := range p.Domains {
			if label, all := strings.CutSuffix(strings.ToLower(d), ".*"); all {
				put(ps.byLabel, "domains", label)
			} else {
				put(ps.byDomain, "domains", strings.ToLower(d))
			}
		}
		for i, s := range p.Signatures {
			if len(s) < 3 || s[0] == '%' {
				errs = append(errs, p.At.Key("signatures", i).Errorf("provider %q: signature %q needs three characters or more, the first no %%", p.ID, s))
				continue
			}
			ps.signs.words = append(ps.signs.words, signature{s, p.ID})
		}
		for _, h := range p.Hosts {
			ps.signs.hosts[strings.ToLower(h)] = p.ID
		}
	}
	for _, p := range list {
		if q := ps.byID[p.Platform]; q == nil {
			errs = append(errs, p.At.Key("platform").Errorf("provider %q: platform %q is no provider%s", p.ID, p.Platform, DidYouMean(p.Platform, ps.IDs())))
		}
	}
	return ps, errs
}

// withoutReplaced leaves out built-in providers whose id a user's provider has.
func withoutReplaced(list []*Provider) []*Provider {
	users := map[string]bool{}
	for _, p := range list {
		users[p.ID] = users[p.ID] || p.user
	}
	return slices.DeleteFunc(slices.Clone(list), func(p *Provider) bool { return !p.user && users[p.ID] })
}

// IDs returns the ids of all providers, sorted.
func (ps *Providers) IDs() []string {
	ids := make([]string, 0, len(ps.byID))
	for id := range ps.byID {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

// Get returns the provider with that id, nil if there is none.
func (ps *Providers) Get(id string) *Provider { return ps.byID[id] }

// ByMX returns the id of the provider that runs an MX host, "" if unknown. The
// longest suffix wins, on label boundaries, in either case of letters, with or
// without the final dot.
func (ps *Providers) ByMX(host string) string {
	if p := ps.mx(clean(host)); p != nil {
		return p.ID
	}
	return ""
}

func (ps *Providers) mx(host string) *Provider {
	if p := ps.byMX[host]; p != nil {
		return p
	}
	for i := 0; i < len(host); i++ {
		if i == 0 || host[i] == '.' {
			s := host[i:]
			if i == 0 {
				s = "." + host
			}
			if p := ps.byMX[s]; p != nil {
				return p
			}
		}
	}
	return nil
}

// ByDomain returns the id of the provider that a recipient domain belongs to, ""
// if unknown.
func (ps *Providers) ByDomain(domain string) string {
	if p := ps.domain(clean(domain)); p != nil {
		return p.ID
	}
	return ""
}

func (ps *Providers) domain(domain string) *Provider {
	if p := ps.byDomain[domain]; p != nil {
		return p
	}
	label, rest, ok := strings.Cut(domain, ".")
	if p := ps.byLabel[label]; ok && p != nil && isSuffix(rest) {
		return p
	}
	return nil
}

// clean lower-cases a host name and takes the final dot off.
func clean(host string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
}
