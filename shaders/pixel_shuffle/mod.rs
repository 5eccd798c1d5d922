//! Channels as pixels, `[n, h, w, c · r²]` to `[n, h · r, w · r, c]`, and the other way (PyTorch's `PixelShuffle` and
//! `PixelUnshuffle`; Shi et al. 2016). Channel `(c · r + i) · r + j` is row `i`, column `j` of channel `c`'s block, as in
//! PyTorch; TensorFlow's `depth_to_space` orders them `(i · r + j) · c`.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "pixel_shuffle", summary: "channels as pixels, and the other way", cases };

const SHUFFLE: Elementwise =
    Elementwise { name: "pixel_shuffle/shuffle", source: include_str!("shuffle.wgsl"), per_step: false, includes: &[] };

/// `[n, h, w, c · r²]` to `[n, h · r, w · r, c]` or back, as `torch.nn.PixelShuffle` and `PixelUnshuffle`.
#[derive(Clone, Debug)]
pub struct PixelShuffle {
    /// Side `r` of a block of pixels.
    pub factor: usize,
    /// Whether blocks of pixels become channels.
    pub inverse: bool,
}

impl PixelShuffle {
    fn launch(&self, inputs: &[Shape], target: &Target, gather: bool, ends: [Operand; 2]) -> Lowered {
        let output = self.outputs(inputs).expect("shapes were checked").remove(0);
        let wide = if self.inverse { &inputs[0] } else { &output };
        let [_, h, w, c] = wide.nhwc().expect("images");
        let constants =
            [("R", self.factor.into()), ("H", h.into()), ("W", w.into()), ("C", c.into()), ("GATHER", gather.into())];
        SHUFFLE.launch(target.precision, wide.count(), 0, &constants, &[read(ends[0]), write(ends[1])]).into()
    }
}

impl Op for PixelShuffle {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        format!("{}{}", self.factor, if self.inverse { " inverse" } else { "" })
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, h, w, c] = inputs[0].nhwc()?;
        let r = self.factor;
        let block = r.checked_mul(r).filter(|&block| block > 0 && block <= 1 << 20);
        let block = block.ok_or_else(|| ShapeError::new(format!("factor = {r} is out of range")).hint("factor = 2"))?;
        if self.inverse {
            if !h.is_multiple_of(r) || !w.is_multiple_of(r) {
                return Err(ShapeError::new(format!("factor = {r} does not divide its {h}x{w} input"))
                    .hint("zero_pad2d or crop2d before it"));
            }
            return Ok(vec![Shape::new(&[n, h / r, w / r, c * block])]);
        }
        if !c.is_multiple_of(block) {
            return Err(ShapeError::new(format!(
                "factor = {r} needs a multiple of {block} channels, but its input has {c}"
            ))
            .hint(format!("{} filters in the layer before it", c.next_multiple_of(block))));
        }
        Ok(vec![Shape::new(&[n, h * r, w * r, c / block])])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.launch(inputs, target, self.inverse, [Operand::X(0), Operand::Y(0)])
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if wanted[0] {
            self.launch(inputs, target, !self.inverse, [Operand::Dy(0), Operand::Dx(0)])
        } else {
            Lowered::default()
        }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let mut y = Array::zeros(self.outputs(&[inputs[0].shape.clone()]).expect("shapes were checked").remove(0));
        visit(self, &inputs[0].shape, |i, o| y.data[o] = inputs[0].data[i]);
        vec![y]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut dx = Array::zeros(inputs[0].shape.clone());
        visit(self, &inputs[0].shape, |i, o| dx.data[i] = dy.data[o]);
        vec![Some(dx)]
    }
}

/// Calls `visit(input position, output position)` for every element, one of the deep image at a time.
fn visit(op: &PixelShuffle, x: &Shape, mut visit: impl FnMut(usize, usize)) {
    let r = op.factor;
    let y = op.outputs(std::slice::from_ref(x)).expect("shapes were checked").remove(0);
    let (deep, wide) = if op.inverse { (&y, x) } else { (x, &y) };
    let ([n, h, w, deep_c], [.., c]) = (deep.nhwc().expect("images"), wide.nhwc().expect("images"));
    let mut from = 0;
    for (image, y, x) in (0..n * h * w).map(|p| (p / (h * w), p / w % h, p % w)) {
        for channel in 0..deep_c {
            let (ch, i, j) = (channel / (r * r), channel / r % r, channel % r);
            let to = ((image * h * r + y * r + i) * w * r + x * r + j) * c + ch;
            if op.inverse {
                visit(to, from)
            } else {
                visit(from, to)
            }
            from += 1;
        }
    }
}

fn cases() -> Vec<Case> {
    let op = |factor, inverse| PixelShuffle { factor, inverse };
    vec![
        Case::new(op(2, false), &[&[2, 3, 5, 12]], "twice the size, three channels"),
        Case::new(op(3, false), &[&[2, 4, 3, 9]], "three times the size, one channel"),
        Case::new(op(2, true), &[&[2, 6, 4, 5]], "the other way, nothing divides by four"),
        Case::new(op(3, true), &[&[1, 3, 9, 4]], "the other way, one row of blocks"),
    ]
}
