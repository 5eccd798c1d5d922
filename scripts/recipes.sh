#!/usr/bin/env bash
# Runs a recipe with several seeds and keeps what docs/results.md and its curves are made from: the configuration and epochs
# of each run. Finished runs are kept; an interrupted one is resumed.
#
#   scripts/recipes.sh RECIPE [DATA] [--seeds "0 1 2"] [--binary PATH] [--device TEXT] [--name NAME]
#
#   DATA      the data that the recipe's file asks for, if it does not name a data set
#   --seeds   [default: 0]
#   --binary  [default: target/release/lepton-gpu]
#   --device  description of this machine for the results page, if NAME has none yet [default: `uname -m`]
#   --name    results go to benches/results/NAME-recipes [default: today's date]
#
# Afterwards: LEPTON_BLESS=1 cargo test --test results
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
recipe='' data='' seeds=0 binary=$root/target/release/lepton-gpu device=$(uname -m) name=$(date +%F)
while [ $# -gt 0 ]; do
    case "$1" in
        --seeds | --binary | --device | --name)
            [ $# -ge 2 ] || { echo "recipes.sh: $1 needs a value" >&2; exit 2; }
            printf -v "${1#--}" '%s' "$2"
            shift 2
            ;;
        -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}" && exit 0 ;;
        -*) echo "recipes.sh: unknown argument $1; see --help" >&2 && exit 2 ;;
        *) if [ -z "$recipe" ]; then recipe=$1; else data=$1; fi && shift ;;
    esac
done
[ -n "$recipe" ] || { echo "recipes.sh: no recipe given; $binary recipes lists them" >&2; exit 2; }

results=$root/benches/results/$name-recipes
mkdir -p "$results"
[ -f "$results/device.txt" ] || printf '%s\n' "$device" >"$results/device.txt"
for seed in $seeds; do
    run=$root/runs/recipes/$recipe/$recipe-seed-$seed kept=$results/$recipe/seed-$seed
    [ ! -d "$kept" ] || { echo "$kept exists, skipping"; continue; }
    if [ -f "$run/last.safetensors" ]; then
        "$binary" train --out "$run" --resume
    else
        "$binary" train --recipe "$recipe" ${data:+"$data"} --seed "$seed" --out "$run"
    fi
    # moved into place at once, so that a results folder is always complete
    part=$results/.part
    rm -rf "$part" && mkdir -p "$part" "$results/$recipe"
    # do not record where the data are on this machine
    sed 's#^data = "/.*/\([^/]*\)"#data = "\1"#' "$run/config.toml" >"$part/config.toml"
    grep -E '"event":"(epoch|test)"' "$run/events.jsonl" >"$part/events.jsonl"
    mv "$part" "$kept"
done
