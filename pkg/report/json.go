package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// WriteJSON writes r as one JSON object and a line end: indented by two spaces, or
// on a single line when compact. Empty lists are [] and empty maps {}, unknown
// values are null, map keys are sorted. Characters outside ASCII are escaped, which
// changes no value and keeps hostile log text harmless on a terminal. The same
// report always gives the same bytes.
//
// A report may have thousands of groups: each is written before the next one is made.
func WriteJSON(w io.Writer, r *Report, compact bool) error {
	shell := *r
	shell.Groups = nil
	data, err := MarshalASCII(&shell, compact)
	if err != nil {
		return fmt.Errorf("cannot write the report as JSON: %w", err)
	}
	// Quotes inside texts are escaped, so that the key is found and nothing like it.
	key, between, end := "\n  \"groups\": [", ",\n    ", "\n  "
	if compact {
		key, between, end = ",\"groups\":[", ",", ""
	}
	before, after, ok := bytes.Cut(data, []byte(key))
	if !ok {
		return errors.New("cannot write the report as JSON: it has no groups")
	}
	b := bufio.NewWriter(w)
	write := func(parts ...string) {
		for _, p := range parts {
			_, _ = b.WriteString(p) // Flush tells
		}
	}
	write(string(before), key)
	e := newEncoder(compact, "    ")
	for i := range r.Groups {
		group, err := e.group(&r.Groups[i])
		if err != nil {
			return fmt.Errorf("cannot write the report as JSON: %w", err)
		}
		if i == 0 {
			write(strings.TrimPrefix(between, ","))
		} else {
			write(between)
		}
		_, _ = b.Write(group)
	}
	if len(r.Groups) > 0 {
		write(end)
	}
	write(string(after), "\n")
	return b.Flush()
}
