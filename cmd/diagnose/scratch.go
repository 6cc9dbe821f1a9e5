package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// scratch is a temporary file of this program. Where an open file can be removed it is gone
// from its folder at once, so that nothing is left whatever happens.
type scratch struct {
	*os.File
	gone bool
}

// scratch makes a temporary file, which nobody else may read.
func (w world) scratch() (scan.ScratchFile, error) {
	f, err := os.CreateTemp(w.Temp, "diagnose-*")
	if err != nil {
		return nil, moreRoom(err)
	}
	return scratch{f, os.Remove(f.Name()) == nil}, nil
}

func (s scratch) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	return n, moreRoom(err)
}

// Close removes the file.
func (s scratch) Close() error {
	err := s.File.Close()
	if !s.gone {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
}

// moreRoom says what to do about a file that cannot be written.
func moreRoom(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; set TMPDIR to a folder that exists and has room", err)
}
