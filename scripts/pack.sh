#!/usr/bin/env bash
# Builds the program for a target and packs it for a release: target/pack/lepton-gpu-TARGET.tar.gz (Windows: .zip)
# with the program, licences, README and changelog, and its SHA-256 beside it. The program is tried before it is packed, and
# must be smaller than 48 MB.
#
#   scripts/pack.sh [TARGET]      default: this machine's
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

LARGEST=48000000 # bytes

die() {
    printf 'pack: %s\n' "$*" >&2
    exit 1
}

[ $# -le 1 ] || die "usage: scripts/pack.sh [TARGET]"
target=${1:-$(rustc -vV | sed -n 's/^host: //p')}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
built=${CARGO_TARGET_DIR:-target}
end=''
case "$target" in *windows*) end=.exe ;; esac

cargo build --release --locked --target "$target"
program=$built/$target/release/lepton-gpu$end

size=$(($(wc -c <"$program")))
[ "$size" -le "$LARGEST" ] || die "the program has $size bytes, more than $LARGEST"
said=$("$program" --version)
[ "$said" = "lepton-gpu $version" ] || die "--version says \`$said\`, not \`lepton-gpu $version\`"
"$program" models >/dev/null || die "the program does not list its models"

name=lepton-gpu-$target
pack=$built/pack
rm -rf "${pack:?}/$name"
mkdir -p "$pack/$name"
cp "$program" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT models/weights/NOTICE "$pack/$name/"
cd "$pack"
if [ -n "$end" ]; then
    file=$name.zip
    rm -f "$file"
    7z a -bso0 "$file" "$name"
else
    file=$name.tar.gz
    tar -czf "$file" "$name"
fi
if command -v sha256sum >/dev/null; then
    # as text on every system: Windows would mark the name as binary
    sha256sum "$file" | sed 's/ \*/  /' >"$file.sha256"
else
    shasum -a 256 "$file" >"$file.sha256"
fi
rm -rf "$name"
printf 'pack: %s, program %s bytes\n' "$pack/$file" "$size"
