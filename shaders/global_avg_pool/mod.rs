//! Global average pooling: the mean of each channel, `[n, h, w, c]` to `[n, c]`.

use crate::channels::lanes;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "global_avg_pool", summary: "mean of each channel", cases };

const FORWARD: Elementwise = Elementwise {
    name: "global_avg_pool/forward",
    source: include_str!("forward.wgsl"),
    per_step: false,
    includes: &[],
};
const BACKWARD: Elementwise = Elementwise {
    name: "global_avg_pool/backward",
    source: include_str!("backward.wgsl"),
    per_step: false,
    includes: &[],
};

/// `[n, h, w, c]` to `[n, c]`: the mean of each channel, as Keras' `GlobalAveragePooling2D`.
#[derive(Clone, Debug)]
pub struct GlobalAvgPool;

impl Op for GlobalAvgPool {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, _, _, c] = inputs[0].nhwc()?;
        Ok(vec![Shape::new(&[n, c])])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [n, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let constants = [("PIXELS", (h * w).into()), ("C", c.into())];
        let (lanes, text) = lanes(c);
        let kernel = Elementwise { includes: &[text], ..FORWARD };
        kernel
            .launch(target.precision, n * c / lanes, h * w, &constants, &[read(Operand::X(0)), write(Operand::Y(0))])
            .into()
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        let [_, h, w, c] = inputs[0].nhwc().expect("shapes were checked");
        let constants = [("PIXELS", (h * w).into()), ("C", c.into())];
        let (lanes, text) = lanes(c);
        let kernel = Elementwise { includes: &[text], ..BACKWARD };
        let bindings = [read(Operand::Dy(0)), write(Operand::Dx(0))];
        kernel.launch(target.precision, inputs[0].count() / lanes, 0, &constants, &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let x = &inputs[0];
        let [n, h, w, c] = x.shape.nhwc().expect("shapes were checked");
        let mut y = Array::zeros(Shape::new(&[n, c]));
        for (i, value) in x.data.iter().enumerate() {
            y.data[i / (h * w * c) * c + i % c] += value / (h * w) as f64;
        }
        vec![y]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let [n, h, w, c] = inputs[0].shape.nhwc().expect("shapes were checked");
        let data = (0..n * h * w * c).map(|i| dy.data[i / (h * w * c) * c + i % c] / (h * w) as f64).collect();
        vec![Some(Array::new(inputs[0].shape.clone(), data))]
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(GlobalAvgPool, &[&[3, 5, 7, 6]], "uneven images"),
        Case::new(GlobalAvgPool, &[&[2, 1, 3, 70]], "more channels than a workgroup"),
        Case::new(GlobalAvgPool, &[&[3, 2, 5, 12]], "runs of four channels"),
    ]
}
