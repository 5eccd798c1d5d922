//! What `data` and its commands take.

use std::path::PathBuf;

use clap::Subcommand;

use super::{DeviceArgs, LayoutArgs, TableArgs};

/// `data`
#[derive(Debug, clap::Args)]
pub struct DataArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: DataCommand,
}

/// A command of `data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download a data set from `data list`.
    Fetch {
        /// Name of the data set.
        name: String,
        /// Destination folder [default: $LEPTON_DATA/NAME, or the cache folder].
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// List the data sets that can be used by name.
    List,
    /// Check a data set: classes, sizes, balance, and what spoils training or its figures (exit code 1): images that cannot be read
    /// or are missing, images in two splits or with two labels; copies are found by content and by look.
    Check {
        /// A folder, a CSV file, a text file, an archive, or a name from `data list`.
        data: String,
        /// Name every copy and missing file, not only the first few.
        #[arg(long)]
        all: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Also name the labels that this run doubts: a run folder or a .safetensors file.
        #[arg(long, value_name = "RUN")]
        run: Option<PathBuf>,
        /// Which adapter the run is asked on.
        #[command(flatten)]
        device: DeviceArgs,
        /// Which columns of a table hold what.
        #[command(flatten)]
        table: TableArgs,
        /// What the folders of images are.
        #[command(flatten)]
        layout: LayoutArgs,
    },
    /// Divide images or texts into training, validation and test: a CSV file that says the split of each. Copies stay together.
    Split(SplitArgs),
}

/// `data split`
#[derive(Debug, clap::Args)]
pub struct SplitArgs {
    /// A folder of images, a CSV file, or texts. What has a split keeps it.
    pub data: String,
    /// The CSV file to write.
    #[arg(long, value_name = "FILE.csv")]
    pub out: PathBuf,
    /// Fraction of each class for validation.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.15, value_parser = fraction)]
    pub val: f64,
    /// Fraction of each class for testing.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.15, value_parser = fraction)]
    pub test: f64,
    /// Seed of the split: where an image goes depends on this and on its name.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Which columns of a table hold what.
    #[command(flatten)]
    pub table: TableArgs,
    /// What the folders of images are.
    #[command(flatten)]
    pub layout: LayoutArgs,
}

fn fraction(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "expected a number".to_string())?;
    if (0.0..1.0).contains(&number) { Ok(number) } else { Err("expected a fraction from 0 to 1".into()) }
}
