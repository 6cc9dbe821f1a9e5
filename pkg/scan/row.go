package scan

import "time"

// Row is one delivery line as "diagnose parse" prints it: the machine contract of
// one attempt. Unknown is null.
type Row struct {
	Time      *time.Time `json:"time"`
	Format    string     `json:"format"`
	File      string     `json:"file"`
	Line      int64      `json:"line"`
	Host      *string    `json:"host"`
	Instance  *string    `json:"instance"`
	QueueID   *string    `json:"queue_id"`
	MessageID *string    `json:"message_id"`
	Sender    *string    `json:"sender"`
	Recipient *string    `json:"recipient"`
	SendingIP *string    `json:"sending_ip"`
	MX        *string    `json:"mx"`
	MXIP      *string    `json:"mx_ip"`
	Code      *int       `json:"code"`
	Enhanced  *string    `json:"enhanced"`
	Stage     *string    `json:"stage"`
	Text      *string    `json:"text"`
	Remote    bool       `json:"remote"`
	Outcome   string     `json:"outcome"`
	Class     *string    `json:"class"`
	Platform  *string    `json:"platform"`
}
