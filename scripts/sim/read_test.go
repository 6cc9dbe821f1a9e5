package sim

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// record is one line, read here without the parsers of the product.
type record struct {
	time    time.Time
	program string
	pid     string
	id      string
	body    string
}

var (
	shape   = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00|[A-Z][a-z]{2} [ 123]\d \d\d:\d\d:\d\d) mail01 postfix/[a-z0-9/-]+\[\d+\]: .*\n$`)
	queueID = regexp.MustCompile(`^([0-9A-F]{11,}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{15,})$`)
	// bodies are all shapes that a line after the queue id, or without one, may have.
	bodies = regexp.MustCompile(`^(` + strings.Join([]string{
		`starting the Postfix mail system`, `refreshing the Postfix mail system`, `(daemon started|reload) -- version 3\.7\.11, configuration /etc/postfix`,
		`connect from \S+\[[0-9.]+\]`, `disconnect from \S+\[[0-9.]+\]( [a-z]+=\d+)* commands=\d+(/\d+)?`, `client=localhost\[127\.0\.0\.1\]`,
		`message-id=<\S+@\S+>`, `from=<\S*>, size=\d+, nrcpt=\d+ \(queue active\)`, `from=<\S+>, status=expired, returned to sender`, `removed`,
		`sender non-delivery notification: \w+`,
		`host \S+\[[0-9.]+\] (refused to talk to me: [45]\d\d .*|said: [45]\d\d .* \(in reply to (MAIL FROM|RCPT TO) command\))`,
		`lost connection with \S+\[[0-9.]+\] while sending RCPT TO`,
		`to=<\S+>, relay=(none|\S+\[[0-9.]+\]:25)(, conn_use=\d+)?, delay=N, delays=N/N/N/N, dsn=[245]\.\d+\.\d+, status=(sent \(250 .*\)|(deferred|bounced) \(.*\))`,
		`warning: Connection concurrency limit exceeded: \d+ from .* for service smtp`, `NOQUEUE: reject: CONNECT from \[[0-9.]+\]:\d+: too many connections`,
		`statistics: max connection count \d+ for .*`,
	}, "|") + `)$`)
	number = regexp.MustCompile(`([=/])(\d{2,}|\d(\.\d)?|0\.\d\d?)(/|,)`)
)

func parse(t *testing.T, line string) record {
	t.Helper()
	stamp, rest, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " mail01 ")
	head, body, ok2 := strings.Cut(rest, "]: ")
	program, pid, ok3 := strings.Cut(head, "[")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("not a log line: %q", line)
	}
	layout := time.RFC3339Nano
	if !strings.Contains(stamp, "+") {
		layout = time.Stamp
	}
	when, err := time.Parse(layout, stamp)
	if err != nil {
		t.Fatal(err)
	}
	r := record{time: when, program: program, pid: pid, body: body}
	if id, after, ok := strings.Cut(body, ": "); ok && len(id) >= 11 && strings.ContainsAny(id[:1], "0123456789ABCDEF") && !strings.ContainsAny(id, " =") {
		r.id, r.body = id, after
	}
	return r
}

// known fails for a line of which no real Postfix writes the like.
func known(t *testing.T, line string, r record) {
	t.Helper()
	if !shape.MatchString(line) || r.id != "" && !queueID.MatchString(r.id) {
		t.Fatalf("not a log line: %q", line)
	}
	plain := r.body
	if strings.HasPrefix(plain, "to=<") {
		head, tail, _ := strings.Cut(plain, ", dsn=")
		// Twice, because matches share their slashes.
		head = number.ReplaceAllString(number.ReplaceAllString(head+",", "${1}N${4}"), "${1}N${4}")
		plain = strings.TrimSuffix(strings.Replace(head, "conn_use=N", "conn_use=1", 1), ",") + ", dsn=" + tail
	}
	if !bodies.MatchString(plain) {
		t.Fatalf("no shape that Postfix writes: %q (%q)", line, plain)
	}
}

// book is what a log says, counted line by line.
type book struct {
	attempts Attempts
	expired  int
	accepted map[string]int // by MX address
	replies  map[string]int // refusals by MX address
	opened   map[string]int // new connections that a line shows
	started  map[string]int // by sender: messages
}

var peer = regexp.MustCompile(`(?:relay=|host )\S+\[([0-9.]+)\]`)

func read(t *testing.T, log string) book {
	t.Helper()
	b := book{accepted: map[string]int{}, replies: map[string]int{}, opened: map[string]int{}, started: map[string]int{}}
	said, left, from := map[string]bool{}, map[string]int{}, map[string]string{}
	for line := range strings.Lines(log) {
		r := parse(t, line)
		key := strings.Join([]string{r.pid, r.id, r.time.String()}, " ")
		switch {
		case strings.HasSuffix(r.body, "(queue active)"):
			if from[r.id] == "" {
				from[r.id] = strings.SplitN(r.body, ",", 2)[0]
				b.started[from[r.id]]++
			}
			_, count, _ := strings.Cut(r.body, "nrcpt=")
			n, err := strconv.Atoi(strings.TrimSuffix(count, " (queue active)"))
			if err != nil {
				t.Fatal(err)
			}
			left[r.id] = n
		case r.body == "removed":
			delete(from, r.id)
		case strings.Contains(r.body, "status=expired"):
			b.expired += left[r.id]
		case strings.Contains(r.body, "relay=none"):
			b.attempts.Suspended++
		case strings.HasPrefix(r.body, "host "):
			b.attempts.Interim++
			b.replies[peer.FindStringSubmatch(r.body)[1]]++
		case strings.HasPrefix(r.body, "to=<"):
			addr := peer.FindStringSubmatch(r.body)[1]
			status, reason, _ := strings.Cut(r.body[strings.Index(r.body, "status=")+len("status="):], " ")
			if !strings.Contains(r.body, "conn_use=") && !said[key] {
				b.opened[addr]++
			}
			switch status {
			case "sent":
				b.attempts.Sent++
				left[r.id]--
				b.accepted[addr]++
			case "bounced":
				b.attempts.Bounced++
				left[r.id]--
			case "deferred":
				b.attempts.Deferred++
			}
			// One reply to MAIL FROM is a line for each recipient.
			if status != "sent" && !said[key+reason] {
				b.replies[addr]++
				said[key+reason] = true
			}
			said[key] = true
		}
	}
	return b
}
