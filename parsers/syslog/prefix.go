package syslog

import "bytes"

// prefix is what the last line had before the name of the program, "mx1 postfix/". The
// lines of one mailer have it in common.
type prefix struct {
	text []byte
	host int // where the host ends; a blank follows it
}

// longestPrefix is how long a text is that is remembered.
const longestPrefix = 128

// learn remembers what stands before the program of a line that sender has read into h,
// if it is a host, a blank and the beginning of a tag: what follows does not change how
// these are read.
func (p *prefix) learn(b []byte, h *Header) {
	host, n := len(h.Host), len(h.Host)+1+len(h.Instance)+1
	if h.Instance == nil || host == 0 || n > min(len(b), longestPrefix) || b[0] == '<' {
		return
	}
	if bytes.IndexByte(b, ' ') != host || !bytes.HasPrefix(b[host+1:], h.Instance) || b[n-1] != '/' {
		return
	}
	p.text, p.host = append(p.text[:0], b[:n]...), host
}

// cut does what sender does, for a line that begins like the last one. It returns false,
// and does nothing, for any other.
func (p *prefix) cut(b []byte, h *Header) bool {
	n := len(p.text)
	if n == 0 || n >= len(b) || string(b[:n]) != string(p.text) {
		return false
	}
	i := n
	for i < len(b) && tagByte[b[i]] == belongs {
		i++
	}
	if i == len(b) {
		return false
	}
	pid, body, ok := afterTag(b[i:])
	if !ok {
		return false
	}
	h.PID, h.Body = pid, body
	h.Host, h.Instance, h.Process = b[:p.host], b[p.host+1:n-1], b[n:i]
	return true
}
