// Command bench measures diagnose side by side with what bounds it and with its peers.
//
//	go run ./scripts/bench gen --kind postfix --size 1GiB --parts 8 --seed 1 --out DIR
//	go run ./scripts/bench run --data DIR --out docs/performance.md --size 1GiB
//	go run ./scripts/bench floor gz FILE...
//	go run ./scripts/bench profile --out cmd/diagnose/default.pgo
//
// gen writes a log of a simulated sender and the truth about it, floor does the least
// work that any reader of such files must do, run measures and writes the table,
// profile records where time goes, for the compiler.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage: bench gen|run|floor|profile ...
  gen      write a synthetic log and what it holds (bench gen -help)
  run      measure diagnose and its peers, write the table (bench run -help)
  floor    gz|zst|json FILE...: decompress or decode, and nothing else
  profile  record where diagnose spends its time, for the compiler (bench profile -help)`

func main() {
	if err := dispatch(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func dispatch(args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return errors.New("no command\n" + usage)
	}
	switch args[0] {
	case "gen":
		return genCommand(args[1:], stdout, stderr)
	case "run":
		return runCommand(args[1:], stdout, stderr)
	case "floor":
		return floorCommand(args[1:], stdout)
	case "profile":
		return profileCommand(args[1:], stderr)
	case "measure": // what run starts, see command.run
		return measureCommand(args[1:])
	case "help", "-h", "-help", "--help":
		_, err := fmt.Fprintln(stdout, usage)
		return err
	}
	return fmt.Errorf("unknown command %q\n%s", args[0], usage)
}
