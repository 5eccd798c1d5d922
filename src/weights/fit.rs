//! Which weights a model takes, which of its parameters start anew, and which tensors find no place.

use lepton_kernels::Shape;
use serde::Serialize;

use super::error::WeightsError;
use super::named::Weights;

/// What became of weights that a model was to start from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// Names of the parameters that are taken from the weights.
    pub used: Vec<String>,
    /// Parameters of the model that start from the seed.
    pub anew: Vec<Anew>,
    /// Names of tensors that the model has no place for.
    pub unused: Vec<String>,
}

/// A parameter that starts from the seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Anew {
    /// Its name: `fc.weight`.
    pub name: String,
    /// Its shape in the model.
    pub shape: Vec<usize>,
    /// Why nothing is taken.
    pub reason: Reason,
}

/// Why a parameter starts from the seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The weights have no tensor of its name.
    Missing,
    /// The tensor of its name has another shape.
    Shape(Vec<usize>),
    /// It belongs to the head, which starts anew where the classes are other ones.
    Head,
}

impl Fit {
    /// The share of a model's numbers below which weights are refused.
    const LEAST: f64 = 0.1;

    /// Compares weights with the parameters of a model, of which those of `head` start anew in any case.
    pub fn of(weights: &Weights, parameters: &[(String, Shape)], head: &[String]) -> Self {
        let mut fit = Fit::default();
        for (name, shape) in parameters {
            let (name, shape) = (name.clone(), shape.sizes().to_vec());
            let reason = match weights.tensor(&name) {
                None => Reason::Missing,
                Some(found) if found.shape != shape => Reason::Shape(found.shape.clone()),
                Some(_) if head.contains(&name) => Reason::Head,
                Some(_) => {
                    fit.used.push(name);
                    continue;
                }
            };
            fit.anew.push(Anew { name, shape, reason });
        }
        let names = weights.tensors.iter().map(|tensor| &tensor.name);
        let unused = names.filter(|name| parameters.iter().all(|(known, _)| known != *name));
        fit.unused = unused.chain(&weights.unused).cloned().collect();
        fit
    }

    /// Refuses weights of which almost nothing is used: less than a tenth of the model's numbers outside of what starts anew
    /// because it is the head.
    ///
    /// # Errors
    /// [`WeightsError::TooLittle`] with both numbers.
    pub fn check(&self, weights: &Weights, parameters: &[(String, Shape)], model: &str) -> Result<(), WeightsError> {
        let count = |wanted: &dyn Fn(&str) -> bool| -> usize {
            parameters.iter().filter(|(name, _)| wanted(name)).map(|(_, shape)| shape.count()).sum()
        };
        let of_head = |name: &str| self.anew.iter().any(|anew| anew.name == name && anew.reason == Reason::Head);
        let (used, all) = (count(&|name| self.used.iter().any(|own| own == name)), count(&|name| !of_head(name)));
        if used > 0 && used as f64 >= Self::LEAST * all as f64 {
            return Ok(());
        }
        let first = self.anew.iter().find(|anew| anew.reason != Reason::Head);
        let first = first.map_or(String::new(), |anew| format!("; {anew}"));
        let (path, model) = (weights.origin.clone(), model.to_string());
        Err(WeightsError::TooLittle { path, model, used, parameters: all, first })
    }
}

impl std::fmt::Display for Anew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Anew { name, shape, reason } = self;
        match reason {
            Reason::Missing => write!(f, "they have no `{name}` {shape:?}"),
            Reason::Shape(found) => write!(f, "`{name}` is {found:?} there and {shape:?} in the model"),
            Reason::Head => write!(f, "`{name}` belongs to the head"),
        }
    }
}
