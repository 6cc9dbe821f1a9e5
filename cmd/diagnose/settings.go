package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// settingsFile is all that a settings file may say: the flags that hold for every
// run. Numbers are read as they are written and checked by the flag itself.
// Destinations, times and output files belong to one run and are flags only.
type settingsFile struct {
	InputFormat   string   `yaml:"input-format"`
	Recursive     bool     `yaml:"recursive"`
	TZ            string   `yaml:"tz"`
	Year          string   `yaml:"year"`
	NewIP         []string `yaml:"new-ip"`
	Pool          string   `yaml:"pool"`
	ShowAddresses bool     `yaml:"show-addresses"`
	Salt          string   `yaml:"salt"`
	Jobs          string   `yaml:"jobs"`
	Rules         string   `yaml:"rules"`
	FormatFile    []string `yaml:"format-file"`
	MaxExpand     string   `yaml:"max-expand"`
	MaxMemory     string   `yaml:"max-memory"`
	Format        string   `yaml:"format"`
	Detail        string   `yaml:"detail"`
	All           bool     `yaml:"all"`
	Top           string   `yaml:"top"`
	Width         string   `yaml:"width"`
	FailOn        string   `yaml:"fail-on"`
	MinUnderstood string   `yaml:"min-understood"`
	Color         string   `yaml:"color"`
	NoProgress    bool     `yaml:"no-progress"`
	Quiet         bool     `yaml:"quiet"`
	Verbose       bool     `yaml:"verbose"`
	// Streams declare kinds of mail for --stream; Thresholds are those of --set, by id.
	Streams    []streamSetting   `yaml:"streams"`
	Thresholds map[string]string `yaml:"thresholds"`
	At         rules.Pos         `yaml:"-"`
}

// values are the settings that the file has, by flag name.
func (s *settingsFile) values() map[string]any {
	m := map[string]any{}
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if name := settingFlag(v.Type().Field(i)); name != "" && !v.Field(i).IsZero() {
			m[name] = v.Field(i).Interface()
		}
	}
	return m
}

// settingFlag is the flag of the same name as a field of settingsFile, "" if none.
func settingFlag(f reflect.StructField) string {
	switch name := f.Tag.Get("yaml"); name {
	case "-", "streams", "thresholds":
		return ""
	default:
		return name
	}
}

// settingNames are the flags that a settings file may set.
func settingNames() []string {
	var names []string
	t := reflect.TypeFor[settingsFile]()
	for i := range t.NumField() {
		if name := settingFlag(t.Field(i)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// variable is the environment variable of a setting: DIAGNOSE_FAIL_ON.
func variable(name string) string {
	return "DIAGNOSE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// settle gives the flags that were not typed the values of the environment, else
// of the settings file, and returns the path of that file ("" if there is none).
func settle(w world, flags *pflag.FlagSet, config string) (string, error) {
	path, err := findSettings(w, config)
	if err != nil {
		return "", err
	}
	var file settingsFile
	if path != "" {
		src, err := strictyaml.ReadAll(os.Open(path))
		if err != nil {
			return "", usagef("cannot read settings: %w", err)
		}
		if errs := rules.DecodeStrict(path, src, &file); len(errs) > 0 {
			return "", &failure{exitUsage, errors.Join(errs...)}
		}
		if file.Rules != "" && !filepath.IsAbs(file.Rules) {
			file.Rules = filepath.Join(filepath.Dir(path), file.Rules)
		}
		for i, f := range file.FormatFile {
			if !filepath.IsAbs(f) {
				file.FormatFile[i] = filepath.Join(filepath.Dir(path), f)
			}
		}
	}

	if err := declareStreams(flags, file.Streams); err != nil {
		return "", err
	}
	if f := flags.Lookup("set"); f != nil {
		f.Value.(*assignments).addMissing(file.Thresholds)
	}
	v := viper.New()
	if err := v.MergeConfigMap(file.values()); err != nil {
		return "", usagef("%s: %w", path, err)
	}
	for _, name := range settingNames() {
		f := flags.Lookup(name)
		if f == nil || f.Changed {
			continue // not of this command, or typed: nothing stands above that
		}
		if name == "format" && flags.Lookup("detail") == nil {
			continue // it is the form of the report; a ticket or a policy has others
		}
		fromEnv := w.Env(variable(name))
		if fromEnv != "" {
			v.Set(name, fromEnv)
		}
		if !v.IsSet(name) {
			continue
		}
		list, ok := v.Get(name).([]string)
		if !ok {
			list = []string{v.GetString(name)} // GetStringSlice would break it at spaces
		}
		for _, value := range list {
			err := f.Value.Set(value)
			switch {
			case err == nil:
			case fromEnv != "":
				return "", usagef("%s: %w", variable(name), reason(err, value))
			default:
				return "", &failure{exitUsage, file.At.Key(name).Errorf("%s: %v", name, reason(err, value))}
			}
		}
	}
	return path, nil
}

// settled is the run of a command after its flags are settled.
func settled(w world, m *manners, run func(context.Context, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if _, err := settle(w, cmd.Flags(), m.config.value); err != nil {
			return err
		}
		return run(cmd.Context(), args)
	}
}

// settingsName is the settings file of a folder.
const settingsName = ".diagnose.yaml"

// findSettings returns the settings file to use, "" if there is none: --config,
// else DIAGNOSE_CONFIG, else .diagnose.yaml here or in a parent folder up to the
// root of the repository, else that of the user.
func findSettings(w world, config string) (string, error) {
	for _, named := range []struct{ path, by string }{{config, "--config"}, {w.Env("DIAGNOSE_CONFIG"), "DIAGNOSE_CONFIG"}} {
		if named.path == "" {
			continue
		}
		if _, err := os.Stat(named.path); err != nil {
			return "", usagef("%s: cannot read settings: %w", named.by, err)
		}
		return named.path, nil
	}
	if w.Dir != "" {
		for _, dir := range upToRoot(w.Dir) {
			if path := filepath.Join(dir, settingsName); exists(path) {
				if dir == w.Dir {
					path = settingsName // as short as people write it
				}
				return path, nil
			}
		}
	}
	home := w.Env("XDG_CONFIG_HOME")
	if home == "" && w.Env("HOME") != "" {
		home = filepath.Join(w.Env("HOME"), ".config") // XDG Base Directory Specification
	}
	if path := filepath.Join(home, "diagnose", "config.yaml"); home != "" && exists(path) {
		return path, nil
	}
	return "", nil
}

// upToRoot is dir and its parents up to the root of the repository that it lies
// in; outside of a repository only dir itself.
func upToRoot(dir string) []string {
	dirs := []string{dir}
	for d := dir; ; {
		if exists(filepath.Join(d, ".git")) {
			return dirs
		}
		parent := filepath.Dir(d)
		if parent == d {
			return dirs[:1]
		}
		d = parent
		dirs = append(dirs, d)
	}
}

// exists says that there is something at path, even if it cannot be read: then
// reading it tells why.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission)
}
