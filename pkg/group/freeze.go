package group

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Cell is what one sending IP did at one platform, frozen.
type Cell struct {
	// IP is the sending IP, empty where the log does not tell.
	IP    string
	Acc   *Acc
	Facts rules.Facts
	Peak  session.Peak
	// Curve is the refusal curve over all MX hosts of the platform.
	Curve []session.Bin
	Limit Limit
	State string

	th rules.Thresholds
	// whole are all spans, swept, byMX those of each host, levels the sessions open at
	// each as the peak counts them; nil without any.
	whole  *swept
	byMX   map[string]*swept
	levels []int
	// begin and end are the first and last time in the whole log, microseconds.
	begin, end int64
	// ips is how many sending IPs the cell holds; 0 is one.
	ips int
}

// Summary is one platform, frozen: the whole and each sending IP.
type Summary struct {
	Platform string
	All      Cell
	// ByIP are the cells by sending IP, unknown last.
	ByIP []Cell
	// Quoted are sending IPs that receivers quote without the log telling which
	// attempts were theirs: only their refusals are known.
	Quoted []QuotedIP
}

// QuotedIP is a sending IP known from refusals only.
type QuotedIP struct {
	IP       string
	Counts   Counts
	Refusals Refusals
}

// Context is what facts need besides the log.
type Context struct {
	// NewIPs are sending IPs declared young (H55).
	NewIPs []netip.Addr
	// IPs, if any, are the sending IPs that count; attempts of others are left out.
	IPs []netip.Addr
	// Thresholds are the numbers that measuring depends on; never nil.
	Thresholds rules.Thresholds
	// Pool is the declared kind of the sending IPs' pool: shared, dedicated, or
	// anything else for unknown.
	Pool string
	// Kind tells the kind of receiver behind a platform; nil means custom MX.
	Kind func(platform string) mail.Kind
}

// instance is what an address is resolved for.
type instance struct{ host, name string }

// Freeze turns accumulators into summaries, in order of platform. The sending IP
// of a line is the one the line has; else the one IP that all refusals of its
// instance quote; else it is not known (requirement X07).
func Freeze(accs map[Key]*Acc, ctx Context) []Summary {
	quoted := map[instance]map[string]bool{}
	var begin, end int64
	for k, a := range accs {
		for ip := range a.Quotes {
			i := instance{k.Host, k.Instance}
			if quoted[i] == nil {
				quoted[i] = map[string]bool{}
			}
			quoted[i][ip.String()] = true
		}
		if begin == 0 || a.First > 0 && a.First < begin {
			begin = a.First
		}
		end = max(end, a.Last)
	}
	cells := map[string]map[cellKey]*Acc{}
	seen := map[string]int64{} // first time of each sending IP
	unresolved := map[string][]*Acc{}
	origins, used := sources{}, map[string][]string{}
	for _, k := range sortedKeys(accs) {
		a := accs[k]
		ip := k.SendingIP
		if ips := quoted[instance{k.Host, k.Instance}]; ip == "" && len(ips) == 1 {
			ip = slices.Collect(maps.Keys(ips))[0]
		}
		if !ctx.wants(ip) {
			continue
		}
		for _, name := range k.names(ip) {
			origins.see(name, a.First)
			used[k.Platform] = append(used[k.Platform], name)
		}
		key := cellKey{ip: ip}
		if ip == "" {
			key.host = k.Host
			unresolved[k.Platform] = append(unresolved[k.Platform], a)
		} else if a.First > 0 && (seen[ip] == 0 || a.First < seen[ip]) {
			seen[ip] = a.First
		}
		if cells[k.Platform] == nil {
			cells[k.Platform] = map[cellKey]*Acc{}
		}
		c := cells[k.Platform][key]
		if c == nil {
			c = NewAcc()
			cells[k.Platform][key] = c
		}
		c.Merge(a)
	}
	var out []Summary
	for _, platform := range slices.Sorted(maps.Keys(cells)) {
		strict := strictness(ctx, platform)
		s := Summary{Platform: platform, Quoted: quotes(unresolved[platform])}
		all := NewAcc()
		single := len(cells[platform]) == 1
		for _, key := range slices.SortedFunc(maps.Keys(cells[platform]), compareCells) {
			acc := cells[platform][key]
			c := Cell{IP: key.ip, Acc: acc, th: ctx.Thresholds, begin: begin, end: end}
			c.measure()
			if single { // it is the whole: nothing is measured again
				s.All = c
				s.All.IP, s.All.Facts = "", maps.Clone(c.Facts)
			} else {
				all.Merge(acc)
			}
			c.age(ctx, begin, seen[key.ip])
			c.Facts["strict_receiver"] = strict
			ctx.pool(c.Facts)
			ctx.knowledge(c.Facts, platform, acc.ESP)
			s.ByIP = append(s.ByIP, c)
		}
		if !single {
			s.All = Cell{Acc: all, th: ctx.Thresholds, begin: begin, end: end, ips: len(cells[platform])}
			s.All.measure()
		}
		s.All.Facts["strict_receiver"] = strict
		ctx.pool(s.All.Facts)
		ctx.knowledge(s.All.Facts, platform, s.All.Acc.ESP)
		s.spread()
		s.newSource(used[platform], origins, begin)
		for i := range s.ByIP {
			// A limit counts per sending IP: the group's peak is that of its busiest.
			if p := s.ByIP[i].Peak; i == 0 || p.Estimate > s.All.Peak.Estimate {
				s.All.Peak = p
			}
		}
		s.scope(ctx.Thresholds)
		out = append(out, s)
	}
	healthy(out)
	across(out, ctx.Thresholds)
	return out
}

