package main

import "testing"

func TestSize(t *testing.T) {
	f := func(text string, want int64, shown string) {
		t.Helper()
		s := size{least: 1 << 20, most: 1 << 40}
		err := s.Set(text)
		if want == 0 {
			if err == nil {
				t.Errorf("%q is taken for %d", text, s.value)
			}
			return
		}
		if err != nil || s.value != want || s.String() != shown {
			t.Errorf("%q: %d %s %v, want %d %s", text, s.value, &s, err, want, shown)
		}
	}
	f("256M", 256<<20, "256M")
	f("1.5g", 1536<<20, "1536M")
	f("64MiB", 64<<20, "64M")
	f("64 MB", 0, "")
	f("2097152", 2<<20, "2M")
	f("1048577", 1<<20+1, "1048577")
	f("1T", 1<<40, "1T")
	f("2T", 0, "")
	f("1K", 0, "")
	f("-5M", 0, "")
	f("NaN", 0, "")
	f("InfM", 0, "")
	f("", 0, "")
	f("M", 0, "")
}
