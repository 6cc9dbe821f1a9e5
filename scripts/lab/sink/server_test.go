package sink

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// small is a world of one receiver that nobody can reach but a test.
func small(t testing.TB, g Group) *host {
	t.Helper()
	g.Name, g.Hosts = "one", []string{"mx"}
	w, err := New(Setting{Hosts: map[string]Host{"mx": {Name: "mx.example.net", Addr: "203.0.113.1"}}, Groups: []Group{g}})
	if err != nil {
		t.Fatal(err)
	}
	return w.groups[0].hosts[0]
}

// pair is a connection and its two ends.
func pair(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	_ = client.SetDeadline(time.Now().Add(5 * time.Second))
	return client, server
}

// talk sends lines to a receiver and returns what it says until it hangs up.
func talk(t testing.TB, h *host, lines string) string {
	t.Helper()
	client, server := pair(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d := newDialogue(h, server, &tls.Config{})
		defer d.end()
		d.run()
	}()
	go func() {
		_, _ = io.WriteString(client, lines) // the receiver may hang up before
	}()
	said, _ := io.ReadAll(client)
	_ = client.Close()
	<-done
	return string(said)
}

const letter = "EHLO me\r\nMAIL FROM:<a@example.com> SIZE=10\r\nRCPT TO:<b@example.net>\r\nRCPT TO:<c@example.net>\r\nDATA\r\nSubject: x\r\n\r\n.. not the end\r\n.\r\nQUIT\r\n"

func TestTakes(t *testing.T) {
	h := small(t, Group{})
	said := talk(t, h, letter)
	var codes []string
	for line := range strings.Lines(said) {
		codes = append(codes, line[:4])
	}
	if got, want := strings.Join(codes, ""), "220 250-250-250-250-250 250 250 250 354 250 221 "; got != want {
		t.Errorf("codes %q, want %q; it said\n%s", got, want, said)
	}
	if h.accepted != 2 || len(h.took) != 2 || !h.took["b@example.net"] || h.sessions[0].closed.IsZero() || h.peakOpen != 1 || h.open != 0 {
		t.Errorf("counted %d recipients %v, peak %d, %d open", h.accepted, h.took, h.peakOpen, h.open)
	}
}

// A refusal says its text; a 421 ends the session, others do not.
func TestRefuses(t *testing.T) {
	f := func(r Rule, lines, want string, last string) {
		t.Helper()
		r.As = "why"
		r.Chance = 1
		h := small(t, Group{Rules: []Rule{r}})
		said := talk(t, h, lines)
		if !strings.Contains(said, want) || !strings.HasPrefix(said[strings.LastIndex(strings.TrimSpace(said), "\n")+1:], last) {
			t.Errorf("%+v: it said\n%s", r, said)
		}
		if h.refusals["why"] != 1 || h.accepted != 0 || h.sessions[0].refused != 1 {
			t.Errorf("%+v: counted %v, %d accepted", r, h.refusals, h.accepted)
		}
	}
	const mail = "EHLO me\r\nMAIL FROM:<a@example.com>\r\n"
	f(Rule{At: AtBanner, Reply: "too-many-concurrent"}, letter, "421 4.7.0 [127.0.0.1] Too many concurrent", "421")
	f(Rule{At: AtBanner, Reply: "dnsbl"}, "EHLO me\r\nQUIT\r\n", "554 5.7.1 Service unavailable; Client host [127.0.0.1]", "221")
	f(Rule{At: AtMail, Reply: "microsoft-limit"}, mail+"RSET\r\nQUIT\r\n", "451 4.7.652 The mail server [127.0.0.1] has exceeded", "221")
	f(Rule{At: AtMail, Reply: "google-rate"}, mail+"RSET\r\nQUIT\r\n", "421 4.7.28 [127.0.0.1]", "421")
	f(Rule{At: AtRcpt, Reply: "greylisted"}, mail+"RCPT TO:<b@example.net>\r\nQUIT\r\n", "451 4.7.1 <b@example.net>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.net.html", "221")
}

// What is not SMTP gets an error and nothing else.
func TestOrder(t *testing.T) {
	f := func(lines, want string) {
		t.Helper()
		if said := talk(t, small(t, Group{}), lines); !strings.Contains(said, want) {
			t.Errorf("%q: it said\n%s", lines, said)
		}
	}
	f("RCPT TO:<b@example.net>\r\nQUIT\r\n", "503 5.5.2 Need mail")
	f("DATA\r\nQUIT\r\n", "503 5.5.2 Need rcpt")
	f("HELO me\r\nMAIL FROM:<>\r\nRSET\r\nRCPT TO:<b@example.net>\r\nQUIT\r\n", "503 5.5.2 Need mail")
	f("STARTTLS\r\nQUIT\r\n", "502 5.5.1")
	f("VRFY x\r\nNOOP\r\nQUIT\r\n", "500 5.5.1 Unrecognized command\r\n250 2.0.0 OK")
}

