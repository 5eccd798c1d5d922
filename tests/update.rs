//! How gradients become an update: several batches at once, clipping, averages, rules for parameters, and all of it after a
//! stop.

use lepton_gpu::Hints;
use lepton_gpu::checkpoint::Checkpoint;
use lepton_gpu::config::{Lookahead, OptimizerConfig, ParameterRule, RunConfig, UpdateConfig, Validation};
use lepton_gpu::data::{self, Dataset};
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::optim::{Adafactor, Adam, AdamW, Lamb, Lion, Muon, OPTIMIZERS, RmsProp, Sgd};
use lepton_gpu::plan::Goal;
use lepton_gpu::train::{Control, Evaluator, Event, Outcome, Trainer};
use lepton_kernels::op::Precision;

mod common;
#[path = "update/decay.rs"]
mod decay;
#[path = "update/weighted.rs"]
mod weighted;

fn sgd() -> OptimizerConfig {
    Sgd { momentum: 0.0, ..Sgd::default() }.into()
}

/// One of each; the number of rows keeps it complete.
fn optimizers() -> [OptimizerConfig; OPTIMIZERS.len()] {
    let (beta1, beta2, epsilon, weight_decay) = (0.9, 0.999, 1e-8, 0.01);
    [
        Sgd { momentum: 0.9, nesterov: true, weight_decay }.into(),
        Adam { beta1, beta2, epsilon, weight_decay: 0.0 }.into(),
        AdamW { beta1, beta2, epsilon, weight_decay }.into(),
        RmsProp { alpha: 0.99, epsilon, momentum: 0.9, weight_decay: 0.0 }.into(),
        Lamb { beta1, beta2, epsilon: 1e-6, weight_decay }.into(),
        Lion { beta1, beta2: 0.99, weight_decay }.into(),
        Muon { momentum: 0.95, nesterov: true, beta1, beta2, epsilon, weight_decay, auxiliary: 0.05 }.into(),
        Adafactor { weight_decay, ..Adafactor::default() }.into(),
    ]
}

fn base(update: UpdateConfig) -> RunConfig {
    RunConfig {
        model: "seed-functional".into(),
        epochs: 1,
        batch: 8,
        limit: Some(61),
        learning_rate: 0.05,
        optimizer: sgd(),
        update,
        ..RunConfig::default()
    }
}

fn plain() -> UpdateConfig {
    UpdateConfig::default()
}

fn rule(pattern: &str) -> ParameterRule {
    ParameterRule { pattern: pattern.into(), ..ParameterRule::default() }
}

fn fresh(gpu: &Gpu, data: &Dataset, config: RunConfig) -> Trainer {
    Trainer::new(gpu, data, ModelSpec::open(&config.model).unwrap(), config).unwrap()
}

fn quiet(trainer: &mut Trainer) {
    trainer.fit(|_, _| {}).unwrap();
}

fn run(gpu: &Gpu, data: &Dataset, config: RunConfig) -> Checkpoint {
    let mut trainer = fresh(gpu, data, config);
    quiet(&mut trainer);
    trainer.checkpoint().unwrap()
}

fn start(gpu: &Gpu, data: &Dataset, config: RunConfig) -> Checkpoint {
    run(gpu, data, RunConfig { steps: Some(0), ..config })
}

fn tensor(checkpoint: &Checkpoint, name: &str) -> Vec<f32> {
    let found = checkpoint.tensors.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("no {name}"));
    bytemuck::pod_collect_to_vec(&found.data)
}

/// Names of the weights.
fn names(checkpoint: &Checkpoint) -> Vec<String> {
    let names = checkpoint.tensors.iter().map(|t| t.name.clone());
    names.filter(|n| !n.starts_with("optimizer.") && !n.starts_with("ema.")).collect()
}

/// Differences of all weights, one after another.
fn moved(from: &Checkpoint, to: &Checkpoint) -> Vec<f64> {
    let pairs = names(from).into_iter().flat_map(|name| tensor(from, &name).into_iter().zip(tensor(to, &name)));
    pairs.map(|(a, b)| f64::from(b) - f64::from(a)).collect()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}

#[test]
fn several_batches_are_one_large_batch() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let momentum: OptimizerConfig = Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 }.into();
    let config = |batch, accumulate| {
        let update = UpdateConfig { accumulate, ..plain() };
        RunConfig { batch, epochs: 2, optimizer: momentum.clone(), ..base(update) }
    };
    // 61 images are 24, 24 and 13: the last update has a batch of 8 and one of 5
    let (small, large) = (run(&gpu, &data, config(8, 3)), run(&gpu, &data, config(24, 1)));
    assert_eq!((small.meta.state.step, large.meta.state.step), (6, 6));
    let begun = start(&gpu, &data, config(8, 3));
    let apart = norm(&moved(&small, &large));
    assert!(apart < 1e-5 * norm(&moved(&begun, &large)), "{apart:e} apart");
    // a wrong weight of the last update would show here
    let other = run(&gpu, &data, config(8, 1));
    assert!(norm(&moved(&other, &large)) > 1e-2 * norm(&moved(&begun, &large)));
    let best = |c: &Checkpoint| c.meta.state.best.unwrap().score;
    assert!((best(&small) - best(&large)).abs() < 1e-5, "{} and {}", best(&small), best(&large));
}

