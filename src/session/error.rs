//! Why a session stops.

use crate::data::SourceError;
use crate::gpu::GpuError;

/// Why batches could not be run.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The device ran out of memory, was lost or refused a step.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// An image that is streamed cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}
