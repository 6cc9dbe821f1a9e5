package reply

import "bytes"

// maxCode bounds the length of a receiver's own code.
const maxCode = 16

// keepToken says whether a token of letters, digits and marks stays: words, and
// codes that a receiver's documentation lists. What looks like an id goes.
//
//	S3115 AS102 TSS04 IB504 G28 RL000001 OFR004_104 LPN007_510 SFR_IN_105
//	RP-001 In-1310 VS98-IP0 HL:IFC r0204 4.7.28
func keepToken(t []byte) bool {
	var letters, digits, upper, changes, marks int
	var last byte
	hex := true
	for _, c := range t {
		k := classOf[c]
		switch {
		case k&isNum != 0:
			digits++
			if last == 'a' {
				changes++
			}
			last = '0'
		case k&isAlpha != 0:
			letters++
			if k&isUpper != 0 {
				upper++
			}
			if c|0x20 > 'f' {
				hex = false
			}
			if last == '0' {
				changes++
			}
			last = 'a'
		case c == '.' || c == '/' || c == '%' || c == '~' || c == '$' || c == '+':
			marks += 100
		default:
			marks++
		}
	}
	if digits == 0 {
		return marks < 300
	}
	if n, _ := enhancedAt(t); n == len(t) {
		return true
	}
	if letters == 0 || !isLetter(t[0]) || marks >= 100 || digits > 8 || changes > 3 || len(t) > maxCode {
		return false
	}
	if hex && len(t) >= 8 {
		return false
	}
	switch {
	case upper == letters:
		return letters <= 6
	case letters == 1:
		return digits >= 3 && digits <= 5 // GMX r0204
	case upper == 1 && classOf[t[0]]&isUpper != 0:
		return marks == 1 && letters <= 3 // Spectrum In-1310
	}
	return string(t) == "ipv4" || string(t) == "ipv6" || string(t) == "IPv4" || string(t) == "IPv6"
}

// isHost says that t is a domain name: labels and dots, the last label letters.
// "connections.Please" is a missing blank.
func isHost(t []byte) bool { return isHostOf(t, classesIn(t)) }

// isHostOf is isHost where the classes in t are known.
func isHostOf(t []byte, seen uint16) bool {
	dot, upper := len(t)-1, 0
	for ; dot > 0 && t[dot] != '.'; dot-- {
		k := classOf[t[dot]]
		if k&isAlpha == 0 {
			return false
		}
		if k&isUpper != 0 {
			upper++
		}
	}
	if dot < 1 || len(t)-dot < 3 || seen&notHost != 0 {
		return false
	}
	top := t[dot+1:]
	return (upper == 0 || upper == len(top)) && t[0] != '.' && !bytes.Contains(t[:dot], []byte("..")) && !joined(top)
}

// joined are words that follow a full stop without a blank in real replies.
func joined(top []byte) bool {
	switch string(top) {
	case "see", "please", "try", "for", "visit", "contact", "the", "this", "if", "your", "refer", "http", "https", "message":
		return true
	}
	return false
}

// isListHost says that a host name belongs to a block list or a reputation
// service: one of its labels is the name of one. Such names stay readable, and
// rules look for them.
func isListHost(h []byte) bool {
	for len(h) > 0 {
		n := bytes.IndexByte(h, '.')
		if n < 0 {
			n = len(h)
		}
		if n < len(lists) && n > 0 && lists[n].initials&initial(h[0]) != 0 && lists[n].has(h[:n]) {
			return true
		}
		h = h[min(n+1, len(h)):]
	}
	return false
}

// lists are the names of block lists and reputation services by their length.
var lists = listsByLength(
	"spamhaus", "spamcop", "sorbs", "barracudacentral", "abuseat", "surbl", "uribl", "uceprotect", "spamrats",
	"dnsbl", "rbl", "rbls", "bl", "sbl", "xbl", "cbl", "pbl", "zen", "blacklist", "blocklist", "mail-abuse", "senderscore",
	"senderbase", "talosintelligence", "trustedsource", "invaluement", "ivmsip", "spameatingmonkey", "psbl", "surriel", "nixspam",
	"manitu", "backscatterer", "gbudb", "mailspike", "0spam", "hostkarma", "junkemailfilter", "abusix", "cloudmark",
	"ipcheck", "dsbl", "njabl", "ordb", "spamcannibal", "ahbl", "csi", "dynablock", "whitelisted", "blackholes", "spamsources", "bsb", "wpbl", "truncate",
)

// listNames are names of one length. Their first letters alone tell most labels
// of other hosts.
type listNames struct {
	initials uint64
	names    []string
}

func listsByLength(names ...string) (t [20]listNames) {
	for _, l := range names {
		t[len(l)].initials |= initial(l[0])
		t[len(l)].names = append(t[len(l)].names, l)
	}
	return t
}

// initial is the bit of a letter or digit in either case.
func initial(c byte) uint64 { return 1 << ((c | 0x20) & 63) }

func (l *listNames) has(label []byte) bool {
	for _, name := range l.names {
		if name[0] == label[0]|0x20 && hasFoldPrefix(label, name) {
			return true
		}
	}
	return false
}
