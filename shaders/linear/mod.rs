//! Fully connected layer: `y = x · weight + bias`.
//!
//! Inputs: `[n, c_in]`, weights `[c_in, c_out]`, bias `[c_out]` if there is one. Output `[n, c_out]`.

use crate::gemm::{self, Conv};
use crate::op::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "linear", summary: "fully connected layer with bias, optional ReLU", cases };

/// The op.
#[derive(Clone, Debug, Default)]
pub struct Linear {
    /// Whether a ReLU follows in the same kernel.
    pub relu: bool,
}

fn conv(inputs: &[Shape]) -> Conv {
    let [n, c_in] = inputs[0].matrix().expect("shapes were checked");
    Conv::linear(n, c_in, inputs[1].sizes()[1])
}

impl Op for Linear {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        if self.relu { "relu".into() } else { String::new() }
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, c_in] = inputs[0].matrix()?;
        let [rows, c_out] = inputs[1].matrix()?;
        if rows != c_in {
            return Err(ShapeError::new(format!("its weights take {rows} features, and its input has {c_in}")));
        }
        Ok(vec![Shape::new(&[n, c_out])])
    }

    fn with_relu(&self) -> Option<Box<dyn Op>> {
        (!self.relu).then(|| Box::new(Linear { relu: true }) as Box<dyn Op>)
    }

    fn without_relu(&self) -> Option<Box<dyn Op>> {
        self.relu.then(|| Box::new(Linear { relu: false }) as Box<dyn Op>)
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        gemm::forward(&conv(inputs), inputs.len() == 3, self.relu, target)
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        gemm::backward(&conv(inputs), inputs.len() == 3, self.relu, wanted, target)
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let ([n, c_in], c_out) = (inputs[0].shape.matrix().expect("a matrix"), inputs[1].shape.sizes()[1]);
        let mut y = Array::zeros(Shape::new(&[n, c_out]));
        for (i, o) in (0..n * c_out).map(|e| (e / c_out, e % c_out)) {
            let sum: f64 = (0..c_in).map(|k| inputs[0].data[i * c_in + k] * inputs[1].data[k * c_out + o]).sum();
            y.data[i * c_out + o] = sum + inputs.get(2).map_or(0.0, |bias| bias.data[o]);
        }
        vec![if self.relu { y.map(|v| v.max(0.0)) } else { y }]
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array) -> Vec<Option<Array>> {
        let ([n, c_in], c_out) = (inputs[0].shape.matrix().expect("a matrix"), inputs[1].shape.sizes()[1]);
        let dy = if self.relu { dy.zip(&outputs[0], |d, y| if y > 0.0 { d } else { 0.0 }) } else { dy.clone() };
        let mut gradients: Vec<Array> = inputs.iter().map(|a| Array::zeros(a.shape.clone())).collect();
        for (i, o, k) in (0..n * c_out * c_in).map(|e| (e / (c_out * c_in), e / c_in % c_out, e % c_in)) {
            gradients[0].data[i * c_in + k] += dy.data[i * c_out + o] * inputs[1].data[k * c_out + o];
            gradients[1].data[k * c_out + o] += dy.data[i * c_out + o] * inputs[0].data[i * c_in + k];
        }
        if let Some(bias) = gradients.get_mut(2) {
            dy.data.iter().enumerate().for_each(|(e, d)| bias.data[e % c_out] += d);
        }
        gradients.into_iter().map(Some).collect()
    }

    fn tolerance(&self) -> f64 {
        1e-5
    }

    fn multiply_adds(&self, inputs: &[Shape]) -> u64 {
        let conv = conv(inputs);
        (conv.n * conv.c_in) as u64 * conv.c_out as u64
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(Linear::default(), &[&[5, 12], &[12, 10], &[10]], "the last layer of a classifier"),
        Case::new(Linear { relu: true }, &[&[37, 576], &[576, 64], &[64]], "many tiles, with ReLU"),
        Case::new(Linear::default(), &[&[3, 7], &[7, 5]], "nothing divides by four, no bias"),
        Case::new(Linear::default(), &[&[1, 1], &[1, 1], &[1]], "the smallest"),
        Case::new(Linear::default(), &[&[70, 33], &[33, 130], &[130]], "ragged on every side"),
    ]
}
