package report

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

// Fact is one measured fact. diagnose explain NAME tells what it is.
type Fact struct {
	Fact  string  `json:"fact"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Basis string  `json:"basis"`
	Where string  `json:"where"`
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
