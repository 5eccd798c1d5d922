//! A picture in a list: where it is, which split it belongs to, and what is to be learned about it.

use std::path::PathBuf;

/// Which split a picture belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Part {
    /// Nobody says: training, or held out.
    Unknown,
    Train,
    Validation,
    Test,
}

/// What is to be learned about a picture.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Target {
    Class(u32),
    Values(Vec<f32>),
}

/// A picture in a list.
#[derive(Clone, Debug)]
pub(in crate::data) struct Entry {
    pub path: PathBuf,
    pub part: Part,
    pub target: Target,
}
