package ticket

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// field is the value of a field of the text form, on one line.
func textField(t testing.TB, text, label string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "\n"+label+":")
	if !found {
		t.Fatalf("no field %q in\n%s", label, text)
	}
	var words []string
	for i, l := range strings.Split(rest, "\n") {
		if i > 0 && !strings.HasPrefix(l, strings.Repeat(" ", labelWidth)) {
			break
		}
		words = append(words, strings.Fields(l)...)
	}
	return strings.Join(words, " ")
}

// C85: "4.7.0 concurrent connection deferrals to specific MX hosts".
func TestSubject(t *testing.T) {
	f := func(g *report.Group, want string) {
		t.Helper()
		if got := build(t, g, "esp", "").Subject; got != want {
			t.Errorf("subject %q, want %q", got, want)
		}
	}
	f(gateway(), "421 4.7.0 concurrent connection deferrals to Example Gateway MX hosts, 2026-05-20, 12 messages lost")
	f(event(), "451 4.7.652 concurrent connection deferral to mail.example.net MX hosts, 2026-05-20")
	f(listed(), "421 4.7.1 block-list refusals to Microsoft consumer MX hosts, 2026-05-20 to 2026-05-22")
	g := gateway()
	g.Outcome.Expired, g.Replies[1] = 0, report.Reply{Sample: "421 4.7.28 unusual rate of mail", Class: "rate-limit", Count: 3}
	f(g, "421 4.7.28 rate-limit deferrals to Example Gateway MX hosts, 2026-05-20")
	g.Replies[1] = report.Reply{Sample: "4.7.1 poor reputation", Class: "reputation", Count: 3}
	g.Trouble.First, g.Trouble.Last = nil, nil
	f(g, "4.7.1 reputation deferrals to Example Gateway MX hosts")
	g.Replies, g.Refusals = nil, map[string]int64{"greylist": 4, "listing": 3}
	f(g, "block-list deferrals to Example Gateway MX hosts")
}

// C47: count, stream, kind of destination, duration.
func TestPattern(t *testing.T) {
	f := func(g *report.Group, want string) {
		t.Helper()
		if got := build(t, g, "esp", "").Pattern; got != want {
			t.Errorf("pattern %q, want %q", got, want)
		}
	}
	f(gateway(), "312 transactional messages to the same security gateway (Example Gateway) deferred over 40 minutes "+
		"(2026-05-20 09:02 to 09:42 UTC); 300 delivered on retry, 12 discarded after the retry limit")
	f(event(), "1 message to the same custom MX (mail.example.net) deferred (2026-05-20 09:02:00 UTC); 1 with no end in this log")
	g := gateway()
	g.Kind, g.Trouble.Messages, g.Trouble.Recipients, g.Trouble.Refusals, g.Outcome = "business-mailbox", 0, 0, 46, report.Outcome{}
	g.Trouble.Last = at("09:02:41")
	f(g, "46 attempts to the same business mailbox platform (Example Gateway) deferred over 41 seconds (2026-05-20 09:02:00 to 09:02:41 UTC)")
	g.ByStream = append(g.ByStream, report.ByStream{Stream: "bulk", Refusals: limit(1)})
	g.Trouble.Messages, g.Trouble.Recipients = 30, 90
	f(g, "30 messages (90 recipients) to the same business mailbox platform (Example Gateway) deferred over 41 seconds (2026-05-20 09:02:00 to 09:02:41 UTC)")
}

// C84: what the receivers of the mail noticed.
func TestImpact(t *testing.T) {
	f := func(o report.Outcome, recipients int64, want string) {
		t.Helper()
		g := gateway()
		g.Outcome, g.Trouble.Recipients = o, recipients
		if got := build(t, g, "esp", "").Impact; got != want {
			t.Errorf("impact %q, want %q", got, want)
		}
	}
	late := report.Outcome{DeliveredOnRetry: 1, MedianS: ptr(int64(60)), SlowestS: ptr(int64(60))}
	f(late, 312, "mail delivered on retry was late by a median of 1 minute")
	f(report.Outcome{Expired: 1, StillQueued: 2}, 312, "1 message never arrived; 2 messages still waiting at the end of the log")
	f(report.Outcome{Expired: 1, StillQueued: 2}, 400, "1 recipient never arrived; 2 recipients still waiting at the end of the log")
	f(report.Outcome{Expired: 40}, 30, "40 recipients never arrived; delays of this destination for any reason included")
	f(report.Outcome{Unknown: 3}, 312, "")

	// What a receiver turns away for good is lost, too.
	blocked := gateway()
	blocked.Outcome, blocked.Trouble.Bounced = report.Outcome{}, 359
	tk := build(t, blocked, "esp", "")
	if want := "359 messages turned away for good, and not tried again"; tk.Impact != want || !strings.HasSuffix(tk.Subject, ", 359 messages lost") {
		t.Errorf("impact %q, want %q; subject %q", tk.Impact, want, tk.Subject)
	}
}

