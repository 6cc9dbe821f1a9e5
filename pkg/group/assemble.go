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
	from := sendingIPs(accs)
	for _, a := range accs {
		a.detail = nil // it holds on to all of them
		if all.begin == 0 || a.First > 0 && a.First < all.begin {
			all.begin = a.First
		}
		all.end = max(all.end, a.Last)
	}
	unresolved, merged := map[string][]*Acc{}, map[*Acc]bool{}
	for _, k := range sortedKeys(accs) {
		a, ip := accs[k], from(k)
		if !ctx.wants(ip) {
			continue
		}
		for _, name := range k.names(ip) {
			all.origins.see(name, a.First)
			all.used[k.Platform] = append(all.used[k.Platform], name)
		}
		key := cellOf(k, ip)
		if ip == "" {
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

// sendingIPs finds the sending IP of a key: the one that its lines have, else the one that
// all refusals of its instance quote, else none.
func sendingIPs(accs map[Key]*Acc) func(Key) string {
	quoted := map[instance]map[string]bool{}
	for k, a := range accs {
		for ip := range a.Quotes.All() {
			i := instance{k.Host, k.Instance}
			if quoted[i] == nil {
				quoted[i] = map[string]bool{}
			}
			quoted[i][ip.String()] = true
		}
	}
	return func(k Key) string {
		if ips := quoted[instance{k.Host, k.Instance}]; k.SendingIP == "" && len(ips) == 1 {
			return slices.Collect(maps.Keys(ips))[0]
		}
		return k.SendingIP
	}
}

// SendingIPs are all sending IPs that are known, in order of their texts.
func SendingIPs(accs map[Key]*Acc) []string {
	ip, known := sendingIPs(accs), map[string]bool{}
	for k := range accs {
		known[ip(k)] = true
	}
	delete(known, "")
	return slices.Sorted(maps.Keys(known))
}

// cellOf is the cell of a key with a sending IP, which may be unknown.
func cellOf(k Key, ip string) cellKey {
	if ip == "" {
		return cellKey{host: k.Host}
	}
	return cellKey{ip: ip}
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
