package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

func usagef(format string, args ...any) error {
	return &failure{exitUsage, fmt.Errorf(format, args...)}
}

// reason is why a value was refused; pflag's own words for booleans are replaced.
func reason(err error, value string) error {
	var syntax *strconv.NumError
	if errors.As(err, &syntax) {
		return fmt.Errorf("want true or false, have %q", value)
	}
	return err
}

// choice is a flag with a closed list of values; kind is what help calls a value.
type choice struct {
	value, kind string
	allowed     []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return c.kind }

func (c *choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("want %s, have %q%s", orList(c.allowed), s, rules.DidYouMean(s, c.allowed))
	}
	c.value = s
	return nil
}

// orList is "a, b or c".
func orList(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " or " + items[last]
}

// number is a flag with a whole number.
type number struct {
	value, least, most int
	kind               string
}

func (n *number) String() string { return strconv.Itoa(n.value) }
func (n *number) Type() string   { return n.kind }

func (n *number) Set(s string) error {
	v, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || v < n.least || v > n.most {
		return fmt.Errorf("want a number from %d to %d, have %q", n.least, n.most, s)
	}
	n.value = v
	return nil
}

// percent is a flag with a share of 100.
type percent struct{ value float64 }

func (p *percent) String() string { return strconv.FormatFloat(p.value, 'f', -1, 64) }
func (p *percent) Type() string   { return "PCT" }

func (p *percent) Set(s string) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(s), "%"), 64)
	if err != nil || !(v >= 0 && v <= 100) {
		return fmt.Errorf("want a percentage from 0 to 100, have %q", s)
	}
	p.value = v
	return nil
}

// addresses is a repeatable flag with IP addresses.
type addresses struct{ list []netip.Addr }

func (a *addresses) Type() string { return "ADDR" }

func (a *addresses) String() string {
	words := make([]string, len(a.list))
	for i, ip := range a.list {
		words[i] = ip.String()
	}
	return strings.Join(words, ",")
}

func (a *addresses) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		ip, err := netip.ParseAddr(strings.TrimSpace(word))
		if err != nil {
			return fmt.Errorf("want an IP address, have %q", word)
		}
		a.list = append(a.list, ip.Unmap().WithZone(""))
	}
	return nil
}

// words is a repeatable flag with texts, taken as they are.
type words struct {
	list []string
	kind string
}

func (w *words) String() string { return strings.Join(w.list, " ") }
func (w *words) Type() string   { return w.kind }

func (w *words) Set(s string) error {
	if s == "" {
		return errors.New("want " + w.kind + ", have nothing")
	}
	w.list = append(w.list, s)
	return nil
}

// assignments is a repeatable flag with NAME=VALUE. What comes later wins.
type assignments struct{ values map[string]string }

func (a *assignments) Type() string { return "NAME=VALUE" }

func (a *assignments) String() string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(a.values)) {
		list = append(list, name+"="+a.values[name])
	}
	return strings.Join(list, " ")
}

func (a *assignments) Set(s string) error {
	name, value, found := strings.Cut(s, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !found || name == "" || value == "" {
		return fmt.Errorf("want NAME=VALUE such as sessions.start=1, have %q", s)
	}
	if a.values == nil {
		a.values = map[string]string{}
	}
	a.values[name] = value
	return nil
}

// addMissing adds values under names that were not given.
func (a *assignments) addMissing(values map[string]string) {
	if a.values == nil {
		a.values = map[string]string{}
	}
	for name, value := range values {
		if _, given := a.values[name]; !given {
			a.values[name] = value
		}
	}
}

// word is a flag with one text.
type word struct {
	value, kind string
}

func (w *word) String() string     { return w.value }
func (w *word) Type() string       { return w.kind }
func (w *word) Set(s string) error { w.value = s; return nil }

// inputFlags say what is read and how.
type inputFlags struct {
	format           choice
	recursive        bool
	since, until, tz word
	year             number
	newIPs           addresses
	showAddresses    bool
	salt             word
	jobs             number
	rules            word
	set              assignments
	formatFiles      words
	maxExpand        number
	maxMemory        size
}

// group names of the help page, in its order.
const (
	groupInput   = "Input"
	groupOutput  = "Output"
	groupVerdict = "Verdict"
	groupManners = "Manners"
)

// flagGroups are the groups in the order of the help page.
func flagGroups() []string { return []string{groupInput, groupOutput, groupVerdict, groupManners} }

// add defines a flag in a group of the help page. none is what the help page
// shows as its default where the value itself says nothing.
func add(fs *pflag.FlagSet, group string, v pflag.Value, name, short, usage, none string) *pflag.Flag {
	f := fs.VarPF(v, name, short, usage)
	f.Annotations = map[string][]string{"group": {group}, "none": {none}}
	return f
}

// complete makes the shell complete the values of all choices.
func complete(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		// The only error is a flag that is not there or has one already.
		switch v := f.Value.(type) {
		case *choice:
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(v.allowed, cobra.ShellCompDirectiveNoFileComp))
		case *words:
			if v.kind == "DEST" { // no file, and what there is only the logs know
				_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
			}
		}
	})
}

