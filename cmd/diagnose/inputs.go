package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/declared"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// scanConfig turns flags and arguments into what the library reads. Arguments that
// give no input are returned as problems, the others are used; without any input
// the error says why.
func (f *inputFlags) scanConfig(ctx context.Context, w world, args []string) (scan.Config, []report.Error, error) {
	zone, err := parseZone(f.tz.value)
	if err != nil {
		return scan.Config{}, nil, usagef("--tz: %w", err)
	}
	cfg := scan.Config{
		Source:   source.Options{Stdin: until(ctx, w.In), LeftOut: &source.LeftOut{}, MaxRatio: f.maxRatio()},
		Location: zone, Year: f.year.value,
		Jobs: f.jobs.value, Now: w.Now(), MaxMemory: f.maxMemory.value,
		NewIPs:        f.newIPs.list,
		ShowAddresses: f.showAddresses, Salt: f.salt.value,
		Progress: &scan.Progress{},
	}
	if cfg.Jobs == 0 {
		cfg.Jobs = max(w.CPUs, 1)
	}
	if f.format.value != "auto" {
		cfg.Format = f.format.value
	}
	if cfg.Since, err = parseTime(f.since.value, zone, cfg.Now); err != nil {
		return scan.Config{}, nil, usagef("--since: %w", err)
	}
	if cfg.Until, err = parseTime(f.until.value, zone, cfg.Now); err != nil {
		return scan.Config{}, nil, usagef("--until: %w", err)
	}
	if !cfg.Since.IsZero() && !cfg.Until.IsZero() && !cfg.Since.Before(cfg.Until) {
		return scan.Config{}, nil, usagef("--since %s is not before --until %s", f.since.value, f.until.value)
	}
	if cfg.Formats, err = loadFormats(f.formatFiles.list); err != nil {
		return scan.Config{}, nil, &failure{exitUsage, err}
	}
	if cfg.Rules, err = f.loadRules(); err != nil {
		return scan.Config{}, nil, &failure{exitUsage, err}
	}
	inputs, skipped, errs := source.Expand(args, f.recursive)
	cfg.Source.LeftOut.Skip(skipped)
	if len(inputs) == 0 {
		return scan.Config{}, nil, noInputs(w, errs)
	}
	cfg.Inputs = inputs
	if cfg.MaxMemory > 0 {
		debug.SetMemoryLimit(collectorLimit(cfg.MaxMemory))
	}
	return cfg, problems(errs), nil
}

const (
	// programPages is what the program itself takes, of which the collector knows nothing.
	programPages = 16 << 20
	// leastLimit is what any run has live, and some room to work in: with less the collector
	// would do nothing but run.
	leastLimit = 32 << 20
)

// collectorLimit is the limit of the collector for a run that may take so many bytes.
func collectorLimit(most int64) int64 { return max(most-programPages, leastLimit) }

// maxRatio is --max-expand as the library wants it, where 0 is its own choice.
func (f *inputFlags) maxRatio() int64 {
	if f.maxExpand.value == 0 {
		return -1
	}
	return int64(f.maxExpand.value)
}

// noInputs is the failure of a run whose arguments name nothing to read. Patterns
// that match nothing and folders without -r are wrong usage; a file that cannot be
// read is an input problem.
func noInputs(w world, errs []error) error {
	code := exitUsage
	for i, err := range errs {
		var p *source.PathError
		if !errors.As(err, &p) {
			continue
		}
		switch p.Kind {
		case source.NoMatch, source.Directory:
		case source.NotFound:
			code = exitInput
			errs[i] = fmt.Errorf("%w%s", err, meantVerb(p.Path))
		default:
			code = exitInput
		}
	}
	return &failure{code, errors.Join(errs...)}
}

