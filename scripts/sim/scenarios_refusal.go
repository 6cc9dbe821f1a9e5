package sim

import "time"

// refusals are scenarios about a receiver that refuses whatever the own traffic
// looks like.
func refusals() []Scenario {
	return []Scenario{
		{
			Name: "trust", Cause: "trust", Platform: "microsoft-consumer", length: day,
			About: "300 messages over the day to Microsoft, which refuses 80 % of all attempts, at one session as at many",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoft.rules = []rule{w.distrust(0.8)}
				w.ordinary(3000, w.elsewhere(), a)
				w.stream(flow{over: day, messages: 300, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "trust-busy", Cause: "trust", Platform: "microsoft-consumer", length: 4 * time.Hour,
			About: "three messages a second to Microsoft, which refuses 75 % of all attempts, so that some of many sessions are always served",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoft.rules = []rule{w.distrust(0.75)}
				w.ordinary(3000, w.elsewhere(), a)
				w.stream(flow{from: 20 * time.Minute, over: 3 * time.Hour, messages: 30_000, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "trust-late", Cause: "trust", Platform: "microsoft-consumer", length: day,
			About: "orders all day and a batch at 09:00 that meets a cap of 6; at 20:00 Microsoft stops taking anything, at any load",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoftCap(always(6))
				w.microsoft.rules = append(w.microsoft.rules, &when{rule: w.distrust(0.98), from: 20 * time.Hour})
				w.ordinary(3000, w.elsewhere(), a)
				w.stream(flow{over: day, messages: 4000, sender: orders, to: w.consumer(), via: []*transport{a}})
				w.batch(flow{from: 9 * time.Hour, over: 15 * time.Second, messages: 600, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "trust-after-cap", Cause: "trust", Platform: "microsoft-consumer", length: day,
			About: "batches like a burst; at 12:00 the own limit is lowered to 2 sessions, and Microsoft goes on to refuse 75 %",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoft.rules = []rule{w.distrust(0.75)}
				w.ordinary(3000, w.elsewhere(), a)
				w.reload(12*time.Hour, sessions(2))
				to := []share{{w.hotmail, 1}}
				w.stream(flow{over: day, messages: 1000, sender: orders, to: to, via: []*transport{a}})
				for _, h := range []time.Duration{8, 14} {
					w.batch(flow{from: h * time.Hour, over: 30 * time.Second, messages: 1500, sender: newsletter, to: to, via: []*transport{a}})
				}
			},
		},
		{
			Name: "near-zero", Cause: "trust", Platform: "microsoft-consumer", length: day,
			About: "a batch at 09:00 meets a cap of 6; from 09:30 Microsoft takes next to nothing, at any load, while deferrals go on",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoftCap(always(6))
				w.microsoft.rules = append(w.microsoft.rules, &when{rule: w.distrust(0.98), from: 9*time.Hour + 30*time.Minute})
				w.ordinary(3000, w.elsewhere(), a)
				w.stream(flow{over: day, messages: 1000, sender: orders, to: w.consumer(), via: []*transport{a}})
				w.batch(flow{from: 9 * time.Hour, over: 15 * time.Second, messages: 600, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "single-refusal", Cause: "unclear", Platform: "microsoft-consumer", length: day,
			About: "one 451 4.7.652 on an otherwise clean day",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoft.rules = []rule{&once{from: 11 * time.Hour, at: w.live.mx[0][0], reply: microsoftLimit}}
				w.ordinary(8000, w.everybody(), a)
			},
		},
		{
			Name: "listing", Cause: "listing", Platform: "microsoft-consumer", length: day,
			About: "Microsoft bounces everything with S3140; a gateway turns the same IP away at the banner with a 554 that names a list",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.microsoft.rules = []rule{&chance{key: "listing", p: 1, stage: atMail, reply: microsoftListing}}
				w.gate.rules = []rule{&chance{key: "listing", p: 1, stage: atBanner, reply: zen}}
				w.ordinary(3000, w.everybody(), a)
			},
		},
		{
			Name: "hardening", Cause: "listing", Platform: "microsoft-consumer", length: 2 * day, start: daysBefore(1),
			About: "Microsoft defers 60 % for reputation; on the second day from 06:00 it bounces everything with S3140",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				turn := day + 6*time.Hour
				w.microsoft.rules = []rule{
					&when{rule: &chance{key: "reputation", p: 0.6, stage: atMail, reply: microsoftReputation}, to: turn},
					&when{rule: &chance{key: "listing", p: 1, stage: atMail, reply: microsoftListing}, from: turn},
				}
				w.ordinary(3000, w.elsewhere(), a)
				w.stream(flow{over: w.length, messages: 2000, sender: newsletter, to: w.consumer(), via: []*transport{a}})
			},
		},
		{
			Name: "greylist-only", Cause: "none", length: day,
			About: "two receivers greylist every first contact; each message is delivered on a retry",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.gmx.rules = []rule{&greylist{delay: 5 * time.Minute, reply: greylisted}}
				w.ordinary(6000, w.everybody(), a)
			},
		},
		{
			Name: "expiry", Cause: "trust", Platform: "microsoft-consumer", length: day,
			About: "order confirmations meet a receiver that refuses 95 % at any load; after 6 hours in the queue they expire",
			play: func(w *world) {
				a := w.transport("postfix/smtp", mainIP)
				w.mta.maximalQueueLife = 6 * time.Hour
				w.microsoft.rules = []rule{w.distrust(0.95)}
				w.ordinary(3000, w.elsewhere(), a)
				w.stream(flow{over: day, messages: 600, recipients: 2, sender: orders, to: w.consumer(), via: []*transport{a}})
			},
		},
	}
}
