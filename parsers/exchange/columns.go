package exchange

import (
	"bytes"
)

// column is a column that a decoder reads.
type column uint8

const (
	dateTime column = iota
	connectorID
	// Columns of message tracking.
	clientIP
	clientHost
	serverIP
	serverHost
	sourceContext
	source
	eventID
	internalID
	messageID
	networkID
	recipients
	statuses
	totalBytes
	recipientCount
	senderAddress
	returnPath
	messageInfo
	// Columns of the protocol log.
	sessionID
	sequence
	localEndpoint
	remoteEndpoint
	event
	data
	context
	numColumns
)

var columnNames = [numColumns]string{
	"date-time", "connector-id",
	"client-ip", "client-hostname", "server-ip", "server-hostname", "source-context", "source", "event-id", "internal-message-id",
	"message-id", "network-message-id", "recipient-address", "recipient-status", "total-bytes", "recipient-count", "sender-address",
	"return-path", "message-info",
	"session-id", "sequence-number", "local-endpoint", "remote-endpoint", "event", "data", "context",
}

// layouts are the columns of rows without a header: of the protocol log, of message
// tracking since 2013, and before that. Later versions add columns at the end.
var layouts = [...]string{
	"date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context",
	"date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,internal-message-id,message-id," +
		"network-message-id,recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,reference,message-subject," +
		"sender-address,return-path,message-info,directionality,tenant-id,original-client-ip,original-server-ip,custom-data",
	"date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,source,event-id,internal-message-id,message-id," +
		"recipient-address,recipient-status,total-bytes,recipient-count,related-recipient-address,reference,message-subject," +
		"sender-address,return-path,message-info",
}

const numLayouts = len(layouts)

// kind is the kind of a log.
type kind uint8

const (
	otherLog kind = iota
	trackingLog
	protocolLog
)

// columns says where columns are.
type columns struct {
	kind   kind
	at     [numColumns]int // -1 where there is none
	width  int
	needed int // the number of cells that a row has at least
}

// columnsOf reads the names of a "#Fields:" line. The first column of a name counts.
func columnsOf(names [][]byte) columns {
	c := columns{width: len(names)}
	for i := range c.at {
		c.at[i] = -1
	}
	for i, name := range names {
		name = bytes.Trim(name, " \t\r\"")
		for k, known := range columnNames {
			if c.at[k] < 0 && bytes.EqualFold(name, []byte(known)) {
				c.at[k] = i
			}
		}
	}
	switch {
	case c.has(dateTime, eventID, recipients):
		c.kind, c.needed = trackingLog, 1+max(c.at[dateTime], c.at[eventID], c.at[recipients])
	case c.has(dateTime, sessionID, event, data):
		c.kind, c.needed = protocolLog, 1+max(c.at[dateTime], c.at[sessionID], c.at[event])
	}
	return c
}

func (c *columns) has(all ...column) bool {
	for _, k := range all {
		if c.at[k] < 0 {
			return false
		}
	}
	return true
}

// get returns a cell, nil if the row or the log has none.
func (c *columns) get(cells [][]byte, k column) []byte {
	if i := c.at[k]; i >= 0 && i < len(cells) {
		return cells[i]
	}
	return nil
}

// fits says that a row has these columns, as far as its contents tell.
func (c *columns) fits(cells [][]byte) bool {
	if len(cells) < c.width || !isTime(cells[0]) {
		return false
	}
	if c.kind == protocolLog {
		id, number := c.get(cells, sessionID), c.get(cells, sequence)
		return len(cells) == c.width && len(id) == 16 && isHex(id) && len(number) > 0 && isDigits(number) && isEvent(c.get(cells, event))
	}
	from := c.get(cells, eventID)
	if len(from) == 0 || !isWord(from) || !isWord(c.get(cells, source)) || !isDigits(c.get(cells, internalID)) {
		return false
	}
	since2013 := isGUID(cells[11]) || len(cells[11]) == 0 && bytes.IndexByte(cells[12], '@') >= 0
	return since2013 == c.has(networkID)
}

// isEvent says that b is an event of the protocol log.
func isEvent(b []byte) bool {
	return len(b) == 1 && bytes.IndexByte([]byte("+-<>*"), b[0]) >= 0
}

// isWord says that b is a name in capital letters, as sources and event ids are.
func isWord(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return len(b) > 1 && len(b) < 40
}

func isHex(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 && c-'A' > 5 && c-'a' > 5 {
			return false
		}
	}
	return true
}

func isDigits(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// isGUID says that b has the form 8-4-4-4-12.
func isGUID(b []byte) bool {
	return len(b) == 36 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-' && isHex(b[:8]) && isHex(b[24:])
}
