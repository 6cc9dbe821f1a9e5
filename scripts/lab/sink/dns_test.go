package sink

import (
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func dnsWorld(t testing.TB) *World {
	t.Helper()
	w, err := New(Setting{
		Hosts: map[string]Host{
			"a": {Name: "mx.example.net", Addr: "203.0.113.1"}, "b": {Name: "mx.example.net", Addr: "203.0.113.2"}, "c": {Name: "mx2.example.net", Addr: "203.0.113.3"},
		},
		Domains: map[string][][]string{"example.net": {{"a", "b"}, {"c"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func question(t testing.TB, name string, kind dnsmessage.Type) []byte {
	t.Helper()
	n, err := dnsmessage.NewName(name)
	if err != nil {
		t.Fatal(err)
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true}, Questions: []dnsmessage.Question{{Name: n, Type: kind, Class: dnsmessage.ClassINET}}}
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func TestResolve(t *testing.T) {
	w := dnsWorld(t)
	f := func(name string, kind dnsmessage.Type, code dnsmessage.RCode, want ...string) {
		t.Helper()
		packet, ok := w.resolve(question(t, name, kind))
		if !ok {
			t.Fatalf("no answer for %s", name)
		}
		var m dnsmessage.Message
		if err := m.Unpack(packet); err != nil {
			t.Fatal(err)
		}
		if m.ID != 7 || !m.Response || m.RCode != code || len(m.Answers) != len(want) {
			t.Errorf("%s: %v %v, %d answers, want %v and %d", name, m.ID, m.RCode, len(m.Answers), code, len(want))
		}
		all := m.GoString()
		for _, text := range want {
			if !strings.Contains(all, text) {
				t.Errorf("%s: no %s in %s", name, text, all)
			}
		}
	}
	f("Example.NET.", dnsmessage.TypeMX, dnsmessage.RCodeSuccess, `Pref: 10, MX: dnsmessage.MustNewName("mx.example.net.")`, `Pref: 20, MX: dnsmessage.MustNewName("mx2.example.net.")`)
	f("mx.example.net.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, "203, 0, 113, 1", "203, 0, 113, 2")
	f("mx.example.net.", dnsmessage.TypeAAAA, dnsmessage.RCodeSuccess)
	f("example.net.", dnsmessage.TypeA, dnsmessage.RCodeSuccess)
	f("3.113.0.203.in-addr.arpa.", dnsmessage.TypePTR, dnsmessage.RCodeSuccess, `"mx2.example.net."`)
	f("nobody.example.", dnsmessage.TypeMX, dnsmessage.RCodeNameError)
}

// A packet is answered or ignored; an answer is no question, so that two servers cannot
// keep each other busy.
func FuzzResolve(f *testing.F) {
	w := dnsWorld(f)
	f.Add(question(f, "example.net.", dnsmessage.TypeMX))
	f.Add([]byte{0, 1, 2})
	f.Fuzz(func(t *testing.T, packet []byte) {
		reply, ok := w.resolve(packet)
		if !ok {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(reply); err != nil || !m.Response {
			t.Errorf("the reply %x: %v", reply, err)
		}
		if _, again := w.resolve(reply); again {
			t.Error("an answer was answered")
		}
	})
}
