package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// random returns an event of any kind; values repeat, and some are extreme.
func random(r *rand.Rand) mail.Event {
	text := func(most int) []byte {
		switch n := r.IntN(12); {
		case n < 3:
			return nil
		case n == 3:
			b := make([]byte, r.IntN(most))
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			return b
		default:
			return fmt.Appendf(nil, "%d Too many connections from 192.0.2.%d, id=%x", 421+r.IntN(3), r.IntN(4), r.Uint32N(1<<uint(n)))
		}
	}
	number := func() int64 {
		switch r.IntN(8) {
		case 0:
			return math.MinInt64 + int64(r.IntN(2))
		case 1:
			return math.MaxInt64
		case 2:
			return 0
		}
		return int64(r.IntN(1000)) * 10_000
	}
	yes := func() bool { return r.IntN(2) == 0 }
	ev := mail.Event{
		Kind: 1 + mail.EventKind(r.IntN(int(mail.KindOwnSide))), Outcome: mail.Outcome(r.IntN(int(mail.Refused) + 1)), Stage: mail.Stage(r.IntN(int(mail.StageQuit) + 1)),
		Local: yes(), Precise: yes(), HasDelays: yes(), ESP: yes(), Twin: yes(), NullSender: yes(),
		Time: 1_700_000_000*micros + number(), Line: number(), PID: r.Uint32N(1 << uint(r.IntN(32))), ConnUse: uint32(r.IntN(3)), Delay: number(), Size: 5, Recipients: 2,
	}
	for _, t := range texts(&ev) {
		*t = text(40)
	}
	if yes() {
		ev.Reply = bytes.TrimPrefix(ev.Text, []byte("421 "))
	}
	for i := range ev.Delays {
		ev.Delays[i] = number()
	}
	return ev
}

// write makes a snapshot of files of events.
func write(t testing.TB, files ...[]mail.Event) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	var index Index
	for i, events := range files {
		for j := range events {
			if err := w.Write(&events[j]); err != nil {
				t.Fatal(err)
			}
		}
		index.Files = append(index.Files, File{Path: fmt.Sprintf("mail.%d.log", i), Stream: w.EndFile()})
	}
	if err := w.Close(index); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read returns the events of all files.
func read(data []byte) (*Index, [][]mail.Event, error) {
	index, err := Scan(bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	files := make([][]mail.Event, len(index.Files))
	for i := range index.Files {
		f := &index.Files[i]
		r := NewReader(bytes.NewReader(data[f.Place.Offset:]), f)
		defer r.Close()
		for buf := make([]mail.Event, 100); ; {
			n, err := r.Read(buf)
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, nil, err
			}
			files[i] = append(files[i], buf[:n]...)
		}
	}
	return index, files, nil
}

func trimmed(events []mail.Event) []mail.Event {
	var out []mail.Event
	for _, ev := range events {
		Trim(&ev)
		out = append(out, ev)
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		files := make([][]mail.Event, r.IntN(4))
		for i := range files {
			for range r.IntN(1 + round) {
				files[i] = append(files[i], random(r))
			}
		}
		data := write(t, files...)
		if again := write(t, files...); !bytes.Equal(again, data) {
			t.Fatal("the same events give other bytes")
		}
		index, got, err := read(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(index.Files) != len(files) {
			t.Fatalf("%d files, want %d", len(index.Files), len(files))
		}
		for i := range files {
			want := trimmed(files[i])
			if len(want) != len(got[i]) {
				t.Fatalf("%d events, want %d", len(got[i]), len(want))
			}
			for j := range want {
				if !reflect.DeepEqual(got[i][j], want[j]) {
					t.Fatalf("event %d:\n got %+v\nwant %+v", j, got[i][j], want[j])
				}
			}
		}
	}
}

// Files of more than one block, and of a line as long as lines of JSON documents get.
func TestManyBlocks(t *testing.T) {
	var events []mail.Event
	for i := range 2*blockEvents + 7 {
		events = append(events, mail.Event{Kind: mail.KindRemoved, Time: int64(i), QueueID: fmt.Appendf(nil, "%X", i/3)})
	}
	large := []mail.Event{{Kind: mail.KindAttempt, Text: bytes.Repeat([]byte("x1 "), 20<<20)}}
	index, got, err := read(write(t, events, large))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got[0], trimmed(events)) || !reflect.DeepEqual(got[1], large) {
		t.Error("events differ")
	}
	if p := index.Files[0].Place; p.Blocks != 3 || p.Events != int64(len(events)) {
		t.Errorf("place %+v", p)
	}
	w := NewWriter(io.Discard)
	if err := w.Write(&mail.Event{Kind: mail.KindAttempt, Text: bytes.Repeat([]byte("abcdefg "), maxBlock/8)}); err == nil {
		t.Error("an event that no reader takes was written")
	}
}

