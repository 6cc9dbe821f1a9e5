package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// sheet is what `diagnose policy -f json` prints, as far as it is to be applied.
type sheet struct {
	Files []sheetFile `json:"files"`
	Apply []string    `json:"apply"`
}

type sheetFile struct {
	Path string `json:"path"`
	How  string `json:"how"`
	Text string `json:"text"`
}

func readSheet(path string) (*sheet, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := new(sheet)
	if err := json.Unmarshal(text, s); err != nil {
		return nil, err
	}
	if len(s.Files) == 0 {
		return nil, fmt.Errorf("%s has no files to change", path)
	}
	return s, nil
}

func writeSheet(path string, s *sheet) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// add appends the text, or makes the file.
func (f *sheetFile) add() error {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
		return err
	}
	old, err := os.ReadFile(f.Path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.WriteFile(f.Path, append(old, f.Text...), 0o644)
}

// insert puts the text at the beginning of the section that it is said to be for; Exim
// asks routers and retry rules in their order.
func (f *sheetFile) insert() error {
	found := regexp.MustCompile(`section (\w+)`).FindStringSubmatch(f.How)
	if found == nil {
		return fmt.Errorf("cannot tell the section from %q", f.How)
	}
	old, err := os.ReadFile(f.Path)
	if err != nil {
		return err
	}
	begin := "begin " + found[1] + "\n"
	if strings.Count(string(old), begin) != 1 {
		return fmt.Errorf("%s has no section %s", f.Path, found[1])
	}
	return os.WriteFile(f.Path, []byte(strings.Replace(string(old), begin, begin+"\n"+f.Text+"\n", 1)), 0o644)
}

// commands runs the commands as they are printed.
func (s *sheet) commands() error {
	for _, c := range s.Apply {
		if err := command("bash", "-c", c); err != nil {
			return err
		}
	}
	return nil
}
