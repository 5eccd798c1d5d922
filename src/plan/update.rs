//! What runs on whole buffers: the update of all parameters, and what prepares them.

use lepton_kernels::cast::Cast;
use lepton_kernels::gemm::Family;
use lepton_kernels::loss_scale::{LossScale, Overflow};
use lepton_kernels::op::{Dtype, Precision};
use lepton_kernels::parameters::{Block, Layout};
use lepton_kernels::{Mode, Op, Operand, Shape};

use super::graph::Resident;
use super::lower::{Home, Lowerer, Optimizer};

impl Lowerer<'_> {
    /// Gives parameters and gradients their places, once the slabs of every gradient are known.
    pub(super) fn lay_out(&mut self) {
        let words = |p: &super::graph::Parameter| self.graph.tensors[p.tensor].shape.count();
        let sizes: Vec<(usize, usize)> =
            self.graph.parameters.iter().zip(&self.slabs).map(|(p, &slabs)| (words(p), slabs)).collect();
        self.out.layout = Layout::new(&sizes, self.target.family == Family::Simt);
    }

    /// A whole buffer of parameters, gradients or state as a tensor.
    fn whole(&mut self, home: Home) -> (usize, Shape) {
        let Layout { parameter_words, gradient_words, ref blocks, .. } = self.out.layout;
        let (name, words, dtype) = match home {
            Home::AllParameters => ("parameters".into(), parameter_words, Dtype::F32),
            Home::AllShadows => ("parameters.f16".into(), parameter_words, Dtype::Real),
            Home::AllGradients => ("gradients".into(), gradient_words, Dtype::F32),
            Home::State(i) => (format!("state{i}"), parameter_words, Dtype::F32),
            Home::Resident(Resident::Blocks) => ("blocks".into(), blocks.len() * Block::WORDS, Dtype::U32),
            Home::Resident(Resident::LossScale) => ("loss_scale".into(), 4, Dtype::F32),
            other => unreachable!("{other:?} is no whole buffer"),
        };
        let bytes = dtype.bytes(words, self.target.precision);
        (self.new_tensor(name, bytes, home), Shape::new(&[words]))
    }

    /// Launches an op on whole buffers: its inputs, then its outputs.
    fn launch_whole(&mut self, layer: &str, op: &dyn Op, inputs: &[Home], outputs: &[Home]) {
        let (inputs, shapes): (Vec<usize>, Vec<Shape>) = inputs.iter().map(|&home| self.whole(home)).unzip();
        let outputs: Vec<usize> = outputs.iter().map(|&home| self.whole(home).0).collect();
        for dispatch in op.forward(&shapes, Mode::Train, self.target).dispatches {
            let bind = |operand| match operand {
                Operand::X(i) => inputs[i],
                Operand::Y(i) => outputs[i],
                other => unreachable!("{} binds whole buffers, not {other:?}", op.name()),
            };
            let bound: Vec<usize> = dispatch.bindings.iter().map(|binding| bind(binding.operand)).collect();
            self.push(layer, dispatch, &bound);
        }
    }

    /// One dispatch over all parameters; in f16 the gradients are looked at before and the loss scale after.
    pub(super) fn update(&mut self, optimizer: &Optimizer) {
        let half = self.target.precision == Precision::F16;
        let (scale, blocks) = (Home::Resident(Resident::LossScale), Home::Resident(Resident::Blocks));
        let mut inputs = vec![blocks, Home::AllGradients, Home::AllParameters];
        if half {
            inputs.extend([scale, Home::AllShadows]);
            self.launch_whole("update", &Overflow, &[Home::AllGradients, scale], &[]);
        }
        inputs.extend((0..optimizer.states).map(Home::State));
        self.launch_whole("update", optimizer.op.as_ref(), &inputs, &[]);
        if half {
            self.launch_whole("update", &LossScale, &[scale], &[]);
        }
    }

    pub(super) fn copy_parameters(&mut self) {
        if self.target.precision == Precision::F16 {
            self.launch_whole("prepare", &Cast, &[Home::AllParameters], &[Home::AllShadows]);
        }
    }
}
