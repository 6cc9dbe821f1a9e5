// Package ticket turns one destination of a report into a ticket to whoever runs the
// sending queue: an operations problem with its pattern, its business impact and the
// exact change asked for (requirement C84), in the fields of seed C L147.
//
// Build selects and words; it measures nothing. What the logs do not tell is named as
// missing, never guessed (X07).
package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// Schema is the version of the JSON form: keys are added, never renamed.
const Schema = 1

// Options are what the report does not hold. The kind of IP pool and the streams are
// in it: whoever makes it declares them.
type Options struct {
	// Style is to whom the ticket goes; never nil.
	Style *Style
	// Targets are the numbers to ask for.
	Targets Targets
	// Enough is from how many refusals on the evidence is not thin.
	Enough int64
}

// Targets are operating targets, no limits that a receiver published (H61): sessions
// at once per sending IP, and delays in seconds.
type Targets struct {
	Sessions    int64
	RetryFirst  int64
	RetryFactor float64
	RetryMost   int64
	Pause       int64
}

// Ticket is everything a ticket says. Texts of the log are in it as the report has
// them; the writers neutralise them.
type Ticket struct {
	Schema      int    `json:"schema"`
	Style       string `json:"style"`
	Destination string `json:"destination"`
	Platform    string `json:"platform"`
	Kind        string `json:"kind"`
	Severity    string `json:"severity"`
	Cause       string `json:"cause"`

	Subject string `json:"subject"`
	Opening string `json:"opening"`
	// Reply is one reply verbatim, Count how often its kind came.
	Reply Reply `json:"reply"`
	// Caution says that the evidence is thin, empty where it is not (C48, C56).
	Caution string `json:"caution"`
	// Pattern is the sentence of C47, Impact what it means; the sender adds why it
	// matters.
	Pattern string `json:"pattern"`
	Impact  string `json:"impact"`

	Streams        []Share    `json:"streams"`
	First          *time.Time `json:"first"`
	Last           *time.Time `json:"last"`
	SendingDomains []Share    `json:"sending_domains"`
	SendingIPs     []Share    `json:"sending_ips"`
	MX             []Share    `json:"mx"`
	Domains        []string   `json:"recipient_domains"`
	Volume         Volume     `json:"volume"`
	// Messages are examples, MessagesMore is how many there are beyond them,
	// MessagesWithoutID how many of all have no Message-ID.
	Messages          []Message `json:"messages"`
	MessagesMore      int64     `json:"messages_more"`
	MessagesWithoutID int64     `json:"messages_without_id"`
	// MessagesHeld is how many of all were only held back because of a refusal: Volume
	// does not count those.
	MessagesHeld int64 `json:"messages_held_back"`
	// OurPart is the sender's own share of the work (C111), for the sender to confirm.
	OurPart string  `json:"our_part"`
	Request Request `json:"request"`
	// Missing are the fields that these logs cannot fill.
	Missing []Missing `json:"missing"`
}

// Reply is one kind of reply: one of them verbatim, and how many there are.
type Reply struct {
	Text  string `json:"text"`
	Class string `json:"class"`
	Count int64  `json:"count"`
}

// Share is the part of one sending IP, MX, domain or stream. Refusals is null where
// the log does not tell it.
type Share struct {
	Name     string `json:"name"`
	Refusals *int64 `json:"refusals"`
}

// Volume are the counters of the ticket, never mixed (X05). Accepted are recipients
// that were accepted between From and To, which enclose the first and last refusal.
type Volume struct {
	Refusals   int64      `json:"refusals"`
	Messages   int64      `json:"messages"`
	Recipients int64      `json:"recipients"`
	Attempts   int64      `json:"attempts"`
	Accepted   int64      `json:"accepted"`
	From       *time.Time `json:"accepted_from"`
	To         *time.Time `json:"accepted_to"`
	// Expired are recipients given up after the retry limit, of PutOff that were put
	// off at least once.
	Expired int64 `json:"expired"`
	PutOff  int64 `json:"put_off"`
}

// Message is one example.
type Message struct {
	MessageID *string    `json:"message_id"`
	QueueID   *string    `json:"queue_id"`
	Refused   *time.Time `json:"refused"`
	Ended     *time.Time `json:"ended"`
	Attempts  int64      `json:"attempts"`
	Outcome   string     `json:"outcome"`
}

// Request is the change asked for, in order: concurrency before all else (C07, C104).
type Request struct {
	Lead  string `json:"lead"`
	Items []Item `json:"items"`
	// Label says what the numbers are (H61).
	Label      string   `json:"label"`
	SharedLead string   `json:"shared_lead"`
	Shared     []string `json:"shared"`
	// Discards says that mail is lost, empty where none was seen to be (C94).
	Discards string `json:"discards"`
}

// Item is one lever: listing, concurrency, retries, pacing or routing. Text is a
// target, Measured what the log shows instead, empty if it does not.
type Item struct {
	ID       string `json:"id"`
	Text     string `json:"text"`
	Basis    string `json:"basis"`
	Measured string `json:"measured"`
}

// Missing is a field that these logs cannot fill. Required ones belong into every
// first escalation (C41 to C46).
type Missing struct {
	Field    string `json:"field"`
	Label    string `json:"label"`
	Required bool   `json:"required"`
}

// examples is how many messages a ticket shows.
const examples = 5

