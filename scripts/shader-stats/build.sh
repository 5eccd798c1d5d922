#!/usr/bin/env bash
# Builds what compiling kernels for absent GPUs needs beside Mesa, in the folder of mesa.sh; what is there stays.
#
#   build.sh layer    the Vulkan layer that keeps statistics (layer.c): needs cc
#   build.sh intel    the stand-in for Intel's kernel driver, which Debian does not package, from the source of Debian 13's
#                     Mesa: needs cc, c++, python3 with venv, and PyPI; 3 minutes on two cores
#
# Prints the path of what was built. Exit status 3: it cannot be built on this machine.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
mesa=$here/../mesa.sh
folder=$("$mesa" folder)

say() { printf 'shader-stats: %s\n' "$*" >&2; }
unable() {
    say "$*"
    exit 3
}

build_layer() {
    local to=$folder/layer
    "$mesa" fetch trixie-backports
    type -P cc >/dev/null || unable "cc is missing: apt-get install gcc libc6-dev"
    if [ ! "$to/libshader_stats.so" -nt "$here/layer.c" ]; then
        mkdir -p "$to"
        cp "$here/layer.json" "$to"
        cc -O1 -Wall -Wextra -fPIC -shared -pthread -I "$folder/trixie-backports/include" \
            -o "$to/libshader_stats.so.$$" "$here/layer.c"
        mv "$to/libshader_stats.so.$$" "$to/libshader_stats.so"
    fi
    echo "$to"
}

# Tools and headers of the machine's own release, unpacked and not installed.
unpack_tools() {
    local root=$1 deb
    mkdir "$work/archives"
    (cd "$work/archives" && apt-get -q download bison flex m4 libsigsegv2 libexpat1-dev zlib1g-dev libdrm-dev libdrm2 \
        libdrm-amdgpu1 libdrm-intel1 libdrm-nouveau2 libdrm-radeon1 libpciaccess0 libpciaccess-dev >&2) ||
        unable "the tools for the build cannot be downloaded (see above)"
    for deb in "$work/archives"/*.deb; do dpkg-deb --extract "$deb" "$root"; done
    sed -i "s#^prefix=.*#prefix=$root/usr#" "$root"/usr/lib/x86_64-linux-gnu/pkgconfig/*.pc
    export PATH=$root/usr/bin:$PATH BISON_PKGDATADIR=$root/usr/share/bison M4=$root/usr/bin/m4
    export PKG_CONFIG_PATH=$root/usr/lib/x86_64-linux-gnu/pkgconfig
    export LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu CPATH=$root/usr/include LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu
}

build_intel() {
    local to=$folder/intel/libintel_noop_drm_shim.so source=src/intel/tools/libintel_noop_drm_shim.so tool
    if [ ! -e "$to" ]; then
        for tool in cc c++ python3 pkg-config apt-get dpkg-deb dpkg-source; do
            type -P "$tool" >/dev/null || unable "$tool is missing, which Intel's stand-in is built with"
        done
        mkdir -p "$folder/intel"
        # global for the trap
        work=$(mktemp -d "$folder/intel.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        say "building the stand-in for Intel's kernel driver"
        "$mesa" source "$work/source" >&2 || unable "the source of Mesa cannot be downloaded"
        mkdir "$work/root"
        python3 -m venv "$work/venv" >&2 || unable "python3-venv is missing"
        "$work/venv/bin/pip" install -q meson ninja mako pyyaml packaging setuptools >&2 || unable "PyPI cannot be reached"
        unpack_tools "$work/root"
        export PATH=$work/venv/bin:$PATH
        cd "$work"/source/mesa-*/
        meson setup build --buildtype=release -Dtools=drm-shim,intel -Dvulkan-drivers= -Dgallium-drivers= -Dplatforms= \
            -Dglx=disabled -Degl=disabled -Dgbm=disabled -Dopengl=false -Dgles1=disabled -Dgles2=disabled -Dllvm=disabled \
            -Dvideo-codecs= -Dvalgrind=disabled >&2
        ninja -C build "$source" >&2
        cp "build/$source" "$to.$$"
        mv "$to.$$" "$to"
    fi
    echo "$to"
}

case "${1:-}:$#" in
    layer:1 | intel:1) "build_$1" ;;
    *)
        say "usage: build.sh layer, or build.sh intel"
        exit 1
        ;;
esac
