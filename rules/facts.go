package rules

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Unit says what a fact's number counts.
type Unit string

// The units.
const (
	UnitCount   Unit = "count"
	UnitShare   Unit = "share" // 0 to 1
	UnitSeconds Unit = "seconds"
	UnitMinutes Unit = "minutes"
	UnitDays    Unit = "days"
	UnitRatio   Unit = "ratio"
	UnitYesNo   Unit = "yes-no" // 1 or 0
)

// Basis says where a number comes from (requirement X06).
type Basis string

const (
	// Measured is read from the log.
	Measured Basis = "measured"
	// Assumed is a stand-in for something the log does not have.
	Assumed Basis = "assumed"
	// Seed is a target from the documents the tool comes from, or a declaration.
	Seed Basis = "seed"
)

// Measure is one fact about one destination and sending IP. A fact that is not in
// the map is not known from these logs.
type Measure struct {
	Value float64
	Basis Basis
	// Where is the place in the input that shows it best, "file:line" or empty.
	Where string
}

// Facts are all that a cause is decided from, by fact name.
type Facts map[string]Measure

// Definition is one entry of the closed vocabulary of facts.
type Definition struct {
	Name    string
	Unit    Unit
	Meaning string
}

// Vocabulary returns every fact that rules may test. pkg/group measures them.
func Vocabulary() []Definition {
	return []Definition{
		{"attempts", UnitCount, "tries on the wire"},
		{"accepted", UnitCount, "recipients accepted"},
		{"accepted_share", UnitShare, "accepted recipients among the attempts"},
		{"connection_limit_refusals", UnitCount, "refusals of class connection-limit"},
		{"rate_limit_refusals", UnitCount, "refusals of class rate-limit"},
		{"limit_refusals", UnitCount, "refusals of class connection-limit or rate-limit"},
		{"limit_share", UnitShare, "connection- and rate-limit refusals among the attempts"},
		{"reputation_refusals", UnitCount, "refusals of class reputation"},
		{"reputation_share", UnitShare, "reputation refusals among the refusals that severity counts"},
		{"listing_refusals", UnitCount, "refusals that name a list or block"},
		{"listing_share", UnitShare, "listing refusals among the refusals that severity counts"},
		{"auth_refusals", UnitCount, "refusals for SPF, DKIM, DMARC, PTR or HELO"},
		{"unknown_user_share", UnitShare, "unknown recipients among the attempts"},
		{"trouble_refusals", UnitCount, "connection-limit, rate-limit, reputation and listing refusals"},
		{"trouble_share", UnitShare, "trouble_refusals among the attempts"},
		{"trouble_messages", UnitCount, "messages that met one of trouble_refusals"},
		{"trouble_windows", UnitCount, "15-minute windows with one of trouble_refusals"},
		{"clean_windows", UnitCount, "15-minute windows since the last of them in which mail was accepted and nothing refused"},
		{"trouble_minutes", UnitMinutes, "from the first of trouble_refusals to the last"},
		{"trouble_expired", UnitCount, "recipients given up by the sending side after one of trouble_refusals"},
		{"trouble_bounced", UnitCount, "recipients bounced by one of trouble_refusals"},
		{"trouble_queued", UnitCount, "recipients still queued at the end of the log after one of trouble_refusals"},
		{"trouble_delivered_share", UnitShare, "delivered on retry among the recipients that met one of trouble_refusals and whose end is known"},
		{"refused_low", UnitShare, "attempts refused while 1-2 own sessions were open"},
		{"attempts_low", UnitCount, "attempts made while 1-2 own sessions were open"},
		{"refused_calm", UnitShare, "attempts refused while 1-2 own sessions were open, leaving out those in the 15 seconds after more than 2 were"},
		{"attempts_calm", UnitCount, "attempts made at 1-2 own sessions with no more in the 15 seconds before"},
		{"curve_split", UnitCount, "number of own sessions at which the refusal curve is steepest"},
		{"refused_below", UnitShare, "attempts refused at up to curve_split own sessions"},
		{"refused_above", UnitShare, "attempts refused above curve_split own sessions"},
		{"attempts_above", UnitCount, "attempts made above 1-2 own sessions"},
		{"curve_odds", UnitRatio, "odds of a refusal above curve_split own sessions against up to it: lower bound of 95 %"},
		{"curve_odds_high", UnitRatio, "odds of a refusal above curve_split own sessions against up to it: upper bound of 95 %"},
		{"connections_busiest", UnitCount, "new connections in the busiest minute"},
		{"rate_split", UnitCount, "new connections in a minute at which refusals grow most"},
		{"rate_odds", UnitRatio, "odds of a refusal in minutes with more new connections against those with up to that number: lower bound of 95 %"},
		{"peak_sessions", UnitCount, "own sessions open at once, highest"},
		{"arrivals_busiest", UnitCount, "first attempts that arrived in the busiest 10 seconds"},
		{"arrivals_usual", UnitCount, "first attempts in the usual (median) 10 seconds with any"},
		{"offered_sessions", UnitRatio, "sessions that the busiest 10 seconds of arrivals need (arrivals per second x seconds per delivery)"},
		{"retries_per_first", UnitRatio, "retries for each first attempt"},
		{"retry_gap", UnitSeconds, "median time between attempts for one recipient after a refusal"},
		{"strict_receiver", UnitYesNo, "the receiver is a custom MX, a business mailbox host or a security gateway: these cap sessions more strictly"},
		{"new_ip", UnitYesNo, "the sending IP is young: declared, or first seen late enough in the log"},
		{"ip_age", UnitDays, "age of the sending IP at the first refusal, as the log shows it"},
		{"volume_growth", UnitRatio, "volume of the last day against the first"},
	}
}

// Lookup returns the definition of a fact.
func Lookup(name string) (Definition, bool) {
	v := Vocabulary()
	i := slices.IndexFunc(v, func(d Definition) bool { return d.Name == name })
	if i < 0 {
		return Definition{}, false
	}
	return v[i], true
}

// Format writes a value in its unit for people: 0.93 as "93%", 5400 seconds as
// "1h30m", 12345 as "12,345".
func (u Unit) Format(v float64) string {
	switch u {
	case UnitShare:
		return trim(v*100, 1) + "%"
	case UnitSeconds:
		return Duration(int64(v))
	case UnitMinutes:
		return Duration(int64(v * 60))
	case UnitYesNo:
		if v != 0 {
			return "yes"
		}
		return "no"
	case UnitCount:
		return Thousands(int64(math.Round(v)))
	default: // days, ratios
		return trim(v, 1)
	}
}

// trim writes v with up to digits decimals and no trailing zeros.
func trim(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Duration writes seconds as 45s, 17m, 1h12m or 3d4h: the two largest units.
func Duration(s int64) string {
	units := []struct {
		name string
		size int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
	for i, u := range units {
		if s < u.size && u.size > 1 {
			continue
		}
		out := strconv.FormatInt(s/u.size, 10) + u.name
		if rest := s % u.size; i+1 < len(units) && rest >= units[i+1].size {
			out += strconv.FormatInt(rest/units[i+1].size, 10) + units[i+1].name
		}
		return out
	}
	return "0s"
}

// Thousands writes n with commas between thousands.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	from := 0
	if n < 0 {
		from = 1
	}
	for i := len(s) - 3; i > from; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
