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

/// Where an op says whether its kernels end in a ReLU.
pub(super) enum Ending<'a> {
    /// Both directions, or neither.
    Whole(&'a mut bool),
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
    |op| op.downcast_mut::<BatchNorm>().map(|op| Ending::Whole(&mut op.relu)),
    |op| op.downcast_mut::<BatchNormInference>().map(|op| Ending::Whole(&mut op.relu)),
    |op| op.downcast_mut::<SetNorm>().map(|op| Ending::Whole(&mut op.relu)),
    |op| op.downcast_mut::<MaxPool2d>().map(|op| Ending::Whole(&mut op.relu)),
];

impl<'a> Ending<'a> {
    /// That of `op`, if it can have one.
    pub fn of(op: &'a mut dyn Op) -> Option<Self> {
        let find = TYPES.iter().find(|find| find(op).is_some())?;
        find(op)
    }

    /// Whether there is a ReLU in both directions; `None` where a product has it in forward alone.
    pub fn has_relu(&self) -> Option<bool> {
        match self {
            Ending::Whole(relu) => Some(**relu),
            Ending::Product(Relu::None) => Some(false),
            Ending::Product(Relu::Whole) => Some(true),
            Ending::Product(Relu::Forward) => None,
        }
    }

    /// Puts a ReLU there, in both directions.
    pub fn add_relu(self) {
        match self {
            Ending::Whole(relu) => *relu = true,
            Ending::Product(relu) => *relu = Relu::Whole,
        }
    }

    /// Takes it away.
    pub fn remove_relu(self) {
        match self {
            Ending::Whole(relu) => *relu = false,
            Ending::Product(relu) => *relu = Relu::None,
        }
    }
}
