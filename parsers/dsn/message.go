package dsn

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"slices"
)

// report is what one mail reports.
type report struct {
	head     header
	message  header   // the fields about the message as a whole
	groups   []header // those about each recipient
	text     [][]byte // the part for people
	original header   // of the message that is returned
	foreign  bool     // a report of another kind: of abuse
	asked    int      // how often the text was searched
}

const (
	maxDepth      = 3
	maxParts      = 200
	maxRecipients = 1000
	maxFields     = 200 // of a recipient
)

// read takes a mail apart.
func read(lines [][]byte, depth int) *report {
	r := &report{}
	var body [][]byte
	r.head, body = readHeader(lines)
	kind := r.head.get("content-type")
	r.foreign = is(parameter(kind, "report-type"), "feedback-report")
	var attached, preamble [][]byte
	for _, p := range split(body, kind) {
		h := r.head
		if p.headed {
			h, p.lines = readHeader(p.lines)
		}
		kind := h.get("content-type")
		switch media := mediaType(kind); {
		case bytes.HasSuffix(media, []byte("delivery-status")):
			r.status(decode(h, p.lines))
		case bytes.HasSuffix(media, []byte("feedback-report")):
			r.foreign = true
		case bytes.HasPrefix(media, []byte("message/")), bytes.HasSuffix(media, []byte("rfc822-headers")), bytes.HasSuffix(media, []byte("rfc822")):
			if r.original == nil {
				attached = decode(h, p.lines)
				r.original, _ = readHeader(skipEmpty(attached))
			}
		case len(r.text) == 0 && (len(media) == 0 || bytes.HasPrefix(media, []byte("text/"))):
			r.text = decode(h, p.lines)
		case !p.headed:
			preamble = p.lines
		}
	}
	if len(r.text) == 0 {
		r.text = preamble
	}
	if len(r.groups) == 0 && !r.foreign {
		r.status(r.text) // in the part for people, or no parts at all
	}
	if len(r.groups) == 0 && attached != nil && depth < maxDepth && !r.foreign && isBounce(r.head) && isBounce(r.original) {
		if inner := read(skipEmpty(attached), depth+1); len(inner.groups) > 0 {
			return inner // some gateway has put the notification into another mail
		}
	}
	return r
}

// part is a part of a multipart body.
type part struct {
	lines  [][]byte
	headed bool // it begins with a header
}

// split cuts a body at its boundaries: those that the Content-Type declares and, in
// the parts, those of multiparts among them. Where the declared one does not occur,
// the first line that looks like one is taken.
func split(body [][]byte, kind []byte) []part {
	var bounds [][]byte
	if b := parameter(kind, "boundary"); len(b) > 0 && occurs(body, b) {
		bounds = append(bounds, b)
	} else if b := guess(body); b != nil {
		bounds = append(bounds, b)
	}
	if len(bounds) == 0 {
		return []part{{lines: body}}
	}
	var parts []part
	current := part{}
	returned, found := false, 0
	for i, line := range body {
		if found == maxParts || !isBoundary(line, bounds, returned) {
			current.lines = append(current.lines, line)
			continue
		}
		found++
		if len(current.lines) > 0 {
			parts = append(parts, current)
		}
		current = part{headed: true}
		h, _ := readHeader(body[i+1:])
		kind := h.get("content-type")
		media := mediaType(kind)
		returned = bytes.HasPrefix(media, []byte("message/rfc822")) || bytes.HasPrefix(media, []byte("text/rfc822"))
		if b := parameter(kind, "boundary"); len(b) > 0 && bytes.HasPrefix(media, []byte("multipart/")) && len(bounds) < maxDepth {
			bounds = append(bounds, b)
		}
	}
	return append(parts, current)
}

// isBoundary says that a line is a boundary. In a returned message only the
// outermost one is.
func isBoundary(line []byte, bounds [][]byte, returned bool) bool {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return false
	}
	text := bytes.TrimRight(line[2:], " \t")
	for i, b := range bounds {
		if returned && i > 0 {
			return false
		}
		if bytes.Equal(text, b) || bytes.Equal(bytes.TrimSuffix(text, []byte("--")), b) {
			return true
		}
	}
	return false
}

