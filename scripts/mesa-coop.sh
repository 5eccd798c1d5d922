#!/usr/bin/env bash
# Runs a program on a software Vulkan driver with cooperative matrices (8x8x8, f16 with f16 or f32 sums), so that the
# kernels for tensor cores are tested on machines without a GPU. The driver is Mesa's from trixie-backports, which
# scripts/mesa.sh downloads into the user's cache; how this differs for the program is told there.
#
#   scripts/mesa-coop.sh --install          download the driver, unless it is there, and check it
#   scripts/mesa-coop.sh PROGRAM ARGS...    run a program on it, downloading the driver first if needed
#
# As Cargo's runner:
#   CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$PWD/scripts/mesa-coop.sh cargo test --test NAME
#
# Exit status 3: not supported on this machine (not x86_64 Linux, no apt, no Debian mirror or keyring, no network).
set -euo pipefail

say() { printf 'mesa-coop: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

mesa=$(dirname "$0")/mesa.sh
tree=trixie-backports

install() {
    local trees found
    "$mesa" fetch "$tree"
    trees=$("$mesa" folder)
    found=$("$mesa" run "$tree" lvp "$trees/$tree/bin/vulkaninfo" 2>&1) || die "the driver does not start: $found"
    grep -E '^[[:space:]]*cooperativeMatrix +=[[:space:]]*true' <<<"$found" >/dev/null ||
        die "the driver does not support cooperative matrices"
    sed -n 's/^[[:space:]]*driverInfo *= */mesa-coop: cooperative matrices by /p' <<<"$found" | sort -u >&2
}

case "${1:-}" in
    --install)
        [ $# -eq 1 ] || die "--install takes no other arguments"
        install
        ;;
    '' | -*) die "usage: mesa-coop.sh --install, or mesa-coop.sh PROGRAM [ARGS]..." ;;
    *) exec "$mesa" run "$tree" lvp "$@" ;;
esac
