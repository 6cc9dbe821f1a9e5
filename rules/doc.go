// Package rules knows what SMTP replies mean, whose they are, and which facts speak
// for which cause of connection limits. All of it is data: YAML files that are built
// in, and overlays of a user's own (README.md of this folder; docs/rules.md). This
// package reads them strictly, runs their examples and tests, and evaluates them. The
// built-in files are also there compiled (compiled.go), for reading them takes a while.
package rules
