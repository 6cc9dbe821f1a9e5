package policy

import (
	"fmt"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// request asks an ESP for what only the ESP can change (C39, C40). It is short: the
// ticket has the evidence.
func request(plans []Plan) Sheet {
	var s Sheet
	for i := range plans {
		p := &plans[i]
		what := p.Destination
		if codes := p.codes(); codes[0] != "4xx" {
			what += " (replies " + join(codes, ", ") + ")"
		}
		s.Request += lines(
			"Please change how our mail to "+what+" is sent, and only that:",
			fmt.Sprintf("  - sessions: at most %d at once per sending IP, all domains of this receiver together", p.Sessions),
			fmt.Sprintf("  - retries: the first after %s, then x%s, at most %s apart", clock(p.RetryFirst), decimal(p.RetryFactor), clock(p.RetryMost)),
			fmt.Sprintf("  - queue pacing: hold new batches for %s after such a reply, then spread them; at most %d recipients per connection", clock(p.Pause), p.Recipients),
			"  - IP pool: tell us which pool this mail uses and whether others share it; a healthier or dedicated one if it is the cause",
			"These numbers are "+Label(p.Destination)+".",
		)
	}
	s.Cannot = []string{"An ESP's customer cannot configure this; who runs the queue can. The evidence for the request: diagnose ticket --for " + report.ShellWord(plans[0].Platform) + " LOGS"}
	s.Watch = watch(plans, "EXPORT")
	return s
}
