package main

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/seed-07ce53fa/diagnose/scripts/lab/sink"
)

//go:embed scenarios/*.yaml
var scenarioFiles embed.FS

// scenario is what receivers do, what is sent, and how the MTA is set up.
type scenario struct {
	About string `yaml:"about"`
	// Cause and Severity are what a reader of the log ought to find at Platform, which is
	// Microsoft's where nothing else is said. Without a cause only counts are compared.
	Cause    string `yaml:"cause"`
	Severity string `yaml:"severity"`
	Platform string `yaml:"platform"`
	// For is when the run ends at the latest; it ends as soon as the queue is empty.
	For time.Duration `yaml:"for"`
	// Quiet scenarios wait most of the time, with Exim, too.
	Quiet  bool            `yaml:"quiet"`
	Groups []sink.Group    `yaml:"groups"`
	Plan   []flow          `yaml:"plan"`
	NewIP  *newIP          `yaml:"new_ip"`
	Change *change         `yaml:"change"`
	Set    postfixSettings `yaml:"postfix"`
	Exim   eximSettings    `yaml:"exim"`

	tls bool // all receivers offer it
}

// flow is a number of messages to one domain, spread evenly over a time; over 0 is as
// fast as possible.
type flow struct {
	To    string        `yaml:"to"`
	From  string        `yaml:"from"`
	Count int           `yaml:"count"`
	Start time.Duration `yaml:"start"`
	Over  time.Duration `yaml:"over"`
	// Sessions is how many connections hand them to the MTA, one message after the
	// other; 0 is a connection for each message.
	Sessions int `yaml:"sessions"`
}

// newIP lets the mail of some senders leave from another address.
type newIP struct {
	Senders string `yaml:"senders"`
	Address string `yaml:"address"`
}

// change is what the operator does while mail flows.
type change struct {
	After time.Duration   `yaml:"after"`
	Set   postfixSettings `yaml:"postfix"`
	Exim  eximSettings    `yaml:"exim"`
}

// postfixSettings are parameters of main.cf.
type postfixSettings struct {
	Main map[string]string `yaml:"main"`
}

// eximSettings are the few parts of its configuration that scenarios vary.
type eximSettings struct {
	QueueRun   time.Duration `yaml:"queue_run"`
	Retry      string        `yaml:"retry"`     // the retry rule for all
	Transport  []string      `yaml:"transport"` // further options of remote_smtp
	TLS        bool          `yaml:"tls"`
	DefaultLog bool          `yaml:"default_log"` // log_selector as Exim has it
	// Pace is which part of the pace of before its loop has to keep; see eximPace.
	Pace float64 `yaml:"pace"`
}

const worldFile = "world"

func scenarioNames() []string {
	entries, err := scenarioFiles.ReadDir("scenarios")
	if err != nil {
		return nil // embedded: it is there
	}
	var names []string
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".yaml"); name != worldFile {
			names = append(names, name)
		}
	}
	return names
}

func readYAML(name string, to any) error {
	data, err := scenarioFiles.ReadFile(path.Join("scenarios", name+".yaml"))
	if err == nil {
		err = yaml.UnmarshalWithOptions(data, to, yaml.Strict())
	}
	if err != nil {
		return fmt.Errorf("cannot read scenario %s: %w", name, err)
	}
	return nil
}

func loadScenario(name string) (*scenario, error) {
	if !slices.Contains(scenarioNames(), name) {
		return nil, fmt.Errorf("there is no scenario %q: it is one of %s", name, strings.Join(scenarioNames(), ", "))
	}
	s := new(scenario)
	if err := readYAML(name, s); err != nil {
		return nil, err
	}
	if s.Platform == "" {
		s.Platform = "microsoft-consumer"
	}
	return s, nil
}

// as is the scenario with the settings of a run.
func (s *scenario) as(j *job) *scenario {
	s.Exim.DefaultLog = s.Exim.DefaultLog || j.Plain
	if j.TLS {
		s.tls, s.Exim.TLS = true, true
		s.Set.Main = maps.Clone(s.Set.Main)
		if s.Set.Main == nil {
			s.Set.Main = map[string]string{}
		}
		s.Set.Main["smtp_tls_security_level"], s.Set.Main["smtp_tls_loglevel"] = "may", "1"
	}
	return s
}

// setting is the world with the groups of the scenario in it.
func (s *scenario) setting() (sink.Setting, error) {
	var w struct {
		Hosts   map[string]sink.Host  `yaml:"hosts"`
		Domains map[string][][]string `yaml:"domains"`
		Groups  []sink.Group          `yaml:"groups"`
	}
	if err := readYAML(worldFile, &w); err != nil {
		return sink.Setting{}, err
	}
	groups := w.Groups
	for _, g := range s.Groups {
		i := slices.IndexFunc(groups, func(o sink.Group) bool { return o.Name == g.Name })
		if i < 0 {
			return sink.Setting{}, fmt.Errorf("cannot use group %q: %s.yaml has no such group", g.Name, worldFile)
		}
		groups[i] = g
	}
	for i := range groups {
		groups[i].TLS = groups[i].TLS || s.tls
	}
	return sink.Setting{Hosts: w.Hosts, Domains: w.Domains, Groups: groups}, nil
}
