package esp

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	f := func(in, want string, precise, zoneless bool) {
		t.Helper()
		s := ParseTime([]byte(in), zone)
		got := ""
		if s.Micro != 0 {
			got = time.UnixMicro(s.Micro).UTC().Format("2006-01-02T15:04:05.000000")
		}
		if got != want || s.Precise != precise || s.Zoneless != zoneless {
			t.Errorf("%q: %s, precise %v, zoneless %v; want %s, %v, %v", in, got, s.Precise, s.Zoneless, want, precise, zoneless)
		}
	}
	f("1529692198.641821", "2018-06-22T18:29:58.641821", true, false)
	f("1666214138.4046676", "2022-10-19T21:15:38.404667", true, false)
	f("1529692198.6", "2018-06-22T18:29:58.600000", true, false)
	f("1529692198", "2018-06-22T18:29:58.000000", false, false)
	f("999999999", "2001-09-09T01:46:39.000000", false, false)
	f("1520363423000", "2018-03-06T19:10:23.000000", true, false)
	f("1520363423123.5", "2018-03-06T19:10:23.123000", true, false)
	f("1520363423123456", "2018-03-06T19:10:23.123456", true, false)
	f("1520363423123456789", "2018-03-06T19:10:23.123456", true, false)
	f("1.529692198641821e9", "2018-06-22T18:29:58.641821", true, false)
	f("1.529692198E+09", "2018-06-22T18:29:58.000000", true, false)
	f(" 1529692198 ", "2018-06-22T18:29:58.000000", false, false)
	f("2016-01-27T14:59:38.237Z", "2016-01-27T14:59:38.237000", true, false)
	f("2016-04-27T16:28:50.3963933-04:00", "2016-04-27T20:28:50.396393", true, false)
	f("2018-10-11T23:24:45.000+00:00", "2018-10-11T23:24:45.000000", true, false)
	f("2023-02-22T23:41:11.894719+0530", "2023-02-22T18:11:11.894719", true, false)
	f("2023-02-22 23:41:11+01", "2023-02-22T22:41:11.000000", false, false)
	f("2023-02-22 23:41:11 UTC", "2023-02-22T23:41:11.000000", false, false)
	f("2023-02-22 23:41:11", "2023-02-22T21:41:11.000000", false, true)
	f("2023-02-22 23:41", "2023-02-22T21:41:00.000000", false, true)
	f("2023-02-22T23:41:60Z", "2023-02-22T23:42:00.000000", false, false)
	f("Wed, 15 Feb 2012 12:35:39 GMT", "2012-02-15T12:35:39.000000", false, false)
	f("Wed, 15 Feb 2012 12:35:39 +0100", "2012-02-15T11:35:39.000000", false, false)
	f("Mon, 8 Jul 2024 00:00:00 -0000", "2024-07-08T00:00:00.000000", false, false)
	for _, bad := range []string{
		"", "0", "1", "12345678", "-1529692198", "1529692198.", "1529692198x", "1529692198.6x", "99999999999999999999999", "x", "true", "1e400000000",
		"2016-01-27", "2016-13-27T14:59:38Z", "2016-01-27T24:59:38Z", "2016-01-27T14:59:38Q", "2016-01-27T14:59:38+9", "2016-01-27T14:59:38+24:00", "2016-01-27Tnonsense",
		"1916-01-27T14:59:38Z", "2016-01-27T14:5", "Wed, 15 Feb 2012 12:35:39 CET", "Wed, 15 Feb 2012", "                ",
	} {
		f(bad, "", false, false)
	}
}

