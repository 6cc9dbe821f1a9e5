package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// exim is Debian's exim4-daemon-light, unpacked beside the system: its package and that
// of Postfix exclude each other.
type exim struct {
	*job
	scenario *scenario
	daemon   *exec.Cmd
}

// eximConf is where Exim reads its configuration without giving up its privileges.
const eximConf = "/etc/exim4/exim4.conf"

// fullLog is a log that tells concurrency; Exim's own default writes whole seconds, no
// process and no time of delivery.
const fullLog = "+smtp_connection +deliver_time +queue_time +pid +millisec +outgoing_port +outgoing_interface"

func (x *exim) conf() string {
	set := x.scenario.Exim
	if set.Retry == "" {
		set.Retry = "F,2h,10s"
	}
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	line("exim_path = ", x.program())
	line("spool_directory = ", x.path("exim"))
	line("log_file_path = ", x.path("log", "%slog"))
	line("primary_hostname = ", fullName)
	line("qualify_domain = sender.example")
	line("local_interfaces = 127.0.0.1")
	line("acl_smtp_rcpt = accept")
	line("acl_smtp_data = accept")
	line("tls_advertise_hosts =")
	line("keep_environment =")
	line("smtp_accept_max = 200")
	line("smtp_accept_queue_per_connection = 10")
	line("queue_run_max = 5")
	line("remote_max_parallel = 2")
	line("rfc1413_query_timeout = 0s")
	line("ignore_bounce_errors_after = 1h")
	if !set.DefaultLog {
		line("log_selector = ", fullLog)
	}
	transport := func(name, address string) {
		line(name, ":\n  driver = smtp\n  interface = ", address, "\n  hosts_try_prdr =\n  hosts_try_chunking =")
		if !set.TLS {
			line("  hosts_avoid_tls = *")
		}
		for _, option := range set.Transport {
			line("  ", option)
		}
	}
	line("\nbegin routers\n")
	if n := x.scenario.NewIP; n != nil {
		line("newip:\n  driver = dnslookup\n  senders = *@", n.Senders, "\n  transport = smtpnew\n  no_more\n")
	}
	line("dnslookup:\n  driver = dnslookup\n  transport = remote_smtp\n  ignore_target_hosts = 0.0.0.0 : 127.0.0.0/8\n  no_more\n")
	line("begin transports\n")
	transport("remote_smtp", oldAddress)
	if n := x.scenario.NewIP; n != nil {
		line("")
		transport("smtpnew", n.Address)
	}
	line("\nbegin retry\n")
	line("*  *  ", set.Retry)
	return b.String()
}

func (x *exim) program() string { return x.path("bin", "exim4") }

func (x *exim) configure() error {
	err := errors.Join(addUser(), os.MkdirAll("/etc/exim4", 0o755), os.WriteFile(eximConf, []byte(x.conf()), 0o644),
		copyFile(x.Exim, x.program(), 0o755|os.ModeSetuid), os.Symlink("exim4", x.path("bin", "exim")))
	if err != nil {
		return err
	}
	for _, folder := range []string{x.path("exim"), x.path("log")} {
		if err := errors.Join(os.MkdirAll(folder, 0o750), command("chown", "Debian-exim:Debian-exim", folder)); err != nil {
			return err
		}
	}
	// What a policy says of systemctl means this daemon.
	return os.WriteFile(x.path("bin", "systemctl"), []byte("#!/bin/sh\n[ \"$*\" = \"reload exim4\" ] && exec kill -HUP \"$(cat "+x.path("exim", "daemon.pid")+")\"\necho \"no $*\" >&2\nexit 1\n"), 0o755)
}

// addUser adds the user of Debian's package where it is not installed.
func addUser() error {
	if exec.Command("getent", "passwd", "Debian-exim").Run() == nil {
		return nil
	}
	add := func(file, line string) error {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(line)
		return errors.Join(err, f.Close())
	}
	return errors.Join(add("/etc/passwd", "Debian-exim:x:987:987::/var/spool/exim4:/usr/sbin/nologin\n"), add("/etc/group", "Debian-exim:x:987:\n"))
}

func (x *exim) start() error {
	every := x.scenario.Exim.QueueRun
	if every == 0 {
		every = 5 * time.Second
	}
	x.daemon = exec.Command(x.program(), "-bdf", fmt.Sprintf("-q%ds", int(every.Seconds())), "-oP", x.path("exim", "daemon.pid"))
	x.daemon.Stdout, x.daemon.Stderr = os.Stdout, os.Stderr
	return errors.Join(x.daemon.Start(), takesMail())
}

func (x *exim) change(c *change) error {
	x.scenario.Exim.Transport = append(x.scenario.Exim.Transport, c.Exim.Transport...)
	return errors.Join(os.WriteFile(eximConf, []byte(x.conf()), 0o644), x.daemon.Process.Signal(syscall.SIGHUP))
}

func (x *exim) apply(s *sheet) error {
	for _, f := range s.Files {
		if err := f.insert(); err != nil {
			return err
		}
	}
	return s.commands()
}

func (x *exim) queued() (int, error) { return countFiles("-H", x.path("exim", "input")) }

// stop ends the daemon; deliveries under way have two seconds.
func (x *exim) stop() error {
	err := x.daemon.Process.Signal(syscall.SIGTERM)
	_ = x.daemon.Wait() // it ends by the signal
	time.Sleep(2 * time.Second)
	return err
}

func (x *exim) files() (string, []string) { return x.path("log", "mainlog"), []string{eximConf} }
