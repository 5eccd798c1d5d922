#!/usr/bin/env bash
# Measures lepton-gpu on this machine's GPU, in fifteen minutes after the build: verifies every kernel, benchmarks, tunes
# the presets, alternates with PyTorch on CUDA, trains the introductory example on MNIST in f32 and f16, profiles a model,
# and runs the recipes cifar10-speednet and cifar10-resnet20 as far as the time allows. Each part has its own time limit, so
# that one that hangs does not affect the others. At the end, summary.md lists each target with the result. Safe to run
# again: a later run replaces the files of an earlier one.
#
#   scripts/gpu.sh [--binary PATH] [--adapter N|NAME] [--data DIR] [--out DIR] [--python PYTHON] [--budget SECONDS]
#                  [--allow-software]
#   scripts/gpu.sh pack FILE.tar.gz [--binary PATH] [--data DIR]
#
# pack writes everything that a run needs into one file, for a machine without a compiler: the stripped binary, the Vulkan
# loader, this script and those for PyTorch, and the data. There: tar xf FILE.tar.gz && lepton-gpu-pack/scripts/gpu.sh
#
#   --binary          use this lepton-gpu instead of building one
#   --data            folder with MNIST's files, or with subfolders mnist/ and cifar10/ [default: where lepton-gpu looks]
#   --out             folder for the results [default: benches/results/<date>-<device>]
#   --python          Python with a torch that supports CUDA [default: python3]
#   --budget          seconds for everything after the build [default: 870]
#   --allow-software  run without a GPU, with shorter runs: to try this script, not to measure
#
# Exit status: 0 all parts that can run here succeeded, 1 a part failed (see summary.md), 2 nothing could be run.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary='' data='' out='' python=python3 budget=870 software='' pack=''

say() { printf 'gpu.sh: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 2
}
have() { command -v "$1" >/dev/null 2>&1; }

if [ "${1:-}" = pack ]; then
    [ $# -ge 2 ] || die "pack needs the name of a file"
    pack=$2
    shift 2
fi
while [ $# -gt 0 ]; do
    case "$1" in
        --binary | --adapter | --data | --out | --python | --budget)
            [ $# -ge 2 ] || die "$1 needs a value"
            case "$1" in
                --binary) binary=$2 ;;
                --adapter) export LEPTON_ADAPTER="$2" ;;
                --data) data=$2 ;;
                --out) out=$2 ;;
                --python) python=$2 ;;
                --budget) budget=$2 ;;
            esac
            shift 2
            ;;
        --allow-software) software=allowed && shift ;;
        -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}" && exit 0 ;;
        *) die "unknown argument $1; see --help" ;;
    esac
done
case "$budget" in '' | *[!0-9]*) die "--budget must be a whole number of seconds" ;; esac

# ---- running a part --------------------------------------------------------------------------------------------------

scratch=$(mktemp -d) || die "cannot create a temporary folder"
child=''
trap 'rm -rf "$scratch"' EXIT
trap '[ -z "$child" ] || kill "$child" 2>/dev/null; say "stopped"; exit 130' INT TERM

# Runs a command for at most this many seconds; status 124 or above 128 if it had to be stopped.
limited() {
    local seconds=$1 tool
    shift
    for tool in timeout gtimeout; do
        if have "$tool"; then
            "$tool" -k 5 "$seconds" "$@" &
            child=$!
            wait "$child"
            return
        fi
    done
    # macOS has neither
    perl -e 'alarm shift; exec @ARGV or exit 127' "$seconds" "$@" &
    child=$!
    wait "$child"
}

now_ms() {
    if [ -n "${EPOCHREALTIME:-}" ]; then
        local digits=${EPOCHREALTIME/[.,]/}
        echo $((digits / 1000))
    elif have perl; then
        perl -MTime::HiRes=time -e 'printf "%d\n", time() * 1000'
    else
        echo $(($(date +%s) * 1000))
    fi
}

failed=0
ms=0 # duration of the last part
# record NAME STATUS MILLISECONDS NOTE; the status of a part that did not run is -
record() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-}" >>"$out/parts.tsv"; }
skip() {
    say "$1: skipped, $2"
    record "$1" - 0 "$2"
}

