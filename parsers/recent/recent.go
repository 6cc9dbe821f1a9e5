// Package recent is a map that keeps the entries used last. A decoder holds in it
// what the lines of one session or message tell each other: hostile or endless
// logs cannot make it grow.
package recent

// Table maps keys to values and holds at most a fixed number of them. It is for
// one goroutine. Use New.
type Table[V any] struct {
	entries map[string]*entry[V]
	max     int
	first   *entry[V] // used last
	last    *entry[V] // unused for the longest time
	evict   func(key string, v *V)
}

type entry[V any] struct {
	key        string
	value      V
	prev, next *entry[V]
}

// New returns a table for up to limit entries. evict, if not nil, is told each entry
// that has to go to make room for another.
func New[V any](limit int, evict func(key string, v *V)) *Table[V] {
	return &Table[V]{entries: map[string]*entry[V]{}, max: max(limit, 1), evict: evict}
}

// Len returns the number of entries.
func (t *Table[V]) Len() int { return len(t.entries) }

// Get returns the value of a key, nil if there is none. It is valid until the key
// is deleted or evicted.
func (t *Table[V]) Get(key []byte) *V {
	e := t.entries[string(key)]
	if e == nil {
		return nil
	}
	t.unlink(e)
	t.push(e)
	return &e.value
}

// Put returns the value of a key, a zero value made for it if there was none.
func (t *Table[V]) Put(key []byte) *V {
	if v := t.Get(key); v != nil {
		return v
	}
	if len(t.entries) >= t.max {
		old := t.last
		t.remove(old)
		if t.evict != nil {
			t.evict(old.key, &old.value)
		}
	}
	e := &entry[V]{key: string(key)}
	t.entries[e.key] = e
	t.push(e)
	return &e.value
}

// Delete removes a key.
func (t *Table[V]) Delete(key []byte) {
	if e := t.entries[string(key)]; e != nil {
		t.remove(e)
	}
}

// Drain removes all entries, those unused for the longest time first, and tells
// each to evict.
func (t *Table[V]) Drain() {
	for t.last != nil {
		e := t.last
		t.remove(e)
		if t.evict != nil {
			t.evict(e.key, &e.value)
		}
	}
}

func (t *Table[V]) remove(e *entry[V]) {
	t.unlink(e)
	delete(t.entries, e.key)
}

func (t *Table[V]) unlink(e *entry[V]) {
	if e.prev == nil {
		t.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		t.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
}

func (t *Table[V]) push(e *entry[V]) {
	e.next = t.first
	if t.first == nil {
		t.last = e
	} else {
		t.first.prev = e
	}
	t.first = e
}
