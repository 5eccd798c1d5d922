//! One picture, large, with axes that count its pixels; a one-channel picture in false colour with a colour bar.

use image::{Rgb, RgbImage};

use super::Picture;
use super::canvas::{Area, Canvas, FAINT, INK};
use super::scale::{Room, Scale, render};
use super::text::{Lettering, PLAIN, TITLE};
use super::viridis::viridis;

/// A small picture is enlarged to about this many pixels a side.
const NEAR: usize = 480;
/// A large picture is shrunk to this many pixels a side.
const MOST: usize = 640;
const MARGIN: usize = 20;
/// From the top of the page to the picture.
const HEADER: usize = 84;
/// Left of the picture: the row numbers and the margin.
const LEFT: usize = 64;
/// Below the picture: the column numbers and the margin.
const BELOW: usize = 46;
const TICK: usize = 5;
/// Height of a line of tick labels.
const LABEL: f32 = 19.0;

const BAR_GAP: usize = 28;
const BAR_WIDTH: usize = 22;
/// The labels of the colour bar need this much height.
const BAR_LEAST: usize = 180;
/// Room for the colour bar's labels.
const BAR_LABELS: usize = 44;

/// Draws `picture` under `title`, with pixel numbers on the left and below. One channel: viridis from 0 to 255 with a
/// colour bar. RGB: as it is. A small picture is enlarged with sharp pixels; one above 640 pixels is shrunk smoothly.
///
/// # Panics
/// Where the fields of the [`Picture`] contradict each other.
pub fn show_image(title: &str, picture: &Picture) -> RgbImage {
    picture.check();
    let font = Lettering::new();
    let scale = page_scale(picture);
    let (height, width) = scale.size(picture);
    let grey = picture.channels == 1;
    let kind = if grey { "grey values in false colour" } else { "RGB" };
    let about = format!("{} pixels wide, {} high · {kind}", picture.width, picture.height);
    let bar = BAR_GAP + BAR_WIDTH + BAR_LABELS;
    let plot = width + if grey { bar } else { MARGIN };
    let words = font.width(title, TITLE).min(MOST as f32).max(font.width(&about, PLAIN)).ceil() as usize;
    let page = (LEFT + plot).max(LEFT + words + MARGIN);
    let bar_height = if grey { height.max(BAR_LEAST) } else { 0 };

    let mut canvas = Canvas::new(page, HEADER + (height + BELOW).max(bar_height + MARGIN), font);
    let title = canvas.font.shorten(title, TITLE, (page - LEFT - MARGIN) as f32);
    canvas.text(&title, LEFT as f32, 13.0, TITLE, INK);
    canvas.text(&about, LEFT as f32, 46.0, PLAIN, FAINT);
    let area = Area { x: LEFT, y: HEADER, width, height };
    canvas.paste(&render(picture, scale, viridis), area.x, area.y);
    canvas.frame(area, 1, INK);
    axes(&mut canvas, area, picture);
    if grey {
        colour_bar(&mut canvas, Area { x: LEFT + width + BAR_GAP, y: HEADER, width: BAR_WIDTH, height: bar_height });
    }
    canvas.image
}

fn page_scale(picture: &Picture) -> Scale {
    let longest = picture.height.max(picture.width);
    if longest > MOST {
        return Scale::to_fit(picture, Room { height: MOST, width: MOST });
    }
    Scale::Pixels(((NEAR + longest / 2) / longest).max(1))
}

/// Ticks at the centres of pixels, counted from 0 at the top left.
fn axes(canvas: &mut Canvas, area: Area, picture: &Picture) {
    let Area { x, y, width, height } = area;
    let widest = canvas.font.width(&picture.width.to_string(), PLAIN);
    let pitch = width as f32 / picture.width as f32;
    for column in (0..picture.width).step_by(tick_step(picture.width, pitch, widest + 10.0)) {
        let centre = x as f32 + (column as f32 + 0.5) * pitch;
        canvas.fill(Area { x: centre as usize, y: y + height + 1, width: 1, height: TICK }, INK);
        centred(canvas, &column.to_string(), centre, (y + height + 1 + TICK + 2) as f32);
    }
    let pitch = height as f32 / picture.height as f32;
    for row in (0..picture.height).step_by(tick_step(picture.height, pitch, LABEL)) {
        let centre = y as f32 + (row as f32 + 0.5) * pitch;
        canvas.fill(Area { x: x - 1 - TICK, y: centre as usize, width: TICK, height: 1 }, INK);
        let label = row.to_string();
        let left = (x - 1 - TICK - 4) as f32 - canvas.font.width(&label, PLAIN);
        canvas.text(&label, left, centre - LABEL / 2.0, PLAIN, INK);
    }
}

