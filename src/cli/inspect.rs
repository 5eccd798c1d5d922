//! `lepton-gpu inspect`

use lepton_kernels::gemm::Family;
use lepton_kernels::op::Target;

use super::args::InspectArgs;
use super::{CliError, Exit, open};
use crate::config::OptimizerConfig;
use crate::gpu::GpuError;
use crate::model::{ModelSpec, layers_text};
use crate::plan::summary;
use crate::plan::{Limits, Plan, Request, Training, default_loss};
use crate::report::say;

pub fn run(args: &InspectArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    if args.layers {
        say!("{}", layers_text().trim_end());
        return Ok(Exit::Done);
    }
    let name = args.model.as_deref().expect("clap requires MODEL without --layers");
    let model = ModelSpec::open(name)?;
    say!("{}", summary(&model)?.trim_end());
    if !args.plan {
        return Ok(Exit::Done);
    }
    // A plan needs no device; the one that would be used decides which kernels it names.
    let (target, limits) = match open(adapter) {
        Ok(gpu) => (gpu.target_in(args.precision.into())?, gpu.limits()),
        Err(GpuError::NoAdapter) => {
            (Target { precision: args.precision.into(), ..Target::f32(Family::Simt) }, Limits::WEBGPU)
        }
        Err(error) => return Err(error.into()),
    };
    let batch = args.batch as usize;
    let images = args.images.unwrap_or(batch);
    let training = Training { optimizer: OptimizerConfig::named(&args.optimizer)?, ..Training::default() };
    let request = Request { loss: default_loss(&model), training: Some(training), ..Request::new(batch, images) };
    let plan = Plan::compile(&model, &Request { target, limits, fuse: !args.no_fuse, ..request })?;
    say!("\n{plan}");
    Ok(Exit::Done)
}
