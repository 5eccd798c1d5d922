//! Weights of other programs: names and layouts of PyTorch's networks, as torchvision and timm build them, and ours.
//!
//! Names are data: a row of `ARCHITECTURES` has patterns of our layers' names and what they are called elsewhere. Where the
//! numbers lie in another order, the parameter's [`Layout`] says so; both directions follow from it.

mod architecture;
mod convnext;
mod error;
mod file;
mod layout;
mod mobile;
mod pattern;
mod resnet;
mod translate;
mod vgg;

pub use architecture::{Architecture, Parameter, own_names};
pub use error::ForeignError;
pub use file::ForeignFile;
pub(super) use file::refuse_pickle;
pub use layout::Layout;
pub use translate::{KEY, Translated, translate};

/// Every network whose names elsewhere are known, by family; a new one is a row.
static FAMILIES: [&[Architecture]; 4] = [resnet::ALL, vgg::ALL, mobile::ALL, convnext::ALL];

/// Every network whose names elsewhere are known.
pub fn architectures() -> impl Iterator<Item = &'static Architecture> {
    FAMILIES.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::config::NormalizeConfig;
    use crate::model::ModelSpec;

    #[test]
    fn every_parameter_of_every_network_has_a_name_of_its_own() {
        for architecture in architectures() {
            assert!(NormalizeConfig::parse(architecture.normalize).is_ok(), "{architecture:?}");
            for (preset, names) in architecture.models {
                assert!(!names.is_empty(), "{preset}");
                let model = ModelSpec::open(preset).unwrap();
                let parameters = architecture.parameters(&model).unwrap();
                let own = own_names(&model).unwrap();
                for (parameter, own) in parameters.iter().zip(&own) {
                    assert_ne!(parameter.theirs, own.theirs, "{preset}: no rule has it");
                }
                let different: HashSet<&str> = parameters.iter().map(|parameter| parameter.theirs.as_str()).collect();
                assert_eq!(different.len(), parameters.len(), "{preset}");
                assert!(parameters.iter().any(|parameter| parameter.is_head), "{preset}");
            }
        }
    }
}
