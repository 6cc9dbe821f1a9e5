package main

import (
	"bytes"
	"path/filepath"
	"testing"
)

// A terminal is no place for a snapshot; a pipe is, and one that has gone is no error.
func TestSnapshotToStandardOutput(t *testing.T) {
	log := filepath.Join("..", "..", "testdata", "logs", "mail.log.1.gz")
	tr := newTrial(t)
	tr.chain = realChain()
	tr.OutTerminal = true
	if code := tr.run("snapshot", "--to", "-", log); code != exitUsage || tr.out.Len() > 0 ||
		tr.err.String() != "diagnose: --to -: a snapshot is no text for a terminal; pipe it, or name a file\n" {
		t.Errorf("terminal: code %d, %d bytes, %q", code, tr.out.Len(), tr.err.String())
	}
	tr.err.Reset()
	tr.OutTerminal = false
	if code := tr.run("snapshot", "--to", "-", log); code != exitFine || tr.out.Len() == 0 {
		t.Errorf("pipe: code %d, %d bytes, %q", code, tr.out.Len(), tr.err.String())
	}
	piped := bytes.Clone(tr.out.Bytes())
	tr.out.Reset()
	tr.In = bytes.NewReader(piped)
	if code := tr.run("snapshot", "-q", "--to", "-", "-"); code != exitFine || tr.out.Len() == 0 {
		t.Errorf("snapshot of a snapshot: code %d, %d bytes, %q", code, tr.out.Len(), tr.err.String())
	}
	tr.Out = &pipe{w: brokenPipe{}}
	if code := tr.run("snapshot", "-q", "--to", "-", log); code != exitClosedPipe {
		t.Errorf("closed pipe: code %d", code)
	}
	tr.err.Reset()
	tr.Out = fullDisk{}
	if code := tr.run("snapshot", "-q", "--to", "-", log); code == exitFine || tr.err.String() != "diagnose: cannot write the snapshot: no space left on device\n" {
		t.Errorf("full disk: code %d, %q", code, tr.err.String())
	}
}
