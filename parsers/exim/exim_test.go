package exim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const (
	newID = "1wvYIb-00000005S1o-3buz"
	oldID = "16RdAL-0006pc-00"
	at    = "2026-03-03 10:18:23 "
)

// show renders what an event tells, without time and prefix.
func show(e *mail.Event) string {
	var b strings.Builder
	b.WriteString(e.Kind.String())
	if e.Outcome != mail.OutcomeUnknown {
		fmt.Fprintf(&b, " %v", e.Outcome)
	}
	put := func(key string, v []byte) {
		if v != nil {
			fmt.Fprintf(&b, " %s=%s", key, v)
		}
	}
	put("id", e.QueueID)
	put("child", e.Child)
	put("from", e.Sender)
	if e.NullSender {
		b.WriteString(" from=<>")
	}
	put("msgid", e.MessageID)
	if e.Size > 0 {
		fmt.Fprintf(&b, " size=%d", e.Size)
	}
	put("to", e.Recipient)
	put("mx", e.MX)
	put("ip", e.MXIP)
	put("our", e.SendingIP)
	put("client", e.Client)
	if e.Stage != mail.StageUnknown {
		fmt.Fprintf(&b, " at=%v", e.Stage)
	}
	if e.ConnUse > 0 {
		fmt.Fprintf(&b, " use=%d", e.ConnUse)
	}
	if e.HasDelays {
		fmt.Fprintf(&b, " dt=%v", time.Duration(e.Delays[3]*1000))
	}
	if e.Delay > 0 {
		fmt.Fprintf(&b, " qt=%v", time.Duration(e.Delay*1000))
	}
	if e.Local {
		b.WriteString(" local")
	}
	if e.Twin {
		b.WriteString(" twin")
	}
	put("reply", e.Reply)
	if string(e.Text) != string(e.Reply) {
		put("text", e.Text)
	}
	return b.String()
}

// read decodes lines as one file and renders the events that tell something.
func read(lines ...string) (events []string, last mail.Verdict) {
	d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	emit := func(e *mail.Event) {
		if e.Kind != mail.KindNone {
			events = append(events, show(e))
		}
	}
	for _, line := range lines {
		last = d.Decode([]byte(line), emit)
	}
	d.Close(emit)
	return events, last
}

// tells checks the events of one line.
func tells(t *testing.T) func(line string, want ...string) {
	return func(line string, want ...string) {
		t.Helper()
		got, v := read(line)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s\ntells %q\nwant  %q", line, got, want)
		}
		if v != mail.Understood {
			t.Errorf("%s: %v", line, v)
		}
	}
}

func TestDelivered(t *testing.T) {
	f := tells(t)
	// The default selector, both forms of the id.
	f(at+newID+` => a@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1] C="250 OK"`,
		"attempt delivered id="+newID+" to=a@example.net mx=mx.example.net ip=192.0.2.1 at=end-of-data reply=250 OK")
	f(at+oldID+` => a@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1]`,
		"attempt delivered id="+oldID+" to=a@example.net mx=mx.example.net ip=192.0.2.1")
	// Every selector at once.
	f(at[:19]+`.504 +0100 [4711] `+newID+` => b@example.net (list@example.com, team@example.com) <all@example.com> F=<news@example.com> Q=bulk P=<bounce@example.com> R=dnslookup T=remote_smtp S=4711 H=mx.example.net DS [2001:db8::1]:25* PRX=[203.0.113.9]:1080 I=[198.51.100.25]:40404 TFO* X=TLS1.3:TLS_AES_256_GCM_SHA384:256* CV=dane DN="CN=mx.example.net, O=A \"B\" C" A=plain:user:a@b L* PRDR K DKIM=example.com:s C="250 2.0.0 OK: queued as 4bXyZ12345" QT=3m45s DT=0.304s`,
		"attempt delivered id="+newID+" child=4bXyZ12345 from=news@example.com to=b@example.net mx=mx.example.net ip=2001:db8::1 our=198.51.100.25 at=end-of-data use=2 dt=304ms qt=3m45s reply=250 2.0.0 OK: queued as 4bXyZ12345")
	// A further recipient of the transaction, a cutthrough delivery.
	f(at+newID+` -> c@example.net R=r T=t H=mx.example.net [192.0.2.1]:25* C="250 OK id=`+oldID+`"`,
		"attempt delivered id="+newID+" child="+oldID+" to=c@example.net mx=mx.example.net ip=192.0.2.1 at=end-of-data use=2 reply=250 OK id="+oldID)
	f(at+newID+` >> d@example.net R=r T=t H=mx.example.net [192.0.2.1] C="250 OK"`,
		"attempt delivered id="+newID+" to=d@example.net mx=mx.example.net ip=192.0.2.1 at=end-of-data reply=250 OK")
	// Sent to nobody (-N).
	f(at + newID + ` *> a@example.net R=r T=t H=mx.example.net [192.0.2.1] C="delivery bypassed by -N option"`)
	// The sender is null.
	f(at+newID+` => a@example.net F=<> R=r T=t H=mx.example.net [192.0.2.1] QT=1d2h3m4s`,
		"attempt delivered id="+newID+" from= from=<> to=a@example.net mx=mx.example.net ip=192.0.2.1 qt=26h3m4s")
	// An address that is quoted, one that needs no "@", a fancy domain.
	f(at+newID+` => "a b"@example.net <"a b"@example.net> R=r T=t H=mx.example.net [192.0.2.1]`,
		`attempt delivered id=`+newID+` to="a b"@example.net mx=mx.example.net ip=192.0.2.1`)
	f(at+newID+` => a b@example.net <"a b"@example.net> R=r T=t H=mx.example.net [192.0.2.1]`,
		`attempt delivered id=`+newID+` to=a b@example.net mx=mx.example.net ip=192.0.2.1`)
	f(at+newID+` => user@пример.example R=r T=t H=mx.example.net [192.0.2.1]`,
		`attempt delivered id=`+newID+` to=user@пример.example mx=mx.example.net ip=192.0.2.1`)
}

