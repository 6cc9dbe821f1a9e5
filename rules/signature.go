package rules

import (
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

// signatures finds out who wrote a reply: by words that one receiver alone uses
// ("- gsmtp", "[TSS04]", "AUP#In-1310"), and by host names in it
// ("postmaster.comcast.net"). Words are looked for in the template, hosts on the
// way to it, for there they are masked.
type signatures struct {
	words []signature
	hosts map[string]string // domain to provider id
}

// signature is a literal in which % stands for a digit. It begins at the
// beginning of a word if it begins with a letter or digit.
type signature struct {
	text     string
	provider string
}

// word returns the provider of the first signature in a template, "" if none.
func (s *signatures) word(template string) string {
	for i := range s.words {
		if s.words[i].in(template) {
			return s.words[i].provider
		}
	}
	return ""
}

func (s signature) in(template string) bool {
	lead, _, _ := strings.Cut(s.text, "%")
	for i := 0; ; i++ {
		n := strings.Index(template[i:], lead)
		if n < 0 {
			return false
		}
		i += n
		if s.at(template, i) {
			return true
		}
	}
}

func (s signature) at(t string, i int) bool {
	if len(t)-i < len(s.text) || alnum(s.text[0]) && i > 0 && alnum(t[i-1]) {
		return false
	}
	for j := range len(s.text) {
		if c := t[i+j]; s.text[j] == '%' {
			if c-'0' >= 10 {
				return false
			}
		} else if c != s.text[j] {
			return false
		}
	}
	return true
}

func alnum(c byte) bool { return c-'0' < 10 || c|0x20-'a' < 26 }

// host returns the provider that a host name belongs to, "" if none.
func (s *signatures) host(h []byte) string {
	var buf [128]byte
	if len(h) > len(buf) {
		return ""
	}
	for i, c := range h {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf[i] = c
	}
	for i := range h {
		if i == 0 || buf[i-1] == '.' {
			if p, ok := s.hosts[string(buf[i:len(h)])]; ok {
				return p
			}
		}
	}
	return ""
}

// BySignature returns the id of the provider whose words a reply has, "" if
// none is recognised.
func (ps *Providers) BySignature(raw []byte) string {
	host := ""
	t := reply.TemplateHosts(nil, raw, func(h []byte) {
		if host == "" {
			host = ps.signs.host(h)
		}
	})
	if p := ps.signs.word(string(t)); p != "" {
		return p
	}
	return host
}

// hears says whether the words of a reply may tell another provider than the
// given one: none is known, or it only passes on what others said.
func (ps *Providers) hears(provider string) bool {
	if provider == "" {
		return true
	}
	p := ps.byID[provider]
	return p == nil || p.relays()
}
