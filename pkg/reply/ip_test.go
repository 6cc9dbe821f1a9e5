package reply

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestQuotedIP(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		a, ok := QuotedIP([]byte(text))
		if got := a.String(); !ok && want != "" || ok && got != want {
			t.Errorf("%q: %v %v, want %q", text, a, ok, want)
		}
	}
	f("The mail server [198.51.100.25] has exceeded", "198.51.100.25")
	f("[192.0.2.1      15] Our system has detected an unusual rate", "192.0.2.1")
	f("mx Error: too many connections from 192.0.2.1", "192.0.2.1")
	f("Message from (192.0.2.1) temporarily deferred - 4.16.50", "192.0.2.1")
	f("Service unavailable; Client host [192.0.2.33] blocked using zen.spamhaus.org", "192.0.2.33")
	f("The mail server [2001:db8::25] has exceeded", "2001:db8::25")
	f("too many connections from 2001:db8:200:2004::240.", "2001:db8:200:2004::240")
	f("not accepted over [IPv6:2001:db8::1]", "2001:db8::1")
	f("rejected - mail.example.com [192.0.2.3]:24706 is in an RBL", "192.0.2.3")
	f("refused 192.0.2.3:587", "192.0.2.3")
	f("IP=192.0.2.254 - None/bad reputation", "192.0.2.254")
	f("::ffff:192.0.2.9 has too many", "192.0.2.9")
	f("The mail server [a.b.c.d] has exceeded", "")
	f("see https://www.spamhaus.org/query/ip/192.0.2.33", "")
	f("see http://192.0.2.33/why", "")
	f("see http://bl.example.org/?ip=192.0.2.33&x=1 for more", "")
	f("temporarily deferred due to user complaints - 4.16.55.1; see", "")
	f("IP Netblock [192.0.2.0      19]. To protect", "")
	f("version 8.14.4, 300.2.3.4, 1.2.3", "")
	f("at 10:00:00 ::", "")
	f("", "")
}

// tokenByToken is QuotedIP without skipping anything.
func tokenByToken(text []byte) (netip.Addr, bool) {
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && classOf[text[j]]&isWord != 0 {
			j++
		}
		t := text[i:j]
		switch {
		case len(t) == 0:
			i++
			continue
		case !isLetter(t[0]) && !isDigit(t[0]) && t[0] != ':':
		case bytes.Contains(t, []byte("//")):
			i = skipURL(text, i)
			continue
		default:
			if a, ok := address(t); ok && !notClient(text[:i], a) {
				return a, true
			}
		}
		i = j
	}
	return netip.Addr{}, false
}

// What is skipped has no address in it, and an address is found behind any of it.
func TestQuotedIPSkipsOthers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	parts := []string{"a", "word", "eight", " ", " ", "  ", "192.0.2.1", "2001:db8::1", "[", "]", "(", ")", "-", "4.16.55.1", "http://", "//", "/", ":", "::", ".", "%", "é", "x9", "4.7.0", "Netblock"}
	found := 0
	for range 200_000 {
		text := ""
		for range 1 + r.IntN(12) {
			text += parts[r.IntN(len(parts))]
		}
		want, ok := tokenByToken([]byte(text))
		if got, found1 := QuotedIP([]byte(text)); got != want || found1 != ok {
			t.Fatalf("%q: %v, want %v", text, got, want)
		}
		if ok {
			found++
		}
	}
	if found < 1000 {
		t.Errorf("only %d were found", found)
	}
}

func TestNextNumeral(t *testing.T) {
	for c := range 256 { // each byte at each place, beside those that could spoil it
		for i := range 19 {
			b := []byte(" a.\x7f\xff\xaf\xba;.-~ A\x00\x80;. z")
			b[i] = byte(c)
			want := len(b)
			if c >= '/' && c <= ':' {
				want = i
			}
			for from := range i + 1 {
				if n := nextNumeral(b, from); n != want {
					t.Fatalf("%q from %d: got %d, want %d", b, from, n, want)
				}
			}
		}
	}
}

func TestQuotedIPDoesNotAllocate(t *testing.T) {
	text := []byte("4.7.0 mx1.example.com: see https://example.com/x: too many from [192.0.2.25]")
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := QuotedIP(text); !ok {
			t.Fatal("no address")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// An IPv4 address reads as netip reads it.
func TestAddress4(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{"0", "1", "25", "192", "255", "256", "00", "01", "1234", ".", ".", ".", "", "x"}
	read := 0
	f := func(text string) {
		t.Helper()
		want, err := netip.ParseAddr(text)
		ok := err == nil && want.Is4() && !want.IsUnspecified()
		got, is := address4([]byte(text))
		if is != ok || ok && got != want {
			t.Errorf("%q is %v %v, want %v %v", text, got, is, want, ok)
		}
		if ok {
			read++
		}
	}
	for range 100_000 {
		text := ""
		for i := range 4 {
			if i > 0 && r.IntN(50) > 0 {
				text += "."
			}
			text += parts[r.IntN(7)]
		}
		f(text)
		for range r.IntN(9) {
			text += parts[r.IntN(len(parts))]
		}
		f(text)
	}
	if read < 1000 {
		t.Errorf("%d addresses: nothing is tested", read)
	}
}
