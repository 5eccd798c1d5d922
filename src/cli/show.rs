//! `lepton-gpu show`

use super::args::ShowArgs;
use super::error::save_png;
use super::predict::picture;
use super::{CliError, Exit, pictures};
use crate::data::{DEFAULT_SHAPE, LoadOptions};
use crate::report::draw::show_image;
use crate::report::say;

pub fn run(args: &ShowArgs) -> Result<Exit, CliError> {
    let shape = args.size.as_deref().map_or(Ok(DEFAULT_SHAPE), |size| pictures::size(size, DEFAULT_SHAPE))?;
    let options = LoadOptions { shape, images: pictures::image_options(&args.images), ..LoadOptions::default() };
    let dataset = pictures::load(args.data.as_deref(), &options)?;
    let (split, which) = if args.test { (&dataset.test, "test") } else { (&dataset.train, "training") };
    let split = split
        .as_ref()
        .ok_or_else(|| CliError::Usage(format!("`{}` has no {which} images ({})", dataset.name, dataset.source)))?;
    if args.index >= split.count {
        let message =
            format!("--index {}: there are {} {which} images, 0 to {}", args.index, split.count, split.count - 1);
        return Err(CliError::Usage(message));
    }
    let label = &dataset.classes[split.labels[args.index] as usize];
    let title = format!("{which} image {} · {label} · {}", args.index, dataset.name);
    save_png(&show_image(&title, &picture(split, args.index)?), &args.out)?;
    say!("{}: {title}", args.out.display());
    Ok(Exit::Done)
}
