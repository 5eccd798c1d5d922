//! Kernels that do one thing as fast as a device can: what `bench` measures a device's ceilings with.
//!
//! Each keeps its results alive by a store that never happens, so that arithmetic is not disturbed by memory. They are no
//! ops: nothing plans them, and they have no twins.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::dispatch::{Binding, Dispatch, Elementwise, Kernel, Operand, WORKGROUP, fold, read, update, write};
use crate::dtype::Precision;
use crate::target::Matrix;

/// Rounds of a loop: far from the 65,535 iterations after which some drivers stop a shader.
const ROUNDS: u32 = 384;
/// Multiply-adds of each chain in a round.
const UNROLL: usize = 8;
/// Chains of four numbers of a thread in [`multiply_add`].
const CHAINS: usize = 16;
/// Products of each sum in a round of [`matrix`].
const PRODUCTS: usize = 4;
/// Left and right matrices of [`matrix`].
const SIDES: [usize; 2] = [2, 4];

/// Quads of numbers that [`multiply_add`] reads from `X(0)`: three starts, then factor and addend.
pub const COEFFICIENTS: [f32; 16] =
    [0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 0.75, 0.75, 0.5, 0.25, 0.5, 0.25];

/// Quads that a thread of [`copy`] may move: devices differ in what suits them.
pub const COPY_QUADS: [usize; 2] = [1, 4];
/// What a copy's size is a multiple of.
pub const COPY_BYTES: u64 = WORKGROUP as u64 * 4 * 16;

/// Chains of multiply-adds in registers. Binds [`COEFFICIENTS`] as `X(0)` and one quad as `Y(0)`.
pub fn multiply_add(precision: Precision, groups: usize) -> Dispatch {
    // all multiply-adds of a chain stand together, so that what is kept in memory is touched once in a round
    let chains = || 0..CHAINS;
    let start = |i: usize| format!("var p{i} = coefficients[{}] + own * Real({i}.0);\n    ", i % 3);
    let turn = |i: usize| format!("p{i} = fma(p{i}, a, b);\n        ").repeat(UNROLL);
    let sum = chains().map(|i| format!("p{i}")).collect::<Vec<_>>().join(" + ");
    let name = match precision {
        Precision::F32 => "ceiling/fma_f32",
        Precision::F16 => "ceiling/fma_f16",
    };
    let mut dispatch =
        elementwise(name, include_str!("fma.wgsl"), precision, groups, &[read(Operand::X(0)), write(Operand::Y(0))]);
    let kernel = Arc::make_mut(&mut dispatch.kernel);
    let texts = [
        ("// CHAINS\n", format!("{}\n", chains().map(start).collect::<String>())),
        ("// UNROLL\n", format!("{}\n", chains().map(turn).collect::<String>())),
        ("// SUM\n", format!("let sum = {sum};\n")),
    ];
    for (place, text) in texts {
        kernel.source = kernel.source.replacen(place, &text, 1).into();
    }
    kernel.constants.push(("ROUNDS", ROUNDS.into()));
    dispatch.iterations = ROUNDS.into();
    dispatch.multiply_adds = groups as u64 * u64::from(WORKGROUP * ROUNDS) * (UNROLL * CHAINS * 4) as u64;
    dispatch
}

/// Copies `bytes` bytes, a multiple of [`COPY_BYTES`], from `X(0)` to `Y(0)`, so many quads a thread.
pub fn copy(bytes: u64, quads: usize) -> Dispatch {
    let bindings = [read(Operand::X(0)), write(Operand::Y(0))];
    let groups = (bytes / (16 * u64::from(WORKGROUP) * quads as u64)) as usize;
    let mut dispatch = elementwise("ceiling/copy", include_str!("copy.wgsl"), Precision::F32, groups, &bindings);
    let kernel = Arc::make_mut(&mut dispatch.kernel);
    kernel.constants.push(("QUADS", quads.into()));
    // all loads before the first store: a store might change what a later load reads
    let loads = (0..quads).map(|i| format!("    let quad{i} = x[at + {i}u * WORKGROUP];\n"));
    let stores = (0..quads).map(|i| format!("    y[at + {i}u * WORKGROUP] = quad{i};\n"));
    kernel.source = kernel.source.replacen("    // UNROLL\n", &loads.chain(stores).collect::<String>(), 1).into();
    dispatch
}

