//! What optimisers are: the inputs of their ops, by name, and what their launches, twins and cases share.
//!
//! Most update all parameters at once ([`Scope::All`], `common/parameters.wgsl`). Where an element's update depends on its
//! whole tensor, an op updates one parameter with launches of its own ([`Scope::One`]): LAMB, Muon.

mod cases;
mod contract;
mod op;
mod view;

pub(crate) use cases::{CASE_FACTORS, CASE_SLABS, all_case, one_case, overflowed};
pub use contract::{Contract, Input, Scope};
pub use op::Optimizer;
pub use view::{View, Word};
