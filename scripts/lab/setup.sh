#!/usr/bin/env bash
# Installs what the lab needs: Postfix from Debian, and Exim unpacked into the user's
# cache (or found in $DIAGNOSE_MTAS), for the two packages exclude each other. Debian as
# root; doing it twice is fine.
# usage: scripts/lab/setup.sh
set -euo pipefail

command -v go >/dev/null || { echo "setup.sh: no go in PATH: install Go (go.mod has the version)" >&2; exit 1; }
missing=()
[[ -x /usr/lib/postfix/sbin/master ]] || missing+=(postfix)
command -v ip >/dev/null || missing+=(iproute2)
exim=${DIAGNOSE_MTAS:-${XDG_CACHE_HOME:-$HOME/.cache}/diagnose-lab/exim}
[[ -x $exim/usr/sbin/exim4 ]] || missing+=(exim)
((${#missing[@]})) || exit 0
((EUID == 0)) || { echo "setup.sh: installs packages (${missing[*]}): run it as root" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update

for name in "${missing[@]}"; do
    case $name in
        postfix)
            # It need not run: the lab starts its own. A policy of 101 keeps it from starting.
            echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
            if [[ ! -e /usr/sbin/policy-rc.d ]]; then
                printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
                chmod +x /usr/sbin/policy-rc.d
                trap 'rm -f /usr/sbin/policy-rc.d' EXIT
            fi
            apt-get -qq -y --no-install-recommends install postfix >/dev/null ;;
        exim)
            work=$(mktemp -d)
            (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download exim4-daemon-light)
            mkdir -p "$exim"
            dpkg -x "$work"/exim4-daemon-light_*.deb "$exim"
            rm -rf "$work"
            # Libraries that its package would have brought.
            wanted=$(apt-cache depends exim4-daemon-light | sed -n 's/^ *Depends: \(lib[^ <]*\)$/\1/p')
            if ldd "$exim/usr/sbin/exim4" | grep -q 'not found'; then
                # shellcheck disable=SC2086 # a list of words
                apt-get -qq -y --no-install-recommends install $wanted >/dev/null
            fi ;;
        *) apt-get -qq -y --no-install-recommends install "$name" >/dev/null ;;
    esac
done
