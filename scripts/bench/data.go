package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// fileSet is what one command reads.
type fileSet struct {
	name  string // in the document
	files []string
	plain int64 // bytes, decompressed
}

// data are the files to read.
type data struct {
	plain    fileSet // Postfix, in parts
	quarter  fileSet // the first of them, for slow peers
	gz, zst  fileSet // the same, compressed part by part
	one      fileSet // all of it in one .gz
	fourfold fileSet // four times the log at the same rate; it begins with plain
	few      fileSet // few messages open at once
	many     fileSet // many
	fewOpen  int
	manyOpen int
	exim     fileSet
	mailgun  fileSet
}

const partsOfLog = 8

// prepare writes what is missing in dir. size is that of the Postfix log; Exim and Mailgun
// logs are a quarter of it, the two for open messages half.
func prepare(dir, self string, size int64) (*data, error) {
	d := &data{}
	log := func(name, shown string, s settings) (fileSet, *truth, error) {
		files, truth, err := generated(filepath.Join(dir, name), self, s)
		if err != nil {
			return fileSet{}, nil, fmt.Errorf("cannot make the %s log: %w", name, err)
		}
		return fileSet{shown, files, truth.Bytes}, truth, nil
	}
	var err error
	var of *truth
	if d.fourfold, _, err = log("postfix", "32 plain files", settings{Kind: "postfix", Size: 4 * size, Parts: 4 * partsOfLog, Seed: 1, Rate: 8, Deferrals: 1}); err != nil {
		return nil, err
	}
	// Half a GiB at 200 and at 2000 messages a second; a smaller log has a lower rate, so
	// that as many retries fit into its time.
	rate := 200 * float64(size) / (1 << 30)
	if d.few, of, err = log("open-few", "few open", settings{Kind: "postfix", Size: size / 2, Parts: 1, Seed: 3, Rate: rate, Deferrals: 8}); err != nil {
		return nil, err
	}
	d.fewOpen = of.MaxOpen
	if d.many, of, err = log("open-many", "many open", settings{Kind: "postfix", Size: size / 2, Parts: 1, Seed: 3, Rate: 10 * rate, Deferrals: 12}); err != nil {
		return nil, err
	}
	d.manyOpen = of.MaxOpen
	if d.exim, _, err = log("exim", "Exim", settings{Kind: "exim", Size: size / 4, Parts: 1, Seed: 1, Rate: 8, Deferrals: 1}); err != nil {
		return nil, err
	}
	if d.mailgun, _, err = log("mailgun", "Mailgun", settings{Kind: "mailgun", Size: size / 4, Parts: 1, Seed: 1, Rate: 8, Deferrals: 1}); err != nil {
		return nil, err
	}
	d.plain = fileSet{"8 plain files", d.fourfold.files[:partsOfLog], size}
	d.quarter = fileSet{"2 plain files", d.plain.files[:partsOfLog/4], size / 4}
	d.gz, d.zst, d.one = fileSet{"8 .gz", nil, size}, fileSet{"8 .zst", nil, size}, fileSet{"one .gz", []string{filepath.Join(dir, "postfix", "one.log.gz")}, size}
	for i, name := range d.plain.files {
		gz := filepath.Join(dir, "postfix", "part."+strconv.Itoa(i)+".log.gz")
		zst := filepath.Join(dir, "postfix", "part."+strconv.Itoa(i)+".log.zst")
		if err := errors.Join(gzipper.pack(gz, name), zstdder.pack(zst, name)); err != nil {
			return nil, err
		}
		d.gz.files, d.zst.files = append(d.gz.files, gz), append(d.zst.files, zst)
	}
	return d, gzipper.pack(d.one.files[0], d.plain.files...)
}

// generated returns the log of these settings, written anew unless it is there. Another
// process writes it: the peak memory of this one stays small.
func generated(dir, self string, s settings) ([]string, *truth, error) {
	written, err := readTruth(dir)
	if err != nil || written.Version != version || written.Settings != s {
		if err := os.RemoveAll(dir); err != nil {
			return nil, nil, err
		}
		float := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
		gen := command{argv: []string{self, "gen", "--kind", s.Kind, "--size", strconv.FormatInt(s.Size>>10, 10) + "KiB", "--parts", strconv.Itoa(s.Parts),
			"--seed", strconv.FormatUint(s.Seed, 10), "--rate", float(s.Rate), "--deferrals", float(s.Deferrals), "--out", dir}}
		if _, err := gen.run(self, dir+".txt"); err != nil {
			return nil, nil, err
		}
		if written, err = readTruth(dir); err != nil {
			return nil, nil, err
		}
	}
	var files []string
	for i := range s.Parts {
		names, err := filepath.Glob(filepath.Join(dir, s.Kind+"."+strconv.Itoa(i)+".*"))
		if err != nil || len(names) != 1 {
			return nil, nil, fmt.Errorf("cannot find part %d in %s: remove the folder and run again", i, dir)
		}
		files = append(files, names[0])
	}
	return files, written, warm(files)
}

func readTruth(dir string) (*truth, error) {
	text, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		return nil, err
	}
	var t truth
	return &t, json.Unmarshal(text, &t)
}

// warm reads the files once, so that the page cache has them.
func warm(files []string) error {
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		_ = f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// packer compresses: with the program of every day, or where that is missing with the
// library.
type packer struct {
	program string
	level   string
	library func(io.Writer) (io.WriteCloser, error)
}

var (
	gzipper = packer{"gzip", "-6", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 6) }}
	zstdder = packer{"zstd", "-3", func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(3)))
	}}
)

// pack writes the sources into one compressed file, unless that is there. Its time is that
// of the last source: a reader of stamps without a year asks for it.
func (p packer) pack(name string, sources ...string) error {
	last, err := os.Stat(sources[len(sources)-1])
	if err != nil {
		return err
	}
	if there, err := os.Stat(name); err == nil && there.ModTime().Equal(last.ModTime()) {
		return warm([]string{name})
	}
	var readers []io.Reader
	for _, source := range sources {
		f, err := os.Open(source)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		readers = append(readers, f)
	}
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := errors.Join(p.stream(out, io.MultiReader(readers...)), out.Close()); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return os.Chtimes(name, last.ModTime(), last.ModTime())
}

func (p packer) stream(w io.Writer, r io.Reader) error {
	if _, err := exec.LookPath(p.program); err == nil {
		cmd := exec.Command(p.program, p.level, "-c")
		cmd.Stdin, cmd.Stdout, cmd.Stderr = r, w, os.Stderr
		return cmd.Run()
	}
	z, err := p.library(w)
	if err != nil {
		return err
	}
	_, err = io.Copy(z, r)
	return errors.Join(err, z.Close())
}
