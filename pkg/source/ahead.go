package source

import "io"

// Blocks is memory for reading ahead, which Readers share.
type Blocks struct {
	free chan []byte
	most int
}

// NewBlocks returns memory from which each Reader takes at most so many bytes, rounded
// up to blocks. Nothing is taken before it is needed.
func NewBlocks(bytes int) *Blocks {
	most := max((bytes+blockSize-1)/blockSize, 2)
	return &Blocks{free: make(chan []byte, most), most: most}
}

func (b *Blocks) take() []byte {
	select {
	case block := <-b.free:
		return block
	default:
		return make([]byte, blockSize)
	}
}

func (b *Blocks) give(block []byte) {
	select {
	case b.free <- block[:blockSize]:
	default:
	}
}

// Ahead decompresses in a goroutine of its own from now on, as far ahead of Next as the
// memory goes. It changes nothing else, and does nothing for plain text, streams and
// text that was read to its end.
func (r *Reader) Ahead(memory *Blocks) {
	if r.codec == plain || r.size < 0 || r.err != nil || r.ahead != nil {
		return
	}
	r.ahead = &ahead{
		blocks: memory, full: make(chan stretch, memory.most-1), // one more is being filled
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go r.ahead.run(r.text)
}

// Lend keeps the bytes of lines as they are beyond the next call of Next. Before Next
// reads over them it goes on in the memory that fresh returns, of at least 256 KiB: used
// again, or new. Only then it hands turn the memory that they all lie in since the last
// turn: from now on it is the taker's. Peek and Head are not for a Reader that lends.
func (r *Reader) Lend(fresh func() []byte, turn func(used []byte)) { r.fresh, r.turn = fresh, turn }

// ahead reads a text in a goroutine of its own, so that decompressing and what is
// done with the text overlap.
type ahead struct {
	blocks *Blocks
	full   chan stretch  // in the order of the text
	stop   chan struct{} // closed to end the goroutine
	done   chan struct{} // closed when it has ended
	now    stretch       // what Read gives next
	used   []byte        // the block that now.text lies in
}

// stretch is some text, and why there is none after it.
type stretch struct {
	text []byte
	err  error
}

func (a *ahead) run(text io.Reader) {
	defer close(a.done)
	for {
		s := fillBlock(text, a.blocks.take())
		select {
		case a.full <- s:
		case <-a.stop:
			return
		}
		if s.err != nil {
			return
		}
	}
}

// fillBlock reads until a block is nearly full: decoders give their text in small
// pieces.
func fillBlock(text io.Reader, block []byte) stretch {
	n := 0
	for range noProgress {
		k, err := text.Read(block[n:])
		if n += k; err != nil || n > len(block)*3/4 {
			return stretch{block[:n], err}
		}
	}
	return stretch{text: block[:n]}
}

// Read gives what was read ahead.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.now.text) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.used != nil {
			a.blocks.give(a.used)
		}
		a.now = <-a.full
		a.used = a.now.text
	}
	n := copy(p, a.now.text)
	a.now.text = a.now.text[n:]
	return n, nil
}

// close ends the goroutine and waits for it. What it has read is used by nobody else.
func (a *ahead) close() {
	close(a.stop)
	<-a.done
	for {
		select {
		case s := <-a.full:
			a.blocks.give(s.text)
		default:
			return
		}
	}
}
