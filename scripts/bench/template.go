package main

import (
	"strconv"
	"strings"
	"time"
)

// template is a reply text in pieces: literal text and fields to be filled in.
type template []piece

type piece struct {
	literal string
	field   string
}

// compile splits "text {field} text".
func compile(text string) template {
	var t template
	for text != "" {
		literal, rest, found := strings.Cut(text, "{")
		var field string
		if found {
			field, text, _ = strings.Cut(rest, "}")
		} else {
			text = ""
		}
		t = append(t, piece{literal, field})
	}
	return t
}

var machines = [...]string{"AM4PEPF00027%03X.eurprd83", "BN3PEPF0000B%03X.namprd21", "DB5PEPF00014%03X.eurprd02", "SN1PEPF00036%03X.namprd05", "CO1PEPF00042%03X.namprd10"}

// render writes the reply of a receiver. separator stands between the lines of a reply of
// several: each log format has its own.
func (s *simulation) render(b []byte, t template, a *attempt, separator string) []byte {
	for i := range t {
		b = append(b, t[i].literal...)
		switch t[i].field {
		case "":
		case "n":
			b = append(b, separator...)
		case "ip":
			b = append(b, sendingIP...)
		case "rcpt":
			b = append(b, a.rcpt.address...)
		case "domain":
			b = append(b, a.rcpt.domain.name...)
		case "host":
			b = append(b, a.host.name...)
		case "msgid":
			b = a.msg.appendMessageID(b)
		case "unix":
			b = strconv.AppendInt(b, s.now/second, 10)
		case "bytes":
			b = strconv.AppendInt(b, int64(a.msg.size)+4711, 10)
		case "digit":
			b = append(b, '0'+byte(s.rng.UintN(10)))
		case "long":
			b = strconv.AppendUint(b, s.rng.Uint64N(1e14)+1e14, 10)
		case "hex":
			b = s.letters(b, "0123456789ABCDEF", 13)
		case "queue":
			b = s.letters(b, "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz", 11)
		case "id":
			b = s.letters(b, "0123456789abcdef", 13)
			b = append(b, "-5e"...)
			b = s.letters(b, "0123456789abcdef", 10)
			b = append(b, "si"...)
			b = s.letters(b, "0123456789", 7)
			b = append(b, "a12."...)
			b = s.letters(b, "0123456789", 3)
		case "machine":
			m := machines[s.rng.IntN(len(machines))]
			head, tail, _ := strings.Cut(m, "%03X")
			b = append(b, head...)
			b = s.letters(b, "0123456789ABCDEF", 3)
			b = append(b, tail...)
			b = append(b, ".prod.outlook.com"...)
		case "stamp":
			b = s.date(b, 'T')
			b = append(b, '.')
			b = pad(b, uint64(s.now%second/1000), 3)
			b = append(b, 'Z')
		default:
			panic("unknown field " + t[i].field)
		}
	}
	return b
}

// letters appends n random letters of the alphabet.
func (s *simulation) letters(b []byte, alphabet string, n int) []byte {
	x, left := uint64(0), 0
	for range n {
		if left == 0 {
			x, left = s.rng.Uint64(), 8
		}
		b = append(b, alphabet[(x&0xff)*uint64(len(alphabet))>>8])
		x >>= 8
		left--
	}
	return b
}

// date appends "2006-01-02T15:04:05" with the separator asked for.
func (s *simulation) date(b []byte, separator byte) []byte {
	if sec := s.now / second; sec != s.dateOf {
		s.dateOf = sec
		s.dateText = time.Unix(sec, 0).UTC().AppendFormat(s.dateText[:0], "2006-01-02T15:04:05")
	}
	b = append(b, s.dateText...)
	b[len(b)-9] = separator
	return b
}

// pad appends n with leading zeros.
func pad(b []byte, n uint64, digits int) []byte {
	for range digits {
		b = append(b, '0')
	}
	for i := len(b) - 1; digits > 0; digits-- {
		b[i] = '0' + byte(n%10)
		n /= 10
		i--
	}
	return b
}
