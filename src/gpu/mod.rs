//! The only code that names wgpu: adapters, a device, pipelines, buffers, and running a plan on them.
//!
//! Whatever waits for the device is a future at the bottom (`open_async`, `collect_async`, `read_async`, …) with a blocking
//! form on top. The blocking forms poll the device themselves. In an executor that does not block, a device is polled by
//! [`Gpu::drive`].

mod adapter;
#[cfg(feature = "files")]
mod cache;
#[cfg(not(feature = "files"))]
#[path = "no_cache.rs"]
mod cache;
mod compile;
mod device;
mod error;
mod first_launch;
mod flight;
mod guard;
mod launch;
mod matrices;
#[cfg(feature = "cli")]
mod measure;
mod op_run;
mod options;
mod pipeline;
mod program;
mod readback;
mod tiles;
mod timing;
mod unchecked;

pub use adapter::{AdapterSummary, Adapters, Choice, choose, list, list_async};
pub use device::Gpu;
pub use error::{GpuError, TableError};
pub(crate) use guard::Stray;
pub use matrices::NoMatrix;
#[cfg(feature = "cli")]
pub(crate) use measure::Timed;
pub(crate) use op_run::{Content, OpRun};
pub use options::{GpuOptions, TileSource};
pub use program::Program;
#[cfg(feature = "cli")]
pub(crate) use tiles::table_name;
pub use tiles::{Found, TileTable};
pub(crate) use unchecked::Checks;

pub use crate::platform::Driver;

#[cfg(test)]
#[path = "../../tests/tiles/mod.rs"]
mod tiles_change_no_bit;
