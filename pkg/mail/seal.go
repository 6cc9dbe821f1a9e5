package mail

import (
	"encoding/hex"
	"strings"
)

// A sealed address is a redacted one that is to be stored and read again. Its local
// part is a NUL byte, which no address has (RFC 5321 4.1.2), and 48 bits of a hash in
// hexadecimal. The first 24 are its tag, the others tell apart what the tag does not:
// the many recipients of one message, and Bob from bob. So a store of sealed addresses
// is counted like the log it is from and shows what a redacted log shows.

const (
	sealMark  = 0
	sealBytes = 2 * tagBytes
)

// sealed is the length of the local part of a sealed address, 0 for any other text.
func sealed(address string) int {
	const length = 1 + 2*sealBytes
	if len(address) < length || address[0] != sealMark || len(address) > length && address[length] != '@' {
		return 0
	}
	for _, c := range []byte(address[1:length]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return 0
		}
	}
	return length
}

// Seal seals an address: Address(Seal(a)) is Address(a) for any Redactor of the same
// salt, and what is sealed stays as it is. With Keep nothing is sealed.
func (r Redactor) Seal(address string) string {
	if r.Keep || address == "" || sealed(address) > 0 {
		return address
	}
	lower := strings.ToLower(address)
	sum := r.hash(lower)
	if lower != address {
		exact := r.hash("\x00" + address)
		copy(sum[tagBytes:], exact[:tagBytes])
	}
	return "\x00" + hex.EncodeToString(sum[:sealBytes]) + domainOf(address)
}

// SealSender seals a sender if it encodes a recipient.
func (r Redactor) SealSender(address string) string {
	if encodesRecipient(address) {
		return r.Seal(address)
	}
	return address
}

// SealText seals every address in a text: Text(SealText(t)) is Text(t).
func (r Redactor) SealText(text string) string {
	if r.Keep {
		return text
	}
	return eachAddress(text, r.Seal)
}

// Check is a number that two Redactors with one salt have in common, and two others
// hardly ever. It is too short to tell the salt.
func (r Redactor) Check() uint16 {
	sum := r.hash("\x00salt")
	return uint16(sum[0])<<8 | uint16(sum[1])
}
