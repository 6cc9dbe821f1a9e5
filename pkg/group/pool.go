package group

import "github.com/seed-07ce53fa/diagnose/rules"

// Kinds of pools that a sending IP may be in. No log tells (H04, C52): the user
// declares it, or it is unknown.
const (
	PoolShared    = "shared"
	PoolDedicated = "dedicated"
	PoolUnknown   = "unknown"
)

// Pools returns the kinds of pools.
func Pools() []string { return []string{PoolShared, PoolDedicated, PoolUnknown} }

// pool sets what the user declared of the pool; nothing where that is unknown.
func (ctx Context) pool(f rules.Facts) {
	if ctx.Pool != PoolShared && ctx.Pool != PoolDedicated {
		return
	}
	yes, no := rules.Measure{Value: 1, Basis: rules.Seed}, rules.Measure{Basis: rules.Seed}
	f["pool_shared"], f["pool_dedicated"] = no, yes
	if ctx.Pool == PoolShared {
		f["pool_shared"], f["pool_dedicated"] = yes, no
	}
}
