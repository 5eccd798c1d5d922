//! `lepton-gpu inspect`

use lepton_kernels::gemm::Family;
use lepton_kernels::op::Target;

use super::args::InspectArgs;
use super::{CliError, Exit};
use crate::config::OptimizerConfig;
use crate::gpu::{Gpu, GpuError, GpuOptions};
use crate::model::{ModelSpec, layers_text};
use crate::plan::summary;
use crate::plan::{Limits, Plan, Request, Training, default_loss};
use crate::platform::Instant;
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
    // what is only compiled may rest on what is not tried
    let options = GpuOptions { untried_matrices: args.compile, ..GpuOptions::from_env() };
    let gpu = match Gpu::open(&options.with_adapter(adapter)) {
        // a plan needs no device; the one that would be used decides which kernels it names
        Err(GpuError::NoAdapter) if !args.compile => None,
        opened => Some(opened?),
    };
    let precision = args.precision.into();
    let (target, limits) = match &gpu {
        Some(gpu) => (gpu.target_in(precision)?, gpu.limits()),
        None => (Target { precision, ..Target::f32(Family::Simt) }, Limits::WEBGPU),
    };
    let batch = args.batch as usize;
    let images = args.images.unwrap_or(batch);
    let training = Training { optimizer: OptimizerConfig::named(&args.optimizer)?, ..Training::default() };
    let request = Request { loss: default_loss(&model), training: Some(training), ..Request::new(batch, images) };
    let plan = Plan::compile(&model, &Request { target, limits, fuse: !args.no_fuse, ..request })?;
    say!("\n{plan}");
    if let Some(gpu) = gpu.filter(|_| args.compile) {
        compile(&gpu, &plan)?;
    }
    Ok(Exit::Done)
}

fn compile(gpu: &Gpu, plan: &Plan) -> Result<(), GpuError> {
    let begun = Instant::now();
    let kernels = gpu.compile(plan)?;
    let (seconds, count) = (begun.elapsed().as_secs_f64(), kernels.all().iter().max().map_or(0, |last| last + 1));
    say!("kernels on {}", gpu.summary().line());
    say!("{}", plan.kernels_text(&kernels));
    say!("compiled {count} kernels in {seconds:.2} s");
    Ok(())
}
