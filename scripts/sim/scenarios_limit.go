package sim

import (
	"strconv"
	"time"
)

// limits are scenarios about other limits than Microsoft's, and about retries.
func limits() []Scenario {
	return []Scenario{
		{
			Name: "retry-hammer", Cause: "queue-pressure", Platform: "microsoft-consumer", length: 40 * time.Minute,
			About: "Postfix retries every 5 s; Microsoft admits 2 sessions and after an excess none for 20 s",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.mta.queueRunDelay, w.mta.minimalBackoff, w.mta.maximalBackoff = 5*time.Second, 5*time.Second, 5*time.Second
				w.microsoft.rules = []rule{&sessionCap{limit: always(2), stage: atMail, penalty: 20 * time.Second, reply: microsoftLimit}}
				w.ordinary(3000, w.elsewhere(), a)
				w.stream(flow{from: 2 * time.Minute, over: 10 * time.Minute, messages: 200, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "gateway-cap", Cause: "burst", Platform: "gate.example", length: day,
			About: "a security gateway admits 2 sessions and says so at the banner; batches of 400 at 09:00 and 14:00",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.gate.take = span{500 * time.Millisecond, 2500 * time.Millisecond}
				w.gate.rules = []rule{&sessionCap{limit: always(2), stage: atBanner, reply: tooManyConcurrent}}
				w.ordinary(3000, w.everybody(), a)
				for _, h := range []time.Duration{9, 14} {
					w.batch(flow{from: h * time.Hour, over: 10 * time.Second, messages: 400, sender: newsletter, to: []share{{w.gateway, 1}}, via: []*transport{a}})
				}
			},
		},
		{
			Name: "connection-rate", Cause: "burst", Platform: "gate.example", length: day,
			About: "a newsletter to 150 customers of one gateway, which takes 20 new connections a minute; no two messages share a destination, so none shares a session",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.gate.rules = []rule{&perMinute{stage: atBanner, n: 20, reply: tooManyConnections}}
				w.ordinary(3000, w.everybody(), a)
				var to []share
				for i := range 150 {
					to = append(to, share{w.more("customer"+strconv.Itoa(i)+".example", w.gateway), 1})
				}
				w.batch(flow{from: 9 * time.Hour, over: 4 * time.Minute, messages: 1200, sender: newsletter, to: to, via: []*transport{a}})
			},
		},
		{
			Name: "message-rate", Cause: "burst", Platform: "google", length: day,
			About: "a batch of 1,500 within a minute to a receiver that takes 60 messages a minute",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.google.rules = []rule{&perMinute{stage: atMail, n: 60, reply: googleRate}}
				w.ordinary(3000, w.everybody(), a)
				w.batch(flow{from: 10 * time.Hour, over: time.Minute, messages: 1500, sender: newsletter, to: []share{{w.gmail, 1}}, via: []*transport{a}})
			},
		},
		{
			Name: "busy", Cause: "none", length: day,
			About: "a receiver is short of resources: 10 % are deferred at any load, without reference to the sender",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.yahoo.rules = []rule{&chance{key: "busy", p: 0.1, stage: atMail, reply: insufficient}}
				w.ordinary(6000, w.everybody(), a)
			},
		},
		{
			Name: "own-limit", Cause: "none", length: day,
			About: "only our own server refuses: clients with too many connections, at smtpd and at postscreen; what goes out is clean",
			play: func(w *world) {
				w.ordinary(5000, w.everybody(), w.transport("postfix/smtp", mainIP))
				for at := 30 * time.Minute; at < w.length; at += w.between(20*time.Minute, 2*time.Hour) {
					w.at(at, w.turnAway)
				}
			},
		},
	}
}

// turnAway is our own smtpd, anvil and postscreen in trouble with a client.
func (w *world) turnAway() {
	l := w.mta.log
	const client = "unknown[203.0.113.200]"
	for i := range 1 + w.rng.IntN(6) {
		w.after(time.Duration(i)*w.between(100*time.Millisecond, 900*time.Millisecond), func() {
			pid := w.smtpds.take(w.now, w.now+time.Second)
			l.begin("postfix/smtpd", pid).text("connect from ", client).end()
			l.begin("postfix/smtpd", pid).text("warning: Connection concurrency limit exceeded: ").number(51+i).text(" from ", client, " for service smtp").end()
			l.begin("postfix/smtpd", pid).text("disconnect from ", client, " commands=0/0").end()
			l.begin("postfix/postscreen", w.mta.qmgr+9).text("NOQUEUE: reject: CONNECT from [203.0.113.201]:").number(20000 + w.rng.IntN(40000)).text(": too many connections").end()
		})
	}
	w.after(200*time.Second, func() {
		l.begin("postfix/anvil", w.mta.qmgr+11).text("statistics: max connection count 56 for (smtp:203.0.113.200) at ", w.mta.date().Add(-190*time.Second).Format(time.Stamp)).end()
	})
}
