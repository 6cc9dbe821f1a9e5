package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// files makes an overlay: name, content, name, content ...
func files(pairs ...string) fs.FS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

// own is a rule that a user might write.
const own = `
confidence: 0.9
source: our own tests
replies:
- id: own-limit
  class: connection-limit
  kind: concurrency
  scope: per-ip
  codes: [421]
  any: ["no more of you"]
  action: open fewer connections
  wait: 10m
  examples:
    match: ["421 No more of you, 192.0.2.1"]
    no_match: ["550 No more of you"]
`

func TestBuiltinExamples(t *testing.T) {
	set := builtin(t)
	for _, err := range set.Test() {
		t.Error(err)
	}
	if len(set.Overrides) != 0 {
		t.Errorf("overrides without an overlay: %v", set.Overrides)
	}
}

// Every rule is documented and stands in the file of its place in the precedence;
// only texts of the sender's own MTA come early, for they have no code.
func TestBuiltinRules(t *testing.T) {
	for _, r := range builtin(t).Rules() {
		if r.Source == "" || r.Confidence < 0.2 || r.Confidence > 0.99 {
			t.Errorf("%s: source %q, confidence %v", r.ID, r.Source, r.Confidence)
		}
		if want := fmt.Sprintf("replies/%02d-", r.Order); !strings.HasPrefix(r.At.File, want) && r.At.File != "replies/11-local.yaml" {
			t.Errorf("%s has order %d in %s", r.ID, r.Order, r.At.File)
		}
	}
}

func TestOverlayWins(t *testing.T) {
	const text = "421 No more of you, 198.51.100.1"
	set, err := Load(files("own.yaml", own))
	if err != nil {
		t.Fatal(err)
	}
	m := set.Replies.Classify("google", []byte(text))
	if m.Rule != "own-limit" || m.Class != mail.ConnectionLimit || m.Kind != "concurrency" || m.Scope != mail.PerIP || m.Confidence != 0.9 {
		t.Errorf("got %+v", m)
	}
	if m.By.Action != "open fewer connections" || m.By.Wait != 10*time.Minute || m.By.Source != "our own tests" {
		t.Errorf("got %+v", m.By)
	}
	if m := set.Replies.Classify("", []byte("550 No more of you")); m.Rule == "own-limit" {
		t.Error("550 matches codes: [421]")
	}

	// It comes before built-in rules that know the same words, and even provider tables.
	const s3115 = "451 4.7.652 The mail server [192.0.2.1] has exceeded the maximum number of connections. (S3115)"
	before := builtin(t).Replies.Classify("microsoft-consumer", []byte(s3115))
	set, err = Load(files("a/own.yml", strings.NewReplacer("no more of you", "has exceeded the maximum", "[421]", "[451]",
		"421 No more of you, 192.0.2.1", s3115, "connection-limit", "other", "  kind: concurrency\n", "").Replace(own)))
	if err != nil {
		t.Fatal(err)
	}
	if m := set.Replies.Classify("microsoft-consumer", []byte(s3115)); m.Rule != "own-limit" || before.Class != mail.ConnectionLimit {
		t.Errorf("before %s, with overlay %s", before.Rule, m.Rule)
	}
	// The one that it won over is still told.
	if all := set.Replies.Explain("microsoft-consumer", []byte(s3115)); len(all) < 2 || all[0].Rule != "own-limit" || all[1].Rule != before.Rule {
		t.Errorf("explained as %v", all)
	}
}

func TestOverlayReplacesById(t *testing.T) {
	set, err := Load(files("own.yaml", strings.ReplaceAll(own, "own-limit", "rate-reached")))
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Overrides) != 1 {
		t.Fatalf("overrides %v", set.Overrides)
	}
	if o := set.Overrides[0]; o.ID != "rate-reached" || o.By != "own.yaml:5" || !strings.HasPrefix(o.Instead, "replies/08-rate.yaml:") {
		t.Errorf("override %+v", o)
	}
	n := 0
	for _, r := range set.Rules() {
		if r.ID == "rate-reached" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d rules rate-reached", n)
	}
}

