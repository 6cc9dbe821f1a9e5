package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// newRulesCommand is "diagnose rules": what stands below it looks at the rules
// themselves.
func newRulesCommand(w world) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules COMMAND",
		Short: "list, check and test the rules",
		Long: `Rules are YAML. A rule of replies says which words and codes it knows, what they mean, and
where that is documented; its examples are its tests:

  replies:
    - id: example-gateway-limit
      class: connection-limit
      kind: concurrency
      codes: [421, 451]
      any: ["session budget spent"]
      confidence: 0.9
      source: "postmaster page of the gateway, 2026-05"
      examples:
        match: ["421 4.7.0 mx1 session budget spent"]
        no_match: ["550 5.1.1 no such user"]

Put such files into a folder and name it with --rules DIR, or "rules: DIR" in the settings
file. Your rules come before the built-in ones; one with the id of a built-in rule takes its
place. Tests of your own are in *_test.yaml beside them: replies with their class, facts with
their cause.`,
		Example: `diagnose rules list                                  every rule, in order of precedence
diagnose rules lint --rules ./rules                  mistakes, with their places
diagnose rules test --rules ./rules --junit r.xml    examples and tests, for CI`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return showHelp(w, cmd, w.InTerminal)
			}
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name())
			}
			return usagef("unknown command %q of %s%s", args[0], cmd.CommandPath(), orElse(meant(args[0], names), ": want "+orList(names)))
		},
	}
	addHelp(cmd.Flags())
	cmd.AddCommand(newRulesListCommand(w, nil), newRulesLintCommand(w, nil), newRulesTestCommand(w, nil), newRulesThresholdsCommand(w, nil))
	return cmd
}

// ruleFiles reads rule files and those below folders. Their names are as typed.
func ruleFiles(paths []string) ([]rules.File, error) {
	var files []rules.File
	read := func(path string) error {
		src, err := strictyaml.ReadAll(os.Open(path))
		if err != nil {
			return fmt.Errorf("cannot read rules: %w", err)
		}
		files = append(files, rules.File{Name: filepath.ToSlash(path), Data: src})
		return nil
	}
	for _, path := range paths {
		fi, err := os.Stat(path)
		if err != nil {
			return nil, usagef("cannot read rules: %w", err)
		}
		if !fi.IsDir() {
			if !rules.IsRuleFile(path) && !rules.IsTestFile(path) {
				return nil, usagef("%s is no rule file; their names end in .yaml or .yml", path)
			}
			if err := read(path); err != nil {
				return nil, &failure{exitUsage, err}
			}
			continue
		}
		err = filepath.WalkDir(path, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !rules.IsRuleFile(path) && !rules.IsTestFile(path) {
				return err
			}
			return read(path)
		})
		if err != nil {
			return nil, usagef("cannot read rules: %w", err)
		}
	}
	return files, nil
}

// overlay reads what --rules and the arguments name. Files that both name are read
// once.
func overlay(dir string, args []string) (files []rules.File, err error) {
	if dir != "" {
		args = append(slices.Clone(args), dir) // last: what is typed keeps its name
	}
	all, err := ruleFiles(args)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, f := range all {
		path := f.Name
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		if !seen[path] {
			seen[path] = true
			files = append(files, f)
		}
	}
	return files, nil
}
