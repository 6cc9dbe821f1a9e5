package postfix

// sendingIP returns the IPv4 address that an instance name carries, as some
// operators name one instance per address: "postfix-192.0.2.10",
// "postfix-192_0_2_10", "out-192-0-2-10". Nothing else tells the address:
// smtp(8) does not log it, and a guess would be worse than none.
// The result is nil or valid until the next line.
func (d *Decoder) sendingIP(instance []byte) []byte {
	if string(instance) != string(d.instance) {
		d.instance = append(d.instance[:0], instance...)
		d.instanceIP = readInstanceIP(instance, d.instanceIP[:0])
	}
	if len(d.instanceIP) == 0 {
		return nil
	}
	return d.instanceIP
}

// readInstanceIP writes the address in name over ip, nothing if there is none or
// more than one. Words are parted by ".", "_", "-" and "/"; the address is the
// only row of exactly four that are numbers.
func readInstanceIP(name, ip []byte) []byte {
	rows := 0
	for i := 0; i < len(name); {
		end, numbers := i, 0
		for end < len(name) {
			next := wordEnd(name, end)
			if !isNumber(name[end:next]) {
				break
			}
			numbers++
			end = min(next+1, len(name))
		}
		if numbers == 0 {
			i = wordEnd(name, i) + 1
			continue
		}
		row := name[i:end]
		if isSeparator(row[len(row)-1]) {
			row = row[:len(row)-1]
		}
		if numbers == 4 {
			if rows++; rows == 1 {
				ip = appendDotted(ip[:0], row)
			}
		}
		i = end
	}
	if rows != 1 {
		return ip[:0]
	}
	return ip
}

// appendDotted appends four octets with one and the same separator between them.
func appendDotted(ip, row []byte) []byte {
	var sep byte
	for i, octets := 0, 1; ; octets++ {
		end := wordEnd(row, i)
		v := number(row[i:end])
		if end-i > 3 || v > 255 || end-i > 1 && row[i] == '0' || octets == 1 && v == 0 {
			return ip[:0]
		}
		ip = append(ip, row[i:end]...)
		if end == len(row) {
			return ip
		}
		if sep == 0 {
			sep = row[end]
		}
		if row[end] != sep || sep == '/' {
			return ip[:0]
		}
		ip = append(ip, '.')
		i = end + 1
	}
}

func wordEnd(b []byte, i int) int {
	for i < len(b) && !isSeparator(b[i]) {
		i++
	}
	return i
}

func isSeparator(c byte) bool { return c == '-' || c == '_' || c == '.' || c == '/' }

func isNumber(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 {
			return false
		}
	}
	return len(b) > 0
}
