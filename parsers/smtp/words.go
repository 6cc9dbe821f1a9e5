package smtp

import "bytes"

// isFinal says that a success is the one that ends a delivery: it names the message
// as taken. Greetings, sender and recipient are answered with 250 as well.
func isFinal(text []byte, class byte) bool {
	if class != 0 && class != '2' {
		return false
	}
	if hasFold(text, "queued") || hasFold(text, "accepted for delivery") || hasFold(text, "message accepted") || hasFold(text, "message received") {
		return true
	}
	_, rest := enhanced(text)
	return class != 0 && (bytes.HasPrefix(text, []byte("2.0.0")) || bytes.HasPrefix(text, []byte("2.6.0"))) && len(rest) > 0
}

// isPhrase says that a text is words: a reply without an enhanced status code has
// at least two, or one of mail.
func isPhrase(b []byte) bool {
	letters, words := 0, 0
	inside := false
	for _, c := range b {
		if c|0x20-'a' < 26 {
			letters++
			if !inside {
				words++
			}
			inside = true
		} else {
			inside = inside && (c == '\'' || c >= 0x80)
		}
	}
	return words >= 2 && letters >= 6 || hasMailWord(b)
}

// isIntroduced says that what stands before a code announces a reply: a quote or
// bracket, a word such as "said", or the name of a host or recipient and a colon. A
// colon alone does not: "queue: 421 messages waiting".
func isIntroduced(b []byte) bool {
	if n := len(b); n > 0 && b[n-1] != ' ' {
		return true // a quote, a bracket, an equals sign
	}
	b = bytes.TrimRight(b, " ")
	if len(b) == 0 {
		return true
	}
	word := b[bytes.LastIndexByte(b, ' ')+1:]
	name := bytes.TrimRight(word, ":=>|")
	if n := len(name); n < len(word) && (n == 0 || bytes.ContainsAny(name, ".@") || bytes.IndexByte([]byte(")]>\"'"), name[n-1]) >= 0) {
		return true
	}
	for _, w := range introductions {
		if len(name) == len(w) && hasFold(name, w) {
			return true
		}
	}
	return false
}

var introductions = [...]string{
	"said", "says", "reply", "replied", "response", "responded", "smtp", "code", "error", "err", "returned", "returns", "got", "received", "with", "status",
	"answered", "answer", "rejected", "refused", "deferred", "bounced", "bounce", "failed", "failure", "reason", "diagnostic", "me", "server", "remote",
}

// mailWords are words of replies that tell them from those of other protocols. All
// are in lower case.
var mailWords = []string{
	"mail", "smtp", "message", "recipient", "sender", "mailbox", "relay", "connection", "session", "greylist", "graylist", "spam", "blacklist", "blocklist",
	"blocked", "reputation", "rate limit", "throttl", "try again", "try later", "too many", "quota", "user unknown", "unknown user", "no such user",
	"dnsbl", "rbl", "reverse dns", "ptr", "helo", "spf", "dkim", "dmarc", "domain", "address", "policy", "defer", "queue", "resources", "service not available",
	"service unavailable", "closing transmission", "authenticat", "starttls", "tls", "temporar", "rejected", "refused", "overload", "busy",
}

func hasMailWord(b []byte) bool {
	for _, w := range mailWords {
		if hasFold(b, w) {
			return true
		}
	}
	return false
}

// hasFold says that b contains word, which is in lower case, whatever the case of b.
func hasFold(b []byte, word string) bool {
	for i := 0; i+len(word) <= len(b); i++ {
		if b[i]|0x20 != word[0] && b[i] != word[0] {
			continue
		}
		k := 1
		for k < len(word) && (b[i+k] == word[k] || b[i+k]|0x20 == word[k] && b[i+k]-'A' < 26) {
			k++
		}
		if k == len(word) {
			return true
		}
	}
	return false
}

func isWord(c byte) bool { return c|0x20-'a' < 26 || c-'0' < 10 || c >= 0x80 || c == '_' }
