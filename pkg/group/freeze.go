package group

import (
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
	levels []int32
	came   pastArrivals // all arrivals
	times  []period     // all pieces of time
	// begin and end are the first and last time in the whole log, microseconds.
	begin, end int64
	// ips is how many sending IPs the cell holds; 0 is one.
	ips   int
	gauge *gauge // see tools
}

// Summary is one platform, frozen: the whole and each sending IP.
type Summary struct {
	Platform string
	// Mixed says that this is no platform, but many that were not told apart.
	Mixed bool
	All   Cell
	// ByIP are the cells by sending IP, unknown last.
	ByIP []Cell
	// Quoted are sending IPs that receivers quote without the log telling which
	// attempts were theirs: only their refusals are known.
	Quoted []QuotedIP
	// Folded are the attempts that are known by sums only (see Detail).
	Folded int64
	// Windows are the chart, in order of time.
	Windows []Window
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
	// Workers is how many goroutines measure; less than 2 means that of the caller. What
	// comes of it does not depend on it.
	Workers int
	// Pool is the declared kind of the sending IPs' pool: shared, dedicated, or
	// anything else for unknown.
	Pool string
	// Kind tells the kind of receiver behind a platform; nil means custom MX.
	Kind func(platform string) mail.Kind
	// Mixed is the platform that stands for receivers which were not told apart, empty
	// where all were.
	Mixed string
}

// instance is what an address is resolved for.
type instance struct{ host, name string }

// summary measures one platform.
func (f *freezing) summary(platform string) *Summary {
	ctx := f.ctx
	strict, cells := strictness(ctx, platform), f.cells[platform]
	s := &Summary{Platform: platform, Mixed: ctx.Mixed != "" && platform == ctx.Mixed, Quoted: f.quoted[platform], Windows: f.windows}
	f.windows = nil
	single := len(cells) == 1
	f.gauge.begin()
	var whole *Acc
	if !single {
		whole = NewAcc()
	}
	for _, key := range slices.SortedFunc(maps.Keys(cells), compareCells) {
		acc := cells[key]
		c := Cell{IP: key.ip, Acc: acc, Facts: f.facts(), gauge: f.gauge, th: ctx.Thresholds, begin: f.begin, end: f.end}
		c.measure()
		if single { // it is the whole: nothing is measured again
			s.All = c
			s.All.IP, s.All.Facts = "", f.facts()
			maps.Copy(s.All.Facts, c.Facts)
		} else {
			whole.Merge(acc)
		}
		c.age(ctx, f.begin, f.seen[key.ip])
		c.Facts["strict_receiver"] = strict
		ctx.pool(c.Facts)
		ctx.knowledge(c.Facts, platform, acc.ESP)
		s.ByIP = append(s.ByIP, c)
	}
	if !single {
		s.All = Cell{Acc: whole, Facts: f.facts(), gauge: f.gauge, th: ctx.Thresholds, begin: f.begin, end: f.end, ips: len(cells)}
		s.All.measure()
	}
	s.All.Facts["strict_receiver"] = strict
	ctx.pool(s.All.Facts)
	ctx.knowledge(s.All.Facts, platform, s.All.Acc.ESP)
	s.spread()
	s.newSource(f.used[platform], f.origins, f.begin)
	for i := range s.ByIP {
		// A limit counts per sending IP: the group's peak is that of its busiest.
		if p := s.ByIP[i].Peak; i == 0 || p.Estimate > s.All.Peak.Estimate {
			s.All.Peak = p
		}
	}
	s.scope(ctx.Thresholds)
	s.windows()
	s.Folded = s.All.Acc.past.attempts()
	return s
}

// attempts counts those of a platform, none of "".
func (all *assembly) attempts(platform string) (n int64) {
	if platform == "" {
		return 0
	}
	for _, a := range all.cells[platform] {
		n += a.Counts.Attempts
	}
	return n
}

// everywhere sets a fact of the platform and of each sending IP.
func (s *Summary) everywhere(name string, v float64) {
	s.All.set(name, v, rules.Measured)
	for i := range s.ByIP {
		s.ByIP[i].set(name, v, rules.Measured)
	}
}

// absorb merges an accumulator and gives its details back.
func (a *Acc) absorb(o *Acc) {
	a.Merge(o)
	o.Spans, o.Arrivals, o.Buckets, o.past = nil, nil, Buckets{}, nil
}

// release gives back what is not needed once a platform is measured.
func (s *Summary) release() {
	s.All.release()
	for i := range s.ByIP {
		s.ByIP[i].release()
	}
}

func (c *Cell) release() {
	c.Acc.Spans, c.Acc.Arrivals = nil, nil
	c.whole, c.byMX, c.levels, c.times, c.came, c.gauge = nil, nil, nil, nil, pastArrivals{}, nil
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
