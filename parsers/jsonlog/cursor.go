package jsonlog

// Cursor walks through one JSON document and picks values out of it. It checks
// the whole document on the way (RFC 8259), allocates nothing for documents
// without escapes, and takes every type where a name is expected to hold
// another: exports disagree on whether a code is a number or a string.
//
//	c.Reset(doc)
//	for c.Object(); c.Next(); {
//		switch string(c.Key()) {
//		case "event":
//			event = c.Text()
//		case "envelope":
//			for c.Object(); c.Next(); {
//				...
//			}
//		}
//	}
//	if !c.Done() {
//		return // not valid: what was read means nothing
//	}
//
// Values that are not asked for are skipped.
type Cursor struct {
	doc   []byte
	at    int
	open  []byte // closing bytes of the containers that were entered
	key   []byte
	arena []byte // texts that had escapes

	pending bool // at a value that nobody has taken yet
	first   bool // no member of the container was read yet
	none    bool // Object or Array met something else: Next says no once
	bad     bool
}

// Reset begins a document. Texts of the one before stay as they are until then.
func (c *Cursor) Reset(doc []byte) {
	c.doc, c.at, c.open, c.key, c.arena = doc, space(doc, 0), c.open[:0], nil, c.arena[:0]
	c.pending, c.first, c.none, c.bad = true, false, false, false
}

// Object enters the object that stands here. Anything else is skipped and has no
// members. It says whether there was an object.
func (c *Cursor) Object() bool { return c.enter('{', '}') }

// Array enters the array that stands here. Anything else is skipped and has no
// elements. It says whether there was an array.
func (c *Cursor) Array() bool { return c.enter('[', ']') }

func (c *Cursor) enter(open, end byte) bool {
	if c.Kind() != open {
		c.Skip()
		c.none = true
		return false
	}
	if len(c.open) >= maxDepth {
		c.fail()
		return false
	}
	c.at++
	c.open = append(c.open, end)
	c.pending, c.first = false, true
	return true
}

// Next goes to the next member of the object or element of the array that was
// entered last and is not over. At its end it returns false and is back in the
// one around it.
func (c *Cursor) Next() bool {
	if c.none {
		c.none = false
		return false
	}
	if c.pending {
		c.Skip()
	}
	if c.bad || len(c.open) == 0 {
		return false
	}
	end := c.open[len(c.open)-1]
	i := space(c.doc, c.at)
	if i >= len(c.doc) {
		return c.fail()
	}
	if c.doc[i] == end {
		c.at, c.open, c.first = i+1, c.open[:len(c.open)-1], false
		return false
	}
	if !c.first {
		if c.doc[i] != ',' {
			return c.fail()
		}
		i = space(c.doc, i+1)
	}
	c.first = false
	if end == '}' {
		if i = c.name(i); i < 0 {
			return c.fail()
		}
	}
	c.at, c.pending = i, true
	return true
}

// name reads a member's name and the colon after it.
func (c *Cursor) name(i int) int {
	if i >= len(c.doc) || c.doc[i] != '"' {
		return -1
	}
	end, escaped := stringEnd(c.doc, i)
	if end < 0 {
		return -1
	}
	c.key = c.text(c.doc[i+1:end-1], escaped)
	if i = space(c.doc, end); i >= len(c.doc) || c.doc[i] != ':' {
		return -1
	}
	return space(c.doc, i+1)
}

// Key is the name of the member that Next went to.
func (c *Cursor) Key() []byte { return c.key }

// Kind is the first byte of the value that stands here: { [ " t f n - or a digit,
// 0 if there is none. It takes nothing.
func (c *Cursor) Kind() byte {
	if !c.pending || c.at >= len(c.doc) {
		return 0
	}
	return c.doc[c.at]
}

// Text takes the value that stands here as text: a string without quotes and
// escapes, a number or a truth value as written. null, objects and arrays are nil.
// It is valid until the next Reset.
func (c *Cursor) Text() []byte {
	switch c.Kind() {
	case '"':
		end, escaped := stringEnd(c.doc, c.at)
		if end < 0 {
			c.fail()
			return nil
		}
		raw := c.doc[c.at+1 : end-1]
		c.at, c.pending = end, false
		return c.text(raw, escaped)
	case '{', '[', 'n', 0:
		c.Skip()
		return nil
	}
	from := c.at
	if c.Skip(); c.bad {
		return nil
	}
	return c.doc[from:c.at]
}

// First takes the value that stands here as Text does, and of an array its first
// element: a name that holds one value in one export and a list in another.
func (c *Cursor) First() []byte {
	if c.Kind() != '[' {
		return c.Text()
	}
	var text []byte
	for c.Array(); c.Next(); {
		if text == nil {
			text = c.Text()
		}
	}
	return text
}

func (c *Cursor) text(raw []byte, escaped bool) []byte {
	if !escaped {
		return raw
	}
	n := len(c.arena)
	c.arena = appendText(c.arena, raw)
	return c.arena[n:len(c.arena):len(c.arena)]
}

// Skip takes the value that stands here and drops it.
func (c *Cursor) Skip() {
	if c.bad || !c.pending {
		return
	}
	end := valueEnd(c.doc, c.at, len(c.open))
	if end < 0 {
		c.fail()
		return
	}
	c.at, c.pending = end, false
}

func (c *Cursor) fail() bool {
	c.bad, c.pending = true, false
	return false
}

// Done says that the document is over, was valid, and that nothing but white
// space follows it.
func (c *Cursor) Done() bool {
	if c.pending {
		c.Skip()
	}
	return !c.bad && len(c.open) == 0 && space(c.doc, c.at) == len(c.doc)
}
