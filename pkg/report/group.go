package report

import "time"

// Group is one destination: a receiver platform over all its MX hosts and domains.
type Group struct {
	Destination string   `json:"destination"`
	Platform    string   `json:"platform"`
	Kind        string   `json:"kind"`
	MX          []string `json:"mx"`
	Domains     []string `json:"domains"`
	SendingIPs  []string `json:"sending_ips"`
	Via         string   `json:"via"`
	// Mixed says that this is no destination: receivers that were not told apart, because
	// there were more than fit into memory. It has counts, and no verdict: Severity is
	// normal, Cause unclear (none without refusals), and what a verdict is made of is empty.
	Mixed bool `json:"mixed"`

	// Severity and cause are independent axes (requirement X04).
	Severity   string  `json:"severity"`
	Cause      string  `json:"cause"`
	Confidence float64 `json:"confidence"`
	// Permanent is always false: a deferral is no verdict on a mailbox (H05).
	Permanent bool    `json:"permanent"`
	Causes    []Cause `json:"causes"`
	// Why says in a sentence what decided severity.
	Why string `json:"why"`
	// Immediate is the problem at hand: burst, queue-pressure or connection-pressure.
	// Underlying is the one beneath it, why the receiver goes on limiting: reputation,
	// authentication, bursty-schedule or queue-runner (H18, H19). Null where no cause
	// holds.
	Immediate  *string `json:"immediate"`
	Underlying *string `json:"underlying"`
	// Owner is who can change what the receiver sees: mta-operator, esp, or
	// esp-and-sender (C107). Pool is the declared kind of the sending IP's pool:
	// shared, dedicated or unknown.
	Owner string `json:"owner"`
	Pool  string `json:"pool"`

	Limit Limit `json:"limit"`
	// Band is how many sessions the state at the end of the log allows (H62-H64).
	Band *Band `json:"band"`
	// Qualifiers name what is no cause of its own but changes what to do; Notes are
	// the same with their evidence.
	Qualifiers []string    `json:"qualifiers"`
	Notes      []Qualifier `json:"qualifier_evidence"`
	State      string      `json:"state"`
	// Actionable are the patterns that make deferrals worth acting on: one-mx,
	// repeats, transactional, discarded (C66-C69).
	Actionable []string `json:"actionable"`
	// CleanWindows are the retry windows since the last refusal in which mail was
	// accepted and none refused (H88).
	CleanWindows int64 `json:"clean_windows"`

	Counts Counts `json:"counts"`
	// Refusals are those by class, here and in the rows below. Rows that count the same
	// may have the same map: it is not to be changed.
	Refusals     map[string]int64 `json:"refusals"`
	PeakSessions Peak             `json:"peak_sessions"`
	Curve        []CurveBin       `json:"curve"`
	Windows      []Window         `json:"windows"`
	RetryGaps    RetryGaps        `json:"retry_gaps"`
	// Pace is how the own connection attempts changed after the reply (H79).
	Pace    *Pace   `json:"pace"`
	Outcome Outcome `json:"outcome"`
	// Messages are examples of those that met a refusal that severity counts or were held
	// back because of one, by recipient: lost ones first, then by time. MessagesMore is how
	// many there are beyond them, MessagesWithoutID how many of all have no Message-ID in
	// these logs, MessagesHeld how many of all were only held back.
	Messages          []Message  `json:"messages"`
	MessagesMore      int64      `json:"messages_more"`
	MessagesWithoutID int64      `json:"messages_without_id"`
	MessagesHeld      int64      `json:"messages_held_back"`
	ByIP              []ByIP     `json:"by_ip"`
	ByMX              []ByMX     `json:"by_mx"`
	ByDomain          []ByDomain `json:"by_domain"`
	// ByMXMore and ByDomainMore are the attempts at further hosts and domains, which are
	// too many to have a row each.
	ByMXMore     int64      `json:"by_mx_more"`
	ByDomainMore int64      `json:"by_domain_more"`
	BySender     []BySender `json:"by_sender"`
	ByStream     []ByStream `json:"by_stream"`
	Replies      []Reply    `json:"replies"`
	Trouble      Trouble    `json:"trouble"`
	// Collected counts what the log has of each refusal that severity counts (C57).
	Collected Collected `json:"collected"`
	// Facts are all that the verdict was made from: of the sending IP that speaks for
	// the destination, in order of their names.
	Facts Facts       `json:"facts"`
	Audit []AuditItem `json:"audit"`
	Steps []Step      `json:"steps"`
	// Advice are notes that belong beside the steps ("a test message proves little").
	Advice []Note `json:"advice"`
	// Drain is how long the mail at hand needs at the advised number of sessions (H23).
	Drain *Drain `json:"drain"`
	// Missing names what these logs cannot tell ("sending IP not in this log").
	Missing []string `json:"missing"`
}

