//! Whether products use an adapter's cooperative matrices: what it says of them, and what a trial on it shows.
//!
//! Kernels on matrices index by the size of a subgroup, which some drivers choose for each pipeline: RADV says 32 to 64 and
//! takes 64. And a driver may have matrices and multiply them wrongly. So small products run once, in workgroups of every
//! size that kernels have, before any kernel rests on either.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use lepton_kernels::gemm::{Matrix, Trial};
use lepton_kernels::{Dispatch, Operand, Step};

use super::adapter::Adapters;
use super::device::Gpu;
use super::error::GpuError;
use super::op_run::{Content, OpRun};
use super::options::GpuOptions;
use super::unchecked::Checks;
use crate::platform;

/// Why products do without an adapter's cooperative matrices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoMatrix {
    /// There are none.
    #[error("it offers none")]
    Absent,
    /// Kernels on matrices need these as well.
    #[error("they need f16 and subgroups in shaders, and it lacks one of them")]
    Features,
    /// Shaders can express only matrices as high as wide as deep.
    #[error("it has no square 8x8 or 16x16 matrices of f16 with sums in f32{}", listed(.0))]
    NotSquare(Vec<String>),
    /// On a software adapter they are slower than loops.
    #[error("software multiplies faster without them")]
    Software,
    /// Threads of one workgroup, or workgroups of several sizes, do not agree.
    #[error("the driver makes subgroups of now {} threads, now {}", .0[0], .0[1])]
    SizeVaries([u32; 2]),
    /// A size that the driver does not name among those that subgroups may have.
    #[error("the driver makes subgroups of {found} threads, but names sizes from {} to {}", .named[0], .named[1])]
    SizeUnknown {
        /// The size of a subgroup in the trial.
        found: u32,
        /// The smallest and the largest that it may have, as the driver says.
        named: [u32; 2],
    },
    /// The driver's matrices do not multiply.
    #[error("the driver multiplies wrongly: {wrong} of {count} numbers of a trial")]
    Numbers {
        /// Numbers that are not what they should be.
        wrong: usize,
        /// Numbers of the trial.
        count: usize,
    },
    /// The trial did not run.
    #[error("a trial failed: {0}")]
    Failed(String),
}

fn listed(sizes: &[String]) -> String {
    if sizes.is_empty() { String::new() } else { format!(", only {}", sizes.join(", ")) }
}

/// What an adapter says of its cooperative matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// Rows, columns and depth of the largest that shaders can express.
    side: u32,
    /// Smallest and largest subgroup.
    subgroups: [u32; 2],
    workgroup_bytes: u32,
    unit: u32,
}

impl Offer {
    /// The largest square matrices of f16 with sums in f32.
    pub(super) fn of(adapter: &wgpu::Adapter) -> Result<Offer, NoMatrix> {
        let (info, features) = (adapter.get_info(), adapter.features());
        if !features.contains(wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX) {
            return Err(NoMatrix::Absent);
        }
        if !features.contains(wgpu::Features::SHADER_F16 | wgpu::Features::SUBGROUP) {
            return Err(NoMatrix::Features);
        }
        let mixed = |p: &&wgpu::CooperativeMatrixProperties| {
            (p.ab_type, p.cr_type) == (wgpu::CooperativeScalarType::F16, wgpu::CooperativeScalarType::F32)
        };
        let sizes: Vec<[u32; 3]> = adapter
            .cooperative_matrix_properties()
            .iter()
            .filter(mixed)
            .map(|p| [p.m_size, p.n_size, p.k_size])
            .collect();
        let side = largest_square(&sizes)?;
        let workgroup_bytes = adapter.limits().max_compute_workgroup_storage_size;
        let unit = if info.backend == wgpu::Backend::Metal { 1 } else { 4 };
        Ok(Offer { side, subgroups: [info.subgroup_min_size, info.subgroup_max_size], workgroup_bytes, unit })
    }

    /// The matrices in subgroups of so many threads.
    fn in_subgroups_of(self, subgroup: u32) -> Matrix {
        Matrix { side: self.side, subgroup, workgroup_bytes: self.workgroup_bytes, unit: self.unit }
    }

    /// The matrices where nothing can be tried: in the largest subgroups, which drivers that have several take.
    pub(super) fn assumed(self) -> Matrix {
        self.in_subgroups_of(self.subgroups[1])
    }

    /// A trial in workgroups of every size that kernels may have.
    fn trials(self) -> Vec<Trial> {
        let [least, most] = self.subgroups;
        let threads = std::iter::successors(Some(2 * least), |threads| Some(2 * threads));
        let threads = threads.take_while(|&threads| threads <= (8 * most).min(Trial::MOST_THREADS));
        threads.map(|threads| Trial { side: self.side, threads, least, unit: self.unit }).collect()
    }
}

/// The side of the largest matrices, `[rows, columns, depth]`, that shaders can express.
fn largest_square(sizes: &[[u32; 3]]) -> Result<u32, NoMatrix> {
    let expressible = sizes.iter().filter(|[m, n, k]| [8, 16].contains(m) && m == n && n == k);
    let listed = || sizes.iter().map(|[m, n, k]| format!("{m}x{n}x{k}")).collect();
    expressible.map(|size| size[0]).max().ok_or_else(|| NoMatrix::NotSquare(listed()))
}

