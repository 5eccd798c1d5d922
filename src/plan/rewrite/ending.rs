//! The ReLU that the kernels of some ops can end in, as one thing whatever the op.

use lepton_kernels::Op;
use lepton_kernels::add::Add;
use lepton_kernels::batch_norm::{BatchNorm, BatchNormInference};
use lepton_kernels::conv_transpose2d::ConvTranspose2d;
use lepton_kernels::conv2d::Conv2d;
use lepton_kernels::gemm::Relu;
use lepton_kernels::group_norm::SetNorm;
use lepton_kernels::linear::Linear;
use lepton_kernels::max_pool2d::MaxPool2d;
use lepton_kernels::rectifier::Rectifier;

/// Where an op says whether its kernels end in a ReLU, and in which.
pub(super) enum Ending<'a> {
    /// Both directions, or neither; no ReLU6.
    Whole(&'a mut bool),
    /// Both directions, or neither.
    Rectified(&'a mut Rectifier),
    /// A product's, whose backward may be left to whoever reads its output.
    Product(&'a mut Relu),
}

/// Finds the ending of an op of one type.
type Find = for<'a> fn(&'a mut dyn Op) -> Option<Ending<'a>>;

/// The types of op that can end in a ReLU.
const TYPES: [Find; 8] = [
    |op| op.downcast_mut::<Conv2d>().map(|op| Ending::Product(&mut op.relu)),
    |op| op.downcast_mut::<ConvTranspose2d>().map(|op| Ending::Product(&mut op.relu)),
    |op| op.downcast_mut::<Linear>().map(|op| Ending::Product(&mut op.relu)),
    |op| op.downcast_mut::<Add>().map(|op| Ending::Whole(&mut op.relu)),
    |op| op.downcast_mut::<BatchNorm>().map(|op| Ending::Rectified(&mut op.rectifier)),
    |op| op.downcast_mut::<BatchNormInference>().map(|op| Ending::Rectified(&mut op.rectifier)),
    |op| op.downcast_mut::<SetNorm>().map(|op| Ending::Whole(&mut op.relu)),
    |op| op.downcast_mut::<MaxPool2d>().map(|op| Ending::Whole(&mut op.relu)),
];

impl<'a> Ending<'a> {
    /// That of `op`, if it can have one.
    pub fn of(op: &'a mut dyn Op) -> Option<Self> {
        let find = TYPES.iter().find(|find| find(op).is_some())?;
        find(op)
    }

    /// What is there, in both directions; `None` where a product has it in forward alone.
    pub fn rectifier(&self) -> Option<Rectifier> {
        match self {
            Ending::Whole(true) => Some(Rectifier::Relu),
            Ending::Whole(false) => Some(Rectifier::None),
            Ending::Rectified(rectifier) => Some(**rectifier),
            Ending::Product(Relu::Forward) => None,
            Ending::Product(relu) => Some(relu.forward()),
        }
    }

    /// Puts this there, in both directions; whether the op can have it.
    pub fn set(self, rectifier: Rectifier) -> bool {
        match (self, rectifier) {
            (Ending::Whole(_), Rectifier::Relu6) => return false,
            (Ending::Whole(relu), _) => *relu = rectifier == Rectifier::Relu,
            (Ending::Rectified(own), _) => *own = rectifier,
            (Ending::Product(relu), Rectifier::None) => *relu = Relu::None,
            (Ending::Product(relu), Rectifier::Relu) => *relu = Relu::Whole,
            (Ending::Product(relu), Rectifier::Relu6) => *relu = Relu::Six,
        }
        true
    }
}
