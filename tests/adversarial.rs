//! A generator and a discriminator trained in turn: whole steps against PyTorch's numbers, exact resume, sheets of samples,
//! and what such a run refuses.

use std::path::Path;

use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{NormalizeConfig, OptimizerConfig, ParameterRule, RunConfig, UpdateConfig};
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::{Gpu, Program};
use lepton_gpu::losses::Adversarial;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::optim::Adam;
use lepton_gpu::plan::{Buffer, Goal, Plan, Request, Training};
use lepton_gpu::train::{AdversarialLosses, Event, Trainer, sample};
use lepton_kernels::Step;
use lepton_kernels::adam;
use lepton_kernels::array::worst_error;

mod common;
#[allow(dead_code, reason = "each test program uses its own part")]
#[path = "golden/file.rs"]
mod file;
#[path = "cli/support.rs"]
mod support;

use file::Golden;
use support::{Place, finish, start};

const BATCH: usize = 6;
const IMAGES: usize = 16;
const RATE: f32 = 2e-3;
fn optimizer() -> OptimizerConfig {
    Adam { beta1: 0.5, ..Adam::default() }.into()
}

/// The model of `golden/gan.py` with its starting values and images on a device.
fn golden_program(gpu: &Gpu, golden: &Golden, fuse: bool) -> (Plan, Program) {
    let model = ModelSpec::parse(include_str!("golden/gan.toml"), "gan").unwrap();
    let plan = Plan::compile(
        &model,
        &Request {
            loss: Adversarial { label_smoothing: 0.1 }.into(),
            training: Some(Training { optimizer: optimizer(), ..Training::default() }),
            evaluate: false,
            target: gpu.target(),
            limits: gpu.limits(),
            fuse,
            ..Request::new(BATCH, IMAGES)
        },
    )
    .unwrap();
    let program = Program::new(gpu, &plan).unwrap();
    let mut words = vec![0f32; plan.arena_words];
    for parameter in &plan.parameters {
        let start = golden.array(&format!("start.{}", parameter.name));
        assert_eq!(start.shape, parameter.shape, "{}", parameter.name);
        let values = start.data.iter().map(|&value| value as f32);
        words[parameter.offset_words..].iter_mut().zip(values).for_each(|(word, value)| *word = value);
    }
    program.write_parameters(bytemuck::cast_slice(&words)).unwrap();
    let pixels: Vec<u8> = golden.array("images").data.iter().map(|&value| value as u8).collect();
    program.write_images(&[&pixels]).unwrap();
    program.write(Buffer::Labels, &[0; IMAGES * 4]).unwrap();
    program.write(Buffer::Norm, bytemuck::cast_slice(&[0.5f32; 4])).unwrap();
    (plan, program)
}

fn check_steps(gpu: &Gpu, fuse: bool) {
    let golden = Golden::open("gan");
    let (plan, mut program) = golden_program(gpu, &golden, fuse);
    for t in 0..3u32 {
        let first = BATCH * t as usize;
        let adam = adam::Adam { beta1: 0.5, ..adam::Adam::default() };
        let [bias_correction1, bias_correction2] = adam.bias_corrections(u64::from(t) + 1);
        let step = Step {
            learning_rate: RATE,
            bias_correction1,
            bias_correction2,
            batch_start: first as u32,
            batch_length: BATCH.min(IMAGES - first) as u32,
            range_length: IMAGES as u32,
            noise_key: [77 + t, 1000 + t],
            ..Step::default()
        };
        let losses = program.run(Goal::Train, &mut [step]).unwrap()[0];
        for (name, got) in ["d_loss", "g_loss"].into_iter().zip(losses) {
            let want = golden.array(&format!("step{t}.{name}")).data[0];
            assert!((f64::from(got) / want - 1.0).abs() < 1e-5, "step {t}: {name} is {got}, PyTorch has {want}");
        }
        let bytes = program.read(Buffer::Parameters, 0, plan.arena_words as u64 * 4).unwrap();
        let words: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        for parameter in &plan.parameters {
            let want = golden.array(&format!("step{t}.{}", parameter.name));
            let worst = worst_error(&words[parameter.offset_words..][..want.data.len()], &want.data);
            assert!(worst.error < 2e-5, "step {t}: {} {worst:?}", parameter.name);
        }
    }
}

