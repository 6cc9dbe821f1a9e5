package main

import (
	"bytes"
	_ "embed" // the introduction
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// introduction says what is measured and how to repeat it.
//
//go:embed introduction.md
var introduction string

// document is the page.
func document(t tools, d *data, results []result, size string, rounds int, same string) string {
	var b bytes.Buffer
	b.WriteString(introduction)
	fmt.Fprintf(&b, "\n## Results\n\nPostfix log of %s in %d files, %d rounds. %s\n\n", size, partsOfLog, rounds, same)
	b.WriteString("| measured | against | median | least..greatest | goal | must | |\n|---|---|--:|--:|--:|--:|---|\n")
	for _, r := range results {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(r.cells(), " | "))
	}
	fmt.Fprintf(&b, "\n%s\n", verdict(results))
	b.WriteString("\n## Commands\n\nMedians of all rounds in which the command ran. MB/s is plain text per second of CPU time.\n\n")
	b.WriteString("| command | wall s | CPU s | MB/s | peak MiB |\n|---|--:|--:|--:|--:|\n")
	for _, c := range commandTable(results) {
		fmt.Fprintf(&b, "| `%s` | %.2f | %.2f | %.0f | %.0f |\n", strings.ReplaceAll(c.name, "|", `\|`), c.wall, c.cpu, float64(c.plain)/1e6/c.cpu, c.peak/(1<<20))
	}
	b.WriteString("\n## Machine and versions\n\n")
	for _, line := range machine() {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	for _, line := range t.versions() {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	return b.String()
}

// cells are the columns of a result.
func (r result) cells() []string {
	against := r.against
	if against == "" {
		against = "-"
	}
	if r.missing != "" {
		return []string{r.what, against, "-", "-", r.show(r.goal), r.show(r.must), "not measured: " + r.missing + " is not here"}
	}
	m := median(r.values)
	met := "**missed**"
	switch {
	case m <= r.goal:
		met = "goal met"
	case m <= r.must:
		met = "must met"
	}
	return []string{r.what, against, r.show(m), r.show(slices.Min(r.values)) + ".." + r.show(slices.Max(r.values)), r.show(r.goal), r.show(r.must), met}
}

// show writes a value in its unit; small ratios as parts.
func (r row) show(v float64) string {
	switch {
	case r.unit == mebibytes:
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	case r.unit == bytesEach:
		return fmt.Sprintf("%.0f B", v)
	case v > 0 && v <= 0.15:
		return "1/" + strconv.FormatFloat(1/v, 'f', 0, 64)
	}
	return fmt.Sprintf("%.2f", v)
}

// verdict counts.
func verdict(results []result) string {
	var goal, must, missed, absent int
	for _, r := range results {
		m := median(r.values)
		switch {
		case r.missing != "":
			absent++
		case m <= r.goal:
			goal++
		case m <= r.must:
			must++
		default:
			missed++
		}
	}
	text := fmt.Sprintf("%d rows: %d meet the goal, %d only the must, %d neither", len(results), goal, must, missed)
	if absent > 0 {
		text += fmt.Sprintf(", %d not measured for want of a peer", absent)
	}
	return text + "."
}

// spent is what a command used, in the middle.
type spent struct {
	command
	wall, cpu, peak float64
}

func commandTable(results []result) []spent {
	var order []command
	rounds := map[string][]usageOf{}
	for _, r := range results {
		for i, c := range r.commands {
			if rounds[c.name] == nil && len(r.rounds) > 0 {
				order = append(order, c)
			}
			for _, round := range r.rounds {
				rounds[c.name] = append(rounds[c.name], round[i])
			}
		}
	}
	table := make([]spent, len(order))
	for i, c := range order {
		middle := func(of func(usageOf) float64) float64 {
			var values []float64
			for _, u := range rounds[c.name] {
				values = append(values, of(u))
			}
			return median(values)
		}
		table[i] = spent{c, middle(func(u usageOf) float64 { return u.Wall }), middle(func(u usageOf) float64 { return u.CPU }), middle(func(u usageOf) float64 { return float64(u.Peak) })}
	}
	return table
}

// machine says where it was measured.
func machine() []string {
	cpu := fieldOf("/proc/cpuinfo", "model name", ":")
	system := strings.Trim(fieldOf("/etc/os-release", "PRETTY_NAME", "="), `"`)
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	memory := strings.TrimSuffix(fieldOf("/proc/meminfo", "MemTotal", ":"), " kB")
	kib, _ := strconv.ParseInt(memory, 10, 64)
	return []string{
		fmt.Sprintf("%s, %d cores, %d GiB memory", or(cpu, "unknown processor"), runtime.NumCPU(), (kib+1<<19)>>20),
		fmt.Sprintf("%s, Linux %s", or(system, runtime.GOOS), strings.TrimSpace(string(kernel))),
		fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}
}

// fieldOf is the first value of a key in a file of keys and values.
func fieldOf(file, key, separator string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, separator); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

var versionNumber = regexp.MustCompile(`\d+(\.\d+)+`)

// versions are those of the programs and of the decompression library.
func (t tools) versions() []string {
	lines := []string{firstLine(t.diagnose, "version")}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/klauspost/compress" {
				lines = append(lines, m.Path+" "+m.Version)
			}
		}
	}
	for _, p := range []packer{gzipper, zstdder} {
		if path, err := exec.LookPath(p.program); err != nil {
			lines = append(lines, fmt.Sprintf("%s: not here, the library compressed at the level of `%s`", p.program, p.level))
		} else {
			lines = append(lines, fmt.Sprintf("%s %s, `%s`", p.program, versionNumber.FindString(firstLine(path, "--version")), p.level))
		}
	}
	for _, p := range []struct{ name, flag string }{{"rg", "--version"}, {"jq", "--version"}, {"pflogsumm", "--version"}, {"eximstats", "-help"}, {"perl", "-V:version"}} {
		if path := t.peer(p.name); path == "" {
			lines = append(lines, p.name+": not here")
		} else {
			lines = append(lines, p.name+" "+versionNumber.FindString(firstLine(path, p.flag)))
		}
	}
	return lines
}

// firstLine is the first line of what a program says that is not empty.
func firstLine(path string, args ...string) string {
	out, err := exec.Command(path, args...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return fmt.Sprint(err)
}
