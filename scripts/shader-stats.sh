#!/usr/bin/env bash
# What compilers of GPUs make of the program's kernels, on a machine without these GPUs: registers, waves, workgroup memory,
# spills, scratch, instructions, exposed round trips to memory (AMD), and for the Radeon RX 7900 XTX a prediction of the time.
# Mesa's drivers compile as if the GPU were there (scripts/mesa.sh downloads them into the user's cache); nothing runs, and no
# time is measured.
#
#   scripts/shader-stats.sh [GPU|PRESET]...             compile presets in f32 and f16, tables in runs/shaders
#   scripts/shader-stats.sh --check [GPU|PRESET]...     compare with the tables in benches/shaders, which are of one Mesa: fails on
#                                                       a kernel that does not compile, on a spill or scratch where the table has
#                                                       none, and on fewer waves
#   scripts/shader-stats.sh --update [GPU|PRESET]...    renew these tables
#   scripts/shader-stats.sh --spills [GPU|PRESET]...    only say which kernels spill; without a preset: of all presets
#
#   GPU       navi31 navi31@25 navi21 gfx1201 vega20 ga102 tu102 m1 a740 dg2 dg2@25 bmg (default: all of them)
#   PRESET    a built-in model (default: those of the tables)
#   LEPTON    the program (default: what `cargo build` made)
#
# Results are kept in the cache by the kernels' code: a second run compiles only what has changed. The GPUs of Intel need a
# library that is built from Mesa's source once (scripts/shader-stats/build.sh, 3 minutes).
#
# Exit status 1: worse than the tables, or a kernel does not compile. 3: not supported on this machine, or not for all GPUs.
set -euo pipefail

if ! type -P python3 >/dev/null; then
    echo "shader-stats: python3 is missing" >&2
    exit 3
fi
exec python3 "$(dirname "$0")/shader-stats" "$@"
