package rules

import (
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Every class has its words: what it says, what it is not, what to do, who can do
// it, and where that is from; and so has every kind, scope and group of codes.
func TestMeaningsAreComplete(t *testing.T) {
	set := builtin(t)
	m := set.Meanings
	for _, name := range mail.ClassNames() {
		class, _ := mail.ParseClass(name)
		c := m.Class(class)
		if c == nil || c.Class != name {
			t.Fatalf("class %s has no meaning", name)
		}
		if c.Name == "" || c.Says == "" || c.IsNot == "" || len(c.First) == 0 || c.Fix == "" || c.Source == "" {
			t.Errorf("class %s: %+v", name, c)
		}
		// Nothing that says more than the class knows (H11).
		if class != mail.MailboxUnknown && strings.Contains(strings.ToLower(c.Says), "invalid") {
			t.Errorf("class %s says %q", name, c.Says)
		}
	}
	if c := m.Class(mail.ClassNone); c == nil || c.Class != "other" {
		t.Errorf("no class is %+v", c)
	}
	for _, k := range kinds {
		if got := m.Kind(k); got == nil || got.Says == "" || got.Source == "" {
			t.Errorf("kind %s: %+v", k, got)
		}
	}
	for _, name := range mail.ScopeNames() {
		scope, _ := mail.ParseScope(name)
		if got := m.Scope(scope); got == nil || got.Says == "" || got.Source == "" {
			t.Errorf("scope %s: %+v", name, got)
		}
	}
	for _, topic := range []string{"add-ips", "receiver-cap", "shared-pool"} {
		if !strings.Contains(topicNames(set.Topics), " "+topic+" ") {
			t.Errorf("no topic %s in %s", topic, topicNames(set.Topics))
		}
	}
}

func topicNames(topics []Topic) string {
	s := " "
	for _, t := range topics {
		s += t.Topic + " "
	}
	return s
}

// The table of seed C: what a code by itself means and asks for (C20 to C23), that
// 4xx is a soft bounce which may become lost mail (C98), and that a 5xx is a verdict
// on the mailbox only where its class is (H11, H16).
func TestCodeTable(t *testing.T) {
	set := builtin(t)
	f := func(text string, want ...string) {
		t.Helper()
		m := set.Replies.Classify("", []byte(text))
		got := ""
		for _, c := range set.Meanings.CodesOf(m) {
			got += c.Code + ": " + c.Name + "; " + c.Do + "; " + c.Note + "\n"
		}
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%q: no %q in\n%s", text, w, got)
			}
		}
	}
	f("450 4.2.0 Later", "4xx: temporary; soft bounce; let it be retried, and watch", "become lost mail")
	f("451 4.7.0 Later", "4xx: temporary", "4.7.0: policy, security or throttling", "not the mailbox; reduce concurrency")
	f("421 Later", "421: the server says wait", "back off delivery")
	f("451 4.4.2 Error: timeout exceeded", "4.4.2: the connection timed out or broke; check the remote MX")
	f("4.7.652 no code before it", "4xx: temporary")
	f("550 5.1.1 no such user", "5xx: permanent; hard bounce")
	f("250 2.0.0 OK", "2xx: accepted")
	f("605 Not delivering to previously bounced address", "6xx: ")
	f("connect to mx.example.net[192.0.2.1]:25: Connection timed out", "none: no SMTP code")
	if got := set.Meanings.CodesOf(set.Replies.Classify("", []byte("421 4.7.0 Too many concurrent connections"))); len(got) != 3 {
		t.Errorf("421 4.7.0 has %d meanings, want those of 4xx, 421 and 4.7.0", len(got))
	}
}

