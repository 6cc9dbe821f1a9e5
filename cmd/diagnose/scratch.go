package main

import (
	"fmt"
	"os"

	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// scratch is a temporary file of this program.
type scratch struct{ *os.File }

// scratch makes a temporary file, which nobody else may read.
func (w world) scratch() (scan.ScratchFile, error) {
	f, err := os.CreateTemp(w.Temp, "diagnose-*")
	if err != nil {
		return nil, moreRoom(err)
	}
	_ = os.Remove(f.Name()) // where an open file can be, nothing is left whatever happens
	return scratch{f}, nil
}

func (s scratch) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	return n, moreRoom(err)
}

// Close removes the file.
func (s scratch) Close() error {
	err := s.File.Close()
	_ = os.Remove(s.Name()) // it may be gone already
	return err
}

// moreRoom says what to do about a file that cannot be written.
func moreRoom(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; set TMPDIR to a folder with more room", err)
}
