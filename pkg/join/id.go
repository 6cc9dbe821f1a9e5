package join

import (
	"bytes"
	"encoding/binary"
)

// queueID is the queue id of a message: its length and the id itself, for it is compared
// with every line of the message, and what is beside the message is quick to reach. Of a
// longer one than those of Postfix and Exim it has isLongID and the number of the text.
type queueID [24]byte

const isLongID = 0xff

// setID gives a new message its queue id.
func (s *Memory) setID(m *message, id []byte) {
	if len(id) < len(m.id) {
		m.id[0] = byte(len(id))
		copy(m.id[1:], id)
		return
	}
	m.setLong(s.texts.put(id))
}

func (m *message) setLong(x text) {
	m.id[0] = isLongID
	binary.LittleEndian.PutUint32(m.id[4:], uint32(x))
}

// longID is the text of a long id.
func (m *message) longID() (x text, ok bool) {
	return text(binary.LittleEndian.Uint32(m.id[4:])), m.id[0] == isLongID
}

// id returns the queue id of a message, valid as long as the message is open.
func (s *Memory) id(m *message) []byte {
	if x, ok := m.longID(); ok {
		return s.texts.get(x)
	}
	return m.id[1 : 1+m.id[0]]
}

// has says that a message has a queue id.
func (s *Memory) has(m *message, id []byte) bool {
	if n := int(m.id[0]); n < len(m.id) {
		return string(m.id[1:1+n]) == string(id)
	}
	return bytes.Equal(s.id(m), id)
}
