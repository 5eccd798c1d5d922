//! Recomputes the losses in `benches/reference.toml` from the f64 definitions, in minutes on one core:
//!
//! ```sh
//! CARGO_PROFILE_DEV_OPT_LEVEL=3 cargo run --example bench_reference > reference.toml
//! ```
//!
//! Steps, tolerances and the baseline's rates are kept as the file has them.

use std::time::Instant;

use lepton_gpu::bench::{NETWORKS, REFERENCES, synthetic, twin_loss};
use lepton_gpu::model::ModelSpec;
use lepton_kernels::op::Precision;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = include_str!("../benches/reference.toml");
    let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
    println!("{}", comment.join("\n"));
    for network in NETWORKS {
        let begun = Instant::now();
        let known = REFERENCES.of(network.model, network.batch).ok_or("every network has an entry")?;
        let model = ModelSpec::open(network.model)?;
        let data = synthetic(model.input, 2048);
        let config = network.config(network.batch, Precision::F32);
        let loss = twin_loss(&model, &config, &data, known.steps.into())?;
        eprintln!("{}: {} steps in {:.0} s", network.model, known.steps, begun.elapsed().as_secs_f64());
        println!("\n[[network]]\nmodel = \"{}\"\nbatch = {}\nsteps = {}", known.model, known.batch, known.steps);
        println!("loss = {loss:.8}");
        println!("tolerance_f32 = {:e}\ntolerance_f16 = {:e}", known.tolerance_f32, known.tolerance_f16);
        println!("baseline_images_per_second = {}", known.baseline_images_per_second);
    }
    Ok(())
}
