package main

// kind is what happens.
type kind uint8

const (
	arrival    kind = iota // a client hands a message in
	entry                  // it is queued and tried at once
	retry                  // it is tried again
	completion             // an attempt is over
	mailbox                // a bounce mail reaches its mailbox
)

// event is planned for a time. Events of one time happen in the order of their planning, so
// that the log does not depend on the shape of the heap.
type event struct {
	at    int64
	order uint32
	slot  int32
	kind  kind
	rcpt  uint8
}

// agenda is a heap of events, the next one first. container/heap would box every event.
type agenda struct {
	heap  []event
	order uint32
}

func (e *event) before(f *event) bool {
	return e.at < f.at || e.at == f.at && int32(e.order-f.order) < 0
}

func (a *agenda) push(e event) {
	e.order = a.order
	a.order++
	a.heap = append(a.heap, e)
	i := len(a.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&a.heap[parent]) {
			break
		}
		a.heap[i] = a.heap[parent]
		i = parent
	}
	a.heap[i] = e
}

// pop takes the next event; there always is one, the next arrival.
func (a *agenda) pop() event {
	first, last := a.heap[0], len(a.heap)-1
	e := a.heap[last]
	a.heap = a.heap[:last]
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && a.heap[child+1].before(&a.heap[child]) {
			child++
		}
		if !a.heap[child].before(&e) {
			break
		}
		a.heap[i] = a.heap[child]
		i = child
	}
	if last > 0 {
		a.heap[i] = e
	}
	return first
}