#[test]
fn clipping_bounds_what_a_step_moves() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let mut precisions = vec![Precision::F32];
    precisions.extend(common::f16(&gpu).map(|_| Precision::F16));
    for precision in precisions {
        let one = |update| RunConfig { steps: Some(1), precision, ..base(update) };
        let begun = start(&gpu, &data, one(plain()));
        let step = |update| moved(&begun, &run(&gpu, &data, one(update)));
        let free = step(plain());
        let (largest, length) = (free.iter().fold(0f64, |m, v| m.max(v.abs())) / 0.05, norm(&free) / 0.05);
        let clipped = step(UpdateConfig { clip_norm: Some(length as f32 / 3.0), ..plain() });
        assert!((norm(&clipped) * 3.0 / norm(&free) - 1.0).abs() < 1e-3, "{precision}: {}", norm(&clipped));
        let far = step(UpdateConfig { clip_norm: Some(length as f32 * 2.0), ..plain() });
        assert!(far == free, "{precision}: a short gradient was changed");
        let cut = step(UpdateConfig { clip_value: Some(largest as f32 / 2.0), ..plain() });
        let worst = cut.iter().fold(0f64, |m, v| m.max(v.abs())) / 0.05;
        assert!((worst * 2.0 / largest - 1.0).abs() < 1e-3, "{precision}: {worst} of {largest}");
    }
}

#[test]
fn frozen_parameters_stay_and_cost_nothing() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let model = ModelSpec::open("seed-functional").unwrap();
    let begun = start(&gpu, &data, base(plain()));
    let all = names(&begun);
    let first = all[0].split('.').next().unwrap().to_string();
    let frozen = |pattern: &str| {
        let parameters = vec![ParameterRule { frozen: Some(true), ..rule(pattern) }];
        fresh(&gpu, &data, base(UpdateConfig { parameters, ..plain() }))
    };
    // a whole layer, a weight without its bias, a bias without its weight
    for pattern in [format!("{first}.*"), format!("{first}.weight"), format!("{first}.bias")] {
        let mut trainer = frozen(&pattern);
        quiet(&mut trainer);
        let after = trainer.checkpoint().unwrap();
        for name in &all {
            let stays = name.starts_with(pattern.trim_end_matches('*'));
            assert_eq!(tensor(&begun, name) == tensor(&after, name), stays, "{name} with --freeze {pattern}");
        }
        let plan = trainer.plan();
        let bound = plan.lists[Goal::Train].iter().flat_map(|launch| &launch.bindings);
        let names = bound.map(|binding| &plan.tensors[binding.operand.tensor].name);
        let written = names.filter(|name| name.starts_with(&first) && name.contains(".grad")).count();
        assert_eq!(written == 0, pattern.ends_with('*'), "{pattern}: {written} gradients of {first}");
    }
    let refused = |parameters| {
        let config = base(UpdateConfig { parameters, ..plain() });
        Trainer::new(&gpu, &data, model.clone(), config).err().unwrap()
    };
    let nobody = refused(vec![ParameterRule { frozen: Some(true), ..rule("convolution*") }]);
    assert!(!nobody.hints().is_empty(), "{nobody}");
    let nobody = nobody.to_string();
    assert!(nobody.contains("`convolution*`") && nobody.contains(&all[0]), "{nobody}");
    let nothing = refused(vec![ParameterRule { frozen: Some(true), ..rule("*") }]);
    assert!(nothing.to_string().contains("nothing to train"), "{nothing}");
}

