package rules

import (
	"maps"
	"math"
	"slices"
)

// Margin says how firm a verdict stands: which one measured fact would have to change
// least, and to what, for another cause to come first.
type Margin struct {
	// Fact is empty where no single fact can turn the verdict.
	Fact string
	// Have is its value, Flips the value at which the verdict turns.
	Have, Flips float64
	// Share is the change between them as a part of the larger of the two, 0 to 1; 1
	// where no single fact can turn the verdict.
	Share float64
}

// Margin measures how firm the leading cause stands. Each fact is moved by itself to
// each value that a condition compares it with, from both sides.
func (c *Causes) Margin(facts Facts) Margin {
	best := Margin{Share: 1}
	lead := c.leading(facts)
	moved := maps.Clone(facts)
	values := c.compared()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		have, ok := facts[name]
		if d, _ := Lookup(name); !ok || d.Unit == UnitYesNo || have.Basis == Seed {
			continue
		}
		for _, at := range values[name] {
			share := math.Abs(have.Value-at) / max(math.Abs(have.Value), math.Abs(at), math.SmallestNonzeroFloat64)
			if share >= best.Share {
				continue
			}
			for _, v := range []float64{at, math.Nextafter(at, math.Inf(-1)), math.Nextafter(at, math.Inf(1))} {
				if (v-at)*(have.Value-at) > 0 {
					continue // it is on this side already
				}
				m := have
				m.Value = v
				moved[name] = m
				if c.leading(moved) != lead {
					best = Margin{Fact: name, Have: have.Value, Flips: at, Share: share}
					break
				}
			}
		}
		moved[name] = have
	}
	return best
}

// leading is the cause that Decide puts first, empty if none holds. It makes no texts.
func (c *Causes) leading(facts Facts) string {
	best, outranks, share, score := "", false, 0.0, 0.0
	for i := range c.Causes {
		k := &c.Causes[i]
		if k.Needs != nil && k.Needs.Eval(facts) != True {
			continue
		}
		sum := 0.0
		for j := range k.Signals {
			if s := &k.Signals[j]; s.When.Eval(facts) == True {
				sum += s.Weight
			}
		}
		if sum < k.Hold || best != "" && outranks && !k.Outranks {
			continue
		}
		of := min(sum/k.Full, 1)
		if best == "" || k.Outranks && !outranks || of > share || of == share && sum > score {
			best, outranks, share, score = k.ID, k.Outranks, of, sum
		}
	}
	return best
}

// compared are the values that signals compare each fact with.
func (c *Causes) compared() map[string][]float64 {
	out := map[string][]float64{}
	var walk func(*Condition)
	walk = func(c *Condition) {
		for i := range c.All {
			walk(&c.All[i])
		}
		for i := range c.Any {
			walk(&c.Any[i])
		}
		if c.Not != nil {
			walk(c.Not)
		}
		for i := range c.limits {
			if v := c.limits[i].value; !slices.Contains(out[c.Fact], v) {
				out[c.Fact] = append(out[c.Fact], v)
			}
		}
	}
	for i := range c.Causes {
		for j := range c.Causes[i].Signals {
			walk(&c.Causes[i].Signals[j].When)
		}
	}
	return out
}
