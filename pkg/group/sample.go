package group

// Shows says that a reply met at a place would speak for its template: its sample would
// be kept. old is what the accumulator has of the template.
func (a *Acc) Shows(old *ReplyCount, at Where) bool {
	return old == nil && len(a.Replies) < maxReplies || old != nil && at.before(old.First)
}
