package main

import (
	"bufio"
	"fmt"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/rules"
)

func writeMessageJSON(w *bufio.Writer, row *scan.MessageRow) error {
	data, err := report.MarshalASCII(row, true)
	if err != nil {
		return fmt.Errorf("cannot write the row of message %s as JSON: %w", deref(row.QueueID, "-"), err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// Widths of the columns that only rows of messages have.
const (
	triesWidth = len("REFUSED/TRIED")
	delayWidth = len("23h59m")
)

func messageHeader() string {
	return fmt.Sprintf("%-*s  %-*s  %*s  %*s  %-*s  %-*s  %s", timeWidth, "FIRST (UTC)", outcomeWidth, "OUTCOME", delayWidth, "AFTER",
		triesWidth, "REFUSED/TRIED", codeWidth, "REPLY", classWidth, "CLASS", "MESSAGE-ID TO RECIPIENT VIA MX: TEXT")
}

// writeMessageText writes a message as one line, at most width characters (0: no bound).
func writeMessageText(w *bufio.Writer, row *scan.MessageRow, width int) error {
	delay := "-"
	if row.DelayS != nil {
		delay = rules.Duration(*row.DelayS)
	}
	id := deref(row.MessageID, deref(row.QueueID, "-"))
	line := fmt.Sprintf("%-*s  %-*s  %*s  %*s  %-*s  %-*s  %s", timeWidth, textTime(row.First), outcomeWidth, report.Visible(row.Outcome), delayWidth, delay,
		triesWidth, fmt.Sprintf("%d/%d", row.Refusals, row.Attempts), codeWidth, report.Visible(textCode(row.Code, row.Enhanced)),
		classWidth, report.Visible(deref(row.Class, "-")), report.Visible(id+" to "+placeOf(row.Recipient, deref(row.MX, ""), row.Text)))
	return writeCut(w, line, width)
}
