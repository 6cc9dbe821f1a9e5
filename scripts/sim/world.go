package sim

import (
	"math"
	"strconv"
	"time"
)

// world is what a scenario sets up: receivers with their rules, the sending
// Postfix, and who hands it mail.
type world struct {
	*engine
	mta       *mta
	scale     float64
	length    time.Duration
	start     time.Time
	platforms []*platform
	hosts     []*host
	smtpds    *pool
	flows     int

	// Receivers that scenarios give rules to.
	microsoft, google, yahoo, gmx, gate, kmu *platform
	hotmail, outlook, live, msn              *domain
	gmail, yahooCom, gmxNet, gateway, small  *domain
}

// Sending addresses (RFC 5737 networks).
const (
	mainIP = "192.0.2.10"
	nextIP = "192.0.2.11"
)

// receivers builds the receiving side, without rules.
func (w *world) receivers() {
	w.smtpds = &pool{pids: w.mta.pids}
	w.microsoft = w.platform("microsoft-consumer")
	olc := func(name string, addrs ...string) *domain {
		var hosts []*host
		for _, a := range addrs {
			hosts = append(hosts, w.host(w.microsoft, name+"-com.olc.protection.outlook.com", a))
		}
		return &domain{name + ".com", [][]*host{hosts}}
	}
	w.hotmail = olc("hotmail", "203.0.113.11", "203.0.113.12")
	w.outlook = olc("outlook", "203.0.113.13", "203.0.113.14")
	w.live, w.msn = olc("live", "203.0.113.15"), olc("msn", "203.0.113.16")

	w.google = w.platform("google")
	w.gmail = &domain{"gmail.com", [][]*host{
		{w.host(w.google, "gmail-smtp-in.l.google.com", "203.0.113.21")},
		{w.host(w.google, "alt1.gmail-smtp-in.l.google.com", "203.0.113.22")},
	}}
	w.yahoo = w.platform("yahoo")
	w.yahooCom = &domain{"yahoo.com", [][]*host{{
		w.host(w.yahoo, "mta5.am0.yahoodns.net", "203.0.113.31"), w.host(w.yahoo, "mta6.am0.yahoodns.net", "203.0.113.32"),
	}}}
	w.gmx = w.platform("1and1-gmx")
	w.gmxNet = &domain{"gmx.net", [][]*host{{w.host(w.gmx, "mx00.emig.gmx.net", "203.0.113.41"), w.host(w.gmx, "mx01.emig.gmx.net", "203.0.113.42")}}}
	w.gate = w.platform("gate.example")
	w.gateway = &domain{"partner.example", [][]*host{{w.host(w.gate, "mx1.gate.example", "203.0.113.51")}}}
	w.kmu = w.platform("kmu.example")
	w.small = &domain{"kmu.example", [][]*host{{w.host(w.kmu, "mail.kmu.example", "203.0.113.61")}}}
	own := w.platform("example.com")
	w.mta.noticeDomain = &domain{"example.com", [][]*host{{w.host(own, "mx.example.com", "203.0.113.90")}}}
}

func (w *world) platform(name string) *platform {
	p := &platform{
		name: name, open: map[string]int{}, seen: newTally(),
		setUp: span{50 * time.Millisecond, 400 * time.Millisecond}, take: span{100 * time.Millisecond, 900 * time.Millisecond},
	}
	w.platforms = append(w.platforms, p)
	return p
}

func (w *world) host(p *platform, name, addr string) *host {
	h := &host{name: name, addr: addr, at: p, rtt: w.between(10*time.Millisecond, 35*time.Millisecond), open: map[string]int{}, seen: newTally()}
	w.hosts = append(w.hosts, h)
	return h
}

// more gives a domain further behind the same hosts as another.
func (*world) more(name string, like *domain) *domain { return &domain{name, like.mx} }

// transport adds an entry of master.cf: its tag in the log and its sending IP.
func (w *world) transport(tag, ip string) *transport {
	t := &transport{tag: tag, ip: ip, byDomain: map[*domain]*queue{}, procs: &pool{pids: w.mta.pids}}
	w.mta.transports = append(w.mta.transports, t)
	return t
}

// reload changes the configuration at a time.
func (w *world) reload(at time.Duration, change func(*mta)) {
	w.at(at, func() { w.mta.reload(change) })
}

// share is a part of a flow.
type share struct {
	to   *domain
	part float64
}

