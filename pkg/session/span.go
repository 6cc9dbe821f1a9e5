package session

// Slot names where a span is handed to: one receiving host of one accumulator.
// The stream only keeps it.
type Slot int32

// Span is the time one session was busy with one delivery, in microseconds since
// 1970. Several recipients of one delivery are one Span.
type Span struct {
	Open, Close int64
	// PID is the delivery process, mixed with its host so that two hosts differ. The
	// queue id stands in for one that is not known.
	PID uint32
	// Attempts is the number of recipients tried, Refused how many of them (or the
	// session itself) met a connection or rate limit, Served how many were past such
	// limits: taken, or refused at RCPT TO or later for another reason.
	Attempts, Refused, Served uint16
	// Use says that this is the n-th delivery on its connection (conn_use=); 1 is a
	// new one.
	Use uint16
	// Setup is how many milliseconds of it the connection took to come up.
	Setup uint16
	// Host tells addresses of one receiving host apart, as well as a byte can.
	Host uint8
	// Precise says that the stamp had a fraction of a second.
	Precise bool
}
