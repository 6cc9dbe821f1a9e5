package group

// Shows says that a reply met at a place would speak for its template: its sample would
// be kept.
func (a *Acc) Shows(template string, at Where) bool {
	old := a.Replies[template]
	return old == nil && len(a.Replies) < maxReplies || old != nil && at.before(old.First)
}
