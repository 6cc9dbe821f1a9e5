package rules

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

const (
	consumer = "microsoft-consumer"
	typical  = "451 4.7.652 The mail server [198.51.100.25] has exceeded the maximum number of connections. (S3115) [BL6PEPF00000001.NAMP222.PROD.OUTLOOK.COM 2026-05-20T09:02:14.000Z 08DD4D9FD5AFF45C]"
)

// The refusal that this is about, and what only looks like it (H01, H09, H10, H81).
func TestMicrosoftConnectionLimit(t *testing.T) {
	r := builtin(t).Replies
	f := func(provider, text string, class mail.Class, low, high float64) {
		t.Helper()
		m := r.Classify(provider, []byte(text))
		if m.Class != class || m.Confidence < low || m.Confidence > high {
			t.Errorf("%s %q: %s %.2f by %s, want %s %.2f to %.2f", provider, text, m.Class, m.Confidence, m.Rule, class, low, high)
		}
	}
	f(consumer, typical, mail.ConnectionLimit, .97, 1)
	f("", typical, mail.ConnectionLimit, .97, 1) // by its signature
	f(consumer, "451 4.7.652 The mail server 198.51.100.25 has exceeded the maximum number of connections.", mail.ConnectionLimit, .97, 1)
	f(consumer, "451 4.7.652 The mail server [2001:db8::25] has exceeded the maximum number of connections.", mail.ConnectionLimit, .97, 1)
	f(consumer, "451 4.7.652 The mail server [a.b.c.d] has exceeded the maximum number of connections.", mail.ConnectionLimit, .97, 1)
	f(consumer, "host hotmail-com.olc.protection.outlook.com[192.0.2.1] said: "+typical+" (in reply to MAIL FROM command)", mail.ConnectionLimit, .97, 1)
	f(consumer, "SMTP error from remote mail server after MAIL FROM:<a@example.com>: "+typical, mail.ConnectionLimit, .97, 1)
	// The status without the words, and the words with another status: less sure.
	f(consumer, "451 4.7.652 Refused", mail.ConnectionLimit, .6, .9)
	f(consumer, "421 4.7.0 The mail server [198.51.100.25] has exceeded the maximum number of connections.", mail.ConnectionLimit, .6, .95)
	// The status of another receiver is not Microsoft's.
	f("", "451 4.7.652 Refused by mx.example.net", mail.PolicyContent, .1, .7)
	f("google", "451 4.7.652 Refused", mail.PolicyContent, .1, .7)
	// The status later in the line does not count.
	f(consumer, "550 5.1.1 User unknown, see 451 4.7.652", mail.MailboxUnknown, .5, 1)
	f(consumer, "451 4.7.650 The mail server [198.51.100.25] has been temporarily rate limited due to IP reputation. Not 451 4.7.652 (S775)", mail.Reputation, .8, 1)
}

// Replies of one code have many meanings (H36), and one meaning has many codes
// (C01, C14 to C19).
func TestMeanings(t *testing.T) {
	r := builtin(t).Replies
	f := func(provider, text string, class mail.Class, kind string, scope mail.Scope) {
		t.Helper()
		m := r.Classify(provider, []byte(text))
		if m.Class != class || m.Kind != kind || m.Scope != scope {
			t.Errorf("%s %q: %s %q %s by %s, want %s %q %s", provider, text, m.Class, m.Kind, m.Scope, m.Rule, class, kind, scope)
		}
	}
	f(consumer, "451 4.7.652 The mail server [198.51.100.25] has exceeded the maximum number of connections. (S3115)", mail.ConnectionLimit, "concurrency", mail.PerIP)
	f(consumer, "451 4.7.650 The mail server [198.51.100.25] has been temporarily rate limited due to IP reputation. (S775)", mail.Reputation, "", mail.PerIP)
	f("", "451 4.4.2 mx.example.net Error: timeout exceeded", mail.TimeoutNetwork, "", mail.ScopeUnknown)
	f("", "451 4.7.1 Greylisting in action, please come back in 00:05:00", mail.Greylist, "", mail.ScopeUnknown)

	f("", "421 4.7.0 Too many concurrent connections", mail.ConnectionLimit, "concurrency", mail.ScopeUnknown)
	f("", "451 4.7.0 Too many concurrent connections", mail.ConnectionLimit, "concurrency", mail.ScopeUnknown)
	f("", "421 4.7.0 Too many connections, try again later", mail.ConnectionLimit, "concurrency", mail.ScopeUnknown)
	f("", "421 4.7.0 mx2.example.net Error: too many connections from 192.0.2.1", mail.ConnectionLimit, "concurrency", mail.PerIP)
	f("", "421 4.3.2 Connection rate limit exceeded.", mail.ConnectionLimit, "connection-rate", mail.PerIP)
	f("", "421 mx.example.com: Too many concurrent SMTP connections; please try again later.", mail.ConnectionLimit, "concurrency", mail.ReceiverWide)
	f("", "421 4.7.0 all screening ports are busy", mail.ReceiverBusy, "", mail.ReceiverWide)
	f("", "421 4.7.0 mx.example.com busy", mail.ReceiverBusy, "", mail.ReceiverWide)

	// One's own side (X12).
	f("", "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.", mail.ConnectionLimit, "own-side", mail.OwnSide)
	f("", "454 Throttling failure: Maximum sending rate exceeded.", mail.RateLimit, "", mail.OwnSide)

	// What other receivers mean by the same words.
	f("yahoo", "421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred due to unexpected volume or user complaints", mail.Reputation, "", mail.PerIP)
	f("google", "421-4.7.28 Gmail has detected an unusual rate of mail originating 421 4.7.28 from your IP address.", mail.RateLimit, "", mail.PerIP)

	// Local texts have no reply of a receiver in them.
	f("", "conversation with mx.example.com[192.0.2.1] timed out while sending MAIL FROM", mail.TimeoutNetwork, "", mail.ScopeUnknown)
	f("", "lost connection with mx.example.com[192.0.2.1] while receiving the initial server greeting", mail.TimeoutNetwork, "", mail.ScopeUnknown)
	f("", "connect to mx.example.com[192.0.2.1]:25: Connection refused", mail.TimeoutNetwork, "", mail.ScopeUnknown)
	f(consumer, "connect to mx.example.com[192.0.2.1]:25: Connection refused", mail.TimeoutNetwork, "", mail.ScopeUnknown)
	f("", "Host or domain name not found. Name service error for name=mx.example.com type=A: Host not found, try again", mail.DNS, "", mail.PerDomain)
	f("", "TLS is required, but was not offered by host mx.example.com[192.0.2.1]", mail.TLS, "", mail.ScopeUnknown)

	// What nobody knows, and what is no refusal.
	f("", "450 Qwertz", mail.Other, "", mail.ScopeUnknown)
	f("", "250 2.0.0 Ok: queued as 4XyZ too many connections", mail.Other, "", mail.ScopeUnknown)
	f("", "", mail.Other, "", mail.ScopeUnknown)
}

