//! lepton-gpu trains convolutional networks on any GPU, or none.

pub mod checkpoint;
pub mod cli;
pub mod config;
pub mod data;
pub mod gpu;
pub mod model;
pub mod plan;
pub mod reference;
pub mod report;
pub mod train;
pub mod verify;
