package reply

import (
	"slices"
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	f := func(raw, want string) {
		t.Helper()
		got := string(Template([]byte("kept "), []byte(raw)))
		if got != "kept "+want {
			t.Errorf("%q:\n got %q\nwant %q", raw, got, "kept "+want)
		}
		if again := string(Template(nil, []byte(want))); again != want {
			t.Errorf("template of a template: %q becomes %q", want, again)
		}
	}
	f(s3115, "451 4.7.652 The mail server [*] has exceeded the maximum number of connections. (S3115) [*]")
	f("host mx.example.com[192.0.2.1] said: "+s3115+" (in reply to MAIL FROM command)",
		"451 4.7.652 The mail server [*] has exceeded the maximum number of connections. (S3115) [*]")
	f("421-4.7.28 [192.0.2.1      15] Our system 421-4.7.28 has detected 421 4.7.28 x12-20020a05.1 - gsmtp", "421 4.7.28 [*] Our system has detected * - gsmtp")
	f("421 4.7.0 mx2.example.net Error: too many connections from 2001:db8::1", "421 4.7.0 * Error: too many connections from *")
	f("450 4.2.0 <user@example.com>: Recipient address rejected: Greylisted, see http://postgrey.example.org/help/x.html",
		"450 4.2.0 <*>: Recipient address rejected: Greylisted, see *")
	f("554 5.7.1 Client host [192.0.2.33] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.33",
		"554 5.7.1 Client host [*] blocked using zen.spamhaus.org; www.spamhaus.org")
	f("421 4.1.0 192.0.2.25 Throttled. Please see https://postmaster.comcast.net/smtp-error-codes.php#RL000001", "421 4.1.0 * Throttled. Please see *#RL000001")
	f("421 For explanation visit https://postmaster.web.de/en/case?c=r0204&i=ip&v=192.0.2.42&r=1Mxyz", "421 For explanation visit *?c=r0204")
	f("550 See http://mail.i.ua/err/5/", "550 See */err/5")
	f("421 cmsmtp 192.0.2.25 blocked. AUP#In-1310", "421 cmsmtp * blocked. AUP#In-1310")
	f("451 (AS77712344) TSS04 IB504 (G28) LPN105_104 OFR_104 [104] RP-001", "451 (AS77712344) TSS04 IB504 (G28) LPN105_104 OFR_104 [104] RP-001")
	f("421 HL:ICC 163 mx29,QMCowECJMk5GBx5UTcbSCA--.1234S2 1410000000", "421 HL:ICC *,*")
	f("421 4.7.0 [TSS04] Messages from 192.0.2.25 deferred - 4.16.55.1; see", "421 4.7.0 [TSS04] Messages from * deferred - *; see")
	f("550 Too many messages. Try again in 92 seconds.", "550 Too many messages. Try again in * seconds.")
	f("451 try after 2026-05-20 09:02:14 or Wed, 20 May 2026 09:02:14 +0000", "451 try after * or Wed, * May * +*")
	f("550 relay=[192.0.2.1]:48210 id 08DD4D9FD5AFF45C", "550 relay=[*]:* id *")
	f("550 (user@example.com:blocked)", "550 (*:blocked)")
	f("452 #4.3.1 server   resources\tlow", "452 4.3.1 server resources low")
	f("connect to mx.example.org[192.0.2.1]:25: Connection timed out", "connect to *[*]:*: Connection timed out")
	f("550 Too many connections.Please slow down", "550 Too many connections.Please slow down")
	f("451 zu viele Verbindungen für Sie", "451 zu viele Verbindungen für Sie")
	f("451 bad \xff byte", "451 bad * byte")
	f("451 a\x00b\x1b[31m", "451 a b [*")
	f(`550 End.  Next - e.g. this:	that\nAnd \r\n\none`, `550 End. Next - e.g. this: that And \none`)
	f("550 load/queue full, pre-greet. non-compliant... see", "550 load/queue full, pre-greet. non-compliant... see")
	f("550 mx.example.com/x:blocked a:mx.example.com/x,y", "550 *:blocked a:*")
	f("550 see http://mx.example.com=x or https://zen.spamhaus.org:25/x.", "550 see * or zen.spamhaus.org.")
	f("550 try again in 300 seconds, code 12 or [104]", "550 try again in * seconds, code 12 or [104]")
	f("554 4.4.7 expired.<421 4.4.0 [192.0.2.1] busy>", "421 4.4.0 [*] busy")
	f("", "")
	f("   ", "")
}

func TestTemplateIsBounded(t *testing.T) {
	for _, s := range []string{strings.Repeat("word ", 1000), strings.Repeat("x", 5000), strings.Repeat("192.0.2.1,", 1000), "451 " + strings.Repeat("<451 4.7.0 a", 300), strings.Repeat("g:", 1<<19), strings.Repeat("/g", 1<<19), "451 x" + strings.Repeat(" ", 1<<19)} {
		if got := Template(nil, []byte(s)); len(got) > maxTemplate {
			t.Errorf("%.20q: %d bytes", s, len(got))
		}
	}
}

func TestTemplateHosts(t *testing.T) {
	f := func(raw, want string) {
		t.Helper()
		var got []string
		TemplateHosts(nil, []byte(raw), func(h []byte) { got = append(got, string(h)) })
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: got %q, want %q", raw, s, want)
		}
	}
	f("421 mx1.example.com: see https://postmaster.example.net/x or mail help@example.org", "mx1.example.com postmaster.example.net example.org")
	f("421 a.example.com b.example.com c.example.com d.example.com e.example.com", "a.example.com b.example.com c.example.com d.example.com e.example.com")
	// Those of a reply around the one that counts are not its own.
	f("554 4.4.7 mx1.example.com expired <421 4.4.0 mx2.example.com busy>", "mx2.example.com")
	f("host mx1.example.com[192.0.2.1] said: 421 mx2.example.com busy (in reply to RCPT TO command)", "mx2.example.com")
}

