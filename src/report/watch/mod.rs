//! A run that is looked at while it is under way: its log as it grows, what is known from it, and a screen of that.

mod console;
mod dashboard;
mod follower;
mod keys;
mod look;
mod message;
mod page;
mod screen;
mod visit;
mod watched;

pub use console::restore;
pub use dashboard::{Dashboard, is_possible};
pub use follower::{Follower, News};
pub use look::LOG;
pub use message::Message;
pub use page::{View, Writer};
pub use visit::visit;
pub use watched::{BestTold, ConfusionTold, Progress, Stage, Watched, short_measure, step_split};
