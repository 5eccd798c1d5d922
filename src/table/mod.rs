//! What tables of options share: a row for each option, a choice from a table with its options, and what can be wrong with
//! one. Optimisers, losses, schedules and augmentations are tables of this kind, and so are the settings of a run.

pub(crate) mod field;
pub(crate) mod member;
mod option_error;

pub use field::{Field, OutOfRange, Takes};
pub use member::{Chosen, Member, Own, Settings, Table};
pub use option_error::OptionError;
