package registry

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/wrap"
)

const (
	// leastShare is the share of a sample that a format must know for sure. It is
	// low because a system log holds the lines of many programs.
	leastShare = 0.01
	// mixedShare is how many lines, for each line of the best format, another
	// format may know that the best one does not. With more the file is a mixture,
	// and reading it as one format would drop the rest silently.
	mixedShare = 0.5
)

// Guess is a format and the part of a sample's lines that it knows for sure.
type Guess struct {
	Name string
	// Share is 0 to 1, of the lines that are not empty.
	Share float64
}

func (g Guess) String() string { return fmt.Sprintf("%s %.1f %%", g.Name, 100*g.Share) }

// UnknownError says that no format knows enough of a sample.
type UnknownError struct {
	// Best is the name of the format that knows most of it, empty if none knows a
	// line.
	Best string
	// Share is the part of the sample's lines that it knows, 0 to 1.
	Share float64
	// Lines is the number of lines that were looked at, empty ones left out.
	Lines int
	// Tried are the names of the formats that were tried.
	Tried []string
}

func (e *UnknownError) Error() string {
	if e.Lines == 0 {
		return "cannot detect the log format: the sample is empty"
	}
	guess := "none"
	if e.Best != "" {
		guess = Guess{e.Best, e.Share}.String()
	}
	return fmt.Sprintf("cannot detect the log format: no known one in the first %d lines; best guess: %s; tried: %s; name the format or declare your own",
		e.Lines, guess, strings.Join(e.Tried, ", "))
}

// AmbiguousError says that a sample holds lines of more than one format.
type AmbiguousError struct {
	// Guesses are the formats in it, the strongest first.
	Guesses []Guess
	// Lines is the number of lines that were looked at, empty ones left out.
	Lines int
}

func (e *AmbiguousError) Error() string {
	var parts []string
	for _, g := range e.Guesses {
		parts = append(parts, g.String())
	}
	return fmt.Sprintf("cannot detect the log format: more than one in the first %d lines: %s; best guess: %s; name the format, or split the file",
		e.Lines, strings.Join(parts, ", "), e.Guesses[0].Name)
}

// Detect returns the format that surely wrote most lines of the sample, and
// their share of the lines that are not empty (0 to 1). Only the lines count, no
// name of a file is looked at.
//
// The sample is looked at as it is, and taken out of its wrapper (package wrap) if
// it has one; the format then does the same. Of formats that know the same number
// of lines the first of All wins, and one that needs no unwrapping. The generic
// format is only asked if no other one knows a line in a hundred.
//
// Formats that the user has declared (package declared) come first: they may know
// a program's lines better than a format of All.
//
// The error is an *UnknownError, or an *AmbiguousError.
func Detect(sample [][]byte, declared ...parsers.Format) (parsers.Format, float64, error) {
	return detect(append(declared[:len(declared):len(declared)], specific()...), generic(), sample)
}

func detect(specific, generic []parsers.Format, sample [][]byte) (best parsers.Format, share float64, err error) {
	lines := count(sample)
	unknown := &UnknownError{Lines: lines}
	layers := unwrap(sample)
	for _, formats := range [][]parsers.Format{specific, generic} {
		for _, f := range formats {
			unknown.Tried = append(unknown.Tried, f.Name)
		}
		if lines == 0 {
			continue
		}
		top := rank(formats, sample, nil)
		for i, layer := range layers {
			// Several lines of the file may make one line inside.
			inner := rank(formats, layer.Bodies, layers[:i+1])
			if inner.score > 0 && inner.share > top.share {
				top = inner
			}
		}
		if top.score > 0 && top.share >= leastShare {
			if guesses := top.mixture(formats); len(guesses) > 1 {
				return parsers.Format{}, top.share, &AmbiguousError{Guesses: guesses, Lines: top.lines}
			}
			return top.read(), top.share, nil
		}
		if top.score > 0 && top.share > unknown.Share {
			unknown.Best, unknown.Share = top.format.Name, top.share
		}
	}
	return parsers.Format{}, unknown.Share, unknown
}

// maxLayers is how many wrappers may be around a line: a shipper that has read the
// files of a container engine has put one around another.
const maxLayers = 2

// unwrap takes a sample out of its wrappers, the outermost first.
func unwrap(sample [][]byte) (layers []*wrap.Sample) {
	for len(layers) < maxLayers {
		layer, ok := wrap.Open(sample)
		if !ok {
			break
		}
		layers, sample = append(layers, layer), layer.Bodies
	}
	return layers
}

// candidate is the best of some formats for a sample.
type candidate struct {
	format parsers.Format
	score  int
	scores []int // of all formats
	share  float64
	lines  int
	sample [][]byte       // inside of the layers
	layers []*wrap.Sample // none for lines as they are
}

// read returns the format as it is read through the layers.
func (c *candidate) read() parsers.Format {
	f := c.format
	for i := len(c.layers) - 1; i >= 0; i-- {
		f = c.layers[i].Format(f)
	}
	return f
}

func (c *candidate) scoreOf(f parsers.Format) int {
	if n := len(c.layers); n > 0 {
		return c.layers[n-1].Score(f)
	}
	return f.Score(c.sample)
}

func rank(formats []parsers.Format, sample [][]byte, layers []*wrap.Sample) candidate {
	c := candidate{sample: sample, lines: count(sample), layers: layers}
	c.scores = make([]int, len(formats))
	for i, f := range formats {
		n := c.scoreOf(f)
		if c.scores[i] = n; n > c.score {
			c.format, c.score = f, n
		}
	}
	if c.lines > 0 {
		c.share = min(float64(c.score)/float64(c.lines), 1)
	}
	return c
}

// mixture returns the formats that know many lines which the best one does not
// know, after the best one itself.
func (c *candidate) mixture(formats []parsers.Format) []Guess {
	guesses := []Guess{{c.format.Name, c.share}}
	many := mixedShare * float64(c.score)
	var rivals []parsers.Format
	for i, f := range formats {
		if f.Name != c.format.Name && float64(c.scores[i]) >= many {
			rivals = append(rivals, f)
		}
	}
	if len(c.layers) > 0 || len(rivals) == 0 {
		return guesses
	}
	var strange [][]byte // lines that the best one does not know alone
	for _, line := range c.sample {
		if c.format.Score([][]byte{line}) == 0 {
			strange = append(strange, line)
		}
	}
	for _, f := range rivals {
		if float64(len(strange)) < many {
			break
		}
		own := 0
		for _, line := range strange {
			if f.Score([][]byte{line}) > 0 {
				own++
			}
		}
		if float64(own) >= many {
			guesses = append(guesses, Guess{f.Name, float64(own) / float64(c.lines)})
		}
	}
	slices.SortStableFunc(guesses[1:], func(a, b Guess) int { return cmp.Compare(b.Share, a.Share) })
	return guesses
}

// count counts the lines that are not empty.
func count(lines [][]byte) (n int) {
	for _, line := range lines {
		if len(bytes.TrimSpace(line)) > 0 {
			n++
		}
	}
	return n
}
