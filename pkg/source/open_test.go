package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

func TestOpen_NoText(t *testing.T) {
	f := func(content []byte, want string) {
		t.Helper()
		in := file(t, "export.xlsx", content)
		_, err := Open(in, Options{})
		var p *PathError
		if !errors.As(err, &p) || p.Kind != NotText {
			t.Fatalf("error %v, want %q", err, want)
		}
		if got := strings.TrimPrefix(err.Error(), in.Path+": not a text log "); got != want {
			t.Fatalf("error %q, want %q", got, want)
		}
	}
	var workbook, archive, tape bytes.Buffer
	z := zip.NewWriter(&workbook)
	w, _ := z.Create("[Content_Types].xml")
	w.Write([]byte("<Types/>"))
	z.Close()
	z = zip.NewWriter(&archive)
	w, _ = z.Create("mail.log")
	w.Write(sample(10))
	z.Close()
	tw := tar.NewWriter(&tape)
	tw.WriteHeader(&tar.Header{Name: "mail.log", Size: int64(len(sample(10))), Mode: 0o600})
	tw.Write(sample(10))
	tw.Close()
	f(workbook.Bytes(), "(zip container); export Mailgun events as CSV or JSON")
	f(archive.Bytes(), "(zip container); unpack it and name the files in it")
	f(tape.Bytes(), "(tar archive); unpack it and name the files in it")
	f(gz(tape.Bytes()), "(tar archive inside gzip); unpack it and name the files in it")
	f(compressors["zstd"](tape.Bytes()), "(tar archive inside zstd); unpack it and name the files in it")
	f(gz(gz(sample(10))), "(gzip inside gzip); decompress it once and name the result")
	f(gz(fixture(t, "sample.bz2")), "(bzip2 inside gzip); decompress it once and name the result")
	f([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "(PDF document); export the data as CSV or JSON")
	f([]byte("\x7fELF\x02\x01\x01\x00"), "(ELF program); name the log files themselves")
	f([]byte("\x1f\x9d\x90abc"), "(compress (.Z) data); decompress it and pipe the text to - (uncompress -c)")
	f([]byte("LPKSHHRH\x00\x00"), "(systemd journal); export it with journalctl --file NAME -o short-iso-precise and pipe that to -")
	f([]byte("SQLite format 3\x00\x10\x00"), "(SQLite database); export the data as CSV or JSON")
	f([]byte("\xff\xfeM\x00a\x00r\x00"), "(UTF-16 text); convert it with iconv -f UTF-16 -t UTF-8 and name the result")
	utf := make([]byte, 0, 200)
	for _, c := range sample(1)[:100] {
		utf = append(utf, c, 0)
	}
	f(utf, "(UTF-16 text); convert it with iconv -f UTF-16 -t UTF-8 and name the result")
	f(utf[1:], "(UTF-16 text); convert it with iconv -f UTF-16 -t UTF-8 and name the result")
	random := make([]byte, 5000)
	for i := range random {
		random[i] = byte(rand.New(rand.NewPCG(7, uint64(i))).Uint32())
	}
	f(random, "(binary data); name the log files themselves")
	f(gz(random), "(binary data inside gzip); name the log files themselves")
	f(bytes.Repeat([]byte{1, 0, 0, 0, 'a', 'b', 0, 0}, 100), "(binary data); name the log files themselves")
	for _, c := range containers {
		content := append(make([]byte, c.at), c.magic...)
		if compression(content) != plain {
			content = gz(content)
		}
		in := file(t, "mail.log", content)
		if _, err := Open(in, Options{}); err == nil || !strings.Contains(err.Error(), "not a text log ("+c.what) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

// What only resembles a container, and odd text, is read.
func TestOpen_Text(t *testing.T) {
	f := func(text string) {
		t.Helper()
		for _, content := range [][]byte{[]byte(text), gz([]byte(text))} {
			r, err := Open(file(t, "app.zip", content), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
	}
	f("PK is how this line starts\n")
	f("BZh is no compression\n")
	f("BZh9 neither is this\n")
	f("M\xfcller said \x1b[31mred\x1b[0m\tand \x07\n")
	f("a line with one \x00 NUL\n")
	f(strings.Repeat("\x00", 4096) + "Mar  1 00:00:00 after a crash\n")
	f("Mar  1 00:00:00 before the crash" + strings.Repeat("\x00", 4096) + "Mar  1 00:00:00 after\n")
	f("short\n\x00\x00\x00\x00\x00\x00line\n")
	f("x\n")
}

// The suffix says nothing.
func TestOpen_BySuffixNever(t *testing.T) {
	for name, compress := range compressors {
		for _, suffix := range []string{"mail.log", "mail.gz", "mail.zst", "mail.bz2", "mail.xz", "mail"} {
			r, err := Open(file(t, suffix, compress(sample(10))), Options{})
			if err != nil {
				t.Fatal(err)
			}
			text, err := readAll(t, r)
			if err != io.EOF || !bytes.Equal(text, sample(10)) || r.Compression() != name {
				t.Fatalf("%s named %s: %d bytes, %q, %v", name, suffix, len(text), r.Compression(), err)
			}
			r.Close()
		}
	}
}

func TestOpen_Failure(t *testing.T) {
	dir := t.TempDir()
	f := func(path string, kind Kind, want string) {
		t.Helper()
		_, err := Open(Input{path}, Options{})
		var p *PathError
		if !errors.As(err, &p) || p.Kind != kind || p.Path != path || err.Error() != want {
			t.Fatalf("error %v, want %q", err, want)
		}
	}
	f(Stdin, Unreadable, "cannot open standard input: there is none")
	f(dir+"/none", NotFound, "cannot open "+dir+"/none: no such file")
	f(dir, Directory, "cannot read "+dir+": it is a directory; use -r to read the files below it")
	f("", NotFound, `cannot open "": no such file`)
	f("a\nb", NotFound, `cannot open "a\nb": no such file`)
	if _, err := os.Stat("/dev/zero"); err == nil {
		f("/dev/zero", Special, "cannot read /dev/zero: it is a device; name a file, or pipe its text to -")
	}
	if l, err := net.Listen("unix", dir+"/socket"); err == nil {
		defer l.Close()
		f(dir+"/socket", Special, "cannot read "+dir+"/socket: it is a socket; name a file, or pipe its text to -")
	}
	secret := file(t, "secret", nil).Path
	os.Chmod(secret, 0)
	if _, err := os.Open(secret); errors.Is(err, fs.ErrPermission) {
		f(secret, Unreadable, "cannot open "+secret+": permission denied")
		_, err := Open(Input{secret}, Options{})
		if !errors.Is(err, fs.ErrPermission) {
			t.Fatal("the cause is not wrapped")
		}
	} else {
		t.Log("permissions not tested: this user may read everything")
	}
}

func TestOpen_Link(t *testing.T) {
	in := file(t, "mail.log", sample(3))
	link := filepath.Join(t.TempDir(), "current")
	if err := os.Symlink(in.Path, link); err != nil {
		parsertest.Lacks(t, "cannot make a symbolic link: "+err.Error(), "set TMPDIR to a folder on a disk that holds them")
	}
	r, err := Open(Input{link}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if text, _ := readAll(t, r); !bytes.Equal(text, sample(3)) {
		t.Fatal("a link gives other lines")
	}
}

func TestOpen_SizeAndInput(t *testing.T) {
	in := file(t, "mail.log", sample(3))
	r, err := Open(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Size() != int64(len(sample(3))) || r.Input() != in {
		t.Fatalf("size %d, input %v", r.Size(), r.Input())
	}
	if r := stream(t, strings.NewReader("a\n"), Options{}); r.Size() != -1 || r.Input().String() != "standard input" {
		t.Fatalf("size %d, input %v", r.Size(), r.Input())
	}
}

// RawOffset may be asked for while lines are read (run with -race).
func TestReader_RawOffset(t *testing.T) {
	packed := gz(sample(20000))
	r := stream(t, bytes.NewReader(packed), Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for last := int64(0); last < int64(len(packed)); {
			now := r.RawOffset()
			if now < last {
				t.Error("progress goes back")
				return
			}
			last = now
		}
	}()
	readAll(t, r)
	<-done
}
