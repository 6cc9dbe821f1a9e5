package report

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// WriteCSV writes one row per destination, worst first, after a header (RFC 4180).
// Columns are named as in the JSON form and only ever added at the end; unknown is an
// empty field, times are RFC 3339 in UTC, lists are joined by spaces. No field is a
// formula to a spreadsheet.
func WriteCSV(w io.Writer, r *Report) error {
	var b bytes.Buffer
	for i, c := range csvColumns() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.name)
	}
	b.WriteString("\r\n")
	for _, g := range byWeight(r.Groups) {
		clean := outline(g)
		for i, c := range csvColumns() {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(c.field(clean))
		}
		b.WriteString("\r\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// csvColumn is one column; field gives a finished CSV field.
type csvColumn struct {
	name  string
	field func(*Group) string
}

func csvColumns() []csvColumn {
	text := func(name string, of func(*Group) string) csvColumn {
		return csvColumn{name, func(g *Group) string { return csvText(of(g)) }}
	}
	number := func(name string, of func(*Group) int64) csvColumn {
		return csvColumn{name, func(g *Group) string { return strconv.FormatInt(of(g), 10) }}
	}
	maybe := func(name string, of func(*Group) *int64) csvColumn {
		return csvColumn{name, func(g *Group) string {
			if n := of(g); n != nil {
				return strconv.FormatInt(*n, 10)
			}
			return ""
		}}
	}
	moment := func(name string, of func(*Group) *time.Time) csvColumn {
		return csvColumn{name, func(g *Group) string {
			if t := of(g); t != nil {
				return t.UTC().Format(time.RFC3339)
			}
			return ""
		}}
	}
	cols := []csvColumn{
		text("destination", func(g *Group) string { return g.Destination }),
		text("platform", func(g *Group) string { return g.Platform }),
		text("kind", func(g *Group) string { return g.Kind }),
		text("via", func(g *Group) string { return g.Via }),
		text("severity", func(g *Group) string { return g.Severity }),
		text("cause", func(g *Group) string { return g.Cause }),
		{"confidence", func(g *Group) string { return strconv.FormatFloat(g.Confidence, 'f', 2, 64) }},
		text("state", func(g *Group) string { return g.State }),
		text("owner", func(g *Group) string { return g.Owner }),
		text("limit_type", func(g *Group) string { return g.Limit.Type }),
		maybe("limit_sessions", func(g *Group) *int64 { return g.Limit.Sessions }),
		maybe("limit_low", func(g *Group) *int64 { return g.Limit.Low }),
		maybe("limit_high", func(g *Group) *int64 { return g.Limit.High }),
		maybe("limit_safe", func(g *Group) *int64 { return g.Limit.Safe }),
		maybe("peak_sessions", func(g *Group) *int64 { return g.PeakSessions.Estimate }),
		maybe("peak_sessions_low", func(g *Group) *int64 { return g.PeakSessions.Low }),
		maybe("peak_sessions_high", func(g *Group) *int64 { return g.PeakSessions.High }),
		number("attempts", func(g *Group) int64 { return g.Counts.Attempts }),
		number("recipients", func(g *Group) int64 { return g.Counts.Recipients }),
		number("messages", func(g *Group) int64 { return g.Counts.Messages }),
		number("sessions", func(g *Group) int64 { return g.Counts.Sessions }),
		number("delivered", func(g *Group) int64 { return g.Counts.Delivered }),
		number("deferred", func(g *Group) int64 { return g.Counts.Deferred }),
		number("bounced", func(g *Group) int64 { return g.Counts.Bounced }),
		number("expired", func(g *Group) int64 { return g.Counts.Expired }),
		number("refused", func(g *Group) int64 { return g.Counts.Refused }),
		number("suspensions", func(g *Group) int64 { return g.Counts.Suspensions }),
	}
	for _, class := range []mail.Class{mail.ConnectionLimit, mail.RateLimit, mail.Reputation, mail.Listing} {
		name := class.String()
		cols = append(cols, number(strings.ReplaceAll(name, "-", "_")+"_refusals", func(g *Group) int64 { return g.Refusals[name] }))
	}
	return slices.Concat(cols, []csvColumn{
		moment("first_refusal", func(g *Group) *time.Time { return g.Trouble.First }),
		moment("last_refusal", func(g *Group) *time.Time { return g.Trouble.Last }),
		number("delivered_on_retry", func(g *Group) int64 { return g.Outcome.DeliveredOnRetry }),
		number("still_queued", func(g *Group) int64 { return g.Outcome.StillQueued }),
		number("unknown_outcome", func(g *Group) int64 { return g.Outcome.Unknown }),
		maybe("median_wait_s", func(g *Group) *int64 { return g.Outcome.MedianS }),
		maybe("median_retry_gap_s", func(g *Group) *int64 { return g.RetryGaps.MedianS }),
		text("sending_ips", func(g *Group) string { return strings.Join(g.SendingIPs, " ") }),
		text("domains", func(g *Group) string { return strings.Join(g.Domains, " ") }),
		text("mx", func(g *Group) string { return strings.Join(g.MX, " ") }),
		number("delivered_at_first", func(g *Group) int64 { return g.Outcome.DeliveredAtFirst }),
		{"mixed", func(g *Group) string { return strconv.FormatBool(g.Mixed) }},
	})
}
