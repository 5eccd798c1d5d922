// scratch: time of steps and of single dispatches
use lepton_gpu::{config::*, gpu::*, model::*, plan::*};
use lepton_kernels::Step;
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let model = ModelSpec::open(&args[1]).unwrap();
    let batch: usize = args[2].parse().unwrap();
    let t0 = Instant::now();
    let gpu = Gpu::open(None).unwrap();
    println!("{} open {:?}", gpu.summary().line(), t0.elapsed());
    let plan = Plan::compile(&Request { model: &model, batch, images: 1000, optimizer: &OptimizerConfig::default(), target: gpu.target(), limits: gpu.limits(), goals: &Goal::ALL }).unwrap();
    println!("{plan}");
    let t = Instant::now();
    let mut program = Program::new(&gpu, &plan).unwrap();
    println!("program {:?}", t.elapsed());
    let mut params = vec![0f32; plan.arena_words];
    for p in &plan.parameters { let v = initial_values(&p.name, &p.shape, p.init, 0); params[p.offset_words..][..v.len()].copy_from_slice(&v); }
    program.write(Buffer::Parameters, bytemuck::cast_slice(&params)).unwrap();
    program.write(Buffer::Resident(Resident::Norm), bytemuck::cast_slice(&[0f32, 1.0, 0.0, 1.0])).unwrap();
    for i in 0..8u32 {
        let t = Instant::now();
        let mut s = [Step { learning_rate: 1e-3, bias_correction1: 1.0, bias_correction2: 1.0, batch_start: 0, batch_length: batch as u32, range_length: 1000, data_length: 1000, ..Step::default() }];
        let r = program.run(Goal::Train, &mut s).unwrap();
        println!("step {i} {:?} {:?}  {:.0} img/s", t.elapsed(), r, batch as f64 / t.elapsed().as_secs_f64());
    }
    println!("total {:?}", t0.elapsed());
    // single dispatches
    for (i, step) in plan.train.iter().enumerate() {
        let contents: Vec<Vec<u8>> = step.bindings.iter().map(|b| vec![0u8; b.bytes as usize]).collect();
        let launch = SingleLaunch { kernel: step.kernel.clone(), bindings: step.bindings.iter().enumerate().map(|(i, b)| (i, b.access)).collect(), groups: step.groups };
        let s = Step { batch_length: batch as u32, range_length: 1000, data_length: 1000, ..Step::default() };
        gpu.run_once(&contents, &vec![launch.clone(); 1], &s).unwrap();
        let time = |n| { (0..3).map(|_| { let t = Instant::now(); gpu.run_once(&contents, &vec![launch.clone(); n], &s).unwrap(); t.elapsed().as_secs_f64() }).fold(f64::MAX, f64::min) };
        let each = (time(6) - time(1)) / 5.0;
        println!("{i:3} {:<14} {:<26} {:9.3} ms  {:6.2} GFLOP/s", step.layer, step.kernel.name, each * 1e3, 2.0 * step.multiply_adds as f64 / each / 1e9);
    }
}
