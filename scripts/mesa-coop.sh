#!/usr/bin/env bash
# Runs a program on a software Vulkan driver with cooperative matrices (8x8x8, f16 with f16 or f32 sums), so that the
# kernels for tensor cores are tested on machines without a GPU. The driver is Mesa's from trixie-backports. It
# needs a newer C library than Debian 12 has, so the program is started by that C library's loader. Everything lives
# in one folder of the user's cache: nothing is installed, the package sources are unchanged, and root is not needed.
#
#   scripts/mesa-coop.sh --install          download the driver (75 MB; 180 MB on disk) and check it, unless it is there
#   scripts/mesa-coop.sh PROGRAM ARGS...    run a program on it, downloading the driver first if needed
#
# As Cargo's runner:
#   CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$PWD/scripts/mesa-coop.sh cargo test --test NAME
#
# How this differs for the program: current_exe() is the loader, and child processes use the system's C library,
# where this driver does not load: they find no adapter unless they are also started through this script.
#
#   LEPTON_MESA_COOP        the folder (default: lepton-gpu/mesa-coop in the user's cache); remove it to download again
#   LEPTON_DEBIAN_MIRROR    URL of a Debian mirror (default: the one used by this machine, which must run Debian)
#
# Exit status 3: not supported on this machine (not x86_64 Linux, no apt, no Debian mirror or keyring).
set -euo pipefail

say() { printf 'mesa-coop: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}
unable() {
    say "$*"
    exit 3
}

cache=${LEPTON_MESA_COOP:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lepton-gpu/mesa-coop}
case "$cache" in /*) ;; *) cache=$PWD/$cache ;; esac
stamp=$cache/packages

suites=(trixie trixie-backports)
# vulkan-tools is for the check; the driver needs the same dependencies.
packages=(mesa-vulkan-drivers/trixie-backports libvulkan1 vulkan-tools)

# ---- running ---------------------------------------------------------------------------------------------------------

# start FOLDER PROGRAM ARGS...: replaces this shell with the program. It sees only this driver: no other
# driver, and no implicit layers, whose libraries need another C library. Mesa's shader cache keeps the user's settings.
start() {
    local at=$1 name=$2 program=$2
    shift 2
    # the loader would look up a bare name among the libraries
    case "$program" in
        */*) ;;
        *) program=$(type -P -- "$program") || die "$name not found on PATH" ;;
    esac
    [ -f "$program" ] || die "$program not found"
    exec env -u VK_ICD_FILENAMES -u VK_ADD_DRIVER_FILES \
        VK_DRIVER_FILES="$at/lvp.json" VK_LOADER_LAYERS_DISABLE='~implicit~' \
        "$at/lib/ld-linux-x86-64.so.2" --library-path "$at/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
        "$program" "$@"
}

# ---- fetching --------------------------------------------------------------------------------------------------------

# Any Debian mirror has every suite, so the one that serves this machine's release will do. It is read from the sources,
# so that it is known before the first apt-get update. A third-party repository may have a suite named after the release,
# but not its updates: the repository with the most suites is Debian's.
debian_mirror() {
    if [ -n "${LEPTON_DEBIAN_MIRROR:-}" ]; then
        echo "$LEPTON_DEBIAN_MIRROR"
        return
    fi
    ID='' VERSION_CODENAME=''
    # shellcheck source=/dev/null
    if [ -r /etc/os-release ]; then . /etc/os-release; fi
    if [ "$ID" != debian ] || [ -z "$VERSION_CODENAME" ]; then return 0; fi
    apt-get update --print-uris |
        sed -nE "s#^'(.*)/dists/(stable|$VERSION_CODENAME)(-updates|-backports)?/InRelease'.*#\1#p" |
        sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }'
}

# An apt configuration that shares only the network settings with this machine: own sources, own lists, and a
# package database in which nothing is installed, so that apt resolves everything down to the C library.
write_apt_config() {
    local at=$1 mirror=$2 keyring=$3 suite
    mkdir -p "$at/state/lists/partial" "$at/cache/archives/partial" "$at/log"
    : >"$at/state/status"
    for suite in "${suites[@]}"; do
        printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite"
    done >"$at/sources.list"
    {
        apt-config dump | sed -n '/^Acquire::IndexTargets/d; /^Acquire::/p'
        cat <<END
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "$at/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$at/state";
Dir::State::Status "$at/state/status";
Dir::Cache "$at/cache";
Dir::Log "$at/log";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Update::Error-Mode "any";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
END
    } >"$at/apt.conf"
}