// A 4.7.0 speaks of policy, security or throttling, never of a mailbox, whatever
// its words are (C12).
func TestPolicyStatusIsNoMailbox(t *testing.T) {
	r := builtin(t).Replies
	for _, words := range []string{"", "Refused", "Later", "Qwertz", "Try again later", "Temporary failure", "Not now", "Denied", "Too many concurrent connections",
		"Too many errors", "Your message could not be delivered", "Throttled", "Deferred due to local policy", "Busy"} {
		for _, code := range []string{"421", "450", "451", "454"} {
			m := r.Classify("", []byte(code+" 4.7.0 "+words))
			if m.Class == mail.MailboxUnknown || m.Class == mail.MailboxFull || !m.Temporary() {
				t.Errorf("%s 4.7.0 %s: %s by %s, temporary %v", code, words, m.Class, m.Rule, m.Temporary())
			}
		}
	}
}

// Gateways say it in words of their own (C19).
func TestGatewayFamily(t *testing.T) {
	r := builtin(t).Replies
	f := func(provider, text string) {
		t.Helper()
		if m := r.Classify(provider, []byte(text)); m.Class != mail.ConnectionLimit || !m.Temporary() {
			t.Errorf("%s %q: %s by %q", provider, text, m.Class, m.Rule)
		}
	}
	f("", "421 4.7.0 Too many concurrent SMTP connections from 192.0.2.10")              // FortiMail
	f("", "451 4.7.1 Too many connections from your host, please try again later")       // FortiMail
	f("", "421 4.3.2 Connection rate limit exceeded.")                                   // sendmail behind FortiMail
	f("", "421 4.4.5 Too many connections to this host")                                 // Symantec Messaging Gateway
	f("", "421 #4.4.5 Too many connections from your host.")                             // Cisco
	f("", "451 4.7.1 192.0.2.10: Exceeded 100 connections in 30 minutes.")               // Barracuda
	f("mimecast", "451 Account service is temporarily unavailable. Please try later.")   // Mimecast
	f("", "421 mx1.gw.example.net too many simultaneous sessions; try again")            // any
	f("", "452 4.3.2 maximum number of concurrent connections reached, try again later") // any
}

// Mistakes in classes.yaml and topics.yaml are told with their places.
func TestMeaningsErrors(t *testing.T) {
	src, err := data.ReadFile("classes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f := func(old, with, want string) {
		t.Helper()
		text := strings.Replace(string(src), old, with, 1)
		if text == string(src) {
			t.Fatalf("%q is not in classes.yaml", old)
		}
		_, errs := LoadMeanings("classes.yaml", []byte(text))
		all := ""
		for _, err := range errs {
			all += err.Error() + "\n"
		}
		if !strings.Contains(all, want) || !strings.Contains(all, "classes.yaml:") {
			t.Errorf("%q: got %q, want %q", with, all, want)
		}
	}
	f("class: greylist", "class: graylist", `unknown class "graylist"; did you mean "greylist"?`)
	f("class: greylist", "class: graylist", `class "greylist" has no meaning here`)
	f("    fix: the receiver\n", "", "class receiver-busy: needs fix")
	f("    source: C31; C L51; RFC 3463 3.4 (X.3.1, X.3.2)\n", "", "no source")
	f("kind: session-limit", "kind: session", `kind "session-limit" has no meaning here`)
	f("scope: per-ip", "scope: per_ip", `unknown scope "per_ip"; did you mean "per-ip"?`)
	f("code: 4xx", "code: 4yy", `unknown code "4yy"`)
	f("    says: the sending IP\n", "", "scope per-ip: needs says")
}

func TestTopicErrors(t *testing.T) {
	_, errs := decodeTopics("topics.yaml", []byte("topics:\n- {topic: a, name: n, says: s, is_not: i, first: [f], source: x, conditions: [{text: t}]}\n- {topic: a, name: n}\n"))
	all := ""
	for _, err := range errs {
		all += err.Error() + "\n"
	}
	for _, want := range []string{"topics.yaml:2:", "needs known", "topics.yaml:3:", `topic "a" is there twice`, "needs says", "needs is_not", "needs first", "no source"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
}
