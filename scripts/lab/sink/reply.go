package sink

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// replyText is the text of a refusal by name, in the words of the receivers it is named
// for; "" if there is none. {ip} is the client, {mx} the receiver, {to} the recipient,
// {domain} its domain, {mark} the machine, time and id that Microsoft adds.
func replyText(name string) string {
	return map[string]string{
		"microsoft-limit": "451 4.7.652 The mail server [{ip}] has exceeded the maximum number of connections. (S3115) [{mark}]",
		"microsoft-listing": "550 5.7.1 Unfortunately, messages from [{ip}] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140). " +
			"You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors. [{mark}]",
		"too-many-concurrent": "421 4.7.0 [{ip}] Too many concurrent SMTP connections from this IP address; please reduce your connection rate and try again",
		"too-many-messages":   "421 4.7.0 {mx} Too many messages for this session, closing connection",
		"google-rate": "421 4.7.28 [{ip}] Our system has detected an unusual rate of unsolicited mail originating from your IP address. " +
			"To protect our users from spam, mail sent from your IP address has been temporarily rate limited. - gsmtp",
		"dnsbl":        "554 5.7.1 Service unavailable; Client host [{ip}] blocked using zen.example; https://www.zen.example/query/ip/{ip}",
		"dnsbl-421":    "421 4.7.1 Service unavailable; Client host [{ip}] blocked using zen.example; https://www.zen.example/query/ip/{ip}",
		"greylisted":   "451 4.7.1 <{to}>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/{domain}.html",
		"insufficient": "452 4.3.1 Insufficient system resources (CSTOR)",
	}[name]
}

// acceptedText is the reply to the final dot.
func acceptedText(mx string) string {
	if strings.HasSuffix(mx, ".outlook.com") {
		return fmt.Sprintf("250 2.6.0 <%s@%s> [InternalId=%d, Hostname=%s] 8421 bytes in 0.123, 66.7 KB/sec Queued mail for delivery -> 250 2.1.5",
			hex(16), mx, 10_000_000_000+rand.Int64N(80_000_000_000), machine())
	}
	return "250 2.0.0 OK: queued as " + hex(16)
}

// fill puts the names of the moment into a text.
func fill(text string, s *session, to string, now time.Time) string {
	_, domain, _ := strings.Cut(to, "@")
	return strings.NewReplacer("{ip}", s.client, "{mx}", s.host.Name, "{to}", to, "{domain}", domain,
		"{mark}", machine()+" "+now.UTC().Format("2006-01-02T15:04:05.000Z")+" 08D"+hex(13)).Replace(text)
}

// machine is the name of one of Microsoft's machines.
func machine() string {
	sites := []string{"AM7EUR06FT%03d.eop-eur06.prod.protection", "CO1NAM11FT%03d.eop-nam11.prod.protection", "HE1EUR04FT%03d.eop-eur04.prod.protection"}
	return fmt.Sprintf(sites[rand.IntN(len(sites))], rand.IntN(100)) + ".outlook.com"
}

func hex(n int) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, n)
	for i := range b {
		b[i] = digits[rand.IntN(len(digits))]
	}
	return string(b)
}
