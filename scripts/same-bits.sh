#!/usr/bin/env bash
# Trains nineteen short configurations and prints the SHA-256 of each checkpoint's tensors, so that two builds can be
# compared bit for bit. The data are built in or made here. Bits depend on the adapter and its driver: a kept list is of one.
#
#   scripts/same-bits.sh BINARY                 prints the hashes
#   scripts/same-bits.sh BINARY --check FILE    compares with a kept list; exit status 1 if a hash differs
#   scripts/same-bits.sh BINARY --old RUNS      keeps the runs in RUNS, for opening them with a later build
set -euo pipefail

binary=$(realpath "${1:?the binary}")
mode=${2:-}
argument=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=$work/runs
if [ "$mode" = --old ]; then runs=$(realpath -m "$argument"); fi
if [ "$mode" = --check ]; then argument=$(realpath "$argument"); fi
mkdir -p "$runs"
cd "$work"

# Pictures of 12x12 as text, and tables of labels and of numbers about them; the same on every machine.
mkdir pictures
awk 'BEGIN {
    x = 1
    print "path,round,red,dark" > "labels.csv"
    print "path,value,other" > "numbers.csv"
    for (n = 0; n < 96; n++) {
        file = "pictures/" n ".ppm"
        print "P3 12 12 255" > file
        sum = 0
        for (i = 0; i < 12 * 12 * 3; i++) {
            x = (x * 1103 + 12345) % 65536
            v = int(x / 256)
            sum += v
            print v > file
        }
        close(file)
        print file "," n % 2 "," int(n / 2) % 2 "," (sum > 55000) > "labels.csv"
        print file "," sum / 1000 "," n / 96 > "numbers.csv"
    }
    split("red green blue round dark light small large", words, " ")
    for (n = 0; n < 120; n++) {
        line = (n % 3 == 0 ? "colour" : n % 3 == 1 ? "shape" : "size") "\t"
        for (i = 0; i < 3 + n % 5; i++) { x = (x * 1103 + 12345) % 65536; line = line words[1 + int(x / 8192)] " " }
        print line "." > "texts.txt"
    }
}'

mkdir -p folder/even folder/odd
for n in $(seq 0 95); do
    if [ $((n % 2)) = 0 ]; then cp "pictures/$n.ppm" folder/even; else cp "pictures/$n.ppm" folder/odd; fi
done

# The tensors of a safetensors file: everything behind its header.
tensors() {
    local header
    header=$(od -An -tu8 -N8 "$1" | tr -d ' ')
    tail -c +$((9 + header)) "$1" | sha256sum | cut -d' ' -f1
}

failed=0
first=
# case NAME ARGUMENTS: trains and prints or compares the hash
case_() {
    local name=$1 out=$runs/$1 hash before
    shift
    if ! "$binary" train --recipe plain.toml "$@" --seed 7 --out "$out" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        echo "$name: training failed" >&2
        exit 2
    fi
    if [ -z "$first" ]; then
        first=$(sed -n 's/^adapter *//p' "$work/log" | head -1 | sed 's/ — .*//')
        echo "# $first"
        if [ "$mode" = --check ] && ! grep -qxF "# $first" "$argument"; then
            echo "the kept list is of another adapter: $(head -1 "$argument")" >&2
            exit 3
        fi
    fi
    hash=$(tensors "$out/last.safetensors")
    printf '%-22s %s\n' "$name" "$hash"
    if [ "$mode" = --check ]; then
        before=$(awk -v name="$name" '$1 == name { print $2 }' "$argument")
        if [ "$before" != "$hash" ]; then
            echo "$name differs: it was ${before:-not there}" >&2
            failed=1
        fi
    fi
}

# The settings of a file are not chosen from the data, so that a change of the defaults changes none of these runs.
echo 'learning_rate = 0.001' > plain.toml
small="--limit 700 --batch 64"
photos="--model photo-small --size 24x24x3 --batch 16 --epochs 3"
# shellcheck disable=SC2086 # lists of arguments
{
    case_ classify $small --model seed-mnist --epochs 1 --val-split 0.1
    case_ classify-f16 $small --model seed-mnist --steps 9 --precision f16
    case_ not-fused $small --model seed-mnist --steps 9 --no-fuse
    case_ accumulate $small --model seed-mnist --steps 4 --accumulate 3 --clip-norm 1
    case_ averages $small --model seed-mnist --steps 9 --ema 0.9 --optimizer adamw --schedule cosine --warmup 0.3
    case_ lookahead $small --model seed-mnist --steps 9 --lookahead 3:0.5 --optimizer sgd --nesterov --schedule one-cycle
    case_ augment $small --model seed-mnist --steps 9 --augment strong,mixup=0.2,cutmix=1 --label-smoothing 0.1
    case_ focal $small --model linear --steps 20 --loss focal --class-weights balanced --optimizer rmsprop
    case_ residual --limit 200 --batch 16 --model resnet20 --size 28x28x1 --steps 3 --optimizer sgd --weight-decay 5e-4
    case_ residual-f16 --limit 200 --batch 16 --model resnet20 --size 28x28x1 --steps 3 --precision f16 --optimizer lamb
    case_ folder folder --model photo-norm --size 64x64x3 --batch 16 --epochs 2 --val-split 0.2
    case_ speednet folder --batch 16 --model speednet --size 32x32x3 --steps 2 --optimizer muon --fit stretch
    case_ mobile --limit 64 --batch 8 --model mobilenet-v2 --size 28x28x1 --steps 2 --optimizer lion
    case_ labels labels.csv $photos --val-split 0.2
    case_ labels-focal labels.csv $photos --loss sigmoid-focal --precision f16
    case_ regress numbers.csv $photos --loss huber --normalize dataset --augment flip,crop=2
    case_ text texts.txt --model text-small --batch 16 --epochs 2 --val-split 0.2
    case_ reconstruct $small --model autoencoder --epochs 1 --normal sneaker --normalize 0.5:0.5
    case_ generate --limit 64 --batch 16 --model dcgan --steps 3
}
exit $failed
