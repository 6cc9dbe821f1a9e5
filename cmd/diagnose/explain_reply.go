package main

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// explainedReply is what a reply means. Unknown is null.
type explainedReply struct {
	Explained
	Reply    string  `json:"reply"`
	MX       *string `json:"mx"`
	Provider *string `json:"provider"`
	Receiver *string `json:"receiver"`
	Code     *int    `json:"code"`
	Enhanced *string `json:"enhanced"`
	// QuotedIP is our address as the receiver names it, Tag its own code, Server the
	// host that wrote the reply and Stamp its time.
	QuotedIP *string `json:"quoted_ip"`
	Tag      *string `json:"tag"`
	Server   *string `json:"server"`
	Stamp    *string `json:"stamp"`
	// Temporary is null for what has no SMTP code. KeepAddress says that the
	// address must not be suppressed because of the reply.
	Temporary   *bool       `json:"temporary"`
	CodeMeans   string      `json:"code_means"`
	Codes       []codeReads `json:"codes"`
	KeepAddress bool        `json:"keep_address"`
	// Template is the reply as rules see it.
	Template   string       `json:"template"`
	Class      string       `json:"class"`
	ClassName  string       `json:"class_name"`
	LimitKind  *string      `json:"limit_kind"`
	Rule       *string      `json:"rule"`
	Confidence float64      `json:"confidence"`
	Says       string       `json:"says"`
	Scope      string       `json:"scope"`
	ScopeSays  *string      `json:"scope_says"`
	IsNot      *string      `json:"is_not"`
	First      []string     `json:"first"`
	Action     *string      `json:"action"`
	WaitS      *int64       `json:"wait_s"`
	Fix        *string      `json:"fix"`
	Notes      []string     `json:"notes"`
	LookAlikes []lookAlike  `json:"look_alikes"`
	WonOver    []ruleName   `json:"won_over"`
	Sources    []sourceLine `json:"sources"`
}

// lookAlike is a reply that reads like another and means something else.
type lookAlike struct {
	Rule      string `json:"rule"`
	Class     string `json:"class"`
	ClassName string `json:"class_name"`
	Example   string `json:"example"`
}

// codeReads is what a code of the reply says by itself.
type codeReads struct {
	Code   string  `json:"code"`
	Says   string  `json:"says"`
	Do     *string `json:"do"`
	Source string  `json:"source"`
}

// ruleName is a rule with its class.
type ruleName struct {
	Rule  string `json:"rule"`
	Class string `json:"class"`
}

// sourceLine is where a part of an explanation is from.
type sourceLine struct {
	Of     string `json:"of"`
	Source string `json:"source"`
}

// guess is the confidence below which a reading is called one.
const guess = 0.5

// lookAlikesShown is how many look-alikes are named.
const lookAlikesShown = 4

func explainReply(set *rules.Set, mx, text string) *explainedReply {
	provider := set.Providers.ByMX(mx)
	m := set.Replies.Classify(provider, []byte(text))
	class, code := set.Meanings.Class(m.Class), set.Meanings.Code(m)
	x := &explainedReply{
		Explained: explainedAs("reply"), Reply: text, MX: orNil(mx), Provider: orNil(m.Provider), Enhanced: orNil(m.Enhanced.String()),
		KeepAddress: m.KeepAddress(), Class: class.Class, ClassName: class.Name, LimitKind: orNil(m.Kind), Rule: orNil(m.Rule), Confidence: m.Confidence,
		Template: m.Template, Says: class.Says, Scope: m.Scope.String(), IsNot: orNil(class.IsNot), First: class.First, Fix: orNil(class.Fix), CodeMeans: code.Name,
	}
	x.parts(text)
	for _, c := range set.Meanings.CodesOf(m) {
		x.Codes = append(x.Codes, codeReads{c.Code, c.Name, orNil(c.Do), c.Source})
	}
	if p := set.Providers.Get(m.Provider); p != nil {
		x.Receiver = &p.Name
	}
	if m.Code > 0 {
		x.Code = &m.Code
	}
	if m.Temporary() || m.Permanent() {
		temporary := m.Temporary()
		x.Temporary = &temporary
	}
	if by := m.By; by != nil {
		x.Action = orNil(by.Action)
		if s := int64(by.Wait / time.Second); s > 0 {
			x.WaitS = &s
		}
		x.source("rule", by.Source)
		x.note(by.Note)
	}
	if accepted(m) {
		x.Says, x.IsNot, x.First, x.Fix = code.Note, nil, nil, nil
		x.source("code", code.Source)
		return x
	}
	x.source("class", class.Source)
	if kind := set.Meanings.Kind(m.Kind); kind != nil {
		x.Says = kind.Says
		x.source("kind", kind.Source)
	}
	x.scope(set, m, class)
	switch {
	case code.Keep == "":
		x.note(code.Note)
	case m.KeepAddress():
		x.CodeMeans = code.Keep
		x.note(code.Note)
	}
	x.source("code", code.Source)
	for _, l := range set.Replies.LookAlikes(m, lookAlikesShown) {
		c, _ := l.Rule.Meaning()
		x.LookAlikes = append(x.LookAlikes, lookAlike{l.Rule.ID, c.String(), meaningOf(set, l.Rule), l.Example})
	}
	if all := set.Replies.Explain(provider, []byte(text)); len(all) > 1 {
		for _, other := range all[1:] {
			x.WonOver = append(x.WonOver, ruleName{other.Rule, other.Class.String()})
		}
	}
	return x
}

// parts takes out of the words what a support ticket asks for.
func (x *explainedReply) parts(text string) {
	r := reply.Parse([]byte(text))
	if r.Code == 0 {
		return // the mailer's own words
	}
	words := r.Text
	if ip, ok := reply.QuotedIP(words); ok {
		s := ip.String()
		x.QuotedIP = &s
	}
	host, stamp := reply.Server(words)
	x.Tag, x.Server, x.Stamp = orNil(string(reply.Tag(words))), orNil(string(host)), orNil(string(stamp))
}

// accepted says that the reply refuses nothing.
func accepted(m rules.Match) bool { return m.Code/100 == 2 || m.Code/100 == 3 }

// scope says whom the limit counts, in the words of the class where the reply does
// not tell; nothing where it does not matter.
func (x *explainedReply) scope(set *rules.Set, m rules.Match, class *rules.ClassMeaning) {
	s := set.Meanings.Scope(m.Scope)
	switch {
	case m.Scope != mail.ScopeUnknown:
		x.ScopeSays = &s.Says
		x.source("scope", s.Source)
	case class.Scope != "":
		x.ScopeSays = &class.Scope
	}
}

func (x *explainedReply) source(of, source string) {
	x.Sources = append(x.Sources, sourceLine{of, source})
}

func (x *explainedReply) note(text string) {
	if text != "" {
		x.Notes = append(x.Notes, text)
	}
}

// meaningOf names the class of a rule and, where it has one, the kind of limit.
func meaningOf(set *rules.Set, r *rules.ReplyRule) string {
	class, scope := r.Meaning()
	s := set.Meanings.Class(class).Name
	if r.Kind != "" {
		s += ", " + r.Kind
	}
	if r.Scope != r.Kind && scope != mail.ScopeUnknown {
		s += ", " + r.Scope
	}
	return s
}
