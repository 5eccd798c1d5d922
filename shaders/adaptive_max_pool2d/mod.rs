//! Adaptive max pooling (PyTorch's `adaptive_max_pool2d`): the largest of so many pixels that the output has the size that is
//! asked for. Which pixels a place takes is said in `adaptive.rs`.
//!
//! Of equal values the first in row order wins, and it alone receives the gradient.

use crate::adaptive::{iterations, output_shape, taken};
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, images, source};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "adaptive_max_pool2d", summary: "maxima that give images of a chosen size", cases };

const FORWARD: Elementwise = Elementwise {
    name: "adaptive_max_pool2d/forward",
    source: include_str!("forward.wgsl"),
    per_step: false,
    includes: &[],
};
const BACKWARD: Elementwise = Elementwise {
    name: "adaptive_max_pool2d/backward",
    source: include_str!("backward.wgsl"),
    per_step: false,
    includes: &[],
};

/// `[n, h, w, c]` to `[n, oh, ow, c]` of a chosen size by maxima, as `torch.nn.AdaptiveMaxPool2d`.
#[derive(Clone, Debug)]
pub struct AdaptiveMaxPool2d {
    /// Height and width of the output.
    pub output: [usize; 2],
}

impl Op for AdaptiveMaxPool2d {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        format!("to {}x{}", self.output[0], self.output[1])
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![output_shape(&inputs[0], self.output)?])
    }

    fn forward(&self, inputs: &[Shape], mode: Mode, target: &Target) -> Lowered {
        let [n, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let (lanes, [lanes_text, places]) = images::lanes(c);
        let kernel = Elementwise { includes: &[lanes_text, places, source::ADAPTIVE], ..FORWARD };
        let count = n * self.output[0] * self.output[1] * c;
        let constants = images::constants(&inputs[0], self.output);
        let (saved, scratch, winner) = match mode {
            Mode::Train => (vec![count], vec![], Operand::Saved(0)),
            Mode::Infer => (vec![], vec![count], Operand::Scratch(0)),
        };
        let bindings = [read(Operand::X(0)), write(Operand::Y(0)), write(winner)];
        let iterations = iterations([h, w], self.output);
        let dispatches = vec![kernel.launch(target.precision, count / lanes, iterations, &constants, &bindings)];
        Lowered { saved, scratch, dispatches, ..Lowered::default() }
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        let [_, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let (lanes, [lanes_text, places]) = images::lanes(c);
        let kernel = Elementwise { includes: &[lanes_text, places, source::ADAPTIVE], ..BACKWARD };
        let constants = images::constants(&inputs[0], self.output);
        let bindings = [read(Operand::Saved(0)), read(Operand::Dy(0)), write(Operand::Dx(0))];
        let iterations = iterations(self.output, [h, w]);
        kernel.launch(target.precision, inputs[0].count() / lanes, iterations, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let shape = self.outputs(&[inputs[0].shape.clone()]).expect("shapes were checked").remove(0);
        let values = winners(self.output, &inputs[0]).into_iter().map(|i| inputs[0].data[i]);
        vec![Array::new(shape, values.collect())]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut dx = Array::zeros(inputs[0].shape.clone());
        winners(self.output, &inputs[0]).into_iter().zip(&dy.data).for_each(|(i, dy)| dx.data[i] += dy);
        vec![Some(dx)]
    }
}

/// The position of the largest element of every place, in output order.
fn winners(output: [usize; 2], x: &Array) -> Vec<usize> {
    let [n, h, w, c] = x.shape.nhwc().expect("images");
    let [oh, ow] = output;
    let winner = |o: usize| {
        let (i, oy, ox, ch) = (o / (oh * ow * c), o / (ow * c) % oh, o / c % ow, o % c);
        let pixels = taken(oy, h, oh).flat_map(|iy| taken(ox, w, ow).map(move |ix| (iy, ix)));
        let positions = pixels.map(|(iy, ix)| x.at4(i, iy, ix, ch));
        positions.reduce(|best, other| if x.data[other] > x.data[best] { other } else { best }).expect("a pixel")
    };
    (0..n * oh * ow * c).map(winner).collect()
}

fn cases() -> Vec<Case> {
    let to = |h, w| AdaptiveMaxPool2d { output: [h, w] };
    vec![
        Case::new(to(3, 2), &[&[2, 7, 5, 3]], "nothing divides: a pixel may win several places")
            .fill(0, Fill::Distinct),
        Case::new(to(2, 3), &[&[2, 4, 9, 8]], "everything divides, runs of four channels").fill(0, Fill::Distinct),
        Case::new(to(5, 7), &[&[2, 3, 4, 5]], "more places than pixels").fill(0, Fill::Distinct),
        Case::new(to(2, 2), &[&[2, 5, 7, 4]], "ties: the first in row order wins").fill(0, Fill::Ties),
    ]
}
