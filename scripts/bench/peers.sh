#!/usr/bin/env bash
# Unpacks the Debian packages of peers that need no libraries of their own into a folder;
# nothing is installed or started. jq and zstd are taken from the system.
# usage: scripts/bench/peers.sh DIR     (then: go run ./scripts/bench run --peers DIR ...)
set -euo pipefail
[[ $# -eq 1 ]] || { echo "usage: scripts/bench/peers.sh DIR" >&2; exit 2; }
mkdir -p "$1"
cd "$1"
apt-get download ripgrep pflogsumm exim4-base
for package in ./*.deb; do
    dpkg -x "$package" .
    rm "$package"
done
