package group

import "unsafe"

// Gaps and waits have as many different values as time has seconds. Where all of them
// take more than a part of what detail may take, long lists of them are rounded, to
// three digits that count and if need be to fewer.

// waitsPart is the part of all detail that gaps and waits may take besides.
const waitsPart = 8

// exactly is how many different values are never rounded.
const exactly = 32

// round rounds gaps and waits until they fit.
func (d *Detail) round() {
	for digits := 3; digits > 0; digits-- {
		n := 0
		for _, a := range d.accs {
			for _, t := range a.tallies() {
				n += len(t.list) * int(unsafe.Sizeof(Count{}))
			}
		}
		if n <= d.most/waitsPart {
			return
		}
		for _, a := range d.accs {
			a.round(digits)
		}
	}
}

// tallies are the gaps first, then waits.
func (a *Acc) tallies() []*Tally {
	all := []*Tally{&a.Gaps.Tally, &a.Waits}
	for _, s := range a.Streams {
		all = append(all, &s.Waits)
	}
	return all
}

func (a *Acc) round(digits int) {
	for i, t := range a.tallies() {
		switch {
		case len(t.list) <= exactly:
		case i == 0:
			t.change(func(v int64) int64 { return v>>32<<32 | rounded(v&(1<<32-1), digits) })
		default:
			t.change(func(v int64) int64 { return rounded((v+second/2)/second, digits) * second })
		}
	}
}

// rounded is the nearest number with so many digits that count.
func rounded(v int64, digits int) int64 {
	most, step := int64(1), int64(1)
	for range digits {
		most *= 10
	}
	for v/step >= most {
		step *= 10
	}
	return (v + step/2) / step * step
}
