//! The launches of batch normalisation, which its forms share.

use super::{BETA, BatchNorm, GAMMA, INPUT, Totals};
use crate::columns::{Columns, walk};
use crate::dispatch::{Binding, Constant, Elementwise, Operand, read, update, write};
use crate::target::Target;
use crate::{Dispatch, Lowered, Shape, source};

const STATISTICS: Elementwise = Elementwise {
    name: "batch_norm/statistics",
    source: include_str!("statistics.wgsl"),
    per_step: true,
    includes: &[],
};
const FROZEN: Elementwise =
    Elementwise { name: "batch_norm/frozen", source: include_str!("frozen.wgsl"), ..STATISTICS };
const FINISH: Elementwise =
    Elementwise { name: "batch_norm/finish", source: include_str!("finish.wgsl"), ..STATISTICS };
const APPLY: Elementwise = Elementwise { name: "batch_norm/apply", source: include_str!("apply.wgsl"), ..STATISTICS };
const GRADIENT_SUMS: Elementwise =
    Elementwise { name: "batch_norm/gradient_sums", source: include_str!("gradient_sums.wgsl"), ..STATISTICS };
const GRADIENT_FINISH: Elementwise = Elementwise {
    name: "batch_norm/gradient_finish",
    source: include_str!("gradient_finish.wgsl"),
    per_step: false,
    includes: &[],
};
const GRAD_INPUT: Elementwise =
    Elementwise { name: "batch_norm/grad_input", source: include_str!("grad_input.wgsl"), ..STATISTICS };

/// Where the statistics lie: an output, so that the twin's backward knows how many images there were.
pub(super) const STATISTICS_OUTPUT: Operand = Operand::Y(3);

/// How a launch that adds up two values of each channel ends.
pub(super) const TWO_SUMS: &str = include_str!("two_sums.wgsl");

/// What scales and shifts a normalised channel.
pub(super) fn affine(norm: &BatchNorm) -> &'static [&'static str] {
    if norm.affine { &[source::SCALE, source::SHIFT] } else { &[source::NO_AFFINE] }
}

/// Gamma and beta, where there are any.
fn with_affine(norm: &BatchNorm, mut bindings: Vec<Binding>) -> Vec<Binding> {
    if norm.affine {
        bindings.extend([read(Operand::X(GAMMA)), read(Operand::X(BETA))]);
    }
    bindings
}

fn sizes(norm: &BatchNorm, inputs: &[Shape]) -> [usize; 3] {
    norm.check(inputs).expect("shapes were checked")
}

/// That, and what ends the normalisation.
fn texts(norm: &BatchNorm) -> Vec<&'static str> {
    [affine(norm), &[norm.rectifier.text()]].concat()
}

fn constants(pixels: usize) -> [(&'static str, Constant); 1] {
    [("PIXELS", pixels.into())]
}

/// Statistics of the batch, and the running averages; where these are frozen, what stands for the batch's.
pub(super) fn statistics(norm: &BatchNorm, inputs: &[Shape], target: &Target) -> Lowered {
    let [rows, pixels, c] = sizes(norm, inputs);
    let columns = Columns::new(rows, c, target);
    let (x, sums, running) = (Operand::X(INPUT), Operand::Scratch(0), norm.running());
    let pixels = ("PIXELS", pixels.into());
    if norm.frozen {
        let own = [pixels, ("EPSILON", norm.epsilon.into())];
        let bindings = [read(Operand::X(running)), read(Operand::X(running + 1)), write(STATISTICS_OUTPUT)];
        return columns.finish(FROZEN, &[], target, &own, &bindings).into();
    }
    let first = columns.launch(STATISTICS, &[], target, &[pixels], &[read(x), write(sums)]);
    let own = [pixels, ("EPSILON", norm.epsilon.into()), ("MOMENTUM", norm.momentum.into())];
    let bindings =
        [read(x), read(sums), write(STATISTICS_OUTPUT), update(Operand::X(running)), update(Operand::X(running + 1))];
    let finish = columns.finish(FINISH, &[], target, &own, &bindings);
    Lowered { scratch: vec![2 * columns.slabs * c], dispatches: vec![first, finish], ..Lowered::default() }
}

pub(super) fn apply(norm: &BatchNorm, inputs: &[Shape], target: &Target) -> Dispatch {
    let [rows, pixels, c] = sizes(norm, inputs);
    let bindings = vec![read(Operand::X(INPUT)), read(STATISTICS_OUTPUT), write(Operand::Y(0))];
    let bindings = with_affine(norm, bindings);
    walk(APPLY, &texts(norm), target, [rows, c], &constants(pixels), &bindings)
}

/// The sums over the batch: dgamma and dbeta, which `dx` needs in any case.
pub(super) fn gradients(
    norm: &BatchNorm,
    inputs: &[Shape],
    wanted: &[bool],
    target: &Target,
    lowered: &mut Lowered,
) -> Totals {
    let [rows, pixels, c] = sizes(norm, inputs);
    let columns = Columns::new(rows, c, target);
    let bindings =
        vec![read(Operand::X(INPUT)), read(Operand::Dy(0)), read(STATISTICS_OUTPUT), write(Operand::Scratch(0))];
    let bindings = with_affine(norm, bindings);
    let sums =
        columns.launch(GRADIENT_SUMS, &[&[TWO_SUMS], &*texts(norm)].concat(), target, &constants(pixels), &bindings);
    lowered.dispatches.push(sums);
    finish_gradients(norm, &columns, c, wanted, target, lowered)
}

/// Adds the slabs in `Scratch(0)`.
pub(super) fn finish_gradients(
    norm: &BatchNorm,
    columns: &Columns,
    c: usize,
    wanted: &[bool],
    target: &Target,
    lowered: &mut Lowered,
) -> Totals {
    // a scratch of its own where nobody wants the gradient
    let place = |i: usize| if norm.affine && wanted[i] { Operand::Dx(i) } else { Operand::Scratch(i) };
    let totals = Totals { dgamma: place(1), dbeta: place(2) };
    let bindings = [read(Operand::Scratch(0)), read(STATISTICS_OUTPUT), write(totals.dgamma), write(totals.dbeta)];
    lowered.scratch = vec![2 * columns.slabs * c, c, c];
    lowered.dispatches.push(columns.finish(GRADIENT_FINISH, &[], target, &[], &bindings));
    totals
}

pub(super) fn grad_input(norm: &BatchNorm, inputs: &[Shape], totals: Totals, target: &Target) -> Dispatch {
    let [rows, pixels, c] = sizes(norm, inputs);
    let bindings = vec![
        read(Operand::X(INPUT)),
        read(Operand::Dy(0)),
        read(STATISTICS_OUTPUT),
        read(totals.dgamma),
        read(totals.dbeta),
        write(Operand::Dx(INPUT)),
    ];
    let bindings = with_affine(norm, bindings);
    let own = [("PIXELS", pixels.into()), ("FROZEN", norm.frozen.into())];
    walk(GRAD_INPUT, &texts(norm), target, [rows, c], &own, &bindings)
}
