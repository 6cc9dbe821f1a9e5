package group

// small is a Bucket in few bytes: most have few of anything.
type small[N int8 | int16] [13]N

// smallTrouble is the place of Bucket.Trouble.
const smallTrouble = 6

// set takes the numbers of a bucket, and says that they fit.
func (n *small[N]) set(b *Bucket) (fits bool) {
	*n = small[N]{
		N(b.Attempts), N(b.Accepted), N(b.Deferred), N(b.Suspended), N(b.Limited), N(b.Listed), N(b.Trouble),
		N(b.New), N(b.First), N(b.Retries), N(b.NewRetries), N(b.Blocked), N(b.UnknownUsers),
	}
	return n.bucket() == *b
}

// bucket is the bucket as it was.
func (n *small[N]) bucket() Bucket {
	return Bucket{
		Attempts: int32(n[0]), Accepted: int32(n[1]), Deferred: int32(n[2]), Suspended: int32(n[3]), Limited: int32(n[4]), Listed: int32(n[5]), Trouble: int32(n[smallTrouble]),
		New: int32(n[7]), First: int32(n[8]), Retries: int32(n[9]), NewRetries: int32(n[10]), Blocked: int32(n[11]), UnknownUsers: int32(n[12]),
	}
}
