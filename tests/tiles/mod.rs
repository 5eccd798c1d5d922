//! Every tile that can be chosen for a product gives the same bits as the one that the rules choose. Part of the library's
//! own tests: nothing outside it can run a single kernel.

use lepton_gpu::gpu::{Checks, Content, Gpu, OpRun};
use lepton_kernels::op::{Dtype, Precision, Target};
use lepton_kernels::target::{Family, Splitting};
use lepton_kernels::tuning::{Tiles, Tuning};
use lepton_kernels::{Access, Case, Dispatch, Lowered, Mode, OPS, Operand, random};

use crate::common;

/// Products in a lowering, with the launch of each.
fn products(lowered: &Lowered) -> Vec<(Tuning, Dispatch)> {
    lowered.dispatches.iter().filter_map(|d| Some((d.tuning.clone()?, d.clone()))).collect()
}

/// Noise for an operand, from its own stream.
fn noise(words: usize, stream: u64, precision: Precision) -> Vec<u8> {
    let value = |i: usize| random::normal(3, stream, i as u64) as f32;
    match precision {
        Precision::F32 => (0..words).flat_map(|i| value(i).to_le_bytes()).collect(),
        Precision::F16 => (0..words).flat_map(|i| half::f16::from_f32(value(i)).to_le_bytes()).collect(),
    }
}

/// What a launch writes, with every operand filled alike whatever the tile.
fn run(gpu: &Gpu, case: &Case, dispatch: &Dispatch, precision: Precision) -> Vec<Vec<u8>> {
    let most = case.inputs.iter().map(|i| i.shape.count()).max().unwrap();
    let mut memory = OpRun::default();
    for (number, binding) in dispatch.bindings.iter().enumerate() {
        // biases are f32 in both; a weight gradient's slabs are cut by the rules alone, so room for many will do
        let bias = matches!(binding.operand, Operand::X(2));
        let bytes = noise(
            if bias { 4096 } else { most.max(1 << 16) },
            number as u64,
            if bias { Precision::F32 } else { precision },
        );
        let room = Dtype::F32.bytes(1 << 21, precision);
        let read = binding.access == Access::Read;
        memory.add(binding.operand, if read { Content::exactly(bytes) } else { Content::zeros(room) });
    }
    let step = Default::default();
    memory.run(gpu, std::slice::from_ref(dispatch), &step, Checks::Off).expect("the device works");
    let written = dispatch.bindings.iter().filter(|binding| binding.access != Access::Read);
    written.map(|binding| memory.bytes(binding.operand).to_vec()).collect()
}

fn check(gpu: &Gpu, target: &Target) -> usize {
    let mut compared = 0;
    let lower = |case: &Case, target: &Target| {
        let shapes = case.shapes();
        let mut all = products(&case.op.forward(&shapes, Mode::Train, target));
        all.extend(products(&case.op.backward(&shapes, &vec![true; shapes.len()], target)));
        all
    };
    let entry = OPS.iter().find(|e| e.name == "conv2d").unwrap();
    // cases without padding to the side read within what noise fills
    for case in (entry.cases)().iter().filter(|c| c.reason.contains("many tiles") || c.reason.contains("four phases")) {
        for (i, (tuning, rule)) in lower(case, target).into_iter().enumerate() {
            let want = run(gpu, case, &rule, target.precision);
            assert!(want.iter().any(|w| w.iter().any(|&b| b != 0)), "{} writes nothing", rule.kernel.name);
            for &tile in &tuning.tiles[1..] {
                let tiles = Tiles::new([(tuning.product.clone(), tile)]);
                let (_, other) = lower(case, &Target { tiles, ..target.clone() }).swap_remove(i);
                assert!(other.kernel.name.contains(&tile.to_string()), "{} should be {tile}", other.kernel.name);
                let got = run(gpu, case, &other, target.precision);
                assert!(want == got, "{}: {} and {} differ", case.reason, rule.kernel.name, other.kernel.name);
                compared += 1;
            }
        }
    }
    compared
}

#[test]
fn tiles_change_no_bit() {
    let Some(gpu) = common::gpu() else { return };
    assert!(check(&gpu, &gpu.target()) >= 8, "few tiles were compared");
    let simt = Target { splitting: None, ..Target::f32(Family::Simt) };
    assert!(check(&gpu, &simt) >= 15, "few tiles were compared");
    let split = Target { splitting: Some(Splitting::ALWAYS), ..simt };
    assert!(check(&gpu, &split) >= 15, "few tiles were compared");
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

#[test]
fn slabs_are_added_in_their_order() {
    let Some(gpu) = common::gpu() else { return };
    let target = Target { splitting: Some(Splitting::ALWAYS), ..Target::f32(Family::Simt) };
    let entry = OPS.iter().find(|e| e.name == "linear").unwrap();
    let case = (entry.cases)().into_iter().find(|c| c.reason.contains("440 features, no bias")).unwrap();
    let lowered = case.op.forward(&case.shapes(), Mode::Infer, &target);
    let [_, outputs] = [0, 1].map(|i| case.shapes()[1].sizes()[i]);
    let slabs = lowered.scratch[0] / outputs;
    let mut memory = OpRun::default();
    for (i, shape) in case.shapes().iter().enumerate() {
        memory.add(Operand::X(i), Content::exactly(noise(shape.count(), i as u64, target.precision)));
    }
    memory.add(Operand::Y(0), Content::zeros(outputs as u64 * 4));
    memory.add_working(&lowered, Content::zeros);
    memory.run(&gpu, &lowered.dispatches, &Default::default(), Checks::Off).expect("the device works");
    let partial = numbers(memory.bytes(Operand::Scratch(0)));
    let sum = |order: &mut dyn Iterator<Item = usize>, at: usize| {
        order.map(|slab| partial[slab * outputs + at]).reduce(|sum, slab| sum + slab).unwrap()
    };
    let forwards: Vec<f32> = (0..outputs).map(|at| sum(&mut (0..slabs), at)).collect();
    let backwards: Vec<f32> = (0..outputs).map(|at| sum(&mut (0..slabs).rev(), at)).collect();
    assert!(slabs > 8 && forwards != backwards, "{slabs} slabs whose order does not matter");
    assert!(numbers(memory.bytes(Operand::Y(0)))[..outputs] == forwards, "not the sum of the slabs in order");
}

#[test]
fn tiles_of_cooperative_matrices_change_no_bit() {
    let Some(gpu) = common::gpu() else { return };
    let Some(matrix) = common::matrix(&gpu) else { return };
    let target = gpu.target_in(Precision::F16).expect("matrices are of f16");
    let whole = Target { matrix: Some(matrix), splitting: None, ..target };
    assert!(check(&gpu, &whole) >= 5, "few tiles were compared");
    let split = Target { splitting: Some(Splitting::ALWAYS), ..whole };
    assert!(check(&gpu, &split) >= 5, "few tiles were compared");
}