func TestConfirmation(t *testing.T) {
	f := func(quoted, want string) {
		t.Helper()
		got, _ := read(at + newID + ` => a@example.net R=r T=t H=mx.example.net [192.0.2.1] C="` + quoted + ` QT=1s`)
		if len(got) != 1 || !strings.HasSuffix(got[0], " qt=1s"+want) {
			t.Errorf("%s: %q, want %q", quoted, got, want)
		}
	}
	f(`250 OK"`, ` reply=250 OK`)
	f(`250-one\\n250 two"`, ` reply=250-one\n250 two`) // a line break is a backslash and n, doubled
	f(`250 say \"hello\" C=\"x\" QT=9s"`, ` reply=250 say "hello" C="x" QT=9s`)
	f(`250 back\\slash"`, ` reply=250 back\slash`)
	f(`delivery bypassed"`, ` text=delivery bypassed`)
	f(`"`, ``)
}

func TestLocalDeliveries(t *testing.T) {
	f := tells(t)
	f(at+newID+` => user <user@example.com> R=localuser T=local_delivery`, "attempt delivered id="+newID+" to=user@example.com local")
	f(at+newID+` => user@example.com R=virtual_user T=dovecot_virtual_delivery C="250 2.0.0 <user@example.com> Xyz Saved"`,
		"attempt delivered id="+newID+" to=user@example.com at=end-of-data local reply=250 2.0.0 <user@example.com> Xyz Saved")
	f(at+newID+` => |/usr/bin/vacation -a x <user@example.com> R=userforward T=address_pipe`, "attempt delivered id="+newID+" to=user@example.com local")
	f(at+newID+` => /home/user/mbox (x@example.com) <user@example.com> R=userforward T=address_file`, "attempt delivered id="+newID+" to=user@example.com local")
	f(at+newID+` => save mail folder <user@example.com> R=userforward T=address_file`, "attempt delivered id="+newID+" to=user@example.com local")
	f(at+newID+` => >sender@example.net <user@example.com> R=userfilter T=address_reply`, "attempt delivered id="+newID+" to=user@example.com local")
	f(at+newID+` => :blackhole: <user@example.com> R=system_aliases`, "attempt delivered id="+newID+" to=user@example.com local")
	f(at+newID+` => discarded <user@example.com> R=r1`, "attempt delivered id="+newID+" to=user@example.com local")
	f(at+newID+` => blackhole (RCPT ACL discarded recipients)`, "attempt delivered id="+newID+" to=blackhole local")
	// A content filter next door.
	f(at+newID+` => a@example.net R=filter T=smtp H=127.0.0.1 [127.0.0.1]:10024 C="250 2.0.0 OK"`,
		"attempt delivered id="+newID+" to=a@example.net mx=127.0.0.1 ip=127.0.0.1 at=end-of-data local reply=250 2.0.0 OK")
	f(at+newID+` => a@example.net R=filter T=smtp H=localhost [::1] C="250 2.0.0 OK"`,
		"attempt delivered id="+newID+" to=a@example.net mx=localhost ip=::1 at=end-of-data local reply=250 2.0.0 OK")
	// LMTP to a socket names no host; a local transport may name one without an address.
	f(at+newID+` => a@example.com R=r T=lmtp H=store C="250 OK"`, "attempt delivered id="+newID+" to=a@example.com at=end-of-data local reply=250 OK")
}

