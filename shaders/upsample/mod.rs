//! Images of another size (PyTorch's `torch.nn.functional.interpolate`, Keras' `UpSampling2D`), larger or smaller.

use crate::dispatch::{Constant, Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, images, source};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "upsample", summary: "images of another size, by nearest neighbours or bilinear", cases };

const FORWARD: Elementwise =
    Elementwise { name: "upsample/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };
const BACKWARD: Elementwise =
    Elementwise { name: "upsample/backward", source: include_str!("backward.wgsl"), per_step: false, includes: &[] };

/// Where a pixel of the result reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// One pixel: number `floor(o · h / oh)`.
    Nearest,
    /// Between pixels whose centres lie at `(o + ½) · h / oh - ½`, as if pixels were squares.
    Bilinear,
    /// Between pixels at `o · (h - 1) / (oh - 1)`: the corners of both images are the same points.
    BilinearAligned,
}

/// `[n, h, w, c]` to `[n, oh, ow, c]` by nearest pixels or between them, as `torch.nn.Upsample`.
#[derive(Clone, Debug)]
pub struct Upsample {
    /// Height and width of the result.
    pub output: [usize; 2],
    /// Where its pixels read.
    pub interpolation: Interpolation,
}

/// The names in `common/scaling.wgsl` for rows and columns.
const NAMES: [[&str; 4]; 2] = [["MUL_Y", "ADD_Y", "SUB_Y", "DEN_Y"], ["MUL_X", "ADD_X", "SUB_X", "DEN_X"]];

impl Upsample {
    /// `[mul, add, sub, den]`: pixel `o` reads at `max(o · mul + add - sub, 0) / den`.
    fn scaling(&self, length: usize, places: usize) -> [usize; 4] {
        match self.interpolation {
            Interpolation::Nearest => [length, 0, 0, places],
            Interpolation::Bilinear => [2 * length, length, places, 2 * places],
            Interpolation::BilinearAligned if places > 1 => [length - 1, 0, 0, places - 1],
            Interpolation::BilinearAligned => [0, 0, 0, 1],
        }
    }

    fn launch(
        &self,
        kernel: Elementwise,
        inputs: &[Shape],
        target: &Target,
        work: Work,
        ends: [Operand; 2],
    ) -> Lowered {
        let [_, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let (lanes, [lanes_text, places]) = images::lanes(c);
        let mut constants = images::constants(&inputs[0], self.output);
        constants.push(("LINEAR", (self.interpolation != Interpolation::Nearest).into()));
        for (axis, length) in [h, w].into_iter().enumerate() {
            let values = self.scaling(length, self.output[axis]).map(Constant::from);
            constants.extend(NAMES[axis].into_iter().zip(values));
        }
        let kernel = Elementwise { includes: &[lanes_text, places, source::SCALING], ..kernel };
        let bindings = [read(ends[0]), write(ends[1])];
        kernel.launch(target.precision, work.elements / lanes, work.iterations, &constants, &bindings).into()
    }

    /// Most pixels along an axis that read one of `length` pixels.
    fn readers(&self, length: usize, places: usize) -> usize {
        let [mul, _, sub, den] = self.scaling(length, places);
        // those that start at one of two pixels, and those before the first that read it, too
        (2 * den + sub).checked_div(mul).map_or(places, |most| places.min(most + 2))
    }
}

struct Work {
    elements: usize,
    iterations: usize,
}

impl Op for Upsample {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let how = match self.interpolation {
            Interpolation::Nearest => "nearest",
            Interpolation::Bilinear => "bilinear",
            Interpolation::BilinearAligned => "bilinear, corners aligned",
        };
        format!("to {}x{} {how}", self.output[0], self.output[1])
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, h, w, c] = inputs[0].nhwc()?;
        images::check_scaling(h, self.output[0])?;
        images::check_scaling(w, self.output[1])?;
        Ok(vec![Shape::new(&[n, self.output[0], self.output[1], c])])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let elements = self.outputs(inputs).expect("shapes were checked")[0].count();
        self.launch(FORWARD, inputs, target, Work { elements, iterations: 0 }, [Operand::X(0), Operand::Y(0)])
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        let [_, h, w, _] = inputs[0].nhwc().expect("shapes were checked");
        let (rows, columns) = (self.readers(h, self.output[0]), self.readers(w, self.output[1]));
        let work = Work { elements: inputs[0].count(), iterations: rows * (columns + 1) };
        self.launch(BACKWARD, inputs, target, work, [Operand::Dy(0), Operand::Dx(0)])
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let mut y = Array::zeros(self.outputs(&[inputs[0].shape.clone()]).expect("shapes were checked").remove(0));
        visit(self, &inputs[0], |o, i, share| y.data[o] += share * inputs[0].data[i]);
        vec![y]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut dx = Array::zeros(inputs[0].shape.clone());
        visit(self, &inputs[0], |o, i, share| dx.data[i] += share * dy.data[o]);
        vec![Some(dx)]
    }
}