#[test]
fn rules_set_the_factors_of_parameters() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let one = |parameters| RunConfig { steps: Some(1), ..base(UpdateConfig { parameters, ..plain() }) };
    let begun = start(&gpu, &data, one(vec![]));
    let name = names(&begun)[0].clone();
    let half = ParameterRule { lr: Some(0.5), ..rule(&name) };
    let (whole, halved) = (run(&gpu, &data, one(vec![])), run(&gpu, &data, one(vec![rule("*"), half])));
    for other in names(&begun) {
        let step = |to: &Checkpoint| {
            let pairs = tensor(&begun, &other).into_iter().zip(tensor(to, &other));
            norm(&pairs.map(|(a, b)| f64::from(b - a)).collect::<Vec<_>>())
        };
        let wanted = if other == name { 0.5 } else { 1.0 };
        assert!((step(&halved) / step(&whole) - wanted).abs() < 1e-3, "{other}");
    }
    let decays = |update: UpdateConfig| {
        let trainer = fresh(&gpu, &data, base(update));
        let plan = trainer.plan();
        let factor =
            |offset: usize| plan.phases[0].blocks.iter().find(|b| b.word as usize == offset).unwrap().factors.decay;
        plan.parameters.iter().map(|p| (p.name.clone(), factor(p.offset_words))).collect::<Vec<_>>()
    };
    for (name, decay) in decays(plain()) {
        assert_eq!(decay, if name.ends_with("bias") { 0.0 } else { 1.0 }, "{name}");
    }
    assert!(decays(UpdateConfig { decay_all: true, ..plain() }).iter().all(|(_, decay)| *decay == 1.0));
    let parameters = vec![ParameterRule { weight_decay: Some(0.25), ..rule("*.bias") }];
    let given = decays(UpdateConfig { parameters, ..plain() });
    assert!(given.iter().all(|(name, decay)| *decay == if name.ends_with("bias") { 0.25 } else { 1.0 }));
}

#[test]
fn averages_follow_the_weights_and_answer_for_them() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let mut precisions = vec![Precision::F32];
    precisions.extend(common::f16(&gpu).map(|_| Precision::F16));
    let constants = [false, true];
    for (precision, ema_constant) in precisions.into_iter().flat_map(|p| constants.map(|constant| (p, constant))) {
        let update = UpdateConfig { ema: Some(0.3), ema_constant, ..plain() };
        let config = RunConfig { validation: Validation::Test, precision, ..base(update) };
        let after = |steps| run(&gpu, &data, RunConfig { steps: Some(steps), ..config.clone() });
        let path: Vec<Checkpoint> = (0..=4).map(after).collect();
        for name in names(&path[0]) {
            let mut average: Vec<f64> = tensor(&path[0], &name).into_iter().map(f64::from).collect();
            for (t, checkpoint) in (0..).zip(&path) {
                // min(D, (1 + t) / (10 + t)), or D
                let decay = match t {
                    0 => 1.0,
                    _ if ema_constant => 0.3,
                    t => f64::min(0.3, (1 + t) as f64 / (10 + t) as f64),
                };
                let now = average.iter().zip(tensor(checkpoint, &name));
                average = now.map(|(a, p)| decay * a + (1.0 - decay) * f64::from(p)).collect();
                let stored = tensor(checkpoint, &format!("ema.{name}"));
                let worst = average.iter().zip(stored).map(|(a, e)| (a - f64::from(e)).abs()).fold(0.0, f64::max);
                assert!(worst < 1e-6, "{precision} {name} after {t}: {worst:e} off");
            }
        }
        let slow = UpdateConfig { ema: Some(0.9), ..plain() };
        let mut trainer = fresh(&gpu, &data, RunConfig { update: slow, ..config });
        quiet(&mut trainer);
        let checkpoint = trainer.checkpoint().unwrap();
        let Event::Test { metrics: during, .. } = trainer.test().unwrap().unwrap() else { panic!("a test") };
        let answer = |c: &Checkpoint| Evaluator::new(&gpu, c, &data, None).unwrap().evaluate().unwrap().0;
        let loosely = if precision == Precision::F16 { 3e-4 } else { 1e-6 };
        assert!((answer(&checkpoint).loss - during.loss).abs() < loosely, "{precision}");
        let mut without = checkpoint.clone();
        without.meta.config.update.ema = None;
        let apart = (answer(&without).loss - during.loss).abs();
        assert!(apart > 5.0 * loosely, "{precision}: the averages' loss is {apart:e} from that of the weights");
    }
}

/// A checkpoint with other weights, as they come from `change` of a weight and its slow one.
fn with_weights(checkpoint: &Checkpoint, slow: &Checkpoint, change: impl Fn(f32, f32) -> f32) -> Checkpoint {
    let mut changed = checkpoint.clone();
    for name in names(checkpoint) {
        let pairs = tensor(checkpoint, &name).into_iter().zip(tensor(slow, &name));
        let values: Vec<f32> = pairs.map(|(fast, slow)| change(fast, slow)).collect();
        let found = changed.tensors.iter_mut().find(|t| t.name == name).unwrap();
        found.data = bytemuck::cast_slice(&values).to_vec();
    }
    changed
}

