package ticket

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// words are how this trouble is called.
type words struct {
	// code is "451 4.7.652", limit "concurrent connection", noun "deferral".
	code, limit, noun, verb string
}

// limits are the classes that count as a subject calls them.
var limits = map[string]string{
	mail.ConnectionLimit.String(): "concurrent connection",
	mail.RateLimit.String():       "rate-limit",
	mail.Reputation.String():      "reputation",
	mail.Listing.String():         "block-list",
}

func wording(g *report.Group, r report.Reply) words {
	p := reply.Parse([]byte(r.Sample))
	w := words{noun: "deferral", verb: "deferred"}
	if p.Code != 0 {
		w.code = strconv.Itoa(p.Code)
	}
	w.code = strings.TrimSpace(w.code + " " + p.Enhanced.String())
	w.limit = limits[r.Class]
	for _, c := range concerns { // a log without the words of the reply
		if w.limit == "" && g.Refusals[c.String()] > 0 {
			w.limit = limits[c.String()]
		}
	}
	if final(g) > 0 || p.Permanent() {
		w.noun, w.verb = "refusal", "refused"
	}
	return w
}

// final counts the replies that count and are a 5xx.
func final(g *report.Group) (n int64) {
	for _, r := range g.Replies {
		if concern(r.Class) && reply.Parse([]byte(r.Sample)).Permanent() {
			n += r.Count
		}
	}
	return n
}

// subject is "4.7.0 concurrent connection deferrals to specific MX hosts" with the
// code, the destination, the dates, and what was lost (C85).
func (w words) subject(g *report.Group) string {
	s := strings.TrimSpace(w.code + " " + w.limit + " " + w.noun)
	if g.Trouble.Refusals != 1 {
		s += "s"
	}
	s += " to " + g.Destination + " MX hosts"
	if first, last := g.Trouble.First, g.Trouble.Last; first != nil && last != nil {
		s += ", " + day(*first)
		if day(*first) != day(*last) {
			s += " to " + day(*last)
		}
	}
	if n := g.Outcome.Expired + g.Trouble.Bounced; n > 0 {
		s += ", " + unit(g, n) + " lost"
	}
	return s
}

func (w words) opening(g *report.Group) string {
	switch {
	case g.Trouble.Refusals == 1 && w.noun == "deferral":
		return "We have seen one temporary failure with this response:"
	case g.Trouble.Refusals == 1:
		return "We have seen one refusal with this response:"
	case w.noun == "deferral":
		return "We are seeing repeated temporary failures with this response:"
	}
	return "We are seeing repeated refusals with this response:"
}

// caution says what thin evidence is worth (C48, C56); enough is from how many refusals
// on it is none.
func caution(g *report.Group, enough int64) string {
	switch n := g.Trouble.Refusals; {
	case n == 1:
		return "This is a single event. One reply proves nothing: please read it as a question, not as a pattern."
	case n < enough:
		return fmt.Sprintf("These are %s refusals: too few to show a pattern.", number(n))
	}
	return ""
}

// receivers are the kinds of receivers in words (C58).
var receivers = map[string]string{
	mail.ConsumerMailbox.String(): "consumer mailbox platform",
	mail.BusinessMailbox.String(): "business mailbox platform",
	mail.SecurityGateway.String(): "security gateway",
	mail.ISP.String():             "access provider's MX platform",
	mail.ESP.String():             "email service provider",
	mail.CustomMX.String():        "custom MX",
}

// otherStream is the mail that no declared stream takes (package scan).
const otherStream = "other"

// pattern is the sentence that makes a ticket specific: "300 transactional messages to
// the same B2B gateway deferred over 40 minutes" (C47), and what became of them.
func (w words) pattern(g *report.Group, streams []Share) string {
	stream := ""
	if len(streams) == 1 && streams[0].Name != otherStream {
		stream = streams[0].Name
	}
	s := counted(g.Trouble.Messages, strings.TrimSpace(stream+" message"))
	if g.Trouble.Recipients > g.Trouble.Messages {
		s += " (" + counted(g.Trouble.Recipients, "recipient") + ")"
	}
	if g.Trouble.Messages == 0 {
		s = counted(g.Trouble.Refusals, "attempt") // an earlier MX's refusal names no message
	}
	receiver := receivers[g.Kind]
	if receiver == "" {
		receiver = "MX platform"
	}
	s += " to the same " + receiver + " (" + g.Destination + ") " + w.verb
	if first, last := g.Trouble.First, g.Trouble.Last; first != nil && last != nil {
		if over := seconds(*first, *last); over > 0 {
			s += " over " + spell(over)
		}
		s += " (" + span(*first, *last) + ")"
	}
	if o := outcomes(g); o != "" {
		s += "; " + o
	}
	if n := final(g); n > 0 {
		s += "; " + number(n) + " of the refusals had a 5xx reply"
	}
	return s
}