// Build makes the ticket for one destination. A destination without refusals that
// count gives a ticket about nothing: see Worth.
func Build(g *report.Group, o Options) Ticket {
	r := mainReply(g)
	w := wording(g, r)
	t := Ticket{
		Schema: Schema, Style: o.Style.Name, Destination: g.Destination, Platform: g.Platform, Kind: g.Kind,
		Severity: g.Severity, Cause: g.Cause,
		Reply:   Reply{Text: r.Sample, Class: r.Class, Count: r.Count},
		Streams: streams(g), First: g.Trouble.First, Last: g.Trouble.Last,
		SendingDomains: sendingDomains(g), SendingIPs: sendingIPs(g), MX: mxHosts(g), Domains: g.Domains,
		Volume: volume(g), MessagesMore: g.MessagesMore, MessagesWithoutID: g.MessagesWithoutID, MessagesHeld: g.MessagesHeld,
		OurPart: ourPart(g),
	}
	for i, m := range g.Messages {
		if i == examples {
			t.MessagesMore += int64(len(g.Messages) - examples)
			break
		}
		t.Messages = append(t.Messages, Message{m.MessageID, m.QueueID, m.Refused, m.Ended, m.Attempts, m.Outcome})
	}
	t.Subject = w.subject(g)
	t.Opening = w.opening(g)
	t.Caution = caution(g, o.Enough)
	t.Pattern = w.pattern(g, t.Streams)
	t.Impact = impact(g)
	t.Request = request(g, r, o)
	t.Missing = t.missing()
	return t
}

// ourPart is what the sender vouches for. Nothing in delivery logs shows it, so it is a
// claim for the sender to make; what these logs speak against is said instead.
func ourPart(g *report.Group) string {
	against := func(ids ...string) bool {
		return slices.ContainsFunc(g.Audit, func(a report.AuditItem) bool { return a.Status == "seen" && slices.Contains(ids, a.ID) })
	}
	var claims, open []string
	if against("spf", "dkim", "dmarc") || g.Refusals[mail.Auth.String()] > 0 {
		open = append(open, "replies speak of authentication")
	} else {
		claims = append(claims, "SPF, DKIM and DMARC pass for this mail")
	}
	if against("blocklists") || g.Refusals[mail.Listing.String()] > 0 {
		open = append(open, "replies name a list or a block")
	} else {
		claims = append(claims, "block lists are watched")
	}
	claims = append(claims, "time-critical mail is kept apart from bulk mail")
	s := strings.Join(claims, ", ")
	if len(open) > 0 {
		s += "; still to mend: " + strings.Join(open, ", ")
	}
	return s
}

// Worth says that there is something to write a ticket about: one about many receivers
// asks for nothing that anybody could do.
func Worth(g *report.Group) bool { return g.Trouble.Refusals > 0 && !g.Mixed }

// Incomplete are the labels of required fields that are missing.
func (t *Ticket) Incomplete() []string {
	var labels []string
	for _, m := range t.Missing {
		if m.Required {
			labels = append(labels, m.Label)
		}
	}
	return labels
}

// concerns are the classes that severity counts (C77).
var concerns = []mail.Class{mail.ConnectionLimit, mail.RateLimit, mail.Reputation, mail.Listing}

func concern(class string) bool {
	return slices.ContainsFunc(concerns, func(c mail.Class) bool { return c.String() == class })
}

// refusals are those of the classes that count.
func refusals(byClass map[string]int64) (n int64) {
	for _, c := range concerns {
		n += byClass[c.String()]
	}
	return n
}

// mainReply is the reply that the ticket is about: a listing where that is the cause,
// else a connection limit, else the most frequent one that counts.
func mainReply(g *report.Group) report.Reply {
	of := func(match func(class string) bool) int {
		return slices.IndexFunc(g.Replies, func(r report.Reply) bool { return match(r.Class) })
	}
	is := func(want mail.Class) func(string) bool {
		return func(class string) bool { return class == want.String() }
	}
	i := -1
	if g.Cause == mail.Listing.String() {
		i = of(is(mail.Listing))
	}
	if i < 0 {
		i = of(is(mail.ConnectionLimit))
	}
	if i < 0 {
		i = of(concern)
	}
	if i < 0 {
		return report.Reply{}
	}
	return g.Replies[i]
}

func (t *Ticket) missing() []Missing {
	known := func(m Message) bool { return m.MessageID != nil }
	fields := []struct {
		Missing
		there bool
	}{
		{Missing{"reply", "Reply", true}, t.Reply.Text != ""},
		{Missing{"dates", "Affected dates", true}, t.First != nil && t.Last != nil},
		{Missing{"volume", "Volume", true}, t.Volume.Messages > 0},
		{Missing{"sending_domains", "Sending domain", true}, len(t.SendingDomains) > 0},
		{Missing{"sending_ips", "Sending IPs", true}, len(t.SendingIPs) > 0},
		// C41: the domain or the MX.
		{Missing{"mx", "Destination MX", len(t.Domains) == 0}, len(t.MX) > 0},
		{Missing{"messages", "Message IDs", true}, slices.ContainsFunc(t.Messages, known)},
		{Missing{"streams", "Affected stream", false}, len(t.Streams) > 0},
	}
	list := []Missing{}
	for _, f := range fields {
		if !f.there {
			list = append(list, f.Missing)
		}
	}
	return list
}
