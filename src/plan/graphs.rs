//! The graphs that a plan is lowered from.

use lepton_kernels::Mode;

use super::adversarial;
use super::graph::{Graph, Setting};
use super::update::Update;
use super::{Goal, Half, PlanError, Request, rewrite, rules};

/// The graphs of a plan, and how what they train is updated.
pub(super) struct Graphs<'a> {
    /// Of a training step: one, or the halves of two networks that are trained in turn.
    pub training: Vec<Graph>,
    /// Of evaluation and prediction.
    pub inference: Graph,
    /// One for each graph of a training step.
    pub updates: Vec<Update<'a>>,
    /// What was fused, for people.
    pub fused: Vec<String>,
}

impl<'a> Graphs<'a> {
    /// Builds, fuses and applies the run's rules.
    pub fn build(request: &Request<'a>, setting: &Setting) -> Result<Self, PlanError> {
        let build = |mode, half| Graph::build(request.model, &Setting { mode, half, ..setting.clone() });
        let mut inference = build(Mode::Infer, Half::default())?;
        let halves = Half::of(request.model).iter();
        let mut training = halves.map(|&half| build(Mode::Train, half)).collect::<Result<Vec<Graph>, _>>()?;
        let mut fused = Vec::new();
        if request.fuse {
            let of_inference = rewrite::apply_all(&mut inference);
            let mut of_training: Vec<String> = Vec::new();
            for line in training.iter_mut().flat_map(rewrite::apply_all) {
                // halves of a step have layers in common
                if !of_training.contains(&line) {
                    of_training.push(line);
                }
            }
            fused = if request.goals.contains(&Goal::Train) { of_training } else { of_inference };
        }
        let mut updates = Vec::new();
        for graph in &mut training {
            let factors = rules::apply(graph, request.update)?;
            updates.push(Update { optimizer: request.optimizer, config: request.update, factors });
        }
        adversarial::freeze_others(&mut training)?;
        Ok(Graphs { training, inference, updates, fused })
    }
}
