//! Feature maps: what layers give for an image, drawn channel by channel.

use serde_json::{Value, json};

use super::{OneByOne, name, unique};
use crate::checkpoint::Checkpoint;
use crate::cli::args::ExplainArgs;
use crate::cli::error::save_png;
use crate::cli::{CliError, Exit, open, weights};
use crate::data::file_names::FileNames;
use crate::explain::{Channel, Explainer, FeatureMaps};
use crate::model::ModelSpec;
use crate::platform::Instant;
use crate::platform::files::make_output_folder;
use crate::report::draw::{FeatureLayer, FeatureTile, Picture, feature_sheet};
use crate::report::{Document, Listing, say};

/// Channels of a layer that are drawn, at the most.
const CHANNELS: usize = 64;

pub fn run(
    args: &ExplainArgs,
    named: &[String],
    checkpoint: &Checkpoint,
    adapter: Option<&str>,
) -> Result<Exit, CliError> {
    let pictures = OneByOne::find(args, checkpoint)?;
    let gpu = open(adapter)?;
    let mut explainer = Explainer::new(&gpu, checkpoint)?;
    let model = explainer.model().clone();
    let layers: Vec<String> = match named {
        [] => explainer.depths().into_iter().map(String::from).collect(),
        named => named.to_vec(),
    };
    if layers.is_empty() {
        return Err(CliError::Usage(format!("no layer of model `{}` gives an image", model.name)));
    }
    let mut rows = Listing::default();
    let mut names = FileNames::default();
    let exit = pictures.each(|number, input, pixels| {
        let begun = Instant::now();
        let maps = layers.iter().map(|layer| explainer.feature_maps(pixels, layer)).collect::<Result<Vec<_>, _>>()?;
        let seconds = begun.elapsed().as_secs_f64();
        if number == 0 {
            weights::tell_who(&gpu, checkpoint);
            make_output_folder(&args.out).map_err(CliError::file(&args.out))?;
        }
        let picture = args.out.join(format!("{}.features.png", unique(input, &mut names)));
        save_png(&draw(&input.id, pixels, &model, &maps), &picture)?;
        if args.json {
            let layers: Vec<Value> = maps.iter().map(as_json).collect();
            let document = json!({
                "image": input.id, "picture": picture.display().to_string(), "seconds": seconds, "layers": layers
            });
            say!("{}", rows.push(&Document::of(document).value()));
        } else {
            say!("{}: {seconds:.2} s   {}", input.id, picture.display());
            maps.iter().for_each(|maps| say!("  {}: {}", heading(maps), note(maps)));
        }
        Ok(())
    })?;
    if args.json {
        say!("{}", rows.end());
    }
    Ok(exit)
}

/// A layer with its size: `conv1 · 26x26`.
fn heading(maps: &FeatureMaps) -> String {
    let [height, width] = maps.size();
    format!("{} · {height}x{width}", maps.layer)
}

/// Which of its channels are drawn.
fn note(maps: &FeatureMaps) -> String {
    match maps.channels.len() {
        1 => "its only channel".into(),
        count if count <= CHANNELS => format!("all {count} channels"),
        count => format!("{CHANNELS} of {count} channels, highest mean first"),
    }
}

fn as_json(maps: &FeatureMaps) -> Value {
    let [height, width] = maps.size();
    let channel = |Channel { number, min, mean, max, .. }: &Channel| json!({ "channel": number, "min": min, "mean": mean, "max": max });
    let channels: Vec<Value> = maps.channels.iter().map(channel).collect();
    json!({ "layer": maps.layer, "height": height, "width": width, "channels": channels })
}

/// A page with the image and its feature maps.
fn draw(id: &str, pixels: &[u8], model: &ModelSpec, maps: &[FeatureMaps]) -> image::RgbImage {
    let [height, width, channels] = model.input;
    let tile = |channel: &&Channel| FeatureTile {
        number: channel.number,
        range: match channel {
            Channel { min, max, .. } if min == max => format!("all {}", short(*min)),
            Channel { min, max, .. } => format!("{} to {}", short(*min), short(*max)),
        },
        values: channel.scaled(),
    };
    let layer = |maps: &FeatureMaps| FeatureLayer {
        heading: heading(maps),
        note: note(maps),
        size: maps.size(),
        tiles: maps.most_active(CHANNELS).iter().map(tile).collect(),
    };
    let layers: Vec<FeatureLayer> = maps.iter().map(layer).collect();
    let lines = [
        format!("feature maps of {}", model.name),
        "below each channel: its number, and the values from dark to bright".into(),
    ];
    feature_sheet(&name(id), &Picture { pixels, height, width, channels }, &lines, &layers)
}

/// A number in little room: three digits.
fn short(value: f32) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if !(0.01..9999.5).contains(&size) => format!("{value:.0e}"),
        size if size < 9.995 => format!("{value:.2}"),
        size if size < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let all = [0.0, -0.0, 0.004, 0.0123, -1.239, 9.996, -47.06, 99.97, 1234.4, 43210.0, -1e-9];
        let want = ["0", "0", "4e-3", "0.01", "-1.24", "10.0", "-47.1", "100", "1234", "4e4", "-1e-9"];
        assert_eq!(all.map(short), want);
    }
}
