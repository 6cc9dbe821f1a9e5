package sim

import "time"

// shapes are scenarios about schedules, loops and what is no cause of its own.
func shapes() []Scenario {
	return []Scenario{
		{
			Name: "every-minute", Cause: "burst", Platform: "microsoft-consumer", length: 2 * time.Hour,
			About: "at the full minute an application hands over 40 messages at once; Microsoft admits 4 sessions",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoftCap(always(4))
				w.ordinary(5000, w.elsewhere(), a)
				for m := range 120 {
					w.batch(flow{from: time.Duration(m) * time.Minute, over: time.Second, messages: 40, sender: newsletter, to: w.consumer(), via: []*transport{a}})
				}
			},
		},
		{
			Name: "suspended", Cause: "burst", Platform: "gate.example", length: 3 * time.Hour,
			About: "a batch of 2,000 meets a gateway that admits 2 sessions and, after an excess, none for 60 s: Postfix takes it for dead and puts nearly all of the batch off without trying",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.gate.rules = []rule{&sessionCap{limit: always(2), stage: atBanner, penalty: time.Minute, reply: tooManyConcurrent}}
				w.ordinary(3000, w.elsewhere(), a)
				w.batch(flow{from: time.Hour, over: 10 * time.Second, messages: 2000, sender: newsletter, to: []share{{w.gateway, 1}}, via: []*transport{a}})
			},
		},
		{
			Name: "feedback-loop", Cause: "queue-pressure", Platform: "microsoft-consumer", length: 3 * time.Hour,
			About: "8 messages a minute, retried every 60 s; Microsoft admits 2 sessions and after an excess none for 30 s: 40 messages at once start it, what is put off comes back on top of what is new, and there is more of it each time",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.mta.queueRunDelay, w.mta.minimalBackoff, w.mta.maximalBackoff = time.Minute, time.Minute, time.Minute
				w.microsoft.rules = []rule{&sessionCap{limit: always(2), stage: atMail, penalty: 30 * time.Second, reply: microsoftLimit}}
				w.ordinary(3000, w.elsewhere(), a)
				w.batch(flow{from: 25 * time.Minute, over: 2 * time.Second, messages: 40, sender: newsletter, to: w.consumer(), via: []*transport{a}})
				w.stream(flow{from: 20 * time.Minute, over: 150 * time.Minute, messages: 1200, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "snowshoe", Cause: "trust", Platform: "microsoft-consumer", length: 6 * day, start: daysBefore(5),
			About: "Microsoft defers half of 600 messages a day; from the third day the sender spreads them over ever more IPs, each with less, and it stays that way",
			play: func(w *world) {
				w.microsoft.rules = []rule{w.distrust(0.5)}
				a := w.transport("postfix/smtp", mainIP)
				w.ordinary(2000, w.elsewhere(), a)
				via := []*transport{a}
				for d := range 6 {
					if d >= 2 {
						n := string(rune('0' + d))
						via = append(via, w.transport("postfix/out"+n+"/smtp", "192.0.2.2"+n))
					}
					for _, t := range via {
						w.stream(flow{from: time.Duration(d) * day, over: day, messages: 600 / len(via), sender: newsletter, to: w.consumer(), via: []*transport{t}})
					}
				}
			},
		},
		{
			Name: "source-change", Cause: "trust", Platform: "microsoft-consumer", length: 3 * day, start: daysBefore(2),
			About: "on the third day the newsletter moves to a sending IP that was never seen before, which Microsoft does not trust",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/out2/smtp", nextIP)
				w.microsoft.rules = []rule{&when{rule: w.distrust(0.8), ip: nextIP}}
				w.ordinary(2000, w.elsewhere(), a)
				w.stream(flow{over: 2 * day, messages: 800, sender: newsletter, to: w.consumer(), via: []*transport{a}})
				w.stream(flow{from: 2 * day, over: day, messages: 400, sender: newsletter, to: w.consumer(), via: []*transport{b}})
			},
		},
		{
			Name: "receiver-capacity", Cause: "burst", Platform: "kmu.example", length: day,
			About: "a small receiver is short of resources at any load, and admits 3 sessions when batches come",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.kmu.rules = []rule{
					&chance{key: "busy", p: 0.1, stage: atMail, reply: insufficient},
					&sessionCap{limit: always(3), stage: atBanner, reply: tooManyConcurrent},
				}
				w.stream(flow{over: day, messages: 3000, sender: office, to: []share{{w.gmail, 1}, {w.small, 0.2}}, via: []*transport{a}})
				for _, h := range []time.Duration{9, 14} {
					w.batch(flow{from: h * time.Hour, over: 10 * time.Second, messages: 300, sender: newsletter, to: []share{{w.small, 1}}, via: []*transport{a}})
				}
			},
		},
		{
			Name: "shared-pool", Cause: "trust", Platform: "microsoft-consumer", length: day,
			About: "a thin, clean stream by a pool that others use as well: every third hour their mail uses the budget up, and 60 % are refused",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				for h := time.Duration(0); h < 24; h += 3 {
					w.microsoft.rules = append(w.microsoft.rules, &when{rule: w.distrust(0.6), from: h * time.Hour, to: (h + 1) * time.Hour})
				}
				w.stream(flow{over: day, messages: 4000, sender: orders, to: append(w.elsewhere(), w.consumer()...), via: []*transport{a}})
			},
		},
		{
			Name: "reputation-moves", Cause: "trust", Platform: "microsoft-consumer", length: day,
			About: "two sending IPs with the same mail; Microsoft distrusts now the one and now the other",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/out2/smtp", nextIP)
				for i, ip := range []string{mainIP, nextIP, mainIP, nextIP, mainIP, nextIP} {
					from := time.Duration(i) * 4 * time.Hour
					w.microsoft.rules = append(w.microsoft.rules, &when{rule: w.distrust(0.8), ip: ip, from: from, to: from + 4*time.Hour})
				}
				w.ordinary(2000, w.elsewhere(), a)
				w.stream(flow{over: day, messages: 1500, sender: newsletter, to: w.consumer(), via: []*transport{a, b}})
			},
		},
	}
}
