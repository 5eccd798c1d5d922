//! Dropout (Srivastava et al. 2014), inverted: what stays is divided by the share that stays, so that inference needs
//! nothing. What goes together is an element, a channel of an image (spatial dropout, Tompson et al. 2015;
//! `torch.nn.Dropout2d`) or a whole image (stochastic depth, Huang et al. 2016; `torchvision.ops.StochasticDepth` by rows).
//!
//! A draw is a function of the step's key, the layer's stream and the number of what is drawn. Backward draws again, and
//! nothing is kept.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::op::InInference;
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, random, source};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "dropout", summary: "drops elements, channels or images at random, and scales the rest", cases };

const KERNEL: Elementwise =
    Elementwise { name: "dropout", source: include_str!("draw.wgsl"), per_step: true, includes: &[source::RANDOM] };

/// What stays or goes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// Each element alone.
    Element,
    /// A channel of an image.
    Channel,
    /// A whole image: stochastic depth.
    Image,
}

/// `y = x / (1 - rate)` or 0, drawn for each element, channel or image; `torch.nn.Dropout` and its relatives.
#[derive(Clone, Debug)]
pub struct Dropout {
    /// The share that goes, in `0.0..1.0`.
    pub rate: f32,
    /// What goes together.
    pub granularity: Granularity,
    /// Number of the random stream: another one in every layer of a model.
    pub stream: u32,
}

impl Dropout {
    /// Elements of a unit, and the channels that are drawn apart within it (1 for none).
    fn unit(&self, shape: &Shape) -> (usize, usize) {
        let image = shape.count() / shape.sizes()[0];
        match self.granularity {
            Granularity::Element => (1, 1),
            Granularity::Channel => (image, *shape.sizes().last().expect("a tensor has an axis")),
            Granularity::Image => (image, 1),
        }
    }

    fn launch(&self, inputs: &[Shape], target: &Target, from: Operand, to: Operand) -> Lowered {
        let (unit, channels) = self.unit(&inputs[0]);
        let constants = [
            ("RATE", self.rate.into()),
            ("STREAM", self.stream.into()),
            ("UNIT", unit.into()),
            ("CHANNELS", channels.into()),
        ];
        let threads = inputs[0].count().div_ceil(4);
        KERNEL.launch(target.precision, threads, 0, &constants, &[read(from), write(to)]).into()
    }

    /// What element `i` of a tensor is multiplied by.
    fn factor(&self, shape: &Shape, step: &Step, i: usize) -> f64 {
        let (size, c) = (shape.count() / shape.sizes()[0], *shape.sizes().last().expect("a tensor has an axis"));
        let number = match self.granularity {
            Granularity::Element => i,
            Granularity::Channel => i / size * c + i % c,
            Granularity::Image => i / size,
        };
        let stays = random::unit(random::noise(step.noise_key, self.stream, number as u32)) >= self.rate;
        if stays { 1.0 / (1.0 - f64::from(self.rate)) } else { 0.0 }
    }

    fn drop_from(&self, x: &Array, step: &Step) -> Array {
        let dropped = |(i, value): (usize, &f64)| value * self.factor(&x.shape, step, i);
        Array::new(x.shape.clone(), x.data.iter().enumerate().map(dropped).collect())
    }
}

impl Op for Dropout {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let what = match self.granularity {
            Granularity::Element => "",
            Granularity::Channel => " of channels",
            Granularity::Image => " of images",
        };
        format!("{}{what}", self.rate)
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        if !(0.0..1.0).contains(&self.rate) {
            return Err(ShapeError::new(format!("its rate is {}, but must be at least 0 and below 1", self.rate))
                .hint("rate = 0.5"));
        }
        if self.granularity == Granularity::Channel {
            inputs[0].nhwc()?;
        }
        Ok(vec![inputs[0].clone()])
    }

    fn in_inference(&self) -> InInference {
        InInference::Nothing
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.launch(inputs, target, Operand::X(0), Operand::Y(0))
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if wanted[0] { self.launch(inputs, target, Operand::Dy(0), Operand::Dx(0)) } else { Lowered::default() }
    }

    fn twin(&self, inputs: &[Array], step: &Step) -> Vec<Array> {
        vec![self.drop_from(&inputs[0], step)]
    }

    fn twin_backward(&self, _inputs: &[Array], _outputs: &[Array], dy: &Array, step: &Step) -> Vec<Option<Array>> {
        vec![Some(self.drop_from(dy, step))]
    }
}

