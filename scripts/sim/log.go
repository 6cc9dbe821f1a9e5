package sim

import (
	"io"
	"strconv"
	"time"
)

// logHost is the name of the machine that writes the log, myHost its full name.
const (
	logHost = "mail01"
	myHost  = "mail01.example.com"
)

// logWriter writes lines with the stamp of the moment. The engine runs in order of
// time, so the lines are in order as well.
type logWriter struct {
	w      io.Writer
	engine *engine
	start  time.Time
	micro  bool

	buf    []byte
	second time.Duration // the second that stamp was made for
	stamp  []byte
	bytes  int64
	lines  int64
	err    error
}

// flushAt is how much is collected before it is written.
const flushAt = 64 << 10

// begin starts a line of a process.
func (l *logWriter) begin(program string, pid int) *logWriter {
	if s := l.engine.now / time.Second; s != l.second {
		l.second = s
		t := l.start.Add(s * time.Second)
		layout := time.Stamp
		if l.micro {
			layout = "2006-01-02T15:04:05"
		}
		l.stamp = t.AppendFormat(l.stamp[:0], layout)
	}
	l.buf = append(l.buf, l.stamp...)
	if l.micro {
		us := int64(l.engine.now % time.Second / time.Microsecond)
		l.buf = append(l.buf, '.')
		l.buf = appendPadded(l.buf, us, 6)
		l.buf = append(l.buf, "+00:00"...)
	}
	l.buf = append(l.buf, " "+logHost+" "...)
	l.buf = append(l.buf, program...)
	l.buf = append(l.buf, '[')
	l.buf = strconv.AppendInt(l.buf, int64(pid), 10)
	l.buf = append(l.buf, "]: "...)
	return l
}

// text adds words to the line.
func (l *logWriter) text(words ...string) *logWriter {
	for _, s := range words {
		l.buf = append(l.buf, s...)
	}
	return l
}

// number adds a number to the line.
func (l *logWriter) number(n int) *logWriter {
	l.buf = strconv.AppendInt(l.buf, int64(n), 10)
	return l
}

// delay adds a duration as Postfix writes it.
func (l *logWriter) delay(d time.Duration) *logWriter {
	l.buf = appendDelay(l.buf, d)
	return l
}

// end ends the line.
func (l *logWriter) end() {
	l.buf = append(l.buf, '\n')
	l.lines++
	if len(l.buf) >= flushAt {
		_ = l.flush() // the error is kept and returned at the end
	}
}

func (l *logWriter) flush() error {
	l.bytes += int64(len(l.buf))
	if l.err == nil && len(l.buf) > 0 {
		_, l.err = l.w.Write(l.buf)
	}
	l.buf = l.buf[:0]
	return l.err
}

// appendDelay writes seconds with two significant digits and at most two decimals,
// without trailing zeros: 0.02, 0.24, 4.8, 13, 63525 (format_tv.c with the default
// delay_logging_resolution_limit).
func appendDelay(b []byte, d time.Duration) []byte {
	d = max(d, 0)
	step := 10 * time.Millisecond
	switch {
	case d >= 10*time.Second:
		step = time.Second
	case d >= time.Second:
		step = 100 * time.Millisecond
	}
	d = d.Round(step)
	b = strconv.AppendInt(b, int64(d/time.Second), 10)
	if hundredths := int64(d % time.Second / (10 * time.Millisecond)); hundredths > 0 {
		b = append(b, '.')
		b = appendPadded(b, hundredths, 2)
		if b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return b
}

// appendPadded writes n with leading zeros.
func appendPadded(b []byte, n int64, width int) []byte {
	at := len(b)
	for range width {
		b = append(b, '0')
	}
	for i := at + width - 1; i >= at; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}