# Why the last part failed: its error line, or else its last line.
reason() {
    awk '/^## / { said = "" } /^error/ { said = $0 } /panicked at/ { said = $0; getline; said = said " " $0 } { last = $0 }
        END { print said ? said : last }' "$out/log.txt" | cut -c 1-200 | tr '\t' ' '
}

# part NAME SECONDS COMMAND…: runs the command within what is left of the budget; its output goes to log.txt.
part() {
    local name=$1 seconds=$2 left begun status note=''
    shift 2
    left=$((deadline - SECONDS))
    if [ "$left" -lt 5 ]; then
        skip "$name" "no time left"
        return 1
    fi
    [ "$seconds" -le "$left" ] || seconds=$left
    printf '\n## %s\n$ %s\n' "$name" "$*" >>"$out/log.txt"
    begun=$(now_ms)
    limited "$seconds" "$@" >>"$out/log.txt" 2>&1
    status=$?
    ms=$(($(now_ms) - begun))
    case $status in
        0) ;;
        124 | 137 | 142) note="stopped after $seconds s" ;;
        *) note=$(reason) ;;
    esac
    [ $status -eq 0 ] || failed=1
    say "$name: $((ms / 1000)).$(printf %03d $((ms % 1000))) s${note:+, status $status: $note}"
    record "$name" $status $ms "$note"
    return $status
}

# ---- packing ---------------------------------------------------------------------------------------------------------

# The path of a library that this machine's loader finds, or nothing.
library() { { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null; } | awk -v name="$1" '$1 == name { print $NF; exit }'; }

write_pack() {
    local at="$scratch/lepton-gpu-pack" loader folder
    mkdir -p "$at/bin" "$at/lib" "$at/benches/results" "$at/data"
    cp "$binary" "$at/bin/lepton-gpu" || die "cannot copy $binary"
    ! have strip || strip "$at/bin/lepton-gpu"
    loader=$(library libvulkan.so.1)
    if [ -n "$loader" ]; then
        cp -L "$loader" "$at/lib/libvulkan.so.1"
    else
        say "no libvulkan.so.1 here: the other machine must have its own"
    fi
    cp -R "$root/scripts" "$at/scripts"
    cp -R "$root/benches/peers" "$at/benches/peers"
    for folder in mnist cifar10; do
        if [ -d "${data:-${LEPTON_DATA:-}}/$folder" ]; then
            cp -R "${data:-${LEPTON_DATA:-}}/$folder" "$at/data/$folder"
            LEPTON_DATA="$at/data" "$binary" show $folder --out "$scratch/probe.png" >/dev/null ||
                say "the files in $folder are not those of \`lepton-gpu data fetch $folder\`: its runs will be left out"
        else
            say "no $folder in the data folder (--data or LEPTON_DATA): its runs will be left out"
        fi
    done
    git -C "$root" describe --always --dirty --abbrev=12 >"$at/commit" 2>/dev/null || echo unknown >"$at/commit"
    tar -C "$scratch" -czf "$pack" lepton-gpu-pack || die "cannot write $pack"
    say "$pack: $(du -h "$pack" | cut -f 1)"
}

# Uses what the pack brought where this machine lacks it: the loader, and the file that names NVIDIA's driver to it, which
# containers often leave out.
use_pack() {
    local driver
    if [ -z "$(library libvulkan.so.1)" ] && [ -f "$root/lib/libvulkan.so.1" ]; then
        export LD_LIBRARY_PATH="$root/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    fi
    compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null || compgen -G '/etc/vulkan/icd.d/*.json' >/dev/null ||
        [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] || for driver in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
            [ -n "$(library $driver)" ] || continue
            printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' $driver \
                >"$scratch/nvidia_icd.json"
            export VK_DRIVER_FILES="$scratch/nvidia_icd.json"
            say "no driver is registered with Vulkan here: using $driver"
            break
        done
    [ ! -d "$root/data" ] || export LEPTON_DATA="${LEPTON_DATA:-$root/data}"
}

# ---- the program and the adapter -------------------------------------------------------------------------------------

if [ -z "$binary" ] && [ -x "$root/bin/lepton-gpu" ]; then binary=$root/bin/lepton-gpu; fi
if [ -z "$binary" ]; then
    have cargo || [ -x "${HOME:-}/.cargo/bin/cargo" ] ||
        die "Rust is missing: install it from https://rustup.rs, or pass an existing binary with --binary"
    have make || die "make is missing: install it, or pass an existing binary with --binary"
    say "building"
    limited 1800 make -C "$root" release >&2 || die "the build failed (see above)"
    binary="${CARGO_TARGET_DIR:-$root/target}/release/lepton-gpu"