fn cases() -> Vec<Case> {
    let case = |rate, granularity, shape: &[usize], index, reason| {
        let step = Step { noise_key: random::key(9, 3, index), ..Step::default() };
        Case::new(Dropout { rate, granularity, stream: 0x51de_ca5e + index as u32 }, &[shape], reason).step(step)
    };
    use Granularity::{Channel, Element, Image};
    vec![
        case(0.3, Element, &[3, 5, 7, 2], 0, "uneven images"),
        case(0.5, Element, &[3, 429], 1, "more than a workgroup"),
        case(0.0, Element, &[2, 7], 2, "nothing goes"),
        case(0.9, Element, &[5, 130], 3, "almost everything goes"),
        case(0.4, Channel, &[5, 3, 2, 7], 4, "whole channels of uneven images"),
        case(0.5, Image, &[13, 3, 5, 2], 5, "whole images"),
        case(0.5, Image, &[70, 3], 6, "whole rows of a matrix, which straddle runs of four"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of `units` units stay in a step.
    fn mask(op: &Dropout, units: usize, step_number: u64) -> Vec<bool> {
        let shape = match op.granularity {
            Granularity::Element => Shape::new(&[1, units]),
            Granularity::Channel => Shape::new(&[units / 8, 2, 3, 8]),
            Granularity::Image => Shape::new(&[units, 5]),
        };
        let step = Step { noise_key: random::key(4, 3, step_number), ..Step::default() };
        let y = op.drop_from(&Array::zeros(shape).map(|_| 1.0), &step);
        let every = match op.granularity {
            Granularity::Element => 1,
            Granularity::Image => 5,
            Granularity::Channel => {
                // all pixels of an image are alike
                let images: Vec<&[f64]> = y.data.chunks_exact(48).collect();
                assert!(images.iter().all(|image| image.chunks_exact(8).all(|pixel| pixel == &image[..8])));
                return images.iter().flat_map(|image| &image[..8]).map(|&v| v > 0.0).collect();
            }
        };
        assert!(y.data.chunks_exact(every).all(|unit| unit.iter().all(|v| v == &unit[0])));
        y.data.iter().step_by(every).map(|&v| v > 0.0).collect()
    }

    #[test]
    fn as_much_goes_as_the_rate_says_whatever_goes_together() {
        let units = 40_000;
        for granularity in [Granularity::Element, Granularity::Channel, Granularity::Image] {
            for rate in [0.1f32, 0.5, 0.8] {
                let op = Dropout { rate, granularity, stream: 17 };
                let gone = mask(&op, units, 0).iter().filter(|&&stays| !stays).count() as f64;
                let (n, p) = (units as f64, f64::from(rate));
                // four standard deviations of a binomial number
                let bound = 4.0 * (n * p * (1.0 - p)).sqrt();
                assert!((gone - n * p).abs() < bound, "{granularity:?} {rate}: {gone} of {units} went");
            }
        }
    }

    #[test]
    fn the_expectation_is_the_input() {
        let op = Dropout { rate: 0.4, granularity: Granularity::Element, stream: 3 };
        let x = Array::new(Shape::new(&[1, 5]), vec![1.0, -2.0, 0.5, 3.0, -1.0]);
        let draws = 20_000;
        let mut mean = [0.0; 5];
        for step in 0..draws {
            let step = Step { noise_key: random::key(1, 3, step), ..Step::default() };
            let y = op.drop_from(&x, &step);
            mean.iter_mut().zip(&y.data).for_each(|(mean, y)| *mean += y / draws as f64);
        }
        // a draw's standard deviation is |x| sqrt(p / (1 - p)); four of the mean's
        let bound = 4.0 * (0.4f64 / 0.6 / draws as f64).sqrt();
        assert!(mean.iter().zip(&x.data).all(|(mean, x)| (mean / x - 1.0).abs() < bound), "{mean:?}");
    }

    #[test]
    fn layers_and_steps_draw_apart() {
        let op = |stream| Dropout { rate: 0.5, granularity: Granularity::Element, stream };
        let alike = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| a == b).count() as f64;
        let (n, first) = (10_000, mask(&op(1), 10_000, 0));
        assert_eq!(first, mask(&op(1), n, 0));
        for other in [mask(&op(2), n, 0), mask(&op(1), n, 1)] {
            // half of two independent masks agree, within four standard deviations
            assert!((alike(&first, &other) - 5_000.0).abs() < 4.0 * 50.0);
        }
    }
}
