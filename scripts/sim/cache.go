package sim

import "time"

// cache keeps idle sessions for a short time (scache(8)). The receiver sees them as
// open; the log has no line of it.
type cache struct {
	engine *engine
	idle   map[cacheKey][]*session
}

type cacheKey struct {
	via  *transport
	host *host
}

// put keeps a session for d, then closes it.
func (c *cache) put(via *transport, s *session, d time.Duration) {
	k := cacheKey{via, s.host}
	c.idle[k] = append(c.idle[k], s)
	s.idle++
	times := s.idle
	c.engine.after(d, func() {
		if s.idle != times || s.gone {
			return
		}
		list := c.idle[k]
		for i := range list {
			if list[i] == s {
				c.idle[k] = append(list[:i], list[i+1:]...)
				s.close()
				return
			}
		}
	})
}

// take returns the session that was put last, or nil.
func (c *cache) take(via *transport, h *host) *session {
	k := cacheKey{via, h}
	list := c.idle[k]
	if len(list) == 0 {
		return nil
	}
	s := list[len(list)-1]
	list[len(list)-1] = nil
	c.idle[k] = list[:len(list)-1]
	return s
}