// sessions are the spans that a log gives, whose events are in several files, sorted.
func sessions(files ...[]mail.Event) []string {
	var out []string
	streams := map[string]*session.Stream{}
	for _, events := range files {
		for i := range events {
			ev := &events[i]
			s := streams[string(ev.Host)]
			if s == nil {
				s = session.NewStream(string(ev.Host), func(_ session.Slot, span session.Span) { out = append(out, fmt.Sprint(span)) })
				streams[string(ev.Host)] = s
			}
			s.Lines(ev.Time, ev.Precise, 1+int(ev.Repeats))
			if ev.Kind == mail.KindAttempt {
				s.Delivery(ev, 0, false)
			}
		}
	}
	for _, host := range []string{"a", "b"} {
		if s := streams[host]; s != nil {
			s.Finish()
		}
	}
	slices.Sort(out) // a host's are told when its second ends, whatever other hosts do
	return out
}

// Of lines that tell only their time as much is kept as sessions depend on, however the
// log is cut into files.
func TestQuietLines(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	kept, all := 0, 0
	for range 500 {
		var files [][]mail.Event
		now := int64(1_700_000_000) * micros
		for range 1 + r.IntN(4) {
			var events []mail.Event
			for range r.IntN(80) {
				switch r.IntN(12) {
				case 0:
					now -= micros // clocks are set
				case 1, 2, 3:
					now += micros * int64(r.IntN(3))
				}
				ev := mail.Event{Host: []byte{'a' + byte(r.IntN(2))}, Time: now}
				switch r.IntN(9) {
				case 0:
					ev.Kind, ev.Outcome, ev.PID, ev.QueueID = mail.KindAttempt, mail.Delivered, uint32(1+r.IntN(4)), []byte("Q1")
				case 1:
					ev.Kind, ev.Precise = mail.EventKind(r.IntN(2)), true
				case 2:
					ev.Time = 0
				}
				events = append(events, ev)
			}
			files = append(files, events)
			all += len(events)
		}
		_, got, err := read(write(t, files...))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range got {
			kept += len(f)
		}
		if want, have := sessions(files...), sessions(got...); !reflect.DeepEqual(have, want) {
			t.Fatalf("sessions differ:\n got %v\nwant %v", have, want)
		}
	}
	if kept*2 > all {
		t.Errorf("%d of %d lines are kept", kept, all)
	}
}

// full is an index with all fields set.
func full() Index {
	return Index{
		Files: []File{
			{
				Path: "mail.log", Format: "postfix", Sessions: true, Known: true, Lines: [3]int64{1, 2, 3}, First: 1_700_000_000 * micros, Last: -5, Print: math.MaxUint64, Head: 7,
				Redacted: true, Salt: 0xfffe, Notes: []string{"no zone"}, Repeats: []string{"a repeats b", "c repeats d"}, Span: "more than a year",
				Problems: []Problem{{"mail.log", 1, "odd"}}, Broken: []Problem{{"mail.log", 9, "ends early"}},
			},
			{Path: "\xff\n.gz", Left: true},
		},
		Arguments: []Problem{{"gone", 0, "no such file"}},
		LeftOut:   []string{"skipped logs/mail.zip"},
	}
}

func TestIndex(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	want := full()
	want.Files[0].Stream = w.EndFile()
	if err := w.Close(want); err != nil {
		t.Fatal(err)
	}
	one := b.Bytes()
	got, err := Scan(bytes.NewReader(one))
	if err != nil {
		t.Fatal(err)
	}
	got.Files[0].Place = Place{}
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
	if err := NewWriter(io.Discard).Close(Index{Files: []File{{Stream: 1}}}); err == nil {
		t.Error("a file of a stream that is none was written")
	}
}

