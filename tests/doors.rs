//! The doors of the library: what an application may hold and pass, and what it cannot do to a device whatever it passes.

use lepton_gpu::gpu::{Gpu, Program};
use lepton_gpu::train::{Evaluator, Predictor, Trainer};

fn is_send<T: Send + 'static>() {}
fn is_shared<T: Send + Sync + Clone + 'static>() {}

#[test]
fn an_application_can_own_and_move_everything_that_runs() {
    is_shared::<Gpu>();
    is_send::<Program>();
    is_send::<Trainer>();
    is_send::<Evaluator>();
    is_send::<Predictor>();
}
