package sim

import "time"

// bursts are scenarios about the shape of the own traffic.
func bursts() []Scenario {
	return []Scenario{
		{
			Name: "burst", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "80 messages a minute to many receivers; at 09:02 a batch of 4,870 to Microsoft within a minute, which admits 6 sessions from each of the two sending IPs",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/out2/smtp", nextIP)
				w.microsoftCap(always(6))
				w.ordinary(80*24*60, w.everybody(), a, b)
				w.batch(flow{from: 9*time.Hour + 2*time.Minute, over: time.Minute, messages: 4870, sender: newsletter, to: w.consumer(), via: []*transport{a, b}})
			},
		},
		{
			Name: "burst-800", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "800 messages a day to Microsoft, all of them within 5 seconds",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoftCap(always(6))
				w.ordinary(2000, w.elsewhere(), a)
				w.batch(flow{from: 10 * time.Hour, over: 5 * time.Second, messages: 800, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "burst-10k", Cause: "burst", Platform: "microsoft-consumer", length: 12 * time.Hour,
			About: "10,000 messages to Microsoft in 10 seconds",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoftCap(always(10))
				w.ordinary(5000, w.elsewhere(), a)
				w.batch(flow{from: time.Hour, over: 10 * time.Second, messages: 10_000, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "spread-same-volume", Cause: "none", Platform: "microsoft-consumer", length: day,
			About: "the 4,870 messages of the burst and the same receivers, evenly over the day: all accepted",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/out2/smtp", nextIP)
				w.microsoftCap(always(6))
				w.ordinary(80*24*60, w.everybody(), a, b)
				w.stream(flow{over: day, messages: 4870, even: true, sender: newsletter, to: w.consumer(), via: []*transport{a, b}})
			},
		},
		{
			Name: "million", Cause: "none", length: day,
			About: "a million messages a day, evenly staged over two sending IPs: all accepted",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/out2/smtp", nextIP)
				w.microsoftCap(always(60))
				to := append(w.consumer(), share{w.gmail, 80}, share{w.yahooCom, 40}, share{w.gmxNet, 20})
				w.stream(flow{over: day, messages: 1_000_000, even: true, sessions: 4, sender: newsletter, to: to, via: []*transport{a, b}})
			},
		},
		{
			Name: "periodic", Cause: "burst", Platform: "microsoft-consumer", length: 5 * day, start: daysBefore(4),
			About: "each day at 09:00 a batch of 1,500 to Microsoft, which admits 6 sessions",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoftCap(always(6))
				w.ordinary(5000, w.everybody(), a)
				for d := range 5 {
					w.batch(flow{from: time.Duration(d)*day + 9*time.Hour, over: 20 * time.Second, messages: 1500, sender: newsletter, to: w.consumer(), via: []*transport{a}})
				}
			},
		},
		{
			Name: "recovered", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "a batch meets a cap of 4 sessions; at 12:00 the own limit is set to 2 and the batches after it go clean",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoftCap(always(4))
				w.ordinary(5000, w.elsewhere(), a)
				w.reload(12*time.Hour, sessions(2))
				for _, h := range []time.Duration{8, 14, 18, 21} {
					w.batch(flow{from: h * time.Hour, over: 30 * time.Second, messages: 2000, sender: newsletter, to: []share{{w.hotmail, 1}}, via: []*transport{a}})
				}
			},
		},
		{
			Name: "step-2-4", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "Microsoft admits 3 sessions; hourly batches run with the own limit at 20, from 09:00 at 2 (clean), from 15:00 at 4: the error returns",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoftCap(always(3))
				w.ordinary(5000, w.elsewhere(), a)
				w.reload(9*time.Hour, sessions(2))
				w.reload(15*time.Hour, sessions(4))
				for h := 6; h < 22; h++ {
					w.batch(flow{from: time.Duration(h)*time.Hour + 10*time.Minute, over: 20 * time.Second, messages: 600, sender: newsletter, to: []share{{w.hotmail, 1}}, via: []*transport{a}})
				}
			},
		},
		{
			Name: "cap-lowered", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "the same batch every hour; Microsoft admits 60 sessions (clean), from 12:00 only 3",
			play:  func(w *world) { w.hourly(limit{{0, 60}, {12 * time.Hour, 3}}) },
		},
		{
			Name: "cap-lifted", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "the same batch every hour; Microsoft admits 3 sessions, from 12:00 on 60 (clean)",
			play:  func(w *world) { w.hourly(limit{{0, 3}, {12 * time.Hour, 60}}) },
		},
	}
}

// hourly sends 300 messages each hour to a receiver whose limit changes.
func (w *world) hourly(l limit) {
	a := w.transport("postfix/smtp", mainIP)
	w.microsoftCap(l)
	w.ordinary(5000, w.elsewhere(), a)
	for h := 6; h < 20; h++ {
		w.batch(flow{from: time.Duration(h)*time.Hour + 20*time.Minute, over: 10 * time.Second, messages: 300, sender: newsletter, to: []share{{w.hotmail, 1}}, via: []*transport{a}})
	}
}
