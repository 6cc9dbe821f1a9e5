#!/usr/bin/env bash
# Prints the N-th ```sh block of a Markdown file, so that CI runs what the reader is told.
# usage: scripts/sh-block.sh FILE N
set -euo pipefail

file=${1-} want=${2-}
[[ -n $file && $want =~ ^[1-9][0-9]*$ ]] || { echo "usage: sh-block.sh FILE N" >&2; exit 2; }
[[ -r $file ]] || { echo "sh-block.sh: cannot read $file: no such file" >&2; exit 1; }

awk -v want="$want" -v file="$file" '
    { sub(/\r$/, "") }
    open && /^```[[:space:]]*$/       { open = 0; taken = 0; next }
    !open && /^```sh[[:space:]]*$/    { open = 1; n++; taken = n == want; next }
    !open && /^```/                   { open = 1; next }
    taken                             { print; if (/[^[:space:]]/) lines++ }
    END {
        why = n < want ? "there are only " n + 0 : !lines ? "it is empty" : taken ? "it is not closed" : ""
        if (why) { print "sh-block.sh: cannot take sh block " want " of " file ": " why > "/dev/stderr"; exit 1 }
    }' "$file"
