package mail

// Clone returns a copy of the event that shares no memory with it: its slices
// stay valid after the next line is parsed.
func (e *Event) Clone() *Event {
	c := *e
	texts := [...]*[]byte{
		&c.Host, &c.Instance, &c.Process, &c.QueueID, &c.Child, &c.MessageID, &c.Sender, &c.Recipient,
		&c.MX, &c.MXIP, &c.Relay, &c.SendingIP, &c.Client, &c.Reply, &c.Text, &c.DSN,
	}
	size := 0
	for _, t := range texts {
		size += len(*t)
	}
	arena := make([]byte, 0, size)
	for _, t := range texts {
		if *t == nil {
			continue
		}
		from := len(arena)
		arena = append(arena, *t...)
		*t = arena[from:len(arena):len(arena)]
	}
	return &c
}
