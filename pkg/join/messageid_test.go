package join

import (
	"fmt"
	"strings"
	"testing"
)

// Message-IDs come back as they were, whatever they look like and however many hosts
// there are.
func TestMessageIDs(t *testing.T) {
	var s Memory
	f := func(id string) {
		t.Helper()
		var m message
		s.setMessageID(&m, []byte(id))
		if got := string(s.messageID(&m)); got != id || (m.messageID == 0) != (id == "") {
			t.Errorf("%q became %q", id, got)
		}
		s.setMessageID(&m, nil)
		if got := s.messageID(&m); got != nil || s.texts.live != 0 {
			t.Errorf("%q is left of %q, in %d bytes", got, id, s.texts.live)
		}
	}
	for range 2 {
		f("")
		f("@")
		f("no host")
		f("a@")
		f("@b")
		f("a@b@example.com")
		f("\x00\x00@\x01")
		f("a@" + strings.Repeat("x", 2*maxIDHost))
		f(strings.Repeat("x", 1000) + "@example.com")
	}
	for i := range maxIDHosts + 10 {
		f(fmt.Sprintf("%d@host%d.example.com", i, i))
	}
	f("1@host1.example.com")
	f("2@one.more.example.com")
	if len(s.ids.hosts) != maxIDHosts {
		t.Errorf("%d hosts are kept", len(s.ids.hosts))
	}
}