// flow is mail that an application hands to Postfix.
type flow struct {
	from time.Duration
	over time.Duration
	// messages is how many at full scale, each to recipients (0 means 1) of one domain.
	messages   int
	recipients int
	// even spaces them evenly; else they come at random.
	even bool
	// sessions is how many connections the application keeps open for all of them; 0
	// opens one for each message.
	sessions int
	sender   string
	to       []share
	via      []*transport
}

// scaled is a number of messages at the scale of this run, at least 1.
func (w *world) scaled(n int) int { return max(int(math.Round(float64(n)*w.scale)), 1) }

// batch sends a flow in one go. A smaller scale makes it shorter and leaves its
// pace.
func (w *world) batch(f flow) {
	n := w.scaled(f.messages)
	f.over = time.Duration(float64(f.over) * float64(n) / float64(f.messages))
	f.messages, f.even = n, true
	if f.sessions == 0 {
		f.sessions = 20
	}
	w.send(f)
}

// stream sends a flow spread over its time. A smaller scale thins it out.
func (w *world) stream(f flow) {
	f.messages = w.scaled(f.messages)
	w.send(f)
}

func (w *world) send(f flow) {
	w.flows++
	in := &injector{world: w, flow: f, number: w.flows, left: f.messages, until: f.from + f.over}
	w.at(f.from, func() {
		for range f.sessions {
			p := w.smtpds.hire(w.now)
			in.smtpds = append(in.smtpds, p)
			in.connect(p)
		}
		in.next()
	})
}

// injector hands the messages of a flow to smtpd.
type injector struct {
	*world
	flow
	number int
	left   int
	sent   int
	until  time.Duration
	smtpds []*process
	mails  []int // by session
}

// next waits for the time of the next message: evenly, or as the next of so many
// that are spread at random over what is left of the time.
func (in *injector) next() {
	if in.left == 0 {
		for i, p := range in.smtpds {
			in.disconnect(p, in.mails[i])
			in.world.smtpds.release(p, in.now)
		}
		return
	}
	rest := in.until - in.now
	wait := rest / time.Duration(in.left)
	if !in.even {
		wait = time.Duration(float64(rest) * (1 - math.Pow(1-in.rng.Float64(), 1/float64(in.left))))
	}
	in.after(wait, func() {
		in.left--
		in.message()
		in.next()
	})
}

// message hands one message over.
func (in *injector) message() {
	to := in.pick()
	msg := &message{from: in.sender, size: 4000 + in.rng.IntN(12000), domain: to, via: in.via[in.rng.IntN(len(in.via))]}
	for i := range max(in.recipients, 1) {
		msg.to = append(msg.to, "test-"+strconv.Itoa(in.number)+"-"+strconv.Itoa(in.sent)+suffix(i)+"@"+to.name)
	}
	in.mta.newMessage(msg)
	msg.header = in.mta.date().Format("20060102150405.") + strconv.Itoa(in.number) + "." + strconv.Itoa(in.sent) + "@app.example.com"
	var p *process
	if in.sessions > 0 {
		i := in.sent % in.sessions
		if in.mails == nil {
			in.mails = make([]int, in.sessions)
		}
		p = in.smtpds[i]
		in.mails[i]++
	} else {
		p = in.world.smtpds.hire(in.now)
		in.connect(p)
	}
	in.mta.log.begin("postfix/smtpd", p.pid).text(msg.id, ": client=localhost[127.0.0.1]").end()
	in.mta.accept(msg)
	in.sent++
	if in.sessions == 0 {
		in.after(in.between(30*time.Millisecond, 60*time.Millisecond), func() {
			in.disconnect(p, 1)
			in.world.smtpds.release(p, in.now)
		})
	}
}

func suffix(i int) string {
	if i == 0 {
		return ""
	}
	return "-" + strconv.Itoa(i)
}

// pick draws a domain by the parts of the flow.
func (in *injector) pick() *domain {
	var sum float64
	for _, s := range in.to {
		sum += s.part
	}
	x := in.rng.Float64() * sum
	for _, s := range in.to {
		if x -= s.part; x < 0 {
			return s.to
		}
	}
	return in.to[len(in.to)-1].to
}

func (in *injector) connect(p *process) {
	in.mta.log.begin("postfix/smtpd", p.pid).text("connect from localhost[127.0.0.1]").end()
}

func (in *injector) disconnect(p *process, n int) {
	mails, rcpts := strconv.Itoa(n), n*max(in.recipients, 1)
	in.mta.log.begin("postfix/smtpd", p.pid).text("disconnect from localhost[127.0.0.1] ehlo=1 mail=", mails, " rcpt=").number(rcpts).
		text(" data=", mails, " quit=1 commands=").number(2*n + rcpts + 2).end()
}
