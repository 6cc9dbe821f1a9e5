// Package mail is the vocabulary of the program: what a delivery attempt, a
// reply and an outcome are called. It imports nothing of ours, and every other
// package speaks in its terms.
//
// The words are those of RFC 5321 (reply, session), RFC 3463 (enhanced status
// code), RFC 3464 (outcome) and the Postfix and Exim documentation.
package mail

// Outcome is what became of one attempt, or of a message at the end of the log.
type Outcome uint8

const (
	// OutcomeUnknown means that the log does not say.
	OutcomeUnknown Outcome = iota
	// Delivered means that the next hop took responsibility (2xx).
	Delivered
	// Deferred means that the attempt failed for now and the message stays queued.
	Deferred
	// Bounced means that the attempt failed for good.
	Bounced
	// Expired means that the sending side gave the message up after its retry limit.
	Expired
	// Suspended means that no connection was made: the queue manager put the
	// message aside because the destination had failed before
	// (Postfix "delivery temporarily suspended", Exim "retry time not reached").
	Suspended
	// Refused means that one MX turned the attempt away and the mailer went on
	// to the next one: a refusal without a recipient.
	Refused
)

var outcomes = [...]string{"unknown", "delivered", "deferred", "bounced", "expired", "suspended", "refused"}

func (o Outcome) String() string { return name(outcomes[:], int(o)) }

// Stage is the SMTP command a reply answered.
type Stage uint8

const (
	// StageUnknown means that the log does not tell.
	StageUnknown Stage = iota
	// StageConnect is before any reply: the connection itself failed.
	StageConnect
	// StageBanner is the greeting (RFC 5321 3.1).
	StageBanner
	// StageEHLO is EHLO, HELO or LHLO.
	StageEHLO
	// StageTLS is STARTTLS and its handshake.
	StageTLS
	// StageAuth is AUTH.
	StageAuth
	// StageMail is MAIL FROM.
	StageMail
	// StageRcpt is RCPT TO.
	StageRcpt
	// StageData is the DATA command.
	StageData
	// StageEndOfData is the final dot.
	StageEndOfData
	// StageQuit is RSET or QUIT.
	StageQuit
)

var stages = [...]string{"", "connect", "banner", "ehlo", "tls", "auth", "mail", "rcpt", "data", "end-of-data", "quit"}

func (s Stage) String() string { return name(stages[:], int(s)) }

// Class is what a reply means. The list is closed: a rule names one of these.
type Class uint8

const (
	// ClassNone is the class of an attempt without a failure.
	ClassNone Class = iota
	// ConnectionLimit is too many sessions, or too many new ones per time.
	ConnectionLimit
	// RateLimit is too many messages or recipients per time.
	RateLimit
	// ReceiverBusy is the receiver's own shortage, no reference to the sender.
	ReceiverBusy
	// Greylist is a first-contact delay that a retry alone solves.
	Greylist
	// Reputation is a throttle or refusal justified by the sender's quality.
	Reputation
	// Listing is a named list or block entry.
	Listing
	// Auth is SPF, DKIM, DMARC or SMTP AUTH.
	Auth
	// PtrHelo is reverse DNS or HELO name.
	PtrHelo
	// TimeoutNetwork is a connection that failed, timed out or was lost.
	TimeoutNetwork
	// TLS is STARTTLS or certificate trouble.
	TLS
	// DNS is a name that did not resolve.
	DNS
	// MailboxFull is over quota.
	MailboxFull
	// MailboxUnknown is no such recipient.
	MailboxUnknown
	// PolicyContent is content or policy of the message itself.
	PolicyContent
	// Other is a reply that none of the classes describes.
	Other
)

var classes = [...]string{
	"", "connection-limit", "rate-limit", "receiver-busy", "greylist", "reputation", "listing", "auth", "ptr-helo",
	"timeout-network", "tls", "dns", "mailbox-full", "mailbox-unknown", "policy-content", "other",
}

func (c Class) String() string { return name(classes[:], int(c)) }

// NumClasses is the number of classes, ClassNone included: the length of an
// array indexed by Class.
const NumClasses = len(classes)

// ParseClass returns the class of that name.
func ParseClass(s string) (Class, bool) {
	i := index(classes[:], s)
	return Class(max(i, 0)), i > 0
}

// ClassNames returns the names of all classes, in order.
func ClassNames() []string { return append([]string(nil), classes[1:]...) }

// Scope is whom a limit counts.
type Scope uint8

const (
	// ScopeUnknown means that the reply does not say.
	ScopeUnknown Scope = iota
	// PerIP counts the sending IP.
	PerIP
	// PerDomain counts a domain or mailbox: sender, recipient or signature.
	PerDomain
	// ReceiverWide counts everybody.
	ReceiverWide
	// OwnSide is a limit of the sending side: our server, or our ESP.
	OwnSide
)

var scopes = [...]string{"unknown", "per-ip", "per-domain", "receiver-wide", "own-side"}

func (s Scope) String() string { return name(scopes[:], int(s)) }

// ParseScope returns the scope of that name.
func ParseScope(s string) (Scope, bool) {
	i := index(scopes[:], s)
	return Scope(max(i, 0)), i >= 0
}

// ScopeNames returns the names of all scopes, in order.
func ScopeNames() []string { return append([]string(nil), scopes[:]...) }

// Kind is the kind of the receiver behind a destination
// (seed C L97: consumer providers, B2B custom MX, security gateways).
type Kind uint8

const (
	// CustomMX is a receiver that no provider rule knows.
	CustomMX Kind = iota
	// ConsumerMailbox is a mailbox provider for the public.
	ConsumerMailbox
	// BusinessMailbox is a hosted mailbox provider for organisations.
	BusinessMailbox
	// SecurityGateway is a filter in front of somebody else's mailboxes.
	SecurityGateway
	// ISP is an access provider with mailboxes.
	ISP
	// ESP is an email service provider that relays for senders.
	ESP
)

var kinds = [...]string{"custom-mx", "consumer-mailbox", "business-mailbox", "security-gateway", "isp", "esp"}

func (k Kind) String() string { return name(kinds[:], int(k)) }

// ParseKind returns the kind of that name.
func ParseKind(s string) (Kind, bool) {
	i := index(kinds[:], s)
	return Kind(max(i, 0)), i >= 0
}

// KindNames returns the names of all kinds, in order.
func KindNames() []string { return append([]string(nil), kinds[:]...) }

func name(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "invalid"
}

func index(names []string, s string) int {
	for i, n := range names {
		if n == s {
			return i
		}
	}
	return -1
}
