//! The product of two tensors of one shape, or of images `[n, h, w, c]` and one number a channel of each image, `[n, c]` or
//! `[n, 1, 1, c]`: a gate (Hu et al. 2018).

use crate::channels::lanes;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Dispatch, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "multiply", summary: "y = a * b; one may have a number a channel", cases };

const PRODUCT: Elementwise =
    Elementwise { name: "multiply", source: include_str!("product.wgsl"), per_step: false, includes: &[] };
const SUM: Elementwise =
    Elementwise { name: "multiply/sum", source: include_str!("sum.wgsl"), per_step: false, includes: &[] };

/// `y = a · b` of one shape, or images `[n, h, w, c]` times a gate `[n, c]` or `[n, 1, 1, c]`, as squeeze-and-excite has it.
#[derive(Clone, Debug)]
pub struct Multiply;

/// How two shapes meet.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    /// Which input has all pixels; the other one has one an image.
    big: usize,
    /// Pixels of an image; 1 where both are alike.
    pixels: usize,
    /// Channels; where both are alike, all elements in whole runs of four.
    channels: usize,
}

/// The images of one input and the pixel of the other, if that is what they are.
fn images_and_pixel(big: &Shape, small: &Shape) -> Option<[usize; 2]> {
    let &[n, h, w, c] = big.sizes() else { return None };
    let fits = small.sizes() == [n, c] || small.sizes() == [n, 1, 1, c];
    fits.then_some([h * w, c])
}

fn meet(inputs: &[Shape]) -> Result<Meeting, ShapeError> {
    let alike = |big| Meeting { big, pixels: 1, channels: inputs[big].count().next_multiple_of(4) };
    if inputs[0] == inputs[1] {
        return Ok(alike(0));
    }
    for big in [0, 1] {
        match images_and_pixel(&inputs[big], &inputs[1 - big]) {
            Some([1, _]) => return Ok(alike(big)),
            Some([pixels, channels]) => return Ok(Meeting { big, pixels, channels }),
            None => {}
        }
    }
    Err(ShapeError::new(format!("it multiplies {} by {}, which do not fit", inputs[0], inputs[1])).hint(
        "two tensors of the same shape, or images [n, h, w, c] and one value per channel, [n, c] or [n, 1, 1, c]",
    ))
}

impl Meeting {
    fn launch(self, kernel: Elementwise, target: &Target, elements: usize, ends: [Operand; 3]) -> Dispatch {
        let (lanes, text) = lanes(self.channels);
        let kernel = Elementwise { includes: &[text], ..kernel };
        let iterations = if kernel.name == SUM.name { self.pixels } else { 0 };
        let constants = [("PIXELS", self.pixels.into()), ("C", self.channels.into())];
        let [a, b, to] = ends;
        let threads = elements.div_ceil(lanes);
        kernel.launch(target.precision, threads, iterations, &constants, &[read(a), read(b), write(to)])
    }

    /// The element of the small input for element `i` of the big one.
    fn small(self, i: usize) -> usize {
        i / (self.pixels * self.channels) * self.channels + i % self.channels
    }
}

impl Op for Multiply {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![inputs[meet(inputs)?.big].clone()])
    }

    fn activations(&self) -> usize {
        2
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let meeting = meet(inputs).expect("shapes were checked");
        let ends = [Operand::X(meeting.big), Operand::X(1 - meeting.big), Operand::Y(0)];
        meeting.launch(PRODUCT, target, inputs[meeting.big].count(), ends).into()
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        let meeting = meet(inputs).expect("shapes were checked");
        let (big, small) = (meeting.big, 1 - meeting.big);
        let mut dispatches = Vec::new();
        if wanted[big] {
            let ends = [Operand::Dy(0), Operand::X(small), Operand::Dx(big)];
            dispatches.push(meeting.launch(PRODUCT, target, inputs[big].count(), ends));
        }
        if wanted[small] {
            let kernel = if meeting.pixels == 1 { PRODUCT } else { SUM };
            let ends = [Operand::X(big), Operand::Dy(0), Operand::Dx(small)];
            dispatches.push(meeting.launch(kernel, target, inputs[small].count(), ends));
        }
        Lowered { dispatches, ..Lowered::default() }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let meeting = meet(&inputs.iter().map(|x| x.shape.clone()).collect::<Vec<_>>()).expect("shapes were checked");
        let (big, small) = (&inputs[meeting.big], &inputs[1 - meeting.big]);
        let data = big.data.iter().enumerate().map(|(i, x)| x * small.data[meeting.small(i)]).collect();
        vec![Array::new(big.shape.clone(), data)]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let meeting = meet(&inputs.iter().map(|x| x.shape.clone()).collect::<Vec<_>>()).expect("shapes were checked");
        let (big, small) = (meeting.big, 1 - meeting.big);
        let mut gradients = [0, 1].map(|i| Array::zeros(inputs[i].shape.clone()));
        for (i, dy) in dy.data.iter().enumerate() {
            let at = meeting.small(i);
            gradients[big].data[i] += dy * inputs[small].data[at];
            gradients[small].data[at] += dy * inputs[big].data[i];
        }
        gradients.into_iter().map(Some).collect()
    }
}

fn cases() -> Vec<Case> {
    let case = |shapes: &[&[usize]], reason| Case::new(Multiply, shapes, reason);
    vec![
        case(&[&[2, 3, 5, 7], &[2, 3, 5, 7]], "images of one shape"),
        case(&[&[3, 129], &[3, 129]], "matrices of one shape, over several workgroups"),
        case(&[&[3, 5, 7, 6], &[3, 6]], "a gate for images"),
        case(&[&[3, 8], &[3, 2, 5, 8]], "the gate first, runs of four channels"),
        case(&[&[2, 5, 3, 70], &[2, 1, 1, 70]], "a gate that is a pixel, more channels than a workgroup"),
        case(&[&[3, 1, 1, 5], &[3, 5]], "images of one pixel"),
    ]
}
