package snapshot

import (
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// packer makes blocks of events.
type packer struct {
	dictionaries [numDictionaries]dictionary
	numbers      [numNumbers][]int64
	split        split
	events       int
	time, line   int64
	raw          []byte
	zip          *zstd.Encoder
}

func (p *packer) add(ev *mail.Event) {
	s := &p.split
	s.event(ev)
	for i := range p.dictionaries {
		if i == shapes || s.has&(1<<i) != 0 {
			context := noContext
			if of := contextOf[i]; of != shapes && s.has&(1<<of) != 0 {
				context = p.dictionaries[of].at
			}
			p.dictionaries[i].add(s.texts[i], context)
		}
	}
	number := func(column int, has uint32, n int64) {
		if s.has&has != 0 {
			p.numbers[column] = append(p.numbers[column], n)
		}
	}
	p.numbers[times] = append(p.numbers[times], ev.Time-p.time)
	number(lines, hasLine, ev.Line-p.line)
	number(repeats, hasRepeats, int64(ev.Repeats))
	number(uses, hasUses, int64(ev.ConnUse))
	number(befores, hasDelays, ev.Delays[0])
	number(setups, hasDelays, ev.Delays[2])
	number(transmits, hasDelays, ev.Delays[3])
	number(totals, hasTotal, ev.Delay-ev.Delays[0]-ev.Delays[2]-ev.Delays[3])
	p.time = ev.Time
	if s.has&hasLine != 0 {
		p.line = ev.Line
	}
	p.events++
}

func (p *packer) full() bool { return p.events >= blockEvents || p.size() >= blockBytes }

// size is about what the texts take.
func (p *packer) size() int {
	n := 0
	for i := range p.dictionaries {
		n += p.dictionaries[i].bytes
	}
	return n
}

// block returns the block of the events so far and begins a new one.
func (p *packer) block(stream int) ([]byte, error) {
	if p.size()+64*p.events > maxBlock {
		return nil, fmt.Errorf("an event of %d bytes is too long", p.size())
	}
	b := binary.AppendUvarint(nil, uint64(stream))
	b = binary.AppendUvarint(b, uint64(p.events))
	for i := range p.dictionaries {
		d := &p.dictionaries[i]
		for _, part := range d.parts() {
			b = p.appendPacked(b, part)
		}
		d.reset()
	}
	for i, list := range p.numbers {
		unit := unitOf(list)
		p.raw = binary.AppendUvarint(p.raw[:0], uint64(unit))
		for _, n := range list {
			p.raw = binary.AppendVarint(p.raw, n/unit)
		}
		b = p.appendPacked(b, p.raw)
		p.numbers[i] = list[:0]
	}
	p.events, p.time, p.line = 0, 0, 0
	return b, nil
}

// unitOf is the largest number that divides all.
func unitOf(list []int64) int64 {
	unit := int64(0)
	for _, n := range list {
		for n != 0 {
			unit, n = n, unit%n
		}
		if unit == 1 || unit == -1 {
			break
		}
	}
	if unit <= 0 {
		unit = max(-unit, 1)
	}
	return unit
}

// appendPacked writes a part of a block: its length, its length compressed or 0 if it
// is not, and the bytes.
func (p *packer) appendPacked(b, part []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(part)))
	packed := p.zip.EncodeAll(part, nil)
	if len(packed) >= len(part) {
		b = append(b, 0)
		return append(b, part...)
	}
	b = binary.AppendUvarint(b, uint64(len(packed)))
	return append(b, packed...)
}
