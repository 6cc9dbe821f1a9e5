package main

import (
	"github.com/seed-07ce53fa/diagnose/parsers/registry"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// realChain is the library behind the commands.
func realChain() chain {
	return chain{run: scan.Run, parse: scan.Parse, messages: scan.Messages, snapshot: scan.Snapshot, watch: scan.Watch, formats: registry.All()}
}
