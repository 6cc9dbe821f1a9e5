package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// settings say which log is written. The same settings give the same bytes.
type settings struct {
	Kind      string  `json:"kind"`      // postfix, exim or mailgun
	Size      int64   `json:"size"`      // bytes of plain text at which the log ends
	Parts     int     `json:"parts"`     // files of about equal size
	Seed      uint64  `json:"seed"`      // chooses one of the possible logs
	ISO       bool    `json:"iso"`       // Postfix: RFC 3339 stamps instead of RFC 3164
	LongIDs   bool    `json:"long_ids"`  // Postfix: enable_long_queue_ids = yes
	Rate      float64 `json:"rate"`      // messages a second
	Deferrals float64 `json:"deferrals"` // multiplies the probability of a deferral
}

// version is raised when the same settings give other bytes than before: run then writes
// its logs anew. TestVersion notices.
const version = 1

func genCommand(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var s settings
	flags.StringVar(&s.Kind, "kind", "postfix", "`format` of the log: postfix, exim or mailgun")
	size := flags.String("size", "64MiB", "`size` of the plain text, in KiB, MiB or GiB")
	flags.IntVar(&s.Parts, "parts", 1, "`number` of files")
	flags.Uint64Var(&s.Seed, "seed", 1, "`number` that chooses one of the possible logs")
	flags.BoolVar(&s.ISO, "iso", false, "postfix: time stamps of RFC 3339")
	flags.BoolVar(&s.LongIDs, "long-ids", false, "postfix: long queue ids")
	flags.Float64Var(&s.Rate, "rate", 8, "`messages` a second")
	flags.Float64Var(&s.Deferrals, "deferrals", 1, "multiply the probability of a deferral by this `factor`")
	out := flags.String("out", "", "write into this `folder`, made if it is not there")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if s.Size, err = parseSize(*size); err != nil {
		return err
	}
	if *out == "" || flags.NArg() > 0 {
		return fmt.Errorf("cannot write a log: give its folder with --out, and flags only")
	}
	begin := time.Now()
	files, truth, err := generate(*out, s)
	if err != nil {
		return err
	}
	took := time.Since(begin).Seconds()
	_, err = fmt.Fprintf(stdout, "%s: %d files, %d bytes, %d lines, %d messages, %.1f hours, at most %d open; %.1f s, %.0f MB/s\n",
		*out, len(files), truth.Bytes, truth.Lines, truth.Messages, truth.Hours, truth.MaxOpen, took, float64(truth.Bytes)/1e6/took)
	return err
}

// parseSize reads "256MiB".
func parseSize(text string) (int64, error) {
	number, shift := text, 0
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			number, shift = n, 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("cannot read the size %q: write it like 256MiB", text)
	}
	return n << shift, nil
}

// generate writes the log into dir and truth.json beside it. It returns the files in the
// order of time.
func generate(dir string, s settings) ([]string, *truth, error) {
	if s.Parts < 1 || s.Rate <= 0 || s.Deferrals < 0 {
		return nil, nil, fmt.Errorf("cannot write %d parts at rate %v with deferrals x %v: at least one part, a rate above 0, deferrals not below", s.Parts, s.Rate, s.Deferrals)
	}
	ext := ".log"
	var scribe func(*simulation) scribe
	switch s.Kind {
	case "postfix":
		scribe = newPostfix
	case "exim":
		scribe = newExim
	case "mailgun":
		scribe, ext = newMailgun, ".jsonl"
	default:
		return nil, nil, fmt.Errorf("unknown kind %q: it is postfix, exim or mailgun", s.Kind)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, err
	}
	p := &parts{dir: dir, stem: s.Kind, ext: ext, limit: s.Size / int64(s.Parts), left: s.Parts}
	sim := newSimulation(s, scribe)
	for sim.truth.Bytes < s.Size {
		if !sim.step() {
			continue
		}
		if err := p.write(sim); err != nil {
			return nil, nil, err
		}
	}
	if err := p.close(sim); err != nil {
		return nil, nil, err
	}
	truth := sim.finish()
	text, err := json.MarshalIndent(truth, "", "\t")
	if err != nil {
		return nil, nil, err
	}
	return p.files, truth, os.WriteFile(filepath.Join(dir, "truth.json"), append(text, '\n'), 0o644)
}

// parts spreads the text over files of about equal size, cut between lines.
type parts struct {
	dir, stem, ext string
	limit          int64
	left           int
	files          []string
	now            *os.File
	written        int64
}

// write takes over what the simulation has in its buffer.
func (p *parts) write(sim *simulation) error {
	text := sim.buffer
	sim.buffer = sim.buffer[:0]
	for len(text) > 0 {
		if p.now == nil {
			name := filepath.Join(p.dir, p.stem+"."+strconv.Itoa(len(p.files))+p.ext)
			f, err := os.Create(name)
			if err != nil {
				return err
			}
			p.now, p.written, p.files = f, 0, append(p.files, name)
			p.left--
		}
		n := int64(len(text))
		if rest := p.limit - p.written; p.left > 0 && n > rest {
			n = max(rest, 0)
			n += int64(bytes.IndexByte(text[n:], '\n')) + 1
		}
		if _, err := p.now.Write(text[:n]); err != nil {
			return err
		}
		p.written += n
		text = text[n:]
		if p.left > 0 && p.written >= p.limit {
			if err := p.close(sim); err != nil {
				return err
			}
		}
	}
	return nil
}

// close ends a file. Its time is that of its last line: a reader takes the year of RFC 3164
// stamps from there.
func (p *parts) close(sim *simulation) error {
	if p.now == nil {
		return nil
	}
	name := p.now.Name()
	if err := p.now.Close(); err != nil {
		return err
	}
	p.now = nil
	return os.Chtimes(name, sim.clock(), sim.clock())
}
