package strictyaml

import (
	"bytes"
	"slices"
	"sync"

	"github.com/goccy/go-yaml/ast"
)

// text is the content of a file, and what messages about mistakes in it need. A file
// with a mistake on every line must not be read from its start for each.
type text struct {
	read   func() []byte
	lines  func() [][]byte
	places func() map[spot][]keyPos
}

func newText(read func() []byte) *text {
	t := &text{read: sync.OnceValue(read)}
	t.lines = sync.OnceValue(func() [][]byte { return slices.Collect(bytes.Lines(t.read())) })
	t.places = sync.OnceValue(func() map[spot][]keyPos {
		keys := placesOf{}
		d := decoder{src: t.read(), text: t}
		keys.add(d.parse())
		return keys
	})
	return t
}

// line is line n, from 1, without its end; nil if there is none.
func (t *text) line(n int) []byte {
	if t == nil || n < 1 || n > len(t.lines()) {
		return nil
	}
	return bytes.TrimSuffix(t.lines()[n-1], []byte("\n"))
}

// key is the place of a key of the mapping that begins at a spot, nil if there is none
// of that name. A mapping has few.
func (t *text) key(mapping spot, name string) *keyPos {
	if t == nil {
		return nil
	}
	keys := t.places()[mapping]
	if i := slices.IndexFunc(keys, func(k keyPos) bool { return k.name == name }); i >= 0 {
		return &keys[i]
	}
	return nil
}

// keyPos is the place of the value of a key, and of its items if it is a list. Only
// messages ask for it, so it is found when the first one does.
type keyPos struct {
	name  string
	at    spot
	items []spot
}

// placesOf are the keys of mappings by the spots of their first keys.
type placesOf map[spot][]keyPos

func (p placesOf) add(n ast.Node) {
	switch n := n.(type) {
	case *ast.MappingNode:
		p.mapping(n.Values)
	case *ast.MappingValueNode:
		p.mapping([]*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		for _, item := range n.Values {
			p.add(item)
		}
	}
}

func (p placesOf) mapping(entries []*ast.MappingValueNode) {
	keys := make([]keyPos, len(entries))
	for i, e := range entries {
		at := e.Key.GetToken()
		keys[i] = keyPos{name: at.Value, at: spotOf(at.Position)}
		if e.Value != nil && e.Value.GetToken() != nil {
			keys[i].at = spotOf(e.Value.GetToken().Position)
		}
		if l, ok := e.Value.(*ast.SequenceNode); ok {
			for _, item := range l.Values {
				keys[i].items = append(keys[i].items, spotOf(item.GetToken().Position))
			}
		}
		p.add(e.Value)
	}
	if len(entries) > 0 {
		p[spotOf(entries[0].Key.GetToken().Position)] = keys
	}
}
