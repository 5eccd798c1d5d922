//! Breaks kernels on purpose, one small change each, and demands that the comparison with the twins notices. Part of the
//! library's own tests: nothing outside it can run a changed kernel.

use std::sync::Arc;

use lepton_gpu::gpu::Gpu;
use lepton_kernels::gemm::Family;
use lepton_kernels::op::Target;
use lepton_kernels::target::{Compiler, Splitting};
use lepton_kernels::{Case, Dispatch, Kernel, Mode, OPS};

mod acts;
mod adversarial;
mod augment;
mod guards;
mod losses;
mod norms;
mod optim;
mod shapes;
mod slabs;
mod text;
mod winograd;

use super::{Runs, verify};
use crate::common;

/// Which kernels a change is tried on.
#[derive(Clone, Copy, PartialEq)]
enum In {
    /// Those of the adapter.
    Own,
    /// The family of GPUs.
    Simt,
    /// The same as for compilers that unroll a slice, which multiply what is past the end of K as well.
    Unrolled,
    /// The family of GPUs, with everything split along K that can be.
    Split,
    /// The same on cooperative matrices.
    SplitMatrix,
    /// Those of the adapter, in f16.
    F16,
    /// Cooperative matrices.
    Matrix,
}
use In::{F16, Matrix, Own, Simt, Split, SplitMatrix, Unrolled};

/// (kernels, op, what stands in a shader, what is put there instead)
type Change = (In, &'static str, &'static str, &'static str);

/// Every change; a group of ops may have a file of its own in `sabotage/`.
fn changes() -> impl Iterator<Item = &'static Change> {
    let groups = [
        CHANGES,
        acts::CHANGES,
        adversarial::CHANGES,
        augment::CHANGES,
        losses::CHANGES,
        norms::CHANGES,
        optim::CHANGES,
        shapes::CHANGES,
        slabs::CHANGES,
        text::CHANGES,
        winograd::CHANGES,
    ];
    groups.into_iter().flatten()
}

