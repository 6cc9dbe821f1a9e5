package snapshot

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// unpacker reads the events of one block.
type unpacker struct {
	dictionaries [numDictionaries]lookup
	numbers      [numNumbers]series
	events       uint64 // that are left
	time, line   int64
	memory       arena
	zip          *zstd.Decoder
}

// series is a column of numbers.
type series struct {
	column
	unit int64
}

func (s *series) next() (int64, error) {
	n, err := s.varint()
	return n * s.unit, err
}

// open begins a block of a stream.
func (u *unpacker) open(b column, stream int) error {
	of, err := b.uvarint()
	if err != nil || of != uint64(stream) {
		return errDamaged
	}
	if u.events, err = b.uvarint(); err != nil {
		return err
	}
	u.memory.room = maxRoom
	for i := range u.dictionaries {
		d := &u.dictionaries[i]
		if i == said && d.molds == nil {
			d.molds = &lookup{}
		}
		if err := d.begin(func() (column, error) { return u.unpack(&b) }, &u.memory); err != nil {
			return err
		}
	}
	for i := range u.numbers {
		s := &u.numbers[i]
		if s.column, err = u.unpack(&b); err != nil {
			return err
		}
		unit, err := s.uvarint()
		if err != nil || unit == 0 || unit > math.MaxInt64 {
			return errDamaged
		}
		s.unit = int64(unit)
	}
	if len(b) > 0 {
		return errDamaged
	}
	u.time, u.line = 0, 0
	return nil
}

// unpack reads what appendPacked wrote.
func (u *unpacker) unpack(b *column) (column, error) {
	size, err := b.uvarint()
	if err != nil {
		return nil, err
	}
	packed, err := b.uvarint()
	switch {
	case err != nil:
		return nil, err
	case size > uint64(u.memory.room) || packed > uint64(len(*b)) || packed == 0 && size > uint64(len(*b)) || packed > 0 && size/packed > maxRatio:
		return nil, errDamaged
	}
	u.memory.room -= int(size)
	if packed == 0 {
		part := (*b)[:size:size]
		*b = (*b)[size:]
		// The section is read into the same memory again.
		return append(make(column, 0, size), part...), nil
	}
	part, err := u.zip.DecodeAll((*b)[:packed], make([]byte, 0, size))
	if err != nil || uint64(len(part)) != size {
		return nil, errDamaged
	}
	*b = (*b)[packed:]
	return part, nil
}

// next reads the next event.
func (u *unpacker) next(ev *mail.Event) error {
	shape, err := u.dictionaries[shapes].next(noContext)
	if err != nil || len(shape) != shapeSize {
		return errDamaged
	}
	has, flags := binary.LittleEndian.Uint32(shape[4:]), shape[3]
	*ev = mail.Event{}
	ev.Kind, ev.Outcome, ev.Stage = mail.EventKind(shape[0]), mail.Outcome(shape[1]), mail.Stage(shape[2])
	ev.Local, ev.Precise, ev.HasDelays = flags&flagLocal != 0, flags&flagPrecise != 0, flags&flagDelays != 0
	ev.ESP, ev.Twin, ev.NullSender = flags&flagESP != 0, flags&flagTwin != 0, flags&flagNullSender != 0
	if ev.Kind > mail.KindOwnSide || ev.Outcome > mail.Refused || ev.Stage > mail.StageQuit {
		return errDamaged
	}
	if err := u.texts(ev, has); err != nil {
		return err
	}
	if flags&flagAt != 0 {
		if ev.Recipient, err = u.memory.join(ev.Recipient, at, u.domain(has)); err != nil {
			return err
		}
	}
	if err := u.values(ev, has); err != nil {
		return err
	}
	u.events--
	return nil
}

var at = []byte("@")

// domain is that of the recipient of the event at hand.
func (u *unpacker) domain(has uint32) []byte {
	if has&(1<<domains) == 0 {
		return nil
	}
	d := &u.dictionaries[domains]
	return d.known[d.at]
}

// texts reads the texts of an event.
func (u *unpacker) texts(ev *mail.Event, has uint32) error {
	for left := has & (1<<numDictionaries - 1) &^ (1 << shapes); left != 0; left &= left - 1 {
		i := bits.TrailingZeros32(left)
		context := noContext
		if of := contextOf[i]; of != shapes && has&(1<<of) != 0 {
			context = u.dictionaries[of].at
		}
		text, err := u.dictionaries[i].next(context)
		if err != nil {
			return err
		}
		text = none(text)
		switch i {
		case origins:
			err = setOrigin(ev, text)
		case queueIDs:
			ev.QueueID = text
		case children:
			ev.Child = text
		case messageIDs:
			ev.MessageID = text
		case senders:
			ev.Sender = text
		case locals:
			ev.Recipient = text
		case peers:
			err = setPeer(ev, text)
		case ourIPs:
			ev.SendingIP = text
		case clients:
			ev.Client = text
		case said:
			ev.Text, ev.Reply, err = cutSaid(text)
		case codes:
			ev.DSN = text
		case processes:
			if len(text) != 4 {
				return errDamaged
			}
			ev.PID = binary.BigEndian.Uint32(text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func setOrigin(ev *mail.Event, origin column) error {
	host, err := origin.uvarint()
	if err != nil {
		return err
	}
	instance, err := origin.uvarint()
	if err != nil {
		return err
	}
	if ev.Host, err = origin.cut(host); err != nil {
		return err
	}
	if ev.Instance, err = origin.cut(instance); err != nil {
		return err
	}
	ev.Host, ev.Instance, ev.Process = none(ev.Host), none(ev.Instance), none(origin)
	return nil
}

func setPeer(ev *mail.Event, peer column) error {
	mx, err := peer.uvarint()
	if err != nil {
		return err
	}
	ev.MX, err = peer.cut(mx)
	ev.MX, ev.MXIP = none(ev.MX), none(peer)
	return err
}

// values reads the numbers of an event.
func (u *unpacker) values(ev *mail.Event, has uint32) error {
	failed := false
	number := func(column int) int64 {
		n, err := u.numbers[column].next()
		failed = failed || err != nil
		return n
	}
	u.time += number(times)
	ev.Time = u.time
	if has&hasLine != 0 {
		u.line += number(lines)
		ev.Line = u.line
	}
	var more, use int64
	if has&hasRepeats != 0 {
		more = number(repeats)
	}
	if has&hasUses != 0 {
		use = number(uses)
	}
	if has&hasDelays != 0 {
		ev.Delays = [4]int64{number(befores), 0, number(setups), number(transmits)}
	}
	if has&hasTotal != 0 {
		ev.Delay = number(totals) + ev.Delays[0] + ev.Delays[2] + ev.Delays[3]
	}
	if failed || more < 0 || more > math.MaxUint32 || use < 0 || use > math.MaxUint32 {
		return errDamaged
	}
	ev.Repeats, ev.ConnUse = uint32(more), uint32(use)
	return nil
}
