package policy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// program finds a program of an MTA: in PATH, or below DIAGNOSE_MTAS, where packages
// that conflict with each other are unpacked side by side.
func program(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", filepath.Join(os.Getenv("DIAGNOSE_MTAS"), "usr/sbin")} {
		path := filepath.Join(dir, name)
		if fi, err := os.Stat(path); err == nil && fi.Mode()&0o111 != 0 {
			return path
		}
	}
	parsertest.Lacks(t, "no program "+name, "apt-get install its package, or set DIAGNOSE_MTAS to a folder of unpacked ones, as .ci/run does")
	return ""
}

// output runs a program of Postfix or Exim on the configuration in a folder.
func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	// Postfix waits until main.cf is two seconds old.
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(dir, "main.cf"), old, old); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "MAIL_CONFIG="+dir, "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "LC_ALL=C")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// both are two destinations: one with several domains, one with a single one.
func both() []report.Group { return []report.Group{microsoft(), gateway()} }

// postfixWith is the folder of a Postfix that took the policy as printed, and what runs
// commands there.
func postfixWith(t *testing.T, p *Policy) (dir string, shell func([]string) string) {
	t.Helper()
	program(t, "postconf")
	dir = t.TempDir()
	master, err := os.ReadFile("/etc/postfix/master.cf")
	if err != nil {
		master = []byte("smtp unix - - n - - smtp\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n")
	}
	put(t, filepath.Join(dir, "master.cf"), string(master))
	put(t, filepath.Join(dir, "main.cf"), "compatibility_level = 3.6\nmyhostname = mail.example.com\nalias_maps =\ntransport_maps = inline:{example.org=error:}\n")
	here := func(s string) string { return strings.ReplaceAll(s, "/etc/postfix/", dir+"/") }
	for _, f := range p.Files {
		put(t, here(f.Path), f.Text)
	}
	shell = func(commands []string) string {
		out := ""
		for _, c := range commands {
			if !strings.HasPrefix(c, "postfix reload") { // none runs here
				out += output(t, dir, "sh", "-ec", here(c))
			}
		}
		return out
	}
	if out := shell(p.Apply); strings.Contains(out, "warning") || strings.Contains(out, "fatal") {
		t.Errorf("applying says:\n%s", out)
	}
	return dir, shell
}

// Postfix takes the policy as printed, uses every setting, and undoing it leaves
// nothing behind.
func TestPolicyPostfix(t *testing.T) {
	postconf := program(t, "postconf")
	p := Build(both(), "postfix", options(t))
	dir, shell := postfixWith(t, &p)
	all := output(t, dir, postconf, "-n")
	for _, line := range []string{
		"\nmicrosoft_destination_concurrency_limit = 2\n", "\nmicrosoft_destination_recipient_limit = 20\n", "\nexample_mx_net_destination_concurrency_limit = 2\n",
	} {
		if !strings.Contains("\n"+all, line) {
			t.Errorf("postconf -n has no %q:\n%s", line, all)
		}
	}
	if strings.Contains(all, "unused") || strings.Contains(all, "warning") {
		t.Errorf("postconf warns:\n%s", all)
	}
	f := func(want string, args ...string) {
		t.Helper()
		if got := strings.Join(strings.Fields(output(t, dir, postconf, args...)), " "); got != want {
			t.Errorf("postconf %s: %s, want %s", strings.Join(args, " "), got, want)
		}
	}
	f("microsoft unix - - n - 2 smtp -o syslog_name=postfix/microsoft -o smtp_connection_cache_on_demand=no -o smtp_skip_quit_response=no", "-M", "microsoft/unix")
	f("example_mx_net unix - - n - 2 smtp -o syslog_name=postfix/example_mx_net -o smtp_connection_cache_destinations=example.net -o smtp_skip_quit_response=no", "-M", "example_mx_net/unix")

	q := func(domain, table, want string) {
		t.Helper()
		kind := strings.TrimSpace(output(t, dir, postconf, "-h", "default_database_type"))
		if got := strings.TrimSpace(output(t, dir, "postmap", "-q", domain, kind+":"+filepath.Join(dir, table))); got != want {
			t.Errorf("%s: %q, want %q", domain, got, want)
		}
	}
	q("hotmail.com", "transport_microsoft", "microsoft:")
	q("club.example.org", "transport_microsoft", "microsoft:")
	q("example.net", "transport_example_mx_net", "example_mx_net:")

	shell(p.Pause)
	f("microsoft example_mx_net", "-h", "defer_transports")
	shell(p.Resume)
	f("", "-h", "defer_transports")

	shell(p.Undo[1:]) // the first says which lines to take out
	f("inline:{example.org=error:}", "-h", "transport_maps")
}

