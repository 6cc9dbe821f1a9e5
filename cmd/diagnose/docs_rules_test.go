package main

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// What docs/rules.md says of its example replies is what the built-in rules make of them.
func TestRulesDocs(t *testing.T) {
	doc, err := os.ReadFile("../../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f := func(reply, rule, class string) {
		t.Helper()
		if !strings.Contains(string(doc), "`"+reply+"`") {
			t.Errorf("the page has no reply %q", reply)
		}
		if m := set.Replies.Classify("", []byte(reply)); m.Rule != rule || m.Class.String() != class {
			t.Errorf("%s: %s by %q, want %s by %q", reply, m.Class, m.Rule, class, rule)
		}
	}
	f("421 4.7.0 mx1 session budget spent for 198.51.100.7", "code-policy", "policy-content")
	f("481 session purple", "", "other")
	if !strings.Contains(string(doc), "class is policy-content, want connection-limit (rule code-policy)") {
		t.Error("the failure of its test is another one")
	}
}
