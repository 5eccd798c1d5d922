//! Zeros around images, or parts cut off them: rows, columns and channels (PyTorch's `torch.nn.functional.pad`, Keras'
//! `ZeroPadding2D` and `Cropping2D`).

use crate::channels::lanes;
use crate::dispatch::{Elementwise, Operand, read, write};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step};

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "zero_pad", summary: "zeros around images, or parts cut off", cases };

const SHIFT: Elementwise =
    Elementwise { name: "zero_pad/shift", source: include_str!("shift.wgsl"), per_step: false, includes: &[] };

/// The op: how much is added before and after rows, columns and channels; cut off where it is negative.
#[derive(Clone, Debug)]
pub struct ZeroPad {
    /// Above, on the left, before the first channel.
    pub before: [i64; 3],
    /// Below, on the right, after the last channel.
    pub after: [i64; 3],
}

impl ZeroPad {
    fn launch(&self, from: &Shape, to: &Shape, sign: i64, target: &Target, ends: [Operand; 2]) -> Lowered {
        let ([_, h, w, c], [_, oh, ow, oc]) = (from.nhwc().expect("images"), to.nhwc().expect("images"));
        let front = sign * self.before[2];
        // runs of four channels, if they stay together
        let together = c.is_multiple_of(4) && oc.is_multiple_of(4) && front % 4 == 0;
        let (lanes, text) = lanes(if together { 4 } else { 1 });
        let runs = lanes as i64;
        let wrapped = |shift: i64| (shift as u32).into();
        let constants = [
            ("FROM_H", h.into()),
            ("FROM_W", w.into()),
            ("FROM_RUNS", (c / lanes).into()),
            ("TO_H", oh.into()),
            ("TO_W", ow.into()),
            ("TO_RUNS", (oc / lanes).into()),
            ("TOP", wrapped(sign * self.before[0])),
            ("LEFT", wrapped(sign * self.before[1])),
            ("FRONT", wrapped(front / runs)),
        ];
        let kernel = Elementwise { includes: &[text], ..SHIFT };
        let bindings = [read(ends[0]), write(ends[1])];
        kernel.launch(target.precision, to.count() / lanes, 0, &constants, &bindings).into()
    }

    fn output(&self, input: &Shape) -> Shape {
        self.outputs(std::slice::from_ref(input)).expect("shapes were checked").remove(0)
    }
}

impl Op for ZeroPad {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn attributes(&self) -> String {
        let axes = (0..3).filter(|&a| self.before[a] != 0 || self.after[a] != 0);
        let texts = axes.map(|a| format!("{} {:+},{:+}", ["h", "w", "c"][a], self.before[a], self.after[a]));
        texts.collect::<Vec<_>>().join(" ")
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, sizes @ ..] = inputs[0].nhwc()?;
        let mut output = [n; 4];
        for (axis, size) in sizes.into_iter().enumerate() {
            let (before, after) = (self.before[axis], self.after[axis]);
            let what = ["rows", "columns", "channels"][axis];
            let (most, size) = (i64::from(i32::MAX), size as i64);
            if before.abs() > most || after.abs() > most || size > most || size + before + after > most {
                return Err(ShapeError::new(format!(
                    "it adds {before} and {after} to {size} {what}, which is too many"
                )));
            }
            if size + before.min(0) + after.min(0) <= 0 {
                return Err(ShapeError::new(format!(
                    "it cuts off {} and {} of {size} {what}, which leaves none",
                    -before.min(0),
                    -after.min(0)
                ))
                .hint("a smaller number, or larger images"));
            }
            output[axis + 1] = (size + before + after) as usize;
        }
        Ok(vec![Shape::new(&output)])
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        self.launch(&inputs[0], &self.output(&inputs[0]), 1, target, [Operand::X(0), Operand::Y(0)])
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[0] {
            return Lowered::default();
        }
        self.launch(&self.output(&inputs[0]), &inputs[0], -1, target, [Operand::Dy(0), Operand::Dx(0)])
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let mut y = Array::zeros(self.output(&inputs[0].shape));
        visit(self, &inputs[0].shape, &y.shape.clone(), |i, o| y.data[o] = inputs[0].data[i]);
        vec![y]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut dx = Array::zeros(inputs[0].shape.clone());
        visit(self, &inputs[0].shape, &dy.shape, |i, o| dx.data[i] = dy.data[o]);
        vec![Some(dx)]
    }
}

/// Calls `visit(input position, output position)` for every element that is in both.
fn visit(op: &ZeroPad, x: &Shape, y: &Shape, mut visit: impl FnMut(usize, usize)) {
    let ([n, h, w, c], [_, oh, ow, oc]) = (x.nhwc().expect("images"), y.nhwc().expect("images"));
    let moved = |i: usize, axis: usize, length: usize| {
        usize::try_from(i as i64 + op.before[axis]).ok().filter(|&place| place < length)
    };
    for (i, y, x, ch) in (0..n * h * w * c).map(|e| (e / (h * w * c), e / (w * c) % h, e / c % w, e % c)) {
        if let (Some(oy), Some(ox), Some(och)) = (moved(y, 0, oh), moved(x, 1, ow), moved(ch, 2, oc)) {
            visit(((i * h + y) * w + x) * c + ch, ((i * oh + oy) * ow + ox) * oc + och);
        }
    }
}

fn cases() -> Vec<Case> {
    let op = |before, after| ZeroPad { before, after };
    vec![
        Case::new(op([1, 0, 0], [2, 3, 0]), &[&[2, 5, 4, 3]], "rows and columns, unequal sides"),
        Case::new(op([-1, -2, 0], [-2, 0, 0]), &[&[2, 7, 5, 4]], "parts cut off, runs of four channels"),
        Case::new(op([-2, 3, 0], [1, -1, 0]), &[&[2, 6, 5, 8]], "cut off and added"),
        Case::new(op([0, 0, 8], [0, 0, 4]), &[&[2, 5, 3, 16]], "channels in whole runs: a shortcut to more filters"),
        Case::new(op([0, 0, 2], [0, 0, 2]), &[&[2, 5, 3, 4]], "channels that part runs of four"),
        Case::new(op([1, 0, -1], [0, 2, 3]), &[&[2, 3, 4, 5]], "everything at once"),
    ]
}
