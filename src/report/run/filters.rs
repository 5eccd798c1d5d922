//! The filters of the first layer that reads pixels.

use image::{DynamicImage, Rgb, RgbImage};

use super::facts::Filters;
use super::pictures::png;
use crate::checkpoint::Checkpoint;

/// Most filters that are shown.
const MOST: usize = 64;
/// Filters in a row.
const COLUMNS: usize = 16;
/// Pixels of the page that a filter is wide.
const SIDE: usize = 36;

/// The filters of a checkpoint's first convolution over 1 or 3 channels; none where filters are single pixels or there are none.
pub fn first_filters(checkpoint: &Checkpoint) -> Option<Filters> {
    let model = checkpoint.meta.model().ok()?;
    let channels = model.input[2];
    let is_first = |name: &str, shape: &[usize]| {
        name.ends_with(".weight") && matches!(shape, &[kh, kw, c, _] if kh > 1 && kw > 1 && c == channels)
    };
    let first = model.layers.iter().find_map(|layer| {
        let name = format!("{}.weight", layer.name);
        checkpoint.tensors.iter().find(|tensor| tensor.name == name && is_first(&tensor.name, &tensor.shape))
    })?;
    let &[kh, kw, c, count] = first.shape.as_slice() else { return None };
    if ![1, 3].contains(&c) {
        return None;
    }
    let values: Vec<f32> = bytemuck::pod_collect_to_vec(&first.data);
    let shown = count.min(MOST);
    let columns = COLUMNS.min(shown);
    let rows = shown.div_ceil(columns);
    let (width, height) = (columns * (kw + 1) - 1, rows * (kh + 1) - 1);
    let mut picture = RgbImage::from_pixel(width as u32, height as u32, Rgb([128; 3]));
    for filter in 0..shown {
        let at = |y: usize, x: usize, channel: usize| values[((y * kw + x) * c + channel.min(c - 1)) * count + filter];
        let all = || (0..kh).flat_map(|y| (0..kw).flat_map(move |x| (0..c).map(move |channel| at(y, x, channel))));
        // zero is grey, and the largest weight of a filter as bright or dark as can be
        let most = all().fold(0f32, |most, value| most.max(value.abs())).max(f32::MIN_POSITIVE);
        let (left, top) = (filter % columns * (kw + 1), filter / columns * (kh + 1));
        for y in 0..kh {
            for x in 0..kw {
                let shade = |channel| (127.5 + 127.5 * at(y, x, channel) / most).round().clamp(0.0, 255.0) as u8;
                picture.put_pixel((left + x) as u32, (top + y) as u32, Rgb([0, 1, 2].map(shade)));
            }
        }
    }
    let layer = first.name.trim_end_matches(".weight").to_string();
    let picture = png(&DynamicImage::from(picture));
    Some(Filters { layer, size: [count, kh, kw], picture, width: columns * SIDE })
}
