//! `lepton-gpu show`

use std::path::Path;

use super::args::ShowArgs;
use super::error::save_png;
use super::tasks::drawn;
use super::truth::Truth;
use super::{CliError, Exit, open, pictures, text};
use crate::config::{AugmentConfig, parse_augment};
use crate::data::{self, DEFAULT_SHAPE, LoadOptions, Split};
use crate::gpu::Gpu;
use crate::report::draw::{Picture, SheetRow, augmented_sheet, show_image};
use crate::report::say;
use crate::train::preview;

pub fn run(args: &ShowArgs, adapter: Option<&str>) -> Result<Exit, CliError> {
    let shape = args.size.as_deref().map_or(Ok(DEFAULT_SHAPE), |size| pictures::size(size, DEFAULT_SHAPE))?;
    let (images, table) = (args.images.options()?, args.table.options()?);
    let options = LoadOptions { shape, images, table, unlabelled: true, ..LoadOptions::default() };
    let dataset = pictures::load(args.data.as_deref(), &options)?;
    let (split, which) = if args.test { (dataset.test(), "test") } else { (dataset.train(), "training") };
    let split = split
        .ok_or_else(|| CliError::Usage(format!("`{}` has no {which} images ({})", dataset.name(), dataset.source())))?;
    if args.index >= split.len() {
        let message =
            format!("--index {}: there are only {} {which} images, 0 to {}", args.index, split.len(), split.len() - 1);
        return Err(CliError::Usage(message));
    }
    if let Some(line) = text::show(&dataset, split, args.index)? {
        say!("{which} text {} · {line}", args.index);
        return Ok(Exit::Done);
    }
    let Some(out) = &args.out else {
        return Err(CliError::Usage("`show` needs an output file\n  try: --out image.png".into()));
    };
    if let Some(list) = &args.augment {
        return sheet(args, list, &dataset, split, out, adapter);
    }
    let label = labelled(&args.index.to_string(), &Truth::shown(&dataset, split, args.index));
    let title = format!("{which} image {label} · {}", dataset.name());
    let image = split.example(args.index)?;
    save_png(&show_image(&title, &drawn(&image, split.input().shape())?), out)?;
    say!("{}: {title}", out.display());
    Ok(Exit::Done)
}

/// Epochs of a sheet.
const EPOCHS: u32 = 8;

fn sheet(
    args: &ShowArgs,
    list: &str,
    dataset: &data::Dataset,
    split: &Split,
    out: &Path,
    adapter: Option<&str>,
) -> Result<Exit, CliError> {
    let [height, width, _] = split.input().shape();
    let policy = parse_augment(list, [height, width])?;
    drawn(&split.example(args.index)?, split.input().shape())?;
    let images: Vec<usize> = (args.index..split.len()).take(args.count as usize).collect();
    let gpu = open(adapter)?;
    let title = format!("{} · {list}", dataset.name());
    let truth = |image| Truth::shown(dataset, split, image);
    save_png(&augmented(&gpu, &policy, (split, &truth), &images, args.seed, &title)?, out)?;
    say!("adapter  {}", gpu.summary().line());
    say!("{}: {} images in {EPOCHS} epochs of seed {}", out.display(), images.len(), args.seed);
    Ok(Exit::Done)
}

/// What stands first, and what is known of an example, if anything is.
fn labelled(first: &str, truth: &Truth) -> String {
    match truth {
        Truth::Nothing => first.to_string(),
        known => format!("{first} · {}", known.in_words()),
    }
}

/// Images of a split beside themselves as they are in the first epochs of a run with this seed. `truth` tells what is known of one.
pub fn augmented<'a>(
    gpu: &Gpu,
    policy: &AugmentConfig,
    (split, truth): (&Split, &dyn Fn(usize) -> Truth<'a>),
    images: &[usize],
    seed: u64,
    title: &str,
) -> Result<image::RgbImage, CliError> {
    let [height, width, channels] = split.input().shape();
    let epoch = |epoch| preview(gpu, policy, split, images, seed, epoch);
    let epochs: Vec<Vec<u8>> = (0..EPOCHS).map(epoch).collect::<Result<_, _>>()?;
    let size = split.example_bytes();
    let shown = |pixels| Picture { pixels, height, width, channels };
    let originals: Vec<_> = images.iter().map(|&image| split.example(image)).collect::<Result<_, _>>()?;
    let rows: Vec<SheetRow> = (images.iter().enumerate())
        .map(|(i, &image)| SheetRow {
            label: labelled(&image.to_string(), &truth(image)),
            original: shown(&originals[i]),
            samples: epochs.iter().map(|epoch| shown(&epoch[i * size..][..size])).collect(),
        })
        .collect();
    Ok(augmented_sheet(title, &rows))
}
