package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// events builds the input from short lines: "action package test output".
func events(t *testing.T, lines ...string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range lines {
		f := append(strings.SplitN(line, " ", 4), "", "", "")
		if f[0] == "raw" {
			b.WriteString(strings.TrimPrefix(line, "raw ") + "\n")
			continue
		}
		j, err := json.Marshal(map[string]string{
			"Time": "2026-01-02T03:04:05Z", "Action": f[0], "Package": f[1], "Test": strings.Trim(f[2], "-"), "Output": f[3] + "\n",
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(j, '\n'))
	}
	return b.String()
}

func TestSummarise(t *testing.T) {
	f := func(name string, in []string, passed, failed int, want ...string) {
		t.Helper()
		var out bytes.Buffer
		p, n, err := summarise(strings.NewReader(events(t, in...)), &out)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p != passed || n != failed {
			t.Errorf("%s: %d passed, %d failed; want %d and %d", name, p, n, passed, failed)
		}
		for _, w := range want {
			if miss := strings.TrimPrefix(w, "!"); miss != w {
				if strings.Contains(out.String(), miss) {
					t.Errorf("%s: output has %q:\n%s", name, miss, &out)
				}
			} else if !strings.Contains(out.String(), w) {
				t.Errorf("%s: output lacks %q:\n%s", name, w, &out)
			}
		}
	}

	f("nothing", nil, 0, 0, "0 passed, 0 failed\n")
	f("quiet pass", []string{
		"run p TestA", "output p TestA chatter", "pass p TestA", "output p - ok  \tp\t0.1s", "pass p",
	}, 1, 0, "ok  \tp\t0.1s\n", "\n1 passed, 0 failed\n", "!chatter")
	f("loud failure", []string{
		"run p TestA", "output p TestA a_test.go:3: wrong", "fail p TestA", "output p - FAIL\tp\t0.1s", "fail p",
	}, 0, 1, "a_test.go:3: wrong\n", "FAIL\tp\t0.1s\n")
	f("subtests count, their parent does not", []string{
		"run p TestA", "run p TestA/x", "run p TestA/y", "run p TestA/y/z",
		"pass p TestA/x", "fail p TestA/y/z", "fail p TestA/y", "fail p TestA", "fail p",
	}, 1, 1)
	f("parent that fails by itself", []string{
		"run p TestA", "run p TestA/x", "pass p TestA/x", "fail p TestA", "fail p",
	}, 1, 1)
	f("failure of a test with a longer name is another one", []string{
		"run p TestAB", "fail p TestAB", "run p TestA", "run p TestA/x", "pass p TestA/x", "fail p TestA", "fail p",
	}, 1, 2)
	f("fuzz target is one case", []string{
		"run p FuzzA", "run p FuzzA/seed#0", "run p FuzzA/seed#1", "pass p FuzzA/seed#0", "pass p FuzzA/seed#1", "pass p FuzzA", "pass p",
	}, 1, 0)
	f("failing fuzz seed is one failure", []string{
		"run p FuzzA", "run p FuzzA/seed#0", "output p FuzzA/seed#0 bad seed", "fail p FuzzA/seed#0", "fail p FuzzA", "fail p",
	}, 0, 1, "bad seed")
	f("package without a failing test", []string{
		"run p TestA", "pass p TestA", "output p - panic: in TestMain", "fail p",
	}, 1, 1, "panic: in TestMain\n")
	f("package that does not compile", []string{
		"build-output p - p/a.go:1:1: syntax error", "build-fail p", "output p - FAIL\tp [build failed]", "fail p",
	}, 0, 1, "syntax error", "FAIL\tp [build failed]")
	f("skips and their reasons", []string{
		"run p TestA", "output p TestA     a_test.go:9: set DIAGNOSE_CORPORA: no corpora", "output p TestA --- SKIP: TestA (0.00s)", "skip p TestA",
		"run p TestB", "skip p TestB", "run p TestC", "pass p TestC", "pass p",
	}, 1, 0, "skipped 1: set DIAGNOSE_CORPORA: no corpora\n", "skipped 1: no reason given\n", "\n1 passed, 0 failed\n")
	f("lines that are no events", []string{"raw building", `raw {"no":"event"}`, "raw {broken"}, 0, 0,
		"building\n", `{"no":"event"}`+"\n", "{broken\n")
}