func TestDeferred(t *testing.T) {
	f := tells(t)
	const rcpt = ` == a@example.net R=dnslookup T=remote_smtp `
	want := func(tail string) string { return "attempt deferred id=" + newID + " to=a@example.net" + tail }
	const mx = " mx=mx.example.net ip=192.0.2.1"
	f(at+newID+rcpt+`defer (0) H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after initial connection: 421 Too many concurrent SMTP connections`,
		want(mx+" at=banner reply=421 Too many concurrent SMTP connections text=SMTP error from remote mail server after initial connection: 421 Too many concurrent SMTP connections"))
	f(at+newID+rcpt+`defer (-45) H=mx.example.net [192.0.2.1]:25* I=[198.51.100.25]:40404 DT=1m2s: SMTP error from remote mail server after pipelined MAIL FROM:<x: y@example.com> SIZE=1234: 451 4.7.652 The mail server [198.51.100.25] has exceeded the maximum number of connections. (S3115)`,
		want(mx+" our=198.51.100.25 at=mail use=2 dt=1m2s reply=451 4.7.652 The mail server [198.51.100.25] has exceeded the maximum number of connections. (S3115) text=SMTP error from remote mail server after pipelined MAIL FROM:<x: y@example.com> SIZE=1234: 451 4.7.652 The mail server [198.51.100.25] has exceeded the maximum number of connections. (S3115)"))
	f(at+newID+` == a@example.net <list@example.com> R=dnslookup T=remote_smtp defer (-44) H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after RCPT TO:<a@example.net>: 451-4.7.1 Greylisted\n451 4.7.1 see http://example.net/`,
		want(mx+` at=rcpt reply=451-4.7.1 Greylisted\n451 4.7.1 see http://example.net/ text=SMTP error from remote mail server after RCPT TO:<a@example.net>: 451-4.7.1 Greylisted\n451 4.7.1 see http://example.net/`))
	// The words of the system stand before the host; nobody spoke.
	f(at+newID+rcpt+`defer (110): Connection timed out H=mx.example.net [192.0.2.1] DT=5m: SMTP timeout after end of data (12345 bytes written)`,
		want(mx+" at=end-of-data dt=5m0s text=SMTP timeout after end of data (12345 bytes written)"))
	f(at+newID+rcpt+`defer (-18) H=mx.example.net [192.0.2.1] DT=0.1s: Remote host closed connection in response to EHLO out.example.com`,
		want(mx+" at=ehlo dt=100ms text=Remote host closed connection in response to EHLO out.example.com"))
	f(at+newID+rcpt+`defer (-18) H=mx.example.net [192.0.2.1]: Remote host closed connection in response to initial connection`,
		want(mx+" at=banner text=Remote host closed connection in response to initial connection"))
	f(at+newID+rcpt+`defer (111): Connection refused`, want(" at=connect text=Connection refused"))
	f(at+newID+rcpt+`defer (110) DT=2m7s: Connection timed out`, want(" at=connect dt=2m7s text=Connection timed out"))
	f(at+newID+rcpt+`defer (dd): Network Error`, want(" at=connect text=Network Error"))
	f(at+newID+rcpt+`defer (-19) H=mx.example.net [192.0.2.1]: Malformed SMTP reply in response to RCPT TO:<a@example.net>: 550 too long`,
		want(mx+" at=rcpt reply=550 too long text=Malformed SMTP reply in response to RCPT TO:<a@example.net>: 550 too long"))
	f(at+newID+rcpt+`defer (-19) H=mx.example.net [192.0.2.1]: Malformed SMTP reply (an empty line) in response to pipelined DATA`,
		want(mx+" at=data text=Malformed SMTP reply (an empty line) in response to pipelined DATA"))
	f(at+newID+rcpt+`defer (-37) H=mx.example.net [192.0.2.1]: TLS session: (gnutls_handshake): rxd alert: Internal error`,
		want(mx+" at=tls text=TLS session: (gnutls_handshake): rxd alert: Internal error"))
	f(at+newID+rcpt+`defer (-42) H=mx.example.net [192.0.2.1]: authentication required but server did not advertise AUTH support`,
		want(mx+" at=auth text=authentication required but server did not advertise AUTH support"))
	// Before 4.83 the host was in the text, and the words were others still earlier.
	f(at+newID+rcpt+`defer (-44): SMTP error from remote mail server after RCPT TO:<a@example.net>: host mx.example.net [192.0.2.1]: 451 later`,
		want(mx+" at=rcpt reply=451 later text=SMTP error from remote mail server after RCPT TO:<a@example.net>: host mx.example.net [192.0.2.1]: 451 later"))
	f(at+newID+rcpt+`defer (-45): SMTP error from remote mailer after MAIL FROM:<b@example.com>: host mx.example.net [192.0.2.1]: 421 later`,
		want(mx+" at=mail reply=421 later text=SMTP error from remote mailer after MAIL FROM:<b@example.com>: host mx.example.net [192.0.2.1]: 421 later"))
	f(at+newID+rcpt+`defer (110): Connection timed out: SMTP timeout while connected to mx.example.net [192.0.2.1] after end of data (99 bytes written)`,
		want(mx+" at=end-of-data text=SMTP timeout while connected to mx.example.net [192.0.2.1] after end of data (99 bytes written)"))
	f(at+newID+rcpt+`defer (-18): Remote host mx.example.net [192.0.2.1] closed connection in response to initial connection`,
		want(mx+" at=banner text=Remote host mx.example.net [192.0.2.1] closed connection in response to initial connection"))
	// A name that does not resolve is no business of this host.
	f(at+newID+` == a@example.net R=dnslookup defer (-1): host lookup did not complete`, want(" text=host lookup did not complete"))
	// What is.
	f(at+newID+` == user@example.com R=localuser T=local_delivery defer (-22): mailbox is full (MTA-imposed quota exceeded)`,
		"attempt deferred id="+newID+" to=user@example.com local text=mailbox is full (MTA-imposed quota exceeded)")
	f(at+newID+` == user@example.com R=localuser T=local_delivery defer (13): Permission denied: creating lock file`,
		"attempt deferred id="+newID+" to=user@example.com local text=creating lock file")
	f(at+newID+` == user@example.com R=userforward defer (-1): ".forward" is not an absolute path`,
		"attempt deferred id="+newID+` to=user@example.com local text=".forward" is not an absolute path`)
	f(at+newID+` == user@example.com R=store T=lmtp defer (-46): LMTP error after end of data: 450 Number 2 is now delayed`,
		"attempt deferred id="+newID+" to=user@example.com at=end-of-data local reply=450 Number 2 is now delayed text=LMTP error after end of data: 450 Number 2 is now delayed")
}

