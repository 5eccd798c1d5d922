//! The only code that names wgpu: adapters, a device, pipelines, buffers, and running a plan on them.

mod adapter;
mod cache;
mod device;
mod flight;
mod measure;
mod pipeline;
mod program;
mod readback;
mod single;
mod timing;
mod unchecked;

pub use adapter::{AdapterSummary, Adapters, choose, list};
pub use device::{Gpu, GpuError};
pub use measure::{Content, Timed, Transfer};
pub use program::Program;
pub use single::SingleLaunch;
