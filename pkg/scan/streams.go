package scan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
)

// Stream declares a kind of mail by its envelope senders (C68, H78).
type Stream struct {
	Name string
	// Senders are patterns: an address ("orders@example.com", "orders@*") or a domain
	// ("example.com" or "@example.com", "*.example.com" for those below it). A * stands
	// for any text; case is no difference.
	Senders []string
	// Transactional mail is what somebody waits for.
	Transactional bool
}

// OtherStream is the name of the mail that no declared stream takes.
const OtherStream = "other"

// Check returns what is wrong with a declaration.
func (s *Stream) Check() error {
	switch {
	case s.Name == "":
		return errors.New("a stream needs a name")
	case s.Name == OtherStream:
		return fmt.Errorf("stream %q is the mail that no other stream takes; choose another name", s.Name)
	case len(s.Senders) == 0:
		return fmt.Errorf("stream %q needs a sender, such as orders@example.com or *.example.com", s.Name)
	}
	for _, p := range s.Senders {
		if at := strings.Count(p, "@"); p == "" || p == "@" || at > 1 || strings.ContainsAny(p, " \t<>,") {
			return fmt.Errorf("stream %q: want a sender such as orders@example.com, orders@* or *.example.com, have %q", s.Name, p)
		}
	}
	return nil
}

// takes says that a sender, in lower case, belongs to the stream.
func (s *Stream) takes(sender string) bool {
	domain := sender[strings.LastIndexByte(sender, '@')+1:]
	for _, p := range s.Senders {
		p = strings.ToLower(p)
		of := sender
		if rest, isDomain := strings.CutPrefix(p, "@"); isDomain || !strings.Contains(p, "@") {
			p, of = rest, domain
		}
		if of != "" && glob(p, of) {
			return true
		}
	}
	return false
}

// glob matches a text with a pattern in which * stands for any text. The time is
// bounded by the product of the two lengths.
func glob(pattern, text string) bool {
	star, again := -1, 0 // the last *, and where the text after it is tried next
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, again = p, t
			p++
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			again++
			p, t = star+1, again
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// streams finds the stream of a sender and whether it counts.
type streams struct {
	list  []Stream
	only  []string
	known map[string]group.Stream // by sender
}

// of returns the first declared stream that takes a sender.
func (s *streams) of(address []byte) group.Stream {
	if len(s.list) == 0 {
		return group.Stream{}
	}
	if found, ok := s.known[string(address)]; ok {
		return found
	}
	found := group.Stream{Name: OtherStream}
	sender := string(address)
	lower := strings.ToLower(sender)
	for i := range s.list {
		if s.list[i].takes(lower) {
			found = group.Stream{Name: s.list[i].Name, Transactional: s.list[i].Transactional}
			break
		}
	}
	if len(s.known) < maxCached && len(sender) <= maxName {
		s.known[sender] = found
	}
	return found
}

// wants says that mail of a stream counts (--stream).
func (s *streams) wants(one group.Stream) bool {
	return len(s.only) == 0 || slices.Contains(s.only, one.Name)
}
