package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// postfix is Debian's Postfix with /etc/postfix of its own and its queue in memory.
type postfix struct {
	*job
	scenario *scenario
	syslog   *syslog
}

// main is main.cf. Postfix's own timers are 30 times as fast (300 s are 10 s), so that
// minutes show what takes an hour; concurrency is as it comes.
func (p *postfix) main() string {
	set := map[string]string{
		"compatibility_level":   "3.6",
		"queue_directory":       p.path("spool"),
		"data_directory":        p.path("data"),
		"maillog_file_prefixes": p.path("log"),
		"maillog_file":          p.log(),

		"myhostname": fullName, "mydestination": "", "alias_maps": "", "alias_database": "", "local_recipient_maps": "",
		"inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8", "smtpd_relay_restrictions": "permit_mynetworks, reject",
		"smtpd_client_connection_count_limit": "0", "in_flow_delay": "0", "notify_classes": "",
		"smtp_bind_address": oldAddress, "smtp_tls_security_level": "none",

		"queue_run_delay": "10s", "minimal_backoff_time": "10s", "maximal_backoff_time": "120s",
	}
	if p.Micro {
		delete(set, "maillog_file")
	}
	if p.LongIDs {
		set["enable_long_queue_ids"] = "yes"
	}
	if n := p.scenario.NewIP; n != nil {
		set["sender_dependent_default_transport_maps"] = "texthash:/etc/postfix/by_sender"
	}
	maps.Copy(set, p.scenario.Set.Main)
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&b, "%s = %s\n", key, set[key])
	}
	return b.String()
}

// master is master.cf: Debian's services without those that run other programs, and
// without chroot.
func (p *postfix) master() string {
	text := `127.0.0.1:smtp inet n - n - - smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
proxywrite unix -       -       n       -       1       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
local     unix  -       n       n       -       -       local
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
`
	if n := p.scenario.NewIP; n != nil {
		text += "smtpnew   unix  -       -       n       -       -       smtp\n  -o syslog_name=postfix/smtpnew -o smtp_bind_address=" + n.Address + "\n"
	}
	return text
}

func (p *postfix) log() string { return p.path("log", "postfix.log") }

func (p *postfix) configure() error {
	var err error
	if p.Micro {
		if p.syslog, err = listenSyslog(p.log()); err != nil {
			return err
		}
	}
	write := func(name, text string) {
		err = errors.Join(err, os.WriteFile(filepath.Join("/etc/postfix", name), []byte(text), 0o644))
	}
	write("main.cf", p.main())
	write("master.cf", p.master())
	if n := p.scenario.NewIP; n != nil {
		write("by_sender", "@"+n.Senders+" smtpnew:\n")
	}
	return errors.Join(err, os.MkdirAll(p.path("spool"), 0o755))
}

func (p *postfix) start() error { return errors.Join(command("postfix", "start"), takesMail()) }

func (p *postfix) change(c *change) error {
	var err error
	for _, key := range slices.Sorted(maps.Keys(c.Set.Main)) {
		err = errors.Join(err, command("postconf", "-e", key+" = "+c.Set.Main[key]))
	}
	return errors.Join(err, command("postfix", "reload"))
}

func (p *postfix) apply(s *sheet) error {
	for _, f := range s.Files {
		if err := f.add(); err != nil {
			return err
		}
	}
	return s.commands()
}

func (p *postfix) queued() (int, error) {
	return countFiles("", p.path("spool", "maildrop"), p.path("spool", "incoming"), p.path("spool", "active"), p.path("spool", "deferred"))
}

func (p *postfix) stop() error {
	err := command("postfix", "stop")
	if p.syslog != nil {
		err = errors.Join(err, p.syslog.close())
	}
	return err
}

func (p *postfix) files() (string, []string) {
	return p.log(), []string{"/etc/postfix/main.cf", "/etc/postfix/master.cf"}
}

// countFiles counts the files below folders whose names end in suffix. A file may vanish
// meanwhile.
func countFiles(suffix string, folders ...string) (n int, err error) {
	for _, folder := range folders {
		e := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && strings.HasSuffix(d.Name(), suffix) {
				n++
			}
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
		err = errors.Join(err, e)
	}
	return n, err
}