func occurs(body [][]byte, boundary []byte) bool {
	bounds := [][]byte{boundary}
	for _, line := range body {
		if isBoundary(line, bounds, false) {
			return true
		}
	}
	return false
}

// guess returns the boundary of the first line that looks like one: two hyphens, no
// blank, and a Content- field after it. It is told by the first part that has a
// header: the line occurs before as well if an earlier part has none.
func guess(body [][]byte) []byte {
	for i, line := range body {
		if len(line) < 6 || line[0] != '-' || line[1] != '-' || bytes.IndexByte(line, ' ') >= 0 || i+1 == len(body) {
			continue
		}
		if name, _ := field(body[i+1]); len(name) > 8 && is(name[:8], "content-") {
			return line[2:]
		}
	}
	return nil
}

// mediaType returns "text/plain" of "Text/Plain; charset=us-ascii".
func mediaType(kind []byte) []byte {
	if i := bytes.IndexByte(kind, ';'); i >= 0 {
		kind = kind[:i]
	}
	return bytes.ToLower(bytes.TrimSpace(kind))
}

// decode takes off the transfer encoding (RFC 2045 6). What is broken is kept as far
// as it could be read.
func decode(h header, lines [][]byte) [][]byte {
	encoding := bytes.TrimSpace(h.get("content-transfer-encoding"))
	var r io.Reader
	switch {
	case is(encoding, "base64"):
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(bytes.Join(lines, []byte("\n"))))
	case is(encoding, "quoted-printable"):
		r = quotedprintable.NewReader(bytes.NewReader(bytes.Join(lines, []byte("\n"))))
	default:
		return lines
	}
	text, err := io.ReadAll(io.LimitReader(r, maxMessage))
	if err != nil && len(text) == 0 {
		return lines // not encoded, whatever the header says
	}
	return bytes.Split(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n"))
}

func skipEmpty(lines [][]byte) [][]byte {
	for len(lines) > 0 && len(bytes.TrimSpace(lines[0])) == 0 {
		lines = lines[1:]
	}
	return lines
}

// status reads the fields of a report: groups of lines with an empty one between
// them, the first about the message, the others about one recipient each.
func (r *report) status(lines [][]byte) {
	var group header
	end := func() {
		switch {
		case group.get("action") != nil && group.recipient() != nil && len(r.groups) < maxRecipients:
			r.groups = append(r.groups, group)
		case r.message == nil && (group.get("reporting-mta") != nil || group.get("arrival-date") != nil):
			r.message = group
		}
		group = nil
	}
	fieldOpen := false
	for _, line := range lines {
		if len(bytes.TrimSpace(line)) == 0 {
			end()
			fieldOpen = false
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if n := len(group); n > 0 && fieldOpen {
				group[n-1].value = join(group[n-1].value, line)
			}
			continue
		}
		name, value := field(line)
		if fieldOpen = name != nil && len(group) < maxFields; !fieldOpen {
			continue
		}
		// Two recipients without an empty line between them.
		if group.get("action") != nil && group.recipient() != nil && (is(name, "action") || is(name, "final-recipient")) {
			end()
		}
		if r.message == nil && group.get("reporting-mta") != nil && (is(name, "final-recipient") || is(name, "action")) {
			r.message = group // the same group tells of both
		}
		group = append(group, pair{name, slices.Clip(value)})
	}
	end()
}

// recipient returns the address of a group: of Final-Recipient, else of one of the
// other fields.
func (h header) recipient() []byte {
	var other []byte
	for _, name := range [...]string{"final-recipient", "original-recipient", "x-actual-recipient", "x-original-recipient"} {
		if v := h.get(name); v != nil {
			a := address(v)
			if bytes.IndexByte(a, '@') >= 0 {
				return a
			}
			if other == nil {
				other = a
			}
		}
	}
	return other
}

// address returns the address of "rfc822; <a@example.com>" (RFC 3464 2.3.2).
func address(v []byte) []byte {
	if i := bytes.IndexByte(v, ';'); i >= 0 {
		v = v[i+1:]
	}
	v = bytes.TrimSpace(v)
	if n := len(v); n > 1 && v[0] == '<' {
		if i := bytes.LastIndexByte(v, '>'); i > 0 {
			v = v[1:i]
		}
	}
	return v
}