/// One thread that adds 1 to the first word of `X(0)`.
pub fn touch() -> Dispatch {
    const TOUCH: Elementwise =
        Elementwise { name: "ceiling/touch", source: include_str!("touch.wgsl"), per_step: false, includes: &[] };
    TOUCH.launch(Precision::F32, 1, 0, &[], &[update(Operand::X(0))])
}

/// Products of cooperative matrices in registers. Binds [`matrix_operand`] f16 numbers as `X(0)` and one word as `Y(0)`.
pub fn matrix(matrix: Matrix, groups: usize) -> Dispatch {
    let [side, subgroup] = [matrix.side, matrix.subgroup].map(|n| n.to_string());
    let [loads, unrolled, sums] = matrix_text();
    let source = include_str!("matrix.wgsl")
        .replacen("// LOADS\n", &loads, 1)
        .replacen("// UNROLL\n", &unrolled, 1)
        .replacen("// SUMS\n", &sums, 1)
        .replace("SIDE", &side)
        .replace("SUBGROUP", &subgroup);
    let products = (SIDES[0] * SIDES[1] * PRODUCTS) as u64 * u64::from(ROUNDS);
    let kernel = Kernel {
        name: format!("ceiling/matrix_f16 {side}x{side}").into(),
        source: source.into(),
        constants: vec![("ROUNDS", ROUNDS.into())],
        per_step: false,
        workgroup: matrix.subgroup,
    };
    Dispatch {
        kernel: kernel.into(),
        bindings: vec![read(Operand::X(0)), write(Operand::Y(0))],
        groups: fold(groups),
        iterations: u64::from(ROUNDS) + u64::from(matrix.side).pow(2) * 6 / u64::from(matrix.subgroup),
        multiply_adds: fold(groups).map(u64::from).iter().product::<u64>() * products * u64::from(matrix.side).pow(3),
        tuning: None,
    }
}

/// Numbers in f16 that [`matrix`] reads.
pub fn matrix_operand(matrix: Matrix) -> usize {
    (matrix.side as usize).pow(2) * (SIDES[0] + SIDES[1])
}

/// Loads of all matrices, one round of products, and what reads the sums.
fn matrix_text() -> [String; 3] {
    let [mut loads, mut unrolled, mut totals] = [const { String::new() }; 3];
    for i in 0..SIDES[0] {
        let _ = writeln!(loads, "    let left{i} = coopLoadT<Left>(&loaded[SIZE * {i}u], row);");
    }
    for j in 0..SIDES[1] {
        let _ = writeln!(loads, "    let right{j} = coopLoadT<Right>(&loaded[SIZE * {}u], row);", SIDES[0] + j);
    }
    let sums: Vec<_> = (0..SIDES[0]).flat_map(|i| (0..SIDES[1]).map(move |j| (i, j))).collect();
    for (i, j) in &sums {
        // a statement, since some drivers get a variable's initial value wrong (gemm/coop.wgsl.j2)
        let _ = writeln!(loads, "    var acc{i}_{j}: Sums;\n    acc{i}_{j} = Sums();");
        let _ = writeln!(
            totals,
            "    workgroupBarrier();\n    coopStoreT(acc{i}_{j}, &sums[0], row_of_sums);\n    workgroupBarrier();\n    total += sums[lane];"
        );
    }
    for (i, j) in sums.iter().cycle().take(sums.len() * PRODUCTS) {
        let _ = writeln!(unrolled, "        acc{i}_{j} = coopMultiplyAdd(left{i}, right{j}, acc{i}_{j});");
    }
    [loads, unrolled, totals]
}

fn elementwise(
    name: &'static str,
    source: &'static str,
    precision: Precision,
    groups: usize,
    bindings: &[Binding],
) -> Dispatch {
    let own = Elementwise { name, source, per_step: false, includes: &[] };
    own.launch(precision, groups * WORKGROUP as usize, 0, &[], bindings)
}
