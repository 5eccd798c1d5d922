//! The doors of the library: what an application may hold and pass, and what it cannot do to a device whatever it passes.

use lepton_gpu::gpu::{Gpu, GpuError, GpuOptions, Program};
use lepton_gpu::model::ModelSpec;
use lepton_gpu::plan::{Buffer, Goal, Plan, Request};
use lepton_gpu::train::{Evaluator, Predictor, Trainer};
use lepton_kernels::gemm::{Family, Lanes};
use lepton_kernels::{Step, Target};

mod common;

fn is_send<T: Send + 'static>() {}
fn is_shared<T: Send + Sync + Clone + 'static>() {}

#[test]
fn an_application_can_own_and_move_everything_that_runs() {
    is_shared::<Gpu>();
    is_send::<Program>();
    is_send::<Trainer>();
    is_send::<Evaluator>();
    is_send::<Predictor>();
}

/// Images of the data set of [`plan`], and images in a batch.
const IMAGES: usize = 4;

fn model() -> ModelSpec {
    ModelSpec::open("seed-mnist").unwrap()
}

fn plan(gpu: &Gpu) -> Plan {
    Plan::compile(&model(), &request(gpu)).unwrap()
}

fn request(gpu: &Gpu) -> Request {
    let (target, limits) = (gpu.target(), gpu.limits());
    Request { record_predictions: true, target, limits, ..Request::new(IMAGES, IMAGES) }
}

/// Numbers that index far out of every buffer, and near its end.
const HOSTILE: [u32; 4] = [10, 1_015_951_681, u32::MAX / 4, u32::MAX];

#[test]
fn labels_that_are_no_classes_harm_no_program() {
    let Some(gpu) = common::gpu() else { return };
    let plan = plan(&gpu);
    let mut program = Program::new(&gpu, &plan).unwrap();
    program.write(Buffer::Labels, bytemuck::cast_slice(&HOSTILE)).unwrap();
    let count = IMAGES as u32;
    let step = Step { batch_length: count, range_length: count, data_length: count, ..Step::default() };
    for goal in [Goal::Evaluate, Goal::Train] {
        program.run(goal, &mut [step]).unwrap();
    }
    // the device goes on, and computes what it should
    program.write(Buffer::Labels, bytemuck::cast_slice(&[0u32, 1, 2, 3])).unwrap();
    program.write_parameters(&vec![0; plan.arena_words * 4]).unwrap();
    let [loss, _] = program.run(Goal::Evaluate, &mut [step]).unwrap()[0];
    assert!((loss - 10f32.ln()).abs() < 1e-3, "ten classes of the same logit have a loss of ln 10, not {loss}");
}

#[test]
fn steps_beyond_the_data_set_harm_no_program() {
    let Some(gpu) = common::gpu() else { return };
    let plan = plan(&gpu);
    let mut program = Program::new(&gpu, &plan).unwrap();
    let whole = Step { batch_length: 4, range_length: 4, data_length: 4, ..Step::default() };
    for number in HOSTILE {
        // numbers of images that are not there, and boxes and views that do not exist
        let step = Step { batch_start: number, view: number, mix_rows: number, mix_columns: number, ..whole };
        let later = Step { range_start: number, ..whole };
        for goal in [Goal::Predict, Goal::Evaluate, Goal::Train] {
            program.run(goal, &mut [step, later]).unwrap();
        }
        // what the device would draw from forever
        let rows = Step { batch_length: number, ..whole };
        let shuffled = Step { batch_start: number, shuffle_key: [1, 2], ..whole };
        let split = Step { range_start: number, split_key: [1, 2], ..whole };
        for wrong in [rows, shuffled, split] {
            let error = program.run(Goal::Evaluate, &mut [wrong]).unwrap_err();
            assert!(matches!(error, GpuError::Step { .. }), "{error}");
        }
    }
}

#[test]
fn buffers_are_written_and_read_within_their_size() {
    let Some(gpu) = common::gpu() else { return };
    let plan = plan(&gpu);
    let program = Program::new(&gpu, &plan).unwrap();
    let labels = Buffer::Labels;
    let out_of_range = |result: Result<(), GpuError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, GpuError::OutOfRange { .. }), "{error}");
    };
    out_of_range(program.write(labels, &[0; IMAGES * 4 + 4]));
    out_of_range(program.write_parameters(&vec![0; plan.arena_words * 4 + 4]));
    out_of_range(program.write_images(&[&[0; IMAGES * 28 * 28], &[0]]));
    out_of_range(program.read(labels, 8, IMAGES as u64 * 4).map(drop));
    out_of_range(program.read(labels, u64::MAX - 4, 8).map(drop));
    let missing = program.write(Buffer::State(99), &[0; 4]).unwrap_err();
    assert!(matches!(missing, GpuError::NoBuffer { .. }), "{missing}");
}

#[test]
fn a_plan_for_another_kind_of_adapter_is_refused() {
    let Some(gpu) = common::gpu() else { return };
    // no adapter has subgroups of 77 lanes
    let lanes = Target { family: Family::Lane(Lanes { width: 77, wide: false }), ..gpu.target() };
    assert!(matches!(gpu.with_target(lanes.clone()), Err(GpuError::Target { .. })));
    let request = |target| Plan::compile(&model(), &Request { target, ..request(&gpu) });
    let Ok(plan) = request(lanes) else { return };
    assert!(matches!(Program::new(&gpu, &plan), Err(GpuError::Target { .. })));
}

#[test]
fn an_adapter_that_is_not_there_is_an_error() {
    if common::gpu().is_none() {
        return;
    }
    for adapter in ["97", "", "nonesuch"] {
        let options = GpuOptions::from_env().with_adapter(Some(adapter));
        let error = Gpu::open(&options).err().expect("there is no such adapter");
        assert!(matches!(error, GpuError::UnknownAdapter { .. }), "{error}");
    }
}

#[test]
fn an_executor_can_wait_for_a_device() {
    let Some(gpu) = common::gpu() else { return };
    let plan = plan(&gpu);
    let _driver = gpu.drive();
    let run = async {
        let mut program = Program::new_async(&gpu, &plan).await?;
        program.write_images_async(&[&[1; IMAGES * 28 * 28]]).await?;
        program.write_parameters_async(&vec![0; plan.arena_words * 4]).await?;
        let count = IMAGES as u32;
        let step = Step { batch_length: count, range_length: count, data_length: count, ..Step::default() };
        program.submit(Goal::Evaluate, &mut [step])?;
        let records = program.collect_async(Goal::Evaluate).await?.to_vec();
        program.read_async(Buffer::Labels, 0, 16).await?;
        Ok::<_, GpuError>(records)
    };
    // nothing here polls the device but the driver's thread
    fn sent<T: Send>(future: T) -> T {
        future
    }
    let records = pollster::block_on(sent(run)).unwrap();
    assert!((records[0][0] - 10f32.ln()).abs() < 1e-3, "{records:?}");
}
