package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// senderFlags say what no log tells about the sending side: which kinds of mail there
// are, and whose the sending IPs are.
type senderFlags struct {
	pool    choice
	streams streamFlag
}

func (f *senderFlags) add(fs *pflag.FlagSet) {
	f.pool = choice{group.PoolUnknown, "KIND", group.Pools()}
	add(fs, groupInput, &f.pool, "pool", "", "whose sending IPs these are, which no log can tell", "")
	add(fs, groupOutput, &f.streams, "stream", "", "only mail of this stream, by its name in the settings or declared here by sender as NAME=orders@example.com (* is any text); repeatable", "all")
}

// transactionalName is the stream that counts as transactional when it is declared on
// the command line, where nothing else says so.
const transactionalName = "transactional"

// apply puts the flags into the configuration of a run.
func (f *senderFlags) apply(cfg *scan.Config) error {
	cfg.Pool = f.pool.value
	streams := slices.Clone(f.streams.declared)
	for _, typed := range f.streams.list {
		name, sender, declares := strings.Cut(typed, "=")
		if !slices.Contains(cfg.OnlyStreams, name) {
			cfg.OnlyStreams = append(cfg.OnlyStreams, name)
		}
		if !declares {
			continue
		}
		i := slices.IndexFunc(streams, func(s scan.Stream) bool { return s.Name == name })
		if i < 0 {
			streams = append(streams, scan.Stream{Name: name, Transactional: name == transactionalName})
			i = len(streams) - 1
		}
		streams[i].Senders = append(slices.Clip(streams[i].Senders), sender)
		if err := streams[i].Check(); err != nil {
			return usagef("--stream: %w", err)
		}
	}
	known := []string{scan.OtherStream}
	for _, s := range streams {
		known = append(known, s.Name)
	}
	for _, name := range cfg.OnlyStreams {
		switch {
		case len(streams) == 0:
			return usagef("--stream %s: no streams are declared; declare it here as --stream %s=orders@example.com, or under streams in the settings", name, name)
		case !slices.Contains(known, name):
			hint := meant(name, known)
			if hint == "" {
				hint = "; there are " + strings.Join(known, ", ")
			}
			return usagef("--stream %s: no such stream%s", name, hint)
		}
	}
	cfg.Streams = streams
	return nil
}

// streamFlag is the repeatable flag --stream, with the streams of the settings.
type streamFlag struct {
	list     []string
	declared []scan.Stream
}

func (s *streamFlag) Type() string   { return "NAME" }
func (s *streamFlag) String() string { return strings.Join(s.list, " ") }

func (s *streamFlag) Set(v string) error {
	if v == "" {
		return errors.New("want the name of a stream, have nothing")
	}
	s.list = append(s.list, v)
	return nil
}

// streamSetting is one entry of streams in a settings file.
type streamSetting struct {
	Name          string    `yaml:"name"`
	Sender        []string  `yaml:"sender"`
	Transactional bool      `yaml:"transactional"`
	At            rules.Pos `yaml:"-"`
}

// declareStreams gives the flag --stream the streams of a settings file. A mistake in
// them is one of every command that reads the file.
func declareStreams(flags *pflag.FlagSet, list []streamSetting) error {
	var errs []error
	var streams []scan.Stream
	for i := range list {
		s := scan.Stream{Name: list[i].Name, Senders: list[i].Sender, Transactional: list[i].Transactional}
		if err := s.Check(); err != nil {
			errs = append(errs, list[i].At.Errorf("streams: %v", err))
		} else if slices.ContainsFunc(streams, func(o scan.Stream) bool { return o.Name == s.Name }) {
			errs = append(errs, list[i].At.Key("name").Errorf("streams: %q is there twice", s.Name))
		}
		streams = append(streams, s)
	}
	if len(errs) > 0 {
		return &failure{exitUsage, errors.Join(errs...)}
	}
	if f := flags.Lookup("stream"); f != nil {
		if v, ok := f.Value.(*streamFlag); ok {
			v.declared = streams
		}
	}
	return nil
}
