package kumomta

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// rec makes a record of a type; fields replace those of the same name.
func rec(kind, response string, fields ...string) string {
	all := []string{
		`"type":"` + kind + `"`, `"id":"1d98"`, `"sender":"news@example.com"`, `"recipient":"a@example.net"`, `"queue":"c:t@example.net"`,
		`"site":"v1->mx.example.net"`, `"size":1047`, `"response":` + response, `"peer_address":{"name":"mx.example.net.","addr":"203.0.113.2"}`,
		`"timestamp":1772533103`, `"created":1772533100`, `"num_attempts":1`, `"bounce_classification":"Uncategorized"`, `"egress_pool":"p"`,
		`"egress_source":"v1"`, `"source_address":{"address":"192.0.2.10:53210","protocol":null,"server":null}`, `"headers":{}`,
		`"delivery_protocol":"ESMTP"`, `"nodeid":"n1"`,
	}
	for _, f := range fields {
		key, _, _ := strings.Cut(f, ":")
		all = append(slices.DeleteFunc(all, func(s string) bool { return strings.HasPrefix(s, key+":") }), f)
	}
	return "{" + strings.Join(all, ",") + "}"
}

const (
	ok      = `{"code":250,"enhanced_code":{"class":2,"subject":0,"detail":0},"content":"OK ids=8a","command":"."}`
	busy    = `{"code":421,"enhanced_code":{"class":4,"subject":7,"detail":0},"content":"[TSS04] Messages from 192.0.2.10 temporarily deferred","command":"MAIL FROM:<news@example.com>\r\n"}`
	plain   = `{"code":451,"enhanced_code":null,"content":"later\nand later","command":"RCPT TO"}`
	common  = " host=n1 instance=v1 id=1d98 from=news@example.com size=1047 to=a@example.net mx=mx.example.net ip=203.0.113.2 our=192.0.2.10 delay=3s"
	removed = "removed host=n1 id=1d98"
)

func check(t *testing.T, text, verdicts string, want ...string) {
	t.Helper()
	parsertest.Check(t, Format, text, verdicts, want...)
}

func TestTypes(t *testing.T) {
	f := func(kind, response string, want ...string) {
		t.Helper()
		check(t, rec(kind, response), "u", want...)
	}
	f("Delivery", ok, "attempt delivered"+common+" stage=end-of-data reply=250 2.0.0 OK ids=8a", removed)
	f("TransientFailure", busy, "attempt deferred"+common+" stage=mail reply=421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred")
	f("TransientFailure", plain, "attempt deferred"+common+" stage=rcpt reply=451 later\nand later")
	f("Bounce", `{"code":550,"enhanced_code":null,"content":"no","command":null}`, "attempt bounced"+common+" reply=550 no", removed)
	f("Delayed", `{"code":451,"enhanced_code":{"class":4,"subject":4,"detail":4},"content":"KumoMTA internal: delivery suspended: x","command":null}`,
		"attempt suspended"+common+" text=KumoMTA internal: delivery suspended: x")
	f("Expiration", `{"code":551,"enhanced_code":{"class":5,"subject":4,"detail":7},"content":"KumoMTA internal: Next delivery time would be at x","command":null}`,
		"expiry expired"+common+" text=KumoMTA internal: Next delivery time would be at x", removed)
	f("Reception", `{"code":250,"enhanced_code":null,"content":"","command":null}`, "arrival host=n1 id=1d98 from=news@example.com size=1047 nrcpt=1")
	f("AdminBounce", `{"code":551,"enhanced_code":null,"content":"KumoMTA internal: Administrator bounced with reason: x","command":null}`, removed)
	f("XferOut", ok, removed)
	for _, none := range []string{"OOB", "AdminRebind", "DeferredInjectionRebind", "XferIn", "Whatever"} {
		f(none, ok)
	}
	f("Rejection", `{"code":421,"enhanced_code":{"class":4,"subject":3,"detail":2},"content":"too many connections from you","command":null}`,
		"own-side host=n1 client=203.0.113.2 reply=421 4.3.2 too many connections from you")
	f("Rejection", `{"code":550,"enhanced_code":null,"content":"relaying denied","command":"RCPT TO"}`)
	check(t, `{"type":"Feedback","feedback_report":{"feedback_type":"abuse","version":1}}`, "u")
}

