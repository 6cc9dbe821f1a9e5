package reporttest

import (
	"regexp"
	"testing"
)

// Printable holds that a text is printable ASCII and line ends, so that no terminal,
// editor or log viewer does anything but show it.
func Printable(t testing.TB, what, text string) {
	t.Helper()
	for i := range len(text) {
		if c := text[i]; c != '\n' && (c < 0x20 || c > 0x7e) {
			t.Fatalf("%s has byte %#02x at %d: %q", what, c, i, text[max(0, i-20):min(len(text), i+20)])
		}
	}
}

// command is what a CI system takes for a command in printed text (actions/runner,
// ActionCommand.cs: at the beginning of a line after spaces; "##[", "##vso[" and
// "##teamcity[" anywhere).
var command = regexp.MustCompile(`(?m)^\s*::[a-zA-Z-]*[g-zG-Z-]|##[a-zA-Z]*\[`)

// NoCommand holds that printed text has no command to a CI system.
func NoCommand(t testing.TB, text string) {
	t.Helper()
	if found := command.FindString(text); found != "" {
		t.Fatalf("a command to a CI system, %q:\n%s", found, text)
	}
}
