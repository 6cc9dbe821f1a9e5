package ticket

import (
	_ "embed" // the styles
	"errors"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

//go:embed styles.yaml
var stylesYAML string

// Style is to whom a ticket goes and how that reader calls the levers
// (pkg/ticket/styles.yaml).
type Style struct {
	Name  string `yaml:"style"`
	Title string `yaml:"title"`
	// Via is the kind of log that leads here: own-mta or esp; Formats are its formats.
	Via     string   `yaml:"via"`
	Formats []string `yaml:"formats"`
	// Lead introduces the levers. Listing is asked for first where the replies name a
	// list; Dedicated stands in for Routing where the pool is a dedicated one.
	Lead        string `yaml:"lead"`
	Listing     string `yaml:"listing"`
	Concurrency string `yaml:"concurrency"`
	Retries     string `yaml:"retries"`
	Pacing      string `yaml:"pacing"`
	Routing     string `yaml:"routing"`
	Dedicated   string `yaml:"dedicated"`
	// Shared is what a sender on a shared pool asks for as well (C95).
	SharedLead string   `yaml:"shared_lead"`
	Shared     []string `yaml:"shared"`
	Source     string   `yaml:"source"`
}

// Styles are all styles, the one for MTA teams first and the one for any ESP second.
type Styles []Style

// LoadStyles returns the built-in styles. It fails only if their file is wrong.
func LoadStyles() (Styles, error) {
	var file struct {
		Styles Styles `yaml:"styles"`
	}
	if errs := strictyaml.Decode("pkg/ticket/styles.yaml", []byte(stylesYAML), &file); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return file.Styles, nil
}

// Names are the names of all styles.
func (s Styles) Names() []string {
	names := make([]string, len(s))
	for i := range s {
		names[i] = s[i].Name
	}
	return names
}

// Get returns the style of that name, nil if there is none.
func (s Styles) Get(name string) *Style {
	i := slices.IndexFunc(s, func(st Style) bool { return st.Name == name })
	if i < 0 {
		return nil
	}
	return &s[i]
}

// For returns the style for a destination whose mail goes out by via (report.Group),
// in logs of these formats: an ESP's own style where the logs are those of one ESP,
// else the general one. Who runs the queue never asks an ESP, and an ESP's customer
// is never told to configure an MTA (requirement X03).
func (s Styles) For(via string, formats []string) *Style {
	var general *Style
	var named []*Style
	for i := range s {
		st := &s[i]
		switch {
		case st.Via != via:
			continue
		case general == nil:
			general = st // the first of its kind
		}
		if slices.ContainsFunc(formats, func(f string) bool { return slices.Contains(st.Formats, f) }) {
			named = append(named, st)
		}
	}
	if len(named) == 1 {
		return named[0]
	}
	return general
}

// fill puts the targets into a text of a style.
func (t Targets) fill(text string) string {
	growth := "doubling"
	if t.RetryFactor != 2 {
		growth = "growing by " + decimal(t.RetryFactor)
	}
	return strings.NewReplacer(
		"{sessions}", number(t.Sessions),
		"{first}", spell(t.RetryFirst),
		"{growth}", growth,
		"{most}", spell(t.RetryMost),
		"{pause}", spell(t.Pause),
	).Replace(text)
}