// Snapshots one after the other are one.
func TestConcatenation(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	a, b := []mail.Event{random(r), random(r)}, []mail.Event{random(r)}
	index, got, err := read(append(write(t, a), write(t, b, nil)...))
	if err != nil {
		t.Fatal(err)
	}
	if len(index.Files) != 3 || !reflect.DeepEqual(got[0], trimmed(a)) || !reflect.DeepEqual(got[1], trimmed(b)) || got[2] != nil {
		t.Errorf("got %+v", got)
	}
}

func TestDamage(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	data := write(t, []mail.Event{random(r), random(r), random(r)})
	f := func(name string, data []byte, want string) {
		t.Helper()
		_, _, err := read(data)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", name, err, want)
		}
	}
	for n := range data {
		if _, _, err := read(data[:n]); err == nil {
			t.Fatalf("%d of %d bytes were taken", n, len(data))
		}
		changed := bytes.Clone(data)
		changed[n] ^= 1 << r.IntN(8)
		if _, _, err := read(changed); err == nil {
			t.Fatalf("a change of byte %d was not found", n)
		}
	}
	f("empty", nil, "EOF")
	f("half", data[:len(data)/2], "it ends too early")
	f("more", append(bytes.Clone(data), "\n"...), "at byte "+fmt.Sprint(len(data)+1)+": it ends too early")
	changed := bytes.Clone(data)
	changed[len(data)/2]++
	f("changed", changed, "its checksum is wrong")

	versioned := bytes.Clone(data)
	binary.LittleEndian.PutUint16(versioned[len(Magic):], 9)
	f("newer", versioned, "it has version 9, this diagnose reads versions up to 1; use a newer diagnose")
	var newer *NewerError
	if _, err := Scan(bytes.NewReader(versioned)); !errors.As(err, &newer) || newer.Version != 9 {
		t.Errorf("newer: %v", err)
	}
	binary.LittleEndian.PutUint16(versioned[len(Magic):], 0)
	f("version 0", versioned, "version 0 does not exist")

	section := func(sections ...[]byte) []byte {
		out := header()
		for _, s := range sections {
			out = append(out, s...)
		}
		return out
	}
	index := appendSection(nil, indexSection, NewWriter(io.Discard).packer.appendPacked(nil, appendIndex(nil, &Index{})))
	end := func(n byte) []byte { return appendSection(nil, endSection, []byte{n}) }
	f("no end", section(index), "it ends too early")
	f("wrong end", section(index, end(7)), "parts of it are missing")
	f("no index", section(end(0)), "parts of it are missing")
	f("after the index", section(index, index, end(2)), "something follows its index")
	f("unknown section", section([]byte("X")), `there is no section 'X'`)
	f("long section", section(binary.AppendUvarint([]byte("B"), 1<<40)), "is too long")
	f("streams", section(appendSection(nil, blockSection, []byte{1}), appendSection(nil, blockSection, []byte{0})), "does not hold together")
	if _, _, err := read(section(index, end(1))); err != nil {
		t.Errorf("no files: %v", err)
	}
}

// What version 1 wrote is read for ever. testdata/version-1.snap was written by the first
// program that had snapshots, from golden and full; never write it again.
func TestVersion1(t *testing.T) {
	file := filepath.Join("testdata", "version-1.snap")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	index, got, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	want := full()
	for i := range index.Files {
		index.Files[i].Place = Place{}
	}
	if !reflect.DeepEqual(*index, want) {
		t.Errorf("index %+v\nwant  %+v", *index, want)
	}
	if !reflect.DeepEqual(got[0], golden()) {
		t.Errorf("events %+v\nwant   %+v", got[0], golden())
	}
}