#[test]
fn whole_steps_of_both_networks_are_pytorchs() {
    let Some(gpu) = common::gpu() else { return };
    check_steps(&gpu, true);
    check_steps(&gpu, false);
}

#[test]
fn whole_steps_are_pytorchs_in_the_family_of_gpus() {
    let Some(gpu) = common::gpu() else { return };
    let gpu = gpu
        .with_target(lepton_kernels::op::Target::f32(lepton_kernels::gemm::Family::Simt))
        .expect("the adapter has it");
    check_steps(&gpu, true);
}

fn tiny() -> ModelSpec {
    ModelSpec::parse(include_str!("models/tiny-gan.toml"), "tiny-gan").unwrap()
}

fn config() -> RunConfig {
    RunConfig {
        model: "tiny-gan".into(),
        epochs: 2,
        batch: 32,
        learning_rate: 2e-4,
        limit: Some(200),
        loss: Adversarial::default().into(),
        normalize: NormalizeConfig::parse("0.5:0.5").unwrap(),
        optimizer: optimizer(),
        ..RunConfig::default()
    }
}

/// Trains to the end; gives both losses of each epoch that ended.
fn finished(trainer: &mut Trainer) -> Vec<AdversarialLosses> {
    let mut losses = Vec::new();
    trainer
        .fit(|_, event| {
            if let Event::Epoch { train, .. } = event {
                losses.extend(train.adversarial);
            }
        })
        .unwrap();
    losses
}

fn trained(gpu: &Gpu, data: &Dataset, config: RunConfig) -> Trainer {
    let mut trainer = Trainer::new(gpu, data, tiny(), config).unwrap();
    finished(&mut trainer);
    trainer
}

fn stored(trainer: &Trainer) -> (Vec<u8>, Checkpoint) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let bytes = trainer.checkpoint().unwrap().to_bytes();
    std::fs::write(file.path(), &bytes).unwrap();
    (bytes, Checkpoint::read(file.path()).unwrap())
}

#[test]
fn a_run_that_stopped_anywhere_goes_on_as_if_it_had_not() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    for update in [UpdateConfig::default(), UpdateConfig { ema: Some(0.9), ..UpdateConfig::default() }] {
        let config = RunConfig { update, ..config() };
        let mut whole = Trainer::new(&gpu, &data, tiny(), config.clone()).unwrap();
        let losses = finished(&mut whole);
        assert!(losses.len() == 2 && losses[0] != losses[1], "{losses:?}");
        // an epoch has 7 steps
        for steps in [3, 7, 11] {
            let stopped = trained(&gpu, &data, RunConfig { steps: Some(steps), ..config.clone() });
            let mut resumed = Trainer::resume(&gpu, &data, &stored(&stopped).1, config.clone()).unwrap();
            assert_eq!(finished(&mut resumed).last(), losses.last(), "stopped after {steps} steps");
            assert!(stored(&resumed).0 == stored(&whole).0, "stopped after {steps} steps");
            assert_eq!(resumed.samples(), whole.samples(), "stopped after {steps} steps");
        }
    }
}

#[test]
fn a_checkpoint_draws_what_its_run_drew() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    for ema in [None, Some(0.9)] {
        let trainer =
            trained(&gpu, &data, RunConfig { update: UpdateConfig { ema, ..Default::default() }, ..config() });
        let (drawn, checkpoint) = (trainer.samples().unwrap(), stored(&trainer).1);
        // the run's batches are of 32, these of 64
        assert_eq!(*drawn, sample(&gpu, &checkpoint, 0, 64).unwrap());
        let others = sample(&gpu, &checkpoint, 60, 70).unwrap();
        assert_eq!(drawn.pixels[60 * 784..], others.pixels[..4 * 784]);
        let distinct = others.pixels.chunks_exact(784).collect::<std::collections::HashSet<_>>();
        assert_eq!(distinct.len(), 70, "every image is another one");
    }
}

/// `train` of the small model in a place.
fn train(place: &Place, options: &[&str]) -> support::Ran {
    place.write("tiny.toml", include_str!("models/tiny-gan.toml"));
    let mut command = place.lepton();
    command.args(["train", "--model", "tiny.toml", "--limit", "200"]).args(options);
    if !options.contains(&"--batch") {
        command.args(["--batch", "32"]);
    }
    finish(start(command))
}

