package source

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Content that the caller knows is read byte by byte, from any offset, compressed or not;
// what the caller does not know is refused as before.
func TestBinary(t *testing.T) {
	const magic = "\x89known"
	data := []byte(magic + string(bytes.Repeat([]byte{0, 1, 2, 0xff, '\n'}, 200_000)))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(data)
	_ = w.Close()
	dir := t.TempDir()
	for name, content := range map[string][]byte{"plain": data, "packed": z.Bytes()} {
		in := Input{filepath.Join(dir, name)}
		if err := os.WriteFile(in.Path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(in, Options{}); err == nil {
			t.Errorf("%s: taken for a text", name)
		}
		o := Options{Binary: []string{magic}}
		r, err := Open(in, o)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r.Bytes()); !r.Binary() || err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes of %d, binary %v, error %v", name, len(got), len(data), r.Binary(), err)
		}
		_ = r.Close()
		for _, offset := range []int{0, 1, 300, 700_000, len(data)} {
			at, err := OpenAt(in, int64(offset), o)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(at); err != nil || !bytes.Equal(got, data[offset:]) {
				t.Errorf("%s from %d: %d bytes of %d, error %v", name, offset, len(got), len(data)-offset, err)
			}
			_ = at.Close()
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "torn"), z.Bytes()[:z.Len()/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenAt(Input{filepath.Join(dir, "torn")}, int64(len(data)), Options{Binary: []string{magic}}); err == nil {
		t.Error("an offset beyond the end was found")
	}
}
