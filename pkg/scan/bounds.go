package scan

import (
	"fmt"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Bounds of what is remembered while a log is read; log text is hostile. What is beyond
// them is counted together, and a note says so.
const (
	// maxCached bounds what is remembered per name, where forgetting costs nothing but
	// time, or the platform of mail that no MX was found for.
	maxCached = 1 << 16
	// maxReceivers is the same for MX hosts and destinations, of which more is remembered.
	maxReceivers = 1 << 15
	// maxLogHosts are told apart.
	maxLogHosts = 1000
	// maxAccs are the accumulators of the platforms, log hosts, instances and sending IPs
	// that are told apart, accBytes what one may take where memory is bounded.
	maxAccs  = 20_000
	accBytes = 8 << 10
	// namesOf are the MX hosts, domains and addresses that are told apart for each of them,
	// on average.
	namesOf = 32
	// templatesOf are the templates of replies that are kept for each of them, on average.
	templatesOf = 2
	// maxQuote is how many bytes of a reply are quoted, far more than a real one has (RFC
	// 5321 4.5.3.1.5: 512 bytes a line).
	maxQuote = 4 << 10
	// maxSending are the sender domains whose shares are found without a look-up.
	maxSending = 64
	// maxPlaces are the MX hosts of all accumulators of one log host whose sessions are
	// told apart.
	maxPlaces = 1 << 16
)

// What the names and numbers of a line can be; log text is hostile, and sums must not
// overflow.
const (
	// maxName is how long the name of a host or domain can be (RFC 1035 2.3.4, RFC 5321
	// 4.5.3.1.2), in bytes. The tag of a syslog line has no more (RFC 5424 6: 48).
	maxName = 255
	// maxTime is 9999-01-01: RFC 3339 5.6, so JSON, has four digits for the year, also of
	// what ends after the last line.
	maxTime = 253_370_764_800 * 1_000_000
	// maxDelay is far longer than any queue keeps mail, maxSession than a session lasts.
	maxDelay   = 366 * day
	maxSession = day
	day        = 86_400 * 1_000_000
)

// bound cuts the names and numbers of an event that no log has, and counts them.
func (c *chain) bound(ev *mail.Event) {
	if ev.Time < 0 || ev.Time >= maxTime {
		ev.Time = 0
		c.crowd.times += 1 + int64(ev.Repeats)
	}
	if max(len(ev.Host), len(ev.Instance), len(ev.Process), len(ev.MX), len(ev.MXIP), len(ev.SendingIP)) > maxName {
		for _, name := range [...]*[]byte{&ev.Host, &ev.Instance, &ev.Process, &ev.MX, &ev.MXIP, &ev.SendingIP} {
			*name = (*name)[:min(len(*name), maxName)]
		}
		c.crowd.names += 1 + int64(ev.Repeats)
	}
	if ev.Delay|ev.Delays[0]|ev.Delays[2]|ev.Delays[3] == 0 { // of most lines
		return
	}
	c.boundDelay(&ev.Delay, maxDelay)
	c.boundDelay(&ev.Delays[0], maxDelay)
	c.boundDelay(&ev.Delays[2], maxSession)
	c.boundDelay(&ev.Delays[3], maxSession)
}

func (c *chain) boundDelay(d *int64, most int64) {
	if *d < 0 || *d > most {
		*d = min(max(*d, 0), most)
		c.crowd.delays++
	}
}

// otherHosts stands for the log hosts beyond the bound, others for the destinations.
const otherHosts = "other hosts"

var others = rules.Destination{Platform: "other-destinations", Name: "others, not told apart", Kind: mail.CustomMX}

// crowd counts what is beyond a bound.
type crowd struct {
	hosts    int64 // lines
	attempts int64
	mixed    bool  // some of them are of receivers that are not told apart
	places   int64 // attempts
	domains  int64 // attempts that found no connection
	names    int64
	times    int64 // lines
	delays   int64
}

// mixed is the platform of the receivers that were not told apart, empty where all were.
func (c *chain) mixed() string {
	if c.crowd.mixed {
		return others.Platform
	}
	return ""
}

// mixedNotes say how much trouble no verdict knows of: that of receivers that were not told
// apart has no level, and --fail-on goes by levels.
func mixedNotes(groups []report.Group) (list []string) {
	for i := range groups {
		if g := &groups[i]; g.Mixed && g.Trouble.Refusals > 0 {
			list = append(list, fmt.Sprintf("%s refusals that count are by receivers that were not told apart: they have no level, so --fail-on watch and escalate pass over them. "+
				"Raise --max-memory, or read less at once", rules.Thousands(g.Trouble.Refusals)))
		}
	}
	return list
}

// notes say what is not listed and what is not exact, because more was in the log than is
// remembered.
func (c *chain) notes() (list []string) {
	if c.unlisted > 0 {
		list = append(list, fmt.Sprintf("%s more replies that no rule knows are not listed: there are over %d kinds", rules.Thousands(c.unlisted), maxSide))
	}
	return append(list, c.approximations()...)
}

// approximations say what is not exact.
func (c *chain) approximations() (list []string) {
	add := func(n int64, format string, args ...any) {
		if n > 0 {
			list = append(list, rules.Thousands(n)+" "+fmt.Sprintf(format, args...))
		}
	}
	add(c.memory.Forgotten, "messages were forgotten before their end, those not seen for the longest time first: there were more open than fit into %d MiB. "+
		"Their later attempts count as first ones. Set --max-memory to allow more", c.memory.Most>>20)
	remedy := "Raise --max-memory to tell them apart"
	if c.most >= maxAccs {
		remedy = "Read less at once to tell them apart"
	}
	add(c.crowd.attempts, "attempts have no row of their own: there is room for %s, each a receiver by log host, instance and sending IP. Counts are exact. "+
		"Those to small receivers stand under %q, which is no receiver: do not cap or ticket it; those to known platforms are without instance and sending IP. %s",
		rules.Thousands(int64(c.most)), others.Name, remedy)
	if c.detail.Nameless {
		list = append(list, fmt.Sprintf("MX hosts, recipient domains and sender domains are listed by name until there are %s. Counts of receivers are exact. %s",
			rules.Thousands(int64(c.detail.Names)), remedy))
	}
	add(c.detail.Folded(), "attempts lost their exact times to save memory, those far from refusals first: counts are exact, sessions, pace and limits are rougher than they could be. "+
		"Raise --max-memory to keep them")
	add(c.crowd.hosts, "lines are counted under the log host %q: there are over %s. Their sessions are not measured, and messages of two of them with one queue id are one. "+
		"Read the logs of fewer hosts at once", otherHosts, rules.Thousands(maxLogHosts))
	add(c.memory.Crowded, "lines are of instances that share one queue here: there are over %d on their host", join.MaxQueues)
	add(c.crowd.domains, "attempts without an MX go by the domain alone: there are over %s recipient domains", rules.Thousands(maxCached))
	add(c.crowd.names, "times a name was cut: no host or domain has more than %d bytes", maxName)
	add(c.crowd.times, "lines count as without a time: theirs is not of the years 1970 to 9998")
	add(c.crowd.delays, "delays are cut: no message waits longer than a year, no session lasts longer than a day")
	early := c.crowd.places + c.reuse.lost
	for _, h := range c.hosts {
		early += h.stream.Early
	}
	add(early, "sessions are measured roughly: there were too many at once, or too many MX hosts")
	return list
}
