package parsers

// DocumentDecoder is a Decoder of documents that span lines: JSON, mail, entries of a
// journal. Decode judges a line before the rest of its document is there; if that never
// comes, or tells nothing, the line was not understood after all.
type DocumentDecoder interface {
	Decoder
	// Unfinished is asked after Close. It returns how many of the lines that Decode
	// called Understood, and how many of those it called Irrelevant, were part of a
	// document that came to nothing: one that is cut short, broken, or none at all.
	Unfinished() (understood, irrelevant int64)
}

// Unfinished returns what a closed decoder takes back of its verdicts, zeros if it is
// no DocumentDecoder.
func Unfinished(d Decoder) (understood, irrelevant int64) {
	if d, ok := d.(DocumentDecoder); ok {
		return d.Unfinished()
	}
	return 0, 0
}
