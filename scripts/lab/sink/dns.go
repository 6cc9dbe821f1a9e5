package sink

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// ServeDNS answers questions for MX, A and PTR records over UDP until stop is called.
// Names that no scenario knows do not exist.
func (w *World) ServeDNS(addr string) (stop func() error, err error) {
	conn, err := net.ListenPacket("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen as name server: %w", err)
	}
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return // closed
			}
			if reply, ok := w.resolve(packet[:n]); ok {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return conn.Close, nil
}

const ttl = 300

// resolve answers one packet; ok is false for what is no question.
func (w *World) resolve(packet []byte) (reply []byte, ok bool) {
	var p dnsmessage.Parser
	h, err := p.Start(packet)
	if err != nil || h.Response {
		return nil, false
	}
	q, err := p.Question()
	if err != nil {
		return nil, false
	}
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	records, known := w.records(name, q.Type)
	h = dnsmessage.Header{ID: h.ID, Response: true, Authoritative: true, RecursionDesired: h.RecursionDesired, RecursionAvailable: true}
	if !known {
		h.RCode = dnsmessage.RCodeNameError
	}
	m := dnsmessage.Message{Header: h, Questions: []dnsmessage.Question{q}}
	for _, body := range records {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: ttl}, Body: body})
	}
	reply, err = m.Pack()
	return reply, err == nil
}

// records are those of a name and type; known is false if there is no such name.
func (w *World) records(name string, kind dnsmessage.Type) (list []dnsmessage.ResourceBody, known bool) {
	if mx, ok := w.setting.Domains[name]; ok {
		known = true
		done := map[string]bool{}
		for i, equal := range mx {
			for _, key := range equal {
				// Several addresses of one name are one MX.
				host := w.setting.Hosts[key].Name
				if n, err := dnsmessage.NewName(host + "."); kind == dnsmessage.TypeMX && err == nil && !done[host] {
					list = append(list, &dnsmessage.MXResource{Pref: uint16(10 * (i + 1)), MX: n})
					done[host] = true
				}
			}
		}
	}
	for _, h := range w.setting.Hosts {
		addr, err := netip.ParseAddr(h.Addr)
		switch {
		case err != nil:
		case h.Name == name:
			known = true
			if kind == dnsmessage.TypeA {
				list = append(list, &dnsmessage.AResource{A: addr.As4()})
			}
		case reverse(addr) == name:
			known = true
			if n, err := dnsmessage.NewName(h.Name + "."); kind == dnsmessage.TypePTR && err == nil {
				list = append(list, &dnsmessage.PTRResource{PTR: n})
			}
		}
	}
	return list, known
}

// reverse is the name that the PTR record of an address has (RFC 1035 3.5).
func reverse(a netip.Addr) string {
	b := a.As4()
	return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0])
}
