package rules

import "bytes"

// hostFilter tells most host names that no provider has, before they are looked
// up: by the length and two letters of the domains that they are in.
type hostFilter [64]uint64

func newHostFilter(domains map[string]string) *hostFilter {
	f := new(hostFilter)
	for d := range domains {
		if d != "" {
			f[hostLength([]byte(d))] |= hostLetters([]byte(d))
		}
	}
	return f
}

// may says that a provider may have the host.
func (f *hostFilter) may(host []byte) bool {
	for len(host) > 0 {
		if f[hostLength(host)]&hostLetters(host) != 0 {
			return true
		}
		dot := bytes.IndexByte(host, '.')
		if dot < 0 {
			break
		}
		host = host[dot+1:]
	}
	return false
}

func hostLength(d []byte) int { return len(d) & 63 }

// hostLetters is one bit for the first letter and the one in the middle, in either case.
func hostLetters(d []byte) uint64 { return 1 << (((d[0] | 0x20) + (d[len(d)/2]|0x20)*3) & 63) }