fn bytes(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

#[test]
fn the_program_trains_draws_and_resumes() {
    let Some(place) = Place::with_adapter() else { return };
    let ran = train(&place, &["--epochs", "2", "--out", "whole"]).exits(0);
    assert!(ran.line("GAN").contains("pixels -1.0 to 1.0, learning rate 0.0002, beta1 0.5"), "{ran}");
    assert!(ran.line("Epoch 2/2").contains("d_loss ") && ran.line("Epoch 2/2").contains("g_loss "), "{ran}");
    assert!(!ran.out.contains("accuracy") && !ran.out.contains("Test"), "{ran}");
    let events = String::from_utf8(bytes(place.path("whole/events.jsonl"))).unwrap();
    let epoch = events.lines().find(|line| line.contains("\"epoch\",")).unwrap();
    assert!(epoch.contains("\"d_loss\":") && epoch.contains("\"g_loss\":"), "{epoch}");
    assert_eq!(bytes(place.path("whole/samples.png")), bytes(place.path("whole/samples/epoch-0002.png")));
    assert_ne!(bytes(place.path("whole/samples.png")), bytes(place.path("whole/samples/epoch-0001.png")));

    train(&place, &["--epochs", "1", "--out", "parts"]).exits(0);
    let mut command = place.lepton();
    command.args(["train", "--out", "parts", "--resume", "--epochs", "2"]);
    finish(start(command)).exits(0);
    let weights = |run: &str| bytes(place.path(&format!("{run}/last.safetensors")));
    assert!(weights("whole") == weights("parts"), "2 epochs are 1 and 1");
    assert_eq!(bytes(place.path("whole/samples.png")), bytes(place.path("parts/samples.png")));

    let run = |args: &[&str]| {
        let mut command = place.lepton();
        command.args(args);
        finish(start(command))
    };
    run(&["predict", "whole", "--grid", "drawn.png"]).exits(0);
    run(&["predict", "whole", "--grid", "more.png", "--from", "64"]).exits(0);
    assert_ne!(bytes(place.path("drawn.png")), bytes(place.path("more.png")));
    let far = run(&["predict", "whole", "--grid", "far.png", "--from", "18446744073709551615"]).exits(2);
    assert!(far.err.contains("is out of range") && far.err.contains("the last full sheet"), "{far}");
    let last = far.err.split("--from ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a number");
    run(&["predict", "whole", "--grid", "far.png", "--from", last]).exits(0);
    assert!(run(&["predict", "whole", "--grid", "x.png", "--json"]).exits(2).err.contains("without --json"));
    assert!(run(&["predict", "whole", "x.png"]).exits(2).err.contains("--grid samples.png"));
    assert!(run(&["eval", "whole"]).exits(2).err.contains("predict RUN --grid samples.png"));
}

#[test]
fn what_does_not_go_with_two_networks_is_refused() {
    let Some(place) = Place::with_adapter() else { return };
    for (options, words) in [
        (&["--val-split", "0.1"][..], "without --val-split"),
        (&["--val-split", "test"], "without --val-split"),
        (&["--augment", "mixup=0.2"], "mixup or cutmix"),
        (&["--loss", "mse"], "--loss is not supported"),
        (&["--class-weights", "balanced"], "--class-weights is not supported"),
        (&["--label-smoothing", "0.7"], "below 0.5"),
        (&["--accumulate", "2"], "without --accumulate"),
        (&["--clip-norm", "1"], "without --clip-norm"),
        (&["--clip-value", "1"], "without --clip-value"),
        (&["--optimizer", "lamb"], "lamb, muon"),
        (&["--optimizer", "muon"], "lamb, muon"),
        (&["--precision", "f16"], "f16"),
        (&["--lr-find"], "range test needs a single loss"),
        (&["--normalize", "dataset"], "--normalize 0.5:0.5"),
        (&["--freeze", "generator.*"], "nothing to train"),
        (&["--schedule", "plateau"], "without --schedule"),
        (&["--split-seed", "3"], "without --split-seed"),
    ] {
        let ran = train(&place, &[&["--epochs", "1", "--out", "refused"], options].concat()).exits(2);
        assert!(ran.err.contains(words) && ran.err.contains("try: "), "{options:?}\n{ran}");
        assert!(!place.path("refused/last.safetensors").exists(), "{options:?}");
    }
}

#[test]
fn factors_and_freezes_reach_the_half_that_trains_a_parameter() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let weights = |rules: &[ParameterRule], steps| {
        let update = UpdateConfig { parameters: rules.to_vec(), ..Default::default() };
        let trainer = trained(&gpu, &data, RunConfig { update, steps: Some(steps), ..config() });
        let (_, checkpoint) = stored(&trainer);
        move |name: &str| checkpoint.tensors.iter().find(|t| t.name == name).expect("a parameter").data.clone()
    };
    let rule = |pattern: &str| ParameterRule { pattern: pattern.into(), ..ParameterRule::default() };
    let rules = [
        ParameterRule { frozen: Some(true), ..rule("generator.project.*") },
        ParameterRule { lr: Some(0.0), ..rule("generator.up.bias") },
        ParameterRule { lr: Some(0.0), ..rule("conv.*") },
    ];
    let (start, plain, ruled) = (weights(&[], 0), weights(&[], 3), weights(&rules, 3));
    for (name, moves) in [
        ("generator.project.weight", false),
        ("generator.up.bias", false),
        ("conv.weight", false),
        ("generator.up.weight", true),
        ("judge.weight", true),
    ] {
        assert_ne!(start(name), plain(name), "{name} is learned without a rule");
        assert_eq!(start(name) != ruled(name), moves, "{name}");
    }
}

