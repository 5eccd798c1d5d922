//! The report of a run: facts from its folder, the figures in `plots/`, and one page that shows all of it.

mod choose;
mod error;
mod facts;
mod figures;
mod filters;
mod gallery;
mod gather;
mod looks;
mod matrix;
mod page;
mod pictures;
mod plots;
mod predictions;
mod sheets;
mod table;
#[cfg(test)]
mod tests;

pub use error::ReportError;
pub use facts::{Facts, SplitFacts};
pub use gather::{Sources, gather, name_of};
pub use looks::{Lookup, add_looks};
pub use page::page;
pub use pictures::jpeg;
pub use plots::{PLOTS, save, save_plots};
pub use predictions::{Example, Names, PREDICTIONS, Predictions};

/// The page's name in a run folder.
pub const REPORT: &str = "report.html";
