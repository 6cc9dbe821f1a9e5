package group

import "github.com/seed-07ce53fa/diagnose/pkg/session"

// gauge is the memory that measuring needs for a while, for one cell after the other.
type gauge struct {
	buckets     []timed
	sweep       session.Sweep
	connections []session.Connection
	served      served
	open        session.Open
	moments     []moment
}

// tools are those of the cell. What they measured is there until they measure again.
func (c *Cell) tools() *gauge {
	if c.gauge == nil {
		c.gauge = &gauge{}
	}
	return c.gauge
}
