package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// The machine that the MTA believes to be on. All of 203.0.113.0/24 is local, so that
// each receiver has an address of its own there; the route's source makes every
// connection come from oldAddress unless the MTA binds another one.
const (
	hostName   = "mail01"
	fullName   = hostName + ".sender.example"
	oldAddress = "198.51.100.25"
	newAddress = "198.51.100.31"
	receivers  = "203.0.113.0/24"
	nameServer = "127.0.0.53"
)

// initNamespace is the first process: it sets the namespaces up, starts the one that
// works, and waits for all that end until that one does.
func initNamespace(file string) error {
	j, err := readJob(file)
	if err != nil {
		return err
	}
	if err := errors.Join(j.mounts(), network()); err != nil {
		return fmt.Errorf("cannot set the namespaces up: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	pid, err := syscall.ForkExec(self, []string{self, verbInside, file}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}, Env: os.Environ()})
	if err != nil {
		return fmt.Errorf("cannot start %s: %w", self, err)
	}
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return fmt.Errorf("cannot wait: %w", err)
		case ended == pid && status.ExitStatus() != 0:
			return fmt.Errorf("the run ended with %v", status.ExitStatus())
		case ended == pid:
			return nil
		}
	}
}

func readJob(file string) (*job, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	j := new(job)
	return j, json.Unmarshal(text, j)
}

// mounts hides what the run writes from everybody else: a memory disk at j.FS, an own
// layer above /etc, an own /dev for the socket of the syslog daemon.
func (j *job) mounts() error {
	mount := func(source, target, kind string, flags uintptr, data string) error {
		if err := syscall.Mount(source, target, kind, flags, data); err != nil {
			return fmt.Errorf("cannot mount %s: %w", target, err)
		}
		return nil
	}
	if err := errors.Join(
		mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		mount("proc", "/proc", "proc", 0, ""),
		mount("lab", j.FS, "tmpfs", 0, "mode=0755"),
	); err != nil {
		return err
	}
	upper, work, dev := filepath.Join(j.FS, "etc"), filepath.Join(j.FS, "etc-work"), filepath.Join(j.FS, "dev")
	for _, folder := range []string{upper, work, dev, filepath.Join(dev, "shm"), j.path("log"), j.path("bin")} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			return err
		}
	}
	if err := mount("lab-etc", "/etc", "overlay", 0, "lowerdir=/etc,upperdir="+upper+",workdir="+work); err != nil {
		return err
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if _, err := os.Stat("/dev/" + name); errors.Is(err, os.ErrNotExist) {
			continue
		}
		to := filepath.Join(dev, name)
		if err := os.WriteFile(to, nil, 0o666); err != nil {
			return err
		}
		if err := mount("/dev/"+name, to, "", syscall.MS_BIND, ""); err != nil {
			return err
		}
	}
	if err := os.Symlink("/proc/self/fd", filepath.Join(dev, "fd")); err != nil {
		return err
	}
	return mount(dev, "/dev", "", syscall.MS_BIND|syscall.MS_REC, "")
}

// path is a place below j.FS.
func (j *job) path(parts ...string) string {
	return filepath.Join(append([]string{j.FS}, parts...)...)
}

// network brings up the loopback device, the only one there is.
func network() error {
	err := syscall.Sethostname([]byte(hostName))
	for _, command := range []string{
		"link set lo up",
		"addr add " + oldAddress + "/32 dev lo",
		"addr add " + newAddress + "/32 dev lo",
		"route add local " + receivers + " dev lo src " + oldAddress,
	} {
		if out, e := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); e != nil {
			err = errors.Join(err, fmt.Errorf("ip %s: %w: %s", command, e, out))
		}
	}
	for name, text := range map[string]string{
		"resolv.conf":   "nameserver " + nameServer + "\n",
		"nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n",
		"hosts":         "127.0.0.1 localhost\n" + oldAddress + " " + fullName + " " + hostName + "\n",
		"mailname":      fullName + "\n",
	} {
		place := filepath.Join("/etc", name)
		if e := os.Remove(place); e != nil && !errors.Is(e, os.ErrNotExist) { // it may be a link
			err = errors.Join(err, e)
		}
		err = errors.Join(err, os.WriteFile(place, []byte(text), 0o644))
	}
	return err
}