// golden are the events of testdata/version-1.snap: each kind, each field, and texts that
// repeat, as the reader returns them.
func golden() []mail.Event {
	var events []mail.Event
	for i := range 24 {
		n := int64(i)
		ev := mail.Event{
			Kind: 1 + mail.EventKind(i%int(mail.KindOwnSide)), Outcome: mail.Outcome(i % 7), Stage: mail.Stage(i % 11),
			Local: i%2 == 0, Precise: i%3 == 0, HasDelays: i%4 == 0, ESP: i%5 == 0, Twin: i%6 == 0, NullSender: i%7 == 0,
			Time: (1_700_000_000+n*n)*micros + n%3*1000, Line: 10 + n, Host: []byte("mail01"), Instance: []byte("postfix"), Process: []byte("smtp"), PID: 100 + uint32(i%3),
			QueueID: fmt.Appendf(nil, "4ABCD%d", i/3), Child: []byte("4EFGH1"), MessageID: fmt.Appendf(nil, "<%d@example.com>", i/3), Sender: []byte("news@example.com"),
			Recipient: fmt.Appendf(nil, "\x00%012x@example.net", i/2), MX: []byte("mx.example.net"), MXIP: fmt.Appendf(nil, "192.0.2.%d", i%2), SendingIP: []byte("198.51.100.7"),
			Client: []byte("203.0.113.9"), Text: fmt.Appendf(nil, "host mx.example.net[192.0.2.%d] said: 451 4.7.1 try later (id %d)", i%2, i), Reply: fmt.Appendf(nil, "451 4.7.1 try later (id %d)", i),
			DSN: []byte("4.7.1"), ConnUse: uint32(i % 4), Delays: [4]int64{n * 10_000, 0, 20_000, 30_000}, Delay: n*10_000 + 60_000,
		}
		if i == 20 {
			ev.Reply = []byte("not in the text")
		}
		Trim(&ev)
		events = append(events, ev)
	}
	// Two seconds of one host with lines that tell nothing.
	at := int64(1_700_001_000) * micros
	return append(events,
		mail.Event{Host: []byte("mail02"), Time: at, Repeats: 2}, mail.Event{Kind: mail.KindRemoved, Host: []byte("mail02"), Time: at},
		mail.Event{Host: []byte("mail02"), Time: at}, mail.Event{Host: []byte("mail02"), Time: at + micros})
}

// FuzzRead reads anything: it returns an error or events, and takes no memory that the
// input does not account for.
func FuzzRead(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 9))
	f.Add(write(f, []mail.Event{random(r), random(r)}, golden()))
	f.Add(append(write(f), write(f, golden())...))
	f.Fuzz(func(t *testing.T, data []byte) { _, _, _ = read(data) })
}

// FuzzBlock reads blocks whose checksum is right whatever they hold.
func FuzzBlock(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	for n := range 12 {
		p := packer{zip: encoder()}
		p.dictionaries[said].molds = &dictionary{}
		for range 1 + n { // of a few the parts are too short to be compressed
			ev := random(r)
			Trim(&ev)
			p.add(&ev)
		}
		b, err := p.block(0)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		u := unpacker{zip: decoder()}
		defer u.zip.Close()
		if u.open(data, 0) != nil {
			return
		}
		var ev mail.Event
		for range min(u.events, 1<<12) {
			if u.next(&ev) != nil {
				return
			}
		}
		if _, err := readIndex(data); err == nil && len(data) == 0 {
			t.Error("nothing is no index")
		}
	})
}

// FuzzRoundTrip writes events with any texts.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("host mx.example.net said: 451 4.7.1 id 4ABCd"), []byte("451 4.7.1"), []byte("a@b@c"), int64(5))
	f.Add([]byte("\x1a0\x1a"), []byte(""), []byte("@"), int64(-1))
	f.Fuzz(func(t *testing.T, text, reply, recipient []byte, n int64) {
		one := mail.Event{Kind: mail.KindAttempt, Time: n, Line: n, Text: text, Reply: reply, Recipient: recipient, QueueID: reply, MX: recipient, MXIP: reply, Delay: n}
		two := one
		two.Text, two.Recipient, two.Time = append(bytes.Clone(text), '7'), append(bytes.Clone(recipient), reply...), -n
		want := trimmed([]mail.Event{one, two, one})
		_, got, err := read(write(t, []mail.Event{one, two, one}))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got[0], want) {
			t.Errorf("got %+v\nwant %+v", got[0], want)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	r := rand.New(rand.NewPCG(11, 12))
	var events []mail.Event
	for range 20_000 {
		events = append(events, random(r))
	}
	data := write(b, events)
	index, err := Scan(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]mail.Event, 512)
	b.ResetTimer()
	for b.Loop() {
		n := 0
		rd := NewReader(bytes.NewReader(data[index.Files[0].Place.Offset:]), &index.Files[0])
		for {
			got, err := rd.Read(buf)
			if err != nil {
				break
			}
			n += got
		}
		rd.Close()
		if n != len(events) {
			b.Fatalf("%d events, want %d", n, len(events))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}
