package sim

import "time"

// pids hands out process ids in the order in which processes are started.
type pids struct {
	engine *engine
	next   int
}

func (p *pids) take() int {
	p.next += 1 + p.engine.rng.IntN(3)
	if p.next > 4_000_000 {
		p.next = 301
	}
	return p.next
}

// Bounds of one process (master.cf, max_idle and max_use).
const (
	maxIdle = 100 * time.Second
	maxUse  = 100
)

// pool is the processes of one service: one that is idle is used again before a new
// one is started; one ends after 100 uses or 100 s without work.
type pool struct {
	pids *pids
	all  []*process
}

type process struct {
	pid, uses int
	busy      bool
	free      time.Duration // since, or from, when it is free
}

// hire takes a process until release.
func (p *pool) hire(now time.Duration) *process {
	best := -1
	kept := p.all[:0]
	for _, o := range p.all {
		if !o.busy && o.free <= now && (o.uses >= maxUse || now-o.free > maxIdle) {
			continue
		}
		kept = append(kept, o)
		if !o.busy && o.free <= now && (best < 0 || o.free > kept[best].free) {
			best = len(kept) - 1
		}
	}
	clear(p.all[len(kept):])
	p.all = kept
	if best < 0 {
		p.all = append(p.all, &process{pid: p.pids.take()})
		best = len(p.all) - 1
	}
	o := p.all[best]
	o.uses++
	o.busy = true
	return o
}

// take hires a process until a known time and returns its id.
func (p *pool) take(now, until time.Duration) int {
	o := p.hire(now)
	p.release(o, until)
	return o.pid
}

func (*pool) release(o *process, at time.Duration) { o.busy, o.free = false, at }
