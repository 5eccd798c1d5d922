//! Cases of optimisers.

use super::contract::{Input, Scope};
use super::op::Optimizer;
use crate::case::{Fill, Input as CaseInput};
use crate::dtype::Precision;
use crate::parameters::{Factors, Layout};
use crate::{Case, Shape, Step, loss_scale};

/// Factors of a case that nobody can mistake for 1.
pub(crate) const CASE_FACTORS: Factors = Factors { rate: 1.5, decay: 0.5 };

/// Slabs of the gradients of [`all_case`], at the most.
pub(crate) const CASE_SLABS: usize = 70;

/// How [`Input::LossScale`] is filled in a case of a step that overflowed.
pub(crate) fn overflowed() -> (Input, Fill) {
    (Input::LossScale, Fill::Exactly(vec![8.0, 0.125, 3.0, 1.0]))
}

/// A case of an op over all parameters: sizes and factors that are uneven, gradients in one to many slabs. In f16 it has a
/// loss scale; inputs are normal but for those that `fills` names.
pub(crate) fn all_case(
    op: impl Optimizer + 'static,
    step: Step,
    reason: &'static str,
    fills: impl IntoIterator<Item = (Input, Fill)>,
) -> Case {
    assert!(matches!(op.contract().scope, Scope::All { slabs } if slabs >= CASE_SLABS), "{op:?} has too few slabs");
    let factors = [[1.0, 1.0], [1.5, 0.0], [0.25, 2.0]].map(|[rate, decay]| Factors { rate, decay });
    let layout = Layout::new(&[(131, 1), (7, 3), (40, CASE_SLABS)], true).with_factors(&factors);
    let table: Vec<f64> = layout.blocks.iter().flat_map(|block| block.words()).map(f64::from).collect();
    let shape = |input| match input {
        Input::Blocks => Shape::new(&[table.len()]),
        Input::Gradient => Shape::new(&[layout.gradient_words]),
        Input::LossScale => Shape::new(&[loss_scale::WORDS]),
        Input::Parameter | Input::Copy | Input::State(_) => Shape::new(&[layout.parameter_words]),
    };
    let blocks = (Input::Blocks, Fill::Exactly(table.clone()));
    case(op, shape, step, reason, std::iter::once(blocks).chain(fills))
}

/// A case of an op over one parameter of this shape, otherwise as [`all_case`].
pub(crate) fn one_case(
    op: impl Optimizer + 'static,
    parameter: &[usize],
    step: Step,
    reason: &'static str,
    fills: impl IntoIterator<Item = (Input, Fill)>,
) -> Case {
    let states = op.state_shapes(&Shape::new(parameter));
    let shape = |input| match input {
        Input::LossScale => Shape::new(&[loss_scale::WORDS]),
        Input::State(i) => states[i].clone(),
        _ => Shape::new(parameter),
    };
    case(op, shape, step, reason, fills)
}

fn case(
    op: impl Optimizer + 'static,
    shape: impl Fn(Input) -> Shape,
    step: Step,
    reason: &'static str,
    fills: impl IntoIterator<Item = (Input, Fill)>,
) -> Case {
    let contract = op.contract();
    let mut case = Case::new(op, &[], reason).step(step);
    case.only = (contract.precision == Precision::F16).then_some(Precision::F16);
    case.inputs.extend(contract.inputs().into_iter().map(|input| {
        let scale = Fill::Exactly(vec![8.0, 0.125, 3.0, 0.0]);
        let fill = if input == Input::LossScale { scale } else { Fill::Normal(1.0) };
        CaseInput { shape: shape(input), fill }
    }));
    fills.into_iter().fold(case, |case, (input, fill)| case.fill(contract.number(input), fill))
}
