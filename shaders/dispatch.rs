//! A dispatch as plain data: which kernel, what it binds, how many workgroups.

use std::borrow::Cow;
use std::sync::Arc;

use crate::dtype::Precision;
use crate::tuning::Tuning;

/// The most workgroups WebGPU allows along one axis of a grid.
pub const MAX_GROUPS: u32 = 65_535;

/// Threads of a workgroup in every kernel that handles one element a thread (`common/index.wgsl`).
pub const WORKGROUP: u32 = 64;

/// What a binding refers to, seen from the op. The planner replaces it by a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// Input number `i` of the op (activations, then parameters).
    X(usize),
    /// Output number `i`.
    Y(usize),
    /// Something that forward keeps for backward.
    Saved(usize),
    /// Part `i` of the gradient of the loss with respect to output 0; part 0 is all of it, unless the op takes
    /// [more](crate::Op::gradient_parts).
    Dy(usize),
    /// The gradient of the loss with respect to input `i`.
    Dx(usize),
    /// Working memory of this lowering alone.
    Scratch(usize),
}

/// How a kernel uses a binding; it decides `var<storage, read>` or `read_write`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// The kernel reads it and never writes it.
    Read,
    /// Every element that later steps read is written, and nothing is read first.
    Write,
    /// Updated in place.
    Update,
}

/// One binding of a dispatch, in the order of the shader's `@binding` numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binding<T = Operand> {
    /// What is bound: an operand of the op, or what stands for it nearer to the device.
    pub operand: T,
    /// How it is used.
    pub access: Access,
}

/// The value of a WGSL `override` constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constant {
    /// A `u32` or `bool` (0 or 1).
    U32(u32),
    /// The bits of an `f32`.
    F32(u32),
}

impl Constant {
    /// The value as WebGPU passes it.
    pub fn value(self) -> f64 {
        match self {
            Constant::U32(value) => f64::from(value),
            Constant::F32(bits) => f64::from(f32::from_bits(bits)),
        }
    }
}

impl From<u32> for Constant {
    fn from(value: u32) -> Self {
        Constant::U32(value)
    }
}

impl From<f32> for Constant {
    fn from(value: f32) -> Self {
        Constant::F32(value.to_bits())
    }
}

impl From<usize> for Constant {
    /// # Panics
    /// If the value does not fit `u32`; the planner refuses tensors of that size first.
    fn from(value: usize) -> Self {
        Constant::U32(u32::try_from(value).expect("a kernel constant fits u32"))
    }
}

impl From<bool> for Constant {
    fn from(value: bool) -> Self {
        Constant::U32(u32::from(value))
    }
}

/// A complete shader and the constants that specialise it: all that is needed to build a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// `op/direction`, for plans, profiles and error messages.
    pub name: Cow<'static, str>,
    /// WGSL with everything it includes; the entry point is `main`.
    pub source: Cow<'static, str>,
    /// Values of its `override` constants.
    pub constants: Vec<(&'static str, Constant)>,
    /// Whether it reads the step uniform (`common/step.wgsl`).
    pub per_step: bool,
    /// Threads of a workgroup.
    pub workgroup: u32,
}

/// One kernel launch: as an op lowers it, on its operands; in a plan on tensors, then on ranges of buffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch<T = Operand> {
    /// The shader, specialised.
    pub kernel: Arc<Kernel>,
    /// Its operands, in `@binding` order.
    pub bindings: Vec<Binding<T>>,
    /// Workgroups along x and y.
    pub groups: [u32; 2],
    /// Loop iterations that one invocation executes at the most, over all its loops. Some drivers stop at a limit.
    pub iterations: u64,
    /// Multiply-adds of the whole launch, counted as those of direct sums; 0 for kernels bound by memory.
    pub multiply_adds: u64,
    /// For a matrix product: which tiles can compute it.
    pub tuning: Option<Tuning>,
}

