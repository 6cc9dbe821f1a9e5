package sink

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Serve listens at port 25 of every host and answers until stop is called. It returns
// when all are listening.
func (w *World) Serve() (stop func() error, err error) {
	cert, err := certificate()
	if err != nil {
		return nil, err
	}
	var listeners []net.Listener
	stop = func() error {
		var all []error
		for _, l := range listeners {
			all = append(all, l.Close())
		}
		return errors.Join(all...)
	}
	for _, g := range w.groups {
		for _, h := range g.hosts {
			l, err := net.Listen("tcp", net.JoinHostPort(h.Addr, "25"))
			if err != nil {
				return nil, errors.Join(fmt.Errorf("cannot listen as %s: %w", h.Name, err), stop())
			}
			listeners = append(listeners, l)
			go h.serve(l, &tls.Config{Certificates: []tls.Certificate{cert}})
		}
	}
	return stop, nil
}

func (h *host) serve(l net.Listener, secure *tls.Config) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return // closed
		}
		go func() {
			d := newDialogue(h, conn, secure)
			defer d.end()
			d.run()
		}()
	}
}

// dialogue speaks SMTP with one client (RFC 5321, with PIPELINING, RFC 2920).
type dialogue struct {
	session *session
	conn    net.Conn
	secure  *tls.Config
	in      *bufio.Reader
	out     *bufio.Writer

	mail bool
	from string
	to   []string
}

const goodbye = "221 2.0.0 Service closing transmission channel"

// idle is how long a client may be silent, lineLimit how long its lines may be.
const (
	idle      = 2 * time.Minute
	lineLimit = 4096
)

func newDialogue(h *host, conn net.Conn, secure *tls.Config) *dialogue {
	client, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	d := &dialogue{session: h.connect(client), conn: conn, secure: secure}
	d.use(conn)
	return d
}

func (d *dialogue) use(c net.Conn) {
	d.conn, d.in, d.out = c, bufio.NewReaderSize(c, lineLimit), bufio.NewWriter(c)
}

// end closes the connection. What the client is still sending is read first: a
// connection that is closed with bytes unread is reset, and the client may lose the
// reply.
func (d *dialogue) end() {
	d.session.close()
	if half, ok := d.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = d.conn.SetReadDeadline(time.Now().Add(time.Second))
		_, _ = io.Copy(io.Discard, d.in)
	}
	_ = d.conn.Close()
}

func (d *dialogue) run() {
	if rule, wait := d.session.silence(); wait > 0 && !d.wait(wait) {
		d.session.gaveUp(rule)
		return
	}
	mx := d.session.host.Name
	if no := d.session.ask(AtBanner, "", ""); no != "" {
		if d.say(no) != nil || closes(no) {
			return
		}
		for { // RFC 5321 3.1: wait for QUIT
			line, err := d.line()
			if err != nil {
				return
			}
			if strings.EqualFold(line, "QUIT") {
				_ = d.say(goodbye)
				return
			}
			if d.say("503 5.5.1 "+mx+" does not accept your mail") != nil {
				return
			}
		}
	}
	if d.say("220 "+mx+" ESMTP") != nil {
		return
	}
	for {
		line, err := d.line()
		if err != nil {
			return
		}
		reply, more := d.command(line)
		if d.say(reply) != nil || !more || closes(reply) {
			_ = d.out.Flush()
			return
		}
		switch {
		case strings.HasPrefix(reply, "354"):
			if !d.data() {
				return
			}
		case strings.HasPrefix(reply, "220"): // STARTTLS
			c := tls.Server(d.conn, d.secure)
			if c.Handshake() != nil {
				return
			}
			d.use(c)
		}
	}
}

// wait is silent; it says whether the client is still there.
func (d *dialogue) wait(t time.Duration) bool {
	_ = d.conn.SetReadDeadline(time.Now().Add(t))
	_, err := d.in.Peek(1)
	var timeout net.Error
	return err == nil || errors.As(err, &timeout) && timeout.Timeout()
}

func (d *dialogue) line() (string, error) {
	_ = d.conn.SetReadDeadline(time.Now().Add(idle))
	line, err := d.in.ReadSlice('\n')
	return strings.TrimRight(string(line), "\r\n"), err
}

// say replies. Replies to a pipelined batch leave together, a round trip later.
func (d *dialogue) say(reply string) error {
	if _, err := d.out.WriteString(reply + "\r\n"); err != nil {
		return err
	}
	if d.in.Buffered() > 0 && !closes(reply) {
		return nil
	}
	time.Sleep(vary(d.session.host.group.RTT))
	return d.out.Flush()
}

func (d *dialogue) command(line string) (reply string, more bool) {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		d.reset()
		mx := d.session.host.Name
		ext := []string{mx + " Hello [" + d.session.client + "]", "SIZE 52428800", "PIPELINING", "ENHANCEDSTATUSCODES"}
		if _, done := d.conn.(*tls.Conn); d.session.host.group.TLS && !done {
			ext = append(ext, "STARTTLS")
		}
		return "250-" + strings.Join(ext, "\r\n250-") + "\r\n250 8BITMIME", true
	case "HELO":
		d.reset()
		return "250 " + d.session.host.Name, true
	case "STARTTLS":
		if _, done := d.conn.(*tls.Conn); !d.session.host.group.TLS || done {
			return "502 5.5.1 no STARTTLS now", true
		}
		return "220 2.0.0 SMTP server ready", true
	case "MAIL":
		d.reset()
		d.from = address(rest)
		if no := d.session.ask(AtMail, d.from, ""); no != "" {
			return no, true
		}
		d.mail = true
		return "250 2.1.0 Sender OK", true
	case "RCPT":
		if !d.mail {
			return "503 5.5.2 Need mail command", true
		}
		to := address(rest)
		if no := d.session.ask(AtRcpt, d.from, to); no != "" {
			return no, true
		}
		d.to = append(d.to, to)
		return "250 2.1.5 Recipient OK", true
	case "DATA":
		if len(d.to) == 0 {
			return "503 5.5.2 Need rcpt command", true
		}
		return "354 Start mail input; end with <CRLF>.<CRLF>", true
	case "RSET":
		d.reset()
		return "250 2.0.0 Resetting", true
	case "NOOP":
		return "250 2.0.0 OK", true
	case "QUIT":
		return goodbye, false
	}
	return "500 5.5.1 Unrecognized command", true
}

func (d *dialogue) reset() { d.mail, d.from, d.to = false, "", nil }

// data reads a message and takes it; it says whether the client is still there.
func (d *dialogue) data() bool {
	for begins := true; ; {
		_ = d.conn.SetReadDeadline(time.Now().Add(idle))
		line, err := d.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			begins = false
			continue
		}
		if err != nil {
			return false
		}
		if begins && strings.TrimRight(string(line), "\r\n") == "." {
			break
		}
		begins = true
	}
	time.Sleep(vary(d.session.host.group.Take))
	d.session.take(d.to)
	d.reset()
	return d.say(acceptedText(d.session.host.Name)) == nil
}

// address is what stands between < and > of MAIL FROM:<x> and RCPT TO:<x>.
func address(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
