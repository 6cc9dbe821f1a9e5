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

// compiled is what the built-in YAML files say, decoded: reading it takes a tenth of
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
	sums, err := sumsOf(names)
	if err != nil {
		l.errs = append(l.errs, err)
		return
	}
	c, err := readCompiled(compiled)
	if err != nil || c.Sum != sha256.Sum256(sums) || !slices.EqualFunc(c.Files, names, func(f ruleFile, name string) bool { return f.Name == name }) {
		l.folder(data, false)
		return
	}
	l.hash = sums
	for i := range c.Files {
		if f := &c.Files[i]; f.Replies != nil {
			for j := range f.Replies.Replies {
				f.Replies.Replies[j].compiled = true
			}
		}
		l.take(&c.Files[i], nil, false)
	}
}

// sumsOf are the sums of built-in files, one after the other, as loader.count takes them.
func sumsOf(names []string) (sums []byte, err error) {
	part := make([]byte, 16<<10)
	for _, name := range names {
		f, err := data.Open(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.New()
		if _, err := io.CopyBuffer(sum, f, part); err != nil {
			return nil, err
		}
		sums = sum.Sum(sums)
	}
	return sums, nil
}

func readCompiled(from string) (*compiledRules, error) {
	var c compiledRules
	if err := gob.NewDecoder(strings.NewReader(from)).Decode(&c); err != nil {
		return nil, err
	}
	var places strictyaml.Placer
	for i := range c.Files {
		name := c.Files[i].Name
		places.Place(&c.Files[i], name, func() []byte {
			src, _ := data.ReadFile(name) // it is there: the sum was right
			return src
		})
	}
	return &c, nil
}

// compile reads the built-in files and writes what they say, or returns their mistakes.
func compile(w io.Writer) error {
	names, err := ruleFiles(data)
	if err != nil {
		return err
	}
	sums, err := sumsOf(names)
	if err != nil {
		return err
	}
	c := compiledRules{Sum: sha256.Sum256(sums), Files: make([]ruleFile, len(names))}
	whole := newLoader()
	whole.folder(data, false)
	whole.finish()
	if err := errors.Join(whole.errs...); err != nil {
		return err
	}
	var places strictyaml.Placer
	for i, name := range names {
		src, err := data.ReadFile(name)
		if err != nil {
			return err
		}
		f, _ := decodeFile(name, src) // no mistakes, as was seen above
		places.Place(f, "", nil)
		c.Files[i] = *f
	}
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
