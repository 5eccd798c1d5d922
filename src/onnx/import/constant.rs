//! Constant tensors of a file, and arithmetic on them.

use half::{bf16, f16};

use crate::onnx::array::{Array, Problem, count, together};
use crate::onnx::proto::{Tensor, elem};

/// A constant: numbers, and whether they are whole ones, whose quotients are whole again.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The numbers. Whole ones beyond 2^53 only stand for "to the end".
    pub values: Array<f64>,
    /// Whether they are whole numbers.
    pub whole: bool,
}

impl Constant {
    /// A list of whole numbers.
    pub fn whole(numbers: impl IntoIterator<Item = i64>) -> Self {
        Constant { values: Array::list(numbers.into_iter().map(|number| number as f64).collect()), whole: true }
    }

    /// Its elements as whole numbers.
    pub fn numbers(&self) -> Vec<i64> {
        self.values.data.iter().map(|&number| number as i64).collect()
    }

    /// Its elements in f32.
    pub fn floats(&self) -> Vec<f32> {
        self.values.data.iter().map(|&number| number as f32).collect()
    }

    /// The number that all its elements are.
    pub fn uniform(&self) -> Option<f64> {
        let first = *self.values.data.first()?;
        self.values.data.iter().all(|&number| number == first).then_some(first)
    }

    /// The tensor of a file.
    ///
    /// # Errors
    /// If its elements are elsewhere, of a type that is not read, or not as many as its sizes say.
    pub fn read(tensor: &Tensor) -> Result<Self, Problem> {
        let name = &tensor.name;
        if tensor.data_location != 0 || !tensor.external_data.is_empty() {
            return Err(format!("tensor `{name}` is in another file (external data), which is not read"));
        }
        let sizes: Option<Vec<usize>> = tensor.dims.iter().map(|&size| usize::try_from(size).ok()).collect();
        let sizes = sizes.ok_or_else(|| format!("tensor `{name}` has sizes {:?}", tensor.dims))?;
        let wanted = count(&sizes).map_err(|problem| format!("tensor `{name}`: {problem}"))?;
        let (data, whole) = elements(tensor).map_err(|problem| format!("tensor `{name}`: {problem}"))?;
        if data.len() != wanted {
            return Err(format!("tensor `{name}` {sizes:?} has {} elements, not {wanted}", data.len()));
        }
        Ok(Constant { values: Array { sizes, data }, whole })
    }

    /// Element by element with another constant.
    ///
    /// # Errors
    /// If the sizes do not fit.
    pub fn with(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Result<Self, Problem> {
        let sizes = together(&self.values.sizes, &other.values.sizes)?;
        let (a, b) = (self.values.broadcast(&sizes)?, other.values.broadcast(&sizes)?);
        let whole = self.whole && other.whole;
        let combine = |(&a, &b): (&f64, &f64)| if whole { f(a, b).trunc() } else { f(a, b) };
        let data = a.data.iter().zip(&b.data).map(combine).collect();
        Ok(Constant { values: Array { sizes, data }, whole })
    }

    /// Every element through a function.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        let data = self.values.data.iter().map(|&number| f(number)).collect();
        Constant { values: Array { sizes: self.values.sizes.clone(), data }, whole: self.whole }
    }
}

/// Bytes in whole elements of `N`, each read by `read`.
fn raw<const N: usize>(bytes: &[u8], read: fn([u8; N]) -> f64) -> Result<Vec<f64>, Problem> {
    let (elements, rest) = bytes.as_chunks::<N>();
    if rest.is_empty() {
        Ok(elements.iter().map(|&element| read(element)).collect())
    } else {
        Err(format!("{} bytes are no whole number of elements of {N}", bytes.len()))
    }
}

/// The elements of a tensor, and whether they are whole numbers.
fn elements(tensor: &Tensor) -> Result<(Vec<f64>, bool), Problem> {
    let bytes = &tensor.raw_data;
    let listed = |list: &[i32]| list.iter().map(|&number| f64::from(number)).collect();
    let is_raw = !bytes.is_empty();
    Ok(match tensor.data_type {
        elem::FLOAT if is_raw => (raw(bytes, |b| f64::from(f32::from_le_bytes(b)))?, false),
        elem::FLOAT => (tensor.float_data.iter().map(|&number| f64::from(number)).collect(), false),
        elem::DOUBLE if is_raw => (raw(bytes, f64::from_le_bytes)?, false),
        elem::DOUBLE => (tensor.double_data.clone(), false),
        elem::FLOAT16 if is_raw => (raw(bytes, |b| f16::from_le_bytes(b).to_f64())?, false),
        elem::FLOAT16 => (tensor.int32_data.iter().map(|&bits| f16::from_bits(bits as u16).to_f64()).collect(), false),
        elem::BFLOAT16 if is_raw => (raw(bytes, |b| bf16::from_le_bytes(b).to_f64())?, false),
        elem::BFLOAT16 => (tensor.int32_data.iter().map(|&b| bf16::from_bits(b as u16).to_f64()).collect(), false),
        elem::INT64 if is_raw => (raw(bytes, |b| i64::from_le_bytes(b) as f64)?, true),
        elem::INT64 => (tensor.int64_data.iter().map(|&number| number as f64).collect(), true),
        elem::INT32 if is_raw => (raw(bytes, |b| f64::from(i32::from_le_bytes(b)))?, true),
        elem::UINT8 | elem::BOOL if is_raw => (raw(bytes, |[b]: [u8; 1]| f64::from(b))?, true),
        elem::INT8 if is_raw => (raw(bytes, |b| f64::from(i8::from_le_bytes(b)))?, true),
        elem::INT32 | elem::UINT8 | elem::BOOL | elem::INT8 => (listed(&tensor.int32_data), true),
        other => return Err(format!("elements of type {other}, which are not read")),
    })
}
