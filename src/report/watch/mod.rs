//! A run that is looked at while it is under way: its log as it grows, what is known from it, and a screen of that.

mod follower;
mod message;
mod watched;

pub use follower::{Follower, News};
pub use message::Message;
pub use watched::{BestTold, ConfusionTold, Progress, Stage, Watched, short_measure, step_split};
