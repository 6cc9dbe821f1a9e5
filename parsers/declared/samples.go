package declared

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

// test learns the time stamps from the samples, and compares what each of them gives
// with what is wanted.
func (s *source) test(f *format) []error {
	if len(s.Samples) == 0 {
		return []error{s.At.Errorf("no samples: want at least one line with what it means")}
	}
	if errs := s.learn(f); len(errs) > 0 {
		return errs
	}
	var errs []error
	attempts := 0
	d := f.decoder(parsers.Options{Year: sampleYear, Location: time.UTC})
	for i := range s.Samples {
		p := &s.Samples[i]
		if p.Line == "" {
			errs = append(errs, p.At.Key("line").Errorf("sample %d: no line", i+1))
			continue
		}
		if p.Want.Outcome == "" {
			errs = append(errs, p.At.Errorf("sample %d: want no outcome; give one, or none for a line that tells of no attempt", i+1))
			continue
		}
		if _, ok := outcomes[p.Want.Outcome]; !ok {
			errs = append(errs, p.Want.At.Key("outcome").Errorf("sample %d: unknown outcome %q%s", i+1, p.Want.Outcome, strictyaml.DidYouMean(p.Want.Outcome, outcomeNames())))
			continue
		}
		var got []mail.Event
		for _, line := range strings.Split(strings.TrimRight(p.Line, "\n"), "\n") {
			d.Decode([]byte(line), func(ev *mail.Event) {
				if ev.Kind != mail.KindNone {
					got = append(got, clone(ev))
				}
			})
		}
		errs = append(errs, p.compare(i+1, got)...)
		if p.Want.Outcome != "none" {
			attempts++
		}
	}
	if len(errs) == 0 && attempts == 0 {
		errs = append(errs, s.At.Key("samples").Errorf("no sample tells of an attempt"))
	}
	return errs
}

// sampleYear is the year of stamps of samples that have none.
const sampleYear = 2026

// learn shows the stamps of the samples to f.times.
func (s *source) learn(f *format) (errs []error) {
	if !f.has[fieldTime] {
		return nil
	}
	d := f.decoder(parsers.Options{Year: sampleYear, Location: time.UTC})
	var row *[numFields][]byte
	switch d := d.(type) {
	case *lineDecoder:
		row = &d.row
	case *tableDecoder:
		row = &d.row
	case *documentDecoder:
		row = &d.row
	}
	for i := range s.Samples {
		*row = [numFields][]byte{}
		for _, line := range strings.Split(s.Samples[i].Line, "\n") {
			d.Decode([]byte(line), func(*mail.Event) {})
		}
		if text := row[fieldTime]; len(text) > 0 {
			if err := f.times.learn(string(text)); err != nil {
				errs = append(errs, s.Samples[i].At.Key("line").Errorf("sample %d: %v", i+1, err))
			}
		}
	}
	return errs
}

// clone copies an event and what it points to.
func clone(ev *mail.Event) mail.Event {
	c := *ev
	for _, f := range []*[]byte{
		&c.Host, &c.Instance, &c.QueueID, &c.MessageID, &c.Sender, &c.Recipient, &c.MX, &c.MXIP, &c.SendingIP, &c.Reply, &c.Text, &c.DSN,
	} {
		*f = bytes.Clone(*f)
	}
	return c
}

// compare says how what a sample gives differs from what is wanted.
func (p *sample) compare(no int, got []mail.Event) (errs []error) {
	wrong := func(field, have string) {
		want := p.Want.list()[fieldOf(field)]
		errs = append(errs, p.Want.At.Key(field).Errorf("sample %d: %s: want %q, have %q", no, field, want, have))
	}
	if len(got) == 0 {
		if p.Want.Outcome != "none" {
			wrong("outcome", "none")
		}
		return errs
	}
	ev := &got[0]
	var rcpts []string
	for i := range got {
		rcpts = append(rcpts, string(got[i].Recipient))
	}
	code, _, _ := strings.Cut(string(ev.Reply), " ")
	have := [numFields]string{
		fieldHost: string(ev.Host), fieldInstance: string(ev.Instance), fieldQueueID: string(ev.QueueID), fieldMessageID: string(ev.MessageID),
		fieldSender: string(ev.Sender), fieldRecipient: strings.Join(rcpts, ","), fieldSendingIP: string(ev.SendingIP), fieldMX: string(ev.MX),
		fieldMXIP: string(ev.MXIP), fieldCode: code, fieldEnhanced: string(ev.DSN), fieldText: string(ev.Text), fieldReply: string(ev.Reply),
		fieldStage: ev.Stage.String(), fieldOutcome: ev.Outcome.String(), fieldDelay: strconv.FormatFloat(float64(ev.Delay)/1e6, 'f', -1, 64),
	}
	for field, want := range p.Want.list() {
		switch {
		case want == "":
		case field == fieldTime:
			if at := "unknown"; !sameTime(want, ev.Time) {
				if ev.Time != 0 {
					at = time.UnixMicro(ev.Time).UTC().Format(time.RFC3339Nano)
				}
				wrong("time", at)
			}
		case want != have[field]:
			wrong(fieldNames[field], have[field])
		}
	}
	return errs
}

// sameTime compares with an RFC 3339 time, or one of the form 2026-03-03 10:18:23 in
// UTC.
func sameTime(want string, micro int64) bool {
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, want); err == nil {
			return t.UnixMicro() == micro
		}
	}
	return false
}