impl<T> Dispatch<T> {
    /// The same launch with something else bound in the place of each operand.
    pub fn map<U>(self, mut bind: impl FnMut(T) -> U) -> Dispatch<U> {
        let bind = |Binding { operand, access }: Binding<T>| Binding { operand: bind(operand), access };
        let Dispatch { kernel, bindings, groups, iterations, multiply_adds, tuning } = self;
        let bindings = bindings.into_iter().map(bind).collect();
        Dispatch { kernel, bindings, groups, iterations, multiply_adds, tuning }
    }
}

/// `var<storage, read>`.
pub fn read(operand: Operand) -> Binding {
    Binding { operand, access: Access::Read }
}

/// `var<storage, read_write>`, written only.
pub fn write(operand: Operand) -> Binding {
    Binding { operand, access: Access::Write }
}

/// `var<storage, read_write>`, updated in place.
pub fn update(operand: Operand) -> Binding {
    Binding { operand, access: Access::Update }
}

/// Folds a number of workgroups into two axes of at most [`MAX_GROUPS`] each. A kernel finds its number as
/// `group.y * GROUPS_X + group.x`; the last row may hold groups past the end.
///
/// # Panics
/// If there are more than 65,535² workgroups; tensors that large pass no device limit.
pub fn fold(groups: usize) -> [u32; 2] {
    let max = MAX_GROUPS as usize;
    let rows = groups.div_ceil(max).max(1);
    assert!(rows <= max, "{groups} workgroups do not fit a grid");
    [groups.div_ceil(rows).max(1) as u32, rows as u32]
}

/// A launch of one workgroup of [`WORKGROUP`] threads, whose text `texts` are.
pub(crate) fn one_workgroup(
    name: &'static str,
    texts: &[&str],
    iterations: usize,
    constants: Vec<(&'static str, Constant)>,
    bindings: Vec<Binding>,
) -> Dispatch {
    let per_step = texts.contains(&crate::source::STEP);
    let source = texts.join("\n").into();
    let kernel = Kernel { name: name.into(), source, constants, per_step, workgroup: WORKGROUP };
    Dispatch {
        kernel: kernel.into(),
        bindings,
        groups: [1, 1],
        iterations: iterations as u64,
        multiply_adds: 0,
        tuning: None,
    }
}

/// A shader that handles one element a thread, before its sizes are known.
#[derive(Clone, Copy, Debug)]
pub struct Elementwise<'a> {
    /// `op/direction`.
    pub name: &'static str,
    /// The shader's own text; `common/index.wgsl` is put before it.
    pub source: &'a str,
    /// Whether it reads the step uniform.
    pub per_step: bool,
    /// Other shared WGSL it uses.
    pub includes: &'a [&'static str],
}

impl Elementwise<'_> {
    /// A launch of `threads` threads; `Real` is as wide as `precision` says. `COUNT` and `GROUPS_X` are added to the constants.
    pub fn launch(
        &self,
        precision: Precision,
        threads: usize,
        iterations: usize,
        constants: &[(&'static str, Constant)],
        bindings: &[Binding],
    ) -> Dispatch {
        let groups = fold(threads.div_ceil(WORKGROUP as usize));
        let mut all = vec![("COUNT", Constant::from(threads)), ("GROUPS_X", Constant::from(groups[0]))];
        all.extend_from_slice(constants);
        let kernel = Kernel {
            name: self.name.into(),
            source: crate::source::with_index(self.source, precision, self.per_step, self.includes).into(),
            constants: all,
            per_step: self.per_step,
            workgroup: WORKGROUP,
        };
        Dispatch {
            kernel: Arc::new(kernel),
            bindings: bindings.to_vec(),
            groups,
            iterations: iterations as u64,
            multiply_adds: 0,
            tuning: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_covers_every_group_and_stays_within_the_limit() {
        for groups in [0, 1, 65_535, 65_536, 131_071, 10_000_019] {
            let [x, y] = fold(groups);
            assert!(x <= MAX_GROUPS && y <= MAX_GROUPS && x >= 1 && y >= 1);
            assert!(x as usize * y as usize >= groups, "{groups} groups in {x} x {y}");
        }
    }
}
