//! lepton-gpu trains convolutional networks on any GPU, or none.

pub mod config;
pub mod gpu;
pub mod model;
pub mod plan;
pub mod verify;
