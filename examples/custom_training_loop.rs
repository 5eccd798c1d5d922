//! A training loop of one's own: steps when the program wants them, its own rule for when to stop, the best weights kept.
//! `cargo run --release --example custom_training_loop`.

use lepton_gpu::config::{RunConfig, Validation};
use lepton_gpu::data;
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::Trainer;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = Gpu::open(&Default::default())?;
    let config =
        RunConfig { epochs: 100, limit: Some(4000), validation: Validation::Fraction(0.1), ..RunConfig::default() };
    let mut trainer = Trainer::new(&gpu, &data::load(None)?, ModelSpec::open("seed-functional")?, config)?;

    let (mut best, mut kept, mut worse) = (f64::INFINITY, None, 0);
    // looks at the validation images every 20 steps, and stops when they have not improved for a while
    while worse < 3 && trainer.state().step < 400 {
        let training = trainer.train_steps(20)?;
        let validation = trainer.validate()?.expect("a tenth is held out");
        let step = trainer.state().step;
        println!("step {step}: loss {:.3}, validation loss {:.3}", training.loss, validation.loss);
        if validation.loss < best {
            (best, worse) = (validation.loss, 0);
            kept = Some(trainer.checkpoint()?);
        } else {
            worse += 1;
        }
    }
    let kept = kept.expect("the first look is the best so far");
    println!("best validation loss {best:.3}, at step {}", kept.meta.state.step);
    Ok(())
}
