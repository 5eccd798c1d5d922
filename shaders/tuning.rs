//! Which tile computes which matrix product: the choices of a launch, and tables of what was measured.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of a matrix product in a table of tiles: everything that decides how fast a tile is, as
/// `forward 1152x64x576 kernel 3x3 stride 1x1 groups 1 f32`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductKey(String);

impl ProductKey {
    /// The product of this description.
    pub fn new(description: impl Into<String>) -> Self {
        ProductKey(description.into())
    }
}

impl fmt::Display for ProductKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Rows and columns of a tile, which name it within its family: `64x32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TileSize {
    /// Rows of the result that a workgroup computes.
    pub rows: usize,
    /// Columns of the result that a workgroup computes.
    pub columns: usize,
}

impl fmt::Display for TileSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.rows, self.columns)
    }
}

impl From<[usize; 2]> for TileSize {
    fn from([rows, columns]: [usize; 2]) -> Self {
        TileSize { rows, columns }
    }
}

/// A text that should be a tile's size and is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tile size: rows and columns, such as `64x32`")]
pub struct TileSizeError(String);

impl FromStr for TileSize {
    type Err = TileSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let sizes = text.split_once('x').and_then(|(rows, columns)| Some([rows.parse().ok()?, columns.parse().ok()?]));
        sizes.map(TileSize::from).ok_or_else(|| TileSizeError(text.into()))
    }
}

impl TryFrom<String> for TileSize {
    type Error = TileSizeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TileSize> for String {
    fn from(size: TileSize) -> Self {
        size.to_string()
    }
}

/// What there is to choose for a launch that computes a matrix product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The product's name in tables.
    pub product: ProductKey,
    /// Tiles that can compute it, the one that the rules choose first.
    pub tiles: Vec<TileSize>,
}

/// Which tile computes which product; the rules decide on products that are not listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tiles(Arc<BTreeMap<ProductKey, TileSize>>);

impl Tiles {
    /// A table from products and their tiles.
    pub fn new(pairs: impl IntoIterator<Item = (ProductKey, TileSize)>) -> Self {
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

    /// Every product with its tile.
    pub fn iter(&self) -> impl Iterator<Item = (&ProductKey, TileSize)> {
        self.0.iter().map(|(product, tile)| (product, *tile))
    }

    /// The tile that the table has for a product.
    pub fn get(&self, product: &ProductKey) -> Option<TileSize> {
        self.0.get(product).copied()
    }
}
