package rules

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// labelled is one row of the labelled collection.
type labelled struct {
	class, provider, scope, reply, source string
	half                                  int
}

func (l labelled) hard() bool { return strings.Contains(l.source, "HARD") }

// loadLabelled reads data/replies.tsv; rows marked {AMBIGUOUS} are not scored.
func loadLabelled(t testing.TB) []labelled {
	t.Helper()
	dir := parsertest.Corpora(t)
	f, err := os.Open(filepath.Join(dir, "data", "replies.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []labelled
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		c := strings.Split(sc.Text(), "\t")
		if len(c) != 5 || c[0] == "category" || strings.Contains(c[4], "{AMBIGUOUS}") {
			continue
		}
		rows = append(rows, labelled{c[0], c[1], c[2], c[3], c[4], int(crc32.ChecksumIEEE([]byte(c[3])) % 2)})
	}
	return rows
}

// labelProvider maps the collection's labels to provider ids where they differ.
// Server software and lists have none: they stand behind custom MX hosts.
var labelProvider = map[string]string{
	"gmx-webde": "1and1-gmx", "1und1-ionos": "ionos", "qq": "tencent-qq", "amazon-ses": "amazon-ses-inbound",
	"messagelabs": "broadcom-esc", "aol": "yahoo-aol", "att-bellsouth": "att", "cloudflare": "cloudflare-email-routing",
	"docomo": "nttdocomo", "google-workspace": "google-workspace",
}

type score struct{ n, right, hard, hardRight, tp, fp, fn int }

func (s *score) add(want, got string, hard bool) {
	s.n++
	if got == want {
		s.right++
	}
	if hard {
		s.hard++
		if got == want {
			s.hardRight++
		}
	}
	switch want, have := throttling(want), throttling(got); {
	case want && have:
		s.tp++
	case have:
		s.fp++
	case want:
		s.fn++
	}
}

func (s score) String() string {
	return fmt.Sprintf("exact %.3f (%d/%d)  HARD %.3f (%d/%d)  throttling precision %.3f recall %.3f",
		ratio(s.right, s.n), s.right, s.n, ratio(s.hardRight, s.hard), s.hardRight, s.hard, ratio(s.tp, s.tp+s.fp), ratio(s.tp, s.tp+s.fn))
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func throttling(class string) bool { return class == "connection-limit" || class == "rate-limit" }

func TestLabelledReplies(t *testing.T) {
	rows := loadLabelled(t)
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, id := range set.Providers.IDs() {
		known[id] = true
	}
	for _, mode := range []struct {
		name                               string
		mx                                 bool
		precision, recall, exact, hardRows float64
	}{{"with MX", true, .97, .97, .95, .93}, {"without MX", false, .95, .92, .95, .93}} {
		var all score
		halves := [2]score{}
		confusion := map[string][]string{}
		for _, r := range rows {
			provider := ""
			if mode.mx {
				if provider = labelProvider[r.provider]; provider == "" && known[r.provider] {
					provider = r.provider
				}
			}
			m := set.Replies.Classify(provider, []byte(r.reply))
			got := m.Class.String()
			for _, s := range []*score{&all, &halves[r.half]} {
				s.add(r.class, got, r.hard())
			}
			if got != r.class {
				key := r.class + " -> " + got
				confusion[key] = append(confusion[key], fmt.Sprintf("%d %s [%s] %s", r.half, m.Rule, r.provider, m.Template))
			}
		}
		t.Logf("%s: %v", mode.name, all)
		t.Logf("  half 0: %v", halves[0])
		t.Logf("  half 1: %v", halves[1])
		keys := make([]string, 0, len(confusion))
		for k := range confusion {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			for _, c := range confusion[k] {
				t.Logf("  %s: %s", k, c)
			}
		}
		if p, rec := ratio(all.tp, all.tp+all.fp), ratio(all.tp, all.tp+all.fn); p < mode.precision || rec < mode.recall {
			t.Errorf("%s: throttling precision %.3f recall %.3f, want %.2f %.2f", mode.name, p, rec, mode.precision, mode.recall)
		}
		if e := ratio(all.right, all.n); e < mode.exact {
			t.Errorf("%s: exact %.3f, want %.2f", mode.name, e, mode.exact)
		}
		if h := ratio(all.hardRight, all.hard); h < mode.hardRows {
			t.Errorf("%s: HARD %.3f, want %.2f", mode.name, h, mode.hardRows)
		}
	}
}

// TestLabelledScopes counts the rows whose scope is the label's. The labels have no
// own-side: a limit of the sender's own account is per-domain or unknown there.
func TestLabelledScopes(t *testing.T) {
	set := builtin(t)
	n, right := 0, 0
	var confusions []string
	for _, r := range loadLabelled(t) {
		provider := labelProvider[r.provider]
		if provider == "" && set.Providers.Get(r.provider) != nil {
			provider = r.provider
		}
		m := set.Replies.Classify(provider, []byte(r.reply))
		n++
		if got := m.Scope.String(); got == r.scope || got == "own-side" && (r.scope == "per-domain" || r.scope == "unknown") {
			right++
		} else {
			confusions = append(confusions, fmt.Sprintf("%s -> %s: %s by %s [%s] %s", r.scope, got, r.class, m.Rule, r.provider, m.Template))
		}
	}
	sort.Strings(confusions)
	for _, c := range confusions {
		t.Log(c)
	}
	t.Logf("scope: %d of %d", right, n)
	if ratio(right, n) < .90 {
		t.Errorf("scope %.3f, want .90", ratio(right, n))
	}
}
