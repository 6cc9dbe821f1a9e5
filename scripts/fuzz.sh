#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other, each for FUZZTIME (30s).
# A failing input is kept by Go under testdata/fuzz/ of its package: commit it with the repair.
# usage: FUZZTIME=10s scripts/fuzz.sh [PACKAGE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ $# -gt 0 ]] || set -- ./...

list=$(go test -pgo=off -list '^Fuzz' "$@") || { echo "$list" >&2; exit 1; }
# "FuzzX" lines come before the "ok package" line of their package.
targets=$(awk '/^Fuzz/ { name[n++] = $1 } /^(ok|\?)/ { for (i = 0; i < n; i++) print $2, name[i]; n = 0 }' <<<"$list")
[[ -n $targets ]] || { echo "fuzz.sh: no fuzz targets in $*" >&2; exit 1; }

# A time budget that ends between two states of Go's coordinator fails a target without an
# input that fails (go.dev/issue/75804, mended in Go 1.27): such a target runs again.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
fuzz() { # PACKAGE TARGET
    go test -pgo=off -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 20x "$1" >"$log" 2>&1
}
out_of_time() { # the last run printed that error, and nothing else went wrong in it
    grep -A1 '^--- FAIL' "$log" | tail -n +2 | grep -qx ' *context deadline exceeded' &&
        ! grep -Eq 'Failing input|panic:|fatal error|terminated unexpectedly|_test\.go:' "$log"
}

failed=0 count=0
while read -r package target; do
    echo "--- $target $package"
    for again in 1 1 0; do
        fuzz "$package" "$target" && ok=1 || ok=0
        if ((!ok && again)) && out_of_time; then
            echo "its time ended while a worker was busy: again"
            continue
        fi
        cat "$log"
        failed=$((failed + 1 - ok))
        break
    done
    count=$((count + 1))
done <<<"$targets"
echo "$count fuzz targets, $failed failed"
((failed == 0))
