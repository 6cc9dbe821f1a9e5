package join

import (
	"bytes"
	"encoding/binary"
)

// messageIDs shorten Message-IDs: what stands behind the "@" is the host that made them
// (RFC 5322 3.6.4), and a log has few of those. It is kept once, and stands with each
// message as a number in two bytes, 0 if all of the text does.
type messageIDs struct {
	hosts   []string // by number from 1
	numbers map[string]uint16
	buf     []byte // for one call
}

const (
	maxIDHosts  = 1 << 12
	maxIDHost   = 255 // bytes, RFC 1035 2.3.4
	hostOfBytes = 2
)

// short returns a Message-ID as it is kept, until the next call.
func (x *messageIDs) short(id []byte) []byte {
	if len(id) == 0 {
		return nil
	}
	at := bytes.LastIndexByte(id, '@')
	n := uint16(0)
	if at >= 0 {
		n = x.number(id[at+1:])
	}
	if n > 0 {
		id = id[:at]
	}
	x.buf = append(binary.LittleEndian.AppendUint16(x.buf[:0], n), id...)
	return x.buf
}

// number returns that of a host, 0 if it has none.
func (x *messageIDs) number(host []byte) uint16 {
	n, ok := x.numbers[string(host)]
	if ok || len(x.hosts) >= maxIDHosts || len(host) > maxIDHost {
		return n
	}
	if x.numbers == nil {
		x.numbers = map[string]uint16{}
	}
	x.hosts = append(x.hosts, string(host))
	n = uint16(len(x.hosts))
	x.numbers[x.hosts[n-1]] = n
	return n
}

// long returns the Message-ID that is kept like this, until the next call.
func (x *messageIDs) long(kept []byte) []byte {
	if len(kept) == 0 {
		return nil
	}
	n, id := binary.LittleEndian.Uint16(kept), kept[hostOfBytes:]
	if n == 0 {
		return id
	}
	x.buf = append(append(append(x.buf[:0], id...), '@'), x.hosts[n-1]...)
	return x.buf
}

func (s *Memory) setMessageID(m *message, id []byte) {
	s.texts.drop(m.messageID)
	m.messageID = s.texts.put(s.ids.short(id))
}

// messageID returns that of a message, empty if it is not known, until the next call.
func (s *Memory) messageID(m *message) []byte { return s.ids.long(s.texts.get(m.messageID)) }
