package smtp

import (
	"bytes"
	"net/netip"
)

// event of a connection, as programs tell of it.
type connection uint8

const (
	other connection = iota
	begins
	fails
	breaks
	closes
)

// remark reads what swaks, telnet, curl and smtplib tell about the connection, and
// the host that it is to.
func remark(b []byte) (host, ip []byte, kind connection) {
	b = bytes.TrimLeft(b, " *=\t")
	for _, r := range remarks {
		rest, ok := bytes.CutPrefix(b, r.text)
		if !ok {
			continue
		}
		if r.kind == begins || r.kind == fails {
			host, ip = peer(rest)
			if r.kind == begins && host == nil && ip == nil {
				return nil, nil, other // "Connected to the database"
			}
		}
		return host, ip, r.kind
	}
	return nil, nil, other
}

var remarks = [...]struct {
	text []byte
	kind connection
}{
	{[]byte("Trying "), begins},       // swaks: "Trying host:25...", telnet: "Trying 192.0.2.1..."
	{[]byte("Connected to "), begins}, // swaks, telnet, curl: "Connected to host (192.0.2.1) port 25"
	{[]byte("connect: to ("), begins}, // smtplib
	{[]byte("connect: ("), begins},
	{[]byte("connected to host "), begins},
	{[]byte("DEBUG SMTP: connected to host "), begins}, // JavaMail
	{[]byte("Error connecting to "), fails},
	{[]byte("telnet: Unable to connect to remote host"), fails},
	{[]byte("telnet: connect to address "), fails},
	{[]byte("Failed to connect to "), fails},
	{[]byte("Remote host closed connection unexpectedly"), breaks},
	{[]byte("Connection closed by foreign host"), breaks},
	{[]byte("Connection unexpectedly closed"), breaks},
	{[]byte("smtplib.SMTPServerDisconnected"), breaks},
	{[]byte("Connection closed with remote host"), closes},
	{[]byte("Closing connection"), closes},
	{[]byte("DEBUG SMTP: trying to connect to host "), closes},
}

// peer reads a host and its address in the forms that programs write them: "host:25",
// "host (192.0.2.1) port 25", "'host', 25", "[2001:db8::1]:25".
func peer(b []byte) (host, ip []byte) {
	n := 0
	quoted := len(b) > 0 && (b[0] == '"' || b[0] == '\'')
	if quoted {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '[' {
		b = b[1:]
	}
	for n < len(b) && (isWord(b[n]) && b[n] < 0x80 || b[n] == '.' || b[n] == '-' || b[n] == ':') {
		n++
	}
	first := bytes.TrimRight(b[:n], ".:-")
	if address(first) {
		return nil, first
	}
	if i := bytes.IndexByte(first, ':'); i >= 0 {
		first = first[:i]
	}
	if address(first) {
		return nil, first
	}
	if i := bytes.IndexByte(first, '.'); i <= 0 {
		if !quoted {
			return nil, nil
		}
	}
	if rest := b[n:]; len(rest) > 2 && (rest[0] == '(' || rest[0] == '[' || rest[0] == ' ' && (rest[1] == '(' || rest[1] == '[')) {
		rest = bytes.TrimLeft(rest, " ([")
		if i := bytes.IndexAny(rest, ")]"); i > 0 && address(rest[:i]) {
			ip = rest[:i]
		}
	}
	return first, ip
}

func address(b []byte) bool {
	if len(b) < 3 || len(b) > 45 {
		return false
	}
	for _, c := range b { // an error costs memory, a glance does not
		if c-'0' > 9 && c|0x20-'a' > 5 && c != '.' && c != ':' {
			return false
		}
	}
	_, err := netip.ParseAddr(string(b))
	return err == nil
}
