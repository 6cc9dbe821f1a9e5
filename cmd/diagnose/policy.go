package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/policy"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// policyCommand writes the queue policy for some destinations.
type policyCommand struct {
	reading
	mta    choice
	format choice
	output outputFlag
	dest   words
}

// autoMTA takes the MTA from the logs; allDestinations is --for everything that is
// limited.
const (
	autoMTA         = "auto"
	allDestinations = "all"
)

// policyFormats are the forms a policy can have.
func policyFormats() []string { return []string{"text", "json"} }

func newPolicyCommand(w world, c chain, runF func(*policyCommand, context.Context, []string) error) *cobra.Command {
	p := &policyCommand{reading: newReading(w, c)}
	if runF == nil {
		runF = (*policyCommand).main
	}
	cmd := &cobra.Command{
		Use:   "policy [FLAGS] PATH...",
		Short: "write the queue policy for a receiver that limits sessions",
		Long: `Write the queue policy for a receiver that limits sessions: a cap for this receiver alone,
slower retries and a pause, computed from the numbers of the logs, in the words of your MTA,
with each file and command named, what the MTA cannot express, how to undo it and what to
watch. Nothing is changed from here.

Without --for it is about the destination of highest severity; the others are named on
standard error. Where nothing is limited, nothing is written and the exit code is 0. Logs of
an ESP give the request to the ESP instead.`,
		Example: `diagnose policy logs/*.gz                        for the worst destination, in the words of the MTA of the log
diagnose policy --mta exim --for microsoft mail.log
diagnose policy --for all logs/*.gz              one policy for all that limit
diagnose policy --set sessions.start=1 mail.log  another target
diagnose policy -f json logs/*.gz | jq -r .files[].path`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := p.begin(cmd, args)
			if err != nil || paths == nil {
				return err
			}
			return runF(p, cmd.Context(), paths)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	p.input.add(fs, c)
	p.sender.add(fs)
	p.mta = choice{autoMTA, "MTA", append([]string{autoMTA}, policy.Names()...)}
	p.format = choice{"text", "FORMAT", policyFormats()}
	p.output.formats = policyFormats()
	p.dest.kind = "DEST"
	add(fs, groupOutput, &p.mta, "mta", "", "MTA whose words to use; auto is that of the log, else generic", "")
	add(fs, groupOutput, &p.format, "format", "f", "form of the policy on standard output", "")
	add(fs, groupOutput, &p.output, "output", "o", "write the policy to a file, too; repeatable", "none")
	add(fs, groupOutput, &p.dest, "for", "", "the destinations of this name, MX or domain; repeatable; all for all that limit", "the one of highest severity")
	p.addUnderstood(fs)
	p.manners.add(fs)
	complete(cmd)
	return cmd
}

// main reads, chooses destinations and writes their policy.
func (p *policyCommand) main(ctx context.Context, args []string) error {
	cfg, bad, err := p.config(ctx, args)
	if err != nil {
		return err
	}
	if path := p.output.clashes(paths(cfg.Inputs)); path != "" {
		return usagef("--output: %s is an input; it would be overwritten", path)
	}
	rep, err := p.read(ctx, cfg, bad)
	if err != nil {
		return err
	}
	said := p.manners.sayInput(p.world, &rep.Input, p.format.value != "json")
	code, say := inputVerdict(&rep.Input, p.minUnderstood.value)
	if code == exitNothing {
		return said.failure(code, say)
	}
	groups, err := p.choose(rep.Groups)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		return said.failure(code, say)
	}
	made := policy.Build(groups, p.mtaOf(groups, &rep.Input), policy.Options{Thresholds: cfg.Rules.Thresholds, Providers: cfg.Rules.Providers})
	if err := p.write(&made); err != nil {
		return err
	}
	return said.failure(code, say)
}

// choose picks the destinations that need a policy and tells of the others. Mail that
// the own MTA sends and mail that an ESP sends need different ones, so the first of
// them decides which.
func (p *policyCommand) choose(all []report.Group) ([]report.Group, error) {
	dest := p.dest.list
	everything := slices.Contains(dest, allDestinations)
	if everything {
		dest = destinations(all)
	}
	chosen, others, err := chooseGroup(all, dest)
	if err != nil {
		return nil, err
	}
	var needy []report.Group
	for _, g := range chosen {
		rare := len(dest) == 0 && report.SeverityRank(g.Severity) < report.SeverityRank("watch")
		if !policy.Needed(&g) || rare {
			continue
		}
		if len(needy) > 0 && needy[0].Via != g.Via {
			others = append(others, report.ShellWord(g.Platform))
			continue
		}
		needy = append(needy, g)
	}
	if len(needy) == 0 {
		p.note(noPolicy(chosen))
		return nil, nil
	}
	if len(others) > 0 {
		p.note(fmt.Sprintf("this policy is for %s; others need one, too: --for %s, or --for %s",
			strings.Join(titles(needy), ", "), strings.Join(others, ", --for "), allDestinations))
	}
	return needy, nil
}

func noPolicy(chosen []report.Group) string {
	rare := slices.ContainsFunc(chosen, func(g report.Group) bool { return policy.Needed(&g) })
	switch {
	case rare:
		return fmt.Sprintf("no policy is needed: refusals by %s are rare here; --for %s writes one all the same", chosen[0].Destination, report.ShellWord(chosen[0].Platform))
	case len(chosen) == 0:
		return "no policy is needed: nothing in these logs limits connections"
	}
	if say := onlyMixed(chosen); say != "" {
		return "no policy is written: " + say
	}
	return "no policy is needed: no limits by " + strings.Join(titles(chosen), ", ") + " in these logs"
}

func titles(groups []report.Group) []string {
	var list []string
	for _, g := range groups {
		list = append(list, g.Destination)
	}
	return list
}

// mtaOf is the MTA to write for.
func (p *policyCommand) mtaOf(groups []report.Group, in *report.Input) string {
	if groups[0].Via == policy.ESP {
		if p.mta.value != autoMTA {
			p.note("an ESP sends this mail: the policy is a request to the ESP, --mta " + p.mta.value + " does not apply")
		}
		return policy.ESP
	}
	if p.mta.value != autoMTA {
		return p.mta.value
	}
	var formats []string
	for _, f := range in.Files {
		if f.Understood > 0 {
			formats = append(formats, f.Format)
		}
	}
	mta := policy.For(formats)
	if mta == "generic" {
		p.note("the logs do not tell which MTA this is for; --mta writes the lines of one: " + strings.Join(policy.Names()[1:], ", "))
	}
	return mta
}

// write renders the policy in all forms asked for and only then writes any.
func (p *policyCommand) write(made *policy.Policy) error {
	render := func(form string, width int) ([]byte, error) {
		var b bytes.Buffer
		var err error
		if form == "json" {
			err = made.WriteJSON(&b)
		} else {
			err = made.WriteText(&b, width)
		}
		return b.Bytes(), err
	}
	screen, err := render(p.format.value, p.width(p.manners.width.value))
	if err != nil {
		return err
	}
	var files []func(io.Writer) error
	for _, f := range p.output.list {
		data, err := render(f.format, p.manners.width.value)
		if err != nil {
			return err
		}
		files = append(files, content(data))
	}
	if err := p.output.write(files); err != nil {
		return err
	}
	if _, err := p.Out.Write(screen); err != nil {
		return fmt.Errorf("cannot write the policy: %w", err)
	}
	return nil
}
