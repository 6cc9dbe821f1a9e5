package mail

// EventKind is what one log line tells.
type EventKind uint8

const (
	// KindNone is a line that tells nothing but its time: other programs, noise.
	KindNone EventKind = iota
	// KindAttempt is one try to deliver one message to one recipient, with its
	// Outcome: Delivered, Deferred, Bounced or Suspended.
	KindAttempt
	// KindRefusal is a refusal by one MX without a recipient; the mailer goes on
	// to the next MX. Outcome is Refused.
	KindRefusal
	// KindArrival is the birth of a queue entry (Postfix client= or uid=, Exim <=).
	KindArrival
	// KindMessageID names the Message-ID of a queue entry.
	KindMessageID
	// KindActive is a queue entry that the queue manager starts to deliver; it
	// carries sender, size and number of recipients.
	KindActive
	// KindExpiry is a queue entry given up by the sending side. Outcome is Expired;
	// the recipient is empty where the line names none (Postfix qmgr).
	KindExpiry
	// KindNotice is a delivery status notification put into the queue as Child.
	KindNotice
	// KindRemoved ends a queue entry.
	KindRemoved
	// KindConnectFailure is a connection that failed without a queue id
	// (Postfix "connect to H[IP]:25: Connection timed out").
	KindConnectFailure
	// KindOwnSide is a refusal by our own server (requirement X12).
	KindOwnSide
)

var eventKinds = [...]string{
	"none", "attempt", "refusal", "arrival", "message-id", "active", "expiry", "notice", "removed", "connect-failure", "own-side",
}

func (k EventKind) String() string { return name(eventKinds[:], int(k)) }

// Event is what one log line says, in the words of this package. Which fields
// are set depends on Kind and on what the format carries; a zero value means
// "not on this line".
//
// All byte slices point into memory that the parser was given or owns and are
// valid until the next line is parsed; whoever keeps one must copy it.
type Event struct {
	Kind    EventKind
	Outcome Outcome
	Stage   Stage
	// Local marks a delivery that is no SMTP attempt at a remote MX: local,
	// virtual, pipe, LMTP, a content-filter hop to a loopback address.
	Local bool
	// Precise says that Time has a fraction of a second.
	Precise bool
	// HasDelays says that Delays were on the line.
	HasDelays bool
	// ESP says that the line comes from an email service provider, not from an
	// MTA of the reader's own.
	ESP bool
	// Twin marks a KindRefusal that the recipient's own line may repeat (Exim's
	// "H=host [ip]: ..." before "== rcpt ... H=host [ip]: ..."): join.Twins counts
	// the two once.
	Twin bool

	// Time is microseconds since 1970-01-01 UTC; 0 is unknown.
	Time int64
	// Line is the line number in its file, from 1.
	Line int64
	// Repeats is how many more lines a KindNone stands for, all with its time and host.
	Repeats uint32

	// Host is the log host, Instance what stands before the process in the syslog
	// tag ("postfix/outlook5/smtp": "postfix/outlook5"), Process its last element.
	Host, Instance, Process []byte
	PID                     uint32

	// QueueID is the id that ties the lines of one message together.
	QueueID []byte
	// Child is the queue id of a notification, or the id the next hop gave.
	Child []byte

	// MessageID is the Message-ID header with its angle brackets as logged.
	MessageID []byte
	// Sender is the envelope sender without angle brackets. NullSender says that
	// it is known to be <>.
	Sender     []byte
	NullSender bool
	// Recipient is the envelope recipient without angle brackets.
	Recipient []byte
	// Recipients is nrcpt=, 0 if unknown. Size is bytes, 0 if unknown.
	Recipients uint32
	Size       uint64

	// MX and MXIP are the receiving host that the reply is from; Relay is the
	// relay= field verbatim.
	MX, MXIP, Relay []byte
	// SendingIP is our address, where the log has it.
	SendingIP []byte
	// Client is the peer that our own server turned away (KindOwnSide).
	Client []byte

	// Reply is what the receiver said, without the MTA's wrapping; empty where no
	// receiver spoke. Text is the reason as the log has it.
	Reply, Text []byte
	// DSN is the MTA's own dsn= field. It may be synthetic (smtp_chat.c): use it
	// only where Reply has no enhanced code.
	DSN []byte

	// ConnUse is the n-th use of a cached connection (conn_use=); 0 or 1 is a new one.
	ConnUse uint32
	// Delays are Postfix's delays=a/b/c/d in microseconds: before the queue
	// manager, in the queue manager, connection setup, transmission
	// (log_adhoc.c). Formats that know only the time in the session set C to 0
	// and D to it.
	Delays [4]int64
	// Delay is the total age of the message in microseconds, 0 if unknown.
	Delay int64
}

// Verdict is what a parser made of one line. Every line has exactly one, and
// the three counts add up to the lines read.
type Verdict uint8

const (
	// NotUnderstood is a line that looks like nothing the format has.
	NotUnderstood Verdict = iota
	// Irrelevant is a line that is well-formed but no part of the chain: another
	// program, TLS chatter, a comment.
	Irrelevant
	// Understood is a line that gave an event.
	Understood
)

var verdicts = [...]string{"not_understood", "irrelevant", "understood"}

func (v Verdict) String() string { return name(verdicts[:], int(v)) }
