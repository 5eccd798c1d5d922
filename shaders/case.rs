//! A case: one op on given inputs, with the reason why it is worth testing.

use half::f16;

use crate::dtype::{Dtype, Precision};
use crate::{Array, Op, Shape, Step, random};

/// How an input of a case is filled; everything comes from a counter, so a case is the same everywhere.
#[derive(Clone, Debug)]
pub enum Fill {
    /// Normal numbers of this standard deviation.
    Normal(f64),
    /// Normal numbers at least 0.05 away from 0, where a gradient has a kink.
    AwayFromZero,
    /// Values all at least 0.01 apart, so that no maximum is a tie.
    Distinct,
    /// Values from a short list, so that maxima tie.
    Ties,
    /// What a ReLU gives: zeros, and positive numbers at least 0.05 away from them.
    Rectified,
    /// Integers in `0..n`.
    Below(usize),
    /// Positive numbers around 1.
    Positive,
    /// These values, in row order.
    Exactly(Vec<f64>),
}

/// One input of a case.
#[derive(Clone, Debug)]
pub struct Input {
    /// The shape that the op is given.
    pub shape: Shape,
    /// How its values are made.
    pub fill: Fill,
}

/// One op with its inputs.
#[derive(Debug)]
pub struct Case {
    /// What is tested.
    pub op: Box<dyn Op>,
    /// Activations, then parameters, as [`Op`] has them.
    pub inputs: Vec<Input>,
    /// The step uniform.
    pub step: Step,
    /// The only precision that it makes sense in; none for both.
    pub only: Option<Precision>,
    /// Why this case is here.
    pub reason: &'static str,
}

impl Case {
    /// A case with normal inputs of these shapes.
    pub fn new(op: impl Op + 'static, shapes: &[&[usize]], reason: &'static str) -> Self {
        let inputs = shapes.iter().map(|s| Input { shape: Shape::new(s), fill: Fill::Normal(1.0) }).collect();
        Case { op: Box::new(op), inputs, step: Step::default(), only: None, reason }
    }

    /// Fills input `i` in another way.
    pub fn fill(mut self, i: usize, fill: Fill) -> Self {
        self.inputs[i].fill = fill;
        self
    }

    /// Sets the step uniform.
    pub fn step(mut self, step: Step) -> Self {
        self.step = step;
        self
    }

    /// Cuts input 0, a data set, into four parts; the last three become the last inputs.
    pub fn in_parts(mut self) -> Self {
        let Input { shape, fill } = self.inputs[0].clone();
        let values = fill_values(&fill, shape.count(), 0);
        let images = shape.sizes()[0];
        let (part, size) = ((images - 1) / 3, shape.count() / images);
        for (i, first) in (0..4).map(|i| (i, i * part)) {
            let count = if i == 3 { images - first } else { part };
            let mut sizes = shape.sizes().to_vec();
            sizes[0] = count;
            let fill = Fill::Exactly(values[first * size..][..count * size].to_vec());
            let input = Input { shape: Shape::new(&sizes), fill };
            match i {
                0 => self.inputs[0] = input,
                _ => self.inputs.push(input),
            }
        }
        self
    }

    /// Whether it makes sense in `precision`.
    pub fn runs_in(&self, precision: Precision) -> bool {
        self.only.is_none_or(|only| only == precision)
    }

    /// The shapes of its inputs.
    pub fn shapes(&self) -> Vec<Shape> {
        self.inputs.iter().map(|i| i.shape.clone()).collect()
    }

    /// The inputs' values, rounded to what the device stores.
    pub fn arrays(&self, precision: Precision) -> Vec<Array> {
        (0..self.inputs.len())
            .map(|i| {
                let Input { shape, fill } = &self.inputs[i];
                let values = fill_values(fill, shape.count(), i as u64);
                let dtype = self.op.input_dtype(i);
                Array::new(shape.clone(), values.into_iter().map(|v| stored(v, dtype, precision)).collect())
            })
            .collect()
    }

    /// A random gradient of output 0, rounded to what the device stores.
    pub fn cotangent(&self, shape: &Shape, precision: Precision) -> Array {
        let dtype = self.op.output_dtype(0);
        let values = (0..shape.count() as u64).map(|e| stored(random::normal(11, 99, e), dtype, precision)).collect();
        Array::new(shape.clone(), values)
    }

    /// A gradient of output 0 in the parts in which the op takes it. One is more than half of it and held in f16, so that the
    /// other is exact (Sterbenz), and their sum, too.
    pub fn in_gradient_parts(&self, dy: &Array) -> Vec<Array> {
        if self.op.gradient_parts() == 1 {
            return vec![dy.clone()];
        }
        let dtype = self.op.output_dtype(0);
        let share = |(e, value): (usize, &f64)| {
            stored(value * (0.6 + 0.3 * random::uniform(12, 98, e as u64)), dtype, Precision::F16)
        };
        let first = Array::new(dy.shape.clone(), dy.data.iter().enumerate().map(share).collect());
        let second = dy.zip(&first, |whole, part| whole - part);
        vec![first, second]
    }
}

/// A value rounded to what the device stores.
fn stored(value: f64, dtype: Dtype, precision: Precision) -> f64 {
    match (dtype, precision) {
        (Dtype::Real, Precision::F16) => f16::from_f64(value).to_f64(),
        (Dtype::Real | Dtype::F32, _) => f64::from(value as f32),
        (Dtype::U32 | Dtype::U8, _) => value,
    }
}

fn fill_values(fill: &Fill, count: usize, stream: u64) -> Vec<f64> {
    let normal = |e: usize| random::normal(5, stream, e as u64);
    let uniform = |e: usize| random::uniform(6, stream, e as u64);
    (0..count)
        .map(|e| match fill {
            Fill::Normal(deviation) => deviation * normal(e),
            Fill::AwayFromZero => normal(e) + 0.05f64.copysign(normal(e)),
            Fill::Rectified => {
                if normal(e) > 0.0 {
                    normal(e) + 0.05
                } else {
                    0.0
                }
            }
            Fill::Distinct => {
                let place = random::permute(e as u32, count as u32, random::key(8, stream, 0));
                0.01 * (f64::from(place) - count as f64 / 2.0)
            }
            Fill::Ties => (3.0 * uniform(e)).floor() - 1.0,
            Fill::Below(n) => (*n as f64 * uniform(e)).floor(),
            Fill::Positive => 0.5 + uniform(e),
            Fill::Exactly(values) => values[e],
        })
        .collect()
}