func TestStartTLS(t *testing.T) {
	cert, err := certificate()
	if err != nil {
		t.Fatal(err)
	}
	h := small(t, Group{TLS: true})
	client, server := pair(t)
	go func() {
		d := newDialogue(h, server, &tls.Config{Certificates: []tls.Certificate{cert}})
		defer d.end()
		d.run()
	}()
	in := bufio.NewReader(client)
	ask := func(in *bufio.Reader, out io.Writer, line string) (said string) {
		if line != "" {
			if _, err := io.WriteString(out, line+"\r\n"); err != nil {
				t.Fatal(err)
			}
		}
		for {
			l, err := in.ReadString('\n')
			if err != nil {
				t.Fatalf("after %q: %v", line, err)
			}
			if said += l; l[3] == ' ' {
				return said
			}
		}
	}
	ask(in, client, "")
	if said := ask(in, client, "EHLO me"); !strings.Contains(said, "250-STARTTLS\r\n") {
		t.Errorf("EHLO: %s", said)
	}
	if said := ask(in, client, "STARTTLS"); !strings.HasPrefix(said, "220") {
		t.Errorf("STARTTLS: %s", said)
	}
	secure := tls.Client(client, &tls.Config{InsecureSkipVerify: true})
	in = bufio.NewReader(secure)
	if said := ask(in, secure, "EHLO me"); strings.Contains(said, "STARTTLS") {
		t.Errorf("EHLO under TLS: %s", said)
	}
	ask(in, secure, "QUIT")
	_ = client.Close()
}

// A cap over real sessions: the truth counts slots, sessions and refusals.
func TestTruthOfCap(t *testing.T) {
	g := Group{Name: "one", Hosts: []string{"mx"}, Rules: []Rule{{As: "cap", Cap: 1, At: AtMail, Reply: "microsoft-limit"}}}
	w, err := New(Setting{Hosts: map[string]Host{"mx": {Name: "mx.example.net", Addr: "203.0.113.1"}}, Groups: []Group{g}})
	if err != nil {
		t.Fatal(err)
	}
	h := w.groups[0].hosts[0]
	a, b := h.connect("192.0.2.1"), h.connect("192.0.2.1")
	for _, s := range []*session{a, b} {
		if no := s.ask(AtBanner, "", ""); no != "" {
			t.Fatalf("the banner: %s", no)
		}
	}
	if no := a.ask(AtMail, "a@example.com", ""); no != "" {
		t.Error(no)
	}
	if no := b.ask(AtMail, "a@example.com", ""); !strings.HasPrefix(no, "451 4.7.652 ") {
		t.Errorf("over the cap: %q", no)
	}
	a.take([]string{"b@example.net"})
	a.close()
	a.close()
	truth := w.Truth()
	c := truth.Sinks[0]
	if c.Connections != 2 || c.Accepted != 1 || c.Refusals["cap"] != 1 || c.PeakOpen != 2 || c.PeakAdmitted != 1 || c.UniqueAccepted != 1 {
		t.Errorf("%+v", c)
	}
	if p := truth.Groups["one"]; p.Open["192.0.2.1"] != 2 || p.Admitted["192.0.2.1"] != 1 {
		t.Errorf("%+v", p)
	}
	if len(truth.Sessions) != 2 || truth.Sessions[0].Accepted != 1 || truth.Sessions[1].Refused != 1 || len(truth.Sessions[0].Row(w.began)) != len(Columns()) {
		t.Errorf("%+v", truth.Sessions)
	}
}

// Whatever a client sends, the receiver ends the session and has counted it closed.
func FuzzDialogue(f *testing.F) {
	f.Add(letter)
	f.Add("EHLO x\r\nMAIL FROM:<\r\nRCPT TO:>\r\nDATA\r\n" + strings.Repeat("x", 5000) + "\r\n.\r\n")
	f.Add("\x00\r\n\n")
	f.Fuzz(func(t *testing.T, lines string) {
		h := small(t, Group{Rules: []Rule{{As: "cap", Cap: 1, At: AtMail, Reply: "microsoft-limit"}}})
		talk(t, h, lines+"\r\nQUIT\r\n.\r\nQUIT\r\n")
		if h.open != 0 || h.sessions[0].closed.IsZero() || h.group.rules[0].(*sessionCap).held["127.0.0.1"] != 0 {
			t.Errorf("%d sessions are open", h.open)
		}
	})
}