// No connection was made, by our own decision.
func TestSuspended(t *testing.T) {
	f := func(tail, text, more string) {
		t.Helper()
		tells(t)(at+newID+` == a@example.net `+tail, "attempt suspended id="+newID+" to=a@example.net"+more+" text="+text)
	}
	f(`routing defer (-52): retry time not reached`, `retry time not reached`, "")
	f(`routing defer (-51): retry time not reached`, `retry time not reached`, "")
	f(`R=dnslookup T=remote_smtp defer (-54) DT=0.000s: retry time not reached for any host for 'example.net'`,
		`retry time not reached for any host for 'example.net'`, " dt=0s")
	f(`R=r T=t defer (-54): all hosts for 'example.net' have been failing for a long time (and retry time not reached)`,
		`all hosts for 'example.net' have been failing for a long time (and retry time not reached)`, "")
	// The limit is ours (serialize_hosts, max_parallel), whatever it sounds like.
	f(`R=r T=t defer (-54): connection limit reached for all hosts for 'example.net'`, `connection limit reached for all hosts for 'example.net'`, "")
	f(`R=r T=t defer (-57): concurrency limit reached for transport`, `concurrency limit reached for transport`, "")
	f(`R=r T=t defer (-53): some host address lookups failed and retry time not reached for other hosts or connection limit reached`,
		`some host address lookups failed and retry time not reached for other hosts or connection limit reached`, " local")
	f(`R=r T=t defer (-54): no host found for existing SMTP connection`, `no host found for existing SMTP connection`, "")
	f(`R=r T=t defer (0): SMTP delivery explicitly queued`, `SMTP delivery explicitly queued`, "")
	f(`R=r T=t defer (-1): first-pass only routing due to -odqs, queue_smtp_domains or control=queue`,
		`first-pass only routing due to -odqs, queue_smtp_domains or control=queue`, "")
	f(`routing defer (-56): domain is in queue_domains`, `domain is in queue_domains`, "")
	f(`R=r T=t defer (-54) H=mx.example.net [192.0.2.1]: retry time not reached for any host`, `retry time not reached for any host`, " mx=mx.example.net ip=192.0.2.1")
	f(`defer (-23): domain is held`, `domain is held`, "")
}

