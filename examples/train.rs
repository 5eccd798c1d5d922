//! Trains a small network on the built-in images and tests it.

use lepton_gpu::config::RunConfig;
use lepton_gpu::data;
use lepton_gpu::gpu::Gpu;
use lepton_gpu::model::ModelSpec;
use lepton_gpu::train::{Event, Trainer};

/// Twenty lines from data to checkpoint.
pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    let gpu = Gpu::open(&Default::default())?;
    let data = data::load(None)?;
    let config = RunConfig { epochs: 1, limit: Some(2_000), ..RunConfig::default() };
    let mut trainer = Trainer::new(&gpu, &data, ModelSpec::open("seed-functional")?, config)?;
    trainer.fit(|_, event| {
        if let Event::Epoch { epoch, train, .. } = event {
            println!("epoch {epoch}: loss {:.3}", train.loss);
        }
    })?;
    println!("{:?}", trainer.test()?);
    std::fs::write(std::env::temp_dir().join("model.safetensors"), trainer.checkpoint()?.to_bytes())?;
    Ok(())
}
