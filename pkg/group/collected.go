package group

// Item is one of the seven things to collect about a refusal before anybody is asked
// for anything (requirement C57).
type Item uint8

// The items, in the order of the requirement.
const (
	ItemCode Item = iota
	ItemEnhanced
	ItemMX
	ItemDomain
	ItemSendingIP
	ItemMessageID
	ItemTime
	NumItems
)

var items = [NumItems]string{"code", "enhanced", "mx", "recipient_domain", "sending_ip", "message_id", "time"}

func (i Item) String() string { return items[i] }

// Collected counts the refusals that severity counts, those of them for which the log
// has all seven items, and those that lack each.
type Collected struct {
	Refusals, Complete int64
	Missing            [NumItems]int64
}

func (c *Collected) add(o *Collected) {
	c.Refusals += o.Refusals
	c.Complete += o.Complete
	for i := range c.Missing {
		c.Missing[i] += o.Missing[i]
	}
}

// collect takes one refusal.
func (c *Collected) collect(o *Observation, r *Reading) {
	ev := o.Event
	has := [NumItems]bool{
		ItemCode: r.HasCode, ItemEnhanced: r.HasEnhanced, ItemMX: len(ev.MX) > 0, ItemDomain: o.Domain != "",
		ItemSendingIP: len(ev.SendingIP) > 0 || r.Quoted.IsValid(),
		ItemMessageID: len(ev.MessageID) > 0 || o.Attempt.HasID, ItemTime: ev.Time > 0,
	}
	c.Refusals++
	complete := true
	for i, ok := range has {
		if !ok {
			c.Missing[i]++
			complete = false
		}
	}
	if complete {
		c.Complete++
	}
}
