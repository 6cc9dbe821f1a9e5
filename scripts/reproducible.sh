#!/usr/bin/env bash
# Builds the program twice, in two directories and with two empty build caches, and
# fails unless the two binaries are the same byte for byte.
# usage: scripts/reproducible.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
version=$(git describe --tags --always --dirty 2>/dev/null || echo dev)

for copy in one two; do
    mkdir -p "$work/$copy-source"
    tar --exclude=./.git --exclude=./.bin --exclude=./diagnose -cf - . | tar -xf - -C "$work/$copy-source"
    (cd "$work/$copy-source" && GOCACHE=$work/$copy-cache make --silent build VERSION="$version")
    sum=$(sha256sum <"$work/$copy-source/diagnose")
    echo "${sum%% *}  build $copy, $(stat -c %s "$work/$copy-source/diagnose") bytes"
done
cmp "$work/one-source/diagnose" "$work/two-source/diagnose"
