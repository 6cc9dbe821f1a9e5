// Command diagnose reads mail logs and says why connection-limit deferrals happen.
package main

import (
	"os"
	_ "time/tzdata" // --tz must work where no zone database is installed
)

func main() {
	paceCollector()
	w := system()
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], w, realChain())
	stop()
	os.Exit(code)
}
