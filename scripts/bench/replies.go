package main

// form is how an attempt fails.
type form uint8

const (
	said      form = iota // a reply to a command
	refused               // a reply instead of the greeting
	connect               // no connection
	timedOut              // silence in the conversation
	lost                  // connection closed in the conversation
	suspended             // no attempt: the queue manager waits for the destination
)

// reply is one way to fail and how often it is taken.
type reply struct {
	weight  int
	form    form
	command string // RCPT TO, MAIL FROM, end of DATA; for timedOut and lost the state
	code    int
	dsn     string // enhanced code, as Postfix logs it
	class   string // what diagnose calls it
	text    template
}

// The replies of the receivers, in their own words.

var googleRefusals = []reply{
	{40, said, "end of DATA", 421, "4.7.28", "rate-limit", compile("421-4.7.28 [{ip}      15] Our system has detected an unusual rate of unsolicited{n}421-4.7.28 mail originating from your IP address. To protect our users from{n}421-4.7.28 spam, mail sent from your IP address has been temporarily rate{n}421-4.7.28 limited. For more information, go to{n}421-4.7.28  https://support.google.com/mail/?p=UnsolicitedRateLimitError to{n}421 4.7.28 review our Bulk Email Senders Guidelines. {id} - gsmtp")},
	{20, said, "RCPT TO", 452, "4.2.2", "mailbox-full", compile("452-4.2.2 The recipient's inbox is out of storage space. Please direct the{n}452-4.2.2 recipient to{n}452 4.2.2  https://support.google.com/mail/?p=OverQuotaTemp {id} - gsmtp")},
	{15, said, "RCPT TO", 450, "4.2.1", "rate-limit", compile("450-4.2.1 The user you are trying to contact is receiving mail at a rate that{n}450-4.2.1 prevents additional messages from being delivered. Please resend your{n}450-4.2.1 message at a later time. If the user is able to receive mail at that{n}450-4.2.1 time, your message will be delivered. For more information, go to{n}450 4.2.1  https://support.google.com/mail/?p=ReceivingRate {id} - gsmtp")},
	{10, refused, "", 421, "4.7.0", "connection-limit", compile("421 4.7.0 Too many concurrent SMTP connections from [{ip}]; please try again later. {id} - gsmtp")},
	{10, timedOut, "sending end of data -- message may be sent more than once", 0, "4.4.2", "timeout-network", nil},
	{5, lost, "receiving the initial server greeting", 0, "4.4.2", "timeout-network", nil},
}

var googleRejects = []reply{
	{80, said, "RCPT TO", 550, "5.1.1", "mailbox-unknown", compile("550-5.1.1 The email account that you tried to reach does not exist. Please try{n}550-5.1.1 double-checking the recipient's email address for typos or{n}550-5.1.1 unnecessary spaces. For more information, go to{n}550 5.1.1  https://support.google.com/mail/?p=NoSuchUser {id} - gsmtp")},
	{20, said, "end of DATA", 550, "5.7.1", "policy-content", compile("550-5.7.1 [{ip}      12] Our system has detected that this message is{n}550-5.7.1 likely unsolicited mail. To reduce the amount of spam sent to Gmail,{n}550-5.7.1 this message has been blocked. For more information, go to{n}550 5.7.1  https://support.google.com/mail/?p=UnsolicitedMessageError {id} - gsmtp")},
}

var microsoftRefusals = []reply{
	{55, said, "MAIL FROM", 451, "4.7.652", "connection-limit", compile("451 4.7.652 The mail server [{ip}] has exceeded the maximum number of connections. (S3115) [{machine} {stamp} 08D{hex}]")},
	{20, said, "MAIL FROM", 451, "4.7.650", "reputation", compile("451 4.7.650 The mail server [{ip}] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.com (S775) [{machine} {stamp} 08D{hex}]")},
	{10, said, "RCPT TO", 452, "4.2.2", "mailbox-full", compile("452 4.2.2 Mailbox full [{machine} {stamp} 08D{hex}]")},
	{10, connect, "", 0, "4.4.1", "timeout-network", nil},
	{5, lost, "performing the EHLO handshake", 0, "4.4.2", "timeout-network", nil},
}

