package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// Cause is one explanation with its evidence.
type Cause struct {
	Cause      string     `json:"cause"`
	Confidence float64    `json:"confidence"`
	Role       string     `json:"role"`
	Evidence   []Evidence `json:"evidence"`
	// Margin is, for the cause that comes first, the one fact that would have to change
	// least for another to come first; null where no single fact can turn it.
	Margin *Margin `json:"margin"`
}

// Margin says how far a fact is from the value at which the cause would turn: Share is
// the change between Value and Flips as a part of the larger.
type Margin struct {
	Fact  string  `json:"fact"`
	Value float64 `json:"value"`
	Flips float64 `json:"flips"`
	Unit  string  `json:"unit"`
	Share float64 `json:"share"`
	Text  string  `json:"text"`
}

// Evidence is one measured condition for (+), against (-) or not in these logs (?).
type Evidence struct {
	Sign   string   `json:"sign"`
	Fact   string   `json:"fact"`
	Value  *float64 `json:"value"`
	Unit   string   `json:"unit"`
	Basis  string   `json:"basis"`
	Text   string   `json:"text"`
	Where  string   `json:"where"`
	Source string   `json:"source"`
}

// Facts are measured facts, each once, in order of their names.
type Facts []Fact

// Fact is one measured fact. A report has hundreds of thousands of them, so that a number
// stands for what is the same in all groups. diagnose explain NAME tells what it is.
type Fact struct {
	ID    rules.FactID
	Basis rules.Basis
	Value float64
	Where string // "file:line" or empty
}

// Find returns the fact of a name.
func (list Facts) Find(name string) (Fact, bool) {
	id, known := rules.FactNamed(name)
	i, found := slices.BinarySearchFunc(list, id, func(f Fact, id rules.FactID) int { return cmp.Compare(f.ID, id) })
	if !known || !found {
		return Fact{}, false
	}
	return list[i], true
}

// factJSON is a fact as JSON shows it.
type factJSON struct {
	Fact  string     `json:"fact"`
	Value float64    `json:"value"`
	Unit  rules.Unit `json:"unit"`
	Basis string     `json:"basis"`
	Where string     `json:"where"`
}

// plain appends the facts as JSON shows them.
func (list Facts) plain(to []factJSON) []factJSON {
	to = slices.Grow(to, len(list))
	for _, f := range list {
		d := f.ID.Definition()
		to = append(to, factJSON{d.Name, f.Value, d.Unit, f.Basis.String(), f.Where})
	}
	return to
}

// MarshalJSON writes [{"fact":"attempts","value":12,"unit":"count","basis":"measured","where":""},..].
func (list Facts) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // as everywhere else in the report
	err := e.Encode(list.plain([]factJSON{}))
	return b.Bytes(), err
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (list *Facts) UnmarshalJSON(data []byte) error {
	var in []factJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*list = make(Facts, len(in))
	for i, f := range in {
		id, ok := rules.FactNamed(f.Fact)
		if !ok {
			return fmt.Errorf("unknown fact %q", f.Fact)
		}
		(*list)[i] = Fact{ID: id, Value: f.Value, Where: f.Where}
		if f.Basis == "" {
			continue // as it was measured
		}
		if err := (*list)[i].Basis.UnmarshalText([]byte(f.Basis)); err != nil {
			return err
		}
	}
	return nil
}

// Limit is the second axis: what kind of limit the receiver seems to apply.
// Sessions is the highest number of own sessions still not refused, Low and High
// its bounds, Safe the level known to be clean.
type Limit struct {
	Type     string `json:"type"`
	Sessions *int64 `json:"sessions"`
	Low      *int64 `json:"low"`
	High     *int64 `json:"high"`
	Safe     *int64 `json:"safe"`
	// MX is the one host that the limit is of, null for the whole platform.
	MX *string `json:"mx"`
	// Scope is whom the limit counts: per-ip, per-range, per-domain, receiver-wide or
	// unknown (C13).
	Scope         string       `json:"scope"`
	ScopeEvidence []Evidence   `json:"scope_evidence"`
	Hypotheses    []Hypothesis `json:"hypotheses"`
}

// Hypothesis is fixed or dynamic with what speaks for it (C108: both are always listed).
type Hypothesis struct {
	Type     string     `json:"type"`
	Evidence []Evidence `json:"evidence"`
}

// Qualifier is one entry of Group.Qualifiers with what speaks for it.
type Qualifier struct {
	ID       string     `json:"id"`
	Text     string     `json:"text"`
	Evidence []Evidence `json:"evidence"`
}

// Band is one of the bands of session numbers: start, test or stop (H62-H64). High
// is null where it has no upper end. They are operating targets, no limits that a
// receiver published (H61).
type Band struct {
	Name   string `json:"name"`
	Low    int64  `json:"low"`
	High   *int64 `json:"high"`
	Text   string `json:"text"`
	Basis  string `json:"basis"`
	Source string `json:"source"`
}

// AuditItem is one item of the sender audit (H71) and what this log shows of it:
// status is seen, not-seen or not-in-logs.
type AuditItem struct {
	ID     string   `json:"id"`
	Status string   `json:"status"`
	Value  *float64 `json:"value"`
	Unit   string   `json:"unit"`
	Text   string   `json:"text"`
	Source string   `json:"source"`
}

// Step is one thing to do, in order. Phase is its part of the repair: pause, throttle,
// retry, check-reputation or resume (H25).
type Step struct {
	ID     string `json:"id"`
	Phase  string `json:"phase"`
	Text   string `json:"text"`
	Owner  string `json:"owner"`
	Source string `json:"source"`
}

// Note is a sentence with its source, most relevant first. Brief ones belong in a
// short report, too.
type Note struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Source string `json:"source"`
	Brief  bool   `json:"brief"`
}
