#!/usr/bin/env bash
# Runs a program on a Mesa that is not the system's, with the C library that this Mesa needs: a newer software Vulkan, or
# the drivers of GPUs that are not there. Everything lives in one folder of the user's cache: nothing is installed, the
# package sources are unchanged, and root is not needed.
#
#   scripts/mesa.sh fetch TREE                            download a tree, unless it is there
#   scripts/mesa.sh version TREE                          print its Mesa's version
#   scripts/mesa.sh folder                                print where the trees are
#   scripts/mesa.sh run TREE DRIVER PROGRAM [ARGS]...     run a program that sees only this driver
#   scripts/mesa.sh source FOLDER                         download the source of Debian 13's Mesa and unpack it there
#
#   TREE      trixie-backports (Mesa 26.1; 64 MB, 280 MB on disk) or bookworm-backports (Mesa 25.0; 60 MB, 240 MB on disk)
#   DRIVER    lvp (on the processor), radeon, nouveau, asahi, freedreno, intel
#
# How this differs for the program: current_exe() is the loader, and child processes use the system's C library,
# where these drivers do not load: they find no adapter unless they are also started through this script. What wraps a
# program (timeout, nice) goes outside.
#
#   MESA_SHIM               a library to load first, which stands in for a GPU's kernel driver
#   LEPTON_MESA             the folder of the trees (default: lepton-gpu/mesa in the user's cache); remove it to start anew
#   LEPTON_DEBIAN_MIRROR    URL of a Debian mirror (default: the one used by this machine, which must run Debian)
#
# Exit status 3: not supported on this machine (not x86_64 Linux, no apt, no Debian mirror or keyring, no network).
set -euo pipefail

say() { printf 'mesa: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}
unable() {
    say "$*"
    exit 3
}
# Runs a command up to three times: a mirror that is busy often answers a moment later.
thrice() {
    local pause
    for pause in 5 20; do
        "$@" && return 0
        say "that failed; again in $pause s: $*"
        sleep "$pause"
    done
    "$@"
}

trees=${LEPTON_MESA:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lepton-gpu/mesa}
case "$trees" in /*) ;; *) trees=$PWD/$trees ;; esac

# What a tree is made of: suites, packages with all that they depend on, and packages alone.
describe() {
    alone=()
    case "$1" in
        trixie-backports)
            suites=(trixie trixie-backports)
            packages=(mesa-vulkan-drivers/trixie-backports mesa-drm-shim/trixie-backports libvulkan1 vulkan-tools)
            alone=(libvulkan-dev)
            ;;
        bookworm-backports)
            suites=(bookworm bookworm-backports)
            packages=(-t bookworm-backports mesa-vulkan-drivers mesa-drm-shim libvulkan1 vulkan-tools)
            ;;
        *) die "there is no tree $1: trixie-backports or bookworm-backports" ;;
    esac
}

# ---- running ---------------------------------------------------------------------------------------------------------

# start TREE DRIVER PROGRAM ARGS...: replaces this shell with the program. It sees only this driver: no other driver, and
# no implicit layers, whose libraries need another C library. Mesa's shader cache keeps the user's settings.
start() {
    local at=$1 driver=$2 name=$3 program=$3 preload=()
    shift 3
    [ -e "$at/$driver.json" ] || die "$(basename "$at") has no driver $driver"
    # the loader would look up a bare name among the libraries
    case "$program" in
        */*) ;;
        *) program=$(type -P -- "$program") || die "$name not found on PATH" ;;
    esac
    [ -f "$program" ] || die "$program not found"
    [ -z "${MESA_SHIM:-}" ] || preload=(--preload "$MESA_SHIM")
    exec env -u VK_ICD_FILENAMES -u VK_ADD_DRIVER_FILES \
        VK_DRIVER_FILES="$at/$driver.json" VK_LOADER_LAYERS_DISABLE='~implicit~' \
        "$at/lib/ld-linux-x86-64.so.2" --library-path "$at/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "${preload[@]}" \
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
    local at=$1 mirror=$2 keyring=$3 kind=$4 suite
    shift 4
    mkdir -p "$at/state/lists/partial" "$at/cache/archives/partial" "$at/log"
    : >"$at/state/status"
    for suite in "$@"; do
        printf '%s [arch=amd64 signed-by=%s] %s %s main\n' "$kind" "$keyring" "$mirror" "$suite"
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
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
APT::Update::Error-Mode "any";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
END
    } >"$at/apt.conf"
}

