// Package report holds the one value that every output shows. All numbers in it
// are final: renderers format and compute nothing. Its JSON form is the machine
// contract: keys are added, never renamed.
package report

import "time"

// Schema is the version of the JSON contract.
const Schema = 1

// Report is the result of one run.
type Report struct {
	Schema  int       `json:"schema"`
	Input   Input     `json:"input"`
	Groups  []Group   `json:"groups"`
	OwnSide []OwnSide `json:"own_side"`
	// Unknown are replies that no rule knows, by template, most frequent first.
	Unknown []Unknown `json:"unknown_replies"`
	// Rules is the version of the rules that made the report.
	Rules string `json:"rules"`
}

// Input says what was read. Lines = Understood + Irrelevant + NotUnderstood, per
// file and in total.
type Input struct {
	Files         []File     `json:"files"`
	Lines         int64      `json:"lines"`
	Understood    int64      `json:"understood"`
	Irrelevant    int64      `json:"irrelevant"`
	NotUnderstood int64      `json:"not_understood"`
	Attempts      int64      `json:"attempts"`
	Suspensions   int64      `json:"suspensions"`
	First         *time.Time `json:"first"`
	Last          *time.Time `json:"last"`
	// Class is the class of the failures that count, null if all do (--class).
	Class  *string  `json:"class"`
	Notes  []string `json:"notes"`
	Errors []Error  `json:"errors"`
}

// File is one input.
type File struct {
	Path          string `json:"path"`
	Format        string `json:"format"`
	Lines         int64  `json:"lines"`
	Understood    int64  `json:"understood"`
	Irrelevant    int64  `json:"irrelevant"`
	NotUnderstood int64  `json:"not_understood"`
}

// Error is a part of the input that could not be read.
type Error struct {
	File  string `json:"file"`
	Line  int64  `json:"line"`
	Error string `json:"error"`
}

