package rules

import (
	"strings"
	"sync"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

// Match is what a reply means.
type Match struct {
	Class mail.Class
	// Kind is concurrency, connection-rate, session-limit or own-side for a
	// connection limit, else empty.
	Kind  string
	Scope mail.Scope
	// Provider is the provider that the reply was read as: the one given, or where
	// that is unknown or hands on replies of others, the one its own words betray.
	Provider string
	// Rule is the id of the rule that decided, "" if none knows the reply.
	Rule       string
	Confidence float64
	// Code and Enhanced are those of the reply.
	Code     int
	Enhanced reply.Enhanced
	// Template is the normalised reply (reply.Template).
	Template string
	// By is the rule with its source, action and notes; nil where Rule is "".
	By *ReplyRule
}

// KeepAddress says that the recipient's address must not be suppressed because
// of this reply, whatever its code is: a limit, a listing or a fault is no verdict
// on the mailbox (requirements H11, H16).
func (m Match) KeepAddress() bool {
	return m.Class != mail.MailboxUnknown && m.Class != mail.ClassNone
}

// Replies classifies SMTP replies. It is safe for concurrent use.
type Replies struct {
	rules   []*ReplyRule // in order of precedence
	phrases *phrases
	known   *Providers

	mu     sync.Mutex
	shared *Classifier
}

// Classify says what a reply of a provider means. provider is an id of
// Providers.ByMX, or "" where the MX is unknown or custom: then the provider is
// read from the reply's signature. raw may carry an MTA's wrapping.
//
// A reply that no rule knows is mail.Other without a rule and with confidence 0.
// So is, by the rule "success", a 2xx: it refuses nothing.
//
// Workers that classify many replies take a Classifier each.
func (r *Replies) Classify(provider string, raw []byte) Match {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shared == nil {
		r.shared = r.NewClassifier()
	}
	return r.shared.Classify(provider, raw)
}

// NewClassifier returns a classifier with a memory of its own, for one goroutine.
func (r *Replies) NewClassifier() *Classifier {
	c := &Classifier{replies: r, memo: map[string]*Match{}, hosts: newHostFilter(r.known.signs.hosts)}
	c.found = c.host
	return c
}

// maxMemo bounds the memory of a Classifier. Log text is hostile: when full, all
// is forgotten.
const maxMemo = 1 << 14

// Classifier is Replies with a memory: replies with the same provider, the same
// provider by their host names and the same template mean the same, because rules
// see nothing but these.
type Classifier struct {
	replies *Replies
	memo    map[string]*Match
	buf     []byte
	hosts   *hostFilter
	// provider is that of the reply at hand, hosted the one that its hosts tell.
	provider, hosted string
	found            func([]byte)
}

// Classify is Replies.Classify.
func (c *Classifier) Classify(provider string, raw []byte) Match { return *c.Match(provider, raw) }

// Match is Classify without a copy: the one remembered, which must not be changed. Two
// replies may have the same one; it means the same for both.
func (c *Classifier) Match(provider string, raw []byte) *Match {
	c.provider, c.hosted = provider, ""
	// The template comes first, for the host names are found on the way.
	c.buf = reply.TemplateHosts(c.buf[:0], raw, c.found)
	at := len(c.buf)
	c.buf = append(c.buf, 0)
	c.buf = append(c.buf, c.hosted...)
	c.buf = append(c.buf, 0)
	c.buf = append(c.buf, provider...)
	if m, ok := c.memo[string(c.buf)]; ok {
		return m
	}
	m := c.replies.classify(provider, c.hosted, string(c.buf[:at]))
	if len(c.memo) >= maxMemo {
		clear(c.memo)
	}
	c.memo[string(c.buf)] = &m
	return &m
}

// host notes the first provider that a host name in the reply belongs to.
func (c *Classifier) host(h []byte) {
	if c.hosted == "" && c.hosts.may(h) && c.replies.known.hears(c.provider) {
		c.hosted = c.replies.known.signs.host(h)
	}
}

// subject is a reply as rules see it.
type subject struct {
	code     int
	enhanced reply.Enhanced
	text     string // lower case
	has      bits
}

func (r *Replies) subject(template string) subject {
	p := reply.Parse([]byte(template))
	s := subject{code: p.Code, enhanced: p.Enhanced, text: strings.ToLower(string(p.Text))}
	s.has = r.phrases.in(s.text, nil)
	return s
}

// classify evaluates the rules. hosted is the provider by the host names.
func (r *Replies) classify(provider, hosted, template string) Match {
	s := r.subject(template)
	signed := ""
	if r.known.hears(provider) {
		if signed = r.known.signs.word(template); signed == "" {
			signed = hosted
		}
	}
	m := Match{Code: s.code, Enhanced: s.enhanced, Template: template, Provider: provider}
	if signed != "" {
		m.Provider = signed
	}
	m.Class = mail.Other
	for _, rule := range r.rules {
		if rule.heeds(provider, signed) && rule.matches(&s) {
			m.take(rule, s.text)
			break
		}
	}
	return m
}

// take fills a match from the rule that decided.
func (m *Match) take(rule *ReplyRule, text string) {
	m.Class, m.Kind, m.Scope = rule.class, rule.Kind, rule.scope
	m.Rule, m.Confidence, m.By = rule.ID, rule.Confidence, rule
	if rule.Scope == "" {
		m.Scope = inferScope(m, text)
	}
}

// Explain returns every rule that matches a reply, in order of precedence: the
// first is the answer of Classify, the others are what it won over. It is empty
// where no rule knows the reply.
func (r *Replies) Explain(provider string, raw []byte) []Match {
	c := r.NewClassifier()
	first := c.Classify(provider, raw)
	s := r.subject(first.Template)
	var all []Match
	for _, rule := range r.rules {
		if rule.heeds(provider, first.Provider) && rule.matches(&s) {
			m := first
			m.take(rule, s.text)
			all = append(all, m)
		}
	}
	return all
}

// heeds says whether a rule is for this provider.
func (rule *ReplyRule) heeds(provider, signed string) bool {
	if len(rule.Providers) == 0 {
		return true
	}
	for _, p := range rule.Providers {
		if p == provider || p == signed {
			return true
		}
	}
	return false
}

func (rule *ReplyRule) matches(s *subject) bool {
	if !rule.codes.has(s.code) || !anyEnhanced(rule.enhanced, s.enhanced) {
		return false
	}
	for _, n := range rule.all {
		if !s.has.has(n) {
			return false
		}
	}
	if len(rule.any) > 0 && !anyOf(rule.any, s.has) || len(rule.with) > 0 && !anyOf(rule.with, s.has) || anyOf(rule.not, s.has) {
		return false
	}
	return rule.pattern == nil || rule.pattern().MatchString(s.text)
}

func anyEnhanced(list []enhancedMatch, e reply.Enhanced) bool {
	for _, m := range list {
		if m.has(e) {
			return true
		}
	}
	return len(list) == 0
}

func anyOf(list []int, set bits) bool {
	for _, n := range list {
		if set.has(n) {
			return true
		}
	}
	return false
}

// Words that say whom a limit counts.
var (
	ipWords = []string{"your ip", "ip address", "this ip", "source ip", "sending ip", "from *", "from [*]", "from your", "from this", "(*)", "<*[*]>", "client host", "this client",
		"per client", "your host", "this host", "per-host", "per-source", "per ip", "per-ip", "* has", "you made", "you sent", "you send", "you have", "your network", "your server"}
	domainWords   = []string{"domain", "mailbox", "recipient has", "the recipient", "sender", "account", "customer", "your user", "for user"}
	clientWords   = []string{"client host", "source ip", "your ip", "dynamic ip", "host network", "accepting connections", "commands from *"}
	receiverWords = []string{"tls sessions at this time", "to this listener", " our server", "this server", "server has reached"}
)

// inferScope reads whom a limit counts from the words, where the rule does not
// say. What the words do not say is unknown (requirement C13).
func inferScope(m *Match, text string) mail.Scope {
	has := func(words []string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch m.Class {
	case mail.ReceiverBusy:
		return mail.ReceiverWide
	case mail.Listing, mail.Reputation, mail.PtrHelo:
		if strings.Contains(text, "domain") && !strings.Contains(text, " ip") {
			return mail.PerDomain
		}
		return mail.PerIP
	case mail.Auth, mail.DNS:
		if strings.Contains(text, "ipv6") {
			return mail.PerIP
		}
		return mail.PerDomain
	case mail.ConnectionLimit, mail.RateLimit:
		switch {
		case has(receiverWords):
			return mail.ReceiverWide
		case has(ipWords) || m.Kind == "connection-rate":
			return mail.PerIP
		case has(domainWords):
			return mail.PerDomain
		case m.Class == mail.RateLimit:
			return mail.PerIP // a rate counts somebody, who nobody names is the client
		}
	case mail.PolicyContent, mail.Other: // mostly about the message, which limits nobody
		if has(clientWords) {
			return mail.PerIP
		}
	default: // the others limit nobody
	}
	return mail.ScopeUnknown
}
