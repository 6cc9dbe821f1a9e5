package diagnosis

import (
	"sync"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// common is what many groups of a report say alike, kept once: a report has thousands of
// groups, and most of their sentences and numbers of refusals are the same.
type common struct {
	one   sync.Mutex
	texts map[string]string
	count map[group.Refusals]map[string]int64
}

func newCommon() *common {
	return &common{texts: map[string]string{}, count: map[group.Refusals]map[string]int64{}}
}

// refusals are those of a row by class; nobody changes them.
func (c *common) refusals(r group.Refusals) map[string]int64 {
	c.one.Lock()
	defer c.one.Unlock()
	m, ok := c.count[r]
	if !ok {
		m = refusals(r)
		c.count[r] = m
	}
	return m
}

// share puts the texts that are there in the place of a group's own.
func (c *common) share(g *report.Group) {
	c.one.Lock()
	defer c.one.Unlock()
	for i := range g.Causes {
		c.evidence(g.Causes[i].Evidence)
	}
	c.evidence(g.Limit.ScopeEvidence)
	for i := range g.Limit.Hypotheses {
		c.evidence(g.Limit.Hypotheses[i].Evidence)
	}
	for i := range g.Notes {
		c.text(&g.Notes[i].Text)
		c.evidence(g.Notes[i].Evidence)
	}
	for i := range g.Audit {
		c.text(&g.Audit[i].Text)
	}
	for i := range g.Steps {
		c.text(&g.Steps[i].Text)
	}
	for i := range g.Advice {
		c.text(&g.Advice[i].Text)
	}
	for i := range g.Missing {
		c.text(&g.Missing[i])
	}
}

func (c *common) evidence(list []report.Evidence) {
	for i := range list {
		c.text(&list[i].Text)
		c.text(&list[i].Where)
	}
}

func (c *common) text(s *string) {
	t, ok := c.texts[*s]
	if !ok {
		t = *s
		c.texts[t] = t
	}
	*s = t
}
