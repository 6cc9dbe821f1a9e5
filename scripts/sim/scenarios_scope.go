package sim

import "time"

// scopes are scenarios about whom a limit counts, and about limits that come and go.
func scopes() []Scenario {
	return []Scenario{
		{
			Name: "host-cap", Cause: "burst", Platform: "gate.example", length: day,
			About: "a gateway has two hosts of equal preference; one admits 3 sessions, the other any number; batches of 600 at 09:00 and 14:00",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				capped, free := w.host(w.gate, "mx2.gate.example", "203.0.113.52"), w.host(w.gate, "mx3.gate.example", "203.0.113.53")
				to := &domain{"partner2.example", [][]*host{{capped, free}}}
				w.gate.rules = []rule{&when{rule: &sessionCap{limit: always(3), stage: atBanner, reply: tooManyConcurrent}, host: capped}}
				w.mta.mxSessionLimit = 1
				w.ordinary(3000, w.everybody(), a)
				for _, h := range []time.Duration{9, 14} {
					w.batch(flow{from: h * time.Hour, over: 10 * time.Second, messages: 600, sender: newsletter, to: []share{{to, 1}}, via: []*transport{a}})
				}
			},
		},
		{
			Name: "range-cap", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "two sending IPs of one /24 send batches at the same time; Microsoft admits 6 sessions of both together",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/out2/smtp", nextIP)
				w.microsoft.rules = []rule{&sessionCap{limit: always(6), scope: perRange, stage: atMail, reply: microsoftLimit}}
				w.ordinary(5000, w.everybody(), a, b)
				for h := 8; h < 20; h += 3 {
					w.batch(flow{from: time.Duration(h) * time.Hour, over: 20 * time.Second, messages: 800, sender: newsletter, to: []share{{w.hotmail, 1}}, via: []*transport{a, b}})
				}
			},
		},
		{
			Name: "ip-caps", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "the same batches by two sending IPs; Microsoft admits 2 sessions of the one and 10 of the other",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/out2/smtp", nextIP)
				w.microsoft.rules = []rule{
					&when{rule: &sessionCap{limit: always(2), stage: atMail, reply: microsoftLimit}, ip: mainIP},
					&when{rule: &sessionCap{limit: always(10), stage: atMail, reply: microsoftLimit}, ip: nextIP},
				}
				w.ordinary(5000, w.elsewhere(), a, b)
				for h := 8; h < 20; h += 3 {
					w.batch(flow{from: time.Duration(h) * time.Hour, over: 20 * time.Second, messages: 1200, sender: newsletter, to: []share{{w.hotmail, 1}}, via: []*transport{a, b}})
				}
			},
		},
		{
			Name: "penalty", Cause: "burst", Platform: "gate.example", length: 12 * time.Hour,
			About: "a gateway admits 2 sessions, and after each excess none for 8 s; batches of 400 in 10 s every three hours, retried with Postfix's defaults",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.gate.rules = []rule{&sessionCap{limit: always(2), stage: atBanner, penalty: 8 * time.Second, reply: tooManyConcurrent}}
				w.ordinary(3000, w.everybody(), a)
				for h := 1; h < 12; h += 3 {
					w.batch(flow{from: time.Duration(h) * time.Hour, over: 10 * time.Second, messages: 400, sender: newsletter, to: []share{{w.gateway, 1}}, via: []*transport{a}})
				}
			},
		},
		{
			Name: "penalty-mail", Cause: "burst", Platform: "microsoft-consumer", length: 12 * time.Hour,
			About: "the same at Microsoft, after MAIL FROM, where Postfix does not slow down",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoft.rules = []rule{&sessionCap{limit: always(2), stage: atMail, penalty: 8 * time.Second, reply: microsoftLimit}}
				w.ordinary(3000, w.elsewhere(), a)
				for h := 1; h < 12; h += 3 {
					w.batch(flow{from: time.Duration(h) * time.Hour, over: 10 * time.Second, messages: 400, sender: newsletter, to: []share{{w.hotmail, 1}}, via: []*transport{a}})
				}
			},
		},
		{
			Name: "quota", Cause: "unclear", Platform: "microsoft-consumer", length: 5 * day, start: daysBefore(4),
			About: "one sending IP, there from the first line; Microsoft takes 300 messages a day from it, the sender has 400, spread from 08:00 to 18:00",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoft.rules = []rule{&quota{days: []int{w.scaled(300)}, reply: microsoftLimit}}
				w.ordinary(2000, w.elsewhere(), a)
				for d := time.Duration(0); d < 5; d++ {
					w.stream(flow{from: d*day + 8*time.Hour, over: 10 * time.Hour, messages: 400, sender: newsletter, to: w.consumer(), via: []*transport{a}})
				}
			},
		},
	}
}
