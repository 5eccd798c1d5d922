//! Every op, every case, both directions: the adapter's numbers against the f64 twins; in every family of products and in
//! both precisions.

use lepton_gpu::gpu::{Gpu, GpuOptions};
use lepton_gpu::verify::{Checklist, Way, verify_op, ways};
use lepton_kernels::gemm::Family;
use lepton_kernels::op::{Precision, Target};
use lepton_kernels::target::{Compiler, Splitting};
use lepton_kernels::{Mode, OPS};

mod common;

fn check_everything(gpu: &Gpu, target: Target) {
    check(gpu, target, |_| true);
}

fn check(gpu: &Gpu, target: Target, wanted: impl Fn(&str) -> bool) {
    let mut failures = Vec::new();
    println!("{} {} {:?}", target.family, target.precision, target.matrix);
    let loosest = if target.precision == Precision::F16 { 6e-4 } else { 1e-5 };
    let gpu = &gpu.with_target(target).expect("the adapter has it");
    for entry in OPS.iter().filter(|entry| wanted(entry.name)) {
        let verdict = verify_op(gpu, entry.name).expect("the device works");
        println!(
            "{:<24} {:>2} cases  {:.1e}  {:.1e}",
            verdict.op,
            verdict.cases,
            verdict.forward,
            verdict.backward.unwrap_or(0.0)
        );
        assert!(verdict.tolerance <= loosest, "{} has a loose tolerance", verdict.op);
        failures.extend(verdict.failures.iter().map(|f| format!("{}: {f}", verdict.op)));
    }
    assert!(failures.is_empty(), "{} on {}:\n{}", gpu.target().family, gpu.summary().name, failures.join("\n"));
}

#[test]
fn ops_agree_with_their_twins() {
    let Some(gpu) = common::gpu() else { return };
    let target = gpu.target();
    check_everything(&gpu, target);
}

#[test]
fn ops_agree_with_their_twins_in_the_family_of_gpus() {
    let Some(gpu) = common::gpu() else { return };
    check_everything(&gpu, Target::f32(Family::Simt));
}

#[test]
fn products_agree_with_their_twins_as_a_known_compiler_gets_them() {
    let Some(gpu) = common::gpu() else { return };
    let target = Target { compiler: Compiler::KNOWN[0], ..Target::f32(Family::Simt) };
    check(&gpu, target, |op| ["conv2d", "linear"].contains(&op));
}

/// The ops that are matrix products.
const PRODUCTS: [&str; 3] = ["conv2d", "conv_transpose2d", "linear"];

/// As if a GPU had workgroups without end, and a launch cost nothing: everything is split that can be.
fn split(target: Target) -> Target {
    Target { splitting: Some(Splitting::ALWAYS), ..target }
}

#[test]
fn products_agree_with_their_twins_in_slabs() {
    let Some(gpu) = common::gpu() else { return };
    check(&gpu, split(Target::f32(Family::Simt)), |op| PRODUCTS.contains(&op));
    if let Some(target) = common::f16(&gpu) {
        let simt = Target { matrix: None, family: Family::Simt, ..target };
        check(&gpu, split(simt), |op| PRODUCTS.contains(&op));
    }
}

#[test]
fn products_on_cooperative_matrices_agree_with_their_twins_in_slabs() {
    let Some(gpu) = common::gpu() else { return };
    let Some(matrix) = common::matrix(&gpu) else { return };
    let target = gpu.target_in(Precision::F16).expect("matrices are of f16");
    let target = split(Target { matrix: Some(matrix), ..target });
    let compared = split_cases(&target);
    assert!(compared.iter().any(|what| what.contains("coop")), "no product on matrices is split: {compared:?}");
    check(&gpu, target, |op| PRODUCTS.contains(&op));
}