fi
[ -x "$binary" ] || die "$binary is not an executable"
binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
if [ -n "$pack" ]; then
    write_pack
    exit 0
fi
use_pack

devices=$(limited 60 "$binary" devices 2>&1) || die "no usable adapter: $devices"
adapter=$(sed -n 's/^\* [0-9]*  //p' <<<"$devices" | head -n 1)
name=${adapter%% (*}
[ -n "$name" ] || die "\`lepton-gpu devices\` selects no adapter: $devices"
case "$adapter" in
    *'(software,'*)
        [ -n "$software" ] ||
            die "no GPU found, only $name: check the driver with vulkaninfo, or pass --allow-software to try the script"
        ;;
    *) software='' ;;
esac

slug=$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-' | sed 's/^-//; s/-$//')
[ -n "$out" ] || out="$root/benches/results/$(date -u +%Y-%m-%d)-$slug"
mkdir -p "$out" || die "cannot create $out"
out=$(cd "$out" && pwd)
(cd "$out" && rm -f parts.tsv runs.tsv about.tsv log.txt bench.json bench.html tune-*.json peers-*.jsonl summary.md) ||
    die "cannot write to $out"
{
    printf 'began\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    printf 'adapter\t%s\n' "$adapter"
    printf 'version\t%s\n' "$("$binary" --version 2>&1 | head -n 1)"
    printf 'commit\t%s\n' "$(cat "$root/commit" 2>/dev/null ||
        git -C "$root" describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)"
    printf 'system\t%s\n' "$(uname -srm)"
    printf 'software\t%s\n' "${software:+yes}"
} >"$out/about.tsv" || die "cannot write to $out"
say "$adapter"
say "results in $out"
deadline=$((SECONDS + budget))

# ---- the parts, most important first ---------------------------------------------------------------------------------

offers() { limited 10 "$binary" "$1" --help 2>/dev/null | grep -e "$2" >/dev/null; }

part devices 20 "$binary" devices
part verify 180 "$binary" verify

quick=()
if [ -n "$software" ] && offers bench '--quick'; then quick=(--quick); fi
part bench 160 "$binary" bench ${quick[@]+"${quick[@]}"} --json "$out/bench.json" --html "$out/bench.html"

for model in seed-mnist seed-cifar resnet20 resnet18-cifar; do
    if ! limited 10 "$binary" inspect $model >/dev/null 2>&1; then
        skip "tune-$model" "unknown preset"
        continue
    fi
    part "tune-$model" 45 "$binary" tune --model $model --batch 128 --out "$out/tune-$model.json"
    [ -z "$software" ] || break
done

# MNIST if it is there; otherwise the built-in data set, which can compare f16 with f32 but not measure the target
mnist=''
if [ -n "$data" ]; then
    export LEPTON_DATA="$data"
    for folder in "$data" "$data/mnist"; do
        if compgen -G "$folder/train-images*" >/dev/null; then mnist=$(cd "$folder" && pwd) && break; fi
    done
    [ -n "$mnist" ] || say "no train-images files in $data or $data/mnist"
elif limited 20 "$binary" show mnist --out "$scratch/probe.png" >/dev/null 2>&1; then
    mnist=mnist
fi
set_name=mnist
if [ -z "$mnist" ]; then
    set_name=fashion-small mnist=fashion-small
    skip article "MNIST not found (run lepton-gpu data fetch mnist, or pass --data DIR); using fashion-small"
fi
seeds='0 1 2' size=(--epochs 5)
if [ -n "$software" ]; then seeds=0 size=(--epochs 1 --limit 2000); fi
for precision in f32 f16; do
    for seed in $seeds; do
        options=()
        [ $precision = f32 ] || options=(--precision "$precision")
        run="$scratch/$precision-$seed"
        part "train-$set_name-$precision-seed$seed" 60 "$binary" train "$mnist" --model seed-mnist "${size[@]}" \
            --batch 128 --val-split 0.1 --seed "$seed" --out "$run" ${options[@]+"${options[@]}"} || break
        accuracy=$(sed -n 's/.*"event": *"test".*"accuracy": *\([0-9.e-]*\).*/\1/p' "$run/events.jsonl" | tail -n 1)
        printf '%s\t%s\t%s\t%s\t%s\n' "$set_name" "$precision" "$seed" "$ms" "$accuracy" >>"$out/runs.tsv"
    done
