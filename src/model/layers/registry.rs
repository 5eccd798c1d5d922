//! Layer types of an application, beside those of [`LAYERS`]: registered once, they can stand in model files, checkpoints and
//! [`ModelBuilder`](super::super::ModelBuilder)s like any other (as Keras' `register_keras_serializable`).

use std::sync::RwLock;

use super::{LAYERS, LayerType};

static OWN: RwLock<Vec<&'static LayerType>> = RwLock::new(Vec::new());

/// A layer type cannot be registered under a name that another one has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the layer type `{name}` already exists")]
pub struct RegisterError {
    /// The name that is taken.
    pub name: &'static str,
}

/// Makes a layer type known by its name, for the whole process. A model that has such layers runs shaders that check every
/// index, since anyone can write an op; without cooperative matrices, where nothing could.
///
/// # Errors
/// [`RegisterError`] if another type has that name; the same type may be registered again.
pub fn register(layer: &'static LayerType) -> Result<(), RegisterError> {
    let mut own = OWN.write().expect("nobody panics while holding it");
    match LAYERS.iter().chain(own.iter().copied()).find(|known| known.name == layer.name) {
        None => own.push(layer),
        Some(known) if std::ptr::eq(known, layer) => {}
        Some(_) => return Err(RegisterError { name: layer.name }),
    }
    Ok(())
}

/// Whether a layer type is an application's own.
pub(in crate::model) fn is_own(layer: &LayerType) -> bool {
    LAYERS.iter().all(|known| known.name != layer.name)
}

/// The layer type of this name.
pub(super) fn find(name: &str) -> Option<&'static LayerType> {
    let own = OWN.read().expect("nobody panics while holding it");
    LAYERS.iter().chain(own.iter().copied()).find(|layer| layer.name == name)
}

#[cfg(test)]
mod tests {
    use super::super::{Build, Layer, LayerBuilder, Reads, Value, parse};
    use super::*;
    use lepton_kernels::ShapeError;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Twice {}

    impl Build for Twice {
        fn build(&self, layer: &mut LayerBuilder) -> Result<Value, ShapeError> {
            layer.add(lepton_kernels::add::Add::default(), &[Value::Input(0), Value::Input(0)])
        }
    }

    static TWICE: LayerType = LayerType {
        name: "registry_test_twice",
        summary: "doubles",
        reads: Reads::Exactly(1),
        options: &[],
        parse: parse::<Twice>,
    };

    #[test]
    fn an_own_layer_is_known_once_it_is_registered() {
        assert!(Layer::parse(TWICE.name, toml::Table::new()).is_err());
        register(&TWICE).unwrap();
        register(&TWICE).unwrap();
        assert_eq!(Layer::parse(TWICE.name, toml::Table::new()).unwrap().kind().name, TWICE.name);
        static TAKEN: LayerType = LayerType { name: "conv2d", summary: "", ..TWICE_COPY };
        assert_eq!(register(&TAKEN), Err(RegisterError { name: "conv2d" }));
    }

    const TWICE_COPY: LayerType =
        LayerType { name: "", summary: "", reads: Reads::Exactly(1), options: &[], parse: parse::<Twice> };
}
