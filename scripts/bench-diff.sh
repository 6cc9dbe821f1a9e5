#!/usr/bin/env bash
# Compares the benchmarks of the working tree with those of another commit. The two
# take turns, so that a busy machine disturbs both alike.
# usage: scripts/bench-diff.sh [BASE [PACKAGE...]]     (HEAD, ./...; COUNT=6 rounds)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
base=${1:-HEAD}
[[ $# -gt 1 ]] && shift || set -- ./...

benchstat=$(scripts/tool.sh benchstat)
work=$(mktemp -d)
trap 'git worktree remove --force "$work/base" 2>/dev/null || true; rm -rf "$work"' EXIT
git worktree add --quiet --detach "$work/base" "$base"

bench() { go test -pgo=off -run '^$' -bench . -benchmem "$@"; }
for ((round = 0; round < ${COUNT:-6}; round++)); do
    (cd "$work/base" && bench "$@") >>"$work/old.txt"
    bench "$@" >>"$work/new.txt"
done
"$benchstat" "$base=$work/old.txt" "working-tree=$work/new.txt"
