package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/seed-07ce53fa/diagnose/scripts/lab/sink"
)

const (
	mtaPostfix = "postfix"
	mtaExim    = "exim"
)

// job is one run. It goes to the namespaces as a JSON file.
type job struct {
	Scenario, MTA, Out string
	// Micro and LongIDs are for Postfix, Plain (its own log_selector) for Exim. TLS is offered
	// by all receivers and used.
	Micro, LongIDs, Plain, TLS bool
	// Policy is applied At this time, before the first message if it is 0. The run ends
	// after For at the latest.
	Policy  string
	At, For time.Duration
	// Folder is made for the run and removed after it; FS is the place in it that only
	// the namespaces see, Exim the program that setup.sh unpacked.
	Folder, FS, Exim string
}

// errMissing is why the lab cannot run on this machine at all.
var errMissing = errors.New("this machine lacks what the lab needs")

// ready says what is missing, wrapped in errMissing.
func (j *job) ready() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: it makes namespaces and listens at port 25: run it as root", errMissing)
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return fmt.Errorf("%w: no program ip: install iproute2", errMissing)
	}
	const how = ": run scripts/lab/setup.sh"
	switch j.MTA {
	case mtaPostfix:
		if _, err := os.Stat("/usr/lib/postfix/sbin/master"); err != nil {
			return fmt.Errorf("%w: no Postfix%s", errMissing, how)
		}
	case mtaExim:
		root := os.Getenv("DIAGNOSE_MTAS")
		if cache, err := os.UserCacheDir(); err == nil && root == "" {
			root = filepath.Join(cache, "diagnose-lab", "exim")
		}
		j.Exim = filepath.Join(root, "usr", "sbin", "exim4")
		if _, err := os.Stat(j.Exim); err != nil {
			return fmt.Errorf("%w: no Exim at %s%s", errMissing, j.Exim, how)
		}
	default:
		return fmt.Errorf("there is no MTA %q here: it is %s or %s", j.MTA, mtaPostfix, mtaExim)
	}
	return nil
}

// The lab starts itself twice: as the first process of new namespaces, which sets them up
// and collects processes whose parents are gone, and below that as the one that works.
// When the first process ends, the kernel ends all others and takes the namespaces away.
const (
	verbInit   = "namespace-init"
	verbInside = "namespace-inside"
)

// grace is what starting and stopping may take beside the scenario's own time.
const grace = time.Minute

// run runs the scenario in namespaces and returns what the receivers counted.
func (j *job) run(ctx context.Context) (truth *sink.Truth, err error) {
	s, err := loadScenario(j.Scenario)
	if err != nil {
		return nil, err
	}
	if err := j.ready(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(j.Out, 0o755); err != nil {
		return nil, err
	}
	recipe, err := j.recipe()
	if err != nil {
		return nil, err
	}
	if err := j.forget(); err != nil {
		return nil, err
	}
	if j.For == 0 {
		j.For = s.For
	}
	if j.Folder, err = os.MkdirTemp("", "diagnose-lab-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(j.Folder)) }()
	j.FS = filepath.Join(j.Folder, "fs")
	if err := errors.Join(os.Chmod(j.Folder, 0o755), os.Mkdir(j.FS, 0o755)); err != nil { // MTAs drop their privileges
		return nil, err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(j.Folder, "job.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, j.For+grace)
	defer cancel()
	if err := j.enter(ctx, file); err != nil {
		return nil, err
	}
	if truth, err = readTruth(j.Out); err != nil {
		return nil, err
	}
	return truth, os.WriteFile(filepath.Join(j.Out, recipeFile), recipe, 0o644)
}

// enter starts the first process of the namespaces and waits for its end.
func (j *job) enter(ctx context.Context, file string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	said, err := os.Create(filepath.Join(j.Out, "lab.txt"))
	if err != nil {
		return err
	}
	defer func() { _ = said.Close() }()
	cmd := exec.CommandContext(ctx, self, verbInit, file)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	// The signal comes when the thread ends that started the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: cannot make namespaces (a container must be privileged): %w", errMissing, err)
	}
	if err := cmd.Wait(); err != nil {
		text, _ := os.ReadFile(said.Name())
		return fmt.Errorf("%w (%s has all)\n%s", errors.Join(err, ctx.Err()), said.Name(), tail(string(text), 15))
	}
	return nil
}

func readTruth(folder string) (*sink.Truth, error) {
	text, err := os.ReadFile(filepath.Join(folder, truthFile))
	if err != nil {
		return nil, err
	}
	t := new(sink.Truth)
	if err := json.Unmarshal(text, t); err != nil {
		return nil, fmt.Errorf("cannot read %s in %s: %w", truthFile, folder, err)
	}
	return t, nil
}
