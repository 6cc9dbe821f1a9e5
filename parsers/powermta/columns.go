package powermta

import (
	"bytes"
	"strings"
)

// column is what a column holds.
type column uint8

const (
	timeLogged column = iota
	timeQueued
	orig
	rcpt
	dsnAction
	dsnStatus
	dsnDiag
	dsnMta
	bounceCat
	dlvType
	dlvSourceIP
	dlvDestinationIP
	dlvSize
	vmta
	jobID
	envID
	messageID
	numColumns
	other column = 255 // a column that PowerMTA has and nobody needs
)

// columns says at which place of a record each column is, -1 if nowhere.
type columns struct {
	at    [numColumns]int
	width int // cells of the header line
	known int // columns of the header line that PowerMTA has
}

// columnsOf reads a header line.
func columnsOf(cells [][]byte) (c columns) {
	for i := range c.at {
		c.at[i] = -1
	}
	c.width = len(cells)
	for i, cell := range cells {
		what, ok := columnNames[strings.ToLower(string(bytes.Trim(cell, " #\"")))]
		if !ok {
			continue
		}
		c.known++
		if what != other && c.at[what] < 0 {
			c.at[what] = i
		}
	}
	return c
}

// get returns a cell, nil if the record does not have it.
func (c *columns) get(cells [][]byte, what column) []byte {
	if i := c.at[what]; i >= 0 && i < len(cells) {
		return bytes.TrimSpace(cells[i])
	}
	return nil
}

// has says that the header has the column.
func (c *columns) has(what column) bool { return c.at[what] >= 0 }

// columnNames are the columns by their names in lower case (User's Guide,
// "Accounting records"), and those of haraka-plugin-accounting-files, which writes
// the same records with a few names of its own.
var columnNames = map[string]column{
	"type": other, "timelogged": timeLogged, "timequeued": timeQueued, "timeimprinted": other, "timefirstattempt": other,
	"totalsecondsqueued": other, "orig": orig, "rcpt": rcpt, "orcpt": other, "dsnaction": dsnAction, "dsnstatus": dsnStatus,
	"dsndiag": dsnDiag, "dsnmsg": dsnDiag, "dsnmta": dsnMta, "bouncecat": bounceCat, "srctype": other, "srcmta": other,
	"srcip": dlvSourceIP, "dlvtype": dlvType, "dlvsourceip": dlvSourceIP, "dlvdestinationip": dlvDestinationIP,
	"destip": dlvDestinationIP, "dlvesmtpavailable": other, "dlvsize": dlvSize, "dlvtlsprotocol": other, "dlvtlscipher": other,
	"vmta": vmta, "vmtapool": other, "jobid": jobID, "envid": envID, "queue": other, "header_message-id": messageID,
	"delay": other, "repsourceip": other, "feedbackformat": other, "useragent": other,
}

// defaultNames is the order of columns of a file without a header. Newer versions
// leave timeImprinted out and add two columns at the end.
func defaultNames(imprinted bool) (names [][]byte) {
	for _, n := range strings.Split("type,timeLogged,timeQueued,timeImprinted,orig,rcpt,orcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,bounceCat,srcType,srcMta,"+
		"dlvType,dlvSourceIp,dlvDestinationIp,dlvEsmtpAvailable,dlvSize,vmta,jobId,envId,queue,vmtaPool", ",") {
		if imprinted || n != "timeImprinted" {
			names = append(names, []byte(n))
		}
	}
	return names
}

// isType says that a cell is the name of the first column.
func isType(cell []byte) bool {
	return len(cell) < 16 && bytes.EqualFold(bytes.Trim(cell, " #\""), []byte("type"))
}

// isAction says that a cell is a DSN action (RFC 3464 2.3.3).
func isAction(cell []byte) bool {
	switch string(cell) {
	case "relayed", "delivered", "failed", "delayed", "expanded":
		return true
	}
	return false
}

// recordKind is the type of a record.
type recordKind uint8

const (
	unknown recordKind = iota
	delivered
	bounced
	transient
	transientQueue // of a queue, not of a recipient
	received
	aside // remote bounces and statuses, feedback: no tries of ours
)

// kindOf reads the first cell. "df" is the deferral of haraka-plugin-accounting-files.
func kindOf(cell []byte) recordKind {
	switch string(bytes.Trim(cell, " \"")) {
	case "d", "delivery", "delivered":
		return delivered
	case "b", "bounce", "bounced":
		return bounced
	case "t", "transient", "df":
		return transient
	case "tq":
		return transientQueue
	case "r", "receipt", "received":
		return received
	case "rb", "rs", "f", "p":
		return aside
	}
	return unknown
}
