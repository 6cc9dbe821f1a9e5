package main

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// size is a flag with a number of bytes: 256M, 1.5G; a bare number is of bytes.
type size struct {
	value       int64
	least, most int64
}

// units are powers of 1024, as memory is counted.
const units = "KMGT"

func (s *size) Type() string { return "SIZE" }

func (s *size) String() string {
	if s.value == 0 {
		return "0"
	}
	n, unit := s.value, ""
	for i := 0; i < len(units) && bits.TrailingZeros64(uint64(n)) >= 10; i++ {
		n, unit = n/1024, units[i:i+1]
	}
	return strconv.FormatInt(n, 10) + unit
}

func (s *size) Set(text string) error {
	number := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(text)), "B"), "I")
	factor := 1.0
	if n := len(number); n > 0 {
		if i := strings.IndexByte(units, number[n-1]); i >= 0 {
			number, factor = number[:n-1], float64(int64(1)<<(10*(i+1)))
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if v *= factor; err != nil || !(v >= float64(s.least) && v <= float64(s.most)) {
		least, most := size{value: s.least}, size{value: s.most}
		return fmt.Errorf("want a size from %s to %s such as 256M, have %q", &least, &most, text)
	}
	s.value = int64(v)
	return nil
}
