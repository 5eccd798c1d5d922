//! A launch of a plan: a dispatch that belongs to a layer, first on tensors, then on ranges of buffers.

use std::ops::Deref;

use lepton_kernels::Dispatch;

use super::buffer::{Buffer, Location};
use super::ids::Id;

/// One kernel launch of a list, on tensors ([`PlanTensorId`]) or on what is [`Bound`].
#[derive(Clone, Debug)]
pub struct Launch<T> {
    /// The layer it belongs to.
    pub layer: String,
    /// What runs, on what.
    pub dispatch: Dispatch<T>,
}

impl<T> Deref for Launch<T> {
    type Target = Dispatch<T>;

    fn deref(&self) -> &Dispatch<T> {
        &self.dispatch
    }
}

impl Launch<Bound> {
    /// Bytes of everything it binds, each operand once.
    pub fn bytes(&self) -> u64 {
        self.bindings.iter().map(|binding| binding.operand.bytes).sum()
    }
}

/// A tensor of a plan.
#[derive(Clone, Debug)]
pub struct PlanTensor {
    /// Its name, which no other tensor of a goal has: `conv1`, `conv1.weight.grad`, `conv1.saved`, …
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Where it lies; nowhere in particular if it shares a slot with tensors that are not needed at the same time.
    pub location: Option<Location>,
}

/// The number of a tensor in a plan.
pub type PlanTensorId = Id<PlanTensor>;

/// A tensor as a range of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The tensor that is bound.
    pub tensor: PlanTensorId,
    /// The buffer that it lies in.
    pub buffer: Buffer,
    /// First byte in that buffer.
    pub offset: u64,
    /// Size in bytes.
    pub bytes: u64,
}
