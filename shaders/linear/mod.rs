//! Fully connected layer: `y = x · weight + bias`.
//!
//! Inputs: `[n, c_in]`, weights `[c_in, c_out]`, bias `[c_out]` if there is one. Output `[n, c_out]`.

use crate::dtype::Dtype;
use crate::gemm::{self, Conv, INPUT, Layer, Relu, WEIGHT};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "linear", summary: "fully connected layer with bias, optional ReLU", cases };

/// `[n, c_in]` to `[n, c_out]`: `x · weight + bias`, as `torch.nn.Linear`.
#[derive(Clone, Debug, Default)]
pub struct Linear {
    /// The ReLU that follows in the same kernel.
    pub relu: Relu,
    /// Whether the gradient of its input is 0 where the input is not positive.
    pub masked: bool,
}

fn conv(inputs: &[Shape]) -> Conv {
    let [n, c_in] = inputs[INPUT].matrix().expect("shapes were checked");
    Conv::linear(n, c_in, inputs[WEIGHT].sizes()[1])
}

impl Linear {
    fn layer(&self, inputs: &[Shape]) -> Layer {
        Layer { bias: inputs.len() == 3, relu: self.relu, masked: self.masked }
    }
}

impl Op for Linear {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let relu = (self.relu != Relu::None).then_some(self.relu.name());
        [relu, self.masked.then_some("masked gradient")].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, c_in] = inputs[INPUT].matrix()?;
        let [rows, c_out] = inputs[WEIGHT].matrix()?;
        if rows != c_in {
            return Err(ShapeError::new(format!("its weights take {rows} features, but its input has {c_in}")));
        }
        Ok(vec![Shape::new(&[n, c_out])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        if input == 2 { Dtype::F32 } else { Dtype::Real }
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        gemm::forward(&conv(inputs), self.layer(inputs), target)
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        gemm::backward(&conv(inputs), self.layer(inputs), wanted, target)
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let ([n, c_in], c_out) = (inputs[INPUT].shape.matrix().expect("a matrix"), inputs[WEIGHT].shape.sizes()[1]);
        let mut y = Array::zeros(Shape::new(&[n, c_out]));
        for (i, o) in (0..n * c_out).map(|e| (e / c_out, e % c_out)) {
            let sum: f64 =
                (0..c_in).map(|k| inputs[INPUT].data[i * c_in + k] * inputs[WEIGHT].data[k * c_out + o]).sum();
            y.data[i * c_out + o] = sum + inputs.get(2).map_or(0.0, |bias| bias.data[o]);
        }
        vec![y.map(|v| self.relu.forward().apply(v))]
    }

    fn twin_backward(&self, inputs: &[Array], outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let ([n, c_in], c_out) = (inputs[INPUT].shape.matrix().expect("a matrix"), inputs[WEIGHT].shape.sizes()[1]);
        let dy = dy.zip(&outputs[0], |d, y| self.relu.backward().passed(y, d));
        let mut gradients: Vec<Array> = inputs.iter().map(|a| Array::zeros(a.shape.clone())).collect();
        for (i, o, k) in (0..n * c_out * c_in).map(|e| (e / (c_out * c_in), e / c_in % c_out, e % c_in)) {
            gradients[0].data[i * c_in + k] += dy.data[i * c_out + o] * inputs[WEIGHT].data[k * c_out + o];
            gradients[1].data[k * c_out + o] += dy.data[i * c_out + o] * inputs[INPUT].data[i * c_in + k];
        }
        if let Some(bias) = gradients.get_mut(2) {
            dy.data.iter().enumerate().for_each(|(e, d)| bias.data[e % c_out] += d);
        }
        if self.masked {
            gradients[0] = gradients[0].zip(&inputs[INPUT], |d, x| if x > 0.0 { d } else { 0.0 });
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
        Case::new(
            Linear { relu: Relu::Whole, ..Linear::default() },
            &[&[37, 576], &[576, 64], &[64]],
            "many tiles, with ReLU",
        ),
        Case::new(Linear { relu: Relu::Six, ..Linear::default() }, &[&[9, 20], &[20, 12], &[12]], "with ReLU6"),
        Case::new(
            Linear { masked: true, relu: Relu::Forward },
            &[&[34, 72], &[72, 40], &[40]],
            "between two ReLUs: dy comes masked, dx leaves masked",
        )
        .fill(0, Fill::Rectified),
        Case::new(
            Linear { masked: true, ..Linear::default() },
            &[&[5, 9], &[9, 3], &[3]],
            "masked, nothing divides by four",
        )
        .fill(0, Fill::Rectified),
        Case::new(Linear::default(), &[&[3, 7], &[7, 5]], "nothing divides by four, no bias"),
        Case::new(Linear::default(), &[&[1, 1], &[1, 1], &[1]], "the smallest"),
        Case::new(Linear::default(), &[&[70, 33], &[33, 130], &[130]], "ragged on every side"),
        Case::new(
            Linear::default(),
            &[&[130, 104], &[104, 12], &[12]],
            "104 features, two rows more than a tile of 128",
        ),
        Case::new(
            Linear { relu: Relu::Whole, ..Linear::default() },
            &[&[9, 208], &[208, 440], &[440]],
            "208 features to 440, rests of tiles both ways",
        ),
        Case::new(Linear::default(), &[&[1, 440], &[440, 104]], "one row of 440 features, no bias"),
        Case::new(Linear::default(), &[&[259, 3], &[3, 1], &[1]], "three features to one, many rows"),
    ]
}
