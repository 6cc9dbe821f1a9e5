package rules

// Uses returns the steps and notes whose condition tests a fact, in their order.
func (a *Advice) Uses(fact string) []Use { return a.uses(testsFact(fact)) }

// UsesThreshold returns the steps and notes whose condition compares with a threshold.
func (a *Advice) UsesThreshold(id string) []Use { return a.uses(comparesWith(id)) }

func (a *Advice) uses(kind func(*Condition) bool) []Use {
	var out []Use
	look := func(where string, when *Condition, source string) {
		found := false
		if when != nil {
			when.walk(func(leaf *Condition) { found = found || kind(leaf) })
		}
		if found {
			out = append(out, Use{Where: where, When: when.String(), Source: source})
		}
	}
	for i := range a.Steps {
		look("step "+a.Steps[i].ID, a.Steps[i].When, a.Steps[i].Source)
	}
	for i := range a.Notes {
		look("note "+a.Notes[i].ID, a.Notes[i].When, a.Notes[i].Source)
	}
	return out
}
