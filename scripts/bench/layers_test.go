package main

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/postfix"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// The layers on one log of the generator, from a line to the facts: what one of them costs
// is the difference to the one before. Reading (pkg/source), decoding of each format
// (parsers/...) and classification (rules) have benchmarks of their own.
var layersLog = settings{Kind: "postfix", Size: 4 << 20, Parts: 1, Seed: 1, Rate: 8, Deferrals: 1}

// layers are that log, its file and its events. The texts of the events lie in the log.
type layers struct {
	truth  *truth
	files  []string
	lines  [][]byte
	events []mail.Event
}

func newLayers(b *testing.B) *layers {
	b.Helper()
	files, truth, err := generate(b.TempDir(), layersLog)
	if err != nil {
		b.Fatal(err)
	}
	l := &layers{truth: truth, files: files}
	sim := newSimulation(layersLog, newPostfix)
	var text []byte
	for sim.truth.Bytes < sim.Size {
		if sim.step() {
			text, sim.buffer = append(text, sim.buffer...), sim.buffer[:0]
		}
	}
	l.lines = bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	l.decode(func(ev *mail.Event) {
		if ev.Kind != mail.KindNone {
			l.events = append(l.events, *ev)
		}
	})
	b.SetBytes(truth.Bytes)
	b.ReportAllocs()
	return l
}

func (l *layers) decode(emit func(*mail.Event)) {
	d := postfix.NewDecoder(parsers.Options{Year: 2026, Location: time.UTC})
	for _, line := range l.lines {
		d.Decode(line, emit)
	}
	d.Close(emit)
}

func BenchmarkDecode(b *testing.B) {
	l := newLayers(b)
	for b.Loop() {
		delivered := 0
		l.decode(func(ev *mail.Event) {
			if ev.Kind == mail.KindAttempt && ev.Outcome == mail.Delivered && !ev.Local {
				delivered++
			}
		})
		if delivered != l.truth.All.Delivered {
			b.Fatalf("%d deliveries, want %d", delivered, l.truth.All.Delivered)
		}
	}
}

func BenchmarkJoin(b *testing.B) {
	l := newLayers(b)
	for b.Loop() {
		put := 0
		tracker := join.New(func(*join.Fate, *join.Names) { put++ })
		for i := range l.events {
			ev := &l.events[i]
			if ev.Kind == mail.KindAttempt || ev.Kind == mail.KindRefusal {
				tracker.Attempt(ev, 0, false)
			} else {
				tracker.Note(ev)
			}
		}
		tracker.Finish()
		if put < l.truth.All.Deferred/4 || put > l.truth.All.Deferred+l.truth.All.Suspended+l.truth.Hidden {
			b.Fatalf("%d recipients were put off at least once, in %d deferrals", put, l.truth.All.Deferred)
		}
	}
}

func BenchmarkFreeze(b *testing.B) {
	l := newLayers(b)
	set, err := rules.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	platforms := map[string]string{}
	for _, d := range newSimulation(layersLog, newPostfix).world.domains {
		platforms[d.name] = d.platform
		if d.platform == own {
			platforms[d.name] = d.name
		}
	}
	for b.Loop() {
		b.StopTimer()
		accs, attempts := l.accumulate(platforms)
		b.StartTimer()
		var got int64
		for _, s := range group.Freeze(accs, group.Context{Thresholds: set.Thresholds}) {
			got += s.All.Acc.Counts.Attempts
		}
		if got != attempts || got < int64(l.truth.All.Delivered) {
			b.Fatalf("%d attempts, want %d", got, attempts)
		}
	}
}

// accumulate fills groups as pkg/scan does, with one reading for all failures.
func (l *layers) accumulate(platforms map[string]string) (map[group.Key]*group.Acc, int64) {
	limit := &group.Reading{Class: mail.ConnectionLimit, Rule: "r", Confidence: 0.9, Template: "421 too many", Sample: "421 too many"}
	accs, attempts := map[group.Key]*group.Acc{}, int64(0)
	tracker := join.New(func(*join.Fate, *join.Names) {})
	for i := range l.events {
		ev := &l.events[i]
		if ev.Kind != mail.KindAttempt || ev.Local {
			tracker.Note(ev)
			continue
		}
		domain := string(ev.Recipient[bytes.LastIndexByte(ev.Recipient, '@')+1:])
		key := group.Key{Platform: platforms[domain], Host: "mail", Instance: "postfix"}
		acc := accs[key]
		if acc == nil {
			acc = group.NewAcc()
			accs[key] = acc
		}
		reading := &group.Reading{}
		if ev.Outcome != mail.Delivered {
			reading = limit
		}
		o := group.Observation{Event: ev, Attempt: tracker.Attempt(ev, 0, reading == limit), Reading: reading, Where: group.Where{Time: ev.Time, File: "mail.log", Line: int64(i + 1)}, Domain: domain}
		acc.Add(&o)
		if ev.HasDelays {
			acc.AddSpan(string(ev.MX), session.Span{Open: ev.Time - ev.Delays[2] - ev.Delays[3], Close: ev.Time, PID: ev.PID, Attempts: 1})
		}
		if ev.Outcome != mail.Suspended {
			attempts++
		}
	}
	return accs, attempts
}

// BenchmarkChain is everything, from the file to the report.
func BenchmarkChain(b *testing.B) {
	l := newLayers(b)
	set, err := rules.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	cfg := scan.Config{Rules: set, Year: 2026, Jobs: 1}
	for _, name := range l.files {
		cfg.Inputs = append(cfg.Inputs, source.Input{Path: name})
	}
	want := int64(l.truth.All.Delivered + l.truth.All.Deferred + l.truth.All.Bounced + l.truth.Hidden)
	for b.Loop() {
		rep, err := scan.Run(context.Background(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		if rep.Input.Attempts != want || rep.Input.Lines != l.truth.Lines {
			b.Fatalf("%d attempts in %d lines, want %d in %d", rep.Input.Attempts, rep.Input.Lines, want, l.truth.Lines)
		}
	}
}
