//! Embedding: each token becomes its row of a table, as `torch.nn.Embedding(vocabulary, features, padding_idx=0)`.
//!
//! Inputs: tokens `[n, 1, l, 1]` (u32), each below the vocabulary, and the table `[vocabulary, features]` (f32 in every
//! precision: a row is read once a position, so a copy in f16 would save nothing). Output `[n, 1, l, features]`. Token 0 is
//! padding: its output is 0, and the table's row 0 gets no gradient.
//!
//! The gradient of the table is a sum over the positions of each token, made without atomics in one fixed order: `chain`
//! links the positions of a token, and the thread at the first of them walks the links.

use crate::channels::lanes;
use crate::dispatch::{Elementwise, Operand, read, update, write};
use crate::dtype::{Dtype, Precision};
use crate::target::Target;
use crate::{Array, Case, Entry, Lowered, Mode, Op, Shape, ShapeError, Step, case::Fill, source};

// numbers of the inputs
const TOKENS: usize = 0;
const TABLE: usize = 1;

/// This op in `OPS`.
pub const ENTRY: Entry = Entry { name: "embedding", summary: "a learned row of features for each token", cases };

/// Words of a row's set of tokens, as `marks.wgsl` has them.
const MARK_WORDS: usize = 32;

const MARKS: &str = include_str!("marks.wgsl");

const fn kernel(name: &'static str, source: &'static str, includes: &'static [&'static str]) -> Elementwise<'static> {
    Elementwise { name, source, per_step: false, includes }
}

const FORWARD: Elementwise = kernel("embedding/forward", include_str!("forward.wgsl"), &[]);
const CLEAR: Elementwise = kernel("embedding/clear", include_str!("clear.wgsl"), &[]);
const MARK: Elementwise = kernel("embedding/mark", include_str!("mark.wgsl"), &[MARKS]);
const CHAIN: Elementwise = kernel("embedding/chain", include_str!("chain.wgsl"), &[MARKS]);
const GATHER: Elementwise = kernel("embedding/gather", include_str!("gather.wgsl"), &[]);

/// Tokens `[n, 1, l, 1]` to rows of a table, `[n, 1, l, features]`, as `torch.nn.Embedding` with `padding_idx=0`.
#[derive(Clone, Debug)]
pub struct Embedding;

/// Texts, tokens of a text, rows of the table, features.
fn sizes(inputs: &[Shape]) -> [usize; 4] {
    let [n, h, w, _] = inputs[TOKENS].nhwc().expect("shapes were checked");
    let [vocabulary, features] = inputs[TABLE].matrix().expect("shapes were checked");
    [n, h * w, vocabulary, features]
}

impl Op for Embedding {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn outputs(&self, inputs: &[Shape]) -> Result<Vec<Shape>, ShapeError> {
        let [n, h, w, c] = inputs[TOKENS].nhwc()?;
        let [_, features] = inputs[TABLE].matrix()?;
        if [h, c] != [1, 1] {
            return Err(ShapeError::new(format!(
                "it needs tokens [n, 1, length, 1], but its input is {}",
                inputs[TOKENS]
            ))
            .hint("tokens = \"auto\" instead of `input`, and the embedding as the first layer"));
        }
        Ok(vec![Shape::new(&[n, 1, w, features])])
    }

    fn input_dtype(&self, input: usize) -> Dtype {
        [Dtype::U32, Dtype::F32][input]
    }

    fn differentiable(&self, input: usize) -> bool {
        input == 1
    }

    fn forward(&self, inputs: &[Shape], _mode: Mode, target: &Target) -> Lowered {
        let [n, length, _, features] = sizes(inputs);
        let (lanes, text) = lanes(features);
        let kernel = Elementwise { includes: &[text], ..FORWARD };
        let bindings = [read(Operand::X(TOKENS)), read(Operand::X(TABLE)), write(Operand::Y(0))];
        let threads = n * length * features / lanes;
        kernel.launch(target.precision, threads, 0, &[("FEATURES", features.into())], &bindings).into()
    }

