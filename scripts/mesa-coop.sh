#!/usr/bin/env bash
# Runs a program on a software Vulkan driver with cooperative matrices (8x8x8, f16 with f16 or f32 sums), so that the
# kernels made for tensor cores are tested on machines without a GPU. The driver is Mesa's from trixie-backports; it
# needs a newer C library than Debian 12 has, so the program is started by the loader of that C library. All of it lives
# in one folder of the user's cache: nothing is installed, the package sources stay as they are, root is not needed.
#
#   scripts/mesa-coop.sh --install          fetches the driver (75 MB; 180 MB on disk) and checks it; does
#                                           nothing where it is there
#   scripts/mesa-coop.sh PROGRAM ARGS...    runs a program on it, fetching it first if it is missing
#
# As Cargo's runner:
#   CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=$PWD/scripts/mesa-coop.sh cargo test --test NAME
#
# What a program sees of this: current_exe() is the loader, and children that it starts run on the system's C library,
# where this driver does not load: they find no adapter unless they are started through this script as well.
#
#   LEPTON_MESA_COOP        the folder (default: lepton-gpu/mesa-coop in the user's cache); remove it to fetch anew
#   LEPTON_DEBIAN_MIRROR    URL of a Debian mirror (default: the one that the machine uses, which must be Debian)
#
# Exit 3: this machine cannot have it (not x86_64 Linux, no apt, no Debian mirror or keyring).
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
# vulkan-tools is for the check; what it needs is needed by the driver too.
packages=(mesa-vulkan-drivers/trixie-backports libvulkan1 vulkan-tools)

# ---- running ---------------------------------------------------------------------------------------------------------

# start FOLDER PROGRAM ARGS...: the program takes the place of this shell. Only this driver is offered to it: no other
# one, and no implicit layer, whose libraries belong to another C library. Mesa's shader cache is as the user has it.
start() {
    local at=$1 name=$2 program=$2
    shift 2
    # the loader would look for a bare name among the libraries
    case "$program" in
        */*) ;;
        *) program=$(type -P -- "$program") || die "there is no program $name on the PATH" ;;
    esac
    [ -f "$program" ] || die "there is no program $program"
    exec env -u VK_ICD_FILENAMES -u VK_ADD_DRIVER_FILES \
        VK_DRIVER_FILES="$at/lvp.json" VK_LOADER_LAYERS_DISABLE='~implicit~' \
        "$at/lib/ld-linux-x86-64.so.2" --library-path "$at/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" \
        "$program" "$@"
}

# ---- fetching --------------------------------------------------------------------------------------------------------

# Any Debian mirror has every suite: the one that serves this machine's release will do. It is read from the sources,
# so that it is known before the first apt-get update. A repository of somebody else may have a suite of the release's
# name, but not its updates too: the one with most suites is Debian's.
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

# A configuration of apt that knows nothing of this machine but how it reaches mirrors: own sources, own lists, and a
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

# Of what the packages hold, only libraries are kept, and of the drivers one.
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
        [ -e "$to/lib/$lib" ] || die "the packages hold no $lib"
    done
    # a library without a path is found like any other: first in the folder that start() names
    printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.4.0"}}\n' \
        libvulkan_lvp.so >"$to/lvp.json"
}

# check FOLDER: the driver must offer what it is fetched for.
check() {
    local at=$1 found
    found=$(start "$at" "$at/bin/vulkaninfo" 2>&1) || die "the driver does not start: $found"
    grep -E '^[[:space:]]*cooperativeMatrix +=[[:space:]]*true' <<<"$found" >/dev/null ||
        die "the driver offers no cooperative matrices"
    sed -n 's/^[[:space:]]*driverInfo *= */mesa-coop: cooperative matrices by /p' <<<"$found" | sort -u >&2
}

install() {
    local mirror keyring tool
    [ ! -e "$stamp" ] || return 0
    [ ! -e "$cache" ] || die "$cache is in the way: it is not this script's"
    [ "$(uname -sm)" = 'Linux x86_64' ] || unable "the driver is fetched for x86_64 Linux, and this is $(uname -sm)"
    for tool in apt-get apt-config dpkg-deb; do
        type -P "$tool" >/dev/null || unable "$tool is missing: the driver is fetched with apt, on Debian or Ubuntu"
    done
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e "$keyring" ] || unable "Debian's keys are missing: apt-get install debian-archive-keyring"
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || unable "apt has no Debian mirror here; name one with LEPTON_DEBIAN_MIRROR=URL"

    mkdir -p "$(dirname "$cache")"
    # beside its place, to be renamed into it in one step; global for the trap
    work=$(mktemp -d "$cache.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    say "fetching Mesa from ${suites[-1]} into $cache"
    write_apt_config "$work/apt" "$mirror" "$keyring"
    APT_CONFIG=$work/apt/apt.conf apt-get -q update >&2 || die "the lists of packages cannot be fetched (see above)"
    APT_CONFIG=$work/apt/apt.conf apt-get -q -y --no-install-recommends --download-only install "${packages[@]}" >&2 ||
        die "the packages cannot be fetched (see above)"
    mkdir "$work/tree"
    extract "$work/apt/cache/archives" "$work/tree"
    check "$work/tree"
    if ! mv -T "$work/tree" "$cache" 2>/dev/null; then
        [ -e "$stamp" ] || die "$work/tree cannot be renamed to $cache"
        say "another run was faster; its driver is used"
    fi
    rm -rf "$work"
    trap - EXIT
}

case "${1:-}" in
    --install) [ $# -eq 1 ] || die "--install takes nothing else" ;;
    '' | -*) die "say --install, or a program to run and its arguments" ;;
esac
install
[ "$1" = --install ] || start "$cache" "$@"
