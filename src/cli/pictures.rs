//! Pictures and data sets as a command line names them.

use std::io::IsTerminal;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use crate::checkpoint::{Checkpoint, DatasetFingerprint};
use crate::config::RunConfig;
use crate::data::picture::{DecodeError, Place};
use crate::data::{self, Dataset, Fit, ImageOptions, Listing, LoadOptions, OnPictures, Places, TableOptions, picture};
use crate::model::ModelSpec;
use crate::plan::thousands;
use crate::report::{aside, is_quiet};
use crate::train::{check_held_out, with_held_out};

/// The model of a run on pictures, where none is named.
pub const DEFAULT_MODEL: &str = "photo-small";

/// Sides that an image may have where it is said and not found.
pub const SIDES: RangeInclusive<usize> = 1..=4096;

/// The size `[h, w, c]` that was typed: `96`, `64x96` or `64x64x1`; channels as before if none are named.
pub fn size(text: &str, [_, _, channels]: [usize; 3]) -> Result<[usize; 3], CliError> {
    let numbers: Result<Vec<usize>, _> = text.split('x').map(str::parse).collect();
    let wanted = match numbers.as_deref() {
        Ok(&[side]) => Some([side, side, channels]),
        Ok(&[height, width]) => Some([height, width, channels]),
        Ok(&[height, width, channels]) => Some([height, width, channels]),
        _ => None,
    };
    wanted.filter(|sizes| sizes[..2].iter().all(|side| SIDES.contains(side)) && (1..=4).contains(&sizes[2])).ok_or_else(|| {
        CliError::Usage(format!(
            "invalid --size {text}: expected a side of 1 to 4096, HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS\n  try: --size 64"
        ))
    })
}

/// Loads a data set, with a bar on a terminal while pictures are decoded.
pub fn load(spec: Option<&str>, options: &LoadOptions) -> Result<Dataset, CliError> {
    with_bar(|on_pictures| Ok(data::load_with(spec, options, &Places::from_env(), on_pictures)?))
}

/// [`load`] of pictures that were listed.
pub fn load_listed(listing: Listing, options: &LoadOptions) -> Result<Dataset, CliError> {
    with_bar(|on_pictures| Ok(listing.load(options, &Places::from_env(), on_pictures)?))
}

/// The data of a run, split as the run split them, or other data for its model. `table` is what was said about the table.
pub fn of_run(checkpoint: &Checkpoint, other: Option<&str>, table: &TableOptions) -> Result<Dataset, CliError> {
    if other.is_none() && checkpoint.meta.data == DatasetFingerprint::NONE {
        return Err(CliError::Usage(
            "the weights were imported, so the run has no data of its own\n  try: --data PHOTOS".into(),
        ));
    }
    let config = &checkpoint.meta.config;
    let mut options = LoadOptions::of_checkpoint(&checkpoint.meta)?;
    if other.is_some() {
        options = options.for_other_data();
    }
    options.table = table.clone().or(options.table);
    let dataset = shuffled(load(other.or(config.data.as_deref()), &options)?, config)?;
    if other.is_some() {
        return Ok(dataset);
    }
    if dataset.test().is_none() {
        check_held_out(&dataset, config, &checkpoint.meta.data)?;
    }
    Ok(with_held_out(dataset, config)?)
}

/// Finds out whether the data of a run are where they were.
pub fn still_there(checkpoint: &Checkpoint) -> Result<(), CliError> {
    let path = checkpoint.meta.config.data.as_deref().map(Path::new).filter(|path| path.is_absolute());
    let is_plain = |path: &&Path| !path.to_string_lossy().contains(['*', '?', '{', '[']);
    match path.filter(is_plain).filter(|path| !path.exists()) {
        None => Ok(()),
        Some(path) => Err(CliError::Usage(format!(
            "this run's data are no longer at {}\n  try: --data WHERE-THEY-ARE",
            path.display()
        ))),
    }
}

/// The data of a run with the splits that the run learned them in.
pub fn learned_by_run(checkpoint: &Checkpoint) -> Result<Dataset, CliError> {
    let config = &checkpoint.meta.config;
    let options = LoadOptions::of_checkpoint(&checkpoint.meta)?;
    shuffled(load(config.data.as_deref(), &options)?, config)
}

/// What takes no longer needs no line.
const MOMENT: Duration = Duration::from_secs(1);

/// Runs something that decodes pictures under a bar that says how many are done.
pub fn with_bar<T>(run: impl FnOnce(OnPictures) -> Result<T, CliError>) -> Result<T, CliError> {
    under_bar("decoding images", run)
}

/// Runs something long under a bar that says how much is done; off a terminal, one line says that it goes on.
pub fn under_bar<T>(what: &str, run: impl FnOnce(OnPictures) -> T) -> T {
    if is_quiet() {
        return run(&|_, _| {});
    }
    if !std::io::stdout().is_terminal() {
        // beside the answers, which programs read
        let (begun, told) = (Instant::now(), Once::new());
        return run(&|done, total| {
            if begun.elapsed() > MOMENT {
                told.call_once(|| aside!("{what}: {} of {}", thousands(done as u64), thousands(total as u64)));
            }
        });
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}").expect("the template is valid");
    let bar = ProgressBar::no_length().with_style(style.progress_chars("=>.")).with_message(what.to_string());
    let result = run(&|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    result
}

/// A picture as a model's input, `[h, w, c]` bytes.
pub fn decode(place: &Place, model: &ModelSpec, images: &ImageOptions, invert: bool) -> Result<Vec<u8>, DecodeError> {
    // images that came with a size were never fitted; a picture is stretched to it
    let fit = images.fit.unwrap_or(Fit::Stretch);
    let (picture, _) = picture::decode_deep(place, images.range)?;
    let mut bytes = picture::scale(&picture, model.input, fit);
    if invert {
        bytes.iter_mut().for_each(|value| *value = 255 - *value);
    }
    Ok(bytes)
}

/// Texts of a run with a limit, in shuffled order: a limit takes the first ones, and files often have one class after another.
pub fn shuffled(data: Dataset, config: &RunConfig) -> Result<Dataset, CliError> {
    if data.texts().is_none() || config.limit.is_none() {
        return Ok(data);
    }
    let Some(train) = data.train() else { return Ok(data) };
    let train = train.select(&data::shuffled_indices(train.len()));
    Ok(data.with_train(train)?)
}
