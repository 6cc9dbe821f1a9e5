// Package selfcheck holds a report against the laws that its numbers obey: parts add up
// to wholes, bounds enclose estimates, times are in order. A report that breaks one has
// a bug behind it, whatever the input was.
package selfcheck

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// Check returns a sentence for every law that a whole report breaks, nil if it breaks
// none. A report without some of its destinations (--for) is no longer whole.
func Check(r *report.Report) []string {
	c := &checker{}
	c.equal("schema", int64(r.Schema), report.Schema)
	c.input(r)
	c.numbers("report", reflect.ValueOf(r))
	c.places(r)
	for i := range r.Groups {
		c.at = r.Groups[i].Destination + ": "
		c.group(&r.Groups[i], &r.Input)
	}
	return c.broken
}

// checker collects what is broken.
type checker struct {
	broken []string
	at     string // what the sentences are about
}

func (c *checker) fail(format string, args ...any) {
	c.broken = append(c.broken, c.at+fmt.Sprintf(format, args...))
}

// equal says that what is counted in two ways must be the same.
func (c *checker) equal(what string, got, want int64) {
	if got != want {
		c.fail("%s: %d is not %d", what, got, want)
	}
}

// most says that a part is no more than its whole.
func (c *checker) most(what string, part, whole int64) {
	if part > whole {
		c.fail("%s: %d is more than %d", what, part, whole)
	}
}

// share says that a number is between 0 and 1.
func (c *checker) share(what string, v float64) {
	if v < 0 || v > 1 {
		c.fail("%s: %g is not between 0 and 1", what, v)
	}
}

// order says that known times do not go backwards.
func (c *checker) order(what string, times ...*time.Time) {
	known := slices.DeleteFunc(times, func(t *time.Time) bool { return t == nil })
	for i := 1; i < len(known); i++ {
		if known[i].Before(*known[i-1]) {
			c.fail("%s: %s is before %s", what, known[i], known[i-1])
		}
	}
}

// ascending says that known numbers do not fall.
func (c *checker) ascending(what string, numbers ...*int64) {
	known := slices.DeleteFunc(numbers, func(n *int64) bool { return n == nil })
	for i := 1; i < len(known); i++ {
		c.most(what, *known[i-1], *known[i])
	}
}

// numbers says that no number is negative, infinite or not a number. Values of facts may
// be below zero: some are differences.
func (c *checker) numbers(name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			c.numbers(name, v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			c.numbers(name+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.numbers(name+"["+strconv.Itoa(i)+"]", v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			c.numbers(name+"["+k.String()+"]", v.MapIndex(k))
		}
	case reflect.Int, reflect.Int64:
		if v.Int() < 0 {
			c.fail("%s: %d is negative", name, v.Int())
		}
	case reflect.Float64:
		f, fact := v.Float(), strings.HasSuffix(name, ".Value")
		if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 && !fact {
			c.fail("%s: %g is no such number", name, f)
		}
	default: // texts and flags
	}
}

// sum adds up the counters of a map.
func sum(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}