# Keeps only the libraries from the packages, and one of the drivers.
extract() {
    local archives=$1 to=$2 root=$2/root deb lib
    mkdir -p "$root" "$to/lib" "$to/bin"
    for deb in "$archives"/*.deb; do dpkg-deb --extract "$deb" "$root"; done
    lib=$root/usr/lib/x86_64-linux-gnu
    find "$lib" -maxdepth 1 -name 'libvulkan_*' ! -name libvulkan_lvp.so -delete
    find "$lib" -maxdepth 1 \( -name '*.so' -o -name '*.so.*' \) -exec mv -t "$to/lib" {} +
    mv "$root/usr/bin/vulkaninfo" "$to/bin"
    for deb in "$archives"/*.deb; do dpkg-deb --show "$deb"; done | sort >"$to/packages"
    rm -rf "$root"
    for lib in libvulkan_lvp.so libvulkan.so.1 libc.so.6 ld-linux-x86-64.so.2; do
        [ -e "$to/lib/$lib" ] || die "$lib is not in the packages"
    done
    # a library without a path is looked up like any other: first in the folder passed by start()
    printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.4.0"}}\n' \
        libvulkan_lvp.so >"$to/lvp.json"
}

# check FOLDER: makes sure that the driver has cooperative matrices.
check() {
    local at=$1 found
    found=$(start "$at" "$at/bin/vulkaninfo" 2>&1) || die "the driver does not start: $found"
    grep -E '^[[:space:]]*cooperativeMatrix +=[[:space:]]*true' <<<"$found" >/dev/null ||
        die "the driver does not support cooperative matrices"
    sed -n 's/^[[:space:]]*driverInfo *= */mesa-coop: cooperative matrices by /p' <<<"$found" | sort -u >&2
}

install() {
    local mirror keyring tool
    [ ! -e "$stamp" ] || return 0
    [ ! -e "$cache" ] || die "$cache exists, but was not created by this script"
    [ "$(uname -sm)" = 'Linux x86_64' ] || unable "the driver is only available for x86_64 Linux, not $(uname -sm)"
    for tool in apt-get apt-config dpkg-deb; do
        type -P "$tool" >/dev/null || unable "$tool is missing: the driver is downloaded with apt, on Debian or Ubuntu"
    done
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e "$keyring" ] || unable "Debian's keys are missing: apt-get install debian-archive-keyring"
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || unable "apt has no Debian mirror configured; set LEPTON_DEBIAN_MIRROR=URL"

    mkdir -p "$(dirname "$cache")"
    # created next to its final place and renamed in one step; global for the trap
    work=$(mktemp -d "$cache.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    say "downloading Mesa from ${suites[-1]} to $cache"
    write_apt_config "$work/apt" "$mirror" "$keyring"
    APT_CONFIG=$work/apt/apt.conf apt-get -q update >&2 || die "cannot download the package lists (see above)"
    APT_CONFIG=$work/apt/apt.conf apt-get -q -y --no-install-recommends --download-only install "${packages[@]}" >&2 ||
        die "cannot download the packages (see above)"
    mkdir "$work/tree"
    extract "$work/apt/cache/archives" "$work/tree"
    check "$work/tree"
    if ! mv -T "$work/tree" "$cache" 2>/dev/null; then
        [ -e "$stamp" ] || die "cannot rename $work/tree to $cache"
        say "another run was faster; using its driver"
    fi
    rm -rf "$work"
    trap - EXIT
}

case "${1:-}" in
    --install) [ $# -eq 1 ] || die "--install takes no other arguments" ;;
    '' | -*) die "usage: mesa-coop.sh --install, or mesa-coop.sh PROGRAM [ARGS]..." ;;
esac
install
[ "$1" = --install ] || start "$cache" "$@"
