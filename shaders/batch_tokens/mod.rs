//! The texts of a batch: gathered from the data set as tokens.
//!
//! Inputs: the data set `[texts, 1, length, 1]` (u32), text numbers `[batch]` (u32). Output `[batch, 1, length, 1]` (u32);
//! rows that hold nobody are all padding, token 0.

use crate::dispatch::{Elementwise, Operand, read, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, data_set::NOBODY};

// numbers of the inputs
const DATA: usize = 0;
const TEXT_NUMBERS: usize = 1;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "batch_tokens", summary: "gathers tokens from the data set", cases };

const KERNEL: Elementwise =
    Elementwise { name: "batch_tokens", source: include_str!("gather.wgsl"), per_step: false, includes: &[] };

/// Gathers the tokens `[batch, 1, length, 1]` of a batch from those of the data set.
#[derive(Clone, Debug)]
pub struct BatchTokens;

impl Op for BatchTokens {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [_, h, w, c] = inputs[DATA].nhwc()?;
        Ok(vec![Shape::new(&[inputs[TEXT_NUMBERS].count(), h, w, c])])
    }

    fn input_dtype(&self, _input: usize) -> Dtype {
        Dtype::U32
    }

    fn output_dtype(&self, _output: usize) -> Dtype {
        Dtype::U32
    }

    fn differentiable(&self, _input: usize) -> bool {
        false
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, _target: &Target) -> Lowered {
        let [_, h, w, c] = inputs[DATA].nhwc().expect("shapes were checked");
        let length = h * w * c;
        let bindings = [read(Operand::X(DATA)), read(Operand::X(TEXT_NUMBERS)), write(Operand::Y(0))];
        let tokens = inputs[TEXT_NUMBERS].count() * length;
        KERNEL.launch(Precision::F32, tokens, 0, &[("LENGTH", length.into())], &bindings).into()
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let [_, h, w, c] = inputs[DATA].shape.nhwc().expect("shapes were checked");
        let shape = Shape::new(&[inputs[TEXT_NUMBERS].data.len(), h, w, c]);
        let texts: Vec<&[f64]> = inputs[DATA].data.chunks_exact(h * w * c).collect();
        let nobody = vec![0.0; h * w * c];
        let row = |&text: &f64| if text == f64::from(NOBODY) { &nobody[..] } else { texts[text as usize] };
        vec![Array::new(shape, inputs[TEXT_NUMBERS].data.iter().flat_map(row).copied().collect())]
    }
}

fn cases() -> Vec<Case> {
    let nobody = f64::from(NOBODY);
    vec![
        Case::new(BatchTokens, &[&[6, 1, 5, 1], &[5]], "a text twice, rows that hold nobody")
            .fill(0, Fill::Below(3000))
            .fill(1, Fill::Exactly(vec![5.0, 0.0, nobody, 5.0, nobody])),
        Case::new(BatchTokens, &[&[4, 1, 37, 1], &[3]], "more tokens than a workgroup; numbers above 2^20")
            .fill(0, Fill::Below(1 << 23))
            .fill(1, Fill::Exactly(vec![3.0, 1.0, 2.0])),
    ]
}
