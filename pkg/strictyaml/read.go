package strictyaml

import (
	"fmt"
	"io"
	"io/fs"
)

// ReadAll reads and closes a file for Decode: strictyaml.ReadAll(os.Open(path)). A
// file with more bytes than Decode takes, such as a device, is an error before it
// fills the memory.
func ReadAll(f fs.File, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	src, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(src) > maxFileBytes {
		name := "file"
		if fi, err := f.Stat(); err == nil {
			name = fi.Name()
		}
		if os, ok := f.(interface{ Name() string }); ok {
			name = os.Name()
		}
		return nil, fmt.Errorf("%s has more than %d bytes, and files of this kind may have no more", name, maxFileBytes)
	}
	return src, err
}