// carefully is the template after unwrapping, without the short cut of replies that
// have nothing around them.
func carefully(raw []byte, host func([]byte)) []byte {
	m := masker{hosts: hosts{tell: host}}
	m.reply(unwrap(raw).text)
	return m.dst
}

func TestTemplateDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 1024)
	hosts := 0
	host := func([]byte) { hosts++ }
	f := func(raw string) {
		t.Helper()
		b := []byte(raw)
		if n := testing.AllocsPerRun(100, func() { buf = TemplateHosts(buf[:0], b, host) }); n != 0 {
			t.Errorf("%q: %v allocations, want 0", raw, n)
		}
	}
	f(s3115)
	f("host mx.example.com[192.0.2.1] said: " + s3115 + " (in reply to MAIL FROM command)")
	f("421 a.example.com b.example.com c.example.com d.example.com e.example.com")
	f("550 Invalid recipient. OFR_416 [416], see https://mx.example.com/?code=x#550") // takes two rounds
	if hosts == 0 {
		t.Error("no hosts")
	}
}

func TestIsHost(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		if got := isHost([]byte(text)); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
	f("mx1.example.com", true)
	f("AB1.PROD.OUTLOOK.COM", true)
	f("my_host-1.example.co.uk", true)
	f("localhost", false)
	f("example.c", false)
	f(".example.com", false)
	f("a..example.com", false)
	f("a,b.example.com", false)
	f("a%b.example.com", false)
	f("ä.example.com", false)
	f("192.0.2.1", false)
	f("connections.Please", false)
	f("connections.please", false)
	f("", false)
	f(".", false)
}

func TestLetters(t *testing.T) {
	f := func(text string, want int) {
		t.Helper()
		if n := letters([]byte(text)); n != want {
			t.Errorf("%q: got %d, want %d", text, n, want)
		}
	}
	f("", 0)
	f("letters", 0) // fewer than eight
	f("Letters and BLANKS, azAZ", 18)
	f("two  blanks are not one", 4)
	f("sixteen letters  here", 16)
	f(" another blank", 0)
	f("abcdefghijk\xe9mnopqr", 11)
	for c := range 256 { // each byte at each place
		for i := range 16 {
			b := []byte("abcdefgh abcdefg")
			b[i] = byte(c)
			want := 16
			if double := c == ' ' && (i == 0 || i == 7 || i == 9); double || c != ' ' && !isLetter(byte(c)) {
				want = i
				if double && i == 7 {
					want = 8
				}
			}
			if n := letters(b); n != want {
				t.Errorf("%q: got %d, want %d", b, n, want)
			}
		}
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	raw := []byte(s3115)
	if n := testing.AllocsPerRun(100, func() {
		if Parse(raw).Code != 451 {
			t.Fatal("code")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

var seeds = []string{
	s3115, "421-4.7.0 a 421-4.7.0 b 421 4.7.0 c", "554-gmx.net (mxgmx104) 554-No 554 x", "451–4.7.1 x", "550 5.4.300 expired -> 451 4.7.500 busy",
	"554 4.4.7 expired<421 4.4.0 x>", "smtp; 5.1.0 - error 550-'5.1.1 x' (y)", "220-mx 421 4.2.1 x", "421 See http://a.b/c?c=r0204#RL000001 or <a@b.c>", "connect to a[::1]:25: x",
	"HL:ICC 163 mx29,QMC--.1S2 [104] (#4.3.0) 4.16.55.1", `421-4.7.0 a\n421 b`, "\xff\xe2\x80\x90 451 *** [[[", "'\"'451 \"<421 x>",
	"421 a said: 450 b", "421-a 421-4.7.0 me:  450-4.2.0 c -> 550 d", "450 http://a.b/?LED=451 4.7.0 {LED=450 4.2.1 x}", "451 a.b c.d e.f@g.h i.j k.l <421 m.n>", "421 a  b\x00\x00\x00- c",
	// Found by fuzzing: templates that read differently the second time.
	"500 \"400\r0", "A:@0", "\x1d2.0.00", "A.aa\xdb", "421 0 421-421 2.0.0", "\"\"\x01", "200 \x00)0", "200 0020A00#00:0X00000000",
}

func FuzzTemplate(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		once := Template(nil, raw)
		if len(once) > maxTemplate {
			t.Fatalf("%d bytes", len(once))
		}
		var short, long []string
		m := masker{hosts: hosts{tell: func(h []byte) { short = append(short, string(h)) }}}
		m.template(raw)
		if careful := carefully(raw, func(h []byte) { long = append(long, string(h)) }); string(m.dst) != string(careful) || !slices.Equal(short, long) {
			t.Fatalf("%q: by the short cut %q with %q, carefully %q with %q", raw, m.dst, short, careful, long)
		}
		// Words that are left may read as something else in hostile text, but not for
		// ever: it settles.
		last := once
		for round := 0; ; round++ {
			next := Template(nil, last)
			if string(next) == string(last) {
				break
			}
			if round == 8 {
				t.Fatalf("%q does not settle: %q, then %q", raw, last, next)
			}
			last = next
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := Parse(raw)
		if r.Code != 0 && (r.Code < 200 || r.Code > 699) {
			t.Fatalf("code %d", r.Code)
		}
		if len(r.Text) > len(raw) {
			t.Fatalf("text is longer than the input: %q", r.Text)
		}
		Tag(r.Text)
		Server(r.Text)
	})
}

func FuzzQuotedIP(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a, ok := QuotedIP(raw); ok && !a.IsValid() {
			t.Fatal("an address that is none")
		}
	})
}
