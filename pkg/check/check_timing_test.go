package check

import (
	"fmt"
	"io"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/baseline"
)

// A check of a log with thousands of destinations takes no time beside reading it.
func BenchmarkEvaluate(b *testing.B) {
	r := limiting()
	for i := range 10_000 {
		g := r.Groups[0]
		g.Platform = fmt.Sprintf("host%d.example", i)
		r.Groups = append(r.Groups, g)
	}
	o := options(b, baseline.Of(r, 5, nil))
	b.ReportAllocs()
	for b.Loop() {
		if c := Evaluate(r, o); c.Failed != 0 || len(c.Results) < 50_000 {
			b.Fatalf("%d failed of %d", c.Failed, len(c.Results))
		}
	}
}

func BenchmarkSARIF(b *testing.B) {
	_, c := bad(b)
	for range 1_000 {
		c.Results = append(c.Results, c.Results[0])
	}
	for b.Loop() {
		if err := WriteSARIF(io.Discard, c); err != nil {
			b.Fatal(err)
		}
	}
}