// C45: the reply is in the ticket byte for byte; only what does not print is escaped.
func TestVerbatim(t *testing.T) {
	f := func(reply, want string) {
		t.Helper()
		g := gateway()
		g.Replies[1].Sample = reply
		tk := build(t, g, "esp", "")
		if tk.Reply.Text != reply {
			t.Errorf("reply %q, want %q", tk.Reply.Text, reply)
		}
		if text := render(t, &tk, "txt"); !strings.Contains(text, "\n\n"+want+"\n\n") {
			t.Errorf("%q is not shown as %q in\n%s", reply, want, text)
		}
	}
	f(microsoftReply, "    "+microsoftReply)
	f("421 4.7.0 trop de connexions: r\u00e9essayez   |plus  tard|", "    421 4.7.0 trop de connexions: r\u00e9essayez   |plus  tard|")
	f("421-4.7.0 one\r\n421 4.7.0 two\n", "    421-4.7.0 one\n    421 4.7.0 two")
	f("421 \x1b[2J\u202ex\u200b\x00\xff\u3164", `    421 \x1b[2J\u202ex\u200b\x00\xff\u3164`)
	f("", "    not in this log")
}

// C41 to C46, C87 to C91, X07: a field that the log cannot fill is named, and never
// guessed.
func TestMissing(t *testing.T) {
	f := func(label string, required bool, change func(*report.Group)) {
		t.Helper()
		g := gateway()
		if tk := build(t, g, "esp", ""); len(tk.Missing) > 0 {
			t.Fatalf("missing %v, want nothing", tk.Missing)
		}
		change(g)
		tk := build(t, g, "esp", "")
		if len(tk.Missing) != 1 || tk.Missing[0].Label != label || tk.Missing[0].Required != required {
			t.Errorf("missing %v, want %s alone", tk.Missing, label)
		}
		if got := len(tk.Incomplete()) > 0; got != required {
			t.Errorf("%s: incomplete %v, want %v", label, got, required)
		}
		if label == "Reply" || label == "Volume" {
			return
		}
		if got := textField(t, render(t, &tk, "txt"), label); !strings.HasPrefix(got, absent) {
			t.Errorf("%s: %q, want %q", label, got, absent)
		}
	}
	f("Reply", true, func(g *report.Group) { g.Replies = nil })
	f("Volume", true, func(g *report.Group) { g.Trouble.Messages = 0 })
	f("Affected dates", true, func(g *report.Group) { g.Trouble.First = nil })
	f("Affected stream", false, func(g *report.Group) { g.ByStream = nil })
	f("Sending domain", true, func(g *report.Group) { g.BySender = g.BySender[1:] })
	f("Sending IPs", true, func(g *report.Group) { g.ByIP = nil })
	f("Destination MX", false, func(g *report.Group) { g.ByMX = nil })
	f("Destination MX", true, func(g *report.Group) { g.ByMX, g.Domains = nil, nil })
	f("Message IDs", true, func(g *report.Group) { g.Messages, g.MessagesMore = nil, 0 })
	f("Message IDs", true, func(g *report.Group) { g.Messages = g.Messages[3:4] })
}

