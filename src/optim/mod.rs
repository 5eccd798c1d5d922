//! The optimisers. A new one is a file with its row and its type, and a line in [`OPTIMIZERS`].

use std::sync::Arc;

use lepton_kernels::Shape;
use lepton_kernels::op::Precision;
use lepton_kernels::optimizer::Optimizer as OptimizerOp;
use lepton_kernels::parameters::Factors;
use serde::de::DeserializeOwned;

use crate::table::OptionError;
use crate::table::{Chosen, Member, Own, Settings, Table};
use crate::table::{Field, Takes};

mod adafactor;
mod adam;
mod adamw;
mod lamb;
mod lion;
mod muon;
mod rmsprop;
mod sgd;

pub use adafactor::Adafactor;
pub use adam::Adam;
pub use adamw::AdamW;
pub use lamb::Lamb;
pub use lion::Lion;
pub use muon::Muon;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

/// Every optimiser, in the order in which they are listed for people.
pub const OPTIMIZERS: &[Member<dyn Optimizer>] =
    &[sgd::ENTRY, adam::ENTRY, adamw::ENTRY, rmsprop::ENTRY, lamb::ENTRY, lion::ENTRY, muon::ENTRY, adafactor::ENTRY];

/// The optimiser of a run and its options.
pub type OptimizerConfig = Chosen<dyn Optimizer>;

/// An optimiser: its options, the ops that update parameters, and the states that these keep.
pub trait Optimizer: Settings {
    /// Its row in [`OPTIMIZERS`].
    fn entry(&self) -> &'static Member<dyn Optimizer>;

    /// The learning rate of a run that names none.
    fn default_learning_rate(&self) -> f32;

    /// The states that it keeps, in the order in which they are bound and stored.
    fn states(&self) -> Vec<State>;

    /// The op over all parameters at once that have no op of their own, whose gradients have so many slabs at the most. Its
    /// states are those that are [`StateShape::Whole`].
    fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp>;

    /// Bias corrections of update `t`, from 1.
    fn bias_corrections(&self, _t: u64) -> [f32; 2] {
        [1.0; 2]
    }

    /// Whether some parameters may have an op of their own: it reads whole gradients.
    fn has_own_ops(&self) -> bool {
        false
    }

    /// The op of a parameter of this shape alone, if it has one.
    fn own_op(&self, _shape: &Shape, _factors: Factors, _precision: Precision) -> Option<OwnOp> {
        None
    }

    /// What the learning rate of the op over all parameters is multiplied by.
    fn shared_rate(&self) -> f32 {
        1.0
    }

    /// Looks for options that contradict each other.
    ///
    /// # Errors
    /// The first two options that contradict each other.
    fn check_together(&self) -> Result<(), OptionError> {
        Ok(())
    }
}

/// Numbers that an optimiser keeps of the parameters from one update to the next.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Its name; in a checkpoint `optimizer.NAME.PARAMETER`.
    pub name: &'static str,
    /// How many numbers it has for a parameter.
    pub shape: StateShape,
}

/// How many numbers a state has for a parameter.
#[derive(Clone, Copy, Debug)]
pub enum StateShape {
    /// One for each number of every parameter, laid out as the parameters are.
    Whole,
    /// A tensor of another shape for some parameters, which ops of their own update.
    Of(fn(&Shape) -> Option<Shape>),
}

impl State {
    /// One number for each number of every parameter.
    pub const fn whole(name: &'static str) -> Self {
        State { name, shape: StateShape::Whole }
    }

    /// What it is for a parameter of this shape.
    pub fn of(&self, parameter: &Shape) -> Option<Shape> {
        match self.shape {
            StateShape::Whole => Some(parameter.clone()),
            StateShape::Of(shape) => shape(parameter),
        }
    }
}

/// An op that updates one parameter.
pub struct OwnOp {
    /// The op, which updates this parameter alone.
    pub op: Box<dyn OptimizerOp>,
    /// Its states, by their numbers in [`Optimizer::states`].
    pub states: &'static [usize],
}

impl Table for dyn Optimizer {
    const KEY: &'static str = "optimizer";