var microsoftRejects = []reply{
	{70, said, "RCPT TO", 550, "5.5.0", "mailbox-unknown", compile("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [{machine} {stamp} 08D{hex}]")},
	{30, said, "MAIL FROM", 550, "5.7.1", "listing", compile("550 5.7.1 Unfortunately, messages from [{ip}] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140). You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors. [{machine} {stamp} 08D{hex}]")},
}

var tenantRefusals = []reply{
	{35, said, "RCPT TO", 451, "4.7.500", "reputation", compile("451 4.7.500 Server busy. Please try again later from [{ip}]. (S77719) [{machine} {stamp} 08D{hex}]")},
	{25, refused, "", 421, "4.3.2", "connection-limit", compile("421 4.3.2 The maximum number of concurrent connections has exceeded a limit, closing transmission channel [{machine} {stamp} 08D{hex}]")},
	{20, said, "RCPT TO", 450, "4.7.26", "auth", compile("450 4.7.26 Service does not accept messages sent over IPv4/IPv6 [{ip}] unless they pass either SPF or DKIM validation (message not signed) [{machine} {stamp} 08D{hex}]")},
	{20, connect, "", 0, "4.4.1", "timeout-network", nil},
}

var tenantRejects = []reply{
	{100, said, "RCPT TO", 550, "5.4.1", "mailbox-unknown", compile("550 5.4.1 Recipient address rejected: Access denied. For more information see https://aka.ms/EXOSmtpErrors [{machine} {stamp} 08D{hex}]")},
}

var yahooRefusals = []reply{
	{55, refused, "", 421, "4.7.0", "reputation", compile("421 4.7.0 [TSS04] Messages from {ip} temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes")},
	{25, said, "MAIL FROM", 421, "4.7.0", "reputation", compile("421 4.7.0 [TSS05] Messages from {ip} temporarily deferred due to user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes")},
	{15, said, "MAIL FROM", 421, "4.7.1", "reputation", compile("421 4.7.1 [TS03] All messages from {ip} will be permanently deferred; Retrying will NOT succeed. See https://postmaster.yahooinc.com/error-codes")},
	{5, timedOut, "receiving the initial server greeting", 0, "4.4.2", "timeout-network", nil},
}

var yahooRejects = []reply{
	{100, said, "end of DATA", 554, "5.0.0", "mailbox-unknown", compile("554 delivery error: dd This user doesn't have a {domain} account ({rcpt}) [-5] - mta{digit}.mail.bf1.yahoo.com")},
}

var ownRefusals = []reply{
	{45, said, "RCPT TO", 450, "4.2.0", "greylist", compile("450 4.2.0 <{rcpt}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/{domain}.html")},
	{15, refused, "", 421, "4.7.0", "connection-limit", compile("421 4.7.0 {host} Error: too many connections from {ip}")},
	{10, said, "RCPT TO", 451, "4.3.0", "receiver-busy", compile("451 4.3.0 <{rcpt}>: Temporary lookup failure")},
	{10, said, "end of DATA", 452, "4.3.1", "receiver-busy", compile("452 4.3.1 Insufficient system storage")},
	{10, connect, "", 0, "4.4.1", "timeout-network", nil},
	{10, timedOut, "sending RCPT TO", 0, "4.4.2", "timeout-network", nil},
}

var ownRejects = []reply{
	{70, said, "RCPT TO", 550, "5.1.1", "mailbox-unknown", compile("550 5.1.1 <{rcpt}>: Recipient address rejected: User unknown in virtual mailbox table")},
	{30, said, "RCPT TO", 554, "5.7.1", "listing", compile("554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/{ip}")},
}

var deadRefusals = []reply{{100, connect, "", 0, "4.4.1", "timeout-network", nil}}

var (
	googleAccept    = compile("250 2.0.0 OK  {unix} {id} - gsmtp")
	microsoftAccept = compile("250 2.6.0 <{msgid}> [InternalId={long}, Hostname={machine}] {bytes} bytes in 0.{digit}{digit}{digit}, {digit}{digit}.{digit}{digit}{digit} KB/sec Queued mail for delivery -> 250 2.1.5")
	yahooAccept     = compile("250 ok dirdel")
	ownAccept       = compile("250 2.0.0 Ok: queued as {queue}")
)
