//! A golden file: tensors by name, and JSON attributes in its metadata.

use std::collections::BTreeMap;

use lepton_kernels::{Array, Shape};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

pub struct Golden {
    bytes: Vec<u8>,
    metadata: BTreeMap<String, String>,
}

impl Golden {
    pub fn open(name: &str) -> Self {
        let path = format!("{}/tests/golden/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().clone().unwrap().into_iter().collect();
        Golden { bytes, metadata }
    }

    fn tensors(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap()
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors().tensor(name).is_ok()
    }

    /// Every tensor's name.
    pub fn names(&self) -> Vec<String> {
        self.tensors().names().into_iter().map(String::from).collect()
    }

    /// The cases of a file of single layers or optimisers, with their attributes.
    pub fn cases(&self) -> Vec<(String, Value)> {
        let parse = |(name, text): (&String, &String)| {
            let has = [".x", ".p0"].iter().any(|suffix| self.has(&format!("{name}{suffix}")));
            has.then(|| (name.clone(), serde_json::from_str(text).unwrap()))
        };
        self.metadata.iter().filter_map(parse).collect()
    }

    pub fn attributes(&self, name: &str) -> Value {
        serde_json::from_str(&self.metadata[name]).unwrap()
    }

    pub fn array(&self, name: &str) -> Array {
        let tensors = self.tensors();
        let view = tensors.tensor(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        let bytes = view.data();
        let data: Vec<f64> = match view.dtype() {
            Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()).into()).collect(),
            Dtype::I32 => bytes.chunks_exact(4).map(|b| i32::from_le_bytes(b.try_into().unwrap()).into()).collect(),
            Dtype::F64 => bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
            Dtype::U8 => bytes.iter().map(|&b| b.into()).collect(),
            other => panic!("{name} is {other:?}"),
        };
        Array::new(Shape::new(view.shape()), data)
    }
}