    fn members() -> &'static [Member<Self>] {
        OPTIMIZERS
    }

    fn own() -> &'static Own<Self> {
        static OWN: Own<dyn Optimizer> = Own::new();
        &OWN
    }

    fn member(&self) -> &'static Member<Self> {
        self.entry()
    }

    fn check_together(&self) -> Result<(), OptionError> {
        Optimizer::check_together(self)
    }
}

impl<M: Optimizer> From<M> for OptimizerConfig {
    fn from(optimizer: M) -> Self {
        Chosen::new(Arc::new(optimizer))
    }
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Adam::default().into()
    }
}

/// Reads the options of an optimiser.
fn read<M: Optimizer + DeserializeOwned>(options: toml::Table) -> Result<Arc<dyn Optimizer>, toml::de::Error> {
    Ok(Arc::new(options.try_into::<M>()?))
}

/// The states of Adam and its relatives.
const MOMENTS: [State; 2] = [State::whole("moment1"), State::whole("moment2")];

/// A share that is kept from one update to the next.
const DECAY: Takes = Takes::Below { min: 0.0, below: 1.0 };

/// Rows of options that several optimisers have; each gives its own default.
const fn momentum(default: &'static str) -> Field {
    let doc = "Momentum; 0 keeps no buffer.";
    Field { key: "momentum", flag: Some("momentum"), takes: DECAY, default, doc }
}

const fn nesterov(default: &'static str) -> Field {
    let doc = "Use Nesterov momentum.";
    Field { key: "nesterov", flag: Some("nesterov"), takes: Takes::Switch, default, doc }
}

const BETA1: Field =
    Field { key: "beta1", flag: Some("beta1"), takes: DECAY, default: "0.9", doc: "Decay rate of the first moment." };

const BETA2: Field = Field {
    key: "beta2",
    flag: Some("beta2"),
    takes: DECAY,
    default: "0.999",
    doc: "Decay rate of the second moment.",
};

const fn epsilon(default: &'static str) -> Field {
    let doc = "Added to the denominator for numerical stability.";
    Field { key: "epsilon", flag: Some("eps"), takes: Takes::Number { min: 0.0, max: f32::MAX as f64 }, default, doc }
}

const fn weight_decay(default: &'static str, doc: &'static str) -> Field {
    let takes = Takes::Number { min: 0.0, max: f32::MAX as f64 };
    Field { key: "weight_decay", flag: Some("weight-decay"), takes, default, doc }
}

/// What weight decay means where it joins the gradient.
const L2: &str = "L2 penalty added to the gradient.";

