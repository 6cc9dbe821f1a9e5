package selfcheck

import (
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// input checks the account of lines and what the whole says of all destinations.
func (c *checker) input(r *report.Report) {
	in := &r.Input
	var total report.File
	for _, f := range in.Files {
		c.equal(f.Path+": understood, irrelevant and not understood lines", f.Understood+f.Irrelevant+f.NotUnderstood, f.Lines)
		total.Lines += f.Lines
		total.Understood += f.Understood
		total.Irrelevant += f.Irrelevant
		total.NotUnderstood += f.NotUnderstood
	}
	c.equal("lines of all files", total.Lines, in.Lines)
	c.equal("understood lines of all files", total.Understood, in.Understood)
	c.equal("irrelevant lines of all files", total.Irrelevant, in.Irrelevant)
	c.equal("not understood lines of all files", total.NotUnderstood, in.NotUnderstood)

	var attempts, suspensions, refusals, own int64
	for i := range r.Groups {
		attempts += r.Groups[i].Counts.Attempts
		suspensions += r.Groups[i].Counts.Suspensions
		refusals += sum(r.Groups[i].Refusals)
	}
	for _, o := range r.OwnSide {
		own += o.Count
	}
	c.equal("attempts of all destinations", attempts, in.Attempts)
	c.equal("suspensions of all destinations", suspensions, in.Suspensions)
	// None is lost between the log and the destinations. What our own ESP made up about an
	// attempt is an attempt as well, and stands in both lists.
	c.equal("refusals of destinations, own side and left out", in.Refusals.Destinations+in.Refusals.OwnSide+in.Refusals.LeftOut, in.Refusals.Seen)
	c.equal("refusals of all destinations", refusals, in.Refusals.Destinations)
	c.most("refusals by our own side", in.Refusals.OwnSide, own)
	if (in.First == nil) != (in.Last == nil) {
		c.fail("only one of the first and the last time is known")
	}
	c.order("time of the input", in.First, in.Last)
}

// places checks that every place is a line of an input that was read.
func (c *checker) places(r *report.Report) {
	lines := map[string]int64{}
	for _, f := range r.Input.Files {
		lines[f.Path] = max(lines[f.Path], f.Lines)
	}
	check := func(where string) {
		if where == "" {
			return
		}
		i := strings.LastIndexByte(where, ':')
		n, err := strconv.ParseInt(where[i+1:], 10, 64)
		if last, ok := lines[where[:max(i, 0)]]; err != nil || !ok || n < 1 || n > last {
			c.fail("%s is no line of an input", where)
		}
	}
	evidence := func(list []report.Evidence) {
		for _, e := range list {
			check(e.Where)
		}
	}
	for _, u := range r.Unknown {
		check(u.Where)
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		c.at = g.Destination + ": "
		for _, x := range g.Causes {
			evidence(x.Evidence)
		}
		for _, x := range g.Notes {
			evidence(x.Evidence)
		}
		for _, x := range g.Limit.Hypotheses {
			evidence(x.Evidence)
		}
		for _, x := range g.Facts {
			check(x.Where)
		}
		for _, x := range g.Replies {
			check(x.Where)
		}
	}
	c.at = ""
}
