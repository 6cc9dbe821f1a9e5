package session

import "math/rand/v2"

// processTable finds processes by number: open addressing with linear probing into a list
// that is gone over without a look-up. A process is where it is until the next add or
// remove.
type processTable struct {
	list  []process // in no order
	slots []slot
	shift uint8 // 64 - log2(len(slots))
	odd   uint64
}

// slot is a process and its place in the list, from 1; 0 is none.
type slot struct{ pid, place uint32 }

// slotBits is the least log2 of slots.
const slotBits = 6

func newProcessTable() processTable {
	return processTable{slots: make([]slot, 1<<slotBits), shift: 64 - slotBits, odd: rand.Uint64() | 1}
}

// home is where the search for a process begins: multiplied by a secret number, so that
// no log can choose numbers that meet.
func (t *processTable) home(pid uint32) int { return int(uint64(pid) * t.odd >> t.shift) }

// at is the slot of a process, or the empty one where it would be.
func (t *processTable) at(pid uint32) int {
	i := t.home(pid)
	for t.slots[i].place != 0 && t.slots[i].pid != pid {
		i = (i + 1) & (len(t.slots) - 1)
	}
	return i
}

// find returns a process, nil if it is not there.
func (t *processTable) find(pid uint32) *process {
	if place := t.slots[t.at(pid)].place; place != 0 {
		return &t.list[place-1]
	}
	return nil
}

// add returns a new process.
func (t *processTable) add(pid uint32) *process {
	if len(t.list) >= len(t.slots)/2 {
		t.slots = make([]slot, 2*len(t.slots))
		t.shift--
		for i := range t.list {
			t.slots[t.at(t.list[i].span.PID)] = slot{t.list[i].span.PID, uint32(i + 1)}
		}
	}
	t.list = append(t.list, process{held{span: Span{PID: pid}}})
	t.slots[t.at(pid)] = slot{pid, uint32(len(t.list))}
	return &t.list[len(t.list)-1]
}

// remove takes the i-th process of the list out; the last one takes its place.
func (t *processTable) remove(i int) {
	hole, mask := t.at(t.list[i].span.PID), len(t.slots)-1
	for next := (hole + 1) & mask; t.slots[next].place != 0; next = (next + 1) & mask {
		if home := t.home(t.slots[next].pid); (next-home)&mask >= (next-hole)&mask {
			t.slots[hole], hole = t.slots[next], next
		}
	}
	t.slots[hole] = slot{}
	last := len(t.list) - 1
	if i != last {
		t.list[i] = t.list[last]
		t.slots[t.at(t.list[i].span.PID)].place = uint32(i + 1)
	}
	t.list = t.list[:last]
}
