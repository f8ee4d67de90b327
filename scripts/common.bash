# Sourced by the other scripts: where the checkout is, and which Swift builds it.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# /opt/swift is where toolchains are unpacked by custom; it need not be on the PATH.
if ! command -v swift >/dev/null && [[ -x /opt/swift/usr/bin/swift ]]; then
    PATH=$PATH:/opt/swift/usr/bin
fi

say() { printf '%s\n' "$*" >&2; }
