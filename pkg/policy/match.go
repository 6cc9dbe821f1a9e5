package policy

import (
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// busyShare is the part of the attempts from which a domain counts as busy.
const busyShare = 0.1

// match finds the domains and MX hosts of g, those that a provider is known for and
// those of the logs. Names of the logs are taken only if they are names: they go into
// configuration files.
func (p *Plan) match(g *report.Group, providers *rules.Providers) {
	p.Domains, p.MX, p.Busy = knownDomains(providers, g.Platform), knownMX(providers, g.Platform), []string{}
	var seen []string
	for _, d := range g.Domains {
		if d = strings.ToLower(d); !isDomain(d) {
			p.Left++
		} else if !slices.Contains(p.Domains, d) {
			seen = append(seen, d)
		}
	}
	slices.Sort(seen)
	p.Domains = append(p.Domains, seen...)
	if len(p.MX) == 0 {
		for _, h := range g.MX {
			if h = strings.ToLower(h); isDomain(h) {
				p.MX = append(p.MX, h)
			}
		}
		slices.Sort(p.MX)
	}
	for _, row := range g.ByDomain {
		if float64(row.Counts.Attempts) >= busyShare*float64(g.Counts.Attempts) && isDomain(row.Domain) {
			p.Busy = append(p.Busy, row.Domain)
		}
	}
}

// members are the providers of a platform, the one that it is named after first.
func members(providers *rules.Providers, platform string) []*rules.Provider {
	var list []*rules.Provider
	if providers == nil {
		return nil
	}
	for _, id := range providers.IDs() {
		if m := providers.Get(id); m.Platform == platform {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b *rules.Provider) int {
		switch platform {
		case a.ID:
			return -1
		case b.ID:
			return 1
		}
		return 0
	})
	return list
}

// knownDomains are the domains by which people know a receiver: "hotmail.com" for
// "hotmail.*", or all of them where there is no such family. Rarer ones are matched
// where the logs show them.
func knownDomains(providers *rules.Providers, platform string) []string {
	families, all := []string{}, []string{}
	for _, m := range members(providers, platform) {
		for _, d := range m.Domains {
			if label, ok := strings.CutSuffix(d, ".*"); ok {
				families = append(families, label+".com")
			} else {
				all = append(all, d)
			}
		}
	}
	if len(families) > 0 {
		return families
	}
	return all
}

func knownMX(providers *rules.Providers, platform string) []string {
	list := []string{}
	for _, m := range members(providers, platform) {
		list = append(list, m.MX...)
	}
	return list
}

// isDomain says that s is a domain name that no configuration file can misread: letters,
// digits, hyphens and inner dots (RFC 1123 2.1), and not an address.
func isDomain(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	letters := false
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
				letters = true
			case c >= '0' && c <= '9', c == '-':
			default:
				return false
			}
		}
	}
	return letters
}

// consumer drops "-consumer": a receiver's consumer domains are what people mean by
// its name.
func consumer(platform string) string { return strings.TrimSuffix(platform, "-consumer") }

// maxIdent keeps names within what all MTAs take.
const maxIdent = 40

// ident makes a name that every MTA takes for a transport, a router or a table: small
// letters, digits and underscores, a letter first.
func ident(s string) string {
	b := []byte{}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b = append(b, c)
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case len(b) > 0 && b[len(b)-1] != '_':
			b = append(b, '_')
		}
	}
	name := strings.Trim(string(b), "_")
	if len(name) > maxIdent {
		name = strings.TrimRight(name[:maxIdent], "_")
	}
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "mx_" + name
	}
	return strings.TrimRight(name, "_")
}

// reserved are names that MTAs use themselves.
var reserved = []string{"smtp", "relay", "local", "virtual", "lmtp", "error", "retry", "discard", "bounce", "defer", "default"}

// distinct gives every plan a transport of its own.
func distinct(plans []Plan) {
	used := slices.Clone(reserved)
	for i := range plans {
		name := plans[i].Transport
		for n := 2; slices.Contains(used, plans[i].Transport); n++ {
			plans[i].Transport = name + "_" + string(rune('0'+n%10))
			if n > 9 {
				plans[i].Transport = plans[i].Group + "_mx"
				break
			}
		}
		used = append(used, plans[i].Transport)
	}
}
