package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// The program is run by root on mail servers: the kernel is asked what it did.

// opened is a call that opens a file: what for is in its flags.
var opened = regexp.MustCompile(`(?:open|openat|creat)\((?:AT_FDCWD, )?"([^"]*)", ([A-Z_|]*)`)

// TestPrivilege runs the verbs that read logs under strace: they open no socket, start no
// program, and write the files that were asked for, nothing else.
func TestPrivilege(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		parsertest.Lacks(t, "no strace in PATH, so nobody looked at the system calls of the program", "apt-get install strace")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "diagnose")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-pgo=off", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("cannot build the program: %v\n%s", err, out)
	}
	sample, err := filepath.Abs("../../testdata/logs/mail.log.1.gz")
	if err != nil {
		t.Fatal(err)
	}
	f := func(args ...string) {
		t.Helper()
		at, trace := filepath.Join(dir, "out"), filepath.Join(dir, "trace")
		if err := os.RemoveAll(at); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(at, 0o700); err != nil {
			t.Fatal(err)
		}
		calls := "trace=execve,execveat,socket,connect,bind,open,openat,creat,unlink,unlinkat,rename,renameat,renameat2,chmod,fchmodat,mkdir,mkdirat,link,linkat,symlink,symlinkat,ptrace,mount"
		cmd := exec.CommandContext(t.Context(), strace, append([]string{"-f", "-qq", "-o", trace, "-e", calls, program}, args...)...)
		cmd.Dir = at
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); err != nil && code > 1 {
			t.Fatalf("diagnose %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		log, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		programs := 0
		for _, line := range strings.Split(strings.TrimSpace(string(log)), "\n") {
			call := line[strings.IndexByte(line, ' ')+1:]
			call = strings.TrimSpace(call)
			name, _, _ := strings.Cut(call, "(")
			switch {
			case name == "execve":
				programs++
			case strings.HasPrefix(call, "---"), strings.HasPrefix(call, "+++"), strings.HasPrefix(call, "<..."):
			case name == "???": // a thread ended before strace learned what it was about to ask
			case name == "open" || name == "openat" || name == "creat":
				m := opened.FindStringSubmatch(call)
				if m == nil {
					t.Errorf("diagnose %s: cannot read the call %s", strings.Join(args, " "), call)
				} else if strings.ContainsAny(m[2], "W") || strings.Contains(m[2], "RDWR") || strings.Contains(m[2], "CREAT") {
					if !inside(at, m[1]) {
						t.Errorf("diagnose %s: wrote to %s", strings.Join(args, " "), m[1])
					}
				}
			case strings.HasPrefix(name, "unlink"), strings.HasPrefix(name, "rename"), strings.HasPrefix(name, "chmod"), strings.HasPrefix(name, "fchmod"):
				for _, q := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(call, -1) {
					if !inside(at, q[1]) {
						t.Errorf("diagnose %s: %s", strings.Join(args, " "), call)
					}
				}
			default:
				t.Errorf("diagnose %s: %s", strings.Join(args, " "), call)
			}
		}
		if programs != 1 {
			t.Errorf("diagnose %s: %d programs were started, want itself only", strings.Join(args, " "), programs)
		}
	}

	f(sample)
	f("--show-addresses", "--detail", "all", "-o", "html=r.html", "-o", "json=r.json", "-o", "csv=r.csv", sample)
	f("check", "--baseline", "b.json", "--update-baseline", sample)
	f("check", "-o", "junit=j.xml", "-o", "sarif=s.json", sample)
	f("ticket", "--format", "eml", sample)
	f("policy", "--mta", "postfix", sample)
	f("parse", "--messages", sample)
	f("explain", "--trace", "microsoft-consumer", sample)
	f("rules", "lint")
	f("classify", "--help")
}

// inside says that a path, absolute or of the folder, lies in the folder.
func inside(folder, path string) bool {
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	rest, err := filepath.Rel(folder, path)
	return err == nil && rest != ".." && !strings.HasPrefix(rest, "../")
}