func TestBounced(t *testing.T) {
	f := tells(t)
	const mx = " mx=mx.example.net ip=192.0.2.1"
	want := func(tail string) string { return "attempt bounced id=" + newID + " to=a@example.net" + tail }
	const text = `SMTP error from remote mail server after RCPT TO:<a@example.net>: 550 5.1.1 No such user`
	// A blank before the colon since 4.9x, none before.
	for _, colon := range []string{": ", " : "} {
		f(at+newID+` ** a@example.net F=<b@example.com> P=<b@example.com> R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1]:25 I=[198.51.100.25]:4 X=TLS1.3:A:256 CV=yes DN="CN=x"`+colon+text+` DT=0.2s`,
			"attempt bounced id="+newID+" from=b@example.com to=a@example.net"+mx+" our=198.51.100.25 at=rcpt dt=200ms reply=550 5.1.1 No such user text="+text)
		f(at+newID+` ** a@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.1]`+colon+text, want(mx+" at=rcpt reply=550 5.1.1 No such user text="+text))
	}
	f(at+newID+` ** a@example.net R=r T=t: SMTP error from remote mail server after RCPT TO:<a@example.net>: host mx.example.net [192.0.2.1]: 550 gone`,
		want(mx+" at=rcpt reply=550 gone text=SMTP error from remote mail server after RCPT TO:<a@example.net>: host mx.example.net [192.0.2.1]: 550 gone"))
	f(at+newID+` ** a@example.net R=r T=t : DANE error: tlsa lookup FAIL`, want(" at=tls text=DANE error: tlsa lookup FAIL"))
	f(at+newID+` ** a@example.net R=dnslookup : all relevant MX records point to non-existent hosts`, want(" text=all relevant MX records point to non-existent hosts"))
	f(at+newID+` ** a@example.net : Unrouteable address`, want(" local text=Unrouteable address"))
	f(at+newID+` ** a@example.net: Unrouteable address`, want(" local text=Unrouteable address"))
	f(at+newID+` ** |/bin/x y <a@example.net> R=system_aliases T=address_pipe : return message generated`, want(" local text=return message generated"))
	// The text ends in what only looks like a time.
	f(at+newID+` ** a@example.net R=r T=t H=mx.example.net [192.0.2.1] : SMTP error from remote mail server after end of data: 550 no DT=soon`,
		want(mx+" at=end-of-data reply=550 no DT=soon text=SMTP error from remote mail server after end of data: 550 no DT=soon"))
}

func TestExpired(t *testing.T) {
	f := tells(t)
	f(at+newID+` ** a@example.net: retry timeout exceeded`, "expiry expired id="+newID+" to=a@example.net text=retry timeout exceeded")
	f(at+newID+` ** a@example.net <list@example.com>: retry timeout exceeded`, "expiry expired id="+newID+" to=a@example.net text=retry timeout exceeded")
	f(at+newID+` ** a@example.net F=<> R=r T=t: retry timeout exceeded`, "expiry expired id="+newID+" from= from=<> to=a@example.net text=retry timeout exceeded")
	for _, text := range []string{
		"all hosts for 'example.net' have been failing for a long time and were last tried after this message arrived",
		"all hosts have been failing for a long time and were last tried after this message arrived",
		"all hosts for 'example.net' have been failing for a long time (and retry time not reached)",
		"retry time not reached for any host after a long failure period",
	} {
		f(at+newID+` ** a@example.net R=r T=t : `+text, "expiry expired id="+newID+" to=a@example.net text="+text)
	}
}