// C42 to C44, C46, C87 to C92: what the fields say.
func TestFields(t *testing.T) {
	tk := build(t, gateway(), "esp", "")
	text := render(t, &tk, "txt")
	f := func(label, want string) {
		t.Helper()
		if got := textField(t, text, label); got != want {
			t.Errorf("%s: %q, want %q", label, got, want)
		}
	}
	f("Affected stream", "transactional (2,018 refusals)")
	f("Affected dates", "2026-05-20 09:02:00 to 2026-05-20 09:42:00 UTC")
	f("Sending domain", "example.com (2,018 refusals)")
	f("Sending IPs", "192.0.2.10 (1,201 refusals), 192.0.2.11 (817 refusals)")
	f("Destination MX", "mx1.example-mx.net (2,000 refusals), mx2.example-mx.net (18 refusals)")
	f("Volume", "2,018 refusals in 8,438 attempts; 312 messages to 312 recipients; 4,500 recipients accepted in the same period (2026-05-20 09:00:00 to 09:45:00 UTC)")
	f("Message IDs", "<20260520.a1@example.com> 09:02:14Z, expired 09:42:14Z <20260520.b7@example.com> 09:02:15Z, expired 09:42:15Z "+
		"<20260520.c3@example.com> 09:02:15Z, delivered 09:19:40Z 4A000B queue id, 09:02:16Z, queued "+
		"<20260520.e5@example.com> 09:02:17Z, end not in this log and 307 more")
	g := gateway()
	for range 11 {
		g.ByIP = append(g.ByIP, report.ByIP{SendingIP: ptr("198.51.100.7"), Refusals: limit(1)})
	}
	tk = build(t, g, "esp", "")
	text = render(t, &tk, "txt")
	if got := textField(t, text, "Sending IPs"); !strings.HasSuffix(got, ", and 3 more") || len(tk.SendingIPs) != 13 {
		t.Errorf("Sending IPs: %q of %d", got, len(tk.SendingIPs))
	}
}

// What was accepted is that of the windows which the refusals fall into.
func TestAccepted(t *testing.T) {
	f := func(starts string, want int64, from, to string) {
		t.Helper()
		g := gateway()
		g.Windows = nil
		for _, s := range strings.Fields(starts) {
			g.Windows = append(g.Windows, report.Window{Start: *at(s), AcceptedRecipients: 10})
		}
		v := build(t, g, "esp", "").Volume
		if v.Accepted != want || (v.From == nil) != (from == "") || v.From != nil && (!v.From.Equal(*at(from)) || !v.To.Equal(*at(to))) {
			t.Errorf("%s: %d from %v to %v, want %d from %s to %s", starts, v.Accepted, v.From, v.To, want, from, to)
		}
	}
	f("", 0, "", "")
	f("09:00:00", 0, "", "") // a window of unknown length
	f("09:00:00 09:15:00 09:30:00 09:45:00", 30, "09:00:00", "09:45:00")
	f("08:30:00 08:45:00 09:45:00 10:00:00", 0, "", "")
	f("08:00:00 08:45:00 09:15:00 09:45:00", 10, "09:15:00", "09:30:00")
	f("08:50:00 09:02:00 09:42:00 09:43:00", 20, "09:02:00", "09:43:00")
}

// C94: the sentence on discarded mail is there where discards were seen, with counts.
func TestDiscards(t *testing.T) {
	const sentence = "discarded after repeated soft bounces"
	tk := build(t, gateway(), "esp", "")
	if want := "Some messages are being " + sentence + " (12 of 312 messages)."; tk.Request.Discards != want {
		t.Errorf("%q, want %q", tk.Request.Discards, want)
	}
	for form := range forms {
		if got := strings.ReplaceAll(render(t, &tk, form), "=\r\n", ""); form != "json" && !strings.Contains(got, sentence) {
			t.Errorf("%s: no sentence on discards", form)
		}
	}
	g := gateway()
	g.Outcome.Expired = 0
	tk = build(t, g, "esp", "")
	for form := range forms {
		if got := strings.ReplaceAll(render(t, &tk, form), "=\r\n", ""); strings.Contains(got, sentence) {
			t.Errorf("%s: discards that nobody saw", form)
		}
	}
}

// C48, C56: one event is no pattern, and the ticket says so.
func TestOneEvent(t *testing.T) {
	f := func(g *report.Group, want string) {
		t.Helper()
		tk := build(t, g, "esp", "")
		if !strings.HasPrefix(tk.Caution, want) || want == "" && tk.Caution != "" {
			t.Errorf("caution %q, want %q", tk.Caution, want)
		}
		if !strings.Contains(render(t, &tk, "txt"), "\n"+want) {
			t.Errorf("the text does not say %q", want)
		}
	}
	f(event(), "This is a single event. One reply proves nothing")
	f(gateway(), "")
	g := gateway()
	g.Trouble.Refusals = 4
	f(g, "These are 4 refusals: too few to show a pattern.")
	g.Trouble.Refusals = 5
	f(g, "")
}