#[test]
fn nothing_is_held_out_and_a_recipes_other_loss_gives_way() {
    let Some(place) = Place::with_adapter() else { return };
    for class in ["a", "b"] {
        for i in 0..10u8 {
            let path = place.path(&format!("photos/{class}/{i}.png"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            image::GrayImage::from_fn(28, 28, |x, y| image::Luma([i * 20 + (x + y) as u8])).save(path).unwrap();
        }
    }
    place.write("tiny.toml", include_str!("models/tiny-gan.toml"));
    let ran = place.run("train photos --model tiny.toml --epochs 1 --batch 8 --out photos-run").exits(0);
    assert!(ran.line("data ").contains("20 training") && !ran.out.contains("holding out"), "{ran}");
    let recipe = "train fashion-small --recipe mnist-seed --model tiny.toml --normalize 0.5:0.5 --limit 64 --epochs 1";
    place.run(&format!("{recipe} --out drawn")).exits(0);
    assert!(place.text("drawn/config.toml").contains("name = \"adversarial\""));
}

#[test]
fn what_goes_with_two_networks_runs() {
    let Some(place) = Place::with_adapter() else { return };
    for (i, options) in [
        &["--ema", "0.99", "--label-smoothing", "0.1", "--augment", "flip"][..],
        &["--batch", "auto", "--profile", "--schedule", "cosine"],
        &["--optimizer", "rmsprop", "--no-fuse", "--lr-factor", "generator.*=2"],
        &["--optimizer", "sgd", "--normalize", "0.5:0.6", "--steps", "3"],
    ]
    .into_iter()
    .enumerate()
    {
        train(&place, &[&["--epochs", "1", "--out", &format!("run{i}")], options].concat()).exits(0);
    }
}

#[test]
fn networks_that_do_not_fit_together_are_named() {
    let text = include_str!("models/tiny-gan.toml");
    let build = |text: &str| {
        let model = ModelSpec::parse(text, "m").unwrap();
        lepton_gpu::plan::summary(&model).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(build(text), Ok(()));
    for (from, to, words) in [
        (
            "stride = 4\nactivation",
            "stride = 2\nactivation",
            "the generator must output images of the model's input shape: [n, 28, 28, 1]",
        ),
        ("units = 1\n", "units = 2\n", "a discriminator must output one number per image"),
        (
            "name = \"leaky\"\ntype = \"leaky_relu\"\nnegative_slope = 0.2",
            "name = \"leaky\"\ntype = \"batch_norm\"",
            "real and generated images",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let error = build(&text.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(words) && error.contains("try: "), "{error}");
    }
}
