//! What was typed for `watch`.

use std::path::PathBuf;

/// `watch`
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    /// A run folder; it need not be there yet.
    pub run: PathBuf,
}
