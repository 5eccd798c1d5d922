//! Breaks kernels on purpose, one small change each, and demands that the comparison with the twins notices.

use std::sync::Arc;

use lepton_gpu::verify::verify_op;
use lepton_kernels::gemm::Family;
use lepton_kernels::op::Target;
use lepton_kernels::{Dispatch, Kernel, OPS};

mod common;

/// (op, what stands in a shader, what is put there instead)
const CHANGES: &[(&str, &str, &str)] = &[
    ("conv2d", "for (var k = 0u; k < K; k++)", "for (var k = 1u; k < K; k++)"),
    ("conv2d", "let end = min((tile.slab + 1u) * SLAB, K);", "let end = min((tile.slab + 1u) * SLAB, K) - 1u;"),
    ("conv2d", "select(f32(0.0), a[", "select(f32(1.0), a["),
    ("conv2d", "total += right", "total -= right"),
    ("conv2d", "at += COUNT", "at += 2u * COUNT"),
    ("conv2d", "k < 16u; k++", "k < 15u; k++"),
    ("conv2d", "k0 + 16u < end", "k0 + 32u < end"),
    ("conv2d", "let add = bias[at.c];", "let add = bias[0];"),
    ("conv2d", "let left = ox * SW - PL;", "let left = ox * SW - PL + 1u;"),
    ("conv2d", "under1 = pixel(row, ix", "under1 = pixel(row, 1u + ix"),
    ("conv2d", "if oy >= OH {", "if oy >= OH - 1u {"),
    ("conv2d", "kx += STEP_W", "kx += STEP_W + 1u"),
    ("conv2d", "over0 = pixel(row, ox", "over0 = pixel(row, 1u + ox"),
    ("conv2d", "V(x[to]) > V(0.0)", "V(x[to]) >= V(0.0)"),
    ("conv2d", "let tap_x = kx + t % TAPS_X;", "let tap_x = t % TAPS_X;"),
    ("conv2d", "min((slab + 1u) * SLAB, ROWS)", "ROWS"),
    ("conv2d", "part < PARTS; part++", "part < PARTS - 1u; part++"),
    ("conv2d", "in_image && ix < W", "ix < W"),
    ("conv2d", "dbias[slab * runs + c] = sum;", "dbias[slab * runs + c] = sum + sum;"),
    ("linear", "+ start, vec4f(0.0))", ", vec4f(0.0))"),
    ("linear", "max(sums[m - top], V(0.0))", "sums[m - top]"),
    ("linear", "bias[tile.group * N + column0", "bias[tile.group * N + 0u * column0"),
    ("max_pool2d", "!(value <= best.value)", "!(value < best.value)"),
    ("max_pool2d", "iy < H && ix < W", "iy < H && ix < W - 1u"),
    ("max_pool2d", "& 255u) == tap", "& 255u) == tap + 1u"),
    ("max_pool2d", "&& kx < KW {", "{"),
    ("max_pool2d", "best = Winner(0.0, NOBODY);", "best = Winner(0.0, best.tap);"),
    ("avg_pool2d", "return f32(KH * KW);", "return f32(KH * KW + 1u);"),
    ("avg_pool2d", "ky * DH - PT", "ky * DH"),
    ("global_avg_pool", "/ f32(PIXELS)", "/ f32(PIXELS + 1u)"),
    ("relu", "y[i] > 0.0", "y[i] > 0.1"),
    ("relu", "max(x[i], 0.0)", "max(x[i], 0.001)"),
    ("add", "a[i] + b[i]", "a[i] - b[i]"),
    ("softmax_cross_entropy", "value > largest", "value >= largest"),
    ("softmax_cross_entropy", "exp(logits[first + c] - largest)", "exp(logits[first + c])"),
    ("softmax_cross_entropy", "select(0.0, weight * (probability", "select(0.0, (probability"),
    ("record", "i < 64u", "i < 63u"),
    ("sgd", "MOMENTUM * m[i] + d", "MOMENTUM * m[i] + g[i]"),
    ("sgd", "select(velocity, d + MOMENTUM * velocity, NESTEROV)", "velocity"),
    ("adam", "+ EPSILON", "+ 0.01"),
    ("adam", "(1.0 - BETA2) * d * d", "(1.0 - BETA2) * d"),
    ("batch_index", "permute(step.range_start + within", "permute(within"),
    ("batch_images", "position % 4u * 8u", "position % 4u * 4u"),
];

/// Those of them that stand in the family of GPUs only.
const SIMT: &[&str] = &["k < 16u; k++", "k0 + 16u < end", "+ start, vec4f(0.0))"];

fn changed(dispatch: Dispatch, from: &str, to: &str) -> Dispatch {
    let kernel = &dispatch.kernel;
    let source = kernel.source.replace(from, to).into();
    Dispatch { kernel: Arc::new(Kernel { source, ..(**kernel).clone() }), ..dispatch }
}

#[test]
fn every_change_is_noticed() {
    let Some(mut gpu) = common::gpu() else { return };
    let own = gpu.target();
    let mut unnoticed = Vec::new();
    for (op, from, to) in CHANGES {
        let simt_only = SIMT.contains(from);
        gpu.set_target(if simt_only { Target::f32(Family::Simt) } else { own.clone() });
        let entry = OPS.iter().find(|e| e.name == *op).expect("the op exists");
        let applied = std::cell::Cell::new(false);
        let alter = |dispatch: Dispatch| {
            applied.set(applied.get() | dispatch.kernel.source.contains(from));
            changed(dispatch, from, to)
        };
        let verdict = verify_op(&gpu, entry, &alter).expect("the device works");
        // the text of the products differs between families; changes of `lane` cannot be tried on a GPU
        let other_family = matches!(*op, "conv2d" | "linear") && !simt_only && own.family == Family::Simt;
        assert!(applied.get() || other_family, "{op}: no shader says `{from}`");
        if verdict.passed() && applied.get() {
            unnoticed.push(format!("{op}: `{from}` -> `{to}`"));
        }
    }
    assert!(unnoticed.is_empty(), "nobody noticed\n{}", unnoticed.join("\n"));
}

#[test]
fn every_op_has_a_saboteur() {
    for entry in OPS.iter().filter(|e| e.name != "flatten") {
        assert!(CHANGES.iter().any(|(op, _, _)| *op == entry.name), "{} has none (flatten runs nothing)", entry.name);
    }
}
