package scan

import "github.com/seed-07ce53fa/diagnose/pkg/group"

// What a run takes that has nothing to remember: the program itself, the rules, the text at
// hand, and what the collector has not seen yet.
const ownMemory = 40 << 20

// Parts of the rest of a bounded memory.
const (
	joinPart = 4 // open messages
	accsPart = 4 // accumulators
	textPart = 8 // text that is read ahead, of all jobs
	// detailPart is for detail, which takes five times as much while it is summed up.
	detailPart = 16
	// spoolPart is for rows of messages. What is told of messages that are not over has
	// trailPart of that of joins: some three times as much as what these remember.
	spoolPart = 8
	trailPart = 4
)

const (
	leastSpare = 64 << 10
	// leastJoins is enough to follow messages that leave the queue at once.
	leastJoins = 1 << 20
)

// spare is what a run may take beyond what every run does; 0 if memory is not bounded.
func (c *Config) spare() int64 {
	if c.MaxMemory <= 0 {
		return 0
	}
	return max(c.MaxMemory-ownMemory, c.MaxMemory/4, leastSpare)
}

// part is a part of the spare memory, or so many bytes where it is not bounded or that is less.
func (c *Config) part(of, most int64) int64 {
	if spare := c.spare(); spare > 0 {
		return min(spare/of, most)
	}
	return most
}

func (c *Config) detail() int64 {
	switch {
	case c.Detail > 0:
		return c.Detail
	case c.MaxMemory > 0:
		return c.spare() / detailPart
	}
	return group.DetailBytes
}

// accs is how many accumulators are kept.
func (c *Config) accs() int { return int(c.part(accsPart, maxAccs*accBytes) / accBytes) }

// textAhead is how many bytes of text each job reads ahead.
func (c *Config) textAhead() int {
	jobs := int64(max(c.Jobs, 1))
	return int(c.part(textPart, jobs*textAhead) / jobs)
}