done

# alternate with PyTorch in both precisions
device=cuda modes=eager,channels_last,channels_last+amp,graph,channels_last+amp+graph rounds=3 seconds=1.5 limit=120
if [ -n "$software" ]; then device=cpu modes=eager rounds=2 seconds=1 limit=150; fi
torch_test='import sys, torch; sys.exit(sys.argv[1] == "cuda" and not torch.cuda.is_available())'
if ! have "$python"; then
    skip peers "$python not found"
elif ! limited 90 "$python" -c "$torch_test" $device >/dev/null 2>&1; then
    skip peers "$python has no torch that supports $device"
else
    part peers $limit "$python" "$root/benches/peers/compare.py" "$binary" --python "$python" --peers torch \
        --device $device --modes $modes --precision f32,f16 --workload seed-mnist --batch 128 --rounds $rounds \
        --seconds $seconds --timeout 60 --budget $((limit - 10)) --out "$out"
fi

# CIFAR networks, with PyTorch in f32, TF32 and mixed precision
networks=resnet20,speednet,resnet18-cifar modes=channels_last,channels_last+tf32,channels_last+amp limit=150
if [ -n "$software" ]; then networks=resnet20 modes=channels_last limit=90; fi
if ! have "$python" || ! limited 90 "$python" -c "$torch_test" $device >/dev/null 2>&1; then
    skip networks "$python has no torch that supports $device"
else
    part networks $limit "$python" "$root/benches/peers/compare.py" "$binary" --python "$python" --peers torch \
        --device $device --modes $modes --precision f32,f16 --workload $networks --batch 128 --rounds 2 \
        --seconds 1 --timeout 60 --budget $((limit - 10)) --out "$out"
fi

if [ -n "$software" ]; then
    skip resnet50 "too slow on a software adapter"
elif ! have "$python" || ! limited 90 "$python" -c "$torch_test" $device >/dev/null 2>&1; then
    skip resnet50 "$python has no torch that supports $device"
else
    part resnet50 100 "$python" "$root/benches/peers/compare.py" "$binary" --python "$python" --peers torch \
        --device $device --modes $modes --precision f32,f16 --workload resnet50 --batch 64 --rounds 1 \
        --seconds 1 --timeout 60 --budget 90 --out "$out"
fi

steps=500
[ -z "$software" ] || steps=20
part profile 40 "$binary" train "$mnist" --model seed-mnist --batch 128 --steps $steps --profile --out "$scratch/profile"

# the recipes, as far as the time allows: seconds to the published accuracy
if limited 20 "$binary" show cifar10 --out "$scratch/probe.png" >/dev/null 2>&1; then
    for recipe in cifar10-speednet cifar10-resnet20; do
        size=()
        if [ -n "$software" ]; then size=(--limit 500 --epochs 1 --batch 64); fi
        run="$scratch/$recipe"
        part "recipe-$recipe" 300 "$binary" train --recipe "$recipe" ${size[@]+"${size[@]}"} --out "$run"
        if [ -f "$run/events.jsonl" ]; then
            mkdir -p "$out/$recipe"
            grep -E '"event":"(epoch|test)"' "$run/events.jsonl" >"$out/$recipe/events.jsonl"
            sed 's#^data = "/.*/\([^/]*\)"#data = "\1"#' "$run/config.toml" >"$out/$recipe/config.toml"
        fi
    done
else
    skip recipes "CIFAR-10 not found (run lepton-gpu data fetch cifar10, or pass --data DIR)"
fi

# ---- the summary -----------------------------------------------------------------------------------------------------

if ! have "$python" || ! "$python" "$root/scripts/gpu_summary.py" "$out"; then
    say "could not compare with the targets, which needs Python; the figures are in bench.json and runs.tsv"
    {
        printf '# %s\n\nThe results were not compared with the targets, which needs Python. Parts (name, status, milliseconds, note):\n\n' "$name"
        sed 's/^/    /' "$out/parts.tsv"
    } >"$out/summary.md"
fi
cat "$out/summary.md"
say "finished in $SECONDS s; results are in $out"
exit $failed