// The lines about a host, some of which a recipient's line repeats.
func TestHostFailure(t *testing.T) {
	f := tells(t)
	const who = "refusal refused id=" + newID + " mx=mx.example.net ip=192.0.2.1"
	f(at+newID+` H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after initial connection: 421 Too many concurrent SMTP connections; please try again later.`,
		who+" at=banner twin reply=421 Too many concurrent SMTP connections; please try again later. text=SMTP error from remote mail server after initial connection: 421 Too many concurrent SMTP connections; please try again later.")
	f(at+newID+` H=mx.example.net [192.0.2.1]:25: SMTP error from remote mail server after pipelined MAIL FROM:<b@example.com> SIZE=1: 451 no`,
		who+" at=mail twin reply=451 no text=SMTP error from remote mail server after pipelined MAIL FROM:<b@example.com> SIZE=1: 451 no")
	f(at+newID+` H=mx.example.net [192.0.2.1]:25 SMTP error from remote mail server after RCPT TO:<a@example.net>: 451 4.7.1 <a@example.net>: Greylisted`,
		who+" at=rcpt twin reply=451 4.7.1 <a@example.net>: Greylisted text=SMTP error from remote mail server after RCPT TO:<a@example.net>: 451 4.7.1 <a@example.net>: Greylisted")
	f(at+newID+` H=mx.example.net [192.0.2.1] Connection refused`, who+" at=connect twin text=Connection refused")
	f(at+newID+` H=mx.example.net [192.0.2.1]:25 No route to host`, who+" at=connect twin text=No route to host")
	f(at+newID+` H=mx.example.net [192.0.2.1]: SMTP timeout after EHLO out.example.com: Connection timed out`,
		who+" at=ehlo twin text=SMTP timeout after EHLO out.example.com: Connection timed out")
	f(at+newID+` H=mx.example.net [192.0.2.1]: Remote host closed connection in response to end of data`,
		who+" at=end-of-data twin text=Remote host closed connection in response to end of data")
	// 4.8x without H=.
	f(at+newID+` SMTP error from remote mail server after RCPT TO:<a@example.net>: host mx.example.net [192.0.2.1]: 451 later`,
		who+" at=rcpt twin reply=451 later text=SMTP error from remote mail server after RCPT TO:<a@example.net>: host mx.example.net [192.0.2.1]: 451 later")
	f(at+newID+` mx.example.net [192.0.2.1] Connection timed out`, who+" at=connect twin text=Connection timed out")
	f(at+newID+` mx.example.net [192.0.2.1]:25 Connection timed out`, who+" at=connect twin text=Connection timed out")
	// Names that were made up by a test suite.
	f(at+newID+` H=V4NET.0.0.1 [V4NET.0.0.1]:PORT_D Network Error`, "refusal refused id="+newID+" mx=V4NET.0.0.1 at=connect twin text=Network Error")
}

// Lines with H= about clients, and others that look like refusals.
func TestNoHostFailure(t *testing.T) {
	f := func(text string) {
		t.Helper()
		got, v := read(at + newID + " " + text)
		if len(got) > 0 || v != mail.Irrelevant {
			t.Errorf("%s: %v, %q", text, v, got)
		}
	}
	f(`H=(helo.example) [192.0.2.1] Warning: ARC-FAIL`)
	f(`H=host.example.net (helo) [192.0.2.1] F=<> rejected after DATA: spam`)
	f(`H=host.example.net [192.0.2.1] F=<a@example.net> temporarily rejected after DATA`)
	f(`H=host.example.net [192.0.2.1] rejected after DATA`)
	f(`H=host.example.net [192.0.2.1] Warning: seen before`)
	f(`H=host.example.net [192.0.2.1] incomplete transaction (QUIT) from <a@example.net>`)
	f(`H=mx.example.net [192.0.2.1] TLS error on connection (recv): A TLS fatal alert has been received: x`)
	f(`H=[192.0.2.1] rejected after DATA`)
	f(`H=`)
	f(`H=mx.example.net`)
	f(`H=mx.example.net [192.0.2.1`)
	f(`H=mx.example.net [192.0.2.1]`)
	f(`. [127.0.0.1] -> [127.0.0.1]:1224`)
	f(`DKIM: d=example.com s=s c=relaxed/relaxed a=rsa-sha256 b=1024 [verification succeeded]`)
	f(`user@example.com R=localuser T=local_delivery defer (-1): not a flag`)
	f(`TLS session: (SSL_connect): error:1409442E`)
	f(`login authenticator failed H=mx.example.net [192.0.2.1] 535 Incorrect authentication data`)
}