func TestOverlayProviders(t *testing.T) {
	const p = `
providers:
- id: example-net
  name: Example Net
  kind: isp
  mx: [.mx.example.net, .google.com]
  domains: [example.net]
  signatures: ["EXN-%"]
  source: our own
`
	const r = `
source: our own
confidence: 0.9
replies:
- id: example-net-limit
  class: rate-limit
  providers: [example-net]
  any: ["EXN-12"]
  examples: {match: ["450 EXN-12 later"]}
`
	set, err := Load(files("providers.yaml", p, "r.yaml", r))
	if err != nil {
		t.Fatal(err)
	}
	if id := set.Providers.ByMX("a.mx.example.net."); id != "example-net" {
		t.Errorf("MX is %q", id)
	}
	if id := set.Providers.ByMX("mx.google.com"); id != "example-net" {
		t.Errorf("a user's suffix does not win over a built-in one: %q", id)
	}
	if m := set.Replies.Classify("example-net", []byte("450 EXN-12 later")); m.Rule != "example-net-limit" {
		t.Errorf("got %s", m.Rule)
	}
	if m := set.Replies.Classify("", []byte("450 EXN-12 later")); m.Rule != "example-net-limit" || m.Provider != "example-net" {
		t.Errorf("by its signature: %s %s", m.Rule, m.Provider)
	}
	if m := set.Replies.Classify("google", []byte("450 EXN-12 later")); m.Rule == "example-net-limit" {
		t.Error("a rule for one provider matches for another")
	}
}

// A provider with the id of a built-in one replaces it as a whole.
func TestOverlayReplacesProvider(t *testing.T) {
	set, err := Load(files("providers.yaml", "providers:\n- {id: comcast, name: Mine, kind: isp, mx: [.comcast.example], source: our own}\n"))
	if err != nil {
		t.Fatal(err)
	}
	f := func(mx, provider, name string) {
		t.Helper()
		if d := set.Providers.Destination([]byte(mx), nil); d.Provider != provider || d.Name != name {
			t.Errorf("%s: %+v, want %s %s", mx, d, provider, name)
		}
	}
	f("mx1.comcast.example", "comcast", "Mine")
	f("mx1.comcast.net", "", "comcast.net")
}

func TestLoadErrors(t *testing.T) {
	f := func(old, with string, want ...string) {
		t.Helper()
		src := strings.Replace(own, old, with, 1)
		if src == own {
			t.Fatalf("%q is not in the rule", old)
		}
		set, err := Load(files("own.yaml", src))
		if err == nil || set != nil {
			t.Errorf("%q: no error", with)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q:\ngot  %v\nwant %s", with, err, w)
			}
		}
		var e *Error
		if !errors.As(err, &e) || e.File != "own.yaml" || e.Line < 2 || e.Excerpt == "" {
			t.Errorf("%q: no place in %v", with, err)
		}
	}
	f("class: connection-limit", "class: conection-limit", `own.yaml:6:10: `, `unknown class "conection-limit"; did you mean "connection-limit"?`, "6 |   class: conection-limit")
	f("kind: concurrency", "kind: concurency", `own.yaml:7:9: `, `did you mean "concurrency"?`)
	f("  kind: concurrency\n", "", "a connection-limit needs a kind")
	f("class: connection-limit", "class: greylist", "kind is for connection-limit only")
	f("scope: per-ip", "scope: per-up", `unknown scope "per-up"; did you mean "per-ip"?`)
	f("codes: [421]", "codes: [42]", "want reply codes such as 421", "own.yaml:9")
	f("codes: [421]", "codes: [9xx]", "want reply codes such as 421")
	f("codes: [421]", "enhanced: [4.7.x]", "want enhanced codes such as 4.7.652")
	f("codes: [421]", "enhanced: [4.7.9-1]", "want enhanced codes such as 4.7.652")
	f("codes: [421]", "providers: [gogle]", `own.yaml:9:15: `, `unknown provider "gogle"; did you mean "google"?`)
	f("any: [", "pattern: '(' \n  any: [", "cannot compile pattern", "missing closing )")
	f("any: [", "pattern: "+strings.Repeat("a", maxPattern+1)+"\n  any: [", "pattern is longer than 1000 bytes")
	f("any: [", "any: [ab, ", `own.yaml:10:9: `, "three characters or more")
	f("any: [", "any: ["+strings.Repeat("abc, ", maxPhrases)+"x, ", "more than 200 phrases")
	f("any: [\"no more", "any: [\""+strings.Repeat("x", maxPhrase)+"no more", "phrase is too long")
	f("source: our own tests\n", "", "needs a source")
	f("confidence: 0.9", "confidence: 9", "confidence must be above 0 and at most 1")
	f("id: own-limit", "id: ''", "needs an id")
}