fn centred(canvas: &mut Canvas, label: &str, centre: f32, y: f32) {
    let left = centre - canvas.font.width(label, PLAIN) / 2.0;
    canvas.text(label, left, y, PLAIN, INK);
}

/// The smallest of 1, 2, 5, 10, 20, 50 … that leaves at most nine intervals in `length` pixels, drawn `pitch` apart, and
/// `room` for each label.
fn tick_step(length: usize, pitch: f32, room: f32) -> usize {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|digit| digit * 10usize.pow(power)));
    let mut wide = steps.skip_while(|&step| length > 9 * step || (step < length && step as f32 * pitch < room));
    wide.next().unwrap_or(length)
}

/// All colours from 0 at the bottom to 255 at the top, labelled every 50.
fn colour_bar(canvas: &mut Canvas, area: Area) {
    let Area { x, y, width, height } = area;
    for row in 0..height {
        let value = (height - 1 - row) * 256 / height;
        let colour: Rgb<u8> = viridis(value as u8);
        canvas.fill(Area { x, y: y + row, width, height: 1 }, colour);
    }
    canvas.frame(area, 1, INK);
    for value in (0..=250).step_by(50) {
        let middle = y as f32 + height as f32 * (1.0 - (value as f32 + 0.5) / 256.0);
        canvas.fill(Area { x: x + width + 1, y: middle as usize, width: TICK, height: 1 }, INK);
        canvas.text(&value.to_string(), (x + width + 1 + TICK + 4) as f32, middle - LABEL / 2.0, PLAIN, INK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_size_can_be_shown() {
        let values = vec![200; 2000 * 3];
        for (height, width, channels) in [(1, 1, 1), (1, 1, 3), (28, 28, 1), (1, 2000, 3), (2000, 1, 1), (40, 50, 3)] {
            let picture = Picture { pixels: &values[..height * width * channels], height, width, channels };
            let image = show_image("any size", &picture);
            assert!(image.width() < 900 && image.height() < 900, "{height}×{width}: {:?}", image.dimensions());
        }
        let large = vec![1; 512 * 384 * 3];
        show_image("", &Picture { pixels: &large, height: 512, width: 384, channels: 3 });
        show_image(&"long ".repeat(100), &Picture { pixels: &large[..4], height: 2, width: 2, channels: 1 });
    }

    #[test]
    fn grey_is_shown_in_viridis_and_rgb_as_it_is() {
        let pixels = [0, 255, 128, 10];
        let image = show_image("t", &Picture { pixels: &pixels, height: 2, width: 2, channels: 1 });
        assert_eq!(*image.get_pixel(LEFT as u32, HEADER as u32), viridis(0));
        assert_eq!(*image.get_pixel(LEFT as u32 + 479, HEADER as u32), viridis(255));
        assert_eq!(*image.get_pixel(LEFT as u32, HEADER as u32 + 479), viridis(128));
        let image = show_image("t", &Picture { pixels: &[3, 140, 77], height: 1, width: 1, channels: 3 });
        assert_eq!(*image.get_pixel(LEFT as u32 + 240, HEADER as u32 + 240), Rgb([3, 140, 77]));
    }

    #[test]
    fn ticks_are_those_of_matplotlib_where_they_fit() {
        assert_eq!([28, 32, 8, 10, 128, 512].map(|n| tick_step(n, 480.0 / n as f32, 30.0)), [5, 5, 1, 2, 20, 100]);
        assert_eq!(tick_step(3, 0.5, 30.0), 5);
        assert!(tick_step(4000, 0.16, 30.0) as f32 * 0.16 >= 30.0);
    }

    #[test]
    fn the_colour_bar_runs_from_the_least_to_the_largest_value() {
        let image = show_image("t", &Picture { pixels: &[0; 784], height: 28, width: 28, channels: 1 });
        let x = (LEFT + 17 * 28 + BAR_GAP + 3) as u32;
        assert_eq!(*image.get_pixel(x, HEADER as u32), viridis(255));
        assert_eq!(*image.get_pixel(x, (HEADER + 17 * 28 - 1) as u32), viridis(0));
    }
}