// wants says that a sending IP counts.
func (ctx Context) wants(ip string) bool {
	return len(ctx.IPs) == 0 || slices.ContainsFunc(ctx.IPs, func(a netip.Addr) bool { return a.String() == ip })
}

// strictness says whether the receiver is of a kind that caps sessions more
// strictly than consumer providers do (C27). It is knowledge, not measurement.
func strictness(ctx Context, platform string) rules.Measure {
	m := rules.Measure{Value: 1, Basis: rules.Seed}
	if ctx.Kind == nil {
		return m
	}
	switch ctx.Kind(platform) {
	case mail.CustomMX, mail.SecurityGateway, mail.BusinessMailbox:
	default:
		m.Value = 0
	}
	return m
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
	total := map[netip.Addr]*Share{}
	for _, a := range accs {
		merge(total, a.Quotes, netip.Addr{}, netip.Addr.Compare)
	}
	var out []QuotedIP
	for _, ip := range slices.SortedFunc(maps.Keys(total), netip.Addr.Compare) {
		if !ip.IsValid() {
			continue // more addresses than are kept apart
		}
		out = append(out, QuotedIP{IP: ip.String(), Counts: total[ip].Counts, Refusals: total[ip].Refusals})
	}
	return out
}

const day = 24 * 3600 * int64(second)

// age decides whether the sending IP is young: declared, or first seen shortly
// before the refusals and long enough after the log begins. A log that is too short
// to show it leaves the fact unknown (requirement H55).
func (c *Cell) age(ctx Context, begin, first int64) {
	ip, err := netip.ParseAddr(c.IP)
	if err != nil {
		return
	}
	if slices.Contains(ctx.NewIPs, ip) {
		c.Facts["new_ip"] = rules.Measure{Value: 1, Basis: rules.Seed}
		return
	}
	trouble := c.Acc.FirstTrouble.Time
	if first == 0 || begin == 0 || trouble == 0 {
		return
	}
	young, settled := c.th.Int(rules.Young)*day, c.th.Int(rules.Settled)*day
	switch {
	case first-begin >= settled && trouble-first < young:
		c.Facts["new_ip"] = rules.Measure{Value: 1, Basis: rules.Measured}
		c.Facts["ip_age"] = rules.Measure{Value: float64((trouble - first) / day), Basis: rules.Measured}
	case trouble-first >= young:
		c.Facts["new_ip"] = rules.Measure{Value: 0, Basis: rules.Measured}
	}
}

// refused returns how many of the attempts of a class met a refusal.
func (a *Acc) refused(classes ...mail.Class) int64 {
	var n int64
	for _, c := range classes {
		n += a.Refusals[c]
	}
	return n
}
