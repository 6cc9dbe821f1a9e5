package parsers

import (
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// HeaderDecoder is a Decoder that also takes a line whose prefix was read by
// somebody else: journald keeps time, host, program and process id apart from the
// message. A decoder that reads syslog lines should implement it; one that does
// not is given a line of text made of the parts.
type HeaderDecoder interface {
	Decoder
	// DecodeHeader does what Decode does with a line that begins with this prefix.
	// h and what it points to are valid until DecodeHeader returns. h.Process is
	// never nil.
	DecodeHeader(h *syslog.Header, emit func(*mail.Event)) mail.Verdict
}
