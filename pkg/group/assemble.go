package group

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
)

// assembly is all accumulators, each under its platform and sending IP.
type assembly struct {
	cells      map[string]map[cellKey]*Acc
	quoted     map[string][]QuotedIP
	used       map[string][]string // what the mail of a platform came from
	origins    sources
	seen       map[string]int64 // first time of each sending IP
	begin, end int64
}

// assemble finds the sending IP of each accumulator and merges those that share it. It
// takes them over: each is gone as soon as its platform is done.
func assemble(accs map[Key]*Acc, ctx Context) *assembly {
	all := &assembly{
		cells: map[string]map[cellKey]*Acc{}, quoted: map[string][]QuotedIP{}, used: map[string][]string{},
		origins: sources{}, seen: map[string]int64{},
	}
	byInstance := map[instance]map[string]bool{}
	for k, a := range accs {
		a.detail = nil // it holds on to all of them
		for ip := range a.Quotes.All() {
			i := instance{k.Host, k.Instance}
			if byInstance[i] == nil {
				byInstance[i] = map[string]bool{}
			}
			byInstance[i][ip.String()] = true
		}
		if all.begin == 0 || a.First > 0 && a.First < all.begin {
			all.begin = a.First
		}
		all.end = max(all.end, a.Last)
	}
	unresolved, merged := map[string][]*Acc{}, map[*Acc]bool{}
	for _, k := range sortedKeys(accs) {
		a := accs[k]
		ip := k.SendingIP
		if ips := byInstance[instance{k.Host, k.Instance}]; ip == "" && len(ips) == 1 {
			ip = slices.Collect(maps.Keys(ips))[0]
		}
		if !ctx.wants(ip) {
			continue
		}
		for _, name := range k.names(ip) {
			all.origins.see(name, a.First)
			all.used[k.Platform] = append(all.used[k.Platform], name)
		}
		key := cellKey{ip: ip}
		if ip == "" {
			key.host = k.Host
			unresolved[k.Platform] = append(unresolved[k.Platform], a)
		} else if a.First > 0 && (all.seen[ip] == 0 || a.First < all.seen[ip]) {
			all.seen[ip] = a.First
		}
		cells := all.cells[k.Platform]
		if cells == nil {
			cells = map[cellKey]*Acc{}
			all.cells[k.Platform] = cells
		}
		switch c := cells[key]; {
		case c == nil:
			cells[key] = a
		case merged[c]:
			c.absorb(a)
		default: // the first one may yet be asked for what it quotes
			whole := NewAcc()
			whole.absorb(c)
			whole.absorb(a)
			cells[key], merged[whole] = whole, true
		}
	}
	clear(accs)
	for platform, accs := range unresolved {
		all.quoted[platform] = quotes(accs)
	}
	return all
}

// cellKey tells cells of one platform apart: by sending IP, or by host where it
// is not known (two hosts rarely share one).
type cellKey struct{ ip, host string }

func compareCells(a, b cellKey) int {
	if (a.ip == "") != (b.ip == "") {
		return cmp.Compare(len(b.ip), len(a.ip))
	}
	return cmp.Or(cmp.Compare(a.ip, b.ip), cmp.Compare(a.host, b.host))
}

func sortedKeys(accs map[Key]*Acc) []Key {
	return slices.SortedFunc(maps.Keys(accs), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Host, b.Host),
			cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.SendingIP, b.SendingIP))
	})
}

// quotes adds up what accumulators without a sending IP have under quoted ones.
func quotes(accs []*Acc) []QuotedIP {
	var total Shares[netip.Addr]
	for _, a := range accs {
		total.merge(&a.Quotes, netip.Addr{}, maxHosts, netip.Addr.Compare)
	}
	var out []QuotedIP
	for _, ip := range total.keys(netip.Addr.Compare) {
		if !ip.IsValid() {
			continue // more addresses than are kept apart
		}
		out = append(out, QuotedIP{IP: ip.String(), Counts: total.Of(ip).Counts(), Refusals: total.Of(ip).Refusals()})
	}
	return out
}
