package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

// sample are refusals as a busy log has them, with the parts that differ.
var sample = []struct {
	provider, text string
	class          mail.Class
}{
	{"microsoft-consumer", "451 4.7.652 The mail server [192.0.2.25] has exceeded the maximum number of connections. (S3115) [AB1PEPF00000001.namprd21.prod.outlook.com 2026-05-20T09:02:14.000Z 08DD4D9FD5AFF45C]", mail.ConnectionLimit},
	{"google", "421-4.7.28 [192.0.2.25      15] Gmail has detected an unusual rate of mail originating 421-4.7.28 from your IP address. To protect our users from spam, mail sent from 421-4.7.28 your IP address has been temporarily rate limited. 421 4.7.28 https://support.google.com/mail/?p=UnsolicitedRateLimitError x12-20020a05.1 - gsmtp", mail.RateLimit},
	{"", "421 4.7.0 mx2.example.net Error: too many connections from 192.0.2.1", mail.ConnectionLimit},
	{"yahoo", "421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes", mail.Reputation},
	{"", "450 4.2.0 <user@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html", mail.Greylist},
	{"", "554 5.7.1 Service unavailable; Client host [192.0.2.33] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.33", mail.Listing},
	{"", "550 5.1.1 <user@example.com>: Recipient address rejected: User unknown in virtual mailbox table", mail.MailboxUnknown},
	{"", "connect to mx.example.org[192.0.2.1]:25: Connection timed out", mail.TimeoutNetwork},
}

func builtin(t testing.TB) *Set {
	t.Helper()
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// varied are n replies of a busy log in no order: the sample's, each time with other
// addresses, hosts, times and ids. kind is the index in sample.
func varied(n int) (texts [][]byte, kind []int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		ip := fmt.Sprintf("%d.%d.%d.%d", 1+rnd.IntN(223), rnd.IntN(256), rnd.IntN(256), rnd.IntN(256))
		if rnd.IntN(8) == 0 {
			ip = fmt.Sprintf("2001:db8:%x::%x", rnd.IntN(1<<16), rnd.IntN(1<<16))
		}
		domain := fmt.Sprintf("example-%x.%s", rnd.IntN(1<<16), []string{"com", "net", "org", "co.uk"}[rnd.IntN(4)])
		fill := strings.NewReplacer("192.0.2.25", ip, "192.0.2.33", ip, "192.0.2.1", ip,
			"AB1PEPF00000001", fmt.Sprintf("%c%c%dPEPF%08X", 'A'+rnd.IntN(26), 'A'+rnd.IntN(26), rnd.IntN(10), rnd.Uint32()),
			"namprd21", fmt.Sprintf("namprd%02d", rnd.IntN(30)), "08DD4D9FD5AFF45C", fmt.Sprintf("%016X", rnd.Uint64()),
			"05-20T09:02:14.000Z", fmt.Sprintf("%02d-%02dT%02d:%02d:%02d.%03dZ", 1+rnd.IntN(12), 1+rnd.IntN(28), rnd.IntN(24), rnd.IntN(60), rnd.IntN(60), rnd.IntN(1000)),
			"x12-20020a05.1", fmt.Sprintf("%x-%xsi%da%d.%d", rnd.Uint64()>>12, rnd.Uint64()>>20, rnd.IntN(1e7), rnd.IntN(100), rnd.IntN(1000)),
			"user@example.com", fmt.Sprintf("user%d@%s", rnd.IntN(1e5), domain), "help/example.com", "help/"+domain,
			"mx2.example.net", fmt.Sprintf("mx%d.%s", rnd.IntN(10), domain), "mx.example.org", "mx."+domain)
		k := i % len(sample)
		texts, kind = append(texts, []byte(fill.Replace(sample[k].text))), append(kind, k)
	}
	rnd.Shuffle(n, func(i, j int) { texts[i], texts[j], kind[i], kind[j] = texts[j], texts[i], kind[j], kind[i] })
	return texts, kind
}

// All templates are remembered, no text is seen often.
func BenchmarkClassifyWarm(b *testing.B) {
	c := builtin(b).Replies.NewClassifier()
	for _, s := range sample {
		c.Classify(s.provider, []byte(s.text))
	}
	texts, kind := varied(4096)
	size := 0
	for _, t := range texts {
		size += len(t)
	}
	b.SetBytes(int64(size / len(texts)))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		k := i % len(texts)
		if m, s := c.Classify(sample[kind[k]].provider, texts[k]), &sample[kind[k]]; m.Class != s.class {
			b.Fatalf("%q: %s", texts[k], m.Class)
		}
	}
	if len(c.memo) != len(sample) {
		b.Errorf("%d templates, want those of the sample only", len(c.memo))
	}
}

func BenchmarkClassifyMiss(b *testing.B) {
	r := builtin(b).Replies
	templates := make([]string, len(sample))
	for i, s := range sample {
		templates[i] = string(reply.Template(nil, []byte(s.text)))
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		k := i % len(sample)
		if m := r.classify(sample[k].provider, "", templates[k]); m.Class != sample[k].class {
			b.Fatalf("%q: %s", templates[k], m.Class)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for range b.N {
		if set := builtin(b); len(set.Rules()) < 300 {
			b.Fatal("rules are missing")
		}
	}
}

func TestClassifyWarmDoesNotAllocate(t *testing.T) {
	c := builtin(t).Replies.NewClassifier()
	texts, kind := varied(256)
	for i, text := range texts {
		provider := sample[kind[i]].provider
		c.Classify(provider, text)
		if n := testing.AllocsPerRun(5, func() { c.Classify(provider, text) }); n != 0 {
			t.Errorf("%q: %v allocations, want 0", text, n)
		}
	}
}

// What differs between replies that mean the same needs no memory, and what is
// remembered for one of them is right for all.
func TestVariedRepliesAreRemembered(t *testing.T) {
	replies := builtin(t).Replies
	c := replies.NewClassifier()
	texts, kind := varied(2048)
	for i, text := range texts {
		s := sample[kind[i]]
		if m, fresh := c.Classify(s.provider, text), replies.NewClassifier().Classify(s.provider, text); m != fresh || m.Class != s.class {
			t.Errorf("%q: remembered %+v, fresh %+v", text, m, fresh)
		}
	}
	if len(c.memo) != len(sample) {
		t.Errorf("%d templates, want %d", len(c.memo), len(sample))
	}
}
