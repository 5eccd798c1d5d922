//! How elements are stored on the device.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How activations, their gradients and the weights that products read are stored. Sums are f32 in both, and so are the
/// weights that the optimiser updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits (IEEE 754 binary16).
    F16,
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Precision::F32 => "f32",
            Precision::F16 => "f16",
        })
    }
}

/// Tensors take whole runs of so many bytes, so that a kernel may handle four elements at a time to the very end.
pub const TENSOR_ALIGN: u64 = 16;

/// How an element is stored on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// A float as wide as the plan's [`Precision`]: activations, their gradients, weights as products read them.
    Real,
    /// 32-bit float in every precision.
    F32,
    /// 32-bit unsigned integer.
    U32,
    /// Bytes, four in a 32-bit word, lowest first.
    U8,
}

impl Dtype {
    /// Bytes of one element.
    pub fn width(self, precision: Precision) -> u64 {
        match (self, precision) {
            (Dtype::F32 | Dtype::U32, _) | (Dtype::Real, Precision::F32) => 4,
            (Dtype::Real, Precision::F16) => 2,
            (Dtype::U8, _) => 1,
        }
    }

    /// Bytes of a tensor of `count` elements, a multiple of [`TENSOR_ALIGN`].
    pub fn bytes(self, count: usize, precision: Precision) -> u64 {
        (count as u64 * self.width(precision)).next_multiple_of(TENSOR_ALIGN)
    }
}
