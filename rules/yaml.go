package rules

import "github.com/seed-07ce53fa/diagnose/pkg/strictyaml"

// Pos is the place of a YAML mapping in its file, Error a mistake there. They are
// those of package strictyaml, which parsers use as well.
type (
	Pos   = strictyaml.Pos
	Error = strictyaml.Error
)

// DecodeStrict decodes one YAML file into a struct and returns every mistake it
// finds, each an *Error. See strictyaml.Decode.
func DecodeStrict(file string, src []byte, into any) []error {
	return strictyaml.Decode(file, src, into)
}

// DidYouMean returns `; did you mean "x"?` for the candidate nearest to a mistyped
// word, "" if none is near.
func DidYouMean(word string, candidates []string) string {
	return strictyaml.DidYouMean(word, candidates)
}
