//! Global max pooling: the largest value of each channel, `[n, h, w, c]` to `[n, c]`.
//!
//! Of equal values the first in row order wins, and it alone receives the gradient. An adaptive pool to one pixel has the same
//! values in the same places, so its kernels run.

use crate::adaptive_max_pool2d::AdaptiveMaxPool2d;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "global_max_pool", summary: "largest value of each channel", cases };

const POOL: AdaptiveMaxPool2d = AdaptiveMaxPool2d { output: [1, 1] };

/// `[n, h, w, c]` to `[n, c]`: the largest value of each channel, as Keras' `GlobalMaxPooling2D`.
#[derive(Clone, Debug)]
pub struct GlobalMaxPool;

impl Op for GlobalMaxPool {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, _, _, c] = inputs[0].nhwc()?;
        POOL.outputs(inputs)?;
        Ok(vec![Shape::new(&[n, c])])
    }

    fn forward(&self, inputs: &[Shape], mode: Mode, target: &Target) -> Lowered {
        POOL.forward(inputs, mode, target)
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        POOL.backward(inputs, wanted, target)
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let x = &inputs[0];
        let [n, _, _, c] = x.shape.nhwc().expect("shapes were checked");
        vec![Array::new(Shape::new(&[n, c]), winners(x).into_iter().map(|i| x.data[i]).collect())]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut dx = Array::zeros(inputs[0].shape.clone());
        winners(&inputs[0]).into_iter().zip(&dy.data).for_each(|(i, dy)| dx.data[i] += dy);
        vec![Some(dx)]
    }
}

/// The position of the largest element of every channel of every image.
fn winners(x: &Array) -> Vec<usize> {
    let [n, h, w, c] = x.shape.nhwc().expect("shapes were checked");
    let winner = |o: usize| {
        let first = o / c * h * w * c + o % c;
        let positions = (0..h * w).map(|pixel| first + pixel * c);
        positions.reduce(|best, other| if x.data[other] > x.data[best] { other } else { best }).expect("a pixel")
    };
    (0..n * c).map(winner).collect()
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(GlobalMaxPool, &[&[3, 5, 7, 6]], "uneven images").fill(0, Fill::Distinct),
        Case::new(GlobalMaxPool, &[&[2, 1, 3, 70]], "more channels than a workgroup").fill(0, Fill::Distinct),
        Case::new(GlobalMaxPool, &[&[3, 4, 5, 12]], "runs of four channels, ties: the first in row order wins")
            .fill(0, Fill::Ties),
    ]
}