func TestLife(t *testing.T) {
	f := tells(t)
	f(at+newID+` <= news@example.com H=app (app.example.com) [192.0.2.7]:4711 I=[192.0.2.2]:587 U=x P=esmtpsa X=TLS1.3:A:256 CV=no SNI=out.example.com DN="CN=T=\"no\" id=fake" A=plain:news S=4826 DKIM=example.com id=1@example.com T="say \"id=2@example.com\" from <x> for y" from <news@example.com> for a@example.net b@example.net`,
		"arrival id="+newID+" from=news@example.com msgid=1@example.com size=4826")
	f(at+newID+` <= www@example.com U=www P=local S=7 id*=E`+newID+`@out.example.com`, "arrival id="+newID+" from=www@example.com msgid=E"+newID+"@out.example.com size=7")
	f(at+newID+` <= root U=root P=local S=312`, "arrival id="+newID+" from=root size=312")
	f(at+newID+` <= <> R=`+oldID+` U=exim P=local S=1234 T="Mail delivery failed: returning message to sender"`,
		"notice id="+oldID+" child="+newID, "arrival id="+newID+" from=<> size=1234")
	f(at+newID+` <= <> H=mx.example.net [192.0.2.1] P=esmtp S=2 id=3@example.net`, "arrival id="+newID+" from=<> msgid=3@example.net size=2")
	f(at+newID+` <= user@example.com R=`+oldID+` U=user P=local S=9`, "arrival id="+newID+" from=user@example.com size=9")
	f(at+newID+` (= spam@example.net H=(x) [192.0.2.9] P=smtp S=3`, "arrival id="+newID+" from=spam@example.net size=3")
	f(at+newID+` <= "a b"@example.com U=x P=local S=3 id=a`, `arrival id=`+newID+` from="a b"@example.com msgid=a size=3`)
	f(at+newID+` Completed`, "removed id="+newID)
	f(at+newID+` Completed QT=3m45s`, "removed id="+newID)
	// Of the chain, but no event.
	for _, text := range []string{
		"Frozen (delivery error message)", "Unfrozen by forced delivery", "Message is frozen", "frozen by ACL", "removed by root", "cancelled by timeout_frozen_after",
		"Spool file is locked (another process is handling this message)", "Spool file for " + newID + " is locked (another process is handling this message)",
		"no immediate delivery: more than 10 messages received in one connection", "no immediate delivery: too many connections (11, max 10)",
		"original recipients ignored (system filter)", "a@example.net: error ignored",
	} {
		f(at + newID + " " + text)
	}
}

func TestOwnSide(t *testing.T) {
	f := tells(t)
	f(at+`Connection from [192.0.2.9]:24244 refused: too many connections`,
		"own-side client=192.0.2.9 reply=too many connections text=Connection from [192.0.2.9]:24244 refused: too many connections")
	f(at+`Connection from [2001:db8::9]:24244 I=[2001:db8::1]:25 refused: too many connections from that IP address`,
		"own-side client=2001:db8::9 reply=too many connections from that IP address text=Connection from [2001:db8::9]:24244 I=[2001:db8::1]:25 refused: too many connections from that IP address")
	f(at+`temporarily refused connection from x.example.net ([10.0.0.1]) [192.0.2.9]: not in reserve list: connected=19 max=20 reserve=5`,
		"own-side client=192.0.2.9 reply=not in reserve list: connected=19 max=20 reserve=5 text=temporarily refused connection from x.example.net ([10.0.0.1]) [192.0.2.9]: not in reserve list: connected=19 max=20 reserve=5")
	f(at+`H=(x) [192.0.2.9]:1 temporarily rejected connection in "connect" ACL: too many connections`,
		`own-side client=192.0.2.9 reply=too many connections text=H=(x) [192.0.2.9]:1 temporarily rejected connection in "connect" ACL: too many connections`)
	f(at+`H=[192.0.2.9] dropped by 'connect' ACL: connection rate 12.0 / 1m`,
		`own-side client=192.0.2.9 reply=connection rate 12.0 / 1m text=H=[192.0.2.9] dropped by 'connect' ACL: connection rate 12.0 / 1m`)
	// Refused for another reason.
	for _, line := range []string{
		at + `Connection from [192.0.2.9]:24244 refused: load average = 12.34`,
		at + `H=[192.0.2.9]:62839 dropped by 'connect' ACL: Country is banned`,
		at + `H=(x) [192.0.2.9] rejected connection in "connect" ACL`,
		at + `H=(x) [192.0.2.9] F=<a@example.net> rejected RCPT <b@example.com>: relay not permitted`,
		at + `SMTP connection from [192.0.2.9]:1 (TCP/IP connection count = 21)`,
		at + `SMTP call from [192.0.2.9] dropped: too many syntax or protocol errors (last command was "AUTH LOGIN")`,
	} {
		if got, v := read(line); len(got) > 0 || v != mail.Irrelevant {
			t.Errorf("%s: %v %q", line, v, got)
		}
	}
}