/// What a trial left.
struct Answer {
    trial: Trial,
    /// The size of each thread's subgroup.
    sizes: Vec<u32>,
    /// The product of each subgroup, one after another.
    products: Vec<f32>,
}

/// The matrices that kernels may rest on after these answers.
fn judge(offer: Offer, answers: &[Answer]) -> Result<Matrix, NoMatrix> {
    let mut sizes = answers.iter().flat_map(|answer| answer.sizes.iter().copied());
    let nothing = || NoMatrix::Failed("it wrote nothing".into());
    let found = sizes.next().filter(|&size| size > 0).ok_or_else(nothing)?;
    if let Some(other) = sizes.find(|&size| size != found) {
        return Err(NoMatrix::SizeVaries([found, other]));
    }
    let named = offer.subgroups;
    if !found.is_power_of_two() || !(named[0]..=named[1]).contains(&found) {
        return Err(NoMatrix::SizeUnknown { found, named });
    }
    let (mut wrong, mut count) = (0, 0);
    for Answer { trial, products, .. } in answers {
        let want = trial.product();
        let made = &products[..want.len() * (trial.threads / found) as usize];
        // exact: all numbers are small multiples of a quarter
        wrong += made.iter().zip(want.iter().cycle()).filter(|(got, want)| got != want).count();
        count += made.len();
    }
    if wrong > 0 { Err(NoMatrix::Numbers { wrong, count }) } else { Ok(offer.in_subgroups_of(found)) }
}

impl Adapters {
    /// The cooperative matrices that products in f16 use on an adapter, or why they use none. Where it offers some, a
    /// device is opened to try them.
    ///
    /// # Errors
    /// [`NoMatrix`].
    pub fn matrix(&self, index: usize, options: &GpuOptions) -> Result<Matrix, NoMatrix> {
        Offer::of(&self.adapters[index])?;
        if self.summaries()[index].is_software() {
            return Err(NoMatrix::Software);
        }
        let opened = platform::block_on(Gpu::open_index(self, index, options));
        opened.map_err(|error| NoMatrix::Failed(error.to_string()))?.matrix()
    }
}

/// What trials showed, by adapter: one is enough for a process.
static TRIED: LazyLock<Mutex<HashMap<wgpu::AdapterInfo, Result<Matrix, NoMatrix>>>> = LazyLock::new(Mutex::default);

/// Tries what an adapter offers on a device of it, unless this process has.
pub(super) async fn tried(gpu: &Gpu, offer: Offer) -> Result<Matrix, NoMatrix> {
    let adapter = gpu.device.adapter_info();
    let known = TRIED.lock().expect("no one panics while holding it").get(&adapter).cloned();
    if let Some(known) = known {
        return known;
    }
    let found = match answers(gpu, &offer.trials(), Trial::dispatch).await {
        Ok(answers) => {
            // the next process does not compile them again
            gpu.pipelines.store();
            judge(offer, &answers)
        }
        Err(error) => Err(NoMatrix::Failed(error.to_string())),
    };
    TRIED.lock().expect("no one panics while holding it").insert(adapter, found.clone());
    found
}

