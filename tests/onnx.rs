//! ONNX files: every preset, task and type of layer is written, read back and compared; other programs' networks are read; files
//! that are damaged are refused. What needs Python (`LEPTON_PYTHON`, with onnx, onnxruntime, torch, torchvision and timm) or the
//! node tests of ONNX (`LEPTON_ONNX_TESTS`, a folder) is skipped without it, and says so.
#![cfg(feature = "onnx")]

mod common;
#[path = "onnx/files.rs"]
mod files;
#[path = "onnx/hostile.rs"]
mod hostile;
#[path = "onnx/nodes.rs"]
mod nodes;
#[path = "onnx/python.rs"]
mod python;
#[path = "onnx/round.rs"]
mod round;
#[path = "onnx/samples.rs"]
mod samples;
