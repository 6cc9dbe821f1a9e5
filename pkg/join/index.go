package join

// index finds messages by hash: open addressing with linear probing, so that an entry
// costs eight bytes at a load of a half to three quarters.
type index struct {
	slots []entry
	n     int
}

// entry is the hash of a message's host and queue id, and its number; 0 is none.
type entry struct{ hash, message uint32 }

const fewSlots = 64

// find returns the message with a hash that same agrees to, 0 if there is none.
func (x *index) find(hash uint32, same func(message uint32) bool) (message uint32) {
	if len(x.slots) == 0 {
		return 0
	}
	mask := uint32(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		e := x.slots[i]
		if e.message == 0 || e.hash == hash && same(e.message) {
			return e.message
		}
	}
}

// add takes a message that is not there.
func (x *index) add(hash, message uint32) {
	if (x.n+1)*4 > len(x.slots)*3 {
		x.grow()
	}
	x.n++
	x.put(entry{hash, message})
}

func (x *index) put(e entry) {
	mask := uint32(len(x.slots) - 1)
	i := e.hash & mask
	for x.slots[i].message != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = e
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]entry, max(2*len(old), fewSlots))
	for _, e := range old {
		if e.message != 0 {
			x.put(e)
		}
	}
}

// at returns the position of a message, false if it is not there.
func (x *index) at(hash, message uint32) (place uint32, ok bool) {
	mask := uint32(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		switch x.slots[i].message {
		case message:
			return i, true
		case 0:
			return 0, false
		}
	}
}

// remove empties a position, and moves those up that had to make way for it.
func (x *index) remove(hole uint32) {
	mask := uint32(len(x.slots) - 1)
	for i := (hole + 1) & mask; x.slots[i].message != 0; i = (i + 1) & mask {
		home := x.slots[i].hash & mask
		if (i-home)&mask >= (i-hole)&mask {
			x.slots[hole], hole = x.slots[i], i
		}
	}
	x.slots[hole] = entry{}
	x.n--
}
