//! Learning rates of whole runs, step by step.

use lepton_gpu::config::{RunConfig, Warmup};
use lepton_gpu::train::{Plateau, Schedule};

use crate::file::Golden;

#[test]
fn schedules_agree_with_pytorch_at_every_step() {
    let golden = Golden::open("schedules");
    let number = |name: &str| golden.attributes(name).as_f64().unwrap();
    let (steps, epochs) = (number("steps") as usize, number("epochs") as u32);
    let losses: Vec<f64> = serde_json::from_value(golden.attributes("losses")).unwrap();
    let names = golden.names();
    assert_eq!(names.len(), 17);
    for name in names {
        let (warm, text) = match name.strip_prefix("warm ") {
            Some(text) => (Some(Warmup { epochs: number("warm_epochs"), start: number("warm_start") }), text),
            None => (None, name.as_str()),
        };
        let config = RunConfig {
            learning_rate: number("lr") as f32,
            epochs,
            schedule: text.parse().unwrap(),
            warmup: warm,
            ..RunConfig::default()
        };
        let schedule = Schedule::new(&config, steps);
        let mut plateau = Plateau::default();
        for (step, want) in golden.array(&name).data.into_iter().enumerate() {
            if step > 0 && step % steps == 0 {
                schedule.finish_epoch(&mut plateau, losses[step / steps - 1]);
            }
            let got = f64::from(schedule.rate(step as u64, &plateau));
            // rates are f32, and the rate that the factors are of was one before
            assert!((got - want).abs() <= 2e-7 * 0.3, "{name}, step {step}: {got}, should be {want}");
        }
    }
}