const CHANGES: &[Change] = &[
    (Own, "conv2d", "for (var k = 0u; k < tile.depth;)", "for (var k = SOURCE_CG; k < tile.depth;)"),
    (Own, "conv2d", "let end = min((tile.slab + 1u) * SLAB", "let end = min((tile.slab + 1u) * SLAB - 1u"),
    (Own, "conv2d", "let there1 = k + 1u < row_end", "let there1 = k + 2u < row_end"),
    (Own, "conv2d", "total += right0", "total -= right0"),
    (Own, "conv2d", "u32(bits >> 32u)", "u32(bits)"),
    (Own, "conv2d", "V(positive[place]) > V(0.0)", "V(positive[place]) >= V(0.0)"),
    (Own, "conv2d", "+ tile.phase.first_x;", ";"),
    (Own, "conv2d", "+ tile.phase.tap_x;", ";"),
    (Own, "conv2d", "let add = bias[at.c];", "let add = bias[0];"),
    (Own, "conv2d", "let left = ox * SW - PL;", "let left = ox * SW - PL + 1u;"),
    (Own, "conv2d", "under1 = pixel(row, ix", "under1 = pixel(row, 1u + ix"),
    (Own, "conv2d", "if oy >= OH {", "if oy >= OH - 1u {"),
    (Own, "conv2d", "kx += STEP_W", "kx += STEP_W + 1u"),
    (Own, "conv2d", "over0 = pixel(row, ox", "over0 = pixel(row, 1u + ox"),
    (Own, "conv2d", "unpacked(x[to]) > V(0.0)", "unpacked(x[to]) >= V(0.0)"),
    (Own, "conv2d", "let tap_x = kx + t % TAPS_X;", "let tap_x = t % TAPS_X;"),
    (Own, "conv2d", "min((slab + 1u) * SLAB, ROWS)", "ROWS"),
    (Own, "conv2d", "part < PARTS; part++", "part < PARTS - 1u; part++"),
    (Own, "conv2d", "in_image && ix < W", "ix < W"),
    (Own, "conv2d", "dbias[slab * runs + c] = sum;", "dbias[slab * runs + c] = sum + sum;"),
    (Simt, "conv2d", "let length = min(16u, end - k0);", "let length = min(15u, end - k0);"),
    (Simt, "conv2d", "let next_k = k0 + 16u;", "let next_k = k0;"),
    (Simt, "conv2d", "let next_k = min(k0 + 16u, end - 16u);", "let next_k = k0;"),
    (Simt, "conv2d", "t.offset + i32(own_k)", "t.offset"),
    (Simt, "conv2d", "filter_line(k, tile) + own_k", "filter_line(k, tile)"),
    (Unrolled, "conv2d", "select(vec4f(0.0), next_b0,", "select(next_b0, next_b0,"),
    (Unrolled, "conv2d", "vec4<bool>(k < end, k + 1u < end,", "vec4<bool>(k < end, true,"),
    (Simt, "conv2d", "+ tile.phase.origin_y;", ";"),
    (Simt, "conv2d", "select(vec4f(0.0), next_a0", "select(vec4f(1.0), next_a0"),
    (Simt, "linear", "+ start, vec4f(0.0))", ", vec4f(0.0))"),
    (Simt, "linear", "vec4f(positive[at / 4u]) > vec4f(0.0)", "vec4f(positive[at / 4u]) >= vec4f(0.0)"),
    (Matrix, "conv2d", "part < 16u", "part < 15u"),
    (Matrix, "conv2d", "let right1 = coopLoad", "let right1 = right0; let unused1 = coopLoad"),
    (Matrix, "conv2d", "from_sum + 3u", "from_sum + 2u"),
    (Matrix, "conv2d", "select(Real4(), next_a0.value.hi, next_a0.inside)", "next_a0.value.hi"),
    (Matrix, "conv2d", "kept_b0.hi;", "kept_b0.lo;"),
    (Own, "linear", "max(sums[m - top], V(0.0))", "sums[m - top]"),
    (Own, "linear", "clamp(sums[m - top], V(0.0), V(6.0))", "max(sums[m - top], V(0.0))"),
    (Own, "linear", "(value > V(0.0)) & (value < V(6.0))", "value > V(0.0)"),
    (Simt, "linear", "vec4f(0.0), vec4f(6.0))", "vec4f(0.0), vec4f(7.0))"),
    (Own, "conv2d", "clamp(value, V(0.0), V(6.0))", "clamp(value, V(0.0), V(7.0))"),
    (Own, "linear", "bias[tile.group * N + column0", "bias[tile.group * N + 0u * column0"),
    (Own, "max_pool2d", "!(value <= best)", "!(value < best)"),
    (Own, "max_pool2d", "select(0u, 1u, iy < H && ix < W)", "select(0u, 1u, iy < H && ix < W - 1u)"),
    (
        Own,
        "max_pool2d",
        "unpack_taps(winner[o]) == Taps(ky * KW + kx)",
        "unpack_taps(winner[o]) == Taps(ky * KW + kx + 1u)",
    ),
    (Own, "max_pool2d", "ky < KH && kx < KW));", "ky < KH));"),
    (Own, "max_pool2d", "taps = select(taps, Taps(NOBODY), none);", ""),
    (Own, "max_pool2d", "taps.z << 16u", "taps.z << 24u"),
    (Own, "avg_pool2d", "return f32(KH * KW);", "return f32(KH * KW + 1u);"),
    (Own, "avg_pool2d", "ky * DH - PT", "ky * DH"),
    (Own, "global_avg_pool", "/ f32(PIXELS)", "/ f32(PIXELS + 1u)"),
    (Own, "relu", "gradient, value > V(0.0)", "gradient, value > V(0.1)"),
    (Own, "relu", "max(x[i], Real4(0.0))", "max(x[i], Real4(0.001))"),
    (Own, "add", "a[i] + b[i]", "a[i] - b[i]"),
    (Own, "add", "unpacked(dy[i]) + unpacked(dy_too[i])", "unpacked(dy[i])"),
    (Own, "softmax_cross_entropy", "value > best.value", "value >= best.value"),
    (Own, "softmax_cross_entropy", "exp(f32(logits[first + c]) - best.value)", "exp(f32(logits[first + c]))"),
    (Simt, "softmax_cross_entropy", "other.answer < best.answer", "other.answer > best.answer"),
    (Simt, "softmax_cross_entropy", "i = 0u; i < THREADS", "i = 1u; i < THREADS"),
    (Own, "softmax_cross_entropy", "scaled_weight * (probability", "(probability"),
    (Own, "softmax_cross_entropy", "return loss_scale[LOSS_SCALE_FACTOR];", "return loss_scale[LOSS_SCALE_INVERSE];"),
    (Own, "record", "i < 64u", "i < 63u"),
    (Own, "sgd", "MOMENTUM * m[i] + d", "MOMENTUM * m[i] + sum.gradient"),
    (Own, "sgd", "select(velocity, d + MOMENTUM * velocity, NESTEROV)", "velocity"),
    (Simt, "sgd", "for (var lane = 1u; lane < lanes; lane++)", "for (var lane = 2u; lane < lanes; lane++)"),
    (Own, "adam", "+ EPSILON", "+ 0.01"),
    (Own, "adam", "(1.0 - BETA2) * d * d", "(1.0 - BETA2) * d"),
    (Simt, "adam", "slab += lanes", "slab += 2u * lanes"),
    (Own, "adam", "gradients[first + slab * stride]", "gradients[first + slab]"),
    (F16, "adam", "shadow[word] = Real(value);", ""),
    (F16, "adam", "return loss_scale[LOSS_SCALE_OVERFLOWED] != 0.0;", "return false;"),
    (F16, "sgd", "return scaled * loss_scale[LOSS_SCALE_INVERSE];", "return scaled;"),
    (F16, "cast", "y[i] = Real4(x[i]);", "y[i] = Real4(x[i] * 1.01);"),
    (Own, "cast", "y[i] = Real4(x[i]);", "y[i] = Real4(x[i] * 1.01);"),
    (Own, "overflow", "quad < QUADS; quad += COUNT", "quad < QUADS - 1u; quad += COUNT"),
    (Own, "loss_scale", "good >= INTERVAL", "good > INTERVAL"),
    (Own, "batch_index", "permute(step.range_start + within", "permute(within"),
    (Own, "batch_place", "step.window_start + row", "row"),
    (Own, "batch_images", "value % 4u * 8u", "value % 4u * 4u"),
    (Own, "batch_images", "default: { return bytes3[word]; }", "default: { return bytes2[word]; }"),
    (Own, "batch_images", "let part = min(value / PART, 3u);", "let part = min(value / (PART + 1u), 3u);"),
    (Own, "batch_images", "normalised(word >> 16u, i + 2u)", "normalised(word >> 24u, i + 2u)"),
];

