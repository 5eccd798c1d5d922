//! Texts: every form of file, what is wrong with some, a step against the twins, exact resume, and the commands.

use std::collections::HashMap;
use std::path::Path;

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{RunConfig, Validation};
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::Program;
use lepton_gpu::model::{ModelSpec, initial_values};
use lepton_gpu::plan::{Buffer, Goal, Plan, Request};
use lepton_gpu::reference::{self, Images};
use lepton_gpu::train::Trainer;
use lepton_kernels::{Step, random};

#[path = "text/commands.rs"]
mod commands;
mod common;
#[path = "text/files.rs"]
mod files;
#[path = "cli/support.rs"]
mod support;

/// A text of class `good` or `bad`, whose words give it away.
fn line(i: usize) -> String {
    let class = ["bad", "good"][i % 2];
    let word = |k: u64| random::uniform(5, i as u64, k);
    let fill = |k: u64| ["the", "film", "was", "it", "plot", "actor"][(word(k) * 6.0) as usize];
    let own = [["dull", "bad", "awful"], ["great", "fine", "lovely"]][i % 2][(word(9) * 3.0) as usize];
    let before: Vec<&str> = (0..(word(8) * 6.0) as u64).map(fill).collect();
    format!("{class}\t{} {own} {}\n", before.join(" "), fill(7))
}

/// A file of such texts.
fn write(path: &Path, count: usize) {
    std::fs::write(path, (0..count).map(line).collect::<String>()).unwrap();
}

fn dataset(count: usize) -> Dataset {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("films.txt");
    write(&path, count);
    data::load(path.to_str()).unwrap()
}

fn model() -> ModelSpec {
    ModelSpec::open("text-small").unwrap()
}

#[test]
fn a_whole_step_is_that_of_the_twins() {
    let Some(gpu) = common::gpu() else { return };
    let split = dataset(13).into_splits().train.unwrap();
    let text = include_str!("text/tiny.toml");
    let model = ModelSpec::parse(text, "tiny").unwrap().for_texts(split.input().shape()[1], 20).for_classes(2);
    for batch_length in [5, 3] {
        let request = Request { target: gpu.target(), limits: gpu.limits(), ..Request::new(5, 13) };
        let plan = Plan::compile(&model, &request).unwrap();
        let mut program = Program::new(&gpu, &plan).unwrap();
        let mut words = vec![0f32; plan.arena_words];
        let mut parameters = HashMap::new();
        for parameter in &plan.parameters {
            let values = initial_values(&parameter.name, &parameter.shape, parameter.init, 7);
            words[parameter.offset_words..][..values.len()].copy_from_slice(&values);
            parameters.insert(parameter.name.clone(), values);
        }
        program.write_parameters(bytemuck::cast_slice(&words)).unwrap();
        program.write_images(&[split.bytes().unwrap()]).unwrap();
        program.write(Buffer::Labels, bytemuck::cast_slice(split.labels())).unwrap();
        let step = Step {
            batch_length,
            range_length: 13,
            data_length: 13,
            shuffle_key: random::key(1, 2, 3),
            bias_correction1: 1.0,
            bias_correction2: 1.0,
            ..Step::default()
        };
        let images = Images { pixels: split.bytes().unwrap(), labels: split.labels() };
        let want = reference::run(&model, 5, images, &parameters, &step).unwrap();
        let [loss, correct] = program.run(Goal::Train, &mut [step]).unwrap()[0];
        assert!((f64::from(loss) - want.loss).abs() < 1e-5 * want.loss, "{loss} and {}", want.loss);
        assert_eq!(correct as usize, want.correct);
        let table = &plan.parameters[0];
        assert_eq!((table.name.as_str(), table.gradient.slabs), ("embedding.weight", 1));
        let (offset, count) = (table.gradient.offset_words as u64 * 4, table.shape.count());
        let bytes = program.read(Buffer::Gradients, offset, count as u64 * 4).unwrap();
        let got: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        let worst = lepton_kernels::array::worst_error(&got, &want.gradients["embedding.weight"].data);
        assert!(worst.error < 1e-5, "{worst:?}");
    }
}

fn config() -> RunConfig {
    RunConfig { epochs: 2, batch: 16, validation: Validation::Fraction(0.2), ..RunConfig::default() }
}

fn quiet(trainer: &mut Trainer) {
    trainer.fit(|_, _| {}).unwrap();
}

#[test]
fn a_resumed_run_on_texts_is_the_uninterrupted_one() {
    let Some(gpu) = common::gpu() else { return };
    let data = dataset(100);
    let mut whole = Trainer::new(&gpu, &data, model(), config()).unwrap();
    quiet(&mut whole);
    let bytes = whole.checkpoint().unwrap().to_bytes();
    let file = tempfile::NamedTempFile::new().unwrap();
    for steps in [0, 3, 5] {
        let mut part = Trainer::new(&gpu, &data, model(), RunConfig { steps: Some(steps), ..config() }).unwrap();
        quiet(&mut part);
        std::fs::write(file.path(), part.checkpoint().unwrap().to_bytes()).unwrap();
        let checkpoint = Checkpoint::read(file.path()).unwrap();
        assert_eq!(checkpoint.meta.vocabulary.as_ref(), data.texts().map(|text| &text.vocabulary));
        let mut rest = Trainer::resume(&gpu, &data, &checkpoint, config()).unwrap();
        quiet(&mut rest);
        assert!(rest.checkpoint().unwrap().to_bytes() == bytes, "resumed at step {steps}");
    }
    std::fs::write(file.path(), &bytes).unwrap();
    let checkpoint = Checkpoint::read(file.path()).unwrap();
    let other = dataset(98);
    let error = Trainer::resume(&gpu, &other, &checkpoint, config()).err().expect("other texts").to_string();
    assert!(error.contains("the data changed"), "{error}");
}