func addBool(fs *pflag.FlagSet, group string, v *bool, name, short, usage string) {
	fs.BoolVarP(v, name, short, *v, usage)
	fs.Lookup(name).Annotations = map[string][]string{"group": {group}}
}

// addHelp defines the flag that cobra would define otherwise.
func addHelp(fs *pflag.FlagSet) {
	var help bool
	addBool(fs, groupManners, &help, "help", "h", "this help: -h one screen, --help everything")
}

func (f *inputFlags) add(fs *pflag.FlagSet, c chain) {
	f.format = choice{"auto", "FORMAT", []string{"auto"}}
	for _, known := range c.formats {
		f.format.allowed = append(f.format.allowed, known.Name)
	}
	f.since.kind, f.until.kind, f.tz.kind, f.salt.kind = "TIME", "TIME", "ZONE", "TEXT"
	f.year = number{0, 0, 9999, "YEAR"}
	f.jobs = number{0, 0, 1024, "N"}
	add(fs, groupInput, &f.format, "input-format", "i", "format of all inputs, recognised or forced", "")
	addBool(fs, groupInput, &f.recursive, "recursive", "r", "read all files below directories")
	add(fs, groupInput, &f.since, "since", "", "count attempts from then on: RFC 3339, a date (its first moment), or 2h = two hours ago", "the beginning")
	add(fs, groupInput, &f.until, "until", "", "count attempts before then, written the same way", "the end")
	add(fs, groupInput, &f.tz, "tz", "", "zone of time stamps without one: Europe/Paris, +02:00, or local", "UTC")
	add(fs, groupInput, &f.year, "year", "", "year of the newest time stamps without one", "from the file date")
	add(fs, groupInput, &f.newIPs, "new-ip", "", "a sending IP that is new, which no log can tell; repeatable", "none")
	addBool(fs, groupInput, &f.showAddresses, "show-addresses", "", "show recipients in full instead of short tags")
	add(fs, groupInput, &f.salt, "salt", "", "makes the short tags of recipients unlike those of other users", "none")
	add(fs, groupInput, &f.jobs, "jobs", "", "how many files are decoded, and destinations measured, at once", "number of CPUs")
	f.maxExpand = number{source.DefaultMaxRatio, 0, math.MaxInt32, "TIMES"}
	f.maxMemory = size{0, 16 << 20, 1 << 44}
	add(fs, groupInput, &f.maxMemory, "max-memory", "", "about how much memory a run may take, such as 256M; beyond it times, small receivers and old messages are summed up, and the report says so", "none; 256M for open messages")
	add(fs, groupInput, &f.maxExpand, "max-expand", "", "how many times its size a compressed file may expand to, from 64 MiB of text on; 0 = any", "")
	f.formatFiles.kind = "FILE"
	add(fs, groupInput, &f.formatFiles, "format-file", "", "a format of your own in YAML, tried before the built-in ones; repeatable", "built-in formats only")
	f.rulesFlag(fs)
}

func (f *inputFlags) rulesFlag(fs *pflag.FlagSet) {
	f.rules.kind = "DIR"
	add(fs, groupInput, &f.rules, "rules", "", "a folder of rules that come before the built-in ones", "built-in rules only")
	add(fs, groupVerdict, &f.set, "set", "", "a threshold of your own, such as sessions.start=1; repeatable (diagnose rules thresholds)", "built-in thresholds")
}

// manners say how the program behaves.
type manners struct {
	color          choice
	noProgress     bool
	quiet, verbose bool
	config         word
	width          number
}

func (m *manners) add(fs *pflag.FlagSet) {
	m.color = choice{"auto", "WHEN", []string{"auto", "always", "never"}}
	m.config.kind = "FILE"
	m.width = number{0, 0, 10000, "N"}
	add(fs, groupOutput, &m.width, "width", "", "width of the text, from 50 to 110; beyond these, the nearer one", "that of the terminal, 98 without one")
	add(fs, groupManners, &m.color, "color", "", "colours", "")
	addBool(fs, groupManners, &m.noProgress, "no-progress", "", "no progress line on the terminal")
	addBool(fs, groupManners, &m.quiet, "quiet", "q", "no notes on standard error, errors only")
	addBool(fs, groupManners, &m.verbose, "verbose", "v", "say more on standard error: each file, the settings, the rules")
	add(fs, groupManners, &m.config, "config", "", "settings file", ".diagnose.yaml, see diagnose help environment")
	addHelp(fs)
}
