package sim

import "strconv"

// acceptedDSN is the status code that a receiver gives with its 250.
func acceptedDSN(h *host) string {
	switch h.at.name {
	case "microsoft-consumer":
		return "2.6.0"
	default:
		return "2.0.0"
	}
}

// acceptedText is the reply to the final dot.
func acceptedText(d *delivery, h *host) string {
	switch h.at.name {
	case "microsoft-consumer":
		return "250 2.6.0 <" + d.msg.header + "> [InternalId=" + strconv.Itoa(10_000_000_000+d.rng.IntN(80_000_000_000)) + ", Hostname=" +
			d.machine() + "] " + strconv.Itoa(d.msg.size+3000) + " bytes in 0.123, 66.7 KB/sec Queued mail for delivery -> 250 2.1.5"
	case "google":
		return "250 2.0.0 OK  " + strconv.FormatInt(d.date().Unix(), 10) + " " + d.hex(12) + ".12 - gsmtp"
	case "1and1-gmx":
		return "250 Requested mail action okay, completed: id=1M" + d.hex(5) + "-1s" + d.hex(7)
	}
	return "250 2.0.0 OK: queued as " + d.hex(11)
}