    fn backward(&self, inputs: &[Shape], wanted: &[bool], target: &Target) -> Lowered {
        if !wanted[1] {
            return Lowered::default();
        }
        let [n, length, vocabulary, features] = sizes(inputs);
        let positions = n * length;
        let (lanes, text) = lanes(features);
        let [marks, next, follows] = [0, 1, 2].map(Operand::Scratch);
        let (tokens, dtable) = (Operand::X(TOKENS), Operand::Dx(TABLE));
        let clear = |text, threads, operand| {
            let includes = [text];
            let kernel = Elementwise { includes: &includes, ..CLEAR };
            kernel.launch(target.precision, threads, 0, &[], &[write(operand)])
        };
        let row = ("LENGTH", length.into());
        let mark = [read(tokens), write(marks)];
        let chain = [read(tokens), read(marks), write(next), update(follows)];
        let walk = [read(tokens), read(next), read(follows), read(Operand::Dy(0)), update(dtable)];
        let includes = [text, MARKS];
        let gather = Elementwise { includes: &includes, ..GATHER };
        let dispatches = vec![
            clear(text, vocabulary * features / lanes, dtable),
            clear(source::LANES1, positions, follows),
            MARK.launch(Precision::F32, n * MARK_WORDS, length, &[row], &mark),
            CHAIN.launch(Precision::F32, positions, positions + n, &[row, ("ROWS", n.into())], &chain),
            gather.launch(
                target.precision,
                positions * features / lanes,
                positions,
                &[("FEATURES", features.into())],
                &walk,
            ),
        ];
        Lowered { scratch: vec![n * MARK_WORDS, positions, positions], dispatches, ..Lowered::default() }
    }

    fn twin(&self, inputs: &[Array], _step: &Step) -> Vec<Array> {
        let shapes = [inputs[TOKENS].shape.clone(), inputs[TABLE].shape.clone()];
        let features = sizes(&shapes)[3];
        let mut y = Array::zeros(self.outputs(&shapes).expect("shapes were checked").remove(0));
        for (row, &token) in y.data.chunks_exact_mut(features).zip(&inputs[TOKENS].data) {
            if token != 0.0 {
                row.copy_from_slice(&inputs[TABLE].data[token as usize * features..][..features]);
            }
        }
        vec![y]
    }

    fn twin_backward(&self, inputs: &[Array], _outputs: &[Array], dy: &Array, _step: &Step) -> Vec<Option<Array>> {
        let mut dtable = Array::zeros(inputs[TABLE].shape.clone());
        let features = dtable.shape.sizes()[1];
        for (position, &token) in inputs[TOKENS].data.iter().enumerate().filter(|(_, token)| **token != 0.0) {
            for feature in 0..features {
                dtable.data[token as usize * features + feature] += dy.data[position * features + feature];
            }
        }
        vec![None, Some(dtable)]
    }
}

fn cases() -> Vec<Case> {
    let case = |tokens: [usize; 2], table: [usize; 2], fill: Fill, reason| {
        Case::new(Embedding, &[&[tokens[0], 1, tokens[1], 1], &table], reason).fill(0, fill)
    };
    // tokens 1 and 988 share a bit of the sets, as do 2 and 989
    let sharing: Vec<f64> = (0..35).map(|i| [1.0, 988.0, 0.0, 989.0, 2.0][(i * i + i / 7) % 5]).collect();
    let last_rows_nobody: Vec<f64> = (0..40).map(|i| if i < 24 { f64::from(1 + i % 5) } else { 0.0 }).collect();
    vec![
        case([3, 7], [11, 6], Fill::Below(11), "repeats within and across rows, some padding, uneven features"),
        case([5, 13], [9, 20], Fill::Below(3), "few tokens often, most rows of the table absent, runs of four"),
        case([2, 6], [5, 8], Fill::Exactly(vec![0.0; 12]), "padding everywhere: no gradient at all"),
        case([4, 50], [7, 4], Fill::Exactly(vec![6.0; 200]), "one token everywhere, the last of the table"),
        case([5, 8], [6, 12], Fill::Exactly(last_rows_nobody), "a partial batch: the last rows hold nobody"),
        case([5, 7], [990, 3], Fill::Exactly(sharing), "different tokens that share a bit"),
        case([6, 31], [400, 5], Fill::Below(400), "mostly different tokens, more positions than a workgroup"),
        case([3, 1], [4, 1], Fill::Exactly(vec![2.0, 3.0, 2.0]), "texts of one token, one feature"),
    ]
}
