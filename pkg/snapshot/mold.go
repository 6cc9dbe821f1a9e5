package snapshot

import (
	"bytes"
	"encoding/binary"
)

// What MTAs and receivers say differs in ids, times and numbers mostly:
//
//	250 2.0.0 OK  1772409978 9336f17b89f88-5e9e4ac319c5si0312947a12.967 - gsmtp
//
// So a new text is written as its mold, which has gaps for the words that look like these,
// and the words. Molds are a dictionary. Of a word there is what it has in common with the
// word that was in the gap of this mold before.

// gap stands for a word in a mold, and for itself as a word.
const gap = 0x1a

// maxWords is how many words are cut from a text; then the rest is one.
const maxWords = 64

// cutMold takes a text apart.
func cutMold(text []byte, mold []byte, words [][]byte) ([]byte, [][]byte) {
	for i := 0; i < len(text); {
		if len(words) == maxWords {
			return append(mold, gap), append(words, text[i:])
		}
		j, digits, turns := i, 0, 0
		for j < len(text) && isWordByte(text[j]) {
			switch {
			case text[j] <= '9':
				digits++
			case j > i && text[j] <= 'Z' && text[j-1] >= 'a':
				turns++
			}
			j++
		}
		switch {
		case j == i && text[i] != gap:
			mold = append(mold, text[i])
			i++
			continue
		case j == i:
			j++
		case digits+turns == 0:
			mold = append(mold, text[i:j]...)
			i = j
			continue
		}
		mold = append(mold, gap)
		words = append(words, text[i:j])
		i = j
	}
	return mold, words
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// mold writes a new text.
func (d *dictionary) mold(text []byte) {
	var words [][]byte
	d.text, words = cutMold(text, d.text[:0], d.parted[:0])
	d.parted = words
	d.molds.add(d.text, noContext)
	at := d.molds.at
	if at == len(d.last) {
		d.last = append(d.last, make([][]byte, len(words)))
	}
	for i, word := range words {
		same := common(word, d.last[at][i])
		d.fills = binary.AppendUvarint(d.fills, uint64(same))
		d.fills = binary.AppendUvarint(d.fills, uint64(len(word)-same))
		d.words = append(d.words, word[same:]...)
		d.last[at][i] = append(d.last[at][i][:0], word...)
	}
}

// fill reads a new text.
func (l *lookup) fill() ([]byte, error) {
	mold, err := l.molds.next(noContext)
	if err != nil {
		return nil, err
	}
	at := l.molds.at
	if at == len(l.last) {
		l.last = append(l.last, make([][]byte, bytes.Count(mold, []byte{gap})))
	}
	l.text = l.text[:0]
	for n := 0; ; n++ {
		i := bytes.IndexByte(mold, gap)
		if i < 0 {
			return l.memory.join(l.text, mold, nil)
		}
		l.text = append(l.text, mold[:i]...)
		word, err := l.front(&l.fills, &l.words, l.last[at][n])
		if err != nil {
			return nil, err
		}
		l.last[at][n] = word
		l.text = append(l.text, word...)
		mold = mold[i+1:]
	}
}
