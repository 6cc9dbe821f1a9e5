#!/usr/bin/env bash
# Prints the path of a pinned development tool and builds it into .bin/ on first use.
# usage: scripts/tool.sh golangci-lint|benchstat
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1-} in
    golangci-lint) module=github.com/golangci/golangci-lint/v2/cmd/golangci-lint version=v2.15.0 ;;
    benchstat)     module=golang.org/x/perf/cmd/benchstat version=v0.0.0-20260908200009-22c9c6c9d4da ;;
    *) echo "tool.sh: unknown tool \"${1-}\"; known: golangci-lint benchstat" >&2; exit 2 ;;
esac

# The version is part of the name: a new pin builds a new binary.
tool=$PWD/.bin/$1-$version
if [[ ! -x $tool ]]; then
    echo "tool.sh: building $1 $version" >&2
    GOBIN=$PWD/.bin go install "$module@$version" >&2
    mv ".bin/$1" "$tool"
fi
echo "$tool"
