package syslog

import (
	"bytes"
	"fmt"
	"testing"
	"time"
	"unsafe"
)

// within says that part is a slice of whole.
func within(part, whole []byte) bool {
	if len(part) == 0 {
		return true
	}
	p, w := uintptr(unsafe.Pointer(&part[0])), uintptr(unsafe.Pointer(unsafe.SliceData(whole)))
	return p >= w && p+uintptr(len(part)) <= w+uintptr(len(whole))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"Mar  3 10:18:23 mx1 postfix/smtp[123]: body",
		"Mar 3 2026 10:18:23 mx1 postfix/smtp[123]: [ID 1 mail.info] body",
		"Feb 29 23:59:60.5 mail.info <mail.info> mail:info a/b/c[1]: message repeated 2 times: [ x]",
		"<22>1 2026-03-03T10:18:23.504367Z mx1 postfix/smtp 123 - [m s=\"\\]7\"] \xEF\xBB\xBFbody",
		"1 2026-03-03T10:18:23+0000 - - - - -",
		"2026-03-03 10:18:23,1-08 mx1 smtp: x",
		"Tue 2026-03-03 10:18:23 +0530 mx1 postfix/smtp[123]: body",
		"1772533103.504367 mx1 postfix/smtp[123]: body",
		"\x00\x00Mar  3 10:18:23 mx1 last message repeated 3 times\x00\r",
		"postfix/smtp[123]: body",
	} {
		f.Add([]byte(s), []byte("Mar  3 10:18:23 mx1 x: y"))
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, line, before []byte) {
		keep := bytes.Clone(line)
		c := NewClock(2024, berlin)
		var h, again Header
		ok := Parse(line, c, &h)
		if !bytes.Equal(line, keep) {
			t.Error("the line was written to")
		}
		for _, part := range [][]byte{h.Host, h.Instance, h.Process, h.Body} {
			if !within(part, line) {
				t.Errorf("%q is no part of the line", part)
			}
		}
		if !ok && (h.Stamped || h.Time != 0 || h.Host != nil || h.Process != nil || h.PID != 0) {
			t.Errorf("no prefix, but %+v", h)
		}
		if h.Time != 0 && !h.Stamped || h.Yearless && !h.Zoneless {
			t.Errorf("inconsistent: %+v", h)
		}
		// The same line again, now from the clock's memory: nothing changes.
		if ok2 := Parse(line, c, &again); ok2 != ok || fmt.Sprint(again) != fmt.Sprint(h) {
			t.Errorf("the second time %v %+v, the first time %v %+v", ok2, again, ok, h)
		}
		// Another line before: only a missing year may come out different.
		d := NewClock(2024, berlin)
		Parse(before, d, &again)
		Parse(line, d, &again)
		if h.Yearless {
			again.Time = h.Time
		}
		if fmt.Sprint(again) != fmt.Sprint(h) {
			t.Errorf("after %q: %+v, alone %+v", before, again, h)
		}
		inner, n, is := Repeated(h.Body)
		if is && (n < 0 || !within(inner, line)) {
			t.Errorf("repeated: %q %d", inner, n)
		}
	})
}
