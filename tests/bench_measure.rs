//! A small benchmark on the adapter that is there: every field is filled, and what is compared can be compared.

use lepton_gpu::bench::{
    BenchResult, FURTHER, LossCheck, Network, Preset, Progress, REFERENCES, Sampled, Settings, TrainingResult, measure,
    score,
};
use lepton_kernels::op::Precision;

mod common;

const TINY: Preset = Preset {
    name: "tiny",
    ceilings_seconds: 2.0,
    // so much that a slow machine measures some
    kernels_seconds: 60.0,
    training_seconds: 4.0,
    samples: 3,
    level: 0,
    batches: 1,
    precisions: &[Precision::F32],
    overruns: false,
};

fn taken(what: &str, value: &Sampled) {
    assert!(!value.samples.is_empty() && value.samples.iter().all(|&s| s > 0.0 && s.is_finite()), "{what}: {value:?}");
    let (low, high) = value.range();
    assert!((low..=high).contains(&value.median), "{what}: {value:?}");
}

#[test]
fn a_benchmark_fills_every_field() {
    let Some(gpu) = common::gpu() else { return };
    let settings = Settings { command: vec!["lepton-gpu".into(), "bench".into()], program: None };
    let mut heard: Vec<Progress> = Vec::new();
    let mut measured = || {
        heard.clear();
        measure(&gpu, &TINY, &settings, &mut |progress| heard.push(progress)).unwrap()
    };
    // caches, and a machine that others use, move a share, and not each time; a factor that was forgotten moves it more, each time
    let is_share = |share: f64| share > 0.0 && share < 4.0;
    let mut result = measured();
    for _ in 0..2 {
        if !result.kernels.iter().all(|kernel| is_share(kernel.share)) {
            result = measured();
        }
    }

    assert_eq!((result.format, result.run.preset.as_str()), (BenchResult::FORMAT, "tiny"));
    assert!(result.run.began.ends_with('Z') && result.run.seconds > 0.0 && result.host.cores > 0);
    for id in ["fma_f32", "copy", "upload", "download", "dispatch", "barrier", "record"] {
        taken(id, &result.ceiling(id).unwrap_or_else(|| panic!("{id} is missing")).value);
    }
    assert_eq!(result.ceiling("fma_f16").is_some(), gpu.summary().f16);
    assert_eq!(result.ceiling("matrix_f16").is_some(), gpu.matrix().is_ok());

    assert!(result.kernels.len() >= 3, "{} kernels; {:?}", result.kernels.len(), result.left_out);
    for kernel in &result.kernels {
        let name = format!("{} {} {}", kernel.op, kernel.direction, kernel.source);
        taken(&name, &kernel.seconds);
        assert!(is_share(kernel.share), "{name}: share {}", kernel.share);
        assert!(kernel.bytes > 0 && result.ceiling(&kernel.bound).is_some(), "{kernel:?}");
        assert_eq!(kernel.flops > 0, ["conv2d", "linear"].contains(&kernel.op.as_str()), "{name}");
    }
    assert!(result.kernels.iter().any(|k| k.op == "conv2d" || k.bound == "copy"));

    let named = |network: &Network| result.left_out.iter().any(|line| line.contains(network.model));
    assert!(FURTHER.iter().all(named), "what is not trained is said: {:?}", result.left_out);
    let first = result.training.first().expect("something is trained whatever the time");
    taken("steps", &first.step_seconds);
    assert_eq!((first.model.as_str(), first.batch, first.parameters), ("seed-mnist", 128, 93_322));
    let loss = first.loss.expect("this batch has a reference");
    assert!(loss.passed(), "{loss:?}");
    assert!(first.device_bytes > 4 * first.parameters && first.dispatches > 10 && first.multiply_adds > 1_000_000);

    assert!(heard.windows(2).all(|pair| pair[0].done <= pair[1].done), "{heard:?}");
    let json = serde_json::to_string(&result).unwrap();
    assert!(serde_json::from_str::<BenchResult>(&json).unwrap() == result, "a kept result is another one: {json}");
}

/// Results that train each network at so many times the baseline's rate.
fn trained(factors: [f64; 3]) -> Vec<TrainingResult> {
    let result = |(known, factor): (&lepton_gpu::bench::Reference, f64)| TrainingResult {
        model: known.model.clone(),
        batch: known.batch,
        precision: "f32".into(),
        parameters: 1,
        dispatches: 1,
        multiply_adds: 1,
        step_seconds: Sampled::new(vec![1.0]),
        images_per_second: factor * known.baseline_images_per_second,
        first_step_cold_seconds: None,
        first_step_warm_seconds: None,
        device_bytes: 1,
        host_bytes: None,
        loss: Some(LossCheck { steps: 1, found: 2.0, reference: 2.0, tolerance: 1e-3 }),
    };
    REFERENCES.network.iter().zip(factors).map(result).collect()
}

#[test]
fn the_score_is_a_geometric_mean_over_the_baseline() {
    let value = |factors| score(&trained(factors), &REFERENCES).unwrap().value;
    assert!((value([1.0, 1.0, 1.0]) - 100.0).abs() < 1e-9);
    assert!((value([1.0, 2.0, 4.0]) - 200.0).abs() < 1e-9);
    assert!((value([27.0, 1.0, 1.0]) - 300.0).abs() < 1e-9);
}

#[test]
fn there_is_no_score_without_every_right_loss() {
    let with = |change: &dyn Fn(&mut Vec<TrainingResult>)| {
        let mut results = trained([1.0; 3]);
        change(&mut results);
        score(&results, &REFERENCES)
    };
    assert!(with(&|_| {}).is_some());
    assert!(with(&|results| drop(results.pop())).is_none(), "a workload is missing");
    assert!(with(&|results| results[1].loss = None).is_none(), "a loss was not checked");
    assert!(with(&|results| results[1].precision = "f16".into()).is_none(), "another precision");
    let wrong = |found: f64| with(&|results| results[2].loss.as_mut().unwrap().found = found);
    assert!(wrong(2.001).is_some() && wrong(2.1).is_none() && wrong(f64::NAN).is_none());
}