func TestMicros(t *testing.T) {
	f := func(in string, want int64) {
		t.Helper()
		if got := Micros([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
	f("0.4367079734802246", 436707)
	f("15.026", 15026000)
	f("0", 0)
	f("3", 3000000)
	f("9.5e-05", 95)
	f("1e2", 100000000)
	f("-1", 0)
	f("", 0)
	f("x", 0)
	f("1e99", 0)
	f("99999999", 0)
}

func TestMillis(t *testing.T) {
	f := func(in string, want int64) {
		t.Helper()
		if got := Millis([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
	f("1200161", 1200161000)
	f("259200000", 259200000000) // three days
	f("0", 0)
	f("", 0)
	f("-5", 0)
	f("1.5", 0)
	f("99999999999", 0)
	f("999999999999999999999", 0)
}

func TestReply(t *testing.T) {
	f := func(code, text, want string) {
		t.Helper()
		if got := string(AppendReply([]byte("x"), []byte(code), []byte(text))); got != "x"+want {
			t.Errorf("%q %q: %q, want %q", code, text, got[1:], want)
		}
	}
	f("250", "OK", "250 OK")
	f("250", "", "250")
	f("", "OK", "OK")
	f("421", "4.7.0 Too many", "421 4.7.0 Too many")
	f("421", "421 4.7.0 Too many", "421 4.7.0 Too many")
	f("421", "421-4.7.0 Too\r\n421 4.7.0 many", "421-4.7.0 Too\r\n421 4.7.0 many")
	f("550", "smtp; 550-5.1.1 No", "550-5.1.1 No")
	f("550", "SMTP;No", "550 No")
	f("421", "450 4.2.0 other", "450 4.2.0 other")
	f("421", "450 messages an hour", "421 450 messages an hour")
	f("550", "one\ntwo\r\n\n", "550-one\n550 two")
	f("550", "\n", "550")
	f("550", "one\n\ntwo", "550-one\n550-\n550 two")
}

func TestSpoken(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := string(Spoken([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("550 5.1.1 No", "550 5.1.1 No")
	f(" smtp;550 5.1.1 No\n", "550 5.1.1 No")
	f("smtp ; 5.1.1 No", "5.1.1 No")
	f("4.7.652 The mail server", "4.7.652 The mail server")
	f("421", "421")
	f("smtpd said 421", "")
	f("smtp;", "")
	f("smtp", "")
	f("1.2.3.4 is blocked", "")
	f("4.7.6.5 is blocked", "")
	f("5000 messages", "")
	f("550x", "")
	f("350 no final reply", "")
	f("", "")
}

func TestQuoted(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := string(Quoted([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	f("sent (250 2.0.0 OK (x))", "250 2.0.0 OK (x)")
	f("soft bounce (450 4.2.0 x)", "450 4.2.0 x")
	f("550 5.1.1 no (x)", "550 5.1.1 no (x)")
	f("(250 OK)", "(250 OK)")
	f("sent", "sent")
	f("", "")
}

func TestAddress(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := string(Address([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	f("a@example.com", "a@example.com")
	f("A B <a@example.com>", "a@example.com")
	f(`"x <y>" <a@example.com> `, "a@example.com")
	f("<a@example.com>", "a@example.com")
	f("<>", "")
	f("<a@example.com", "<a@example.com")
	f("", "")
}

func TestHost(t *testing.T) {
	f := func(in, want string, wantIP bool) {
		t.Helper()
		if got, ip := Host([]byte(in)); string(got) != want || ip != wantIP {
			t.Errorf("%q: %q %v, want %q %v", in, got, ip, want, wantIP)
		}
	}
	f("mx.example.com.", "mx.example.com", false)
	f("192.0.2.1", "192.0.2.1", true)
	f("[2001:db8::1]", "2001:db8::1", true)
	f("::ffff:192.0.2.1", "::ffff:192.0.2.1", true)
	f("xxx.xxx.xxx.xxx", "xxx.xxx.xxx.xxx", false)
	f("dead.beef.cafe.de", "dead.beef.cafe.de", false)
	f("a1.2.3.4", "a1.2.3.4", false)
	f("", "", false)
}

func FuzzIsIP(f *testing.F) {
	f.Add("192.0.2.1")
	f.Add("2001:db8::1")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" && !IsIP([]byte(s)) {
			t.Errorf("%q is an address", s)
		}
	})
}

// The times of hostile text neither panic nor leave the calendar.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"1529692198.641821", "2016-04-27T16:28:50.3963933-04:00", "Wed, 15 Feb 2012 12:35:39 GMT", "1.5e9", "2023-02-22 23:41"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := ParseTime([]byte(s), time.UTC)
		if got.Micro < 0 || got.Micro > 260e15 || got.Micro == 0 && got != (Stamp{}) && got != (Stamp{Precise: true}) && got != (Stamp{Zoneless: true}) {
			t.Errorf("%q: %+v", s, got)
		}
		if m := Micros([]byte(s)); m < 0 || m > 366*86400*1e6+1e6 {
			t.Errorf("%q: %d microseconds", s, m)
		}
	})
}

func TestSeen(t *testing.T) {
	var s seen
	k := func(i int) uint64 {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(i))
		return key(b[:], nil)
	}
	const n = 3 * seenSize
	for i := range n {
		if s.add(k(i)) {
			t.Fatalf("%d was never seen", i)
		}
		if !s.add(k(i)) || i >= seenSize && !s.add(k(i-seenSize+1)) {
			t.Fatalf("at %d a recent one is not known", i)
		}
	}
	if s.add(k(0)) {
		t.Error("the first one is still known: the memory is not bounded")
	}
	if s.add(0) || !s.add(0) {
		t.Error("0 is a key like any other")
	}
	if key([]byte("a"), []byte("bc")) == key([]byte("ab"), []byte("c")) {
		t.Error("the border between id and time is not part of the key")
	}
	if a := testing.AllocsPerRun(100, func() { s.add(k(1)) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

func TestAgain(t *testing.T) {
	var r Reading
	at := Stamp{Micro: 1}
	f := func(element string, s Stamp, want bool) {
		t.Helper()
		r.begin([]byte(element))
		if got := r.Again(s); got != want {
			t.Errorf("%s: %v, want %v", element, got, want)
		}
	}
	f("a", at, false)
	f("a", at, true)
	f("b", at, false)
	f("a", Stamp{Micro: 2}, true)
	f("c", Stamp{}, false)
	f("c", Stamp{}, false)
	r.begin([]byte("wrapped"))
	r.Inner([]byte("a"))
	if !r.Again(at) {
		t.Error("the element inside is not known")
	}
	if r.Repeated([]byte("x"), []byte("1")) || !r.Repeated([]byte("x"), []byte("1")) || r.Repeated([]byte("x"), []byte("2")) || r.Repeated(nil, nil) || r.Repeated(nil, nil) {
		t.Error("ids are mixed up")
	}
}
