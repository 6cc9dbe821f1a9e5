package report

import (
	"bytes"
	"fmt"
	"io"
)

// WriteNDJSON writes r as one JSON object a line. The first line is the report without
// its destinations: {"schema":1,"rules":..,"input":{..},"own_side":[..],
// "unknown_replies":[..]}. Each further line is one destination, as in the list
// "groups" of the JSON form and in its order; only they have the key "destination".
func WriteNDJSON(w io.Writer, r *Report) error {
	var b bytes.Buffer
	line := func(v any) error {
		data, err := MarshalASCII(v, true)
		if err != nil {
			return fmt.Errorf("cannot write the report as NDJSON: %w", err)
		}
		b.Write(append(data, '\n'))
		return nil
	}
	first := struct {
		Schema  int       `json:"schema"`
		Rules   string    `json:"rules"`
		Input   Input     `json:"input"`
		OwnSide []OwnSide `json:"own_side"`
		Unknown []Unknown `json:"unknown_replies"`
	}{r.Schema, r.Rules, r.Input, r.OwnSide, r.Unknown}
	if err := line(first); err != nil {
		return err
	}
	for i := range r.Groups {
		if err := line(r.Groups[i]); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
