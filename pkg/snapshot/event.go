package snapshot

import (
	"bytes"
	"encoding/binary"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// The columns of a block, in their order. Those of texts are dictionaries, those of
// numbers are numbers one after the other.
const (
	shapes     = iota // kind, outcome, stage, flags, and which of the following it has
	origins           // host, instance and process
	queueIDs          // and so on, each one text
	children          //
	messageIDs        //
	senders           //
	locals            // of the recipient, up to the last @
	domains           // of the recipient, behind it
	peers             // name and address of the MX
	ourIPs            //
	clients           //
	said              // text and the reply in it
	codes             // DSN
	processes         // PID
	numDictionaries
)

const (
	times     = iota // since the event before
	lines            // since the line before
	repeats          // how many more lines tell nothing
	uses             // of the connection
	setups           // the delays
	transmits        //
	befores          //
	totals           // what the delay is beyond them
	numNumbers
)

// Flags of an event in its shape.
const (
	flagLocal = 1 << iota
	flagPrecise
	flagDelays
	flagESP
	flagTwin
	flagNullSender
	flagAt // the recipient has an @
)

// Bits of the fields that an event has, by column of texts; those of numbers follow.
const (
	hasLine = 1 << (numDictionaries + iota)
	hasRepeats
	hasUses
	hasDelays
	hasTotal
)

// contextOf is the column of texts that tells something about the text of another one.
var contextOf = [numDictionaries]int{
	children: queueIDs, messageIDs: queueIDs, senders: queueIDs, locals: queueIDs, domains: queueIDs, peers: domains,
}

// shapeSize is the length of a shape.
const shapeSize = 8

// split takes an event apart into the texts of its dictionaries. The texts lie in e and
// in the event.
type split struct {
	texts [numDictionaries][]byte
	has   uint32
	shape [shapeSize]byte
	memory
}

type memory struct{ origin, peer, said, pid []byte }

func (s *split) event(ev *mail.Event) {
	s.has = 0
	flags := byte(0)
	set := func(column int, text []byte) {
		if s.texts[column] = text; len(text) > 0 {
			s.has |= 1 << column
		}
	}
	m := &s.memory
	m.origin = binary.AppendUvarint(m.origin[:0], uint64(len(ev.Host)))
	m.origin = binary.AppendUvarint(m.origin, uint64(len(ev.Instance)))
	m.origin = append(append(append(m.origin, ev.Host...), ev.Instance...), ev.Process...)
	set(origins, m.origin)
	set(queueIDs, ev.QueueID)
	set(children, ev.Child)
	set(messageIDs, ev.MessageID)
	set(senders, ev.Sender)
	local, domain := ev.Recipient, []byte(nil)
	if at := bytes.LastIndexByte(local, '@'); at >= 0 {
		local, domain = local[:at], local[at+1:]
		flags |= flagAt
	}
	set(locals, local)
	set(domains, domain)
	m.peer = m.peer[:0]
	if len(ev.MX)+len(ev.MXIP) > 0 {
		m.peer = binary.AppendUvarint(m.peer, uint64(len(ev.MX)))
		m.peer = append(append(m.peer, ev.MX...), ev.MXIP...)
	}
	set(peers, m.peer)
	set(ourIPs, ev.SendingIP)
	set(clients, ev.Client)
	m.said = m.said[:0]
	if len(ev.Text)+len(ev.Reply) > 0 {
		m.said = appendSaid(m.said, ev.Text, ev.Reply)
	}
	set(said, m.said)
	set(codes, ev.DSN)
	m.pid = m.pid[:0]
	if ev.PID > 0 {
		m.pid = binary.BigEndian.AppendUint32(m.pid, ev.PID)
	}
	set(processes, m.pid)

	for _, f := range [...]struct {
		is   bool
		flag byte
	}{
		{ev.Local, flagLocal}, {ev.Precise, flagPrecise}, {ev.HasDelays, flagDelays}, {ev.ESP, flagESP}, {ev.Twin, flagTwin}, {ev.NullSender, flagNullSender},
	} {
		if f.is {
			flags |= f.flag
		}
	}
	for _, f := range [...]struct {
		is  bool
		bit uint32
	}{
		{ev.Line != 0, hasLine}, {ev.Repeats != 0, hasRepeats}, {ev.ConnUse != 0, hasUses}, {ev.Delays != [4]int64{}, hasDelays}, {ev.Delay != 0, hasTotal},
	} {
		if f.is {
			s.has |= f.bit
		}
	}
	s.shape = [shapeSize]byte{byte(ev.Kind), byte(ev.Outcome), byte(ev.Stage), flags}
	binary.LittleEndian.PutUint32(s.shape[4:], s.has)
	s.texts[shapes] = s.shape[:]
}

// appendSaid writes a text and the reply, which is a part of it nearly always.
func appendSaid(b, text, reply []byte) []byte {
	at := bytes.Index(text, reply)
	b = binary.AppendUvarint(b, uint64(at+1))
	b = binary.AppendUvarint(b, uint64(len(reply)))
	if at < 0 {
		b = append(b, reply...)
	}
	return append(b, text...)
}

// cutSaid takes apart what appendSaid wrote.
func cutSaid(b column) (text, reply []byte, err error) {
	at, err := b.uvarint()
	if err != nil {
		return nil, nil, err
	}
	n, err := b.uvarint()
	if err != nil {
		return nil, nil, err
	}
	rest := uint64(len(b))
	switch {
	case at == 0 && n <= rest:
		return none(b[n:]), none(b[:n]), nil
	case at > 0 && at-1 <= rest && n <= rest-(at-1):
		return none(b), none(b[at-1 : at-1+n]), nil
	}
	return nil, nil, errDamaged
}

// none is nil for an empty text.
func none(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b[:len(b):len(b)]
}
