package syslog

// Time reads a text that is a time stamp and nothing else, in any of the forms
// that Parse knows. exact says that it has a year and a zone of its own; else they
// are those of the clock.
func (c *Clock) Time(text []byte) (micro int64, precise, exact, ok bool) {
	var h Header
	if n := c.stamp(text, &h); n == 0 || n != len(text) {
		return 0, false, false, false
	}
	return h.Time, h.Precise, !h.Yearless && !h.Zoneless, true
}

// SetTag cuts a tag without its process id, "postfix/smtp", into Instance and
// Process.
func (h *Header) SetTag(tag []byte) {
	h.Instance, h.Process = nil, tag
	for i := len(tag) - 1; i >= 0; i-- {
		if tag[i] == '/' {
			h.Instance, h.Process = tag[:i], tag[i+1:]
			return
		}
	}
}

// PID reads a text that is a process id and nothing else; 0 if it is none.
func PID(text []byte) uint32 {
	if p, n := pid(text); n == len(text) {
		return p
	}
	return 0
}

// Stamp reads a time stamp of any of the forms that Parse knows at the start of a
// text, into Time, Precise, Stamped, Yearless and Zoneless of h. A blank follows it
// or the end. It returns the stamp's length, 0 if there is none.
func (c *Clock) Stamp(text []byte, h *Header) int {
	n := 0
	if len(text) >= 14 {
		n = c.stamp(text, h)
	}
	h.Stamped = n > 0
	return n
}
