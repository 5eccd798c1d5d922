//! The time to a first step, in a process of its own: drivers decide when they load whether they use what they compiled
//! before.

use std::path::Path;
use std::process::Command;

use lepton_kernels::op::Precision;

use super::reference::Network;
use super::{BenchError, synthetic};
use crate::gpu::Gpu;
use crate::model::ModelSpec;
use crate::train::{Control, Event, Trainer};

/// What a driver and this program must be told so that nothing compiled earlier is used. Drivers that hear none of these
/// (on Windows and macOS) may keep a cache of their own.
const COLD: [(&str, &str); 5] = [
    ("LEPTON_PIPELINE_CACHE", "0"),
    ("MESA_SHADER_CACHE_DISABLE", "true"),
    ("MESA_GLSL_CACHE_DISABLE", "true"),
    ("__GL_SHADER_DISK_CACHE", "0"),
    ("CUDA_CACHE_DISABLE", "1"),
];

/// Seconds from building the plan to the first finished step of a network of the benchmark, on a device that has just been
/// opened. What the hidden command `bench-first-step` prints.
///
/// # Errors
/// [`BenchError::Train`] if the network does not fit the device's memory or the device is lost.
pub fn first_step(gpu: &Gpu, network: &Network, batch: usize, precision: Precision) -> Result<f64, BenchError> {
    let model = ModelSpec::open(network.model)?;
    let data = synthetic(model.input, batch);
    let mut found = f64::NAN;
    let mut trainer = Trainer::new(gpu, &data, model, network.config(batch, precision))?;
    trainer.fit(|_, event| {
        if let Event::FirstStep { seconds } = event {
            found = *seconds;
        }
        Control::Stop
    })?;
    Ok(found)
}

/// [`first_step`] in a process of its own.
pub fn in_child(
    program: &Path,
    adapter: usize,
    network: &Network,
    batch: usize,
    precision: Precision,
    cold: bool,
) -> Result<f64, String> {
    let mut command = Command::new(program);
    command.args(["bench-first-step", network.model, &batch.to_string(), &precision.to_string()]);
    command.args(["--adapter", &adapter.to_string()]);
    if cold {
        command.envs(COLD);
    }
    let output = command.output().map_err(|error| format!("{}: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.trim().parse::<f64>() {
        Ok(seconds) if output.status.success() && seconds.is_finite() => Ok(seconds),
        _ => Err(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or("it printed no time").into()),
    }
}
