package snapshot

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Writer writes a snapshot, file by file. It holds one block in memory.
type Writer struct {
	w        io.Writer
	err      error // the first one
	packer   packer
	seconds  seconds
	event    mail.Event
	stream   int
	places   []Place // of the streams; the offsets are not known here
	sections uint64
}

// NewWriter begins a snapshot. Errors of w come back from Close.
func NewWriter(w io.Writer) *Writer {
	out := &Writer{w: w, seconds: seconds{}, places: make([]Place, 1)}
	out.packer.zip = encoder()
	out.packer.dictionaries[said].molds = &dictionary{}
	out.put(header())
	return out
}

// encoder compresses parts of blocks. The checksums are those of the sections.
func encoder() *zstd.Encoder {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // an option of the line above is wrong
	}
	return zip
}

// Write takes the next event of the file. The event is not kept.
func (w *Writer) Write(ev *mail.Event) error {
	w.event = *ev
	Trim(&w.event)
	w.seconds.event(&w.event, w.write)
	return w.err
}

// write puts an event into its block.
func (w *Writer) write(ev *mail.Event) {
	w.packer.add(ev)
	w.places[w.stream].Events++
	if w.packer.full() {
		w.flush()
	}
}

func (w *Writer) flush() {
	if w.packer.events == 0 || w.err != nil {
		return
	}
	block, err := w.packer.block(w.stream)
	if err != nil {
		w.err = err
		return
	}
	w.places[w.stream].Blocks++
	w.section(blockSection, block)
}

func (w *Writer) section(k kind, content []byte) {
	w.put(appendSection(nil, k, content))
	w.sections++
}

func (w *Writer) put(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
}

// EndFile ends the events of a file and returns its File.Stream; what is written next
// is of another one.
func (w *Writer) EndFile() int {
	w.seconds.finish(w.write)
	w.flush()
	w.stream++
	w.places = append(w.places, Place{})
	return w.stream - 1
}

// Close writes the index and the end.
func (w *Writer) Close(index Index) error {
	if w.err != nil {
		return w.err
	}
	for i := range index.Files {
		if f := &index.Files[i]; !f.Left {
			if f.Stream < 0 || f.Stream >= w.stream {
				return fmt.Errorf("%s: there is no stream %d", f.Path, f.Stream)
			}
			f.Place = w.places[f.Stream]
		}
	}
	w.section(indexSection, w.packer.appendPacked(nil, appendIndex(nil, &index)))
	w.section(endSection, binary.AppendUvarint(nil, w.sections))
	return w.err
}
