package postfix

import (
	"bytes"
	"fmt"
	"testing"
	"time"
	"unsafe"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// within says that part is a slice of whole.
func within(part, whole []byte) bool {
	if len(part) == 0 {
		return true
	}
	p, w := uintptr(unsafe.Pointer(&part[0])), uintptr(unsafe.Pointer(unsafe.SliceData(whole)))
	return p >= w && p+uintptr(len(part)) <= w+uintptr(len(whole))
}

func FuzzDecode(f *testing.F) {
	const head = "Mar  3 10:18:23 mx1 postfix/smtp[123]: "
	for _, line := range mix {
		f.Add(line, line)
	}
	for _, body := range []string{
		`A89EB7629C3: to=<"a>, b=\""@example.net>, orig_to=<c>, relay=mx[private/x], conn_use=99999999999999999999, delay=1e9, delays=0.1/2/.3/4, tls=a/b, dsn=4, status=SOFTBOUNCE (delivery temporarily suspended: Protocol error: host a[::1]:25 said: 4 (in reply to end of DATA command))`,
		"to=a, relay=none, status=bounced (connect to a[1.2.3.4]: server refused to talk to me: 421 x (port 25))",
		"A89EB7629C3: from=<\"a>, size=\"@b>, size=1, nrcpt=99999999999 (queue active)",
		"A89EB7629C3: SASL authentication failed; server a[1.2.3.4] said: 535 x",
		"A89EB7629C3: TLS is required, but host a[1.2.3.4] refused to start TLS: 454",
		"A89EB7629C3: message size 9 exceeds size limit 8 of server a[1.2.3.4]",
		"message repeated 2 times: [ A89EB7629C3: removed]",
		"NOQUEUE: reject: CONNECT from [1.2.3.4]:5: too many connections; proto=SMTP",
		"warning: Connection rate limit exceeded: 31 from a[1.2.3.4] for service smtp",
		"A89EB7629C3: uid=0 from=<a> orig_id=B",
		"A89EB7629C3: sender delay notification: B89EB7629C3",
		"lost connection with a[1.2.3.4] while receiving the initial server greeting",
	} {
		f.Add([]byte(head+body), []byte(body))
		f.Add([]byte(body), []byte("2026-03-03T10:18:23Z h postfix-192-0-2-10/smtp: "+body))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		keep := [2][]byte{bytes.Clone(first), bytes.Clone(second)}
		once := trace(t, first, second)
		if !bytes.Equal(first, keep[0]) || !bytes.Equal(second, keep[1]) {
			t.Error("a line was written to")
		}
		if again := trace(t, first, second); again != once {
			t.Errorf("first %s\nthen %s", once, again)
		}
	})
}

// trace decodes lines, checks what holds of every event, and returns all of it
// as text.
func trace(t *testing.T, lines ...[]byte) (text string) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	for _, line := range lines {
		events := 0
		kind := mail.KindNone
		v := d.Decode(line, func(e *mail.Event) {
			events++
			kind = e.Kind
			check(t, line, e)
			text += fmt.Sprintf("%+v\n", *e)
		})
		text += v.String() + "\n"
		if events > 1 {
			t.Errorf("%d events on one line: %q", events, line)
		}
		if (v == mail.NotUnderstood || v == mail.Irrelevant) && kind != mail.KindNone {
			t.Errorf("%v, but an event of kind %v: %q", v, kind, line)
		}
		if d.head.Stamped && events != 1 {
			t.Errorf("a line with a time gave no event: %q", line)
		}
	}
	return text
}

func check(t *testing.T, line []byte, e *mail.Event) {
	for name, part := range map[string][]byte{
		"host": e.Host, "instance": e.Instance, "process": e.Process, "queue id": e.QueueID, "child": e.Child, "message-id": e.MessageID,
		"sender": e.Sender, "recipient": e.Recipient, "mx": e.MX, "mx ip": e.MXIP, "relay": e.Relay, "client": e.Client,
		"reply": e.Reply, "text": e.Text, "dsn": e.DSN,
	} {
		if !within(part, line) {
			t.Errorf("%s %q is no part of %q", name, part, line)
		}
	}
	if !within(e.Reply, e.Text) {
		t.Errorf("the reply %q is no part of the text %q", e.Reply, e.Text)
	}
	wants := map[mail.EventKind]bool{
		mail.KindNone:           e.Outcome == mail.OutcomeUnknown && e.QueueID == nil,
		mail.KindAttempt:        e.Outcome == mail.Delivered || e.Outcome == mail.Deferred || e.Outcome == mail.Bounced || e.Outcome == mail.Suspended,
		mail.KindRefusal:        e.Outcome == mail.Refused,
		mail.KindExpiry:         e.Outcome == mail.Expired,
		mail.KindArrival:        e.QueueID != nil,
		mail.KindMessageID:      e.QueueID != nil,
		mail.KindActive:         e.QueueID != nil,
		mail.KindRemoved:        e.QueueID != nil,
		mail.KindNotice:         e.Child != nil,
		mail.KindConnectFailure: e.Reply == nil,
		mail.KindOwnSide:        e.Reply != nil,
	}
	if !wants[e.Kind] {
		t.Errorf("event of kind %v: %+v", e.Kind, *e)
	}
	if e.Delay < 0 || e.Delays[0] < 0 || e.Delays[1] < 0 || e.Delays[2] < 0 || e.Delays[3] < 0 {
		t.Errorf("negative delay: %+v", *e)
	}
	if len(e.SendingIP) > 0 && readInstanceIP(e.Instance, nil) == nil {
		t.Errorf("the address %s is not in %s", e.SendingIP, e.Instance)
	}
}
