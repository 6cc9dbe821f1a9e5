package report

import "time"

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

// Window is one stretch of time, the same length for all of a destination. Sessions is
// the highest number that one sending IP had open at once, as in Peak.
type Window struct {
	Start              time.Time `json:"start"`
	Sessions           int32     `json:"sessions"`
	NewConnections     int32     `json:"new_connections"`
	DeferredRecipients int32     `json:"deferred_recipients"`
	AcceptedRecipients int32     `json:"accepted_recipients"`
	// Limited are connection- and rate-limit refusals, Listed replies that name a
	// list (C83: both on one time line), UnknownUsers refused recipients (H76).
	Limited      int32 `json:"limited"`
	Listed       int32 `json:"listed"`
	UnknownUsers int32 `json:"unknown_users"`
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

// Pace compares new connections per minute in the window before a refusal with the
// window after it.
type Pace struct {
	Before float64 `json:"connections_per_minute_before"`
	After  float64 `json:"connections_per_minute_after"`
	Slowed bool    `json:"slowed"`
}

// Outcome is what became of the recipients that were deferred or suspended at least once.
type Outcome struct {
	// DeliveredOnRetry were taken on the second try on the wire or a later one,
	// DeliveredAtFirst on the first one: our own side had only held them back.
	DeliveredOnRetry int64  `json:"delivered_on_retry"`
	DeliveredAtFirst int64  `json:"delivered_at_first"`
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

// Retry is how many recipients were delivered on their n-th retry: 0 is the first try,
// after a suspension, and 100 stands for all from there on.
type Retry struct {
	Retry     int64 `json:"retry"`
	Delivered int64 `json:"delivered"`
}

// Message is one message and recipient that met a refusal, or was held back because of
// one. Times are of the first refusal and of the end; null is unknown, and a message that
// was only held back was not refused.
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

// Drain is the time that so much mail needs at so many sessions. Messages are counted
// by recipient: each is a delivery of its own.
type Drain struct {
	Messages int64 `json:"messages"`
	Sessions int64 `json:"sessions"`
	Seconds  int64 `json:"seconds"`
	// LowS and HighS bound it: at the advised number of sessions, at a single one.
	LowS  int64  `json:"low_s"`
	HighS int64  `json:"high_s"`
	Basis string `json:"basis"`
	Text  string `json:"text"`
}