// What KumoMTA made up is no reply; what a receiver said to the connection is.
func TestInternal(t *testing.T) {
	f := func(content, want string) {
		t.Helper()
		response := fmt.Sprintf(`{"code":400,"enhanced_code":null,"content":%q,"command":null}`, "KumoMTA internal: "+content)
		text := rec("TransientFailure", response, `"peer_address":null`)
		check(t, text, "u", "attempt deferred"+strings.Replace(common, " mx=mx.example.net ip=203.0.113.2", "", 1)[:len(" host=n1 instance=v1 id=1d98 from=news@example.com size=1047 to=a@example.net")]+want)
	}
	const failed = "failed to connect to any candidate hosts: "
	const tail = " our=192.0.2.10 delay=3s"
	f("failed to send message: x", tail+" text=KumoMTA internal: failed to send message: x")
	f(failed+"connect to 203.0.113.2:25 and read initial banner: Connection refused (os error 111)",
		" ip=203.0.113.2"+tail+" stage=connect text=KumoMTA internal: "+failed+"connect to 203.0.113.2:25 and read initial banner: Connection refused (os error 111)")
	f(failed+"All failures are related to proxy connection issues. Is it healthy?", tail+" stage=connect text=KumoMTA internal: "+failed+"All failures are related to proxy connection issues. Is it healthy?")
	const rejected = `Command rejected Response { code: 421, enhanced_code: Some(EnhancedStatusCode { class: 4, subject: 7, detail: 0 }), content: "Too \"many\"\nconnections", command: None }`
	f(failed+"connect to 203.0.113.1:25 and read initial banner: Connection refused (os error 111), connect to 203.0.113.2:25 and read initial banner: "+rejected,
		" ip=203.0.113.2"+tail+` stage=banner reply=421 4.7.0 Too "many" connections`)
	f(failed+"connect to mx.example.net./[2001:db8::2]:25 and read initial banner: "+rejected, ` mx=mx.example.net ip=2001:db8::2`+tail+` stage=banner reply=421 4.7.0 Too "many" connections`)
	f(failed+`203.0.113.2:25: EHLO after banner: Command rejected Response { code: 554, enhanced_code: None, content: "go away", command: Some("EHLO x\r\n") }`,
		" ip=203.0.113.2"+tail+" stage=ehlo reply=554 go away")
	f(failed+"connect to x and read initial banner: Command rejected Response { code: 4, content: x", tail+" stage=connect text=KumoMTA internal: "+failed+"connect to x and read initial banner: Command rejected Response { code: 4, content: x")
}

func TestFields(t *testing.T) {
	f := func(want string, more ...string) {
		t.Helper()
		check(t, rec("TransientFailure", busy, more...), "u", want)
	}
	const reply = " stage=mail reply=421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred"
	// Recipients: a string or an array.
	check(t, rec("TransientFailure", busy, `"recipient":["a@example.net","b@example.net"]`), "u",
		"attempt deferred"+common+reply, "attempt deferred"+strings.Replace(common, "to=a@", "to=b@", 1)+reply)
	f("attempt deferred"+strings.Replace(common, " to=a@example.net", "", 1)+reply, `"recipient":null`)
	f("attempt deferred null-sender"+strings.Replace(common, " from=news@example.com", "", 1)+reply, `"sender":""`)
	f("attempt deferred"+strings.Replace(common, "192.0.2.10", "2001:db8::1", 1)+reply, `"source_address":{"address":"[2001:db8::1]:0"}`)
	f("attempt deferred"+strings.Replace(common, " our=192.0.2.10", "", 1)+reply, `"source_address":null`)
	f("attempt deferred"+strings.Replace(common, " instance=v1", "", 1)+reply, `"egress_source":null`)
	f("attempt deferred"+strings.Replace(common, "delay=3s", "delay=2.5s", 1)+reply, `"event_time":"2026-03-03T10:18:23.000000001Z"`, `"created_time":"2026-03-03T11:18:20.5+01:00"`)
	f("attempt deferred"+strings.Replace(common, "id=1d98", "id=1d98 msgid=<1@example.com>", 1)+reply, `"headers":{"Message-Id":"<1@example.com>"}`)
	f("attempt deferred"+strings.Replace(common, "id=1d98", "id=1d98 msgid=<1@example.com>", 1)+reply, `"headers":{"message-id":["<1@example.com>","<2@example.com>"],"x":1}`)
	f("attempt deferred local"+strings.Replace(common, "203.0.113.2", "127.0.0.1", 1)+reply, `"peer_address":{"name":"mx.example.net.","addr":"127.0.0.1"}`)
	f("attempt deferred local"+common+reply, `"delivery_protocol":"Maildir"`)
	f("attempt deferred"+common+reply, `"delivery_protocol":null`, `"tls_cipher":7`)
	f("attempt deferred"+strings.Replace(common, " size=1047", "", 1)+reply, `"size":"big"`) // a wrong type spoils only itself
	f("attempt deferred"+common+"", `"response":null`)
}