/// What it means where it does not.
const DECOUPLED: &str = "Decoupled weight decay: each step subtracts this times the learning rate times the weight.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hint::{Hint, Hints};
    use crate::table::member::tests::a_table_is_complete;

    /// An optimiser of an application, which says that it is one of the table's.
    #[derive(Debug, PartialEq, serde::Serialize)]
    struct Foreign;

    impl Optimizer for Foreign {
        fn entry(&self) -> &'static Member<dyn Optimizer> {
            &OPTIMIZERS[0]
        }

        fn default_learning_rate(&self) -> f32 {
            1.0
        }

        fn states(&self) -> Vec<State> {
            Vec::new()
        }

        fn op(&self, precision: Precision, slabs: usize) -> Box<dyn OptimizerOp> {
            Sgd::default().op(precision, slabs)
        }
    }

    #[test]
    fn an_optimizer_of_an_application_is_told_apart() {
        assert!(!OptimizerConfig::from(Foreign).is_listed());
    }

    #[test]
    fn the_table_is_complete() {
        a_table_is_complete::<dyn Optimizer>(&[]);
        for member in OPTIMIZERS {
            let optimizer = OptimizerConfig::named(member.name).unwrap();
            assert!(optimizer.default_learning_rate() > 0.0, "{}", member.name);
            assert!(optimizer.is_listed(), "{} runs without checks", member.name);
            // an op over all parameters binds blocks, gradients, parameters, then whole states
            let whole = optimizer.states().iter().filter(|state| matches!(state.shape, StateShape::Whole)).count();
            let inputs = [8, 128, 128].into_iter().chain(std::iter::repeat_n(128, whole));
            let inputs: Vec<Shape> = inputs.map(|n| Shape::new(&[n])).collect();
            let outputs = optimizer.op(Precision::F32, 1).outputs(&inputs).unwrap();
            assert_eq!(outputs.len(), 1 + whole, "{}: parameters and states are updated", member.name);
            let filters = Shape::new(&[3, 3, 4, 8]);
            let own = optimizer.own_op(&filters, Factors::ONE, Precision::F32);
            assert_eq!(own.is_some(), optimizer.has_own_ops(), "{}", member.name);
        }
    }

    #[test]
    fn files_are_spelt_as_they_were() {
        let texts = [
            "name = \"sgd\"\nmomentum = 0.9\nnesterov = false\nweight_decay = 0.0\n",
            "name = \"adam\"\nbeta1 = 0.9\nbeta2 = 0.999\nepsilon = 0.00000001\nweight_decay = 0.0\n",
            "name = \"adamw\"\nbeta1 = 0.9\nbeta2 = 0.999\nepsilon = 0.00000001\nweight_decay = 0.01\n",
            "name = \"rmsprop\"\nalpha = 0.99\nepsilon = 0.00000001\nmomentum = 0.0\nweight_decay = 0.0\n",
            "name = \"lamb\"\nbeta1 = 0.9\nbeta2 = 0.999\nepsilon = 0.000001\nweight_decay = 0.01\n",
            "name = \"lion\"\nbeta1 = 0.9\nbeta2 = 0.99\nweight_decay = 0.0\n",
            "name = \"muon\"\nmomentum = 0.95\nnesterov = true\nbeta1 = 0.9\nbeta2 = 0.999\nepsilon = 0.00000001\n\
             weight_decay = 0.0\nauxiliary = 0.05\n",
            "name = \"adafactor\"\ndecay_rate = -0.8\nepsilon = 0.00000011920929\nminimum_scale = 0.001\n\
             clip_threshold = 1.0\nweight_decay = 0.0\n",
        ];
        assert_eq!(texts.len(), OPTIMIZERS.len());
        for (text, member) in texts.iter().zip(OPTIMIZERS) {
            assert_eq!(toml::to_string(&OptimizerConfig::named(member.name).unwrap()).unwrap(), *text);
            let short = format!("name = \"{}\"", member.name);
            assert_eq!(
                toml::from_str::<OptimizerConfig>(text).unwrap(),
                toml::from_str::<OptimizerConfig>(&short).unwrap()
            );
        }
        let json = serde_json::to_string(&OptimizerConfig::named("lamb").unwrap()).unwrap();
        let before = "{\"name\":\"lamb\",\"beta1\":0.9,\"beta2\":0.999,\"epsilon\":0.000001,\"weight_decay\":0.01}";
        assert_eq!(json, before);
    }

    #[test]
    fn an_option_is_checked_by_its_row() {
        let adam = OptimizerConfig::default();
        assert_eq!(adam.with("beta1", 0.5).unwrap().get::<Adam>().unwrap().beta1, 0.5);
        let error = adam.with("momentum", 0.9).unwrap_err();
        let said = "the optimizer adam does not have the option `momentum`, only sgd, rmsprop and muon do";
        assert_eq!(error.to_string(), said);
        assert_eq!(error.hints()[0], Hint::set("optimizer", "sgd"));
        let error = adam.with("beta1", 1.0).unwrap_err();
        assert_eq!(error.to_string(), "`beta1` is 1, but must be at least 0 and below 1");
        assert_eq!(error.hints(), [Hint::set("beta1", "0.9")]);
        let wrong: OptimizerConfig = Adam { epsilon: f32::NAN, ..Adam::default() }.into();
        assert_eq!(Chosen::check(&wrong).unwrap_err().key(), Some("epsilon"));
        let plain: OptimizerConfig = Sgd { momentum: 0.0, nesterov: true, ..Sgd::default() }.into();
        assert_eq!(Chosen::check(&plain).unwrap_err().hints(), [Hint::set("momentum", "0.9")]);
        let unknown = OptimizerConfig::named("adan").unwrap_err();
        assert!(unknown.to_string().starts_with("unknown optimizer `adan`; expected one of sgd, adam"), "{unknown}");
        let stray = toml::from_str::<OptimizerConfig>("name = \"sgd\"\nbeta1 = 0.9").unwrap_err();
        assert!(stray.to_string().contains("does not have the option `beta1`"), "{stray}");
    }
}
