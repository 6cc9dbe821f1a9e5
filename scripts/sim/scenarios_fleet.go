package sim

import "time"

// fleets are scenarios about several sending IPs of one sender.
func fleets() []Scenario {
	return []Scenario{
		{
			Name: "warm-up", Cause: "warm-up", Platform: "microsoft-consumer", length: 30 * day, start: daysBefore(29),
			About: "a second sending IP appears on the ninth day; Microsoft takes a number of messages a day from it that grows, the sender grows faster",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/smtpnew/smtp", nextIP)
				var days []int
				for _, n := range []int{40, 70, 110, 170, 270, 430, 690, 1000, 1300, 1600, 2000} {
					days = append(days, w.scaled(n))
				}
				w.microsoft.rules = []rule{&when{rule: &quota{days: days, reply: microsoftLimit}, ip: nextIP}}
				w.ordinary(2000, w.everybody(), a)
				volume := 60.0
				for d := time.Duration(8); d < 30; d++ {
					w.stream(flow{from: d*day + 8*time.Hour, over: 10 * time.Hour, messages: int(volume), sender: newsletter, to: w.consumer(), via: []*transport{b}})
					volume = min(volume*1.6, 1500)
				}
			},
		},
		{
			Name: "two-ips", Cause: "burst", Platform: "microsoft-consumer", length: day,
			About: "two sending IPs; batches go out by the second one only, which alone exceeds the cap of 6",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/out2/smtp", nextIP)
				w.microsoftCap(always(6))
				w.ordinary(10_000, w.everybody(), a)
				w.batch(flow{from: 9 * time.Hour, over: 30 * time.Second, messages: 3000, sender: newsletter, to: w.consumer(), via: []*transport{b}})
			},
		},
		{
			Name: "two-streams", Cause: "trust", Platform: "microsoft-consumer", length: day,
			About: "one sender domain: order confirmations go out clean by one IP, a newsletter by another one of which Microsoft refuses 80 %",
			play: func(w *world) {
				a, b := w.transport("postfix/smtp", mainIP), w.transport("postfix/bulk/smtp", nextIP)
				w.microsoft.rules = []rule{&when{rule: w.distrust(0.8), ip: nextIP}}
				w.ordinary(3000, w.elsewhere(), a)
				w.stream(flow{over: day, messages: 2000, sender: orders, to: w.consumer(), via: []*transport{a}})
				w.stream(flow{over: day, messages: 800, sender: newsletter, to: w.consumer(), via: []*transport{b}})
			},
		},
	}
}
