package group

// small is a Bucket in few bytes: most have few of anything.
type small[N int8 | int16] [13]N

// smallTrouble is the place of Bucket.Trouble.
const smallTrouble = 6

// numbers are those of a bucket in the order of small.
func (b *Bucket) numbers() [13]int32 {
	return [13]int32{
		b.Attempts, b.Accepted, b.Deferred, b.Suspended, b.Limited, b.Listed, b.Trouble,
		b.New, b.First, b.Retries, b.NewRetries, b.Blocked, b.UnknownUsers,
	}
}

// set takes the numbers of a bucket, if they fit.
func (n *small[N]) set(b *Bucket) (fits bool) {
	*n = small[N]{}
	return n.add(b)
}

// add adds the numbers of a bucket, if all sums fit.
func (n *small[N]) add(b *Bucket) (fits bool) {
	sum := *n
	for i, more := range b.numbers() {
		of := int32(sum[i]) + more
		if sum[i] = N(of); int32(sum[i]) != of {
			return false
		}
	}
	*n = sum
	return true
}

// bucket is the bucket as it was.
func (n *small[N]) bucket() Bucket {
	return Bucket{
		Attempts: int32(n[0]), Accepted: int32(n[1]), Deferred: int32(n[2]), Suspended: int32(n[3]), Limited: int32(n[4]), Listed: int32(n[5]), Trouble: int32(n[smallTrouble]),
		New: int32(n[7]), First: int32(n[8]), Retries: int32(n[9]), NewRetries: int32(n[10]), Blocked: int32(n[11]), UnknownUsers: int32(n[12]),
	}
}