// A reply cut short counts with less confidence (C18).
func TestCutShort(t *testing.T) {
	r := builtin(t).Replies
	full := r.Classify("", []byte("421 4.7.0 Too many concurrent connections"))
	cut := r.Classify("", []byte("421 4.7.0 Too many conc"))
	if cut.Class != full.Class || cut.Confidence >= full.Confidence {
		t.Errorf("full %s %.2f, cut short %s %.2f", full.Class, full.Confidence, cut.Class, cut.Confidence)
	}
}

// Only an unknown mailbox is a reason to suppress an address (H11, H16).
func TestKeepAddress(t *testing.T) {
	r := builtin(t).Replies
	f := func(text string, want bool) {
		t.Helper()
		if m := r.Classify("", []byte(text)); m.KeepAddress() != want {
			t.Errorf("%q: %s, keep %v", text, m.Class, !want)
		}
	}
	f("550 5.1.1 <user@example.com>: User unknown", false)
	f(typical, true)
	f("550 5.7.1 Too many connections from your IP", true)
	f("554 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour.", true)
	f("552 5.2.2 Mailbox full", true)
	f("550 Qwertz", true)
}

func TestExplain(t *testing.T) {
	r := builtin(t).Replies
	all := r.Explain(consumer, []byte(typical))
	if len(all) < 3 || all[0].Rule != "ms-connection-limit" || all[1].Rule != "ms-s3115" || all[2].Rule != "ms-4.7.652" {
		t.Errorf("got %d rules: %v", len(all), all)
	}
	for _, m := range all {
		if m.By == nil || m.By.ID != m.Rule || m.Template != all[0].Template {
			t.Errorf("got %+v", m)
		}
	}
	if all := r.Explain("", []byte("450 Qwertz")); len(all) != 0 {
		t.Errorf("a reply nobody knows is explained by %v", all)
	}
}

// Hosts, addresses and ids do not change an answer; what stays in the template does.
func TestMatchParts(t *testing.T) {
	m := builtin(t).Replies.Classify(consumer, []byte(typical))
	if m.Code != 451 || m.Enhanced != (reply.Enhanced{Class: 4, Subject: 7, Detail: 652}) || m.Provider != consumer || m.Kind != "concurrency" ||
		m.Template != "451 4.7.652 The mail server [*] has exceeded the maximum number of connections. (S3115) [*]" {
		t.Errorf("got %+v", m)
	}
}

// texts are all that the tests here know of replies: examples of rules, texts of
// families, and mutations of them.
func texts(t testing.TB, set *Set) (out [][2]string) {
	for _, r := range set.Rules() {
		for _, e := range append(r.Examples.Match, r.Examples.NoMatch...) {
			p := ""
			if len(r.Providers) > 0 {
				p = r.Providers[0]
			}
			out = append(out, [2]string{p, e}, [2]string{"", e}, [2]string{"sendgrid", e})
		}
	}
	return out
}

