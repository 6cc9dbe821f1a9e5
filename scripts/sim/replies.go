package sim

import "strings"

// reply writes the text of a refusal.
type reply func(*asking) string

// The texts, in the words of the receivers they are named for.

func microsoftLimit(a *asking) string {
	return "451 4.7.652 The mail server [" + a.session.ip + "] has exceeded the maximum number of connections. (S3115) " + a.mark()
}

func microsoftReputation(a *asking) string {
	return "451 4.7.650 The mail server [" + a.session.ip + "] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.com (S775) " + a.mark()
}

func microsoftListing(a *asking) string {
	return "550 5.7.1 Unfortunately, messages from [" + a.session.ip + "] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140). " +
		"You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors. " + a.mark()
}

func googleRate(a *asking) string {
	return "421 4.7.28 [" + a.session.ip + "] Our system has detected an unusual rate of unsolicited mail originating from your IP address. " +
		"To protect our users from spam, mail sent from your IP address has been temporarily rate limited. - gsmtp"
}

func zen(a *asking) string {
	return "554 5.7.1 Service unavailable; Client host [" + a.session.ip + "] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/" + a.session.ip
}

func tooManyConcurrent(a *asking) string {
	return "421 4.7.0 [" + a.session.ip + "] Too many concurrent SMTP connections from this IP address; please reduce your connection rate and try again"
}

func tooManyConnections(a *asking) string {
	return "421 4.7.0 " + a.session.host.name + " Error: too many connections from " + a.session.ip
}

func greylisted(a *asking) string {
	return "451 4.7.1 <" + a.recipient + ">: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/" + a.recipient[strings.IndexByte(a.recipient, '@')+1:] + ".html"
}

func insufficient(*asking) string { return "452 4.3.1 Insufficient system resources (CSTOR)" }

func noSuchUser(a *asking) string {
	return "550 5.1.1 <" + a.recipient + ">: Recipient address rejected: User unknown in virtual mailbox table"
}

// sites are where Microsoft's machines stand.
var sites = [...][2]string{{"AM4PEPF0002", "eurprd83"}, {"BN3PEPF0000", "namprd21"}, {"DB5PEPF0001", "eurprd02"}, {"SN1PEPF0003", "namprd05"}, {"CO1PEPF0004", "namprd10"}}

// machine is the name of one of them.
func (e *engine) machine() string {
	s := sites[e.rng.IntN(len(sites))]
	return s[0] + e.hex(4) + "." + s[1] + ".prod.outlook.com"
}

// mark is how Microsoft ends its replies: the machine, the time and an id.
func (a *asking) mark() string {
	return "[" + a.machine() + " " + a.date.Format("2006-01-02T15:04:05.000Z") + " 08D" + a.hex(13) + "]"
}