func TestLoadExamples(t *testing.T) {
	f := func(old, with, want string) {
		t.Helper()
		_, err := Load(files("own.yaml", strings.Replace(own, old, with, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\ngot  %v\nwant %s", with, err, want)
		}
	}
	f(`"421 No more of you, 192.0.2.1"`, `"421 fine", "421 No more of you"`, `own.yaml:14:13: reply "own-limit": example 1 "421 fine" does not match its own rule`)
	f(`"550 No more of you"`, `"550 a", "421 no more of you"`, `own.yaml:15:25: `)
	f(`["421 No more of you, 192.0.2.1"]`, `[]`, "needs at least one example")
	f(`codes: [421]
  any: ["no more of you"]`, "", "would match every reply")

	// An example that an earlier rule takes is no example of the rule.
	_, rule, _ := strings.Cut(own, "replies:\n")
	two := own + strings.ReplaceAll(rule, "own-limit", "second")
	_, err := Load(files("own.yaml", two))
	if err == nil || !strings.Contains(err.Error(), "own-limit") || !strings.Contains(err.Error(), "second") {
		t.Errorf("a rule that never decides: %v", err)
	}
}

func TestLoadDuplicates(t *testing.T) {
	_, err := Load(files("a.yaml", own, "b.yaml", own))
	if err == nil || !strings.Contains(err.Error(), `b.yaml:5:7: reply "own-limit": id is taken, see a.yaml:5`) {
		t.Errorf("got %v", err)
	}
	const p = "providers:\n- {id: a, kind: isp, mx: [.example.net], source: x}\n- {id: %, kind: isp, mx: [.%], source: x}\n"
	f := func(id, mx, want string) {
		t.Helper()
		src := strings.Replace(strings.Replace(p, "%", id, 1), "%", mx, 1)
		if _, err := Load(files("providers.yaml", src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %s: got %v, want %s", id, mx, err, want)
		}
	}
	f("a", "example.com", "id is taken, see providers.yaml:2")
	f("b", "example.net", `mx ".example.net" is taken by provider "a"`)
}

// All mistakes of all files are told at once.
func TestLoadCollectsErrors(t *testing.T) {
	_, err := Load(files(
		"a.yaml", strings.NewReplacer("class: connection-limit", "class: x", "scope: per-ip", "scope: y").Replace(own),
		"b.yaml", "replys: []",
		"providers.yaml", "providers:\n- {id: a, kind: z, source: x}\n- {id: b, kind: isp, platform: nowhere, mx: [.b.example]}\n",
	))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`unknown class "x"`, `unknown scope "y"`, `b.yaml:1:1: unknown key "replys"; did you mean "replies"?`,
		`unknown kind "z"`, `platform "nowhere" is no provider`, `provider "b": needs a source`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s\n%v", want, err)
		}
	}
}

func TestVersion(t *testing.T) {
	one, two := builtin(t).Version, builtin(t).Version
	if one != two || len(one) != 6 {
		t.Errorf("versions %q and %q", one, two)
	}
	set, err := Load(files("own.yaml", own))
	if err != nil {
		t.Fatal(err)
	}
	if set.Version == one {
		t.Error("an overlay does not change the version")
	}
}
