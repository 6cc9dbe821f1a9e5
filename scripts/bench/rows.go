package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// unit is what a row says.
type unit uint8

const (
	ratio     unit = iota // a number
	mebibytes             // MiB
	bytesEach             // B
)

// row is one line of the table: two or more commands that take turns, and what is computed
// from what each round used.
type row struct {
	what     string // the measure
	against  string
	commands []command
	value    func(round []usageOf) float64
	unit     unit
	goal     float64
	must     float64
	missing  string // the peer that is not here; nothing is measured then
}

func cpuRatio(u []usageOf) float64  { return u[0].CPU / u[1].CPU }
func wallRatio(u []usageOf) float64 { return u[0].Wall / u[1].Wall }
func peakRatio(u []usageOf) float64 { return float64(u[0].Peak) / float64(u[1].Peak) }
func peak(u []usageOf) float64      { return float64(u[0].Peak) }

// tools are the programs that the rows run.
type tools struct {
	diagnose string
	self     string
	folder   string // of peers that are not installed, unpacked; may be empty
}

// peer finds a program in the PATH or below the folder of unpacked packages.
func (t tools) peer(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if t.folder == "" {
		return ""
	}
	for _, sub := range []string{"", "usr/bin", "usr/sbin"} {
		path := filepath.Join(t.folder, sub, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// own is diagnose as a user calls it.
func (t tools) own(jobs int, s fileSet) command {
	return command{
		name:  fmt.Sprintf("diagnose --jobs %d, %s", jobs, s.name),
		argv:  append([]string{t.diagnose, "--no-progress", "--quiet", "--jobs", fmt.Sprint(jobs)}, s.files...),
		plain: s.plain,
	}
}

// twoCores is own on two cores of however many there are.
func (t tools) twoCores(jobs int, s fileSet) command {
	c := t.own(jobs, s)
	c.env = []string{"GOMAXPROCS=2"}
	return c
}

func (t tools) floor(kind string, s fileSet) command {
	name := map[string]string{"gz": "klauspost gzip to nothing", "zst": "klauspost zstd to nothing, concurrency 1", "json": "encoding/json into a struct"}[kind]
	return command{name: name + ", " + s.name, argv: append([]string{t.self, "floor", kind}, s.files...), plain: s.plain}
}

// versus adds a peer to a row, or says that it is missing.
func (t tools) versus(r row, s fileSet, program string, args ...string) row {
	path := t.peer(program)
	if path == "" {
		r.missing = program
		return r
	}
	argv := append(append([]string{path}, args...), s.files...)
	if program == "zcat" {
		argv = append([]string{"sh", "-c", `"$0" "$@" | wc -l`, path}, s.files...)
		program = "zcat | wc -l"
	}
	r.commands = append(r.commands, command{name: strings.Join(append([]string{program}, args...), " ") + ", " + s.name, argv: argv, plain: s.plain})
	return r
}

// rows are the table of the requirement. Goals and musts are its numbers.
func (t tools) rows(d *data) []row {
	pair := func(a, b command) []command { return []command{a, b} }
	alone := func(c command) []command { return []command{c} }
	return []row{
		{what: "`.gz`, one worker, CPU", against: "klauspost/compress decompressing the same files to nothing",
			commands: pair(t.own(1, d.gz), t.floor("gz", d.gz)), value: cpuRatio, goal: 1.5, must: 1.8},
		{what: "one `.gz` on two cores, wall", against: "that decompression's wall",
			commands: pair(t.twoCores(2, d.one), t.floor("gz", d.one)), value: wallRatio, goal: 1.2, must: 1.35},
		t.versus(row{what: "8 `.gz` on two cores, wall", against: "`zcat` into `wc -l`",
			commands: alone(t.twoCores(2, d.gz)), value: wallRatio, goal: 0.40, must: 0.50}, d.gz, "zcat"),
		{what: "`.zst`, one worker, CPU", against: "klauspost zstd alone (decoder concurrency 1)",
			commands: pair(t.own(1, d.zst), t.floor("zst", d.zst)), value: cpuRatio, goal: 2.3, must: 3.0},
		t.versus(row{what: "plain, one worker, CPU", against: "`rg -c status=deferred`",
			commands: alone(t.own(1, d.plain)), value: cpuRatio, goal: 6, must: 8}, d.plain, "rg", "-c", "status=deferred"),
		{what: "plain, wall of two workers", against: "one worker",
			commands: pair(t.twoCores(2, d.plain), t.twoCores(1, d.plain)), value: wallRatio, goal: 0.62, must: 0.70},
		{what: "Mailgun `.jsonl`, CPU", against: "`encoding/json` decoding alone",
			commands: pair(t.own(1, d.mailgun), t.floor("json", d.mailgun)), value: cpuRatio, goal: 0.25, must: 0.35},
		t.versus(row{what: "Mailgun `.jsonl`, CPU", against: "`jq` select",
			commands: alone(t.own(1, d.mailgun)), value: cpuRatio, goal: 1. / 15, must: 1. / 10}, d.mailgun, "jq", "-c", `select(.event=="failed" and .severity=="temporary")`),
		t.versus(row{what: "plain, CPU", against: "pflogsumm",
			commands: alone(t.own(1, d.quarter)), value: cpuRatio, goal: 1. / 40, must: 1. / 25}, d.quarter, "pflogsumm"),
		t.versus(row{what: "Exim, CPU", against: "eximstats",
			commands: alone(t.own(1, d.exim)), value: cpuRatio, goal: 1. / 15, must: 1. / 10}, d.exim, "eximstats"),
		{what: "peak memory, one worker, plain",
			commands: alone(t.own(1, d.plain)), value: peak, unit: mebibytes, goal: 32 << 20, must: 64 << 20},
		{what: "peak memory, one worker, `.gz`",
			commands: alone(t.own(1, d.gz)), value: peak, unit: mebibytes, goal: 32 << 20, must: 64 << 20},
		{what: "peak memory, each further worker", against: "four workers less one, over three",
			commands: pair(t.own(4, d.gz), t.own(1, d.gz)), unit: mebibytes, goal: 20 << 20, must: 32 << 20,
			value: func(u []usageOf) float64 { return float64(u[0].Peak-u[1].Peak) / 3 }},
		{what: "peak memory, each open message", against: fmt.Sprintf("a log with %d open at once less one with %d", d.manyOpen, d.fewOpen),
			commands: pair(t.own(1, d.many), t.own(1, d.few)), unit: bytesEach, goal: 120, must: 250,
			value: func(u []usageOf) float64 { return float64(u[0].Peak-u[1].Peak) / float64(d.manyOpen-d.fewOpen) }},
		{what: "peak memory, 4x the log", against: "1x, at an equal rate",
			commands: pair(t.own(1, d.fourfold), t.own(1, d.plain)), value: peakRatio, goal: 1.1, must: 1.3},
	}
}
