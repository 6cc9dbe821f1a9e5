package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Redactor replaces the local parts of mail addresses by short tags that are the
// same for the same address and salt: bob@example.net becomes u-3f9a1c@example.net.
// Domains, IPs and Message-IDs stay: a ticket needs them. The zero value redacts;
// Keep switches it off.
type Redactor struct {
	Keep bool
	Salt string
}

// tagBytes is how much of the hash a tag shows: 24 bits keep a log's recipients
// apart well enough to follow one, and do not give the address away.
const tagBytes = 3

// Address redacts one address. Without "@" the whole of it is local. A sealed one
// becomes its tag, even if addresses are kept.
func (r Redactor) Address(address string) string {
	if n := sealed(address); n > 0 {
		return tagPrefix + address[1:1+2*tagBytes] + address[n:]
	}
	if r.Keep || address == "" {
		return address
	}
	sum := r.hash(strings.ToLower(address))
	return tagPrefix + hex.EncodeToString(sum[:tagBytes]) + domainOf(address)
}

// tagPrefix begins a tag.
const tagPrefix = "u-"

// hash is what tags are made of.
func (r Redactor) hash(text string) [sha256.Size]byte {
	return sha256.Sum256([]byte(r.Salt + "\x00" + text))
}

// domainOf is what follows the local part of an address, from the "@" on.
func domainOf(address string) string {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return address[at:]
	}
	return ""
}

// Sender redacts a sender only if it encodes a recipient, as VERP and SRS
// addresses do ("list-bob=example.net@example.com").
func (r Redactor) Sender(address string) string {
	if encodesRecipient(address) || sealed(address) > 0 {
		return r.Address(address)
	}
	return address
}

func encodesRecipient(sender string) bool { return strings.IndexByte(sender, '=') >= 0 }

// Text redacts every address in a text.
func (r Redactor) Text(text string) string {
	if r.Keep && strings.IndexByte(text, sealMark) < 0 {
		return text
	}
	return eachAddress(text, r.Address)
}

// eachAddress replaces every address in a text.
func eachAddress(text string, replace func(string) string) string {
	if strings.IndexByte(text, '@') < 0 {
		return text
	}
	var b strings.Builder
	rest := text
	for {
		at := strings.IndexByte(rest, '@')
		if at < 0 {
			break
		}
		from := at
		for from > 0 && isLocal(rest[from-1]) {
			from--
		}
		if from > 0 && sealed(rest[from-1:at]) > 0 {
			from--
		}
		to := at + 1
		for to < len(rest) && isDomain(rest[to]) {
			to++
		}
		for to > at+1 && rest[to-1] == '.' {
			to--
		}
		b.WriteString(rest[:from])
		if from == at || to == at+1 {
			b.WriteString(rest[from:to])
		} else {
			b.WriteString(replace(rest[from:to]))
		}
		rest = rest[to:]
	}
	b.WriteString(rest)
	return b.String()
}

// isLocal says that a byte may stand in an unquoted local part (RFC 5321 4.1.2,
// RFC 6531 for bytes above ASCII).
func isLocal(c byte) bool {
	return isDomain(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~", c) >= 0
}

func isDomain(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-' || c == '_' || c >= 0x80
}
