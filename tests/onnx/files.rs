//! Tensors of test files, and arrays in the order of axes that layers have.

use lepton_gpu::onnx::array::Array;
use lepton_gpu::onnx::proto::{Tensor, elem};

/// A tensor's elements in f32, if they are floating point numbers.
pub fn floats(tensor: &Tensor) -> Option<Array<f32>> {
    let sizes: Vec<usize> = tensor.dims.iter().map(|&size| size as usize).collect();
    let raw = &tensor.raw_data;
    let data: Vec<f32> = match tensor.data_type {
        elem::FLOAT if raw.is_empty() => tensor.float_data.clone(),
        elem::FLOAT => bytemuck(raw),
        elem::DOUBLE => raw.as_chunks::<8>().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
        _ => return None,
    };
    Some(Array { sizes, data })
}

/// Bytes as f32.
pub fn bytemuck(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

/// Images and sequences with channels last, whatever else as it is.
pub fn channels_last(array: &Array<f32>) -> Array<f32> {
    match array.sizes.len() {
        4 => array.transposed(&[0, 2, 3, 1]),
        3 => array.transposed(&[0, 2, 1]),
        _ => array.clone(),
    }
}

/// The largest difference as a part of the largest wanted number.
pub fn difference(wanted: &[f32], found: &[f32]) -> f64 {
    if wanted.len() != found.len() {
        return f64::INFINITY;
    }
    let largest = wanted.iter().fold(1e-6f32, |largest, x| largest.max(x.abs()));
    let apart = |(a, b): (&f32, &f32)| if (a - b).is_nan() { f64::INFINITY } else { f64::from((a - b).abs()) };
    wanted.iter().zip(found).map(apart).fold(0.0, f64::max) / f64::from(largest)
}
