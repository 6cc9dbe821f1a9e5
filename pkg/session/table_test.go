package session

import (
	"math/rand/v2"
	"testing"
)

// The table finds the processes that are in it, and nothing else.
func TestProcessTable(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	x, want := newProcessTable(), map[uint32]int64{}
	most := 0
	for i := range int64(200_000) {
		pid := uint32(r.IntN(6000)) * []uint32{1, 1 << 16}[r.IntN(2)]
		p := x.find(pid)
		if end, ok := want[pid]; ok != (p != nil) || ok && (p.span.PID != pid || p.end() != end) {
			t.Fatalf("process %d is %+v, want %d %v", pid, p, end, ok)
		}
		grow := r.IntN(20_000) > len(want) // up and down again
		switch {
		case p == nil && grow:
			x.add(pid).span.Close = i
			want[pid] = i
		case p != nil && !grow:
			place := r.IntN(len(x.list))
			delete(want, x.list[place].span.PID)
			x.remove(place)
		}
		if len(x.list) != len(want) {
			t.Fatalf("%d processes, want %d", len(x.list), len(want))
		}
		most = max(most, len(want))
	}
	for len(x.list) > 0 {
		delete(want, x.list[0].span.PID)
		x.remove(0)
	}
	if most < 3000 || len(want) > 0 || x.find(1) != nil {
		t.Errorf("%d at most, %d are left", most, len(want))
	}
}
