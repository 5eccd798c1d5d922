//! What layers give for an image, a grid of channels each.

use image::{Rgb, RgbImage};

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK};
use super::scale::{Room, Scale, grey, render};
use super::text::{Lettering, PLAIN, STRONG, Style, TITLE};
use super::viridis::{legend, viridis};

const MARGIN: usize = 20;
/// From the top of the page to the picture.
const HEADER: usize = 88;
/// The largest side of the picture.
const ROOM: usize = 224;
/// The height of a line beside the picture.
const LINE: usize = 22;
/// The side of a channel.
const TILE: usize = 112;
const GAP: usize = 9;
/// Channels of a row.
const COLUMNS: usize = 10;
/// Below a channel: its number and range.
const CAPTION: usize = 26;
/// Above a layer's channels: its name.
const HEADING: usize = 54;
const SMALL: Style = Style { size: 14.0, weight: 0.35 };

/// A channel of a layer.
#[derive(Clone, Debug)]
pub struct FeatureTile {
    /// Its number.
    pub number: usize,
    /// What lies between dark and bright: `-0.5 to 3.1`.
    pub range: String,
    /// From 0 to 1, `[h, w]` of its layer.
    pub values: Vec<f32>,
}

/// A layer with channels of it.
#[derive(Clone, Debug)]
pub struct FeatureLayer {
    /// Its name and size.
    pub heading: String,
    /// What is shown of it.
    pub note: String,
    /// Height and width.
    pub size: [usize; 2],
    /// The channels.
    pub tiles: Vec<FeatureTile>,
}

/// Draws a picture under `title`, and below it layer by layer their channels, each from its smallest value to its largest.
///
/// # Panics
/// Where the fields of a [`Picture`] contradict each other, or a channel has another size than its layer.
pub fn feature_sheet(title: &str, picture: &Picture, lines: &[String], layers: &[FeatureLayer]) -> RgbImage {
    picture.check();
    let room = Room { height: ROOM, width: ROOM };
    let scale = Scale::to_fit(picture, room);
    let (high, wide) = scale.size(picture);
    let width = 2 * MARGIN + COLUMNS * (TILE + GAP) - GAP;
    let grid =
        |layer: &FeatureLayer| HEADING + layer.tiles.len().div_ceil(COLUMNS) * (tile(layer.size)[0] + CAPTION + GAP);
    let beside = MARGIN + wide + 2 * GAP;
    let font = Lettering::new();
    let lines: Vec<String> =
        lines.iter().flat_map(|line| font.wrap(line, PLAIN, (width - MARGIN - beside) as f32)).collect();
    let first = high.max(lines.len() * LINE);
    let height = HEADER + first + layers.iter().map(grid).sum::<usize>() + MARGIN;
    let mut canvas = Canvas::new(width, height, font);
    let title = canvas.font.shorten(title, TITLE, (width - 2 * MARGIN) as f32);
    canvas.text(&title, MARGIN as f32, 13.0, TITLE, INK);
    legend(&mut canvas, MARGIN, ["each channel from its smallest value", "to its largest"]);
    canvas.paste(&render(picture, scale, grey), MARGIN, HEADER);
    canvas.frame(Area { x: MARGIN, y: HEADER, width: wide, height: high }, 1, FAINT);
    for (i, line) in lines.iter().enumerate() {
        canvas.text(line, beside as f32, (HEADER + LINE * i) as f32, PLAIN, FAINT);
    }
    let mut y = HEADER + first;
    for layer in layers {
        draw_layer(&mut canvas, layer, y);
        y += grid(layer);
    }
    canvas.image
}

/// Height and width of a layer's channels on the page: the longer side fills a tile.
fn tile([height, width]: [usize; 2]) -> [usize; 2] {
    let longer = height.max(width);
    [height, width].map(|side| ((side * TILE + longer / 2) / longer).max(1))
}

