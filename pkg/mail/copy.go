package mail

// CopyTo copies the event to dst so that the two share no memory: the texts of dst
// lie in memory, which is overwritten, grown if it is too small, and returned.
func (e *Event) CopyTo(dst *Event, memory []byte) []byte {
	*dst = *e
	texts := [...]*[]byte{
		&dst.Host, &dst.Instance, &dst.Process, &dst.QueueID, &dst.Child, &dst.MessageID, &dst.Sender, &dst.Recipient,
		&dst.MX, &dst.MXIP, &dst.Relay, &dst.SendingIP, &dst.Client, &dst.Reply, &dst.Text, &dst.DSN,
	}
	size := 0
	for _, t := range texts {
		size += len(*t)
	}
	if cap(memory) < size {
		memory = make([]byte, 0, size)
	}
	memory = memory[:0]
	for _, t := range texts {
		if *t == nil {
			continue
		}
		from := len(memory)
		memory = append(memory, *t...)
		*t = memory[from:len(memory):len(memory)]
	}
	return memory
}
