package strictyaml

import "fmt"

// Bounds on what the lexer takes time for that grows with the square of its number.
// Nobody who writes a file by hand comes near them.
const (
	maxBlank     = 100  // empty lines in a row
	maxTabs      = 1000 // in a file
	maxDocuments = 10
)

// costly finds what would keep the lexer busy for minutes or hours: the line where it
// becomes too much, and a message, empty if there is nothing.
func costly(src []byte) (line int, why string) {
	line = 1
	blank, tabs, documents := 0, 0, 0
	start := 0 // of the line
	// The line so far, and the line before.
	empty, ended := true, false
	for i, c := range src {
		if ended {
			line, ended = line+1, false
		}
		switch {
		case c == '\n' || c == '\r' && (i+1 == len(src) || src[i+1] != '\n'):
			if blank++; !empty {
				blank = 0
			}
			if i-start >= 3 && string(src[start:start+3]) == "---" {
				documents++
			}
			start, empty, ended = i+1, true, true
		case c == '\t':
			tabs++
		case c != ' ' && c != '\r':
			empty = false
		}
		switch {
		case blank > maxBlank:
			return line, fmt.Sprintf("more than %d empty lines in a row", maxBlank)
		case tabs > maxTabs:
			return line, fmt.Sprintf("more than %d tabs; write spaces", maxTabs)
		case documents > maxDocuments:
			return line, "one document a file, there are more"
		}
	}
	return 0, ""
}
