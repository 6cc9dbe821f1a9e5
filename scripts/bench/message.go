package main

// message is one in the queue.
type message struct {
	slot    int32
	born    int64
	size    int32
	sender  string
	client  int32
	number  uint64
	id      []byte // queue id
	pending int    // attempts under way
	rcpts   []recipient
	bounce  bool // from=<>
	failed  bool // a recipient bounced in this activation
}

type recipient struct {
	address string
	domain  *domain
	done    bool
	tries   int
	next    attempt
}

// attempt is one delivery attempt and its outcome.
type attempt struct {
	msg     *message
	rcpt    *recipient
	outcome outcome
	reply   *reply    // nil: accepted
	host    *endpoint // the one that said so
	before  *reply    // what another host of the domain said first
	beside  *endpoint // that host
	slot    int       // of the process
	wait    int64     // in the queue before
	setup   int64     // connection set-up
	send    int64     // transmission
	reused  int       // the how many-th message of this connection; 0 and 1 are not logged
}

type outcome uint8

const (
	sent outcome = iota
	deferred
	bounced
)
