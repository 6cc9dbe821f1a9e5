package strictyaml

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// Files that would keep the parser busy for minutes or hours are refused, and told.
func TestDecodeCostly(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		var d document
		errs := Decode("a.yaml", []byte(src), &d)
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "a.yaml:"+want) {
			t.Errorf("%.40q: %.200v, want %s", src, errs, want)
		}
	}
	f("name: |\n"+strings.Repeat("\n", 200_000), "102:1: more than 100 empty lines in a row")
	f("name: |\n"+strings.Repeat("\r", 200_000), "102:1: more than 100 empty lines in a row")
	f("name: |\n"+strings.Repeat("  \t\r\n", 40_000), "102:1: more than 100 empty lines in a row")
	f("name: \""+strings.Repeat("\t}", 100_000), "1:1: more than 1000 tabs; write spaces")
	f("name: |\n"+strings.Repeat("---\n  x\n", 20_000), "22:1: one document a file, there are more")
	var keys strings.Builder
	keys.WriteString("words:\n")
	for i := range 20_000 {
		fmt.Fprintf(&keys, " k%d: 1\n", i)
	}
	f(keys.String(), "6668:2: file has over 20000 keys, values and signs; split it")
	f("list: ["+strings.Repeat("a,", 100_000), "1:")
	f(strings.Repeat("a", maxFileBytes+1), "1:1: file has 262145 bytes")
	// A billion laughs: the first anchor ends it.
	f("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]", "1:4: anchors and aliases are not allowed here")
	// What people write is far from all bounds.
	var d document
	fine := "name: |\n" + strings.Repeat("\n", 90) + "  x\nlist:\n" + strings.Repeat("  - x\n", 4000)
	if errs := Decode("a.yaml", []byte(fine), &d); len(errs) > 0 || len(d.List) != 4000 {
		t.Errorf("%v", errs)
	}
}

// A file with a mistake on every line takes time in proportion.
func TestDecodeManyErrors(t *testing.T) {
	allocated := func(n int) float64 {
		src := []byte("items:\n" + strings.Repeat("- zz: 1\n", n))
		return testing.AllocsPerRun(1, func() {
			var d document
			if errs := Decode("a.yaml", src, &d); len(errs) != n {
				t.Fatalf("%d mistakes, want %d", len(errs), n)
			}
		})
	}
	if one, four := allocated(1000), allocated(4000); four > 5*one {
		t.Errorf("%.0f allocations for 4 times as many lines, %.0f for one", four, one)
	}
}

func TestReadAll(t *testing.T) {
	fsys := fstest.MapFS{"a.yaml": {Data: []byte("name: x")}, "big.yaml": {Data: make([]byte, maxFileBytes+1)}}
	if src, err := ReadAll(fsys.Open("a.yaml")); err != nil || string(src) != "name: x" {
		t.Errorf("%q, %v", src, err)
	}
	if _, err := ReadAll(fsys.Open("big.yaml")); err == nil || err.Error() != "big.yaml has more than 262144 bytes, and files of this kind may have no more" {
		t.Errorf("%v", err)
	}
	if _, err := ReadAll(fsys.Open("none.yaml")); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat("/dev/zero"); err == nil {
		if _, err := ReadAll(os.Open("/dev/zero")); err == nil || !strings.HasPrefix(err.Error(), "/dev/zero has more than") {
			t.Errorf("%v", err)
		}
	}
}
