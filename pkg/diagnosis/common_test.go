package diagnosis

import (
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// What groups say alike is there once, and says what it said.
func TestCommon(t *testing.T) {
	alike := newCommon()
	var few, many group.Refusals
	few[mail.ConnectionLimit], many[mail.ConnectionLimit], many[mail.Listing] = 1, 1, 7
	same := func(a, b map[string]int64) bool { return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer() }
	for _, r := range []group.Refusals{{}, few, many, few} {
		got := alike.refusals(r)
		if !reflect.DeepEqual(got, refusals(r)) || !same(got, alike.refusals(r)) {
			t.Errorf("%v: %v", r, got)
		}
	}
	if same(alike.refusals(few), alike.refusals(many)) || same(alike.refusals(few), refusals(few)) {
		t.Error("one map for what differs, or for what is changed later")
	}

	one := func() *report.Group {
		text := strings.Clone
		evidence := func(s string) []report.Evidence { return []report.Evidence{{Text: text(s), Where: text(s + ":1")}} }
		return &report.Group{
			Causes: []report.Cause{{Evidence: evidence("cause")}},
			Limit:  report.Limit{ScopeEvidence: evidence("scope"), Hypotheses: []report.Hypothesis{{Evidence: evidence("fixed")}}},
			Notes:  []report.Qualifier{{Text: text("note"), Evidence: evidence("qualifier")}},
			Audit:  []report.AuditItem{{Text: text("audit")}}, Steps: []report.Step{{Text: text("step")}},
			Advice: []report.Note{{Text: text("advice")}}, Missing: []string{text("missing")},
		}
	}
	a, b := one(), one()
	alike.share(a)
	alike.share(b)
	if !reflect.DeepEqual(a, one()) || !reflect.DeepEqual(b, a) {
		t.Errorf("got %+v", a)
	}
	if unsafe.StringData(a.Audit[0].Text) != unsafe.StringData(b.Audit[0].Text) || unsafe.StringData(a.Causes[0].Evidence[0].Text) != unsafe.StringData(b.Causes[0].Evidence[0].Text) {
		t.Error("two of the same text")
	}
}
