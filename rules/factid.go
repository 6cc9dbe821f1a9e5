package rules

import (
	"slices"
	"strings"
	"sync"
)

// FactID is a number for the name of a fact: its place in the vocabulary in order of names.
type FactID uint8

// FactNamed is the number of a name.
func FactNamed(name string) (FactID, bool) {
	id, ok := vocabulary().numbers[name]
	return id, ok
}

// Definition is what a number stands for, nothing where it stands for none.
func (id FactID) Definition() (d Definition) {
	if list := vocabulary().sorted; int(id) < len(list) {
		d = list[id]
	}
	return d
}

// FactIDs are all facts, with their names and in order of them.
func FactIDs(yield func(FactID, string) bool) {
	list := vocabulary().sorted
	for i := range list {
		if !yield(FactID(i), list[i].Name) {
			return
		}
	}
}

// Lookup returns the definition of a fact.
func Lookup(name string) (Definition, bool) {
	id, ok := FactNamed(name)
	if !ok {
		return Definition{}, false
	}
	return id.Definition(), true
}

type numbered struct {
	sorted  []Definition
	numbers map[string]FactID
}

// vocabulary is numbered once: each group of a report asks for all of it.
var vocabulary = sync.OnceValue(func() numbered {
	v := numbered{sorted: Vocabulary(), numbers: map[string]FactID{}}
	slices.SortFunc(v.sorted, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
	for i := range v.sorted {
		v.numbers[v.sorted[i].Name] = FactID(i)
	}
	return v
})
