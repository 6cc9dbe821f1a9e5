package reply

import "bytes"

// Tag returns the receiver's own code in the words of a reply (Reply.Text), as a
// whole: S3115, TSS04, AS77712344, AUP#In-1310, RL000001, IB504, OFR005_104. It is
// nil where there is none. Codes of different receivers collide: "(S843)" and
// "(AS843)", "G2" and "IB504" mean something with the receiver's name only.
func Tag(text []byte) []byte {
	if i := bytes.Index(text, []byte("AUP#")); i >= 0 {
		return text[i:tokenEnd(text, i+4)]
	}
	var bare []byte
	for i := 0; i < len(text); {
		if classOf[text[i]]&(isAlpha|isNum) == 0 {
			i++
			continue
		}
		j := tokenEnd(text, i)
		t := bytes.TrimRight(text[i:j], ".:-_/")
		if end := i + len(t); isTag(t) {
			if i > 0 && end < len(text) && (text[i-1] == '(' && text[end] == ')' || text[i-1] == '[' && text[end] == ']') {
				return t
			}
			if bare == nil && (i == 0 || text[i-1] == ' ' || text[i-1] == '#') {
				bare = t
			}
		}
		i = max(j, i+1)
	}
	return bare
}

func tokenEnd(b []byte, i int) int {
	for i < len(b) && classOf[b[i]]&isWord != 0 {
		i++
	}
	return i
}

// isTag says that a token is capital letters and then at least two digits, with
// hyphens or underscores at most.
func isTag(t []byte) bool {
	if len(t) < 3 || classOf[t[0]]&isUpper == 0 || !keepToken(t) {
		return false
	}
	digits := 0
	for _, c := range t {
		switch {
		case isDigit(c):
			digits++
		case c == '_' || c == '-':
		case classOf[c]&isUpper == 0:
			return false
		}
	}
	return digits >= 2
}

// Server returns the host that wrote a reply and its time stamp, where the words
// end in them as Microsoft's do:
//
//	... (S3115) [AB1PEPF00000001.namprd21.prod.outlook.com 2026-05-20T09:02:14.000Z 08DD4D9FD5AFF45C]
//
// stamp is nil in older replies, which have the host only. Both are needed in a
// support ticket (requirement H02).
func Server(text []byte) (host, stamp []byte) {
	text = bytes.TrimRight(text, " ")
	if len(text) == 0 || text[len(text)-1] != ']' {
		return nil, nil
	}
	i := bytes.LastIndexByte(text, '[')
	if i < 0 {
		return nil, nil
	}
	fields := bytes.Fields(text[i+1 : len(text)-1])
	if len(fields) == 0 || !isHost(fields[0]) {
		return nil, nil
	}
	host = fields[0]
	if len(fields) > 1 && len(fields[1]) >= 19 && fields[1][4] == '-' && fields[1][10] == 'T' {
		stamp = fields[1]
	}
	return host, stamp
}