func TestVerdicts(t *testing.T) {
	f := func(line string, want mail.Verdict) {
		t.Helper()
		if _, v := read(line); v != want {
			t.Errorf("%q: %v, want %v", line, v, want)
		}
	}
	f(at+"Start queue run: pid=1234", mail.Irrelevant)
	f(at+"any words that an access control list logs", mail.Irrelevant)
	f("", mail.Irrelevant)
	f("# a comment", mail.Irrelevant)
	f("+++ "+newID+" has not completed +++", mail.Irrelevant)
	f("P Received: from x", mail.Irrelevant)
	f("  Subject: y", mail.Irrelevant)
	f("Envelope-from: <a@example.net>", mail.Irrelevant)
	f("Mar  3 10:18:23 mx1 dovecot: imap-login: Login: user=<a>", mail.Irrelevant)
	f("Mar  3 10:18:23 mx1 postfix/smtp[1]: A89EB7629C3: to=<a@example.net>, relay=none, delay=1, status=deferred (x)", mail.Irrelevant)
	f("what is this", mail.NotUnderstood)
	f("1abc-000-xy <= sender@example.com H=mail.example.com [1.2.3.4] P=esmtps", mail.NotUnderstood)
	f(newID+" and other words", mail.NotUnderstood)
	// Without a time the words alone must tell.
	f(newID+" Completed", mail.Understood)
	// A deferral or failure that is cut before its reason claims nothing.
	f(at+newID+" == a@example.net R=dnslookup T=rem", mail.Understood)
	if got, _ := read(at+newID+" == a@example.net R=dnslookup T=rem", at+newID+" ** a@example.net R=dns"); len(got) > 0 {
		t.Errorf("cut lines tell %q", got)
	}
}

// Text that is made to cost much costs no more than its length.
func TestHostileLines(t *testing.T) {
	f := func(head, again string) {
		t.Helper()
		line := []byte(head + strings.Repeat(again, 1<<20/len(again)))
		d := NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
		start := time.Now()
		d.Decode(line, func(*mail.Event) {})
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%q and %q: %v for %d bytes", head, again, took, len(line))
		}
	}
	for _, flag := range []string{"=>", "==", "**", "<="} {
		for _, again := range []string{"( ", "< ", "x ", "H=a [", "H=a [x] ", "defer (1): x DT=1s ", "defer (", "C=\"x\" ", "X=\"x ", "I=[ ", "a=<b ", "\\", "\"", "@", ":<"} {
			f(at+newID+" "+flag+" a@example.net ", again)
			f(at+newID+" "+flag+" ", again)
		}
	}
	f(at+"Connection from [192 refused: too many connections", "[")
	f(at+"H=x rejected x: too many connections", "[(")
	f(at+"H="+strings.Repeat("[", 1<<19)+" rejected x: too many connections", "[")
	f(at+newID+" SMTP error from remote mail server after RCPT TO:<", "> host a [1]: ")
	f(at+newID+" H=a [192.0.2.1]: ", "SMTP error from remote mail server after RCPT TO:<a>: ")
	f("Mar  3 10:18:24 mx1 exim[1]: [1/2] ", "[1/2] ")
}
