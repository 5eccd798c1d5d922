//! Training: the loop, what it counts, and what it says while it runs.

mod adversarial;
mod batch_size;
mod batches;
mod error;
mod evaluate;
mod event;
mod mixing;
mod normal;
mod predict;
mod preview;
mod profile;
mod range_test;
mod sampler;
mod saving;
mod schedule;
mod setup;
mod state;
mod targets;
mod trainer;
mod updates;
mod views;

pub use batch_size::{Fit, largest_batch};
pub use batches::{Order, Range};
pub use error::{TrainError, check_data};
pub use evaluate::Evaluator;
pub use event::{AdversarialLosses, Control, Event, Metrics};
pub use normal::{NOT_ABOVE, Threshold};
pub use predict::{Answer, Predictor};
pub use preview::preview;
pub use profile::{LaunchTime, Profile};
pub use range_test::{RangePoint, RangeTest};
pub use sampler::{SHEET, Samples, sample};
pub use schedule::{Plateau, Schedule};
pub use state::State;
pub use trainer::{Outcome, Trainer};
pub use views::Tta;
