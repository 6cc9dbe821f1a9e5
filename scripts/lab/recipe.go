package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
)

// recipeFile says what a run was made of.
const recipeFile = "recipe.json"

// judged are the lines of a scenario that say what to make of a run and when to do it.
var judged = regexp.MustCompile(`(?m)^ *(about|cause|severity|platform|quiet|pace):.*\n`)

// recipe is what the results of a run depend on, beside the MTA itself.
func (j *job) recipe() ([]byte, error) {
	sum := func(text []byte) string { return fmt.Sprintf("%x", sha256.Sum256(text)) }
	parts := map[string]any{"mta": j.MTA, "micro": j.Micro, "long_ids": j.LongIDs, "plain": j.Plain, "tls": j.TLS, "at": j.At.String(), "for": j.For.String()}
	for _, name := range []string{j.Scenario, worldFile} {
		text, err := scenarioFiles.ReadFile(path.Join("scenarios", name+".yaml"))
		if err != nil {
			return nil, err
		}
		parts[name] = sum(judged.ReplaceAll(text, nil))
	}
	if j.Policy != "" {
		text, err := os.ReadFile(j.Policy)
		if err != nil {
			return nil, err
		}
		parts["policy"] = sum(text)
	}
	return json.MarshalIndent(parts, "", " ")
}

// done says that the run is there already, made of the same.
func (j *job) done() bool {
	want, err := j.recipe()
	if err != nil {
		return false
	}
	was, err := os.ReadFile(filepath.Join(j.Out, recipeFile))
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(j.Out, truthFile))
	return err == nil && bytes.Equal(was, want)
}

// forget takes away what says that the run is done.
func (j *job) forget() error {
	var all error
	for _, name := range []string{recipeFile, truthFile} {
		if err := os.Remove(filepath.Join(j.Out, name)); !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}
