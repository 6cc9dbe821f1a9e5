package mailgun

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// reader reads the elements of one file. An element that is built like one before is
// not read member by member: its fields stand at the same places.
type reader struct {
	shapes jsonlog.Shapes[shape]
}

// shape is what elements that are built alike have in common.
type shape struct {
	same  fields // what is the same in all of them
	takes []take
}

// take says which field a value is, by its place in fields.texts and in the element.
type take struct{ field, value int }

func (m *reader) read(r *esp.Reading) mail.Verdict {
	var f fields
	if !m.fields(r, &f) {
		return mail.NotUnderstood
	}
	return f.tell(r)
}

// fields reads the fields of an element and says whether it is valid.
func (m *reader) fields(r *esp.Reading, f *fields) bool {
	if s := m.shapes.Find(&r.Cursor); s != nil {
		*f = s.same
		texts := f.texts()
		for _, t := range s.takes {
			*texts[t.field] = m.shapes.Value(&r.Cursor, t.value)
		}
		return true
	}
	if !f.read(r) {
		return false
	}
	if f.marks > 0 { // surely Mailgun's: there will be more
		m.learn(r, f)
	}
	return true
}

// learn notes where the fields of an element stand in it.
func (m *reader) learn(r *esp.Reading, f *fields) {
	s := m.shapes.Learn(&r.Cursor)
	if s == nil {
		return
	}
	s.same = *f
	for field, text := range s.same.texts() {
		if value, ok := m.shapes.Place(&r.Cursor, *text); ok {
			s.takes = append(s.takes, take{field, value})
			*text = nil
		} else {
			*text = bytes.Clone(*text) // true or false, or empty
		}
	}
}

// texts are all fields that are cut from the element.
func (f *fields) texts() [25]*[]byte {
	return [...]*[]byte{
		&f.event, &f.severity, &f.reason, &f.id, &f.time, &f.timeISO, &f.recipient, &f.targets, &f.sender, &f.sendingIP, &f.transport, &f.messageID, &f.mx,
		&f.code, &f.message, &f.description, &f.enhanced, &f.session, &f.retry, &f.lastCode, &f.lastMessage, &f.address, &f.ignored, &f.delayed, &f.test,
	}
}
