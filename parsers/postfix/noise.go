package postfix

// isNoise knows a line without a prefix that is no part of the chain: it is
// empty, a comment, a mark of journalctl, or one of the texts that Postfix logs
// on the side. With a prefix nobody needs to know the text.
func isNoise(b []byte) bool {
	if len(b) == 0 || b[0] == '#' || has(b, "-- ") {
		return true
	}
	if id, _ := queueID(b); id != nil {
		return surelyID(id)
	}
	for _, n := range noise {
		if has(b, n) {
			return true
		}
	}
	return false
}

var noise = [...]string{
	"warning: ", "fatal: ", "error: ", "panic: ", "info: ", // msg_syslog.c
	"connect from ", "disconnect from ", "lost connection after ", "timeout after ", "too many errors after ",
	"improper command pipelining after ", "bare <LF> received after ", "discarding EHLO keywords: ",
	"NOQUEUE: ", "proxy-accept: ", "proxy-reject: ", // smtpd
	"Untrusted TLS connection ", "Trusted TLS connection ", "Verified TLS connection ", "Anonymous TLS connection ",
	"setting up TLS connection ", "SSL_connect error ", "SSL_accept error ", "certificate verification failed ",
	"certificate peer name verification failed ", "TLSRPT: ", // TLS
	"CONNECT from ", "DISCONNECT ", "PASS OLD ", "PASS NEW ", "WHITELISTED ", "BLACKLISTED ", "ALLOWLISTED ", "DENYLISTED ",
	"WHITELIST VETO ", "ALLOWLIST VETO ", "DNSBL rank ", "PREGREET ", "HANGUP ", "COMMAND ", "NON-SMTP COMMAND ",
	"BARE NEWLINE ",                             // postscreen
	"statistics: ", "cache ", "table ", "addr ", // anvil, scache, verify, dnsblog
	"daemon started ", "terminating on signal ", "reload -- ", // master
	"starting the Postfix mail system", "stopping the Postfix mail system", "refreshing the Postfix mail system",
	"Deleted: ", "Requeued: ", "Placed on hold: ", "Released from hold: ", // postsuper
}
