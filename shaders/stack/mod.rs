//! Two batches one after the other, as one: `[n, …]` and `[m, …]` give `[n + m, …]`. A discriminator sees real and generated
//! images in one batch that way, and its parameters have one reader.

use crate::channels::lanes;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Dispatch, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "stack", summary: "two batches one after the other", cases };

const COPY: Elementwise =
    Elementwise { name: "stack", source: include_str!("copy.wgsl"), per_step: false, includes: &[] };

/// `[n, …]` and `[m, …]` to `[n + m, …]`, as `torch.cat(dim=0)`.
#[derive(Clone, Debug)]
pub struct Stack;

/// Copies input `i` between its own tensor and its place in the whole; `back` the other way.
fn copy(inputs: &[Shape], i: usize, back: bool, target: &Target, ends: [Operand; 2]) -> Dispatch {
    let before = if i == 0 { 0 } else { inputs[0].count() };
    // runs of four must not straddle the two
    let in_fours = inputs.iter().all(|shape| shape.count().is_multiple_of(4));
    let (lanes, text) = lanes(if in_fours { 4 } else { 1 });
    let (own, whole) = (0u32, (before / lanes) as u32);
    let (from, to) = if back { (whole, own) } else { (own, whole) };
    let constants = [("FROM", from.into()), ("TO", to.into())];
    let kernel = Elementwise { includes: &[text], ..COPY };
    let bindings = [read(ends[0]), write(ends[1])];
    kernel.launch(target.precision, inputs[i].count() / lanes, 0, &constants, &bindings)
}

impl Op for Stack {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let ([n, one @ ..], [m, other @ ..]) = (inputs[0].sizes(), inputs[1].sizes()) else {
            return Err(ShapeError::new("it stacks batches, but these have no axis"));
        };
        if one != other {
            return Err(ShapeError::new(format!(
                "it stacks {} and {}, which differ in more than rows",
                inputs[0], inputs[1]
            )));
        }
        Ok(vec![Shape::new(&[&[n + m], one].concat())])
    }

    fn activations(&self) -> usize {
        2
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let launch = |i: usize| copy(inputs, i, false, target, [Operand::X(i), Operand::Y(0)]);
        Lowered { dispatches: (0..2).map(launch).collect(), ..Lowered::default() }
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let launch = |i: usize| copy(inputs, i, true, target, [Operand::Dy(0), Operand::Dx(i)]);
        Lowered { dispatches: (0..2).filter(|&i| wanted[i]).map(launch).collect(), ..Lowered::default() }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let shapes: Vec<Shape> = inputs.iter().map(|x| x.shape.clone()).collect();
        let shape = self.outputs(&shapes).expect("shapes were checked").remove(0);
        vec![Array::new(shape, inputs.iter().flat_map(|x| x.data.iter().copied()).collect())]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut left = dy.data.iter().copied();
        inputs.iter().map(|x| Some(Array::new(x.shape.clone(), left.by_ref().take(x.data.len()).collect()))).collect()
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(Stack, &[&[3, 5, 7, 1], &[3, 5, 7, 1]], "uneven images that part runs of four"),
        Case::new(Stack, &[&[5, 4, 3, 2], &[7, 4, 3, 2]], "more of one than of the other, runs of four"),
        Case::new(Stack, &[&[67, 9], &[1, 9]], "matrices, more than a workgroup"),
    ]
}