// meantVerb asks whether a file that is not there was meant as a command: of "diagnose chek
// mail.log" the other arguments are read.
func meantVerb(path string) string {
	if strings.ContainsAny(path, `./\`) {
		return ""
	}
	return strings.Replace(meant(path, verbs()), "did you mean", "did you mean the command", 1)
}

// problems are errors of arguments in the form of the report.
func problems(errs []error) []report.Error {
	var list []report.Error
	for _, err := range errs {
		e := report.Error{Error: err.Error()}
		var p *source.PathError
		if errors.As(err, &p) {
			e.File = p.Path
			if p.Kind == source.NotFound {
				e.Error += meantVerb(p.Path)
			}
		}
		list = append(list, e)
	}
	return list
}

// loadRules loads the built-in rules and, before them, those of --rules, with the
// thresholds of --set.
func (f *inputFlags) loadRules() (*rules.Set, error) {
	dir := f.rules.value
	if dir == "" {
		return rules.LoadWith(f.set.values)
	}
	switch fi, err := os.Stat(dir); {
	case err != nil:
		return nil, fmt.Errorf("--rules: cannot read rules: %w", err)
	case !fi.IsDir():
		return nil, fmt.Errorf("--rules: %s is no folder; name the one that holds the rule files", dir)
	}
	set, err := rules.LoadWith(f.set.values, os.DirFS(dir))
	if err != nil {
		for _, e := range split(err) {
			var at *rules.Error
			if errors.As(e, &at) {
				at.File = filepath.Join(dir, at.File) // the loader sees the folder only
			}
		}
	}
	return set, err
}

// loadFormats loads the formats that users declare; all mistakes in all files come
// back together.
func loadFormats(files []string) ([]parsers.Format, error) {
	var formats []parsers.Format
	var errs []error
	for _, file := range files {
		src, err := strictyaml.ReadAll(os.Open(file))
		if err != nil {
			errs = append(errs, fmt.Errorf("--format-file: cannot read format: %w", err))
			continue
		}
		format, bad := declared.Load(file, src)
		errs = append(errs, bad...)
		formats = append(formats, format)
	}
	return formats, errors.Join(errs...)
}

// maxBaseline is the most bytes of a baseline that are read: one of 100,000
// destinations.
const maxBaseline = 64 << 20

// readAtMost is os.ReadFile with a bound, so that a wrong file (a log, a device) does
// not fill the memory.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, fmt.Errorf("%s has more than %s bytes", path, rules.Thousands(most))
	}
	return data, err
}

// parseZone reads a zone: an IANA name, an offset such as +02:00, "local", or
// nothing, which is nil: UTC, and the report says so.
func parseZone(s string) (*time.Location, error) {
	switch {
	case s == "":
		return nil, nil
	case strings.EqualFold(s, "local"):
		return time.Local, nil
	}
	for _, layout := range []string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, s); err == nil {
			_, offset := t.Zone()
			return time.FixedZone(s, offset), nil
		}
	}
	zone, err := time.LoadLocation(s)
	if err != nil {
		return nil, fmt.Errorf("want a zone such as Europe/Paris, +02:00 or local, have %q", s)
	}
	return zone, nil
}

// parseTime reads a moment: RFC 3339, a date or date and time in zone, or a
// duration before now. Nothing is the zero time.
func parseTime(s string, zone *time.Location, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if zone == nil {
		zone = time.UTC
	}
	if d, err := parseAgo(s); err == nil {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("want a time such as 2026-05-20T09:00:00Z, 2026-05-20, or 2h (two hours ago), have %q", s)
}

// parseAgo reads a duration; unlike time.ParseDuration it knows days: 7d, 1d12h.
func parseAgo(s string) (time.Duration, error) {
	var days time.Duration
	if n, rest, found := strings.Cut(s, "d"); found {
		v, err := strconv.ParseUint(n, 10, 16)
		if err != nil {
			return 0, err
		}
		days = time.Duration(v) * 24 * time.Hour
		if rest == "" {
			return days, nil
		}
		s = rest
	}
	d, err := time.ParseDuration(s)
	if err == nil && (d < 0 || days+d < days) {
		err = errors.New("out of range")
	}
	return days + d, err
}