// outcomes says what became of the recipients that were put off: those of the trouble,
// less what was refused for good at once, and those put off for another reason.
func outcomes(g *report.Group) string {
	o := g.Outcome
	parts := list(
		part{o.DeliveredOnRetry, "delivered on retry"},
		part{o.Expired, "discarded after the retry limit"},
		part{o.Bounced, "bounced later"},
		part{o.StillQueued, "still queued at the end of the log"},
		part{o.Unknown, "with no end in this log"},
	)
	sum := o.DeliveredOnRetry + o.Expired + o.Bounced + o.StillQueued + o.Unknown
	if parts != "" && sum != g.Trouble.Recipients {
		return "of " + counted(sum, "recipient") + " put off, " + parts
	}
	return parts
}

type part struct {
	n    int64
	what string
}

func list(parts ...part) string {
	var out []string
	for _, p := range parts {
		if p.n > 0 {
			out = append(out, number(p.n)+" "+p.what)
		}
	}
	return strings.Join(out, ", ")
}

// impact is what the receivers of the mail noticed, empty if the log does not tell.
func impact(g *report.Group) string {
	o := g.Outcome
	var parts []string
	if o.DeliveredOnRetry > 0 && o.MedianS != nil {
		s := "mail delivered on retry was late by a median of " + spell(*o.MedianS)
		if o.SlowestS != nil && *o.SlowestS > *o.MedianS {
			s += " (slowest " + spell(*o.SlowestS) + ")"
		}
		parts = append(parts, s)
	}
	if n := g.Trouble.Bounced; n > 0 {
		parts = append(parts, unit(g, n)+" turned away for good, and not tried again")
	}
	if o.Expired > 0 {
		parts = append(parts, unit(g, o.Expired)+" never arrived")
	}
	if o.StillQueued > 0 {
		parts = append(parts, unit(g, o.StillQueued)+" still waiting at the end of the log")
	}
	if v := volume(g); len(parts) > 0 && v.PutOff > v.Recipients {
		parts = append(parts, "delays of this destination for any reason included")
	}
	return strings.Join(parts, "; ")
}

// unit counts outcomes, which are of recipients, in messages where these are the same.
func unit(g *report.Group, n int64) string {
	if g.Trouble.Messages == g.Trouble.Recipients {
		return counted(n, "message")
	}
	return counted(n, "recipient")
}

func number(n int64) string { return rules.Thousands(n) }

func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func counted(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + one + "s"
}

// spell writes a duration in words, its two largest units: "1 hour 12 minutes".
func spell(s int64) string {
	var parts []string
	for _, u := range []struct {
		name string
		size int64
	}{{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}} {
		if n := s / u.size; n > 0 && len(parts) < 2 {
			parts = append(parts, counted(n, u.name))
		} else if len(parts) > 0 {
			break
		}
		s %= u.size
	}
	if len(parts) == 0 {
		return "0 seconds"
	}
	return strings.Join(parts, " ")
}

func seconds(first, last time.Time) int64 { return int64(last.Sub(first) / time.Second) }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// span is "2026-05-20 09:02 to 09:42 UTC", with seconds where minutes are too coarse
// and with both days where they differ.
func span(first, last time.Time) string {
	if last.Sub(first) < 10*time.Minute {
		return exact(first, last, time.TimeOnly)
	}
	return exact(first, last, "15:04")
}

func exact(first, last time.Time, clock string) string {
	first, last = first.UTC(), last.UTC()
	from, to := first.Format(time.DateOnly+" "+clock), last.Format(clock)
	switch {
	case day(first) != day(last):
		to = last.Format(time.DateOnly + " " + clock)
	case first.Equal(last):
		return from + " UTC"
	}
	return from + " to " + to + " UTC"
}
