package join

// places are destinations, and how a message was met there: few of them in a list, for most
// messages that have several have two.
type places struct {
	few  []met
	many map[Cell]uint8 // all of them, where there are more than fewPlaces
}

type met struct {
	place Cell
	flags uint8
}

const fewPlaces = 8

// add adds flags to those of a place, which it returns as they were.
func (l *places) add(place Cell, flags uint8) (was uint8, isNew bool) {
	if l.many != nil {
		was, ok := l.many[place]
		l.many[place] = was | flags
		return was, !ok
	}
	for i := range l.few {
		if one := &l.few[i]; one.place == place {
			was, one.flags = one.flags, one.flags|flags
			return was, false
		}
	}
	if len(l.few) < fewPlaces {
		l.few = append(l.few, met{place, flags})
		return 0, true
	}
	l.many = make(map[Cell]uint8, 2*fewPlaces)
	for _, one := range l.few {
		l.many[one.place] = one.flags
	}
	l.few, l.many[place] = nil, flags
	return 0, true
}
