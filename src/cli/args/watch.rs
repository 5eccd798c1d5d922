//! What was typed for `watch`.

use std::path::PathBuf;

/// `watch`
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    /// A run folder; it need not be there yet.
    pub run: PathBuf,
    /// Show the run in a browser on this machine instead, and print the page's address.
    #[arg(long)]
    pub web: bool,
    /// Port of the page [default: one that is free].
    #[arg(long, value_name = "PORT", requires = "web", default_value_t = 0, hide_default_value = true)]
    pub port: u16,
}