fn draw_layer(canvas: &mut Canvas, layer: &FeatureLayer, top: usize) {
    let room = canvas.image.width() as usize - 2 * MARGIN;
    let heading = canvas.font.shorten(&layer.heading, STRONG, room as f32);
    let end = canvas.text(&heading, MARGIN as f32, (top + 22) as f32, STRONG, INK);
    let note = canvas.font.shorten(&layer.note, PLAIN, (MARGIN + room) as f32 - end - 14.0);
    canvas.text(&note, end + 14.0, (top + 23) as f32, PLAIN, FAINT);
    let [height, width] = tile(layer.size);
    for (i, tile) in layer.tiles.iter().enumerate() {
        let (x, y) = (MARGIN + i % COLUMNS * (TILE + GAP), top + HEADING + i / COLUMNS * (height + CAPTION + GAP));
        canvas.paste(&channel(&tile.values, layer.size, [height, width]), x, y);
        let number = canvas.text(&tile.number.to_string(), x as f32, (y + height + 3) as f32, SMALL, INK);
        let room = (x + TILE) as f32 - number - 4.0;
        let range = canvas.font.shorten(&tile.range, SMALL, room);
        let left = (x + TILE) as f32 - canvas.font.width(&range, SMALL);
        canvas.text(&range, left, (y + height + 3) as f32, SMALL, FAINT);
    }
}

/// A channel in colours. Few places are sharp squares, so that they can be told apart; many are smoothly resized.
fn channel(values: &[f32], [rows, columns]: [usize; 2], [height, width]: [usize; 2]) -> RgbImage {
    assert_eq!(values.len(), rows * columns, "a number for each place");
    let levels: Vec<u8> = values.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
    if rows.max(columns) * 3 <= TILE {
        let at = |x: u32, y: u32| levels[y as usize * rows / height * columns + x as usize * columns / width];
        return RgbImage::from_fn(width as u32, height as u32, |x, y| viridis(at(x, y)));
    }
    let picture = Picture { pixels: &levels, height: rows, width: columns, channels: 1 };
    let resized = render(&picture, Scale::Smooth { height, width }, grey);
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let Rgb([level, ..]) = *resized.get_pixel(x, y);
        viridis(level)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_is_drawn_from_dark_to_bright() {
        let pixels = vec![128; 28 * 28];
        let picture = Picture { pixels: &pixels, height: 28, width: 28, channels: 1 };
        let layer = |size: [usize; 2], count: usize| FeatureLayer {
            heading: "conv1 · 2x4".into(),
            note: "all channels".into(),
            size,
            tiles: (0..count)
                .map(|number| FeatureTile {
                    number,
                    range: "-0.5 to 3".into(),
                    values: (0..size[0] * size[1]).map(|i| (i % size[1]) as f32 / (size[1] - 1) as f32).collect(),
                })
                .collect(),
        };
        let sheet = feature_sheet("one", &picture, &["a line".into()], &[layer([2, 4], 11), layer([200, 100], 1)]);
        let top = HEADER + 224 + HEADING;
        let at = |x: usize, y: usize| *sheet.get_pixel(x as u32, y as u32);
        // 2x4 places in 56x112 pixels, the second row of channels below
        for y in [top, top + 55, top + 56 + CAPTION + GAP] {
            assert_eq!([0, 27, 28, 111].map(|x| at(MARGIN + x, y)), [0, 0, 85, 255].map(viridis));
        }
        let second = top + 2 * (56 + CAPTION + GAP) + HEADING;
        let Rgb([left, ..]) = at(MARGIN + 1, second + 50);
        let Rgb([right, ..]) = at(MARGIN + 54, second + 50);
        assert!(right > left + 100, "a large channel is made smaller: {left}, {right}");
        assert_eq!(sheet.height() as usize, second + TILE + CAPTION + GAP + MARGIN);
        assert!(feature_sheet("nothing", &picture, &[], &[]).height() > 0);
    }
}
