package ticket

import (
	"slices"
	"strings"
	"time"
)

// absent is what a field says that the logs cannot fill (X07).
const absent = "not in this log"

// mostValues is how many values of a field a ticket shows; the JSON has all.
const mostValues = 10

// field is one line of the ticket: words of our own, then values of the log.
type field struct {
	label  string
	text   string
	values []value
	// rows asks for a line for each value, more is the number of values not shown.
	rows bool
	more int64
	// moreNote says what is among them.
	moreNote string
	// edit marks what the sender has to complete or confirm.
	edit string
}

// rest is how many values are not shown, and what they are.
func (f *field) rest() string {
	s := "and " + number(f.more) + " more"
	if f.moreNote != "" {
		s += " (" + f.moreNote + ")"
	}
	return s
}

// value is text of the log with a note of our own.
type value struct{ text, note string }

// fields are those of the ticket, in the order of the template (C84 to C92).
func (t *Ticket) fields() []field {
	fs := []field{
		{label: "Pattern", text: t.Pattern},
		{label: "Business impact", text: t.Impact, edit: "edit: what this mail is for, who waits for it"},
		shareField("Affected stream", t.Streams),
		{label: "Affected dates", text: t.dates()},
		shareField("Sending domain", t.SendingDomains),
		shareField("Sending IPs", t.SendingIPs),
		t.mxField(),
		{label: "Volume", text: t.volume()},
		t.messageField(),
		{label: "Our part", text: t.OurPart, edit: "confirm or edit"},
	}
	for i := range fs {
		if f := &fs[i]; f.text == "" && len(f.values) == 0 {
			f.text = absent
			if f.label == "Affected stream" {
				f.edit = "edit: transactional or bulk"
			}
		}
	}
	return fs
}

func shareField(label string, shares []Share) field {
	f := field{label: label}
	for i, s := range shares {
		if i == mostValues {
			f.more = int64(len(shares) - i)
			break
		}
		v := value{text: s.Name}
		if s.Refusals != nil {
			v.note = counted(*s.Refusals, "refusal")
		}
		f.values = append(f.values, v)
	}
	return f
}

// mxField names the recipient domains where the log names no host (C41).
func (t *Ticket) mxField() field {
	f := shareField("Destination MX", t.MX)
	if len(t.MX) > 0 || len(t.Domains) == 0 {
		return f
	}
	f.text = absent + "; recipient domains"
	for _, d := range t.Domains[:min(len(t.Domains), mostValues)] {
		f.values = append(f.values, value{text: d})
	}
	f.more = int64(max(len(t.Domains)-mostValues, 0))
	return f
}

// dates are ISO days and times with their zone (C88).
func (t *Ticket) dates() string {
	if t.First == nil || t.Last == nil {
		return ""
	}
	if t.First.Equal(*t.Last) {
		return t.First.UTC().Format(time.DateTime) + " UTC"
	}
	return t.First.UTC().Format(time.DateTime) + " to " + t.Last.UTC().Format(time.DateTime) + " UTC"
}

func (t *Ticket) volume() string {
	v := t.Volume
	s := counted(v.Refusals, "refusal") + " in " + counted(v.Attempts, "attempt") + "; " +
		counted(v.Messages, "message") + " to " + counted(v.Recipients, "recipient")
	if v.From != nil && v.To != nil {
		s += "; " + counted(v.Accepted, "recipient") + " accepted in the same period (" + exact(*v.From, *v.To, time.TimeOnly) + ")"
	}
	return s
}

// messageField has examples with time and outcome; a queue id stands in where there
// is no Message-ID.
func (t *Ticket) messageField() field {
	f := field{label: "Message IDs", rows: true, more: t.MessagesMore}
	if t.MessagesHeld > 0 {
		f.moreNote = "by recipient, " + number(t.MessagesHeld) + " of all only held back"
	}
	if len(t.Messages) > 0 && !slices.ContainsFunc(t.Messages, func(m Message) bool { return m.MessageID != nil }) {
		f.text = absent + "; queue ids of the sending host"
	}
	for _, m := range t.Messages {
		v := value{note: m.course(t.stamp)}
		switch {
		case m.MessageID != nil:
			v.text = *m.MessageID
		case m.QueueID != nil:
			v.text = *m.QueueID
			if f.text == "" {
				v.note = "queue id, " + v.note
			}
		default:
			continue
		}
		f.values = append(f.values, v)
	}
	return f
}

// course is "09:02:14Z, delivered 09:19:40Z".
func (m *Message) course(stamp func(time.Time) string) string {
	var parts []string
	if m.Refused != nil {
		parts = append(parts, stamp(*m.Refused))
	}
	end := m.Outcome
	if m.Ended != nil && end != "unknown" {
		end += " " + stamp(*m.Ended)
	}
	switch m.Outcome {
	case "":
	case "unknown":
		parts = append(parts, "end not in this log")
	default:
		parts = append(parts, end)
	}
	return strings.Join(parts, ", ")
}

// stamp is a time as RFC 3339 writes it, without the day where all is on that of the
// affected dates.
func (t *Ticket) stamp(at time.Time) string {
	if t.First != nil && t.Last != nil && day(*t.First) == day(*t.Last) && day(at) == day(*t.First) {
		return at.UTC().Format("15:04:05Z07:00")
	}
	return at.UTC().Format(time.RFC3339)
}
