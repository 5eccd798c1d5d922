//! What holds for each parameter: whether it is trained, and what its learning rate and weight decay are multiplied by.

use lepton_kernels::parameters::Factors;
use wildmatch::WildMatch;

use super::PlanError;
use super::graph::{Graph, Parameter, ParameterId};
use crate::config::UpdateConfig;

/// Freezes the parameters that rules freeze, and gives the factors of all.
///
/// # Errors
/// If a rule is for nobody.
pub(super) fn apply(graph: &mut Graph, config: &UpdateConfig) -> Result<Vec<Factors>, PlanError> {
    let names: Vec<String> = graph.parameters.iter().map(|p| graph.tensors[p.tensor].name.clone()).collect();
    // as timm does: a penalty on a bias or on the scale of a norm does not make a model simpler
    let decays = |p: &Parameter| if config.decay_all || p.decays { 1.0 } else { 0.0 };
    let mut factors: Vec<Factors> = graph.parameters.iter().map(|p| Factors { rate: 1.0, decay: decays(p) }).collect();
    for rule in &config.parameters {
        let pattern = WildMatch::new(&rule.pattern);
        let matched: Vec<ParameterId> =
            graph.parameters.ids().filter(|id| pattern.matches(&names[id.number()])).collect();
        if matched.is_empty() {
            return Err(PlanError::NoParameter { pattern: rule.pattern.clone(), names });
        }
        for id in matched {
            let own = &mut factors[id.number()];
            own.rate = rule.lr.unwrap_or(own.rate);
            own.decay = rule.weight_decay.unwrap_or(own.decay);
            let parameter = &mut graph.parameters[id];
            parameter.frozen = rule.frozen.unwrap_or(parameter.frozen);
        }
    }
    for parameter in graph.parameters.iter_mut() {
        parameter.trained &= !parameter.frozen;
    }
    Ok(factors)
}
