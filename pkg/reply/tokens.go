package reply

import "bytes"

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
	if letters == 0 || !isLetter(t[0]) || marks >= 100 || digits > 8 || changes > 3 || len(t) > 16 {
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
func isHost(t []byte) bool {
	dot := bytes.LastIndexByte(t, '.')
	if dot < 1 {
		return false
	}
	top := t[dot+1:]
	if len(top) < 2 {
		return false
	}
	upper := 0
	for _, c := range top {
		k := classOf[c]
		if k&isAlpha == 0 {
			return false
		}
		if k&isUpper != 0 {
			upper++
		}
	}
	if upper != 0 && upper != len(top) {
		return false
	}
	prev := byte('.')
	for _, c := range t[:dot] {
		if c == '.' && prev == '.' || classOf[c]&(isAlpha|isNum) == 0 && c != '-' && c != '_' && c != '.' {
			return false
		}
		prev = c
	}
	return !joined(top)
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
	var label [20]byte
	for len(h) > 0 {
		n := bytes.IndexByte(h, '.')
		if n < 0 {
			n = len(h)
		}
		if n > 1 && n <= len(label) {
			for i, c := range h[:n] {
				if c >= 'A' && c <= 'Z' {
					c |= 0x20
				}
				label[i] = c
			}
			switch string(label[:n]) {
			case "spamhaus", "spamcop", "sorbs", "barracudacentral", "abuseat", "surbl", "uribl", "uceprotect", "spamrats",
				"dnsbl", "rbl", "rbls", "bl", "sbl", "xbl", "cbl", "pbl", "zen", "blacklist", "blocklist", "mail-abuse", "senderscore",
				"senderbase", "talosintelligence", "trustedsource", "invaluement", "ivmsip", "spameatingmonkey", "psbl", "surriel", "nixspam",
				"manitu", "backscatterer", "gbudb", "mailspike", "0spam", "hostkarma", "junkemailfilter", "abusix", "cloudmark",
				"ipcheck", "dsbl", "njabl", "ordb", "spamcannibal", "ahbl", "csi", "dynablock", "whitelisted", "blackholes", "spamsources", "bsb", "wpbl", "truncate":
				return true
			}
		}
		h = h[min(n+1, len(h)):]
	}
	return false
}

// url masks the URL whose host begins at b[i] and keeps a code inside it.
func (m *masker) url(b []byte, i int) int {
	end, host, query, fragment := i, -1, -1, -1
	for ; end < len(b); end++ {
		switch b[end] {
		case '/', ':':
			if host < 0 {
				host = end
			}
			continue
		case '?':
			if query < 0 {
				query = end
			}
		case '#':
			if fragment < 0 {
				fragment = end
			}
		default:
			if classOf[b[end]]&isEnd == 0 {
				continue
			}
		}
		if classOf[b[end]]&isEnd != 0 {
			break
		}
		if host < 0 {
			host = end
		}
	}
	j := end
	for j > i && (b[j-1] == '.' || b[j-1] == ',' || b[j-1] == ';' || b[j-1] == ':' || b[j-1] == '!') {
		j--
	}
	if host < 0 || host > j {
		host = j
	}
	h := b[i:host]
	m.found(h)
	if isListHost(h) && isHost(h) {
		m.dst = append(m.dst, h...)
	} else {
		m.mask()
	}
	switch k := bytes.Index(b[host:j], []byte("/err/")); {
	case k >= 0 && host+k+5 < j && isDigit(b[host+k+5]):
		m.dst = append(m.dst, b[host+k:host+k+6]...) // mail.i.ua/err/5/
	case fragment >= 0 && fragment < j && codeWord(b[fragment+1:j]):
		m.dst = append(m.dst, b[fragment:j]...)
	case query >= 0 && query < j:
		m.query(b[query+1 : j])
	}
	m.dst = append(m.dst, b[j:end]...)
	return end
}

// query keeps the first parameter that names the reason: c= (GMX), p= (Google),
// no= (QQ), code=, err=, e=.
func (m *masker) query(q []byte) {
	for len(q) > 0 {
		n := bytes.IndexByte(q, '&')
		if n < 0 {
			n = len(q)
		}
		p := q[:n]
		q = q[min(n+1, len(q)):]
		k := bytes.IndexByte(p, '=')
		if k < 1 {
			continue
		}
		switch string(p[:k]) {
		case "c", "p", "code", "err", "e", "error":
			if codeWord(p[k+1:]) {
				m.dst = append(m.dst, '?')
				m.dst = append(m.dst, p...)
				return
			}
		}
	}
}

// codeWord says that w is one word or code, no id and no number.
func codeWord(w []byte) bool {
	if len(w) == 0 || len(w) > 40 || !isLetter(w[0]) {
		return false
	}
	for _, c := range w {
		if classOf[c]&(isAlpha|isNum) == 0 && c != '-' && c != '_' {
			return false
		}
	}
	return keepToken(w)
}
