package declared

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/araddon/dateparse"

	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
)

// times says how time stamps are read: by the layouts of the file, else by those
// that the samples show.
type times struct {
	layouts  []string // of package time; "unix" is seconds since 1970, or parts of them
	zone     *time.Location
	known    bool // stamps are among those of package syslog
	yearless bool
	zoneless bool
	precise  bool
}

const unixLayout = "unix"

// learn finds the layout of a stamp of a sample. Layouts that the file gives come
// first, then numbers and the stamps of system logs, then what package dateparse
// makes of it in its strict mode, which refuses dates that can be read in two ways.
func (t *times) learn(text string) error {
	for _, l := range t.layouts {
		if _, err := parseLayout(l, text, time.UTC); err == nil {
			t.note(l, text)
			return nil
		}
	}
	if len(t.layouts) > 0 && !t.known {
		return fmt.Errorf("none of the layouts fits %q", text)
	}
	if _, ok := unix(text); ok {
		t.layouts = append(t.layouts, unixLayout)
		t.note(unixLayout, text)
		return nil
	}
	c := syslog.NewClock(2026, time.UTC)
	if _, precise, exact, ok := c.Time([]byte(text)); ok {
		t.known, t.precise = true, t.precise || precise
		if !exact {
			t.zoneless = true
			t.yearless = t.yearless || syslog.Yearless([][]byte{[]byte(text)})
		}
		return nil
	}
	layout, err := guess(text)
	if err != nil {
		return err
	}
	t.layouts = append(t.layouts, layout)
	t.note(layout, text)
	return nil
}

// note remembers what stamps of a layout lack.
func (t *times) note(layout, text string) {
	if layout == unixLayout {
		t.precise = t.precise || strings.ContainsAny(text, ".,") || len(text) > 10
		return
	}
	t.precise = t.precise || strings.Contains(layout, ".0") || strings.Contains(layout, ".9") || strings.Contains(layout, ",0")
	t.yearless = t.yearless || isYearless(layout)
	t.zoneless = t.zoneless || isZoneless(layout)
}

func isYearless(layout string) bool { return !strings.Contains(layout, "06") }

func isZoneless(layout string) bool {
	return !strings.Contains(layout, "-07") && !strings.Contains(layout, "Z07") && !strings.HasSuffix(layout, "Z") && !strings.Contains(layout, "UTC") && !strings.Contains(layout, "GMT")
}

// guess asks package dateparse. It knows names of zones but not what they mean, and
// reads stamps without a year as of the year 0.
func guess(text string) (layout string, err error) {
	defer func() {
		if r := recover(); r != nil { // it is no longer maintained
			layout, err = "", fmt.Errorf("cannot read the time %q: give its layout", text)
		}
	}()
	want, err := dateparse.ParseStrict(text)
	if err != nil {
		return "", fmt.Errorf("cannot read the time %q without its layout: %w", text, err)
	}
	if layout, err = dateparse.ParseFormat(text); err != nil {
		return "", fmt.Errorf("cannot read the time %q without its layout: %w", text, err)
	}
	if strings.Contains(layout, "MST") {
		return "", fmt.Errorf("the zone in %q is a name, which may mean several: give layout and zone", text)
	}
	if got, err := time.Parse(layout, text); err != nil || !got.Equal(want) {
		return "", fmt.Errorf("cannot read the time %q without its layout", text)
	}
	return layout, nil
}

var errNoUnix = errors.New("no number")

// parseLayout reads a stamp by one layout.
func parseLayout(layout, text string, zone *time.Location) (time.Time, error) {
	if layout == unixLayout {
		if t, ok := unix(text); ok {
			return t, nil
		}
		return time.Time{}, errNoUnix
	}
	return time.ParseInLocation(layout, text, zone)
}

// unix reads a number of seconds since 1970, with a fraction perhaps, or of milli-,
// micro- or nanoseconds, which have three, six and nine digits more.
func unix(text string) (time.Time, bool) {
	whole, fraction, dotted := strings.Cut(text, ".")
	var v int64
	for _, c := range whole {
		if c < '0' || c > '9' || len(whole) > 19 {
			return time.Time{}, false
		}
		v = v*10 + int64(c-'0')
	}
	nanos := int64(0)
	for i, unit := 0, int64(1e8); i < len(fraction); i, unit = i+1, unit/10 {
		if fraction[i] < '0' || fraction[i] > '9' {
			return time.Time{}, false
		}
		nanos += int64(fraction[i]-'0') * unit
	}
	switch len(whole) {
	case 10:
		return time.Unix(v, nanos), !dotted || fraction != ""
	case 13:
		return time.UnixMilli(v), !dotted
	case 16:
		return time.UnixMicro(v), !dotted
	case 19:
		return time.Unix(0, v), !dotted
	}
	return time.Time{}, false
}

// reader reads the stamps of one file.
type reader struct {
	*times
	zone  *time.Location
	clock *syslog.Clock
	last  int // the layout that fitted the last stamp
}

func (t *times) reader(year int, zone *time.Location) *reader {
	if t.zone != nil {
		zone = t.zone
	}
	if zone == nil {
		zone = time.UTC
	}
	return &reader{times: t, zone: zone, clock: syslog.NewClock(year, zone)}
}

// read returns microseconds since 1970, 0 if the stamp cannot be read.
func (r *reader) read(text []byte) (micro int64, precise bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return 0, false
	}
	if r.known || r.yearless {
		if micro, precise, _, ok := r.clock.Time(text); ok {
			return micro, precise
		}
	}
	for i := range r.layouts {
		k := (r.last + i) % len(r.layouts)
		layout := r.layouts[k]
		t, err := parseLayout(layout, string(text), r.zone)
		if err != nil {
			continue
		}
		r.last = k
		if layout != unixLayout && isYearless(layout) {
			return r.dated(t)
		}
		return t.UnixMicro(), t.Nanosecond() != 0
	}
	return 0, false
}

// dated gives a stamp without a year the year of the file.
func (r *reader) dated(t time.Time) (micro int64, precise bool) {
	micro, _, _, _ = r.clock.Time([]byte(t.Format("Jan _2 15:04:05")))
	return micro + int64(t.Nanosecond()/1000), t.Nanosecond() != 0
}
