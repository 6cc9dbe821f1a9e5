package mail

import "bytes"

// CommandStage returns the stage that the SMTP command at the front of b belongs to, as
// MTAs name it when they tell what an answer was for ("MAIL FROM", "RCPT"), in capitals
// (RFC 5321 4.1.1, RFC 3030 2, RFC 3207, RFC 4954). BDAT ends the data; RSET ends what was
// begun. Other text is StageUnknown.
func CommandStage(b []byte) Stage {
	for i := range commands {
		if bytes.HasPrefix(b, commands[i].verb) {
			return commands[i].stage
		}
	}
	return StageUnknown
}

var commands = [...]struct {
	verb  []byte
	stage Stage
}{
	{[]byte("MAIL"), StageMail}, {[]byte("RCPT"), StageRcpt}, {[]byte("DATA"), StageData}, {[]byte("BDAT"), StageEndOfData},
	{[]byte("EHLO"), StageEHLO}, {[]byte("HELO"), StageEHLO}, {[]byte("LHLO"), StageEHLO}, {[]byte("STARTTLS"), StageTLS},
	{[]byte("AUTH"), StageAuth}, {[]byte("RSET"), StageQuit}, {[]byte("QUIT"), StageQuit},
}