// eximWith is a whole Exim configuration with the three parts of the policy, which Exim
// takes.
func eximWith(t *testing.T, p *Policy) (exim, dir, file string) {
	t.Helper()
	exim = program(t, "exim4")
	dir = t.TempDir()
	file = filepath.Join(dir, "exim.conf")
	put(t, file, "spool_directory = "+dir+"\nlog_file_path = "+dir+"/%slog\nprimary_hostname = mail.example.com\ndomainlist local_domains =\n"+
		"begin routers\n"+p.Files[0].Text+"dnslookup:\n  driver = dnslookup\n  transport = remote_smtp\n"+
		"begin transports\n"+p.Files[1].Text+"remote_smtp:\n  driver = smtp\n"+
		"begin retry\n"+p.Files[2].Text+"*  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h\n")
	out := output(t, dir, exim, "-C", file, "-bV")
	if !strings.Contains(out, "Configuration file") && !strings.Contains(out, "Exim version") {
		t.Errorf("exim says:\n%s", out)
	}
	return exim, dir, file
}

// Exim's own test of retry rules shows 15m x2 up to 4h for these domains only.
func TestPolicyExim(t *testing.T) {
	p := Build(both(), "exim", options(t))
	exim, dir, file := eximWith(t, &p)
	f := func(domain, want string) {
		t.Helper()
		if got := strings.Join(strings.Fields(output(t, dir, exim, "-C", file, "-brt", domain)), " "); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", domain, got, want)
		}
	}
	f("hotmail.com", "G,3h45m,15m,2.0; F,4d,4h")
	f("example.net", "G,3h45m,15m,2.0; F,4d,4h")
	f("example.com", "F,2h,15m;")
	g := func(option, want string) {
		t.Helper()
		if got := output(t, dir, exim, "-C", file, "-bP", "transport", "microsoft_smtp"); !strings.Contains(got, option+" = "+want+"\n") {
			t.Errorf("no %s = %s in\n%s", option, want, got)
		}
	}
	g("max_parallel", "2")
	g("connection_max_messages", "20")
	g("max_rcpt", "20")
}

func TestPolicyOpenSMTPD(t *testing.T) {
	smtpd := program(t, "smtpd")
	dir := t.TempDir()
	p := Build(both(), "opensmtpd", options(t))
	file := filepath.Join(dir, "smtpd.conf")
	put(t, file, "listen on lo\n"+p.Files[0].Text+"action \"out\" relay\nmatch from local for any action \"out\"\n")
	if out := output(t, dir, smtpd, "-n", "-f", file); !strings.Contains(out, "configuration OK") {
		t.Errorf("smtpd says:\n%s", out)
	}
}

// sendmail's own m4 makes a configuration of the parts, and sendmail reads from it a
// mailer that waits for the queue (flag e) and 2 runners for it.
func TestPolicySendmail(t *testing.T) {
	m4, sendmail := program(t, "m4"), program(t, "../libexec/sendmail/sendmail")
	share := filepath.Join(sendmail, "../../../share/sendmail/cf") + "/"
	dir := t.TempDir()
	p := Build(both(), "sendmail", options(t))
	mc := filepath.Join(dir, "sendmail.mc")
	put(t, mc, "OSTYPE(`linux')\nFEATURE(`access_db')dnl\n"+p.Files[0].Text+"MAILER(`smtp')dnl\n"+p.Files[1].Text)
	made := output(t, dir, m4, "-D_CF_DIR_="+share, share+"m4/cf.m4", mc)
	if !strings.Contains(made, "\nQmicrosoft, P=/var/spool/mqueue/microsoft, F=f, I=15m, R=2, r=20\n") {
		t.Errorf("no queue group in\n%s", made)
	}
	cf := filepath.Join(dir, "sendmail.cf")
	put(t, cf, strings.ReplaceAll(made, "/var/spool/mqueue", dir)) // which it looks into
	for _, plan := range p.Plans {
		if err := os.Mkdir(filepath.Join(dir, plan.Transport), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(dir, "list"), "=M\n")
	// On a host whose name has no dot sendmail sleeps for a minute before it reads on.
	read := sendmail + " -C " + cf + " -bt <list"
	out := output(t, dir, "sh", "-c", "unshare --uts true 2>/dev/null && exec unshare --uts sh -c 'hostname mail.example.com; "+read+"' || exec "+read)
	mailer := ""
	for line := range strings.Lines(out) {
		if strings.Contains(line, "(microsoft): P=[IPC]") {
			mailer = line
		}
	}
	if !strings.Contains(mailer, "F=DFMXaemu") || !strings.Contains(mailer, "r=20") {
		t.Errorf("the mailer is %q in\n%s", mailer, out)
	}
}
