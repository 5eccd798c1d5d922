//! `lepton-gpu bench`: a portable benchmark of training. What is measured is here; how it is shown is in `report/bench`.

mod result;

pub use result::{BenchResult, Ceiling, Host, KernelResult, LossCheck, Run, Sampled, Score, ScorePart, TrainingResult};
