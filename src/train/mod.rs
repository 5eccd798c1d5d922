//! Training: the loop, what it counts, and what it says while it runs.

mod batches;
mod error;
mod evaluate;
mod event;
mod predict;
mod profile;
mod saving;
mod setup;
mod state;
mod trainer;
mod updates;

pub use batches::{Order, Range};
pub use error::{TrainError, check_data};
pub use evaluate::Evaluator;
pub use event::{Control, Event, Metrics};
pub use predict::{Answer, Predictor};
pub use profile::{LaunchTime, Profile};
pub use state::State;
pub use trainer::{Outcome, Trainer};
