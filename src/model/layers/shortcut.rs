//! `shortcut`: what a block that halves images and adds channels leaves out, without parameters.

use lepton_kernels::ShapeError;
use lepton_kernels::shortcut::Shortcut;
use serde::Deserialize;

use super::options::{ones, optional, required};
use super::{Build, LayerType, Reads, Site, Value, parse};

/// This type in `LAYERS`.
pub const ENTRY: LayerType = LayerType {
    name: "shortcut",
    summary: "every stride-th pixel, with channels of zeros on both sides",
    reads: Reads::Exactly(1),
    options: &[
        required("filters", "number", "output channels, as many as it reads or more"),
        optional("stride", "number", "1", "pixels from one that is taken to the next"),
    ],
    parse: parse::<Spec>,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    filters: usize,
    #[serde(default = "ones")]
    stride: usize,
}

impl Build for Spec {
    fn build(&self, site: &mut Site) -> Result<Value, ShapeError> {
        site.op(Shortcut { filters: self.filters, stride: self.stride }, &[Value::Input(0)])
    }
}
