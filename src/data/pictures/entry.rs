//! A picture in a list: where it is, which split it belongs to, and what is to be learned about it.

pub(in crate::data) use crate::data::part::Part;
use crate::data::picture::Place;

/// What is to be learned about a picture.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Target {
    Class(u32),
    Values(Vec<f32>),
}

/// A picture in a list.
#[derive(Clone, Debug)]
pub(in crate::data) struct Entry {
    pub place: Place,
    pub part: Part,
    pub target: Target,
}
