package parsers

// Carries says what the lines of a format tell, so that a reader knows what a
// report can be made of. A zero Answer is No.
type Carries struct {
	// Time is the time of an attempt; Zone whether stamps have one; SubSecond
	// whether they are finer than a second.
	Time, Zone, SubSecond Answer
	// SendingIP is our address; MX and MXIP are name and address of the receiver.
	SendingIP, MX, MXIP Answer
	// MessageID is the Message-ID header; Sender and Recipient are of the envelope;
	// QueueID ties the lines of a message together.
	MessageID, Sender, Recipient, QueueID Answer
	// Sessions tells which attempts shared a connection and how long it lasted.
	Sessions Answer
	// Retries are the attempts before the last one.
	Retries Answer
	// Reply is what the receiver said, in its words.
	Reply Answer
	// Expiry tells that the sending side gave a message up.
	Expiry Answer
	// OwnSide are refusals by our own server or provider, which are no receiver's.
	OwnSide Answer
}

// Answer says whether a format carries something, and what to know about it.
type Answer struct {
	Level Level
	Note  string // empty, or a few words
}

// Level is how much of something a format carries.
type Level uint8

// The levels. Partly means on some lines, or only if the sender's software was told
// to log it, or only to be inferred.
const (
	No Level = iota
	Partly
	Yes
)

func (l Level) String() string {
	switch l {
	case No:
		return "no"
	case Partly:
		return "partly"
	case Yes:
		return "yes"
	}
	return "invalid"
}

// Carried is one answer by its name.
type Carried struct {
	Name string
	Answer
}

// List returns the answers in the order in which tables show them.
func (c *Carries) List() []Carried {
	return []Carried{
		{"time", c.Time}, {"time zone", c.Zone}, {"sub-second", c.SubSecond}, {"sending IP", c.SendingIP}, {"MX host", c.MX}, {"MX IP", c.MXIP},
		{"message id", c.MessageID}, {"sender", c.Sender}, {"recipient", c.Recipient}, {"queue id", c.QueueID}, {"sessions", c.Sessions},
		{"retries", c.Retries}, {"reply", c.Reply}, {"expiry", c.Expiry}, {"own-side refusals", c.OwnSide},
	}
}
