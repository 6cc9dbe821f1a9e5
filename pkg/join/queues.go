package join

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// queues are the mail queues of one host, by the instance roots that name them. A queue
// has a number among those of all hosts; the first one of a host stands for what has no
// name, or is not known.
type queues struct {
	byRoot  map[string]uint16
	managed uint64 // those with a queue manager of their own, by number on the host
	last    []byte // an instance
	lastIs  uint16
}

const (
	// hostQueues are told apart on one host: the unnamed one, those with names, and one
	// for all others.
	hostQueues = 34
	// MaxQueues are those with names.
	MaxQueues = hostQueues - 2
)

// root is the part of an instance that names a queue: "postfix/relay" and
// "postfix" share the queue of "postfix", "postfix-out" has its own
// (Postfix MULTI_INSTANCE_README; master.cf -o syslog_name=postfix/relay).
func root(instance []byte) []byte {
	if i := bytes.IndexByte(instance, '/'); i >= 0 {
		return instance[:i]
	}
	return instance
}

func (q *queues) unnamed(host uint16) uint16 { return host * hostQueues }

func (q *queues) isManaged(queue uint16) bool { return q.managed&(1<<(queue%hostQueues)) != 0 }

func (q *queues) manage(queue uint16) { q.managed |= 1 << (queue % hostQueues) }

// queue returns the number of the queue that the instance of an event names.
func (t *Tracker) queue(ev *mail.Event) uint16 {
	q := &t.queues
	if len(q.last) > 0 && string(ev.Instance) == string(q.last) {
		return q.lastIs
	}
	r := root(ev.Instance)
	if len(r) == 0 {
		return q.unnamed(t.host)
	}
	n, ok := q.byRoot[string(r)]
	switch {
	case ok:
	case len(q.byRoot) < MaxQueues:
		if q.byRoot == nil {
			q.byRoot = map[string]uint16{}
		}
		n = q.unnamed(t.host) + uint16(len(q.byRoot)) + 1
		q.byRoot[string(r)] = n
	default:
		t.memory.Crowded++
		return q.unnamed(t.host) + MaxQueues + 1
	}
	q.last, q.lastIs = append(q.last[:0], ev.Instance...), n
	return n
}
