package rules

import (
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

func BenchmarkClassifyWarm(b *testing.B) {
	c := builtin(b).Replies.NewClassifier()
	texts := make([][]byte, len(sample))
	for i, s := range sample {
		texts[i] = []byte(s.text)
		c.Classify(s.provider, texts[i])
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		k := i % len(sample)
		if m := c.Classify(sample[k].provider, texts[k]); m.Class != sample[k].class {
			b.Fatalf("%q: %s", texts[k], m.Class)
		}
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
	text := []byte(sample[0].text)
	c.Classify("microsoft-consumer", text)
	if n := testing.AllocsPerRun(100, func() { c.Classify("microsoft-consumer", text) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
