package peer

import "testing"

func TestAddress(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := string(Address([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	f("192.0.2.1", "192.0.2.1")
	f(" 192.0.2.1:25 ", "192.0.2.1")
	f("192.0.2.1:0", "192.0.2.1")
	f("[192.0.2.1]", "192.0.2.1")
	f("[192.0.2.1]:25", "192.0.2.1")
	f("2001:db8::1", "2001:db8::1")
	f("[2001:db8::1]:25", "2001:db8::1")
	f("[IPv6:2001:db8::1]", "2001:db8::1")
	f("IPv6:2001:db8::1", "2001:db8::1")
	f("[fe80::1%12]:25", "fe80::1%12")
	f("::1", "::1")
	f("mx.example.net", "")
	f("mx.example.net:25", "")
	f("[192.0.2.1]x", "")
	f("[192.0.2.1", "")
	f("1.2.3", "")
	f("xxx.xxx.xxx.xxx", "")
	f("10:18:23", "10:18:23") // as far as its characters tell
	f("", "")
	f("[", "")
}

func TestSplit(t *testing.T) {
	f := func(in, name, ip string) {
		t.Helper()
		gotName, gotIP := Split([]byte(in))
		if string(gotName) != name || string(gotIP) != ip {
			t.Errorf("%q: %q %q, want %q %q", in, gotName, gotIP, name, ip)
		}
	}
	f("mx.example.net. [203.0.113.2]", "mx.example.net", "203.0.113.2")
	f("mx.example.net. [203.0.113.2] (may be forged)", "mx.example.net", "203.0.113.2")
	f("mx.example.net [IPv6:2001:db8::2]", "mx.example.net", "2001:db8::2")
	f("203.0.113.2 (mx.example.net)", "mx.example.net", "203.0.113.2")
	f("203.0.113.2 (203.0.113.2)", "", "203.0.113.2")
	f("mx.example.net (203.0.113.2)", "mx.example.net", "203.0.113.2")
	f("mx.example.net[2001:db8::2]", "mx.example.net", "2001:db8::2")
	f("[127.0.0.1] [127.0.0.1]", "", "127.0.0.1")
	f("[203.0.113.2]", "", "203.0.113.2")
	f("mx.example.net.", "mx.example.net", "")
	f("mx.example.net", "mx.example.net", "")
	f("203.0.113.2", "", "203.0.113.2")
	f("mx.example.net [203.0.113.2", "mx.example.net", "203.0.113.2")
	f("mx.example.net ", "mx.example.net", "")
	f("", "", "")
	f("(", "", "")
	f("a (", "a", "")
}

func TestSpeaks(t *testing.T) {
	f := func(in string, want bool) {
		t.Helper()
		if Speaks([]byte(in)) != want {
			t.Errorf("%q: not %v", in, want)
		}
	}
	f("421 Too many connections", true)
	f("421-4.7.0 x", true)
	f("421", true)
	f("554-gmx.net", true)
	f("4210", false)
	f("42", false)
	f("121 x", false)
	f("699 x", false)
	f("Connection refused", false)
	f("", false)
}

func TestTooMany(t *testing.T) {
	f := func(in string, want bool) {
		t.Helper()
		if TooMany([]byte(in)) != want {
			t.Errorf("%q: not %v", in, want)
		}
	}
	f("421 4.3.2 Connection rate limit exceeded.", true)
	f("421 4.3.2 Too many open connections.", true)
	f("421 4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing transmission channel", true)
	f("550 5.7.1 Relaying denied", false)
	f("", false)
}

func TestLoopbackAndSession(t *testing.T) {
	for ip, want := range map[string]bool{"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true, "192.0.2.1": false, "": false} {
		if IsLoopback([]byte(ip)) != want {
			t.Errorf("%s: not %v", ip, want)
		}
	}
	if Session(nil) != 0 || Session([]byte("a")) == Session([]byte("b")) || Session([]byte("a")) == 0 {
		t.Error("sessions do not differ")
	}
}

// Nothing is allocated.
func TestNoAllocation(t *testing.T) {
	in := []byte("mx.example.net. [203.0.113.2] (may be forged)")
	if n := testing.AllocsPerRun(10, func() { Split(in); TooMany(in); Speaks(in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("mx.example.net. [203.0.113.2]"))
	f.Add([]byte("[IPv6:2001:db8::2]:25"))
	f.Fuzz(func(t *testing.T, in []byte) {
		name, ip := Split(in)
		if ip != nil && !IsIP(ip) || Address(name) != nil {
			t.Errorf("%q: %q %q", in, name, ip)
		}
	})
}
