package wrap

import (
	"bytes"
	"strconv"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// deliver hands the message of a record to the format inside, line by line.
func (d *Decoder) deliver(r *record, emit func(*mail.Event)) mail.Verdict {
	d.emit = emit
	v := d.lines(r, r.body)
	for _, b := range r.bodies {
		v = max(v, d.lines(r, b))
	}
	return v
}

func (d *Decoder) lines(r *record, text []byte) (v mail.Verdict) {
	text = bytes.TrimRight(text, "\r\n\x00")
	if len(text) == 0 {
		return mail.Irrelevant // a remark of the collector, or a message too long for it
	}
	for {
		line, rest, more := bytes.Cut(text, []byte("\n"))
		v = max(v, d.message(r, line))
		if text = rest; !more {
			return v
		}
	}
}

// message hands over one line.
func (d *Decoder) message(r *record, line []byte) mail.Verdict {
	named := len(r.tag) > 0 && !d.hasTag(line)
	if named {
		line = bytes.TrimLeft(line, " ") // rsyslog keeps the blank after the tag
	}
	if s := d.sample; s != nil {
		s.Bodies = append(s.Bodies, bytes.Clone(line))
		if named {
			s.Tagged = append(s.Tagged, bytes.Clone(d.asSyslog(r, line)))
		}
		s.dated = s.dated && r.time != 0
		return mail.Irrelevant
	}
	d.start(r, line)
	if named && d.header != nil {
		d.head = syslog.Header{Time: r.time, Precise: r.precise, Stamped: r.time != 0, Host: r.host, PID: r.pid, Body: line}
		d.head.SetTag(r.tag)
		return d.header.DecodeHeader(&d.head, d.emit)
	}
	if named && d.tagged {
		return d.inner.Decode(d.asSyslog(r, line), d.emit)
	}
	one := [1][]byte{line}
	d.own = r.time != 0 && syslog.Zoneless(one[:])
	return d.inner.Decode(line, d.through)
}

// plain hands over a line that has no wrapper.
func (d *Decoder) plain(line []byte, emit func(*mail.Event)) mail.Verdict {
	if d.sample != nil {
		return mail.NotUnderstood
	}
	d.rec = record{}
	d.start(&d.rec, line)
	return d.inner.Decode(line, emit)
}

// start makes the decoder inside. Where only the collector knows the year, the
// first line is dated by it.
func (d *Decoder) start(r *record, line []byte) {
	if d.inner != nil {
		return
	}
	o := d.opts
	if o.Year == 0 && r.time != 0 {
		one := [1][]byte{line}
		if month, day, ok := syslog.FirstStamp(one[:]); ok {
			o.Year = syslog.FirstYear(month, day, time.UnixMicro(r.time).UTC())
		}
	}
	d.inner = d.format.New(o)
	d.header, _ = d.inner.(parsers.HeaderDecoder)
}

// hasTag says that a line has a program of its own in front: then what the
// collector says of it is about a relay of logs.
func (d *Decoder) hasTag(line []byte) bool {
	h := &d.head
	return syslog.Parse(line, d.stamps.utc, h) && h.Stamped && h.Process != nil
}

// asSyslog makes a line of a system log.
func (d *Decoder) asSyslog(r *record, line []byte) []byte {
	b := d.line[:0]
	if r.time != 0 {
		b = time.UnixMicro(r.time).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z ")
		if len(r.host) > 0 {
			b = append(append(b, r.host...), ' ')
		} else {
			b = append(b, "- "...)
		}
	}
	b = append(b, r.tag...)
	b = append(b, '[')
	b = strconv.AppendUint(b, uint64(max(r.pid, 1)), 10) // a tag needs one where no time precedes it
	b = append(b, "]: "...)
	b = append(b, line...)
	d.line = b
	return b
}

const (
	// slack is how much later than it was written a line may be noted by a
	// collector and still count as noted at once.
	slack = int64(time.Minute / time.Microsecond)
	// zoneStep divides all offsets of zones; maxOffset is more than the largest.
	zoneStep  = int64(15 * time.Minute / time.Microsecond)
	maxOffset = int64(15 * time.Hour / time.Microsecond)
	// closely is how far apart two stamps of one line are if one of them has no
	// fraction of a second.
	closely = int64(2 * time.Second / time.Microsecond)
)

// place gives an event the time and host that the collector noted, where they say
// more than the line itself.
func (d *Decoder) place(ev *mail.Event) {
	r := &d.rec
	if len(ev.Host) == 0 {
		ev.Host = r.host
	}
	if r.time != 0 && d.prefers(ev, r) {
		ev.Time, ev.Precise = r.time, r.precise
	}
	d.emit(ev)
}

// prefers says that the collector's time of a line is better than its own: the
// line has none; it lacks its year or its zone, and the two differ by a zone; or
// it lacks only the fraction of the second.
//
// The time of a shipper may be that of the reading of a file, days later. It counts
// only if it fits the line's own.
func (d *Decoder) prefers(ev *mail.Event, r *record) bool {
	if ev.Time == 0 {
		return true
	}
	diff := r.time - ev.Time
	if !ev.Precise && r.precise && -closely < diff && diff < closely {
		return true
	}
	if !d.own || !r.exact || r.prompt {
		return d.own && r.exact
	}
	rest := (diff%zoneStep + zoneStep) % zoneStep
	return -maxOffset <= diff && diff <= maxOffset && (rest <= slack || rest >= zoneStep-slack)
}
