package ticket

import (
	"fmt"
	"io"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// WriteJSON writes the ticket as one indented JSON object and a line end, all of it in
// printable ASCII: unknown values are null, empty lists [].
func (t *Ticket) WriteJSON(w io.Writer) error {
	data, err := report.MarshalASCII(t, false)
	if err != nil {
		return fmt.Errorf("cannot write the ticket as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}
