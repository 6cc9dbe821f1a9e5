package rules

import "embed"

// data is every rule file that is built in.
//
//go:embed *.yaml replies/*.yaml
var data embed.FS