// The second message of a session is told from the first; a message with several
// recipients ends with none of them.
func TestState(t *testing.T) {
	session := `"session_id":"9bcd689e"`
	both := `"recipient":["a@example.net","b@example.net"]`
	reply := " stage=end-of-data reply=250 2.0.0 OK ids=8a"
	use := func(n string) string { return strings.Replace(common, " delay=3s", " use="+n+" delay=3s", 1) }
	check(t, rec("Delivery", ok, session)+"\n"+rec("Delivery", ok, session), "uu",
		"attempt delivered"+use("1")+reply, removed, "attempt delivered"+use("2")+reply, removed)
	check(t, rec("Reception", ok, both)+"\n"+rec("Delivery", ok), "uu",
		"arrival host=n1 id=1d98 from=news@example.com size=1047 nrcpt=2", "attempt delivered"+common+reply)
}

func TestLayouts(t *testing.T) {
	one := rec("Delivery", ok)
	event := "attempt delivered" + common + " stage=end-of-data reply=250 2.0.0 OK ids=8a"
	check(t, "["+one+","+one+"]", "u", event, removed, event, removed)
	check(t, one+one, "u", event, removed, event, removed)
	check(t, strings.ReplaceAll(one, `,"`, ",\n\""), strings.Repeat("u", 1+strings.Count(one, `,"`)), event, removed)
	check(t, "# segment\n"+one+"\n\n"+`{"a":1}`+"\ntext", "iuiin", event, removed)
	check(t, one[:len(one)/2]+"\n"+one, "nu", event, removed) // cut short by a crash
	check(t, `{"response":{"code":4210,"content":"x"},"type":"Bounce","nodeid":"n","num_attempts":1}`, "u", "attempt bounced null-sender host=n text=x")
}

func TestUnfinished(t *testing.T) {
	one := rec("Delivery", ok)
	if u, i, n := parsertest.Account(Format, one+"\n{\n\"a\": 1,\n"+one+"\n{\n\"b\": 2,"); u != 2 || i != 0 || n != 4 {
		t.Errorf("%d understood, %d irrelevant, %d not; want 2, 0, 4", u, i, n)
	}
}

func TestTime(t *testing.T) {
	got := parsertest.Times(Format, rec("TransientFailure", busy)+"\n"+rec("TransientFailure", busy, `"event_time":"2026-03-03T10:18:23.5Z"`)+"\n"+rec("TransientFailure", busy, `"timestamp":"x"`), parsertest.Options())
	if fmt.Sprint(got) != "[2026-03-03T10:18:23Z 2026-03-03T10:18:23.5Z 1970-01-01T00:00:00Z]" {
		t.Error(got)
	}
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, parsertest.Others["kumomta"]+"\n"+`{"type":"Feedback","feedback_report":{"feedback_type":"abuse"}}`)
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "kumomta", map[string]string{
		// The index has the Delayed record as "other". It is a suspension, which the
		// index of the other formats counts with the deferrals.
		"kumomta/kumomta--doc-samples.jsonl": "deferred=2;delivered=1",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, rec("Delivery", ok), rec("Expiration", busy), rec("Reception", ok, `"recipient":[]`), rec("Rejection", `{"content":"too many connections"}`),
		rec("TransientFailure", `{"code":400,"content":"KumoMTA internal: failed to connect to any candidate hosts: connect to 203.0.113.2:25 and read initial banner: Command rejected Response { code: 421, enhanced_code: Some(EnhancedStatusCode { class: 4, subject: 7, detail: 0 }), content: \"x\\\"y\", command: None }"}`),
		"["+rec("Delayed", plain)+",\n"+rec("Bounce", plain, `"id":""`)+"]")
}

func BenchmarkDecode(b *testing.B) {
	lines := parsertest.Lines(rec("Delivery", ok) + "\n" + rec("TransientFailure", busy) + "\n" + rec("Reception", ok))
	size := 0
	for _, l := range lines {
		size += len(l) + 1
	}
	d := NewDecoder()
	events := 0
	emit := func(*mail.Event) { events++ }
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}
	if events != 4*b.N {
		b.Fatalf("%d events in %d runs", events, b.N)
	}
}

// A record costs no allocation.
func TestNoAllocation(t *testing.T) {
	lines := parsertest.Lines(rec("Delivery", ok) + "\n" + rec("TransientFailure", busy) + "\n" + rec("Reception", ok))
	d := NewDecoder()
	events := 0
	emit := func(*mail.Event) { events++ }
	run := func() {
		for _, l := range lines {
			d.Decode(l, emit)
		}
	}
	run() // buffers grow once
	if n := testing.AllocsPerRun(20, run); n != 0 || events == 0 {
		t.Errorf("%v allocations, %d events", n, events)
	}
}
