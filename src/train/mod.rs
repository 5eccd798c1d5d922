//! Training: the loop, what it counts, and what it says while it runs.

mod batch_size;
mod cross_validation;
mod cut;
mod embed;
mod error;
mod evaluate;
mod event;
mod features;
mod looks;
mod lr_range;
mod mixing;
mod pace;
mod predict;
mod preview;
mod profile;
mod sampler;
mod schedule;
mod setup;
mod start;
mod trainer;
mod updates;

pub use batch_size::{BatchBound, LargestBatch, largest_batch};
pub use cross_validation::{cross_validate, trained_again, trained_head};
pub use embed::Embedder;
pub use error::TrainError;
pub(crate) use evaluate::check_checkpoint;
pub use evaluate::{Evaluator, check_data};
pub use event::{Control, Event, StopHandle, Verdict};
pub use looks::{Looks, Place, looked_at};
pub use lr_range::{LrRangePoint, LrRangeTest};
pub use pace::Pace;
#[cfg(feature = "images")]
pub(crate) use predict::fitted;
pub use predict::{Answer, Predictor, Ranked};
pub use preview::preview;
pub use profile::{BufferBytes, LaunchTime, Profile};
pub use sampler::sample;
pub use schedule::Schedule;
pub use setup::{Validating, check_held_out, check_unchanged, held_out_images, learned, validating, with_held_out};
pub use trainer::{Outcome, Trainer};

pub use crate::checkpoint::{Plateau, State};
pub use crate::metrics::{AdversarialLosses, Metrics, NOT_ABOVE, Threshold};
pub use crate::session::{Range, Sampler, Tta};
pub use crate::tasks::{Examined, SHEET, Samples};
