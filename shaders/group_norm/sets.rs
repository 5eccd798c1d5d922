//! Sets of values that are normalised together: launches both ways, and their definition in f64.

use crate::channels::lanes;
use crate::columns::Columns;
use crate::dispatch::{Binding, Constant, Elementwise, Operand, WORKGROUP, read, write};
use crate::target::Target;
use crate::{Array, Dispatch, Lowered, source};

// numbers of the inputs; gamma and beta with `affine`
pub(super) const INPUT: usize = 0;
pub(super) const GAMMA: usize = 1;
pub(super) const BETA: usize = 2;

const FORWARD: Elementwise =
    Elementwise { name: "group_norm/forward", source: include_str!("forward.wgsl"), per_step: false, includes: &[] };
const GRAD_INPUT: Elementwise =
    Elementwise { name: "group_norm/grad_input", source: include_str!("grad_input.wgsl"), ..FORWARD };
const GRAD_WEIGHT: Elementwise =
    Elementwise { name: "group_norm/grad_weight", source: include_str!("grad_weight.wgsl"), ..FORWARD };

/// `[rows, pixels, channels]` in groups of channels; a set is one group of one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sets {
    pub rows: usize,
    pub pixels: usize,
    pub channels: usize,
    pub groups: usize,
}

/// What is done to a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub epsilon: f32,
    pub affine: bool,
    pub relu: bool,
}

impl Style {
    fn texts(self) -> Vec<&'static str> {
        if self.affine { vec![source::SCALE, source::SHIFT] } else { vec![source::NO_AFFINE] }
    }

    fn bind(self, mut bindings: Vec<Binding>) -> Vec<Binding> {
        if self.affine {
            bindings.extend([read(Operand::X(GAMMA)), read(Operand::X(BETA))]);
        }
        bindings
    }
}

impl Sets {
    /// Channels of a group, and how many of them a thread handles: runs never cross groups.
    fn group(&self) -> (usize, usize) {
        let channels = self.channels / self.groups;
        (channels, lanes(channels).0)
    }

