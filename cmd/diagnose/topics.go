package main

import (
	"fmt"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// topic is one page of "diagnose help TOPIC".
type topic struct {
	name, title string
	text        func(*page, chain) error
}

func topics() []topic {
	fixed := func(s string) func(*page, chain) error {
		return func(p *page, _ chain) error {
			p.b.WriteString(s)
			return nil
		}
	}
	return []topic{
		{"causes", "What the causes, limits and levels mean", causesPage},
		{"environment", "Environment, settings file, colours", environmentPage},
		{"exit-codes", "What the exit codes mean", fixed(exitCodesText)},
		{"facts", "The facts that rules are written in", factsPage},
		{"formats", "Log formats and compressions that are read", formatsPage},
		{"privacy", "What leaves the log and what does not", fixed(privacyText)},
	}
}

func topicNames() []string {
	var names []string
	for _, t := range topics() {
		names = append(names, t.name)
	}
	return names
}

const exitCodesText = `   0  the report could be made and all input was read; with --fail-on also: no
      destination is at that level or above
   1  a destination is at the level of --fail-on or above; a guard of "check" failed; a test
      of "rules test" failed; a required field of "ticket --strict" is not in the logs
   2  wrong usage, settings or rules, or an output that cannot be written
   3  some input could not be read or ends early, or less than --min-understood
      percent of its lines are understood; what was readable is in the report
   4  no mail log lines at all in the input; with "check", no delivery attempts
 130  interrupted (143: terminated); nothing is half-written
 141  the reader of the output has gone; silent

3 and 4 come before 1: a verdict over half the input is none. Lines of other
programs, and lines of the MTA that are no delivery attempts, are known to be
irrelevant and count as understood.
`

// causesPage takes the meanings from the rules, where they are decided.
func causesPage(p *page, _ chain) error {
	set, err := rules.Builtin()
	if err != nil {
		return err
	}
	p.line("The cause of a destination")
	for _, c := range set.Causes.Causes {
		p.item("  "+c.ID, c.Meaning, 19)
	}
	p.item("  unclear", "there are such refusals, but too little evidence to say why", 19)
	p.item("  none", "there are no such refusals", 19)
	p.b.WriteString(causesText)
	return nil
}

const causesText = `
LIMIT says what kind of limit the receiver seems to apply: "fixed 3" (it takes about 3
sessions of ours at once, and refuses more; the details have the bounds), "dynamic" (it
moves), or - (not known).

LEVEL is how bad it is, whatever the cause
  NORMAL           rare, and delivered on retry
  WATCH            repeated refusals by the same destination
  ESCALATE         mail is lost: retries expire, or it bounces for reputation or a listing

Evidence: + speaks for the cause, - against it, ? cannot be told from these logs.

diagnose explain CAUSE shows the signals of a cause with their weights, and its steps;
diagnose explain causes shows how signals bear on what may be behind them.
`

const privacyText = `Nothing leaves this machine: no network, no telemetry, no update check.

Recipients are shown with a short tag instead of the local part, u-3f9a@example.com;
the same recipient has the same tag. --salt makes your tags unlike those of others,
so that nobody can try names against them. --show-addresses shows recipients in full.

Domains, IP addresses, host names, queue ids and message ids stay as they are: whoever
has to fix the problem needs them.

Log text is written by whoever connects to your server. In text output everything but
printable ASCII is shown as a visible escape; in JSON it is escaped.

Of a large log parse --messages keeps rows in a temporary file, recipients in full. Only
you can read it, and it is removed at once where the system allows, else at the end.
`

func environmentPage(p *page, _ chain) error {
	p.b.WriteString(`Flags come before the environment, the environment before the settings file, and that
before the built-in defaults.

  DIAGNOSE_CONFIG  settings file
  DIAGNOSE_RULES   as --rules; and so on for every setting below: DIAGNOSE_FAIL_ON, ...
  NO_COLOR         not empty: no colours        CLICOLOR_FORCE  not 0: colours always
  TERM             "dumb": no colours and no progress line
  TZ               the zone of --tz local; time stamps without zone are UTC otherwise
  TMPDIR           folder, on a disk, for rows of parse --messages beyond memory

Settings file: --config, else DIAGNOSE_CONFIG, else .diagnose.yaml in this folder or in a
parent up to the root of the repository, else $XDG_CONFIG_HOME/diagnose/config.yaml
($XDG_CONFIG_HOME is ~/.config if unset). It holds flags by their names:

  fail-on: watch
  tz: Europe/Paris
  rules: ./rules          # beside this file
  new-ip: [192.0.2.10]
  thresholds: {sessions.start: 1}   # as --set
  pool: dedicated         # or shared
  streams:                # kinds of mail, by sender; --stream NAME keeps one
    - name: receipts
      sender: [orders@example.com, "*.billing.example.com"]
      transactional: true

`)
	p.item("Settings:", strings.Join(settingNames(), " "), 11)
	return nil
}

// factsPage is the vocabulary of rule conditions.
func factsPage(p *page, _ chain) error {
	for _, d := range rules.Vocabulary() {
		p.item("  "+d.Name, fmt.Sprintf("%s (%s)", d.Meaning, d.Unit), 27)
	}
	p.line("\ndiagnose explain FACT shows where a fact is used.")
	return nil
}

func formatsPage(p *page, c chain) error {
	p.line("The format of each file is recognised by its first lines; --input-format forces one.\n")
	for _, f := range c.formats {
		p.item("  "+f.Name, f.Title, 14)
	}
	p.b.WriteString(`
What each of them can and cannot tell: diagnose formats

Compression is recognised by content, not by name: gzip, zstd, bzip2, xz.

Time stamps without a year are dated by the file (--year changes that), those without a
zone are read as UTC (--tz changes that); the report says so.
`)
	return nil
}
