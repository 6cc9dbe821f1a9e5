package source

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gzipMembers reads gzip members one after the other as one text (RFC 1952 2.2).
// It steps from member to member itself, because only here the end of one member
// and the start of something else can be told apart: zeros are padding, another
// header is another member, anything else is left unread and told.
type gzipMembers struct {
	br     *bufio.Reader
	z      *gzip.Reader // nil before the first member
	member bool         // inside a member
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	for {
		if !g.member {
			if err := g.next(); err != nil {
				return 0, err
			}
		}
		n, err := g.z.Read(p)
		if err == io.EOF {
			g.member, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next reads the header of the next member; io.EOF if there is none.
func (g *gzipMembers) next() error {
	if g.z == nil {
		g.z = new(gzip.Reader)
	} else if err := nextStream(g.br, "\x1f\x8b"); err != nil {
		return err
	}
	if err := g.z.Reset(g.br); err != nil {
		return noEOF(err)
	}
	g.z.Multistream(false)
	g.member = true
	return nil
}

// nextStream skips zeros behind a finished stream, up to another stream that
// begins with magic. It returns io.EOF at the end of the file and ErrTrailing
// before anything else.
func nextStream(br *bufio.Reader, magic string) error {
	for {
		c, err := br.ReadByte()
		if err != nil {
			return err
		}
		if c != 0 {
			break
		}
	}
	if err := br.UnreadByte(); err != nil {
		return err
	}
	head, err := br.Peek(len(magic))
	switch {
	case string(head) == magic:
		return nil
	case err != nil && magic[:len(head)] == string(head):
		_, _ = br.Discard(len(head)) // what was peeked is there
		return noEOF(err)            // a further stream, cut inside its magic
	}
	return &detail{kind: ErrTrailing, text: "no further stream"}
}

// noEOF says that a file must not end here.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
