package scan

import (
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Rows of our own side stand in one order, also where only their class tells them apart.
func TestOwnSideOrder(t *testing.T) {
	c := newTestChain(t, new(loadConfig(t)))
	for class := mail.ClassNone; class <= mail.Other; class++ {
		c.ownSide[ownSideKey{what: "others", class: class}] = &ownSideCount{n: 3}
	}
	first := c.ownSideRows()
	for range 20 {
		if rows := c.ownSideRows(); !slices.Equal(rows, first) {
			t.Fatalf("%+v, then %+v", first, rows)
		}
	}
}
