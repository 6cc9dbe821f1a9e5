package source

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// codec is a compression that Open reads.
type codec uint8

const (
	plain codec = iota
	gzipped
	zstandard
	bzipped
	xzipped
)

var codecNames = [...]string{"", "gzip", "zstd", "bzip2", "xz"}

// compression recognises a compression by the first bytes of a file: gzip
// (RFC 1952 2.3.1), zstd and its skippable frames (RFC 8878 3.1), xz (file format
// 2.1.1.1) and bzip2, whose "BZh1" could be text, so the first block's or the
// end's magic must follow.
func compression(head []byte) codec {
	switch {
	case hasPrefix(head, "\x1f\x8b"):
		return gzipped
	case hasPrefix(head, "\x28\xb5\x2f\xfd"),
		len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		return zstandard
	case hasPrefix(head, "\xfd7zXZ\x00"):
		return xzipped
	case len(head) >= 4 && string(head[:3]) == "BZh" && '1' <= head[3] && head[3] <= '9':
		rest := string(head[4:min(len(head), 10)])
		if strings.HasPrefix("\x31\x41\x59\x26\x53\x59", rest) || strings.HasPrefix("\x17\x72\x45\x38\x50\x90", rest) {
			return bzipped
		}
	}
	return plain
}

// container is a file type that holds no lines of text, known by bytes at an offset.
type container struct {
	at    int
	magic string
	what  string
	todo  string
}

const (
	unpack    = "unpack it and name the files in it"
	nameLogs  = "name the log files themselves"
	pipeItOut = "decompress it and pipe the text to -"
)

// containers are tried in order. Sources: the file(1) magic of each format.
var containers = [...]container{
	{0, "PK\x03\x04", "zip container", unpack},
	{0, "PK\x05\x06", "zip container, empty", nameLogs},
	{257, "ustar", "tar archive", unpack},
	{0, "\x1f\x9d", "compress (.Z) data", pipeItOut + " (uncompress -c)"},
	{0, "\x04\x22\x4d\x18", "lz4 data", pipeItOut + " (lz4 -dc)"},
	{0, "\x02\x21\x4c\x18", "lz4 data", pipeItOut + " (lz4 -dc)"},
	{0, "\xff\x06\x00\x00sNaPpY", "snappy data", pipeItOut},
	{0, "LZIP\x01", "lzip data", pipeItOut + " (lzip -dc)"},
	{0, "\x5d\x00\x00\x80\x00", "lzma data", pipeItOut + " (xz -dc)"},
	{0, "\x89LZO\x00", "lzop data", pipeItOut + " (lzop -dc)"},
	{0, "7z\xbc\xaf\x27\x1c", "7-Zip archive", unpack},
	{0, "Rar!\x1a\x07", "RAR archive", unpack},
	{0, "!<arch>\n", "ar archive", unpack},
	{0, "LPKSHHRH", "systemd journal", "export it with journalctl --file NAME -o short-iso-precise and pipe that to -"},
	{0, "ElfFile\x00", "Windows event log", "export it as CSV"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Microsoft Office document", "save it as CSV"},
	{0, "%PDF-", "PDF document", "export the data as CSV or JSON"},
	{0, "SQLite format 3\x00", "SQLite database", "export the data as CSV or JSON"},
	{0, "PAR1\x15", "Parquet file", "export the data as CSV or JSON"},
	{0, "\x7fELF", "ELF program", nameLogs},
	{0, "MZ\x90\x00", "Windows program", nameLogs},
	{0, "\x89PNG\r\n\x1a\n", "PNG image", "copy the text itself"},
	{0, "\xff\xd8\xff", "JPEG image", "copy the text itself"},
	{0, "GIF87a", "GIF image", "copy the text itself"},
	{0, "GIF89a", "GIF image", "copy the text itself"},
}

// refuse says what a text that is none is, and what to do; empty for text. head
// holds the first bytes after decompression, inside is the compression they
// came from.
func refuse(head []byte, inside codec) (what, todo string) {
	if c := compression(head); c != plain {
		return codecNames[c] + " inside " + codecNames[inside], "decompress it once and name the result"
	}
	defer func() {
		if what != "" && inside != plain {
			what += " inside " + codecNames[inside]
		}
	}()
	for _, c := range containers {
		if len(head) < c.at+len(c.magic) || string(head[c.at:c.at+len(c.magic)]) != c.magic {
			continue
		}
		// The first entry of every OOXML workbook is its content list.
		if c.magic == "PK\x03\x04" && bytes.Contains(head, []byte("[Content_Types].xml")) {
			return c.what, "export Mailgun events as CSV or JSON"
		}
		return c.what, c.todo
	}
	if utf16(head) {
		return "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8 and name the result"
	}
	if binaryData(head) {
		return "binary data", nameLogs
	}
	return "", ""
}

// utf16 recognises a byte order mark, or ASCII with a NUL in every other byte.
func utf16(head []byte) bool {
	if hasPrefix(head, "\xff\xfe") || hasPrefix(head, "\xfe\xff") {
		return true
	}
	nuls := [2]int{}
	for i, c := range head {
		if c == 0 {
			nuls[i&1]++
		}
	}
	few, many := min(nuls[0], nuls[1]), max(nuls[0], nuls[1])
	return len(head) >= 16 && many > len(head)*2/5 && few < len(head)/20
}

// nulRun is the shortest run of NULs inside a line taken for a hole in a file, as
// a crash or a truncation under an open writer leaves it; between lines any run
// is one. Holes say nothing about the text.
const nulRun = 32

// binaryData says that more than 4 % of the bytes outside of holes are control
// characters that no log writes. Random bytes have 10 %.
func binaryData(head []byte) bool {
	bytesSeen, controls := 0, 0
	for i := 0; i < len(head); i++ {
		if head[i] == 0 {
			run := len(head[i:]) - len(bytes.TrimLeft(head[i:], "\x00"))
			if run >= nulRun || i+run == len(head) || i == 0 || head[i-1] == '\n' {
				i += run - 1
				continue
			}
		}
		bytesSeen++
		if control(head[i]) {
			controls++
		}
	}
	return controls >= 4 && controls*25 > bytesSeen
}

// control says that a byte is a control character other than those of
// formatting (BEL to CR) and ESC.
func control(c byte) bool { return c < 0x20 && (c < '\a' || c > '\r') && c != 0x1b || c == 0x7f }

// looksLikeText says that some first bytes need no more to be taken for text, so
// that a slow stream is not waited for.
func looksLikeText(head []byte) bool {
	return bytes.IndexByte(head, '\n') >= 0 && bytes.IndexFunc(head, func(c rune) bool { return c < 0x80 && control(byte(c)) }) < 0
}

// gzipTime is the MTIME of a gzip header (RFC 1952 2.3.1), 0 if it has none.
func gzipTime(head []byte) int64 {
	if len(head) < 8 {
		return 0
	}
	t := binary.LittleEndian.Uint32(head[4:8])
	if t == unsetTime {
		return 0
	}
	return int64(t)
}

// unsetTime is what the gzip writer of klauspost/compress (gzip.go, Write) and
// programs built on it leave where no time was set: the low 32 bits of the year
// 1, which read as July 2042.
const unsetTime = 2288912640

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
