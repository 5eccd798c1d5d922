//! What a generator starts from: uniform numbers in `[-1, 1)` (Radford et al. 2016, section 4), `[rows, width]`.
//!
//! It has no input. A draw is a function of the step's key, the stream, the row's number in the range that is walked and the
//! column, so that row 70 is the same in a batch of 64 and in one of 128.

use crate::dispatch::{Elementwise, Operand, write};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, random, source};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "noise", summary: "uniform numbers from -1 to 1, drawn anew each step", cases };

const KERNEL: Elementwise =
    Elementwise { name: "noise", source: include_str!("draw.wgsl"), per_step: true, includes: &[source::RANDOM] };

/// Uniform numbers in `[-1, 1)`, `[rows, width]`, drawn anew each step: a generator's input.
#[derive(Clone, Debug)]
pub struct Noise {
    /// Rows: images that are made of it.
    pub rows: usize,
    /// Numbers of a row.
    pub width: usize,
    /// Number of the random stream: another one for every noise of a step.
    pub stream: u32,
}

impl Op for Noise {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        self.width.to_string()
    }

    fn outputs(&self, _inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![Shape::new(&[self.rows, self.width])])
    }

    fn activations(&self) -> usize {
        0
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, _inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let threads = (self.rows * self.width).div_ceil(4);
        let constants = [("STREAM", self.stream.into()), ("WIDTH", self.width.into())];
        KERNEL.launch(target.precision, threads, 0, &constants, &[write(Operand::Y(0))]).into()
    }

    fn twin(&self, _inputs: &[Array], step: &Step) -> Vec<Array> {
        let mut y = Array::zeros(Shape::new(&[self.rows, self.width]));
        for row in 0..self.rows {
            for column in 0..self.width {
                let number = (step.batch_start as usize + row) * self.width + column;
                let draw = random::unit(random::noise(step.noise_key, self.stream, number as u32));
                y.data[row * self.width + column] = f64::from(draw) * 2.0 - 1.0;
            }
        }
        vec![y]
    }
}

fn cases() -> Vec<Case> {
    let case = |rows, width, index: u32, reason| {
        let step = Step { noise_key: random::key(9, 3, index.into()), batch_start: 13 * index, ..Step::default() };
        Case::new(Noise { rows, width, stream: 0x51de_ca5e + index }, &[], reason).step(step)
    };
    vec![
        case(3, 7, 0, "an uneven number of numbers, from the start"),
        case(5, 100, 1, "more than a workgroup, from row 13 on"),
        case(67, 9, 2, "many rows, another stream"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(stream: u32, batch_start: u32, rows: usize, index: u64) -> Vec<f64> {
        let step = Step { noise_key: random::key(4, 3, index), batch_start, ..Step::default() };
        Noise { rows, width: 50, stream }.twin(&[], &step).remove(0).data
    }

    #[test]
    fn numbers_fill_their_range_evenly() {
        let values = draws(7, 0, 400, 0);
        assert!(values.iter().all(|v| (-1.0..1.0).contains(v)));
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / n;
        // of 20,000 numbers whose variance is 1/3; four standard deviations
        assert!(mean.abs() < 4.0 * (1.0 / 3.0 / n).sqrt(), "mean {mean}");
        assert!((variance - 1.0 / 3.0).abs() < 4.0 * (4.0 / 45.0 / n).sqrt(), "variance {variance}");
    }

    #[test]
    fn a_row_is_the_same_in_any_batch_and_other_streams_and_steps_are_others() {
        let all = draws(7, 0, 10, 0);
        assert_eq!(all[6 * 50..], draws(7, 6, 4, 0));
        assert_ne!(all, draws(8, 0, 10, 0));
        assert_ne!(all, draws(7, 0, 10, 1));
    }
}