// Group is one destination: a receiver platform over all its MX hosts and domains.
type Group struct {
	Destination string   `json:"destination"`
	Platform    string   `json:"platform"`
	Kind        string   `json:"kind"`
	MX          []string `json:"mx"`
	Domains     []string `json:"domains"`
	SendingIPs  []string `json:"sending_ips"`
	Via         string   `json:"via"`

	// Severity and cause are independent axes (requirement X04).
	Severity   string  `json:"severity"`
	Cause      string  `json:"cause"`
	Confidence float64 `json:"confidence"`
	// Permanent is always false: a deferral is no verdict on a mailbox (H05).
	Permanent bool    `json:"permanent"`
	Causes    []Cause `json:"causes"`
	// Why says in a sentence what decided severity.
	Why string `json:"why"`
	// Immediate is the cause that makes the pressure, Underlying the one beneath it:
	// why the receiver goes on limiting (H18). Null where none holds.
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

	Counts       Counts           `json:"counts"`
	Refusals     map[string]int64 `json:"refusals"`
	PeakSessions Peak             `json:"peak_sessions"`
	Curve        []CurveBin       `json:"curve"`
	Windows      []Window         `json:"windows"`
	RetryGaps    RetryGaps        `json:"retry_gaps"`
	// Pace is how the own connection attempts changed after the reply (H79).
	Pace    *Pace   `json:"pace"`
	Outcome Outcome `json:"outcome"`
	// Messages are examples of those that met a refusal that severity counts: lost
	// ones first, then by time. MessagesMore is how many there are beyond them,
	// MessagesWithoutID how many of all have no Message-ID in these logs.
	Messages          []Message   `json:"messages"`
	MessagesMore      int64       `json:"messages_more"`
	MessagesWithoutID int64       `json:"messages_without_id"`
	ByIP              []ByIP      `json:"by_ip"`
	ByMX              []ByMX      `json:"by_mx"`
	BySender          []BySender  `json:"by_sender"`
	ByStream          []ByStream  `json:"by_stream"`
	Replies           []Reply     `json:"replies"`
	Trouble           Trouble     `json:"trouble"`
	Audit             []AuditItem `json:"audit"`
	Steps             []Step      `json:"steps"`
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

// Cause is one explanation with its evidence.
type Cause struct {
	Cause      string     `json:"cause"`
	Confidence float64    `json:"confidence"`
	Role       string     `json:"role"`
	Evidence   []Evidence `json:"evidence"`
}

// Evidence is one measured condition for (+), against (-) or not in these logs (?).
type Evidence struct {
	Sign   string   `json:"sign"`
	Fact   string   `json:"fact"`
	Value  *float64 `json:"value"`
	Unit   string   `json:"unit"`
	Basis  string   `json:"basis"`
	Text   string   `json:"text"`
	Where  string   `json:"where"`
	Source string   `json:"source"`
}

// Limit is the second axis: what kind of limit the receiver seems to apply.
// Sessions is the highest number of own sessions still not refused, Low and High
// its bounds, Safe the level known to be clean.
type Limit struct {
	Type       string       `json:"type"`
	Sessions   *int64       `json:"sessions"`
	Low        *int64       `json:"low"`
	High       *int64       `json:"high"`
	Safe       *int64       `json:"safe"`
	Hypotheses []Hypothesis `json:"hypotheses"`
}

// Hypothesis is fixed or dynamic with what speaks for it (C108: both are always listed).
type Hypothesis struct {
	Type     string     `json:"type"`
	Evidence []Evidence `json:"evidence"`
}

// Peak is the highest number of own sessions open at once, an estimate with bounds.
type Peak struct {
	Estimate *int64           `json:"estimate"`
	Low      *int64           `json:"low"`
	High     *int64           `json:"high"`
	PerIP    map[string]int64 `json:"per_ip"`
	Why      string           `json:"why,omitempty"`
}

// CurveBin is one bin of the refusal curve: attempts made while so many own
// sessions were open, and how many of them were refused.
type CurveBin struct {
	Sessions string `json:"sessions"`
	Attempts int64  `json:"attempts"`
	Refused  int64  `json:"refused"`
}

// Window is one retry window (X08: the first advised retry delay, 15 minutes).
type Window struct {
	Start              time.Time `json:"start"`
	Sessions           int64     `json:"sessions"`
	NewConnections     int64     `json:"new_connections"`
	DeferredRecipients int64     `json:"deferred_recipients"`
	AcceptedRecipients int64     `json:"accepted_recipients"`
	// Limited are connection- and rate-limit refusals, Listed replies that name a
	// list (C83: both on one time line), UnknownUsers refused recipients (H76).
	Limited      int64 `json:"limited"`
	Listed       int64 `json:"listed"`
	UnknownUsers int64 `json:"unknown_users"`
}

// RetryGaps compares the gaps between attempts of one message with 15m x2 max 4h (H49).
type RetryGaps struct {
	MedianS   *int64 `json:"median_s"`
	AsAdvised int64  `json:"as_advised"`
	Counts    []Gap  `json:"counts"`
	// Constant says that the gap does not grow from retry to retry (H38).
	Constant bool `json:"constant"`
	// ByRetry is the median gap before the n-th retry, in seconds.
	ByRetry []RetryGap `json:"by_retry"`
}

// RetryGap is the median time before the n-th retry.
type RetryGap struct {
	Retry   int64 `json:"retry"`
	MedianS int64 `json:"median_s"`
	Count   int64 `json:"count"`
}

// Gap is a bin of the gap histogram: gaps up to so many seconds.
type Gap struct {
	UpToS int64 `json:"up_to_s"`
	Count int64 `json:"count"`
}

// Outcome is what became of the recipients that were deferred or refused at least once.
type Outcome struct {
	DeliveredOnRetry int64  `json:"delivered_on_retry"`
	StillQueued      int64  `json:"still_queued"`
	Expired          int64  `json:"expired"`
	Bounced          int64  `json:"bounced"`
	Unknown          int64  `json:"unknown"`
	MedianS          *int64 `json:"median_s"`
	SlowestS         *int64 `json:"slowest_s"`
	// P90S is the wait that 90 % of those delivered on retry did not exceed.
	P90S *int64 `json:"p90_s"`
	// ByRetry is how many were delivered on the n-th retry.
	ByRetry []Retry `json:"by_retry"`
}

// Retry is how many recipients were delivered on their n-th retry.
type Retry struct {
	Retry     int64 `json:"retry"`
	Delivered int64 `json:"delivered"`
}

// Trouble sums up the refusals that severity counts (connection-limit, rate-limit,
// reputation, listing; C77): how many, of how many messages and recipients, from
// when to when.
type Trouble struct {
	Refusals   int64      `json:"refusals"`
	Messages   int64      `json:"messages"`
	Recipients int64      `json:"recipients"`
	First      *time.Time `json:"first"`
	Last       *time.Time `json:"last"`
}

// Band is one of the bands of session numbers: start, test or stop (H62-H64). High
// is null where it has no upper end. They are operating targets, no limits that a
// receiver published (H61).
type Band struct {
	Name   string `json:"name"`
	Low    int64  `json:"low"`
	High   *int64 `json:"high"`
	Text   string `json:"text"`
	Basis  string `json:"basis"`
	Source string `json:"source"`
}

// Qualifier is one entry of Group.Qualifiers with what speaks for it.
type Qualifier struct {
	ID       string     `json:"id"`
	Text     string     `json:"text"`
	Evidence []Evidence `json:"evidence"`
}

// Pace compares new connections per minute in the window before a refusal with the
// window after it.
type Pace struct {
	Before float64 `json:"connections_per_minute_before"`
	After  float64 `json:"connections_per_minute_after"`
	Slowed bool    `json:"slowed"`
}

// Message is one message and recipient that met a refusal. Times are of the first
// refusal and of the end; null is unknown.
type Message struct {
	MessageID *string    `json:"message_id"`
	QueueID   *string    `json:"queue_id"`
	Sender    *string    `json:"sender"`
	Recipient *string    `json:"recipient"`
	Refused   *time.Time `json:"refused"`
	Ended     *time.Time `json:"ended"`
	Attempts  int64      `json:"attempts"`
	// Outcome is delivered, queued, expired, bounced or unknown.
	Outcome string `json:"outcome"`
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

// AuditItem is one item of the sender audit (H71) and what this log shows of it:
// status is seen, not-seen or not-in-logs.
type AuditItem struct {
	ID     string   `json:"id"`
	Status string   `json:"status"`
	Value  *float64 `json:"value"`
	Unit   string   `json:"unit"`
	Text   string   `json:"text"`
	Source string   `json:"source"`
}

// Note is a sentence with its source.
type Note struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Source string `json:"source"`
}

// Drain is the time that so many messages need at so many sessions.
type Drain struct {
	Messages int64  `json:"messages"`
	Sessions int64  `json:"sessions"`
	Seconds  int64  `json:"seconds"`
	Basis    string `json:"basis"`
	Text     string `json:"text"`
}

// ByIP is the share of one sending IP; SendingIP is null where the log has none.
type ByIP struct {
	SendingIP *string          `json:"sending_ip"`
	Cause     string           `json:"cause"`
	Severity  string           `json:"severity"`
	Counts    Counts           `json:"counts"`
	Refusals  map[string]int64 `json:"refusals"`
}

// ByMX is the share of one receiving host.
type ByMX struct {
	MX       string           `json:"mx"`
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

// Reply is one kind of reply that the destination gave, by template.
type Reply struct {
	Template   string  `json:"template"`
	Sample     string  `json:"sample"`
	Class      string  `json:"class"`
	Rule       string  `json:"rule"`
	Confidence float64 `json:"confidence"`
	Count      int64   `json:"count"`
	Where      string  `json:"where"`
}

// Step is one thing to do, in order.
type Step struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Owner  string `json:"owner"`
	Source string `json:"source"`
}

// OwnSide is a refusal by our own server or our own ESP, never a receiver's.
type OwnSide struct {
	What  string `json:"what"`
	Class string `json:"class"`
	Count int64  `json:"count"`
	Text  string `json:"text"`
}

// Unknown is a reply that no rule knows.
type Unknown struct {
	Template string `json:"template"`
	Sample   string `json:"sample"`
	Count    int64  `json:"count"`
	Where    string `json:"where"`
}
