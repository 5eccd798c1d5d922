//! Tables of tiles: those of known devices that are part of the program, and the user's on disk.

use std::path::Path;

use lepton_kernels::gemm::tiles_of;
use lepton_kernels::tuning::{ProductKey, TileSize, Tiles};
use serde::{Deserialize, Serialize};

use super::adapter::AdapterSummary;
use super::error::TableError;
use super::options::TileSource;
use crate::platform::files;

/// Tables of known devices. A new one is a file in `tiles/` and a line here.
const KNOWN: &[(&str, &str)] = &[("tiles/llvmpipe-lane8.toml", include_str!("../../tiles/llvmpipe-lane8.toml"))];

/// The tile of one product, and how it compares with the one that the rules choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Layout and sizes of the product.
    pub product: ProductKey,
    /// The tile that is used.
    pub tile: TileSize,
    /// Its time in one training step.
    pub microseconds: f64,
    /// The tile that the rules choose.
    pub rule: TileSize,
    /// Time of the rules' tile in one training step.
    pub rule_microseconds: f64,
}

/// Tiles for one adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TileTable {
    /// The adapter's name, or how it begins.
    pub adapter: String,
    /// The family of products that it uses in f32; with another one the table does not apply.
    pub products: String,
    /// The driver that it was made with, for the record.
    pub driver: String,
    /// The command that made it, for the record.
    pub made_by: String,
    /// The tile of each product that was tuned; the rules choose for all others.
    #[serde(default, rename = "tile")]
    pub tiles: Vec<Found>,
}

impl TileTable {
    /// An empty table for an adapter.
    pub fn new(adapter: &AdapterSummary, made_by: String) -> Self {
        let AdapterSummary { name, products, driver, .. } = adapter.clone();
        TileTable { adapter: name, products, driver, made_by, tiles: Vec::new() }
    }

    /// Reads a table.
    ///
    /// # Errors
    /// If the file cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        let error = |problem: String| TableError { path: path.display().to_string(), problem };
        let text = files::read_text(path).map_err(|e| error(e.to_string()))?;
        TileTable::parse(&text).map_err(error)
    }

    /// A table from its text, in which every tile must exist.
    fn parse(text: &str) -> Result<Self, String> {
        let table: TileTable = toml::from_str(text).map_err(|e| e.to_string())?;
        let products = &table.products;
        let known = tiles_of(products).ok_or_else(|| format!("unknown kernels `{products}`"))?;
        match table.tiles.iter().find(|found| !known.contains(&found.tile)) {
            None => Ok(table),
            Some(Found { product, tile, .. }) => {
                Err(format!("no kernel of `{products}` has the tile {tile} (`{product}`)"))
            }
        }
    }

    /// Writes the table, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TableError> {
        let text = toml::to_string(self).expect("a table is plain data");
        let error = |problem: String| TableError { path: path.display().to_string(), problem };
        files::write_with_folder(path, text.as_bytes()).map_err(|e| error(e.to_string()))
    }

    /// Takes in tiles, which replace those of the same products.
    pub fn add(&mut self, found: Vec<Found>) {
        self.tiles.retain(|tile| found.iter().all(|new| new.product != tile.product));
        self.tiles.extend(found);
        self.tiles.sort_by(|a, b| a.product.cmp(&b.product));
    }

    /// Whether it was made for such an adapter.
    pub fn suits(&self, adapter: &AdapterSummary) -> bool {
        adapter.name.starts_with(&self.adapter) && adapter.products == self.products
    }

    /// Products whose tile is not the one that the rules choose.
    fn pairs(&self) -> impl Iterator<Item = (ProductKey, TileSize)> {
        self.tiles.iter().filter(|t| t.tile != t.rule).map(|t| (t.product.clone(), t.tile))
    }
}

/// The name of an adapter's own table in a folder of tables.
pub(crate) fn table_name(adapter: &AdapterSummary) -> String {
    let name: String = adapter.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("{}.toml", name.trim_matches('-'))
}

impl TileSource {
    /// The tiles for an adapter; those of a later table win.
    ///
    /// # Errors
    /// If the table that the user named, or wrote, is damaged.
    pub(super) fn tiles(&self, adapter: &AdapterSummary) -> Result<Tiles, TableError> {
        let own = match self {
            TileSource::Rules => return Ok(Tiles::default()),
            TileSource::BuiltIn => None,
            TileSource::Folder(folder) => Some(folder.join(table_name(adapter))).filter(|path| path.exists()),
            TileSource::File(path) => Some(path.clone()),
        };
        let known = |(name, text): &(&str, &str)| {
            TileTable::parse(text).unwrap_or_else(|error| panic!("{name} is part of the program: {error}"))
        };
        let mut tables: Vec<TileTable> = KNOWN.iter().map(known).collect();
        tables.extend(own.map(|path| TileTable::read(&path)).transpose()?);
        Ok(Tiles::new(tables.iter().filter(|t| t.suits(adapter)).flat_map(TileTable::pairs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hint::{Hint, Hints};

    fn found(product: &str, tile: &str) -> Found {
        let (product, tile, rule) = (ProductKey::new(product), tile.parse().unwrap(), "64x32".parse().unwrap());
        Found { product, tile, microseconds: 1.0, rule, rule_microseconds: 2.0 }
    }

    #[test]
    fn new_tiles_replace_old_ones_and_survive_being_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("table.toml");
        let mut table = TileTable {
            adapter: "Some GPU".into(),
            products: "simt".into(),
            driver: "1".into(),
            made_by: "a test".into(),
            tiles: vec![found("a", "32x32"), found("b", "32x32")],
        };
        table.add(vec![found("b", "64x64"), found("c", "64x32")]);
        table.write(&path).unwrap();
        let read = TileTable::read(&path).unwrap();
        assert_eq!(read, table);
        let pairs: Vec<String> = read.pairs().map(|(product, tile)| format!("{product} {tile}")).collect();
        assert_eq!(pairs, ["a 32x32", "b 64x64"], "c is as the rules say");
    }

    #[test]
    fn a_damaged_table_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.toml");
        std::fs::write(&path, "adapter = 3").unwrap();
        let error = TileTable::read(&path).unwrap_err();
        assert!(error.to_string().contains("table.toml"), "{error}");
        assert!(error.hints().contains(&Hint::command(["tune"])), "it can be written anew");
    }

    #[test]
    fn a_table_whose_tile_does_not_exist_is_an_error_that_names_both() {
        let text = |products: &str, tile: &str| {
            format!(
                "adapter = \"a\"\nproducts = \"{products}\"\ndriver = \"\"\nmade_by = \"\"\n[[tile]]\nproduct = \"forward 8x8x8\"\n\
                 tile = \"{tile}\"\nmicroseconds = 1\nrule = \"32x32\"\nrule_microseconds = 2\n"
            )
        };
        assert!(TileTable::parse(&text("lane8", "8x8")).is_ok());
        for (products, tile, problem) in [
            ("simt", "8x8", "no kernel of `simt` has the tile 8x8 (`forward 8x8x8`)"),
            ("lane9", "8x8", "unknown kernels `lane9`"),
            ("simt", "big", "`big` is not a tile size"),
        ] {
            let error = TileTable::parse(&text(products, tile)).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn the_tables_of_the_program_are_whole() {
        for (name, text) in KNOWN {
            let table = TileTable::parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(!table.tiles.is_empty(), "{name} is empty");
        }
    }
}