/// What is split in the cases of products: directions with their families, and what ends them.
fn split_cases(target: &Target) -> Vec<String> {
    let mut found = Vec::new();
    for case in OPS.iter().filter(|entry| PRODUCTS.contains(&entry.name)).flat_map(|entry| (entry.cases)()) {
        let shapes = case.shapes();
        let lowered = [
            case.op.forward(&shapes, Mode::Train, target),
            case.op.backward(&shapes, &vec![true; shapes.len()], target),
        ];
        for pair in lowered.iter().flat_map(|lowered| lowered.dispatches.windows(2)) {
            let (product, add) = (&pair[0].kernel, &pair[1].kernel);
            if add.name.contains("/add ") {
                let ends =
                    ["bias[", "positive[", "max(", "clamp("].map(|end| if add.source.contains(end) { end } else { "" });
                let phases = if product.source.contains("tile.phase.slab") { "phases " } else { "" };
                let groups = if product.source.contains("const GROUPS = 1u") { "" } else { "groups " };
                let ragged = if product.source.contains("max(end, ") { "ragged " } else { "" };
                found.push(format!("{} {phases}{groups}{ragged}{}", product.name, ends.join("")));
            }
        }
    }
    found
}

#[test]
fn cases_of_products_in_slabs_have_every_end() {
    let found = split_cases(&split(Target::f32(Family::Simt)));
    for words in [
        ["forward/", "ragged"],
        ["grad_input/", "ragged"],
        ["forward/", "groups"],
        ["grad_input/", "groups"],
        ["forward/", "bias[max("],
        ["forward/", "bias[clamp("],
        ["grad_input/", "bias["],
        ["grad_input/", "positive["],
        ["grad_input/", "phases"],
    ] {
        assert!(found.iter().any(|what| words.iter().all(|w| what.contains(w))), "{words:?} in none of {found:#?}");
    }
}

#[test]
fn ops_agree_with_their_twins_in_f16() {
    let Some(gpu) = common::gpu() else { return };
    let Some(target) = common::f16(&gpu) else { return };
    check_everything(&gpu, Target { matrix: None, ..target });
}

#[test]
fn ops_agree_with_their_twins_in_f16_in_the_family_of_gpus() {
    let Some(gpu) = common::gpu() else { return };
    let Some(target) = common::f16(&gpu) else { return };
    check_everything(&gpu, Target { matrix: None, family: Family::Simt, ..target });
}

#[test]
fn ops_agree_with_their_twins_on_cooperative_matrices() {
    let Some(gpu) = common::gpu() else { return };
    let Some(matrix) = common::matrix(&gpu) else { return };
    let target = gpu.target_in(Precision::F16).expect("matrices are of f16");
    check_everything(&gpu, Target { matrix: Some(matrix), ..target });
}

/// Shaders run without run-time checks. With them they compute the same: as few cases as meet every op in every way, and
/// every kernel. `LEPTON_CHECKED=1` runs all tests with checks.
#[test]
fn ops_agree_with_their_twins_with_run_time_checks() {
    let Some(gpu) = common::gpu_with(&GpuOptions { checked: true, ..GpuOptions::from_env() }) else { return };
    // indices of cooperative matrices cannot be checked
    let own = ways(&gpu).into_iter().filter(|way| way.target.matrix.is_none());
    let simt = |way: Way| Way { name: "simt", target: Target { family: Family::Simt, ..way.target } };
    let slabs = |way: Way| Way { name: "slabs", target: split(Target { family: Family::Simt, ..way.target }) };
    let ways: Vec<Way> = own.flat_map(|way| [way.clone(), simt(way.clone()), slabs(way)]).collect();
    let list = Checklist::in_ways(ways, None).unwrap().quick();
    let rows = list.run(&[gpu], &mut |_| {}).expect("the device works");
    let wrong = rows.iter().filter(|row| !row.verdict.passed());
    let failures: Vec<String> =
        wrong.map(|row| format!("{} in {}: {:?}", row.verdict.op, row.way, row.verdict.failures)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{} cases, {} left out", list.cases(), list.left_out());
    assert!(rows.iter().all(|row| row.verdict.cases > 0), "an op has no case");
}