    /// A launch of some threads a set.
    fn launch(
        &self,
        kernel: Elementwise,
        style: Style,
        target: &Target,
        passes: usize,
        own: &[(&'static str, Constant)],
        bindings: Vec<Binding>,
    ) -> Dispatch {
        let (channels, by) = self.group();
        let (sets, length) = (self.rows * self.groups, self.pixels * channels / by);
        // where a group is narrow, neighbouring groups are read side by side
        let part_first = channels / by >= 4;
        let most = if part_first { WORKGROUP as usize } else { 8 };
        let parts = (length / 4).max(1).ilog2().min(most.ilog2());
        let parts = 1usize << parts;
        let constants = [
            ("SETS", sets.into()),
            ("PIXELS", self.pixels.into()),
            ("C", self.channels.into()),
            ("GROUPS", self.groups.into()),
            ("PARTS", parts.into()),
            ("PART_FIRST", part_first.into()),
        ];
        let constants: Vec<_> = constants.into_iter().chain(own.iter().copied()).collect();
        let (_, text) = lanes(channels);
        let includes: Vec<&'static str> = [text, include_str!("sets.wgsl")].into_iter().chain(style.texts()).collect();
        let kernel = Elementwise { includes: &includes, ..kernel };
        let threads = sets.div_ceil(WORKGROUP as usize / parts) * WORKGROUP as usize;
        let iterations = passes * length.div_ceil(parts) + 2 * parts;
        kernel.launch(target.precision, threads, iterations, &constants, &style.bind(bindings))
    }

    pub(super) fn forward(&self, style: Style, target: &Target) -> Lowered {
        let bindings = vec![read(Operand::X(INPUT)), write(Operand::Y(0)), write(Operand::Saved(0))];
        let own = [("EPSILON", style.epsilon.into()), ("RELU", style.relu.into())];
        let dispatches = vec![self.launch(FORWARD, style, target, 3, &own, bindings)];
        Lowered { saved: vec![3 * self.rows * self.groups], dispatches, ..Lowered::default() }
    }

    pub(super) fn backward(&self, style: Style, wanted: &[bool], target: &Target) -> Lowered {
        let mut lowered = Lowered::default();
        let given = || vec![read(Operand::X(INPUT)), read(Operand::Dy(0)), read(Operand::Saved(0))];
        if style.affine && (wanted[1] || wanted[2]) {
            let columns = Columns::in_runs(self.rows * self.pixels, self.channels, self.group().1, target);
            // a scratch of its own where nobody wants the gradient
            let place = |i: usize| if wanted[i] { Operand::Dx(i) } else { Operand::Scratch(0) };
            lowered.scratch = vec![columns.slabs * self.channels];
            lowered.gradient_slabs = columns.slabs;
            let mut bindings = given();
            bindings.extend([write(place(1)), write(place(2))]);
            let own = [("PIXELS", self.pixels.into()), ("GROUPS", self.groups.into()), ("RELU", style.relu.into())];
            let bindings = style.bind(bindings);
            lowered.dispatches.push(columns.launch(GRAD_WEIGHT, &style.texts(), target, &own, &bindings));
        }
        if wanted[0] {
            let mut bindings = given();
            bindings.push(write(Operand::Dx(INPUT)));
            let own = [("RELU", style.relu.into())];
            lowered.dispatches.push(self.launch(GRAD_INPUT, style, target, 2, &own, bindings));
        }
        lowered
    }

    /// Positions of the values of every set.
    fn positions(&self) -> impl Iterator<Item = Vec<usize>> + '_ {
        let channels = self.channels / self.groups;
        (0..self.rows * self.groups).map(move |set| {
            let (row, group) = (set / self.groups, set % self.groups);
            let of_pixel = move |pixel| {
                let first = (row * self.pixels + pixel) * self.channels + group * channels;
                first..first + channels
            };
            (0..self.pixels).flat_map(of_pixel).collect()
        })
    }

    /// Every value normalised, and `1 / sqrt(variance + epsilon)` of its set.
    fn normalised(&self, epsilon: f32, x: &Array) -> (Array, Vec<f64>) {
        let mut xhat = Array::zeros(x.shape.clone());
        let mut inverses = Vec::new();
        for set in self.positions() {
            let mean = set.iter().map(|&i| x.data[i]).sum::<f64>() / set.len() as f64;
            let variance = set.iter().map(|&i| (x.data[i] - mean).powi(2)).sum::<f64>() / set.len() as f64;
            let inverse = 1.0 / (variance + f64::from(epsilon)).sqrt();
            set.iter().for_each(|&i| xhat.data[i] = (x.data[i] - mean) * inverse);
            inverses.push(inverse);
        }
        (xhat, inverses)
    }

    pub(super) fn twin(&self, style: Style, inputs: &[Array]) -> Array {
        let (mut y, _) = self.normalised(style.epsilon, &inputs[INPUT]);
        for (i, value) in y.data.iter_mut().enumerate() {
            if style.affine {
                *value = *value * inputs[GAMMA].data[i % self.channels] + inputs[BETA].data[i % self.channels];
            }
            if style.relu {
                *value = value.max(0.0);
            }
        }
        y
    }

    pub(super) fn twin_backward(&self, style: Style, inputs: &[Array], y: &Array, dy: &Array) -> Vec<Option<Array>> {
        let (xhat, inverses) = self.normalised(style.epsilon, &inputs[INPUT]);
        let g = if style.relu { dy.zip(y, |d, y| if y > 0.0 { d } else { 0.0 }) } else { dy.clone() };
        let mut gradients = vec![Array::zeros(inputs[INPUT].shape.clone())];
        let mut of_xhat = g.clone();
        if style.affine {
            gradients.extend([Array::zeros(inputs[GAMMA].shape.clone()), Array::zeros(inputs[GAMMA].shape.clone())]);
            for i in 0..g.data.len() {
                gradients[1].data[i % self.channels] += g.data[i] * xhat.data[i];
                gradients[2].data[i % self.channels] += g.data[i];
                of_xhat.data[i] *= inputs[GAMMA].data[i % self.channels];
            }
        }
        for (set, inverse) in self.positions().zip(inverses) {
            let mean = set.iter().map(|&i| of_xhat.data[i]).sum::<f64>() / set.len() as f64;
            let slope = set.iter().map(|&i| of_xhat.data[i] * xhat.data[i]).sum::<f64>() / set.len() as f64;
            set.iter().for_each(|&i| {
                gradients[0].data[i] = inverse * (of_xhat.data[i] - mean - xhat.data[i] * slope);
            });
        }
        gradients.into_iter().map(Some).collect()
    }
}
