package recent

import (
	"fmt"
	"testing"
)

func key(i int) []byte { return fmt.Append(nil, i) }

func TestTable(t *testing.T) {
	var gone []string
	table := New(3, func(k string, v *int) { gone = append(gone, fmt.Sprintf("%s=%d", k, *v)) })
	for i := range 3 {
		*table.Put(key(i)) = i * 10
	}
	if v := table.Get(key(0)); v == nil || *v != 0 { // 0 is now the last used
		t.Fatal("0 is not there")
	}
	*table.Put(key(1)) += 5
	*table.Put(key(3)) = 30
	if table.Len() != 3 || table.Get(key(2)) != nil || fmt.Sprint(gone) != "[2=20]" {
		t.Errorf("%d entries, gone %v", table.Len(), gone)
	}
	table.Delete(key(1))
	table.Delete(key(99))
	if table.Len() != 2 || table.Get(key(1)) != nil {
		t.Error("1 is still there")
	}
	gone = nil
	table.Drain()
	if table.Len() != 0 || fmt.Sprint(gone) != "[0=0 3=30]" {
		t.Errorf("drained %v", gone)
	}
}

// Whatever is done, the table holds no more than it may, and what was put last.
func FuzzTable(f *testing.F) {
	f.Add([]byte{1, 2, 3, 1, 4, 5})
	f.Fuzz(func(t *testing.T, ops []byte) {
		const limit = 4
		table := New[int](limit, nil)
		for _, op := range ops {
			k := key(int(op & 15))
			switch op >> 6 {
			case 0, 1:
				*table.Put(k) = int(op)
				if v := table.Get(k); v == nil || *v != int(op) {
					t.Fatalf("%s is lost", k)
				}
			case 2:
				table.Get(k)
			case 3:
				table.Delete(k)
				if table.Get(k) != nil {
					t.Fatalf("%s is not deleted", k)
				}
			}
			if table.Len() > limit {
				t.Fatalf("%d entries", table.Len())
			}
		}
		table.Drain()
		if table.Len() != 0 || table.first != nil || table.last != nil {
			t.Error("not empty")
		}
	})
}

// A lookup allocates nothing.
func TestNoAllocation(t *testing.T) {
	table := New[int](4, nil)
	k := key(1)
	table.Put(k)
	if n := testing.AllocsPerRun(10, func() { *table.Put(k)++; table.Get(k) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