// mutate changes what a template masks and what it does not.
func mutate(rnd *rand.Rand, s string) string {
	b := []byte(s)
	for range 1 + rnd.IntN(4) {
		if len(b) == 0 {
			break
		}
		i := rnd.IntN(len(b))
		switch rnd.IntN(6) {
		case 0:
			b[i] = byte(rnd.IntN(256))
		case 1:
			b = b[:i]
		case 2:
			b = append(b[:i:i], b[min(len(b), i+1+rnd.IntN(9)):]...)
		case 3:
			b = bytes.ReplaceAll(b, []byte("192.0.2."), []byte("2001:db8::"))
		case 4:
			b = fmt.Appendf(b[:i:i], " %d mx%d.example.com %s", rnd.IntN(999), rnd.IntN(99), s[min(i, len(s)):])
		case 5:
			b = append([]byte("host mx.outlook.com[192.0.2.1] said: "), b...)
		}
	}
	return string(b)
}

// The memory answers as the rules would (it is sound), also when it is full, and
// the shared classifier answers as one of its own.
func TestMemoIsSound(t *testing.T) {
	set := builtin(t)
	known := texts(t, set)
	if len(known) < 1000 {
		t.Fatalf("%d texts", len(known))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	long := set.Replies.NewClassifier()
	f := func(provider, text string) {
		t.Helper()
		fresh := set.Replies.NewClassifier().Classify(provider, []byte(text))
		if again := long.Classify(provider, []byte(text)); again != fresh {
			t.Errorf("%s %q: remembered %+v, fresh %+v", provider, text, again, fresh)
		}
		if m := set.Replies.Classify(provider, []byte(text)); m != fresh {
			t.Errorf("%s %q: shared %+v, fresh %+v", provider, text, m, fresh)
		}
	}
	for range 3 {
		for _, k := range known {
			f(k[0], k[1])
			f(k[0], mutate(rnd, k[1]))
		}
	}
}

// The same over the labelled collection, where it is at hand.
func TestMemoIsSoundOnLabelledReplies(t *testing.T) {
	rows := loadLabelled(t)
	set := builtin(t)
	long := set.Replies.NewClassifier()
	for range 2 {
		for _, r := range rows {
			for _, p := range []string{"", r.provider, "sendgrid"} {
				fresh := set.Replies.NewClassifier().Classify(p, []byte(r.reply))
				if m := long.Classify(p, []byte(r.reply)); m != fresh {
					t.Errorf("%s %q: remembered %+v, fresh %+v", p, r.reply, m, fresh)
				}
			}
		}
	}
}

// What a template masks must not decide: the class of a reply is that of its template.
func TestTemplateDecides(t *testing.T) {
	set := builtin(t)
	for _, k := range texts(t, set) {
		if k[0] == "sendgrid" {
			continue // whose rules are those of any provider its replies are from
		}
		m := set.Replies.Classify(k[0], []byte(k[1]))
		provider := m.Provider // for the template has no host names left to tell it
		if again := set.Replies.Classify(provider, []byte(m.Template)); again.Class != m.Class {
			t.Errorf("%s %q: %s, its template %q: %s", k[0], k[1], m.Class, m.Template, again.Class)
		}
	}
}

func TestMemoIsBounded(t *testing.T) {
	c := builtin(t).Replies.NewClassifier()
	for i := range maxMemo + 100 {
		word := []byte("aaaaa")
		for k, n := 0, i; n > 0; k, n = k+1, n/26 {
			word[k] += byte(n % 26)
		}
		if m := c.Classify("", fmt.Appendf(nil, "421 4.7.0 too many connections, said zq%s", word)); m.Class != mail.ConnectionLimit {
			t.Fatalf("%s: %s", word, m.Class)
		}
	}
	if len(c.memo) > maxMemo || len(c.memo) < 50 {
		t.Errorf("%d answers are remembered", len(c.memo))
	}
}

func TestClassifyTogether(t *testing.T) {
	set := builtin(t)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			own := set.Replies.NewClassifier()
			for range 20 {
				for _, s := range sample {
					if a, b := set.Replies.Classify(s.provider, []byte(s.text)), own.Classify(s.provider, []byte(s.text)); a.Class != s.class || a != b {
						t.Errorf("%q: %s and %s", s.text, a.Class, b.Class)
						return
					}
				}
			}
		})
	}
	workers.Wait()
}

func FuzzClassify(f *testing.F) {
	set := builtin(f)
	for i, k := range texts(f, set) {
		if i%7 == 0 {
			f.Add(k[0], []byte(k[1]))
		}
	}
	long := set.Replies.NewClassifier()
	f.Fuzz(func(t *testing.T, provider string, raw []byte) {
		m := long.Classify(provider, raw)
		if fresh := set.Replies.NewClassifier().Classify(provider, raw); m != fresh {
			t.Fatalf("remembered %+v, fresh %+v", m, fresh)
		}
		if (m.Rule == "") != (m.By == nil) || (m.Rule == "") != (m.Confidence == 0) || m.Class == mail.ClassNone {
			t.Fatalf("got %+v", m)
		}
	})
}
