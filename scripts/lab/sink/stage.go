// Package sink is the receiving side of the lab: SMTP servers that refuse by rule and
// count what they do, and the DNS that leads to them. What it counts is the truth that
// the diagnosis of a sender's log is held against.
package sink

import "fmt"

// Stage is the moment of the dialogue at which a receiver answers.
type Stage uint8

// The stages at which a rule may refuse, in the order of the dialogue.
const (
	AtBanner Stage = iota
	AtMail
	AtRcpt
)

func stages() []string { return []string{"banner", "mail", "rcpt"} }

// UnmarshalText reads the name of a stage.
func (s *Stage) UnmarshalText(text []byte) error {
	for i, name := range stages() {
		if name == string(text) {
			*s = Stage(i)
			return nil
		}
	}
	return fmt.Errorf("cannot refuse at %q: the stages are %v", text, stages())
}

// String is the name that UnmarshalText reads.
func (s Stage) String() string { return stages()[s] }
