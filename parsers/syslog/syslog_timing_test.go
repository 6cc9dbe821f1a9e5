package syslog

import (
	"testing"
	"time"
)

func BenchmarkParse(b *testing.B) {
	f := func(name string, lines ...string) {
		b.Run(name, func(b *testing.B) {
			size := 0
			var text [][]byte
			for _, l := range lines {
				text = append(text, []byte(l))
				size += len(l)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			c := NewClock(2026, time.FixedZone("", 3600))
			var h Header
			parsed := 0
			for b.Loop() {
				for _, l := range text {
					if Parse(l, c, &h) && string(h.Process) == "smtp" && h.Time != 0 {
						parsed++
					}
				}
			}
			if parsed != b.N*len(lines) {
				b.Fatalf("%d of %d lines parsed", parsed, b.N*len(lines))
			}
		})
	}
	f("same second", "Mar  3 10:18:23 mx1 postfix/smtp[123]: A89EB7629C3: removed", "Mar  3 10:18:23 mx1 postfix/smtp[123]: A89EB7629C3: removed")
	f("new second", "Mar  3 10:18:23 mx1 postfix/smtp[123]: A89EB7629C3: removed", "Mar  3 10:18:24 mx1 postfix/smtp[123]: A89EB7629C3: removed")
	f("iso", "2026-03-03T10:18:23.504367+01:00 mx1 postfix/smtp[123]: A89EB7629C3: removed", "2026-03-03T10:18:23.604367+01:00 mx1 postfix/smtp[123]: A89EB7629C3: removed")
	f("rfc5424", "<22>1 2026-03-03T10:18:23.504367Z mx1 postfix/smtp 123 - [m s=\"7\"] A89EB7629C3: removed")
}