// The writers of one ticket say the same.
func TestJSON(t *testing.T) {
	tk := build(t, gateway(), "sparkpost", "shared")
	var back Ticket
	if err := json.Unmarshal([]byte(render(t, &tk, "json")), &back); err != nil {
		t.Fatal(err)
	}
	if back.Subject != tk.Subject || *back.SendingIPs[0].Refusals != 1201 || len(back.Request.Shared) != 3 ||
		!slices.ContainsFunc(back.Request.Items, func(it Item) bool {
			return it.ID == "concurrency" && it.Basis == "target" && it.Measured == "up to 12 at once"
		}) {
		t.Errorf("JSON does not give the ticket back: %+v", back)
	}
}

// A ticket about receivers that were not told apart asks for nothing anybody could do.
func TestWorth(t *testing.T) {
	g := report.Group{Trouble: report.Trouble{Refusals: 9}}
	if !Worth(&g) {
		t.Error("no ticket about refusals")
	}
	if g.Mixed = true; Worth(&g) {
		t.Error("a ticket about receivers that were not told apart")
	}
}

// What the logs speak against is no claim of the sender; it is named as open.
func TestOurPart(t *testing.T) {
	f := func(g report.Group, want string) {
		t.Helper()
		if got := build(t, &g, "mta-team", "").OurPart; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	const kept = "time-critical mail is kept apart from bulk mail"
	f(report.Group{}, "SPF, DKIM and DMARC pass for this mail, block lists are watched, "+kept)
	f(report.Group{Audit: []report.AuditItem{{ID: "spf", Status: "not-seen"}, {ID: "dmarc", Status: "seen"}}}, "block lists are watched, "+kept+"; still to mend: replies speak of authentication")
	f(report.Group{Refusals: map[string]int64{"auth": 40}}, "block lists are watched, "+kept+"; still to mend: replies speak of authentication")
	f(report.Group{Audit: []report.AuditItem{{ID: "blocklists", Status: "seen"}}}, "SPF, DKIM and DMARC pass for this mail, "+kept+"; still to mend: replies name a list or a block")
	f(report.Group{Refusals: map[string]int64{"auth": 1, "listing": 1}}, kept+"; still to mend: replies speak of authentication, replies name a list or a block")
}

// The messages beyond the examples are counted by recipient, and some of them were only
// held back, so that they are more than those of the pattern.
func TestHeldBack(t *testing.T) {
	id := "<a@example.com>"
	g := report.Group{Trouble: report.Trouble{Refusals: 116, Messages: 116, Recipients: 116}, Messages: []report.Message{{MessageID: &id}}, MessagesMore: 119, MessagesHeld: 4}
	tk := build(t, &g, "mta-team", "")
	for name, write := range map[string]func(*strings.Builder) error{
		"text": func(b *strings.Builder) error { return tk.WriteText(b, 0) }, "markdown": func(b *strings.Builder) error { return tk.WriteMarkdown(b) },
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if got := strings.NewReplacer(`\(`, "(", `\)`, ")").Replace(b.String()); !strings.Contains(got, "and 119 more (by recipient, 4 of all only held back)") {
			t.Errorf("%s does not say that some were held back:\n%s", name, got)
		}
	}
}

// Where the report says to stop, so does the ticket, before it asks for a pace; and it is
// the company that publishes limits, not a part of it.
func TestStopFirst(t *testing.T) {
	g := report.Group{Destination: "Yahoo consumer", Steps: []report.Step{{ID: "keep-queued", Text: "keep"}, {ID: "stop-sending", Text: "stop sending to this receiver"}}}
	r := build(t, &g, "mta-team", "").Request
	if len(r.Items) == 0 || r.Items[0].ID != "stop" || r.Items[0].Text != "Stop sending to this receiver." {
		t.Errorf("%+v", r.Items)
	}
	if !strings.HasSuffix(r.Label, "published by Yahoo.") {
		t.Error(r.Label)
	}
}
