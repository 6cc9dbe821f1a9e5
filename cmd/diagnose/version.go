package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-07ce53fa/diagnose/rules"
)

func newVersionCommand(w world) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the versions of the program and of its rules",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			set, err := rules.Builtin()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(w.Out, "diagnose %s, rules %s, %s %s/%s\n", version(), set.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// addVersion defines the flag that cobra would define otherwise, with a shorthand.
func addVersion(fs *pflag.FlagSet) {
	var show bool
	addBool(fs, groupManners, &show, "version", "", "print the version")
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, have %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// stamped is the version that the build gives with -ldflags "-X main.stamped=...".
var stamped string

// version is the version that the build stamped, else that of the module as the
// toolchain knows it, with the commit it was built from.
func version() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	v := info.Main.Version
	if v == "" {
		v = "(devel)"
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = ", changed"
		}
	}
	if commit != "" {
		v += " (" + commit + dirty + ")"
	}
	return v
}
