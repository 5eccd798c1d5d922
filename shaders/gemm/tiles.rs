//! Tables of tiles that were found by measuring, and what there is to choose from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Family, Product, coop, lane, simt};
use crate::op::Target;

/// Which tile computes which product, by the product's [key](Product::key); the rules decide on the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tiles(Arc<BTreeMap<String, String>>);

impl Tiles {
    /// A table from pairs of a product's key and a tile's name.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Tiles(Arc::new(pairs.into_iter().collect()))
    }

    /// Whether nothing was tuned.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Products in the table.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Every product's key with its tile's name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, tile)| (key.as_str(), tile.as_str()))
    }

    /// The tile that the table has for a product.
    pub fn get(&self, product: &Product) -> Option<&str> {
        if self.0.is_empty() { None } else { self.0.get(&product.key()).map(String::as_str) }
    }
}

/// Names of the tiles that can compute `product` on `target`, the one that the rules choose first.
pub fn candidates(product: &Product, target: &Target) -> Vec<String> {
    let slabs = super::slabs(product, target);
    match Family::of(product, target) {
        Family::Simt => simt::candidates(product, slabs),
        Family::Lane(lanes) => lane::candidates(product, lanes.width as usize),
        Family::Coop(matrix) => coop::candidates(product, slabs, matrix),
    }
}
