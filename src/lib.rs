//! lepton-gpu trains convolutional networks on any GPU, or none: WGSL kernels through wgpu on Vulkan, Metal, DX12 or GL,
//! and the same kernels on software Vulkan where there is no GPU.
//!
//! ```no_run
//! use lepton_gpu::{Run, data, gpu::Gpu, model::ModelSpec, train::Predictor};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let gpu = Gpu::open(&Default::default())?; // the best adapter
//! let data = data::load(None)?; // the small set in the program
//! let trained = Run::new(ModelSpec::open("seed-mnist")?)
//!     .epochs(5)
//!     .on_event(|event| println!("{event:?}"))
//!     .train(&gpu, &data)?;
//! trained.save("model.safetensors")?;
//!
//! let predictor = Predictor::load(&gpu, "model.safetensors")?; // cheap to clone, usable from several threads
//! println!("{:?}", predictor.predict_file("photo.jpg")?.best());
//! # Ok(())
//! # }
//! ```
//!
//! [`Run`] is the short way; [`train::Trainer`] has every step of it, [`tasks`] what a model can be trained for.
//! [`plan`] compiles a model into a list of steps, [`gpu`] runs it, [`train`] is the loop, [`verify`] checks every kernel
//! against its definition in f64, [`reference`](mod@reference) runs a whole model on those definitions.

pub mod augment;
#[cfg(feature = "cli")]
pub mod bench;
pub mod checkpoint;
#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod data;
pub mod defaults;
pub mod explain;
pub mod gpu;
mod hint;
pub mod losses;
pub mod metrics;
pub mod model;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod optim;
pub mod plan;
mod platform;
#[cfg(feature = "cli")]
pub mod pytorch;
pub mod reference;
#[cfg(any(feature = "cli", feature = "plots"))]
pub mod report;
mod run;
pub mod schedules;
pub mod session;
pub mod table;
pub mod tasks;
pub mod train;
#[cfg(feature = "cli")]
pub mod tune;
pub mod verify;
pub mod weights;

pub use hint::{Hint, Hints};
pub use lepton_kernels as kernels;
pub use run::{Run, Trained};

/// The name by which tests name this crate, for those that must stand inside it.
#[cfg(test)]
extern crate self as lepton_gpu;

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;

#[cfg(all(test, feature = "cli"))]
#[path = "../tests/common/chromium.rs"]
mod chromium;
