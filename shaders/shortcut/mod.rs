//! A shortcut without parameters over a block that halves images and adds channels: every `stride`-th pixel, with channels of
//! zeros on both sides (He et al. 2016, option A).

use crate::dispatch::{Constant, Elementwise, Operand, read, write};
use crate::op::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry =
    Entry { name: "shortcut", summary: "every stride-th pixel, with channels of zeros on both sides", cases };

const FORWARD: Elementwise =
    Elementwise { name: "shortcut/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };
const BACKWARD: Elementwise =
    Elementwise { name: "shortcut/backward", source: include_str!("backward.wgsl"), ..FORWARD };

/// The op, `[n, h, w, c]` to `[n, ceil(h / stride), ceil(w / stride), filters]`.
#[derive(Clone, Debug)]
pub struct Shortcut {
    /// Channels of the output; half of the new ones, rounded down, come before the old ones.
    pub filters: usize,
    /// Pixels from one that is taken to the next, along both axes.
    pub stride: usize,
}

impl Shortcut {
    fn output(&self, x: &Shape) -> Result<[usize; 4], ShapeError> {
        let [n, h, w, c] = x.nhwc()?;
        if self.stride == 0 || self.filters < c {
            return Err(ShapeError::new(format!(
                "stride = {} and filters = {} cannot be had from {c} channels",
                self.stride, self.filters
            ))
            .hint("a stride of at least 1, and as many filters as channels or more"));
        }
        Ok([n, h.div_ceil(self.stride), w.div_ceil(self.stride), self.filters])
    }

    fn before(&self, c: usize) -> usize {
        (self.filters - c) / 2
    }

    fn constants(&self, x: &Shape) -> [(&'static str, Constant); 8] {
        let [_, h, w, c] = x.nhwc().expect("shapes were checked");
        let [_, oh, ow, filters] = self.output(x).expect("shapes were checked");
        [
            ("H", h.into()),
            ("W", w.into()),
            ("C", c.into()),
            ("OH", oh.into()),
            ("OW", ow.into()),
            ("FILTERS", filters.into()),
            ("STRIDE", self.stride.into()),
            ("BEFORE", self.before(c).into()),
        ]
    }

    /// The element of x behind each element of y, if there is one.
    fn sources(&self, x: &Shape) -> Vec<Option<usize>> {
        let [_, h, w, c] = x.nhwc().expect("shapes were checked");
        let [n, oh, ow, filters] = self.output(x).expect("shapes were checked");
        let source = |o: usize| {
            let (image, row, column) = (o / (oh * ow * filters), o / (ow * filters) % oh, o / filters % ow);
            let channel = (o % filters).checked_sub(self.before(c)).filter(|&channel| channel < c)?;
            Some(((image * h + row * self.stride) * w + column * self.stride) * c + channel)
        };
        (0..n * oh * ow * filters).map(source).collect()
    }
}

impl Op for Shortcut {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        format!("stride {}", self.stride)
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        Ok(vec![Shape::new(&self.output(&inputs[0])?)])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let threads = self.output(&inputs[0]).expect("shapes were checked").iter().product();
        let bindings = [read(Operand::X(0)), write(Operand::Y(0))];
        FORWARD.launch(target.precision, threads, 0, &self.constants(&inputs[0]), &bindings).into()
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        let bindings = [read(Operand::Dy(0)), write(Operand::Dx(0))];
        BACKWARD.launch(target.precision, inputs[0].count(), 0, &self.constants(&inputs[0]), &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let x = &inputs[0];
        let data = self.sources(&x.shape).into_iter().map(|source| source.map_or(0.0, |i| x.data[i])).collect();
        vec![Array::new(Shape::new(&self.output(&x.shape).expect("shapes were checked")), data)]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut dx = Array::zeros(inputs[0].shape.clone());
        for (source, dy) in self.sources(&inputs[0].shape).into_iter().zip(&dy.data) {
            if let Some(i) = source {
                dx.data[i] += dy;
            }
        }
        vec![Some(dx)]
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case::new(Shortcut { filters: 8, stride: 2 }, &[&[2, 7, 6, 3]], "an odd height, an odd number of new channels"),
        Case::new(Shortcut { filters: 5, stride: 3 }, &[&[2, 7, 8, 5]], "no new channels, a stride that leaves rests"),
    ]
}
