package report

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// numbers is a table of cells that are finished text.
type numbers struct {
	Title string
	Head  []cell
	Rows  [][]cell
}

// cell is one cell; Right aligns numbers.
type cell struct {
	Text  string
	Right bool
}

func words(s string) cell { return cell{s, false} }
func number(n int64) cell { return cell{rules.Thousands(n), true} }
func heads(left string, right ...string) []cell {
	list := []cell{words(left)}
	for _, s := range right {
		list = append(list, cell{s, true})
	}
	return list
}

// tables are the parts of g by IP, MX, domains and streams, its other replies and the
// messages for instance. A part that is the whole is left out.
func (d *document) tables(g *Group) []numbers {
	var list []numbers
	add := func(t numbers) {
		if len(t.Rows) > 0 {
			list = append(list, t)
		}
	}
	// verdict is empty for parts that have none of their own.
	shares := func(title string, n int, part func(i int) (name, verdict string, c Counts, refusals map[string]int64)) {
		t := numbers{Title: title, Head: []cell{words("Name"), words("Refusals"), {"Attempts", true}, {"Deferred", true}, {"Accepted", true}}}
		for i := range min(n, htmlShares) {
			name, verdict, c, refusals := part(i)
			row := []cell{words(cmp.Or(name, notInLog)), words(byCount(refusals, 3)), number(c.Attempts), number(c.Deferred), number(c.Delivered)}
			if verdict != "" {
				row = slices.Insert(row, 1, words(verdict))
			}
			t.Rows = append(t.Rows, row)
		}
		if n > 1 {
			if len(t.Rows[0]) > len(t.Head) {
				t.Head = slices.Insert(t.Head, 1, words("Verdict"))
			}
			add(t)
		}
	}
	shares("By sending IP", len(g.ByIP), func(i int) (string, string, Counts, map[string]int64) {
		p := g.ByIP[i]
		return deref(p.SendingIP), p.Cause + ", " + p.Severity, p.Counts, p.Refusals
	})
	shares("By MX host", len(g.ByMX), func(i int) (string, string, Counts, map[string]int64) {
		p := g.ByMX[i]
		return p.MX, "", p.Counts, p.Refusals
	})
	shares("By recipient domain", len(g.ByDomain), func(i int) (string, string, Counts, map[string]int64) {
		p := g.ByDomain[i]
		return p.Domain, "", p.Counts, p.Refusals
	})
	shares("By sender domain", len(g.BySender), func(i int) (string, string, Counts, map[string]int64) {
		p := g.BySender[i]
		return deref(p.Sender), p.Cause + ", " + p.Severity, p.Counts, p.Refusals
	})
	shares("By stream", len(g.ByStream), func(i int) (string, string, Counts, map[string]int64) {
		p := g.ByStream[i]
		return streamName(p), p.Cause + ", " + p.Severity, p.Counts, p.Refusals
	})

	replies := numbers{Title: "All replies", Head: []cell{{"Count", true}, words("Class"), words("Reply"), words("First at")}}
	for _, r := range g.Replies[:min(len(g.Replies), htmlShares)] {
		replies.Rows = append(replies.Rows, []cell{number(r.Count), words(r.Class), words(cmp.Or(r.Template, r.Sample)), words(r.Where)})
	}
	add(replies)

	facts := numbers{Title: "Facts that the verdict was made from", Head: []cell{words("Fact"), {"Value", true}, words("Unit"), words("Basis"), words("Where")}}
	for _, f := range g.Facts {
		d := f.ID.Definition()
		facts.Rows = append(facts.Rows, []cell{words(d.Name), {strconv.FormatFloat(f.Value, 'f', -1, 64), true}, words(string(d.Unit)), words(f.Basis.String()), words(f.Where)})
	}

	title := "Messages"
	if more := g.MessagesMore + int64(max(len(g.Messages)-htmlShares, 0)); more > 0 {
		title += ", for instance (" + rules.Thousands(more) + " more)"
	}
	messages := numbers{Title: title, Head: []cell{words("Message-ID"), words("Queue id"), words("Sender"), words("Recipient"), words("First refused"), {"Attempts", true}, words("Outcome")}}
	for _, m := range g.Messages[:min(len(g.Messages), htmlShares)] {
		refused, outcome := "", m.Outcome
		if m.Refused != nil {
			refused = instant(*m.Refused)
		}
		if m.Ended != nil {
			outcome += " " + instant(*m.Ended)
		}
		messages.Rows = append(messages.Rows, []cell{
			words(deref(m.MessageID)), words(deref(m.QueueID)), words(deref(m.Sender)), words(deref(m.Recipient)), words(refused), number(m.Attempts), words(outcome),
		})
	}
	add(messages)
	add(facts)
	return list
}