// Counts are four different things, never mixed (requirement X05):
// attempts = delivered + deferred + bounced + refused, each a try on the wire.
type Counts struct {
	Attempts    int64 `json:"attempts"`
	Recipients  int64 `json:"recipients"`
	Messages    int64 `json:"messages"`
	Sessions    int64 `json:"sessions"`
	Delivered   int64 `json:"delivered"`
	Deferred    int64 `json:"deferred"`
	Bounced     int64 `json:"bounced"`
	Expired     int64 `json:"expired"`
	Refused     int64 `json:"refused"`
	Suspensions int64 `json:"suspensions"`
}

// Trouble sums up the refusals that severity counts (connection-limit, rate-limit,
// reputation, listing; C77): how many, of how many messages and recipients, how many of
// these it turned away for good at once, from when to when.
type Trouble struct {
	Refusals   int64      `json:"refusals"`
	Messages   int64      `json:"messages"`
	Recipients int64      `json:"recipients"`
	Bounced    int64      `json:"bounced"`
	First      *time.Time `json:"first"`
	Last       *time.Time `json:"last"`
	// LastingMinutes is the longest stretch without a long pause; Alert says that
	// deferrals go on for so long that somebody should be told (H83).
	LastingMinutes float64 `json:"lasting_minutes"`
	Alert          bool    `json:"alert"`
}

// Collected counts the refusals that severity counts, those of them for which the
// log has all seven items of evidence, and those that lack one: code, enhanced, mx,
// recipient_domain, sending_ip, message_id, time.
type Collected struct {
	Refusals int64            `json:"refusals"`
	Complete int64            `json:"complete"`
	Missing  map[string]int64 `json:"missing"`
}

// ByIP is the share of one sending IP; SendingIP is null where the log has none.
type ByIP struct {
	SendingIP *string          `json:"sending_ip"`
	Cause     string           `json:"cause"`
	Severity  string           `json:"severity"`
	Counts    Counts           `json:"counts"`
	Refusals  map[string]int64 `json:"refusals"`
}

// ByMX is the share of one receiving host. A recipient does not expire at a host, so that
// none has any expired.
type ByMX struct {
	MX       string           `json:"mx"`
	Counts   Counts           `json:"counts"`
	Refusals map[string]int64 `json:"refusals"`
}

// ByDomain is the share of one recipient domain.
type ByDomain struct {
	Domain   string           `json:"domain"`
	Counts   Counts           `json:"counts"`
	Refusals map[string]int64 `json:"refusals"`
}

// BySender is the share of one sender domain; Sender is null where the log has none.
type BySender struct {
	Sender   *string          `json:"sender_domain"`
	Cause    string           `json:"cause"`
	Severity string           `json:"severity"`
	Counts   Counts           `json:"counts"`
	Refusals map[string]int64 `json:"refusals"`
}

// ByStream is the share of one stream of mail (--stream, settings).
type ByStream struct {
	Stream        string           `json:"stream"`
	Transactional bool             `json:"transactional"`
	Cause         string           `json:"cause"`
	Severity      string           `json:"severity"`
	Counts        Counts           `json:"counts"`
	Refusals      map[string]int64 `json:"refusals"`
	// MedianS and P90S are the waits of those delivered on retry (C101).
	MedianS *int64 `json:"median_s"`
	P90S    *int64 `json:"p90_s"`
}

// Reply is one kind of reply that the destination gave, by template.
type Reply struct {
	Template   string  `json:"template"`
	Sample     string  `json:"sample"`
	Class      string  `json:"class"`
	Rule       string  `json:"rule"`
	Confidence float64 `json:"confidence"`
	Count      int64   `json:"count"`
	Where      string  `json:"where"`
	// Temporary says that the reply is a 4xx: the mail may be tried again (C02).
	Temporary bool `json:"temporary"`
}
