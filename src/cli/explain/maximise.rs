//! Images that classes, or channels of layers, respond to most strongly.

use serde_json::{Value, json};

use crate::checkpoint::Checkpoint;
use crate::cli::args::ExplainArgs;
use crate::cli::error::save_png;
use crate::cli::{CliError, Exit, open, weights};
use crate::explain::{Explainer, Maximised, Search, Target};
use crate::platform::Instant;
use crate::platform::files::make_output_folder;
use crate::report::draw::{Captioned, Gallery, Mark, Picture, gallery};
use crate::report::{Document, Listing, aside, say};
use crate::session::check_pictures;
use crate::train::TrainError;

/// Sides of a picture on the sheet, in pixels, and how many are in a row.
const SIDE: usize = 300;
const ROW: usize = 3;

/// An image that was found.
struct Found<'a> {
    /// What was asked for.
    name: &'a str,
    target: Target,
    maximised: Maximised,
}

pub fn run(args: &ExplainArgs, checkpoint: &Checkpoint, adapter: Option<&str>) -> Result<Exit, CliError> {
    check_pictures(&checkpoint.meta.model()?).map_err(TrainError::from)?;
    let gpu = open(adapter)?;
    let mut explainer = Explainer::new(&gpu, checkpoint)?;
    let targets = args.maximise.iter().map(|name| explainer.target(name)).collect::<Result<Vec<_>, _>>()?;
    let search = args.search();
    let [height, width, channels] = explainer.model().input;
    let (mut found, mut rows): (Vec<Found>, Listing) = Default::default();
    let mut names = super::beside_sheet();
    for (name, target) in args.maximise.iter().zip(targets) {
        let begun = Instant::now();
        let maximised = explainer.maximise(&target, &search)?;
        let seconds = begun.elapsed().as_secs_f64();
        if found.is_empty() {
            weights::tell_who(&gpu, checkpoint);
            make_output_folder(&args.out).map_err(CliError::file(&args.out))?;
        }
        let path = args.out.join(format!("{}.maximised.png", names.new_of(name)));
        let picture = Picture { pixels: &maximised.image, height, width, channels };
        save_png(&picture.as_it_is(), &path)?;
        let one = Found { name, target, maximised };
        if args.json {
            say!("{}", rows.push(&as_json(&one, &search, seconds, &path.display().to_string())));
        } else {
            say!("{name}: {}   {seconds:.1} s   {}", lines(&one).join(", "), path.display());
        }
        found.push(one);
    }
    if args.json {
        say!("{}", rows.end());
    }
    let sheet = args.out.join("sheet.maximised.png");
    let rows: Vec<Vec<Captioned>> =
        found.chunks(ROW).map(|row| row.iter().map(|one| cell(one, [height, width, channels])).collect()).collect();
    let title = format!("{} · what it responds to most strongly", explainer.model().name);
    save_png(&gallery(&Gallery { title: &title, side: SIDE, ..Gallery::of(&rows) }), &sheet)?;
    aside!("{}: enlarged, with the scores", sheet.display());
    Ok(Exit::Done)
}

/// An image on the sheet.
fn cell<'a>(one: &'a Found, [height, width, channels]: [usize; 3]) -> Captioned<'a> {
    let picture = Picture { pixels: &one.maximised.image, height, width, channels };
    let texts = std::iter::once(one.name.to_string()).chain(lines(one)).collect();
    Captioned { picture, mark: Mark::Plain, lines: texts }
}

/// The scores before and after, and the probabilities where there are some.
fn lines(Found { target, maximised, .. }: &Found) -> Vec<String> {
    let what = if matches!(target, Target::Class(_)) { "score" } else { "mean" };
    let Maximised { before, after, .. } = maximised;
    let mut lines = vec![format!("{what} {before:.2} to {after:.2}")];
    if matches!(target, Target::Channel { .. }) && *after == 0.0 {
        lines.push("no start made it answer".into());
    }
    lines.extend(
        maximised
            .probabilities
            .map(|[before, after]| format!("probability {:.0} % to {:.0} %", 100.0 * before, 100.0 * after)),
    );
    lines
}

fn as_json(Found { name, target, maximised }: &Found, search: &Search, seconds: f64, picture: &str) -> Value {
    let (layer, channel) = match target {
        Target::Class(_) => (None, None),
        Target::Channel { layer, channel } => (Some(layer), Some(channel)),
    };
    let Maximised { before, after, probabilities, .. } = maximised;
    let document = Document::of(json!({
        "maximise": name,
        "layer": layer,
        "channel": channel,
        "score": { "before": before, "after": after },
        "probability": probabilities.map(|[before, after]| json!({ "before": before, "after": after })),
        "steps": search.steps,
        "seed": search.seed,
        "seconds": seconds,
        "picture": picture,
    }));
    document.value()
}
