package join

// pool keeps records in pages, so that growing copies nothing and a record never moves.
// Records are told by their number, from 1.
type pool[T any] struct {
	pages []*[pageSize]T
	n     uint32   // numbers given out so far
	free  []uint32 // those that may be given out again
}

const pageSize = 1 << 10

// get returns the record of a number.
func (p *pool[T]) get(i uint32) *T {
	i--
	return &p.pages[i/pageSize][i%pageSize]
}

// add returns the number of a record; what it holds is left from before.
func (p *pool[T]) add() uint32 {
	if n := len(p.free); n > 0 {
		i := p.free[n-1]
		p.free = p.free[:n-1]
		return i
	}
	if p.n%pageSize == 0 {
		p.pages = append(p.pages, new([pageSize]T))
	}
	p.n++
	return p.n
}

// drop frees a record.
func (p *pool[T]) drop(i uint32) { p.free = append(p.free, i) }
