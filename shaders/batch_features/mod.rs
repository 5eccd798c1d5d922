//! The features of a batch: rows of numbers, gathered from the data set. An example may have several versions, such as the
//! features of an image and of its mirror image; training draws one of them.
//!
//! Inputs: features of the whole data set `[examples · versions, length]` (f32), example numbers `[batch]` (u32). Output
//! `[batch, length]`; 0 for rows that hold nobody. The version is a pure function of `step.augment_key` (seed and epoch) and the
//! example's number; where none is drawn it is the first.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::Dtype;
use crate::target::Target;
use crate::{
    Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY, random, source,
};

// numbers of the inputs
const DATA: usize = 0;
const EXAMPLE_NUMBERS: usize = 1;

/// The stream from which versions are drawn, as in the shader.
const STREAM: u32 = 0x0076_6572;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry {
    name: "batch_features",
    summary: "gathers rows of numbers from the data set, in one of their versions",
    cases,
};

const KERNEL: Elementwise = Elementwise {
    name: "batch_features",
    source: include_str!("gather.wgsl"),
    per_step: true,
    includes: &[source::RANDOM],
};

/// Gathers the features `[batch, length]` of a batch from those of the data set, `[examples · versions, length]`.
#[derive(Clone, Debug)]
pub struct BatchFeatures {
    /// Versions of each example, which follow each other.
    pub versions: usize,
    /// Whether a version is drawn; otherwise it is the first.
    pub draws: bool,
}

impl Op for BatchFeatures {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [_, length] = inputs[DATA].matrix()?;
        Ok(vec![Shape::new(&[inputs[EXAMPLE_NUMBERS].count(), length])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::F32, Dtype::U32][input]
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [_, length] = inputs[DATA].matrix().expect("shapes were checked");
        let constants = [("LENGTH", length.into()), ("VERSIONS", self.versions.into()), ("DRAWS", self.draws.into())];
        let bindings = [read(Operand::X(DATA)), read(Operand::X(EXAMPLE_NUMBERS)), write(Operand::Y(0))];
        let values = inputs[EXAMPLE_NUMBERS].count() * length;
        KERNEL.launch(target.precision, values, 0, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        let [_, length] = inputs[DATA].shape.matrix().expect("shapes were checked");
        let row = |&example: &f64| {
            if example == f64::from(NOBODY) {
                return vec![0.0; length];
            }
            let drawn = random::noise(step.augment_key, STREAM, example as u32) as usize % self.versions;
            let version = if self.draws { drawn } else { 0 };
            inputs[DATA].data[(example as usize * self.versions + version) * length..][..length].to_vec()
        };
        let data: Vec<f64> = inputs[EXAMPLE_NUMBERS].data.iter().flat_map(row).collect();
        vec![Array::new(Shape::new(&[inputs[EXAMPLE_NUMBERS].data.len(), length]), data)]
    }
}

fn cases() -> Vec<Case> {
    let case = |versions, draws, examples: &[f64], length, index, reason| {
        let numbers = [examples, &[f64::from(NOBODY)]].concat();
        let rows = (examples.iter().fold(0.0, |most: f64, &number| most.max(number)) as usize + 1) * versions;
        let step = Step { augment_key: random::key(4, 2, index), ..Step::default() };
        Case::new(BatchFeatures { versions, draws }, &[&[rows, length], &[numbers.len()]], reason)
            .fill(1, Fill::Exactly(numbers))
            .step(step)
    };
    vec![
        case(1, false, &[4.0, 0.0, 2.0, 2.0], 3, 0, "an example twice; a row that holds nobody"),
        case(2, false, &[1.0, 0.0, 5.0], 67, 1, "rows longer than a workgroup, the first of two versions"),
        case(2, true, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 5, 2, "one of two versions is drawn"),
        case(3, true, &[3.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 70, 3, "one of three versions, the same twice"),
    ]
}
