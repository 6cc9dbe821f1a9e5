package postfix

// agent is the kind of program that wrote a line.
type agent uint8

const (
	// bystander is another program, or a part of Postfix that has no part in the
	// way of a message.
	bystander agent = iota
	// unknownAgent is a line without a tag, or a process of Postfix that is not
	// listed here.
	unknownAgent
	// smtpAgent talks SMTP to other hosts.
	smtpAgent
	// localAgent delivers on this host, or by LMTP next to it.
	localAgent
	// suspender reports on behalf of the queue manager and makes no connection:
	// error(8) and retry(8); before Postfix 2.4 the queue manager itself.
	suspender
	// server receives mail: what it turns away is our own limit.
	server
	// keeper is any other program that writes about a queue entry.
	keeper
)

// agentOf tells the agent from the tag. The process is argv[0] of the program,
// also where a transport of another name runs it: a transport only changes the
// instance (syslog_name).
func agentOf(instance, process []byte) agent {
	switch string(process) {
	case "smtp":
		return smtpAgent
	case "lmtp", "local", "virtual", "pipe", "discard":
		return localAgent
	case "error", "retry", "qmgr", "nqmgr", "oqmgr":
		return suspender
	case "smtpd", "postscreen", "qmqpd":
		return server
	case "cleanup", "pickup", "bounce", "defer", "trace", "postsuper":
		return keeper
	case "anvil", "master", "scache", "tlsmgr", "tlsproxy", "dnsblog", "proxymap", "proxywrite",
		"trivial-rewrite", "verify", "flush", "showq", "postlogd", "postfix-script":
		return bystander
	}
	if has(instance, "postfix") {
		return unknownAgent
	}
	return bystander
}

// onHost says that a delivery by this agent never leaves the host.
func (a agent) onHost() bool { return a == localAgent || a == keeper || a == server }
