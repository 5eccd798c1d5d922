//! `lepton-gpu show`

use super::args::ShowArgs;
use super::error::save_png;
use super::predict::picture;
use super::{CliError, Exit, text};
use crate::data;
use crate::report::draw::show_image;
use crate::report::say;

pub fn run(args: &ShowArgs) -> Result<Exit, CliError> {
    let dataset = data::load(args.data.as_deref())?;
    let (split, which) = if args.test { (&dataset.test, "test") } else { (&dataset.train, "training") };
    let split = split
        .as_ref()
        .ok_or_else(|| CliError::Usage(format!("`{}` has no {which} images ({})", dataset.name, dataset.source)))?;
    if args.index >= split.count {
        let message =
            format!("--index {}: there are {} {which} images, 0 to {}", args.index, split.count, split.count - 1);
        return Err(CliError::Usage(message));
    }
    if let Some(line) = text::show(&dataset, split, args.index) {
        say!("{which} text {} · {line}", args.index);
        return Ok(Exit::Done);
    }
    let Some(out) = &args.out else {
        return Err(CliError::Usage("an image is drawn into a file\n  try: --out image.png".into()));
    };
    let label = &dataset.classes[split.labels[args.index] as usize];
    let title = format!("{which} image {} · {label} · {}", args.index, dataset.name);
    save_png(&show_image(&title, &picture(split, args.index)?), out)?;
    say!("{}: {title}", out.display());
    Ok(Exit::Done)
}
