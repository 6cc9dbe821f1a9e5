package group

import "math"

// files are the names of log files by a number, from 1 on. Accumulators of one run share
// them.
type files struct {
	list   []string
	number map[string]uint16
}

// of is the number of a name, 0 if there are too many. Several may ask for known ones at
// once.
func (f *files) of(name string) uint16 {
	if last := len(f.list); last > 0 && f.list[last-1] == name {
		return uint16(last)
	}
	n, ok := f.number[name]
	if !ok {
		if len(f.list) == math.MaxUint16 {
			return 0
		}
		if f.number == nil {
			f.number = map[string]uint16{}
		}
		f.list = append(f.list, name)
		n = uint16(len(f.list))
		f.number[name] = n
	}
	return n
}
