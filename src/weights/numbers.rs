//! Numbers of other types as f32.

use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A tensor's numbers as little-endian f32; none if they are not F64, F32, F16 or BF16.
pub(super) fn as_f32(view: &TensorView) -> Option<Vec<u8>> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Some(bytes.to_vec()),
        Dtype::F64 => Some(converted(bytes, |b| f64::from_le_bytes(b) as f32)),
        Dtype::F16 => Some(converted(bytes, |b| f16::from_le_bytes(b).to_f32())),
        Dtype::BF16 => Some(converted(bytes, |b| bf16::from_le_bytes(b).to_f32())),
        _ => None,
    }
}

fn converted<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<u8> {
    bytes.as_chunks::<N>().0.iter().flat_map(|&b| number(b).to_le_bytes()).collect()
}
