#!/usr/bin/env bash
# Runs every fuzz target of the module, one after the other, each for FUZZTIME (30s).
# A failing input is kept by Go under testdata/fuzz/ of its package: commit it with the repair.
# usage: FUZZTIME=10s scripts/fuzz.sh [PACKAGE...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ $# -gt 0 ]] || set -- ./...

list=$(go test -list '^Fuzz' "$@") || { echo "$list" >&2; exit 1; }
# "FuzzX" lines come before the "ok package" line of their package.
targets=$(awk '/^Fuzz/ { name[n++] = $1 } /^(ok|\?)/ { for (i = 0; i < n; i++) print $2, name[i]; n = 0 }' <<<"$list")
[[ -n $targets ]] || { echo "fuzz.sh: no fuzz targets in $*" >&2; exit 1; }

failed=0 count=0
while read -r package target; do
    echo "--- $target $package"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" -fuzzminimizetime 20x "$package" || failed=$((failed + 1))
    count=$((count + 1))
done <<<"$targets"
echo "$count fuzz targets, $failed failed"
((failed == 0))
