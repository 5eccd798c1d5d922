//! The node tests of ONNX whose ops are read here: each passes, or is refused with a reason. The folder is
//! onnx/backend/test/data/node of the Python package, or what tests/onnx/nodes.py makes of newer versions.

use std::collections::BTreeMap;
use std::path::Path;

use lepton_gpu::gpu::Gpu;
use lepton_gpu::onnx::proto::{self, Tensor};
use lepton_gpu::onnx::{FUNCTIONS, IMPORTS, Inputs, MOVES, Reading, answers, import};
use prost::Message;

use crate::common;
use crate::files::{channels_last, difference, floats};

/// What became of a test.
#[derive(Debug)]
enum Outcome {
    Passed,
    Refused(String),
    Failed(String),
}

fn is_read(op: &str) -> bool {
    IMPORTS.iter().any(|import| import.op == op) || FUNCTIONS.contains(&op) || MOVES.contains(&op)
}

/// What ONNX's own runner of these tests allows, 1e-3 of each number: some of the wanted numbers have four digits.
fn are_close(wanted: &[f32], found: &[f32]) -> bool {
    let largest = wanted.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-3 * a.abs() + 1e-6 * largest + 1e-7;
    wanted.len() == found.len() && wanted.iter().zip(found).all(close)
}

/// The first input is given, all others are constants.
fn run(gpu: &Gpu, bytes: &[u8], folder: &Path) -> Outcome {
    let graph = proto::Model::decode(bytes).unwrap().graph.unwrap();
    let data = |name: &str| std::fs::read(folder.join("test_data_set_0").join(name)).unwrap_or_default();
    let bound = graph.input.iter().enumerate().skip(1);
    let bound = bound.map(|(i, input)| (input.name.clone(), data(&format!("input_{i}.pb")))).collect();
    let read = match import(bytes, &Reading { keep_softmax: true, bound, size: None }) {
        Ok(read) => read,
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    let tensor = |name: &str| floats(&Tensor::decode(&data(name)[..]).unwrap());
    let (Some(input), Some(wanted)) = (tensor("input_0.pb"), tensor("output_0.pb")) else {
        return Outcome::Refused("its input or output is no f32".into());
    };
    let input = if read.channels_first { channels_last(&input) } else { input };
    let wanted = channels_last(&wanted);
    match answers(gpu, &read.model, &read.tensors, &Inputs::Numbers(input.data)) {
        Ok(found) if are_close(&wanted.data, &found) => Outcome::Passed,
        Ok(found) => {
            let apart = difference(&wanted.data, &found);
            Outcome::Failed(format!("{apart:.1e} apart\n{}", read.model.to_toml()))
        }
        // a model that cannot be built says what does not fit
        Err(error) => Outcome::Refused(format!("the model cannot run: {error}")),
    }
}

#[test]
fn node_tests_pass_or_are_refused_with_a_reason() {
    let Some(folder) = std::env::var_os("LEPTON_ONNX_TESTS") else {
        println!("skipped: no node tests of ONNX, LEPTON_ONNX_TESTS is not set");
        return;
    };
    let Some(gpu) = common::gpu() else { return };
    let mut tests: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    tests.sort();
    let (mut passed, mut failed, mut others) = (0, Vec::new(), 0);
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for test in tests {
        let Ok(bytes) = std::fs::read(test.join("model.onnx")) else { continue };
        let name = test.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(model) = proto::Model::decode(&bytes[..]) else { continue };
        let graph = model.graph.unwrap_or_default();
        if !graph.node.iter().all(|node| is_read(&node.op_type)) {
            others += 1;
            continue;
        }
        match run(&gpu, &bytes, &test) {
            Outcome::Passed => passed += 1,
            Outcome::Refused(why) => refused.entry(why).or_default().push(name),
            Outcome::Failed(why) => failed.push(format!("{name}: {why}")),
        }
    }
    for (why, names) in &refused {
        println!("refused {:3}: {why}\n             {}", names.len(), names.join(" "));
    }
    let refusals: usize = refused.values().map(Vec::len).sum();
    println!("{passed} passed, {refusals} refused, {} failed; {others} are of other ops", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed > 100, "only {passed} passed");
}