fn split(target: Target) -> Target {
    Target { splitting: Some(Splitting::ALWAYS), ..target }
}

/// The target that a change is tried on, where this adapter has it.
fn target(gpu: &Gpu, own: &Target, which: In) -> Option<Target> {
    match which {
        Own => Some(own.clone()),
        Simt => Some(Target::f32(Family::Simt)),
        Split => Some(split(Target::f32(Family::Simt))),
        SplitMatrix => Some(split(Target { matrix: Some(common::matrix(gpu)?), ..common::f16(gpu)? })),
        Unrolled => Some(Target { compiler: Compiler::KNOWN[0], ..Target::f32(Family::Simt) }),
        F16 => Some(Target { matrix: None, ..common::f16(gpu)? }),
        Matrix => Some(Target { matrix: Some(common::matrix(gpu)?), ..common::f16(gpu)? }),
    }
}

fn changed(dispatch: Dispatch, from: &str, to: &str) -> Dispatch {
    let kernel = &dispatch.kernel;
    let source = kernel.source.replace(from, to).into();
    Dispatch { kernel: Arc::new(Kernel { source, ..(**kernel).clone() }), ..dispatch }
}

/// Whether any kernel of a case holds `text`.
fn holds(case: &Case, target: &Target, text: &str) -> bool {
    let shapes = case.shapes();
    let wanted: Vec<bool> = (0..shapes.len()).map(|i| case.op.differentiable(i)).collect();
    let lowered = [
        case.op.forward(&shapes, Mode::Train, target),
        case.op.forward(&shapes, Mode::Infer, target),
        case.op.backward(&shapes, &wanted, target),
    ];
    lowered.iter().flat_map(|l| &l.dispatches).any(|dispatch| dispatch.kernel.source.contains(text))
}

fn on_matrices(which: In) -> bool {
    matches!(which, Matrix | SplitMatrix)
}

/// Ops whose kernels are matrix products; the families have each their own.
fn is_product(op: &str) -> bool {
    matches!(op, "conv2d" | "conv_transpose2d" | "linear")
}

/// Tries the changes that `wanted` picks by their kernels and their op, each on the cases that it touches until one notices.
fn check(wanted: impl Fn(In, &str) -> bool) {
    let Some(gpu) = common::gpu() else { return };
    let own = gpu.target();
    let mut unnoticed = Vec::new();
    for (which, op, from, to) in changes().filter(|change| wanted(change.0, change.1)) {
        let Some(target) = target(&gpu, &own, *which) else { continue };
        let gpu = gpu.with_target(target.clone()).expect("the adapter has it");
        let entry = OPS.iter().find(|e| e.name == *op).expect("the op exists");
        let cases = (entry.cases)();
        let runs = cases.iter().filter(|case| case.runs_in(target.precision));
        let touched: Vec<&Case> = runs.filter(|case| holds(case, &target, from)).collect();
        // the text of the products differs between families; changes of `lane` cannot be tried on a GPU
        let other_family = is_product(op) && *which == Own && own.family == Family::Simt;
        assert!(!touched.is_empty() || other_family, "{op}: no shader says `{from}`");
        let alter = |dispatch: Dispatch| changed(dispatch, from, to);
        let notices = |case: &&Case| {
            let verdict = verify(&gpu, entry.name, std::slice::from_ref(*case), Runs { alter: &alter, ..Runs::PLAIN });
            !verdict.expect("the device works").passed()
        };
        if !touched.is_empty() && !touched.iter().any(notices) {
            unnoticed.push(format!("{op}: `{from}` -> `{to}`"));
        }
    }
    assert!(unnoticed.is_empty(), "nobody noticed\n{}", unnoticed.join("\n"));
}

// two tests, so that two devices compile at a time
#[test]
fn every_change_of_a_product_is_noticed() {
    check(|which, op| !on_matrices(which) && is_product(op));
}

#[test]
fn every_change_of_another_op_is_noticed() {
    check(|which, op| !on_matrices(which) && !is_product(op));
}

#[test]
fn every_change_of_cooperative_matrices_is_noticed() {
    check(|which, _| on_matrices(which));
}

#[test]
fn every_op_has_a_saboteur() {
    for entry in OPS.iter().filter(|e| !matches!(e.name, "flatten" | "reshape")) {
        assert!(changes().any(|(_, op, ..)| *op == entry.name), "{} has none (views run nothing)", entry.name);
    }
}
