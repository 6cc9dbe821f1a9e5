package mail

import "testing"

func TestCommandStage(t *testing.T) {
	f := func(text string, want Stage) {
		t.Helper()
		if got := CommandStage([]byte(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	f("MAIL FROM command)", StageMail)
	f("RCPT TO:<a@example.com>", StageRcpt)
	f("DATA command", StageData)
	f("BDAT 20 LAST", StageEndOfData)
	f("EHLO mail.example.com", StageEHLO)
	f("HELO", StageEHLO)
	f("LHLO", StageEHLO)
	f("STARTTLS response", StageTLS)
	f("AUTH", StageAuth)
	f("RSET", StageQuit)
	f("QUIT", StageQuit)
	f("end of DATA", StageUnknown)
	f("mail from", StageUnknown)
	f("", StageUnknown)
}
