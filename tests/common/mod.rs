//! What several test programs share.
#![allow(dead_code, reason = "each test program uses its own part")]

use lepton_gpu::gpu::{Gpu, GpuError};

/// The adapter, or `None` with a line that says so; a failure where `LEPTON_REQUIRE_GPU=1`.
pub fn gpu() -> Option<Gpu> {
    match Gpu::open(std::env::var("LEPTON_ADAPTER").ok().as_deref()) {
        Ok(gpu) => Some(gpu),
        Err(GpuError::NoAdapter) if std::env::var("LEPTON_REQUIRE_GPU").as_deref() != Ok("1") => {
            eprintln!("skipped: no adapter");
            None
        }
        Err(error) => panic!("{error}"),
    }
}
