package syslog

import (
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	f := func(text string, want time.Time, precise, exact bool) {
		t.Helper()
		c := NewClock(2026, time.FixedZone("", 3600))
		for range 2 { // the second time from the clock's memory
			micro, p, e, ok := c.Time([]byte(text))
			if !ok || micro != want.UnixMicro() || p != precise || e != exact {
				t.Errorf("%q: %d %v %v %v, want %d %v %v", text, micro, p, e, ok, want.UnixMicro(), precise, exact)
			}
		}
	}
	at := time.Date(2026, 3, 3, 10, 18, 23, 0, time.UTC)
	f("2026-03-03T10:18:23Z", at, false, true)
	f("2026-03-03T11:18:23.5+01:00", at.Add(time.Second/2), true, true)
	f("2026-03-03 11:18:23", at, false, false)
	f("Mar  3 11:18:23", at, false, false)
	f("1772533103.000001", at.Add(time.Microsecond), true, true)

	fails := func(text string) {
		t.Helper()
		if micro, _, _, ok := NewClock(2026, time.UTC).Time([]byte(text)); ok {
			t.Errorf("%q: %d", text, micro)
		}
	}
	fails("")
	fails("2026-03-03")
	fails("2026-03-03T10:18:23Z mx1")
	fails("Mar  3 11:18:23 ")
	fails("yesterday")
}

func TestSetTag(t *testing.T) {
	f := func(tag, instance, process string) {
		t.Helper()
		h := Header{Instance: []byte("x")}
		h.SetTag([]byte(tag))
		if string(h.Instance) != instance || string(h.Process) != process {
			t.Errorf("%q: %q, %q", tag, h.Instance, h.Process)
		}
	}
	f("postfix/out/smtp", "postfix/out", "smtp")
	f("exim", "", "exim")
	f("a/", "a", "")
	f("", "", "")
}

func TestPID(t *testing.T) {
	f := func(text string, want uint32) {
		t.Helper()
		if got := PID([]byte(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
	f("812", 812)
	f("4294967295", 4294967295)
	f("4294967296", 0)
	f("812 ", 0)
	f("-1", 0)
	f("", 0)
}