/// Runs the trials, each as `launch` has it.
async fn answers(
    gpu: &Gpu,
    trials: &[Trial],
    launch: impl Fn(&Trial, Operand, Operand) -> Dispatch,
) -> Result<Vec<Answer>, GpuError> {
    let Some(first) = trials.first() else { return Ok(Vec::new()) };
    let mut memory = OpRun::default();
    let halves = |numbers: Vec<f32>| numbers.iter().flat_map(|&x| half::f16::from_f32(x).to_le_bytes()).collect();
    memory.add(Operand::X(0), Content::exactly(halves(first.left())));
    memory.add(Operand::X(1), Content::exactly(halves(first.right())));
    let outputs = |i: usize| [Operand::Y(2 * i), Operand::Y(2 * i + 1)];
    let mut dispatches = Vec::with_capacity(trials.len());
    for (i, trial) in trials.iter().enumerate() {
        let [sizes, products] = outputs(i);
        memory.add(sizes, Content::zeros(u64::from(trial.threads) * 4));
        memory.add(products, Content::zeros(trial.room() as u64 * 4));
        dispatches.push(launch(trial, sizes, products));
    }
    memory.run_async(gpu, &dispatches, &Step::default(), Checks::Off).await?;
    let answer = |(i, &trial): (usize, &Trial)| {
        let [sizes, products] = outputs(i).map(|operand| memory.bytes(operand));
        Answer { trial, sizes: bytemuck::pod_collect_to_vec(sizes), products: bytemuck::pod_collect_to_vec(products) }
    };
    Ok(trials.iter().enumerate().map(answer).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lepton_kernels::Kernel;

    use super::*;
    use crate::common;

    const OFFER: Offer = Offer { side: 16, subgroups: [32, 64], workgroup_bytes: 65_536, unit: 4 };

    /// What a faultless driver leaves that makes subgroups of `size`.
    fn right(offer: Offer, size: u32) -> Vec<Answer> {
        let answer = |trial: Trial| {
            let products = trial.product().repeat((trial.threads / size) as usize);
            let rest = trial.room() - products.len();
            let products = products.into_iter().chain(vec![0.0; rest]).collect();
            Answer { trial, sizes: vec![size; trial.threads as usize], products }
        };
        offer.trials().into_iter().map(answer).collect()
    }

    #[test]
    fn a_trial_settles_the_size_of_subgroups() {
        for size in [32, 64] {
            let matrix = judge(OFFER, &right(OFFER, size)).unwrap();
            assert_eq!(matrix, Matrix { side: 16, subgroup: size, workgroup_bytes: 65_536, unit: 4 });
        }
        assert_eq!(OFFER.assumed().subgroup, 64);
    }

    #[test]
    fn workgroups_of_every_size_that_kernels_have_are_tried() {
        let threads = |subgroups| -> Vec<u32> {
            Offer { subgroups, ..OFFER }.trials().into_iter().map(|trial| trial.threads).collect()
        };
        assert_eq!(threads([8, 8]), [16, 32, 64]);
        assert_eq!(threads([32, 32]), [64, 128, 256]);
        assert_eq!(threads([32, 64]), [64, 128, 256]);
        assert_eq!(threads([64, 64]), [128, 256]);
    }

    #[test]
    fn matrices_are_refused_for_what_a_trial_shows() {
        let refused = |change: &dyn Fn(&mut Vec<Answer>)| {
            let mut answers = right(OFFER, 64);
            change(&mut answers);
            judge(OFFER, &answers).unwrap_err()
        };
        // a thread of its own mind, and a workgroup
        assert_eq!(refused(&|a| a[1].sizes[127] = 32), NoMatrix::SizeVaries([64, 32]));
        assert_eq!(refused(&|a| a[2].sizes.fill(32)), NoMatrix::SizeVaries([64, 32]));
        for found in [16, 48, 128] {
            let other = refused(&|a| a.iter_mut().for_each(|answer| answer.sizes.fill(found)));
            assert_eq!(other, NoMatrix::SizeUnknown { found, named: [32, 64] });
        }
        // one number of the last subgroup of the largest workgroup
        let count = 64 * 32 * (1 + 2 + 4);
        assert_eq!(refused(&|a| a[2].products[4 * 64 * 32 - 1] += 0.25), NoMatrix::Numbers { wrong: 1, count });
        assert_eq!(refused(&|a| a[0].products[0] = f32::NAN), NoMatrix::Numbers { wrong: 1, count });
        // a driver that runs nothing
        let nothing = refused(&|a| a.iter_mut().for_each(|answer| answer.sizes.fill(0)));
        assert_eq!(nothing.to_string(), "a trial failed: it wrote nothing");
    }

    #[test]
    fn only_square_matrices_can_be_expressed() {
        assert_eq!(largest_square(&[[8, 8, 8], [16, 16, 16], [8, 16, 16]]), Ok(16));
        let intel = largest_square(&[[8, 8, 16], [8, 16, 16]]).unwrap_err();
        let text = "it has no square 8x8 or 16x16 matrices of f16 with sums in f32, only 8x8x16, 8x16x16";
        assert_eq!(intel.to_string(), text);
    }

    #[test]
    fn drivers_that_multiply_wrongly_are_noticed() {
        let Some(gpu) = common::gpu() else { return };
        let Some(matrix) = common::matrix(&gpu) else { return };
        let offer = gpu.offer.clone().expect("it has matrices");
        // one is enough, and every change is compiled
        let trials = &offer.trials()[..1];
        let wrong = [
            // a sum that begins at something else, as where RADV 25.0.7 takes part of it from memory that nobody wrote
            ("acc3_1 = Sums();", "acc3_1 = coopLoadT<Sums>(&sums[0], 1u);"),
            ("acc1_1 = coopMultiplyAdd(left1, right1, acc1_1);", ""),
            ("acc2_0 = coopMultiplyAdd(left2,", "acc2_0 = coopMultiplyAdd(left3,"),
            ("let right1 = coopLoadT<Right>", "let right1 = coopLoad<Right>"),
            ("coopStoreT(acc0_1", "coopStore(acc0_1"),
        ];
        let tried = |from: &str, to: &str| {
            let launch = |trial: &Trial, sizes, products| {
                let dispatch = trial.dispatch(sizes, products);
                let kernel = &dispatch.kernel;
                assert!(kernel.source.contains(from), "{from}");
                let source = kernel.source.replacen(from, to, 1).into();
                Dispatch { kernel: Arc::new(Kernel { source, ..(**kernel).clone() }), ..dispatch }
            };
            judge(offer, &gpu.block(answers(&gpu, trials, launch)).expect("the device works"))
        };
        assert_eq!(tried("acc0_0", "acc0_0"), Ok(matrix));
        for (from, to) in wrong {
            let refused = tried(from, to);
            assert!(matches!(refused, Err(NoMatrix::Numbers { .. })), "{from}: {refused:?}");
        }
    }
}