#[test]
fn trained_weights_return_to_the_slow_ones() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let mut precisions = vec![Precision::F32];
    precisions.extend(common::f16(&gpu).map(|_| Precision::F16));
    let momentum: OptimizerConfig = Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.01 }.into();
    for precision in precisions {
        let plain = RunConfig { precision, optimizer: momentum.clone(), ..base(plain()) };
        let lookahead = Lookahead { steps: 2, alpha: 0.25, ramp: 0.0 };
        let update = UpdateConfig { lookahead: Some(lookahead), ..UpdateConfig::default() };
        let ours = |steps| run(&gpu, &data, RunConfig { steps: Some(steps), update: update.clone(), ..plain.clone() });
        // the same with steps of the slow weights in between that are made here
        let mut slow = start(&gpu, &data, plain.clone());
        let mut fast = slow.clone();
        for step in 1..=5 {
            let mut trainer =
                Trainer::resume(&gpu, &data, &fast, RunConfig { steps: Some(step), ..plain.clone() }).unwrap();
            quiet(&mut trainer);
            fast = trainer.checkpoint().unwrap();
            if step % 2 == 0 {
                slow = with_weights(&fast, &slow, |fast, slow| slow + 0.25 * (fast - slow));
                fast = slow.clone();
            }
            let now = ours(step);
            for name in names(&fast) {
                for (wanted, found) in [(&fast, name.clone()), (&slow, format!("ema.{name}"))] {
                    let pairs = tensor(wanted, &name).into_iter().zip(tensor(&now, &found));
                    let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(worst < 1e-6, "{precision} {found} after {step}: {worst:e} off");
                }
            }
        }
    }
}

#[test]
fn every_optimizer_lowers_the_loss() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    for optimizer in optimizers() {
        let learning_rate = optimizer.default_learning_rate();
        let config = RunConfig {
            epochs: 3,
            batch: 16,
            limit: Some(320),
            learning_rate,
            optimizer: optimizer.clone(),
            ..base(plain())
        };
        let mut losses = Vec::new();
        let mut trainer = fresh(&gpu, &data, config);
        trainer
            .fit(|_, event| {
                if let Event::Epoch { train, .. } = event {
                    losses.push(train.loss);
                }
            })
            .unwrap();
        assert!(losses[2] < 0.9 * losses[0], "{optimizer:?}: {losses:?}");
    }
}

/// Everything at once.
fn crowded(optimizer: OptimizerConfig, precision: Precision) -> RunConfig {
    let update = UpdateConfig {
        accumulate: 3,
        clip_norm: Some(1.0),
        clip_value: Some(0.5),
        ema: Some(0.9),
        parameters: vec![ParameterRule { lr: Some(0.5), ..rule("*.bias") }],
        ..plain()
    };
    let learning_rate = optimizer.default_learning_rate();
    let validation = Validation::Fraction(0.2);
    RunConfig { epochs: 3, limit: Some(100), learning_rate, optimizer, precision, validation, ..base(update) }
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let mut configs: Vec<RunConfig> = optimizers().map(|o| crowded(o, Precision::F32)).to_vec();
    if common::f16(&gpu).is_some() {
        let [.., muon] = optimizers();
        configs.push(crowded(muon, Precision::F16));
    }
    let mut slow = configs[0].clone();
    slow.update = UpdateConfig { ema: None, lookahead: Some("2:0.5:1".parse().unwrap()), ..slow.update };
    configs.push(slow);
    for config in configs {
        // 80 images are ten batches, which are four steps an epoch
        let whole = run(&gpu, &data, config.clone());
        assert_eq!(whole.meta.state.step, 12);
        for steps in [0, 4, 6] {
            let part = run(&gpu, &data, RunConfig { steps: Some(steps), ..config.clone() });
            assert_eq!(part.meta.state.step, steps);
            let mut rest = Trainer::resume(&gpu, &data, &part, config.clone()).unwrap();
            quiet(&mut rest);
            let same = rest.checkpoint().unwrap().to_bytes() == whole.to_bytes();
            assert!(same, "{:?} in {}: resumed at step {steps}", config.optimizer, config.precision);
        }
    }
}

#[test]
fn a_stop_within_a_step_waits_for_its_end() {
    let Some(gpu) = common::gpu() else { return };
    let data = data::load(None).unwrap();
    let config = crowded(sgd(), Precision::F32);
    let mut trainer = fresh(&gpu, &data, config.clone());
    let stopped = trainer.fit(|_, _| Control::Stop).unwrap();
    assert_eq!(stopped, Outcome::Stopped);
    let part = trainer.checkpoint().unwrap();
    assert!(part.meta.state.step > 0 && part.meta.state.totals.seen as usize == 24 * part.meta.state.batch);
    let mut rest = Trainer::resume(&gpu, &data, &part, config.clone()).unwrap();
    quiet(&mut rest);
    assert!(rest.checkpoint().unwrap().to_bytes() == run(&gpu, &data, config).to_bytes());
}
