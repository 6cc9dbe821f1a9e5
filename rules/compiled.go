package rules

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/gob"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

// compiled is what the built-in YAML files say, decoded: reading it takes a twentieth of
// the time. It is made by "go generate ./rules" whenever a file changes; until that is
// done the files themselves are read.
//
//go:generate go test -count=1 -run ^TestCompiled$ . -update
//go:embed compiled.gob
var compiled string

// compiledRules is what compiled holds. No Pos in it names its file.
type compiledRules struct {
	// Sum is that of the files.
	Sum   [sha256.Size]byte
	Files []ruleFile
}

// builtin takes the built-in rules.
func (l *loader) builtin() {
	names, err := ruleFiles(data)
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	sums := &loader{}
	for _, name := range names {
		src, err := data.ReadFile(name)
		if err != nil {
			l.errs = append(l.errs, err)
			return
		}
		sums.count(src)
	}
	c, err := readCompiled(compiled)
	if err != nil || c.Sum != sha256.Sum256(sums.hash) || !slices.EqualFunc(c.Files, names, func(f ruleFile, name string) bool { return f.Name == name }) {
		l.folder(data, false)
		return
	}
	l.hash = sums.hash
	for i := range c.Files {
		l.take(&c.Files[i], nil, false)
	}
}

func readCompiled(from string) (*compiledRules, error) {
	var c compiledRules
	if err := gob.NewDecoder(strings.NewReader(from)).Decode(&c); err != nil {
		return nil, err
	}
	for i := range c.Files {
		name := c.Files[i].Name
		strictyaml.Place(&c.Files[i], name, func() []byte {
			src, _ := data.ReadFile(name) // it is there: the sum was right
			return src
		})
	}
	return &c, nil
}

// compile reads the built-in files and writes what they say. Their mistakes, and those
// that show only among all of them, are an error.
func compile(w io.Writer) error {
	l := newLoader()
	names, err := ruleFiles(data)
	if err != nil {
		return err
	}
	var c compiledRules
	for _, name := range names {
		src, err := data.ReadFile(name)
		if err != nil {
			return err
		}
		l.count(src)
		f, errs := decodeFile(name, src)
		if len(errs) > 0 {
			return errors.Join(errs...)
		}
		strictyaml.Place(f, "", nil)
		c.Files = append(c.Files, *f)
	}
	c.Sum = sha256.Sum256(l.hash)
	return gob.NewEncoder(w).Encode(&c)
}

// cellFacts are facts with values. They are compiled in order of their names, so that
// the same files always make the same bytes.
type cellFacts map[string]float64

// GobEncode writes the facts.
func (f cellFacts) GobEncode() ([]byte, error) { return json.Marshal(map[string]float64(f)) }

// GobDecode reads them.
func (f *cellFacts) GobDecode(b []byte) error {
	return json.NewDecoder(bytes.NewReader(b)).Decode((*map[string]float64)(f))
}
