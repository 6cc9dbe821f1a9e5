package rules

import (
	"fmt"
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
type Basis uint8

const (
	// Measured is read from the log.
	Measured Basis = iota
	// Assumed is a stand-in for something the log does not have.
	Assumed
	// Seed is a target from the documents the tool comes from, or a declaration.
	Seed
)

var basisNames = [...]string{Measured: "measured", Assumed: "assumed", Seed: "seed"}

func (b Basis) String() string { return basisNames[min(int(b), len(basisNames)-1)] }

// MarshalText writes the name.
func (b Basis) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads a name.
func (b *Basis) UnmarshalText(name []byte) error {
	i := slices.Index(basisNames[:], string(name))
	if i < 0 {
		return fmt.Errorf("unknown basis %q; want %s", name, strings.Join(basisNames[:], ", "))
	}
	*b = Basis(i)
	return nil
}

// Measure is one fact about one destination and sending IP. A fact that is not in
// the map is not known from these logs.
type Measure struct {
	Value float64
	Basis Basis
	// Where is the place in the input that shows it best, "file:line" or empty.
	Where string
	// Text is how texts say it where a number does not ("day at 09:00 UTC").
	Text string
}

// String writes a measure for people.
func (m Measure) String(u Unit) string {
	if m.Text != "" {
		return m.Text
	}
	return u.Format(m.Value)
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
		{"trouble_share", UnitShare, "limit, reputation and listing refusals among the attempts"},
		{"trouble_messages", UnitCount, "messages that met a limit, reputation or listing refusal"},
		{"trouble_windows", UnitCount, "15-minute windows with a limit, reputation or listing refusal"},
		{"clean_windows", UnitCount, "15-minute windows since the last of them in which mail was accepted and nothing refused"},
		{"trouble_minutes", UnitMinutes, "from the first limit, reputation or listing refusal to the last"},
		{"trouble_expired", UnitCount, "recipients given up by the sending side after a limit, reputation or listing refusal"},
		{"trouble_bounced", UnitCount, "recipients bounced by a limit, reputation or listing refusal"},
		{"trouble_queued", UnitCount, "recipients still queued at the end of the log after a limit, reputation or listing refusal"},
		{"trouble_delivered_share", UnitShare, "delivered in the end among the recipients that were put off by a limit, reputation or listing refusal, or held back because of one, and whose end is known"},
		{"trouble_lasting", UnitMinutes, "longest stretch of limit, reputation and listing refusals without an hour's pause"},
		{"refused_again", UnitCount, "refusals that severity counts and a recipient met after an earlier one"},
		{"mx_refusals", UnitCount, "refusals that severity counts at the receiving host that has most of them"},
		{"mx_refused_share", UnitShare, "refusals that severity counts among the attempts at that host"},
		{"transactional_refusals", UnitCount, "refusals that severity counts of mail in streams that are declared transactional"},
		{"transactional_expired", UnitCount, "recipients of such streams that expired or bounced after a refusal that severity counts, or by it"},
		{"refused_low", UnitShare, "attempts that met a connection or rate limit while 1-2 own sessions were open"},
		{"attempts_low", UnitCount, "attempts made while 1-2 own sessions were open"},
		{"refused_calm", UnitShare, "attempts that met a connection or rate limit while 1-2 own sessions were open, leaving out those in the 15 seconds after more than 2 were"},
		{"attempts_calm", UnitCount, "attempts made at 1-2 own sessions with no more in the 15 seconds before"},
		{"outcome_stretches", UnitRatio, "how far the number of runs of accepted and of refused attempts is below that of a random order, in standard deviations: high where they come in stretches, as a limit on rate or volume opens and shuts"},
		{"curve_split", UnitCount, "number of own sessions at which the refusal curve is steepest"},
		{"refused_below", UnitShare, "attempts refused at up to curve_split own sessions"},
		{"refused_above", UnitShare, "attempts refused above curve_split own sessions"},
		{"attempts_above", UnitCount, "attempts made above 1-2 own sessions"},
		{"curve_odds", UnitRatio, "odds of a refusal above curve_split own sessions against up to it: lower bound of 95 %"},
		{"curve_odds_high", UnitRatio, "odds of a refusal above curve_split own sessions against up to it: upper bound of 95 %"},
		{"refused_unserved", UnitShare, "refusals for limits that came while the receiver served no session of ours and had not just before"},
		{"limit_low", UnitCount, "sessions that the receiver surely served at once: a limit is no lower"},
		{"limit_high", UnitCount, "sessions that the receiver may have been serving when it refused, at least: a limit is no higher"},
		{"limit_agree", UnitCount, "stretches of time with refusals in which one number of sessions explains them"},
		{"own_sessions_before", UnitCount, "own sessions open at once before they fell for good"},
		{"own_sessions_after", UnitCount, "own sessions open at once since then"},
		{"refused_before_lowering", UnitShare, "attempts refused before own sessions fell"},
		{"refused_after_lowering", UnitShare, "attempts refused at 1-2 own sessions since they fell"},
		{"lowered_without_effect", UnitYesNo, "own sessions fell for good, and refusals at 1-2 sessions went on (no: they ended)"},
		{"limit_safe", UnitCount, "highest number of own sessions at which, over enough attempts in a row, nothing was refused"},
		{"limit_gap", UnitCount, "sessions between the level that met no refusal and the highest number that the limit may be"},
		{"shut_phases", UnitCount, "times that the receiver, after it took all mail for a while, took none for a while"},
		{"open_volume", UnitCount, "recipients it took before each such time (median)"},
		{"attempts_late", UnitCount, "attempts since the receiver took (almost) nothing any more"},
		{"accepted_late", UnitShare, "attempts served since then"},
		{"refused_late", UnitShare, "attempts refused since then at 1-2 own sessions, leaving out those in the 15 seconds after more than 2 were"},
		{"curve_odds_within", UnitRatio, "the same odds inside each 15-minute window, so that waves of refusals do not count: lower bound of 95 %"},
		{"cached_share", UnitShare, "deliveries on a connection that was open before: cached or kept sessions (conn_use=)"},
		{"refused_stop", UnitCount, "attempts refused while 6 or more own sessions were open"},
		{"connections_busiest", UnitCount, "new connections in the busiest minute"},
		{"rate_split", UnitCount, "new connections in a minute at which refusals grow most"},
		{"rate_odds", UnitRatio, "odds of a refusal in minutes with more new connections against those with up to that number: lower bound of 95 %"},
		{"peak_sessions", UnitCount, "own sessions open at once, highest"},
		{"arrivals_busiest", UnitCount, "first attempts that arrived in the busiest 10 seconds"},
		{"arrivals_usual", UnitCount, "first attempts in the usual (median) 10 seconds with any"},
		{"offered_sessions", UnitRatio, "sessions that the busiest 10 seconds of arrivals need (arrivals per second x seconds per delivery)"},
		{"spikes", UnitCount, "stretches of 10 seconds with many more arrivals than on average"},
		{"period", UnitSeconds, "period at which spikes of arrivals come back"},
		{"period_spikes", UnitCount, "spikes at that period"},
		{"period_refused", UnitCount, "spikes among them that met a connection or rate limit within a minute"},
		{"retries_per_first", UnitRatio, "retries on the wire for each recipient first tried or held back"},
		{"retry_gap", UnitSeconds, "median time between attempts for one recipient after a refusal"},
		{"retry_wait", UnitSeconds, "median time until delivery of those delivered on retry"},
		{"attempts_per_session", UnitRatio, "attempts for each session: above 1 sessions are kept open and used again"},
		{"messages_per_day", UnitCount, "messages a day, where the log spans one"},
		{"batch", UnitCount, "recipients at hand: still queued at the end of the log, or where arrivals need more than one session, first attempts in the busiest 15 minutes"},
		{"batch_time", UnitSeconds, "time that batch needs at 2 sessions per sending IP"},
		{"healthy_destinations", UnitCount, "other destinations that took mail and gave no refusal that severity counts"},
		{"mixed_attempts", UnitCount, "attempts at receivers that are not told apart, because there are more than fit into memory"},
		{"gaps_as_advised", UnitShare, "retry gaps that are as long as advised (15m, doubling, at most 4h)"},
		{"retry_sessions_per_first", UnitRatio, "new connections that retries opened for each that a first try on the wire opened"},
		{"retry_clump", UnitCount, "retries in the busiest 10 seconds"},
		{"retry_clump_sessions", UnitRatio, "sessions that these retries need (retries per second x seconds per delivery)"},
		{"feedback_windows", UnitCount, "most windows in a row over which deferrals, retries and new connections all rise"},
		{"pace_before", UnitRatio, "new connections a minute in the 15 minutes up to the first limit refusal"},
		{"pace_after", UnitRatio, "new connections a minute in the 15 minutes after it"},
		{"pace_change", UnitRatio, "new connections a minute after the first limit refusal against before"},
		{"connection_errors", UnitCount, "connections that failed or timed out"},
		{"complaint_refusals", UnitCount, "reputation replies that speak of complaints"},
		{"busy_refusals", UnitCount, "replies that the receiver is busy or short of resources, and timeouts"},
		{"busy_share", UnitShare, "replies that the receiver is busy or short of resources, and timeouts, among the attempts"},
		{"deferred_first", UnitCount, "refusals that severity counts and that put mail off, up to the moment that best parts them from those that block it"},
		{"blocked_then", UnitCount, "refusals that severity counts with a reply that begins with 5 after that moment"},
		{"hardened_share", UnitShare, "how clean that moment parts them: deferrals before it or blocks after it, whichever is less"},
		{"strict_receiver", UnitYesNo, "the receiver is a custom MX, a business mailbox host or a security gateway: these cap sessions more strictly"},
		{"custom_mx", UnitYesNo, "the receiver runs its own MX: no known provider, mostly a smaller domain"},
		{"via_esp", UnitYesNo, "an email service provider sends the mail"},
		{"pool_possible", UnitYesNo, "others may share the sending IP: a pool that is declared shared, or one of an ESP that is not declared"},
		{"pool_shared", UnitYesNo, "the sending IP is declared to be in a pool shared with other senders"},
		{"pool_dedicated", UnitYesNo, "the sending IP is declared to be the sender's own"},
		{"new_ip", UnitYesNo, "the sending IP is young: declared, or first seen late enough in the log"},
		{"ip_age", UnitDays, "age of the sending IP at the first refusal, as the log shows it"},
		{"new_source", UnitYesNo, "a sending host, instance or IP that the log did not show for a day appeared in the day before the first refusal"},
		{"ips_early", UnitCount, "sending IPs in the first third of the log"},
		{"ips_late", UnitCount, "sending IPs in the last third of the log"},
		{"ip_growth", UnitRatio, "sending IPs in the last third of the log against the first third"},
		{"ip_volume_change", UnitRatio, "first attempts of one sending IP in the last third against the first"},
		{"late_trouble_share", UnitShare, "refusals that severity counts among the attempts of the last third"},
		{"ip_moves", UnitCount, "times the refusals left some sending IPs for others while those went on sending"},
		{"destinations", UnitCount, "destinations in the input"},
		{"affected_destinations", UnitCount, "destinations with enough refusals that severity counts"},
		{"destination_moves", UnitCount, "times the refusals left some destinations for others while mail to those went on"},
		{"volume_growth", UnitRatio, "volume of the last day against the first"},
	}
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
		return trim(v, decimals(v))
	}
}

// decimals is one, and for a small number so many that it does not read as nothing: up
// to three.
func decimals(v float64) (n int) {
	for n, v = 1, math.Abs(v)*10; n < 3 && v > 0 && v < 0.5; n++ {
		v *= 10
	}
	return n
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