/// The pixels that pixel `o` of `places` is made of, with their shares: the definition.
fn made_of(interpolation: Interpolation, o: usize, length: usize, places: usize) -> Vec<(usize, f64)> {
    let scale = length as f64 / places as f64;
    let place = match interpolation {
        Interpolation::Nearest => return vec![((o * length) / places, 1.0)],
        Interpolation::Bilinear => ((o as f64 + 0.5) * scale - 0.5).max(0.0),
        Interpolation::BilinearAligned if places > 1 => o as f64 * ((length - 1) as f64 / (places - 1) as f64),
        Interpolation::BilinearAligned => 0.0,
    };
    let first = (place.floor() as usize).min(length - 1);
    let share = place - first as f64;
    vec![(first, 1.0 - share), ((first + 1).min(length - 1), share)]
}

/// Calls `visit(output position, input position, share)` for every pixel that a pixel is made of.
fn visit(op: &Upsample, x: &Array, mut visit: impl FnMut(usize, usize, f64)) {
    let [n, h, w, c] = x.shape.nhwc().expect("images");
    let [oh, ow] = op.output;
    for o in 0..n * oh * ow * c {
        let (i, oy, ox, ch) = (o / (oh * ow * c), o / (ow * c) % oh, o / c % ow, o % c);
        for (iy, of_row) in made_of(op.interpolation, oy, h, oh) {
            for (ix, of_column) in made_of(op.interpolation, ox, w, ow) {
                visit(o, x.at4(i, iy, ix, ch), of_row * of_column);
            }
        }
    }
}

fn cases() -> Vec<Case> {
    use Interpolation::{Bilinear, BilinearAligned, Nearest};
    let to = |output, interpolation| Upsample { output, interpolation };
    vec![
        Case::new(to([10, 9], Nearest), &[&[2, 5, 3, 4]], "twice and three times the size, runs of four channels"),
        Case::new(to([7, 11], Nearest), &[&[2, 5, 4, 3]], "sizes that do not divide"),
        Case::new(to([3, 5], Nearest), &[&[2, 7, 12, 3]], "smaller: pixels that nobody reads"),
        Case::new(to([10, 12], Bilinear), &[&[2, 5, 4, 8]], "bilinear, twice and three times, runs of four channels"),
        Case::new(to([7, 11], Bilinear), &[&[2, 4, 9, 3]], "bilinear, sizes that do not divide"),
        Case::new(to([4, 5], Bilinear), &[&[2, 9, 13, 3]], "bilinear, smaller: pixels that nobody reads"),
        Case::new(to([9, 11], BilinearAligned), &[&[2, 5, 4, 4]], "corners aligned: every second row is a row of x"),
        Case::new(to([3, 7], BilinearAligned), &[&[2, 6, 3, 5]], "corners aligned, smaller and larger"),
        Case::new(to([4, 1], BilinearAligned), &[&[2, 1, 5, 3]], "corners aligned, of one row, to one column"),
        Case::new(to([6, 1], Bilinear), &[&[3, 1, 4, 2]], "bilinear, of one row, to one column"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same whole numbers as `common/scaling.wgsl`.
    fn first_neighbour(o: usize, [mul, add, sub, den]: [usize; 4]) -> usize {
        (o * mul + add).saturating_sub(sub) / den
    }

    #[test]
    fn no_pixel_has_more_readers_than_are_said() {
        for (length, places) in (1..24).flat_map(|length| (1..40).map(move |places| (length, places))) {
            for interpolation in [Interpolation::Nearest, Interpolation::Bilinear, Interpolation::BilinearAligned] {
                let op = Upsample { output: [places; 2], interpolation };
                let scaling = op.scaling(length, places);
                for i in 0..length {
                    let near = |o: &usize| (i.saturating_sub(1)..=i).contains(&first_neighbour(*o, scaling));
                    let readers = (0..places).filter(near).count();
                    assert!(readers <= op.readers(length, places), "{op:?} of {length}: {readers}");
                }
            }
        }
    }
}