# Keeps the libraries from the packages, of the drivers those that are used, vulkaninfo and the headers.
extract() {
    local archives=$1 to=$2 root=$2/root deb lib driver
    mkdir -p "$root" "$to/lib" "$to/bin"
    for deb in "$archives"/*.deb; do dpkg-deb --extract "$deb" "$root"; done
    for lib in "$root/usr/lib/x86_64-linux-gnu" "$root/lib/x86_64-linux-gnu"; do
        [ -d "$lib" ] || continue
        find "$lib" -maxdepth 1 \( -name '*.so' -o -name '*.so.*' \) \
            ! -name 'libVkLayer_*' ! -name 'libvulkan_*' -exec mv -t "$to/lib" {} +
    done
    for driver in lvp radeon nouveau asahi freedreno intel; do
        lib=$root/usr/lib/x86_64-linux-gnu/libvulkan_$driver.so
        [ -e "$lib" ] || continue
        mv "$lib" "$to/lib"
        # a library without a path is looked up like any other: first in the folder passed by start()
        printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.4.0"}}\n' \
            "libvulkan_$driver.so" >"$to/$driver.json"
    done
    mv "$root/usr/bin/vulkaninfo" "$to/bin"
    if [ -d "$root/usr/include/vulkan" ]; then
        mkdir "$to/include"
        mv "$root/usr/include/vulkan" "$root/usr/include/vk_video" "$to/include"
    fi
    for deb in "$archives"/*.deb; do dpkg-deb --show "$deb"; done | sort >"$to/packages"
    rm -rf "$root"
    for lib in libvulkan_lvp.so libvulkan.so.1 libc.so.6 ld-linux-x86-64.so.2; do
        [ -e "$to/lib/$lib" ] || die "$lib is not in the packages"
    done
}

# prepare deb|deb-src SUITE...: makes a folder for what is downloaded, with an apt configuration for these suites.
prepare() {
    local mirror keyring tool
    [ "$(uname -sm)" = 'Linux x86_64' ] || unable "the drivers are only available for x86_64 Linux, not $(uname -sm)"
    for tool in apt-get apt-config dpkg-deb; do
        type -P "$tool" >/dev/null || unable "$tool is missing: the drivers are downloaded with apt, on Debian or Ubuntu"
    done
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -e "$keyring" ] || unable "Debian's keys are missing: apt-get install debian-archive-keyring"
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || unable "apt has no Debian mirror configured; set LEPTON_DEBIAN_MIRROR=URL"

    mkdir -p "$trees"
    # next to the final place of what is made in it, to be renamed in one step; global for the trap
    work=$(mktemp -d "$trees/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    write_apt_config "$work/apt" "$mirror" "$keyring" "$@"
    export APT_CONFIG=$work/apt/apt.conf
    apt-get -q update >&2 || unable "cannot download the package lists (see above)"
}

fetch() {
    local tree=$1 suites packages alone
    [ ! -e "$trees/$tree/packages" ] || return 0
    [ ! -e "$trees/$tree" ] || die "$trees/$tree exists, but was not created by this script"
    describe "$tree"
    say "downloading Mesa from $tree to $trees/$tree"
    prepare deb "${suites[@]}"
    thrice apt-get -q -y --no-install-recommends --download-only install "${packages[@]}" >&2 ||
        unable "cannot download the packages (see above)"
    if [ ${#alone[@]} -gt 0 ]; then
        (cd "$work/apt/cache/archives" && thrice apt-get -q download "${alone[@]}" >&2) ||
            unable "cannot download the packages (see above)"
    fi
    mkdir "$work/tree"
    extract "$work/apt/cache/archives" "$work/tree"
    if ! mv -T "$work/tree" "$trees/$tree" 2>/dev/null; then
        [ -e "$trees/$tree/packages" ] || die "cannot rename $work/tree to $trees/$tree"
        say "another run was faster; using its tree"
    fi
    rm -rf "$work"
    trap - EXIT
    unset APT_CONFIG
}

fetch_source() {
    prepare deb-src trixie
    mkdir -p "$1"
    (cd "$1" && thrice apt-get -q source --download-only mesa >&2) || unable "cannot download the source (see above)"
    tar -C "$1" -xf "$1"/mesa_*.orig.tar.*[!c]
}

usage="usage: mesa.sh fetch TREE, mesa.sh version TREE, mesa.sh folder, mesa.sh source FOLDER, or mesa.sh run TREE DRIVER PROGRAM [ARGS]..."
case "${1:-}:$#" in
    folder:1) echo "$trees" ;;
    source:2) fetch_source "$2" ;;
    fetch:2) fetch "$2" ;;
    version:2)
        fetch "$2"
        awk '$1 ~ /^mesa-vulkan-drivers(:|$)/ { print $2 }' "$trees/$2/packages"
        ;;
    run:[0-3]) die "$usage" ;;
    run:*)
        fetch "$2"
        start "$trees/$2" "${@:3}"
        ;;
    *) die "$usage" ;;
esac
